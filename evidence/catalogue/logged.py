"""Sheets and tags as the log has them: read from custody entries alone, so that a row which somebody took away or changed decides nothing.

The values that entries only commit to lie beside the log; one that is gone, or is not what the entry commits to, is unknown here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from evidence.canonical import canonical
from evidence.catalogue import schema
from evidence.catalogue.acts.sheets import Sheet, index
from evidence.catalogue.ledger import Commit
from evidence.catalogue.queries import PAGE, EntryRow, Queries
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.commitments import commitment
from evidence.custody.entry import Act, subject_clip
from evidence.facts import UNCLASSIFIED
from evidence.ids import ClipId, SheetId, StationId
from evidence.learned import learned


class _What(msgspec.Struct):
    kind: str
    version: int
    said: dict[str, Any]
    kept: dict[str, str] | None


class _When(msgspec.Struct):
    utc: str


class _Recorded(msgspec.Struct):
    what: _What
    when: _When


_RECORDED = msgspec.json.Decoder(learned(_Recorded))


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a sheet, and where in the log it stands."""

    epoch: int
    seq: int
    row: SheetRow


@dataclass(frozen=True, slots=True)
class Tags:
    """What entries say of a clip that keeping depends on. ``cased``: whether it belongs to a case; the number itself is committed to."""

    taken_at: str | None
    category: str
    importance: str | None
    incident: str | None
    cased: bool


class Logged:
    """The log of one station, read for what keeping needs."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station

    def versions(self, *kinds: str) -> Iterator[Version]:
        """Every version of every sheet of some kinds, in the order of the log, a page at a time."""
        table = schema.custody_entry
        wanted = select(table.c.epoch, table.c.seq, table.c.id, table.c.subject, table.c.body).where(
            table.c.station == self._station, table.c.type == Act.RECORDED.value
        )
        epoch, seq = 0, -1
        while page := self._connection.execute(
            wanted.where((table.c.epoch > epoch) | ((table.c.epoch == epoch) & (table.c.seq > seq)))
            .order_by(table.c.epoch, table.c.seq)
            .limit(PAGE)
        ).all():
            read = [(row, entry) for row in page if (entry := _RECORDED.decode(row.body)).what.kind in kinds]
            kept = self._kept([row.id for row, entry in read if entry.what.kept is not None])
            for row, entry in read:
                what = entry.what
                text = None if what.kept is None else kept.get(row.id, {}).get(what.kept["commitment"])
                held = None if text is None else msgspec.json.decode(text)
                sheet = SheetId(row.subject.removeprefix("sheet:"))
                yield Version(row.epoch, int(row.seq), SheetRow(sheet, what.kind, what.version, entry.when.utc, what.said, held))
            epoch, seq = page[-1].epoch, int(page[-1].seq)

    def newest(self, *kinds: str) -> dict[SheetId, SheetRow]:
        """The newest version of each sheet of some kinds."""
        return {one.row.id: one.row for one in self.versions(*kinds)}

    def differing(self, *kinds: str) -> list[SheetId]:
        """The sheets of some kinds whose rows are not what the log says: changed, gone, or never written."""
        said = self.newest(*kinds)
        sheets = Sheets(self._connection, self._station)
        lying = {row.id: row for kind in kinds for row in sheets.sheets(kind)}
        return sorted(one for one in said.keys() | lying.keys() if said.get(one) != lying.get(one))

    def disposed(self) -> Iterator[EntryRow]:
        """Every entry by which a clip was disposed of, in the order of the log."""
        table = schema.custody_entry
        mine = (table.c.station == self._station) & (table.c.type == Act.DISPOSED.value)
        rows = self._connection.execute(
            select(table.c.epoch, table.c.seq, table.c.body).where(mine).order_by(table.c.epoch, table.c.seq)
        )
        return (EntryRow(row.epoch, int(row.seq), msgspec.json.decode(row.body), {}) for row in rows)

    def tags(self, clip: ClipId, before: tuple[int, int] | None = None) -> Tags:
        """What the entries about a clip say of it, all of them or those before a place in the log."""
        taken_at: str | None = None
        told: dict[str, Any] = {"category": UNCLASSIFIED}
        for entry in Queries(self._connection, self._station).entries(subject_clip(clip)):
            if before is not None and (entry.epoch, entry.seq) >= before:
                break
            body = entry.body
            if body["type"] == Act.COPIED.value and taken_at is None:
                taken_at = body["when"]["utc"]
            elif body["type"] == Act.TAGGED.value:
                told |= {change["field"]: change["new"] for change in body["what"]["changes"]}
        return Tags(taken_at, told["category"], told.get("importance"), told.get("incident"), told.get("case_number") is not None)

    def _kept(self, entries: list[str]) -> dict[str, dict[str, str]]:
        """By entry: the value under the commitment that it opens."""
        table = schema.personal_value
        mine = (table.c.station == self._station) & table.c.entry.in_(entries) & (table.c.field == "kept")
        return {
            row.entry: {commitment("kept", row.value, bytes.fromhex(row.salt)): row.value}
            for row in self._connection.execute(select(table.c.entry, table.c.value, table.c.salt).where(mine))
        }


def rebuild(commit: Commit, kind: str, found_by: Callable[[SheetRow], tuple[tuple[str, str], ...]]) -> list[SheetId]:
    """Make the rows of a kind what the log says, and where to look for them. Those that were not."""
    logged = Logged(commit.connection, commit.station)
    wrong, said, table = logged.differing(kind), logged.newest(kind), schema.sheet
    for one in wrong:
        mine = (table.c.station == commit.station) & (table.c.id == one)
        commit.connection.execute(delete(table).where(mine))
        if (row := said.get(one)) is not None:
            kept = None if row.kept is None else canonical(row.kept).decode()
            values = {"kind": kind, "version": row.version, "at": row.at, "said": canonical(row.said).decode(), "kept": kept}
            commit.connection.execute(insert(table).values(station=commit.station, id=one, **values))
    places = schema.sheet_index
    commit.connection.execute(delete(places).where(places.c.station == commit.station, places.c.kind == kind))
    for row in said.values():
        index(commit, Sheet(kind, row.said, row.kept, found_by(row)), row.id)
    return wrong
