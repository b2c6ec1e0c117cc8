"""Checkpoints that lie far away, held against this log: whether somebody turned it back.

A rollback cannot be seen from inside. So before anything is written or sent, the newest checkpoint in the store is compared:
a log that is shorter was rolled back, one with another root at that size was forked. ``verify`` compares all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evidence.catalogue.connect import reading
from evidence.catalogue.proofs import StoredTree
from evidence.certificates import chain, der, public_der
from evidence.custody.checkpoint import Head, NotACheckpoint, is_signed_by, read_head
from evidence.errors import Exit
from evidence.ids import epoch_of
from station.home import StationError
from station.rooms import Rooms
from station.storing import open_store
from uploader import keys
from uploader.stores import Store
from uploader.witness import WitnessedNote, witnessed

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


class CheckpointForeign(StationError):
    """A checkpoint that somebody gave was not signed by this station. Fields: ``name``."""

    code = "checkpoint-foreign"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A checkpoint that this log cannot have led up to."""

    kind: Literal["rolled-back", "forked"]
    detail: str


@dataclass(frozen=True, slots=True)
class FarHead:
    """A head that this station signed, and the number of its log."""

    epoch: int
    head: Head


def far_checkpoints(rooms: Rooms) -> list[tuple[str, bytes]]:
    """Every checkpoint of this station's logs that the store holds, with the key it lies under. Raises the store's faults."""
    with open_store(rooms) as store:
        return [(one.key, one.untrusted_note) for one in _lying_there(store, rooms)]


def far_heads(rooms: Rooms) -> list[FarHead]:
    """Every genuine head in the store. Raises the store's faults."""
    with open_store(rooms) as store:
        return list(_genuine(store, rooms))


def given_head(rooms: Rooms, name: str, untrusted_note: bytes) -> FarHead:
    """The head of a checkpoint that somebody kept. Raises ``NotACheckpoint`` and :class:`CheckpointForeign`."""
    note = untrusted_note.decode(errors="replace")
    head = read_head(note)
    epoch = epoch_of(rooms.station, head.origin)
    if not epoch or not any(is_signed_by(note, key) for key in _log_keys(rooms)):
        raise CheckpointForeign(name=name)
    return FarHead(epoch, head)


def newest_contradiction(rooms: Rooms) -> Contradiction | None:
    """Whether the newest genuine checkpoint in the store contradicts the log. Raises the store's faults."""
    with rooms.queries() as queries:
        current = queries.head()
    with open_store(rooms, hasty=True) as store:
        newest = next(_genuine(store, rooms), None)
    if newest is None or newest.epoch < current.epoch:
        return None
    if newest.epoch > current.epoch:
        return Contradiction("rolled-back", f"a later log ({newest.head.origin}) was witnessed at {newest.head.size} entries")
    if newest.head.size > current.size:
        return Contradiction("rolled-back", f"{newest.head.size} entries were witnessed, {current.size} are here")
    with reading(rooms.catalogue) as connection:
        if StoredTree(connection, rooms.station, current.epoch).root(newest.head.size) != newest.head.root:
            return Contradiction("forked", f"another log was witnessed at {newest.head.size} entries")
    return None


def _lying_there(store: Store, rooms: Rooms) -> Iterator[WitnessedNote]:
    return witnessed(store, keys.prefixes(rooms.station)[1])


def _genuine(store: Store, rooms: Rooms) -> Iterator[FarHead]:
    """What this station signed. Whoever can write there can lay nonsense on top; what lies below still bears witness."""
    known = _log_keys(rooms)
    for one in _lying_there(store, rooms):
        note = one.untrusted_note.decode(errors="replace")
        try:
            head = read_head(note)
        except NotACheckpoint:
            continue  # verify reports it
        if (head.origin, head.size) == (one.origin, one.size) and any(is_signed_by(note, key) for key in known):
            yield FarHead(one.epoch, head)


def _log_keys(rooms: Rooms) -> list[bytes]:
    """Public keys that sign or signed heads, ended or not. Those at hand may be newer than a catalogue that was turned back."""
    from cryptography.x509 import load_der_x509_certificate

    with rooms.queries() as queries:
        known = [public_der(load_der_x509_certificate(der)) for role, _, der in queries.certificates() if role == "log"]
    at_hand = [public_der(one) for one in successors(rooms)]
    return [rooms.log_signer.public_der(), *known, *at_hand]


def successors(rooms: Rooms) -> list[Certificate]:
    """Certificates in ``keys/`` of log keys that an authority of this log certified, and that this log does not know.

    Such a key came into force after the moment to which a restore took the catalogue back.
    """
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

    with rooms.queries() as queries:
        known = queries.certificates()
    authorities = [load_der_x509_certificate(certificate) for role, _, certificate in known if role == "ca"]
    found: list[Certificate] = []
    for path in sorted(rooms.home.keys.glob("log-*.crt.pem")):
        try:
            one = load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError):
            continue  # what is no certificate names no key
        if chain(one, authorities) and not any(certificate == der(one) for _, _, certificate in known):
            found.append(one)
    return found
