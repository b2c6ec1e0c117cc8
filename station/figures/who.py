"""Who somebody is to supervision: his unit, as the people of the station are known, and his shifts, as the roster has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from evidence import shifts
from evidence.catalogue.sheets import Sheets


class Units:
    """Units by officer. All people of the station are looked at once: a badge is not to be found by its number in the open."""

    def __init__(self, sheets: Sheets, own: str) -> None:
        """``own``: code of the unit that the station belongs to."""
        self._sheets = sheets
        self.own = own

    def of(self, officer: str | None) -> str:
        """The code of the unit; the station's own for who is not known."""
        return self._known.get(officer or "", self.own)

    @cached_property
    def _known(self) -> dict[str, str]:
        told = ((one.said.get("unit"), (one.kept or {}).get("badge")) for one in self._sheets.sheets("person"))
        return {badge: unit for unit, badge in told if isinstance(badge, str) and isinstance(unit, str) and unit}


OVERTIME = timedelta(hours=4)
"""How long after a shift's end a recording still belongs to it."""


class Duties:
    """When the duty ended in which somebody recorded, by the roster: its shifts are looked up once for each officer."""

    def __init__(self, sheets: Sheets) -> None:
        self._sheets = sheets
        self._known: dict[str, list[tuple[datetime, datetime]]] = {}

    def ended(self, officer: str | None, recorded: datetime) -> datetime | None:
        """The end of the shift, or of the recording where that is later; None where no roster has such a shift."""
        if officer is None:
            return None
        if officer not in self._known:
            found = self._sheets.found(shifts.KIND, "officer", officer)
            self._known[officer] = [
                (datetime.fromisoformat(one.said["begins_at"]), datetime.fromisoformat(one.said["ends_at"]))
                for one in found
                if one.said.get("gone_at") is None
            ]
        fitting = [end for begin, end in self._known[officer] if begin <= recorded <= end + OVERTIME]
        return max(*fitting, recorded) if fitting else None
