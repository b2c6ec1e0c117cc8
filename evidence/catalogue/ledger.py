"""The ledger: the only writer of what is evidence.

Rules kept here: a fact and its custody entry commit together or not at all; every commit signs a checkpoint over
everything in the log, so there is no unsigned tail; only a log key in force signs it; entries of one station are numbered under that station's lock, so two
writers of one log queue and two stations do not wait for each other; a clock that jumped since the last entry is an
entry before anything else is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select

from evidence.canonical import Json, digest
from evidence.catalogue import schema
from evidence.catalogue.connect import writing
from evidence.catalogue.keyring import check_log_key
from evidence.catalogue.search import projection
from evidence.commitments import SALT_BYTES, Personal
from evidence.custody import checkpoint, merkle
from evidence.custody.entry import SUBJECT_STATION, Act, Actor, Draft, Moment, encode, rfc3339
from evidence.errors import EvidenceError, Exit
from evidence.facts import check_text
from evidence.ids import EntryId, KeyId, StationId, origin, uuid7

if TYPE_CHECKING:
    from evidence.signing import Signer  # loads the cryptography, which reading does without

Clock = Callable[[], Moment]
Randomness = Callable[[int], bytes]

CLOCK_JUMP_MS = 2000
"""A wall clock that left the monotonic one by more than this between two entries was set; slewing stays below."""

BATCH = 1000
"""Entries that a commit holds before it hands them to the database: tagging ten thousand clips needs no more memory than tagging these."""


class NoLog(EvidenceError):
    """The catalogue has no log of this station. Fields: ``station``."""

    code = "no-log"
    status = Exit.REFUSED


class Commit:
    """One open transaction: rows to write and the entries that explain them."""

    def __init__(
        self, connection: Connection, station: StationId, epoch: int, frontier: merkle.Frontier, when: Moment, draw: Randomness
    ) -> None:
        self.connection = connection
        self.station = station
        self.epoch = epoch
        self.when = when
        self._draw = draw
        self._frontier = frontier
        self._ids = 0
        self._last: dict[str, str] = {}
        self._entries: list[dict[str, object]] = []
        self._personal: list[dict[str, object]] = []
        self._touched: dict[tuple[Act, str], None] = {}
        self.ended: set[str] = set()
        """Keys that this commit revokes, and whose last act may be to sign it."""

    @property
    def utc(self) -> str:
        """The moment that every entry and row of this commit bears."""
        return self.when.utc

    @property
    def size(self) -> int:
        """Entries in the log, those of this commit included."""
        return self._frontier.size

    def new_id(self) -> str:
        """A fresh UUIDv7; those of one commit sort in the order they were made."""
        self._ids += 1
        return uuid7(self.when.unix_ns, self._draw(8), self._ids)

    def salt(self) -> bytes:
        """Fresh salt."""
        return self._draw(SALT_BYTES)

    def personal(self, field: str, value: str) -> Personal:
        """A personal value on its way into an entry, with salt of its own. Raises :class:`~evidence.facts.TextUnfit`."""
        check_text(field.partition(".")[0], value)
        return Personal(field, value, self.salt())

    def foresee(self, subjects: Sequence[str]) -> None:
        """Look up the newest entries about many subjects at once, which :meth:`append` would otherwise look up one by one."""
        entry = schema.custody_entry
        unknown = [one for one in subjects if one not in self._last]
        mine = (entry.c.station == self.station) & (entry.c.epoch == self.epoch) & entry.c.subject.in_(unknown)
        newest = select(func.max(entry.c.seq)).where(mine).group_by(entry.c.subject)
        rows = self.connection.execute(
            select(entry.c.subject, entry.c.hashes).where(
                entry.c.station == self.station, entry.c.epoch == self.epoch, entry.c.seq.in_(newest)
            )
        )
        self._last |= {row.subject: merkle.completed(row.hashes, 0).hex() for row in rows}

    def append(self, draft: Draft) -> EntryId:
        """Add an entry. Its personal values are stored beside the log."""
        if len(self._entries) >= BATCH:
            self._hand_over()
        entry_id = EntryId(self.new_id())
        personal = list(draft.personal)
        body = encode(
            draft,
            seq=self._frontier.size,
            entry_id=entry_id,
            when=self.when,
            prev=self._previous(draft),
            salt=self.salt(),
            actor=self._shown(draft.actor, personal),
        )
        seq = self._frontier.size
        hashes = self._frontier.append(merkle.leaf_hash(body))
        self._last[draft.subject] = hashes[0].hex()
        self._touched[draft.act, draft.subject] = None
        self._entries.append(
            {
                "station": self.station,
                "epoch": self.epoch,
                "seq": seq,
                "id": entry_id,
                "type": draft.act.value,
                "subject": draft.subject,
                "at": self.utc,
                "body": body,
                "hashes": b"".join(hashes),
            }
        )
        self._personal += [
            {"station": self.station, "entry": entry_id, "field": one.field, "value": one.value, "salt": one.salt.hex()}
            for one in personal
        ]
        return entry_id

    def close(self, signer: Signer) -> None:
        """Write the entries and the checkpoint that covers them, the search index with them; a commit without entries writes nothing.

        Raises :class:`~evidence.catalogue.keyring.KeyNotInForce`.
        """
        if not self._entries:
            return
        self._hand_over()
        projection.follow(self.connection, self.station, self._touched)
        check_log_key(self.connection, self.station, KeyId(digest(signer.public_der())), frozenset(self.ended))
        head = checkpoint.Head(origin(self.station, self.epoch), self._frontier.size, self._frontier.root())
        self.connection.execute(
            insert(schema.checkpoint).values(
                station=self.station, epoch=self.epoch, size=head.size, root=head.root.hex(), note=checkpoint.sign(head, signer)
            )
        )

    def _hand_over(self) -> None:
        """Write the entries that wait, inside the transaction that :meth:`close` ends."""
        self.connection.execute(insert(schema.custody_entry), self._entries)
        if self._personal:
            self.connection.execute(insert(schema.personal_value), self._personal)
        self._entries, self._personal = [], []

    def _shown(self, actor: Actor, personal: list[Personal]) -> Json:
        if actor.person is None:
            return {"system": actor.role}
        value = self.personal("actor", actor.person)
        personal.append(value)
        return {"person": value.committed(), "role": actor.role}

    def _previous(self, draft: Draft) -> str | None:
        if draft.subject in self._last:
            return self._last[draft.subject]
        if draft.fresh:
            return None
        entry = schema.custody_entry
        found = self.connection.execute(
            select(entry.c.hashes)
            .where(entry.c.station == self.station, entry.c.subject == draft.subject, entry.c.epoch == self.epoch)
            .order_by(entry.c.seq.desc())
            .limit(1)
        ).scalar()
        return None if found is None else merkle.completed(found, 0).hex()


class Ledger:
    """Opens commits on the log of one station."""

    def __init__(self, engine: Engine, station: StationId, signer: Callable[[], Signer], clock: Clock, draw: Randomness) -> None:
        """``signer`` opens the log key on first use, so that reading needs no key."""
        self._engine = engine
        self._station = station
        self._signer = signer
        self._clock = clock
        self._draw = draw

    @contextmanager
    def commit(self, signer: Signer | None = None) -> Iterator[Commit]:
        """One ledger commit. ``signer``: the key to sign it with, where this very commit puts another in force.

        Raises :class:`NoLog` where the station has none, and :class:`~evidence.catalogue.keyring.KeyNotInForce`.
        """
        with writing(self._engine) as connection:
            epoch = self._locked_epoch(connection)
            frontier, last = load_frontier(connection, self._station, epoch)
            made = Commit(connection, self._station, epoch, frontier, self._clock(), self._draw)
            if (jump := clock_jump(last, made.when)) is not None:
                made.append(jump)
            yield made
            made.close(signer or self._signer())

    @contextmanager
    def begin_log(self, unit: str, epoch: int) -> Iterator[Commit]:
        """The first commit of a new log (``initialised`` or, for a later epoch, ``recovered``)."""
        with writing(self._engine) as connection:
            if epoch > 1:
                self._locked_epoch(connection)  # nothing is appended to the old log while its end is written down
            made = Commit(connection, self._station, epoch, merkle.Frontier(0, []), self._clock(), self._draw)
            connection.execute(insert(schema.log).values(station=self._station, epoch=epoch, unit=unit, created_at=made.utc))
            if epoch == 1:
                projection.begin(connection, self._station)
            yield made
            made.close(self._signer())

    def _locked_epoch(self, connection: Connection) -> int:
        log = schema.log
        newest = select(func.max(log.c.epoch)).where(log.c.station == self._station).scalar_subquery()
        row = select(log.c.epoch).where(log.c.station == self._station, log.c.epoch == newest).with_for_update()
        epoch = connection.execute(row).scalar()
        if epoch is None:
            raise NoLog(station=self._station)
        return int(epoch)


def load_frontier(connection: Connection, station: StationId, epoch: int) -> tuple[merkle.Frontier, Mapping[str, Any] | None]:
    """The right edge of the stored tree, and the ``when`` of its last entry."""
    entry = schema.custody_entry
    mine = (entry.c.station == station) & (entry.c.epoch == epoch)
    last = connection.execute(select(entry.c.seq, entry.c.body).where(mine).order_by(entry.c.seq.desc()).limit(1)).first()
    if last is None:
        return merkle.Frontier(0, []), None
    size = int(last.seq) + 1
    return merkle.Frontier.load(size, stored_subtrees(connection, station, epoch)), msgspec.json.decode(last.body)["when"]


def stored_subtrees(connection: Connection, station: StationId, epoch: int) -> merkle.Subtree:
    """The completed subtrees of a stored log."""
    entry = schema.custody_entry

    def subtree(level: int, index: int) -> bytes:
        seq, place = merkle.holder(level, index)
        found = connection.execute(
            select(entry.c.hashes).where(entry.c.station == station, entry.c.epoch == epoch, entry.c.seq == seq)
        ).scalar_one()
        return merkle.completed(found, place)

    return subtree


def clock_jump(last: Mapping[str, Any] | None, now: Moment) -> Draft | None:
    """The entry to write when the station's clock was set since the last entry; None when it only ran."""
    if last is None:
        return None
    was_ns = round(datetime.fromisoformat(last["utc"]).timestamp() * 1e6) * 1000
    if last["boot"] == now.boot:
        by_ms = (now.unix_ns - was_ns - (now.mono_ns - int(last["mono_ns"]))) // 1_000_000
    else:
        by_ms = min(0, (now.unix_ns - was_ns) // 1_000_000)  # across a boot only a step back can be told from time off
    if abs(by_ms) <= CLOCK_JUMP_MS:
        return None
    expected = replace(now, unix_ns=now.unix_ns - by_ms * 1_000_000)
    return Draft(Act.CLOCK_CHANGED, SUBJECT_STATION, {"from": rfc3339(expected.unix_ns), "to": now.utc, "by_ms": by_ms})
