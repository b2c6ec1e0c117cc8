"""The days that a figure or a sample is about, in the station's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from evidence.errors import Exit
from station.home import StationError

DAYS = 30
"""How many days are looked at where nobody says which."""


class NotADay(StationError):
    """A day was not typed as a day, or the first lies after the last. Fields: ``text``."""

    code = "not-a-day"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the first and the last included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> str:
        """The first moment, RFC 3339 in UTC."""
        return _begins(self.first, self.zone)

    @property
    def until(self) -> str:
        """The first moment that does not belong to it any more."""
        return _begins(self.last + timedelta(days=1), self.zone)

    def document(self) -> dict[str, str]:
        """As answers show it."""
        return {"from": self.first.isoformat(), "until": self.last.isoformat(), "zone": self.zone.key}


def period(first: str | None, last: str | None, now: datetime, zone: ZoneInfo) -> Period:
    """What was asked for; by default the last :data:`DAYS` days up to today. Raises :class:`NotADay`."""
    end = now.astimezone(zone).date() if last is None else _day(last)
    begin = end - timedelta(days=DAYS - 1) if first is None else _day(first)
    if begin > end:
        raise NotADay(text=f"{first or begin.isoformat()} – {last or end.isoformat()}")
    return Period(begin, end, zone)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise NotADay(text=text) from error
    if not date(1970, 1, 2) <= found <= date(9998, 12, 30):
        raise NotADay(text=text)
    return found


def _begins(day: date, zone: ZoneInfo) -> str:
    return datetime.combine(day, time(), zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
