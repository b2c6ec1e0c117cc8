"""Which unit an officer belongs to, as the people of the station are known; the station's own unit for who is not known."""

from __future__ import annotations

from evidence.catalogue.sheets import Sheets


class Units:
    """Units by officer, looked up once each."""

    def __init__(self, sheets: Sheets, own: str) -> None:
        """``own``: code of the unit that the station belongs to."""
        self._sheets = sheets
        self.own = own
        self._known: dict[str, str] = {}

    def of(self, officer: str | None) -> str:
        """The code of the unit."""
        if officer is None:
            return self.own
        if officer not in self._known:
            people = self._sheets.found("person", "badge", officer)
            units = [one.said.get("unit") for one in people]
            self._known[officer] = next((unit for unit in units if isinstance(unit, str) and unit), self.own)
        return self._known[officer]
