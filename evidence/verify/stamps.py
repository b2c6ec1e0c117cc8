"""Time stamps against the log, and against what they were given for.

* A row of ``time_stamp`` says what its entry says, and its response has the digest that the entry names.
* The token in it holds (``tokens.py``), and its time is the one in the entry.
* It was given for what the entry says it covers: the signature over that docking's manifest, or the note of that checkpoint. A token
  that was given for something else is *foreign*, whatever the log says of it.

What is reported: when the signature was made by the station's clock, the token's time, and the gap. A token proves existence at its
time and nothing earlier. Without its authority's root, given from outside, it is consistent and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from cryptography import x509

from evidence.ids import StationId, epoch_of
from evidence.verify import fold
from evidence.verify.compare import Comparison, Row, aligned
from evidence.verify.fold import Stamp, is_digest
from evidence.verify.spool import Spool
from evidence.verify.tokens import BadToken, Token, is_trusted, open_token
from evidence.verify.verdict import Findings, Kind, NoteKind

NOTED = 1000
"""Stamps of which a note tells; all of them are checked."""

DOUBTED_MS = 5000
"""A station's clock that was further than this from an authority's time is worth a note."""

_SEALS, _HEADS = "stamped_seals", "stamped_heads"
_COLUMNS = ("covers", "authority", "message_sha256", "response", "token_at", "at")
_DOCKING = "docking:"


class Claim(msgspec.Struct, array_like=True):
    """A good token on its way to what it covers."""

    stamp: str
    covers: str
    authority: str
    message_sha256: str
    token_at: str
    trusted: bool


class Stamps:
    """Checks the time stamps of one station, after dockings and heads were checked."""

    def __init__(
        self, station: StationId, comparison: Comparison, spool: Spool, findings: Findings, roots: Sequence[x509.Certificate]
    ) -> None:
        self._station = station
        self._comparison = comparison
        self._spool = spool
        self._findings = findings
        self._roots = roots
        self._noted = 0
        self._untrusted: set[str] = set()
        self._furthest: tuple[int, str, str] | None = None

    def check(self) -> None:
        """Walk every stamp."""
        self._rows()
        self._seals()
        self._heads()
        for authority in sorted(self._untrusted):
            detail = "its tokens are consistent; no root given from outside says that they are its own"
            self._findings.note(NoteKind.AUTHORITY_NOT_TRUSTED, f"authority:{authority}", detail)
        if self._furthest is not None:
            drift, stamp, authority = self._furthest
            detail = f"the station's clock was {abs(drift)} ms {'ahead of' if drift > 0 else 'behind'} {authority}"
            self._findings.note(NoteKind.CLOCK_DOUBTED, f"time_stamp:{stamp}", detail)

    def _rows(self) -> None:
        """Rows against entries, and the token in each by itself."""
        facts = self._spool.groups(fold.STAMPS, Stamp)
        for key, (groups, found) in aligned(facts, self._comparison.keyed("time_stamp", "id", _COLUMNS)):
            row: Row | None = found[0] if found else None
            said: Stamp | None = groups[0][0] if groups else None
            self._findings.checked["time_stamps"] += row is not None
            if self._comparison.doubted(
                _subject(row["covers"]) if said is None and row is not None else said.subject if said else "", []
            ):
                continue
            self._comparison.compare("time_stamp", key, None if said is None else _expected(said), row)
            for other in found[1:]:
                self._comparison.compare("time_stamp", key, None, other)
            if said is not None and row is not None and not self._findings.named(f"time_stamp:{key}"):
                self._token(key, said, row["response"])

    def _token(self, key: str, said: Stamp, untrusted_response: bytes) -> None:
        subject = f"time_stamp:{key}"
        try:
            token = open_token(untrusted_response)
        except BadToken as error:
            self._findings.problem(Kind.STAMP_INVALID, subject, str(error))
            return
        if token.imprint.hex() != said.message_sha256 or said.subject != _subject(said.covers):
            self._findings.problem(Kind.STAMP_FOREIGN, subject, f"it was not given for {said.covers}")
        elif token.at != said.token_at:
            self._findings.problem(Kind.STAMP_INVALID, subject, f"its time is {token.at}, the log says {said.token_at}")
        else:
            self._pass_on(key, said, token)

    def _pass_on(self, key: str, said: Stamp, token: Token) -> None:
        trusted = is_trusted(token, self._roots)
        if not trusted:
            self._untrusted.add(said.authority)
        drift = said.drift_ms or 0  # one that was not measured casts no doubt
        if abs(drift) > max(DOUBTED_MS, abs(self._furthest[0]) if self._furthest is not None else 0):
            self._furthest = (drift, key, said.authority)
        claim = Claim(key, said.covers, said.authority, said.message_sha256, said.token_at, trusted)
        if said.covers.startswith(_DOCKING):
            self._spool.add(_SEALS, said.covers.removeprefix(_DOCKING), 0, claim)
            return
        log, _, size = said.covers.rpartition("/")
        epoch = epoch_of(self._station, log)
        if epoch and size.isdecimal() and len(size) <= 16:
            self._spool.add(_HEADS, _place(epoch, int(size)), 0, claim)
        else:
            self._findings.problem(
                Kind.STAMP_FOREIGN, f"time_stamp:{key}", "what it covers is neither a docking nor a checkpoint of this station"
            )

    def _seals(self) -> None:
        """Tokens over dockings against the signatures over their manifests. What is wrong with those is named there."""
        keyed = self._comparison.keyed
        streams: tuple[Iterator[tuple[str, Any]], ...] = (
            self._spool.groups(_SEALS, Claim),
            keyed("manifest", "docking", ("signature",)),
            keyed("docking", "id", ("sealed_at",)),
        )
        for docking, (groups, manifest, row) in aligned(*streams):
            named = any(self._findings.named(f"{table}:{docking}") for table in ("manifest", "docking"))
            if not groups or named or docking in self._comparison.unread_dockings:
                continue
            signature = manifest[0]["signature"] if manifest else None
            for claim in groups[0]:
                self._weigh(claim, is_digest(signature, claim.message_sha256), row[0]["sealed_at"] if row else None)

    def _heads(self) -> None:
        """Tokens over checkpoints against their notes. Where heads are not what they were, that is named and these are left alone."""
        heads = (
            (_place(row["epoch"], row["size"]), row)
            for row in self._comparison.table("checkpoint", ("epoch", "size", "note"))
            if type(row["epoch"]) is int and type(row["size"]) is int
        )
        unsound = any(self._findings.has(kind) for kind in (Kind.LOG_ALTERED, Kind.LOG_MISSING, Kind.LOG_ORDER, Kind.FOREIGN_KEY))
        for _, (groups, found) in aligned(self._spool.groups(_HEADS, Claim), heads):
            if groups and not unsound:
                note = found[0]["note"] if found else None
                for claim in groups[0]:
                    genuine = (
                        isinstance(note, str)
                        and sha256(note.encode("utf-8", "surrogateescape")).hexdigest() == claim.message_sha256
                    )
                    self._weigh(claim, genuine, None)

    def _weigh(self, claim: Claim, genuine: bool, made_at: str | None) -> None:
        if not genuine:
            self._findings.problem(
                Kind.STAMP_FOREIGN, f"time_stamp:{claim.stamp}", f"what {claim.covers} holds now is not what it was given for"
            )
            return
        self._noted += 1
        if self._noted > NOTED:
            return
        told = f"attested {claim.token_at} by {claim.authority}"
        if made_at is not None:
            gap = (datetime.fromisoformat(claim.token_at) - datetime.fromisoformat(made_at)).total_seconds()
            told = f"sealed {made_at}, {told}, gap {gap:.3f} s"
        worth = "it proves that it existed then, nothing earlier" if claim.trusted else "its authority is not trusted"
        self._findings.note(NoteKind.TIME_STAMPED, claim.covers, f"{told}; {worth}")


def _place(epoch: int, size: int) -> str:
    return f"{epoch:020d}/{size:020d}"


def _subject(covers: object) -> str:
    return covers if isinstance(covers, str) and covers.startswith(_DOCKING) else "station"


def _expected(said: Stamp) -> dict[str, object]:
    return {
        "covers": said.covers,
        "authority": said.authority,
        "message_sha256": said.message_sha256,
        "token_at": said.token_at,
        "at": said.utc,
        "response": lambda held: is_digest(held, said.response_sha256),
    }
