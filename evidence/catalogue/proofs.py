"""Roots and proofs out of the stored log: O(log n) rows each."""

from __future__ import annotations

from sqlalchemy import Connection

from evidence.catalogue.ledger import stored_subtrees
from evidence.custody import merkle
from evidence.ids import StationId


class StoredTree:
    """The Merkle tree of one log as the catalogue holds it, on an open reading connection."""

    def __init__(self, connection: Connection, station: StationId, epoch: int) -> None:
        self._subtree = stored_subtrees(connection, station, epoch)

    def root(self, size: int) -> bytes:
        """Root hash of the first ``size`` entries."""
        return merkle.root(size, self._subtree)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Audit path of an entry in the log of ``size`` entries (RFC 6962, section 2.1.1)."""
        return merkle.inclusion_proof(seq, size, self._subtree)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the log of ``new`` entries extends that of ``old`` (RFC 6962, section 2.1.2)."""
        return merkle.consistency_proof(old, new, self._subtree)
