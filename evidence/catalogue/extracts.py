"""What a court package takes out of the catalogue: bytes as they were logged, with the proofs that they were.

Everything is asked of one reading connection, so it is of one moment; what came after a position is left out by the caller's
``size``, but for time stamps and cosignatures, which may come later and prove themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from evidence.canonical import JsonObject
from evidence.catalogue import schema
from evidence.catalogue.proofs import StoredTree
from evidence.catalogue.queries import PAGE, Queries
from evidence.custody import merkle
from evidence.ids import StationId

_SUBJECTS = 500


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry as its bytes stand in the log."""

    epoch: int
    seq: int
    id: str
    type: str
    subject: str
    body: bytes

    @property
    def what(self) -> JsonObject:
        """What happened."""
        found: JsonObject = msgspec.json.decode(self.body)["what"]
        return found


@dataclass(frozen=True, slots=True)
class OpenedValue:
    """A personal value, with the salt that opens its commitment."""

    entry: str
    field: str
    value: str
    salt: str


class Extracts:
    """Extracts from one station's catalogue, on one open reading connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station
        self.queries = Queries(connection, station)

    def epochs(self) -> list[int]:
        """The logs that are here, the oldest first."""
        log = schema.log
        rows = self._connection.execute(select(log.c.epoch).where(log.c.station == self._station).order_by(log.c.epoch))
        return [int(one) for one in rows.scalars()]

    def tree(self, epoch: int) -> StoredTree:
        """Roots and proofs of one log."""
        return StoredTree(self._connection, self._station, epoch)

    def entry(self, epoch: int, seq: int) -> LoggedEntry | None:
        """One entry by its place."""
        table = schema.custody_entry
        row = self._connection.execute(
            select(table).where(table.c.station == self._station, table.c.epoch == epoch, table.c.seq == seq)
        ).first()
        return None if row is None else LoggedEntry(row.epoch, int(row.seq), row.id, row.type, row.subject, bytes(row.body))

    def entries(self, subjects: Sequence[str]) -> list[LoggedEntry]:
        """Every entry about some subjects, in log order."""
        table = schema.custody_entry
        found: list[LoggedEntry] = []
        for at in range(0, len(subjects), _SUBJECTS):
            rows = self._connection.execute(
                select(table.c.epoch, table.c.seq, table.c.id, table.c.type, table.c.subject, table.c.body).where(
                    table.c.station == self._station, table.c.subject.in_(subjects[at : at + _SUBJECTS])
                )
            )
            found += [LoggedEntry(row.epoch, int(row.seq), row.id, row.type, row.subject, bytes(row.body)) for row in rows]
        return sorted(found, key=lambda one: (one.epoch, one.seq))

    def leaves(self, epoch: int, size: int) -> Iterator[bytes]:
        """The leaf hashes of the first ``size`` entries: salted digests, which say nothing of what was logged."""
        table = schema.custody_entry
        for start in range(0, size, PAGE):
            rows = self._connection.execute(
                select(table.c.hashes)
                .where(table.c.station == self._station, table.c.epoch == epoch)
                .where(table.c.seq >= start, table.c.seq < min(size, start + PAGE))
                .order_by(table.c.seq)
            )
            for hashes in rows.scalars():
                yield merkle.completed(hashes, 0)

    def opened(self, entries: Sequence[str]) -> list[OpenedValue]:
        """The personal values that entries commit to and that were not erased."""
        table = schema.personal_value
        found: list[OpenedValue] = []
        for at in range(0, len(entries), _SUBJECTS):
            rows = self._connection.execute(
                select(table).where(table.c.station == self._station, table.c.entry.in_(entries[at : at + _SUBJECTS]))
            )
            found += [OpenedValue(row.entry, row.field, row.value, row.salt) for row in rows]
        return sorted(found, key=lambda one: (one.entry, one.field))

    def record(self, docking: str, position: int) -> bytes | None:
        """The sealed record of one file of a docking."""
        table = schema.sighting
        found = self._connection.execute(
            select(table.c.record).where(
                table.c.station == self._station, table.c.docking == docking, table.c.position == position
            )
        ).scalar()
        return None if found is None else bytes(found)

    def attested_sizes(self, epoch: int, size: int) -> list[int]:
        """The checkpoints nearest to a size that somebody else attested: the newest up to it and the first after, for each kind."""
        covers = f"evidence-station/{self._station}/{epoch}/"
        stamps = schema.time_stamp
        stamped = self._connection.execute(
            select(stamps.c.covers).where(stamps.c.station == self._station, stamps.c.covers.startswith(covers, autoescape=True))
        ).scalars()
        lines = schema.cosignature
        cosigned = self._connection.execute(
            select(lines.c.size).where(lines.c.station == self._station, lines.c.epoch == epoch).distinct()
        ).scalars()
        found: set[int] = set()
        for sizes in ([int(one.removeprefix(covers)) for one in stamped], [int(one) for one in cosigned]):
            found |= {
                max([one for one in sizes if one <= size], default=size),
                min([one for one in sizes if one >= size], default=size),
            }
        return sorted(found - {size, 0})
