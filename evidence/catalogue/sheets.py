"""Reading sheets: what case work knows of its things. Frozen rows out, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from evidence.canonical import canonical
from evidence.catalogue import schema
from evidence.catalogue.queries import EntryRow, Queries
from evidence.commitments import commitment
from evidence.custody.entry import Act, subject_sheet
from evidence.ids import SheetId, StationId

PAGE = 500


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet as the catalogue has it. ``kept`` is None where there is none, or where it was erased lawfully."""

    id: SheetId
    kind: str
    version: int
    at: str
    said: dict[str, Any]
    kept: dict[str, Any] | None


class Sheets:
    """Questions about the sheets of one station, on one open connection: a reading one, or a commit's own."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self.connection = self._connection = connection
        self.station = self._station = station

    def sheet(self, kind: str, of: str) -> SheetRow | None:
        """One sheet."""
        table = schema.sheet
        wanted = select(table).where(table.c.station == self._station, table.c.id == of, table.c.kind == kind)
        row = self._connection.execute(wanted).first()
        return None if row is None else _sheet(row)

    def sheets(self, kind: str, *, after: str | None = None, newest_first: bool = False) -> Iterator[SheetRow]:
        """All sheets of a kind, oldest first or newest first, beginning after one of them."""
        table = schema.sheet
        order = table.c.id.desc() if newest_first else table.c.id.asc()
        while True:
            wanted = select(table).where(table.c.station == self._station, table.c.kind == kind).order_by(order).limit(PAGE)
            if after is not None:
                wanted = wanted.where(table.c.id < after if newest_first else table.c.id > after)
            page = [_sheet(row) for row in self._connection.execute(wanted)]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].id

    def found(self, kind: str, name: str, value: str) -> list[SheetRow]:
        """The sheets of a kind that are found by a value, oldest first."""
        return list(self.between(kind, name, value, value))

    def between(self, kind: str, name: str, low: str, high: str) -> Iterator[SheetRow]:
        """The sheets of a kind that are found by a value from ``low`` to ``high``, as texts; by value, then oldest first."""
        table, place = schema.sheet, schema.sheet_index
        wanted = (
            select(table)
            .join_from(place, table, (table.c.station == place.c.station) & (table.c.id == place.c.sheet))
            .where(place.c.station == self._station, place.c.kind == kind, place.c.name == name, place.c.value.between(low, high))
            .order_by(place.c.value, place.c.sheet)
        )
        return (_sheet(row) for row in self._connection.execute(wanted))

    def is_logged(self, row: SheetRow) -> bool:
        """Whether the newest entry about a sheet says what its row says: what decides something is held against the log first."""
        entry = Queries(self._connection, self._station).newest_entry(subject_sheet(row.id), Act.RECORDED.value)
        if entry is None:
            return False
        told = entry["what"]
        if (told["kind"], told["version"], told["said"]) != (row.kind, row.version, row.said):
            return False
        table = schema.personal_value
        wanted = select(table.c.value, table.c.salt).where(
            table.c.station == self._station, table.c.entry == entry["id"], table.c.field == "kept"
        )
        value = self._connection.execute(wanted).first()
        if told["kept"] is None or value is None:
            return row.kept is None
        committed = commitment("kept", value.value, bytes.fromhex(value.salt)) == told["kept"]["commitment"]
        return committed and row.kept is not None and value.value == canonical(row.kept).decode()

    def walk(
        self, kind: str, name: str, low: str, high: str, after: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, SheetRow]]:
        """The same a page at a time with the values, beginning behind a value and id: for lists of any length."""
        table, place = schema.sheet, schema.sheet_index
        wanted = (
            select(table, place.c.value)
            .join_from(place, table, (table.c.station == place.c.station) & (table.c.id == place.c.sheet))
            .where(place.c.station == self._station, place.c.kind == kind, place.c.name == name, place.c.value.between(low, high))
            .order_by(place.c.value, place.c.sheet)
            .limit(PAGE)
        )
        while True:
            behind = wanted
            if after is not None:
                value, sheet = after
                behind = wanted.where((place.c.value > value) | ((place.c.value == value) & (place.c.sheet > sheet)))
            page = [(row.value, _sheet(row)) for row in self._connection.execute(behind)]
            yield from page
            if len(page) < PAGE:
                return
            after = (page[-1][0], page[-1][1].id)

    def history(self, of: SheetId) -> list[EntryRow]:
        """Every entry about a sheet, oldest first: each has its version's ``said``, and ``kept`` among its personal values."""
        return list(Queries(self._connection, self._station).entries(subject_sheet(of)))


def _sheet(row: Any) -> SheetRow:  # noqa: ANN401  # a row whose values have the types of the columns
    kept = None if row.kept is None else msgspec.json.decode(row.kept)
    return SheetRow(SheetId(row.id), row.kind, row.version, row.at, msgspec.json.decode(row.said), kept)
