"""Reading people and units. What is read of a person decides what that person may do, so each sheet is held against the log first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from evidence.catalogue import schema
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.ids import SheetId
from evidence.people import KIND, UNIT_KIND, Keyed, Person, person_of


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with the sheet that says so."""

    id: SheetId
    version: int
    at: str
    person: Person


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit and the one above it."""

    id: SheetId
    version: int
    code: str
    parent: str | None
    name: str | None


class People:
    """Questions about people, on one open connection. Whoever was erased, or whose row is not what the log says, is nobody."""

    def __init__(self, sheets: Sheets, keyed: Keyed) -> None:
        """``keyed``: the station's keyed digest (``keys/people.key``)."""
        self._sheets = sheets
        self._keyed = keyed

    def of_badge(self, badge: str) -> PersonRow | None:
        """Who has a badge."""
        found = self._found("badge", self._keyed("badge", badge))
        return next((one for one in found if one.person.badge == badge), None)

    def of_card(self, card: str) -> PersonRow | None:
        """Whose card it is, by its keyed digest."""
        return next((one for one in self._found("card", card) if one.person.card == card), None)

    def of_certificate(self, fingerprint: str) -> PersonRow | None:
        """Whose certificate it is, by its SHA-256."""
        return next((one for one in self._found("certificate", fingerprint) if one.person.certificate == fingerprint), None)

    def of_id(self, person: str) -> PersonRow | None:
        """Whose sheet it is."""
        row = self._sheets.sheet(KIND, person)
        return None if row is None else self._person(row)

    def everyone(self) -> Iterator[PersonRow]:
        """All of them, in the order they were entered."""
        for row in self._sheets.sheets(KIND):
            if (found := self._person(row)) is not None:
                yield found

    def units(self) -> Iterator[UnitRow]:
        """The units that were entered."""
        for row in self._sheets.sheets(UNIT_KIND):
            if self._sheets.is_logged(row):
                yield UnitRow(row.id, row.version, row.said["code"], row.said["parent"], row.said["name"])

    def parents(self) -> dict[str, str | None]:
        """The unit above each unit."""
        return {one.code: one.parent for one in self.units()}

    def _found(self, name: str, value: str) -> Iterator[PersonRow]:
        for row in self._sheets.found(KIND, name, value):
            if (found := self._person(row)) is not None:
                yield found

    def _person(self, row: SheetRow) -> PersonRow | None:
        if row.kept is None or not self._sheets.is_logged(row):
            return None
        return PersonRow(row.id, row.version, row.at, person_of(row.said, row.kept))


def accounts_begun(sheets: Sheets) -> bool:
    """Whether anybody has ever had an account here. It is asked of the sheets themselves: an index that lost its rows must open nothing."""
    table = schema.sheet
    wanted = select(table.c.id).where(
        table.c.station == sheets.station, table.c.kind == KIND, table.c.said.like('%"account":true%')
    )
    return sheets.connection.execute(wanted.limit(1)).first() is not None
