"""When a camera is full if nothing is erased, when the vault's disk is, and whether the line ever catches up. Functions of values.

Everything is measured: what was new at each docking, what the store confirmed. What was not seen often enough is said to be unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(days=30)
"""What is looked at: older habits say little about the next weeks."""
LEAST = timedelta(hours=1)
"""Less than this was watched: no rate can be told."""
FAR = timedelta(days=36500)
"""Beyond this a date is no forecast, and no date either."""


class Outlook(StrEnum):
    """What a forecast comes to."""

    FULL = "full"
    """It will be full; the moment is told."""
    NEVER_FULL = "never-full"
    UNKNOWN = "unknown"


class Line(StrEnum):
    """How the line stands against what comes in."""

    CAUGHT_UP = "caught-up"
    CATCHING_UP = "catching-up"
    NEVER = "never"
    """What waits grows: at these rates the line can never catch up."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Docked:
    """One docking: bytes that were new, and the card's space, None where its file system did not say."""

    device: str
    at: datetime
    new_bytes: int
    total: int | None
    free: int | None


@dataclass(frozen=True, slots=True)
class DeviceForecast:
    """One camera. ``full_at``: if nothing is erased; bytes a day as recorded between its dockings."""

    device: str
    dockings: int
    last_docked_at: datetime
    total_bytes: int | None
    free_bytes: int | None
    bytes_a_day: int | None
    outlook: Outlook
    full_at: datetime | None


@dataclass(frozen=True, slots=True)
class StationForecast:
    """The station. ``full_at`` is the vault's disk's; the line takes something away from it only where copies are let go of."""

    intake_a_day: int | None
    line_a_day: int | None
    waiting_bytes: int
    free_bytes: int
    outlook: Outlook
    full_at: datetime | None
    line: Line
    caught_up_at: datetime | None


def of_devices(dockings: Iterable[Docked]) -> list[DeviceForecast]:
    """Each device by its dockings, in the order of their keys."""
    by_device: dict[str, list[Docked]] = defaultdict(list)
    for one in dockings:
        by_device[one.device].append(one)
    return [_device(device, sorted(by_device[device], key=lambda one: one.at)) for device in sorted(by_device)]


def of_station(
    dockings: Sequence[Docked],
    received: Sequence[tuple[datetime, int]],
    *,
    waiting: int,
    free: int,
    evicts: bool,
    now: datetime,
) -> StationForecast:
    """The station at ``now``. ``received``: when the store confirmed how many bytes; ``waiting``: bytes still to be sent."""
    begun = min((one.at for one in dockings), default=now)
    watched = now - begun
    if watched < LEAST:
        return StationForecast(
            None, None, waiting, free, Outlook.UNKNOWN, None, Line.UNKNOWN if waiting else Line.CAUGHT_UP, None
        )
    days = watched / timedelta(days=1)
    intake = sum(one.new_bytes for one in dockings) / days
    line = sum(count for at, count in received if at >= begun) / days
    grows = intake - (line if evicts else 0.0)
    full_at = _when(now, free, grows)
    caught_up_at = _when(now, waiting, line - intake) if waiting else None
    standing = Line.CAUGHT_UP if not waiting else Line.CATCHING_UP if caught_up_at is not None else Line.NEVER
    outlook = Outlook.FULL if full_at is not None else Outlook.NEVER_FULL
    return StationForecast(round(intake), round(line), waiting, free, outlook, full_at, standing, caught_up_at)


def _device(device: str, ordered: list[Docked]) -> DeviceForecast:
    first, last = ordered[0], ordered[-1]
    watched = last.at - first.at
    rate = None
    if watched >= LEAST:
        rate = sum(one.new_bytes for one in ordered[1:]) / (watched / timedelta(days=1))
    full_at = None if rate is None or last.free is None else _when(last.at, last.free, rate)
    known = rate is not None and last.free is not None
    outlook = Outlook.FULL if full_at is not None else Outlook.NEVER_FULL if known else Outlook.UNKNOWN
    told = None if rate is None else round(rate)
    return DeviceForecast(device, len(ordered), last.at, last.total, last.free, told, outlook, full_at)


def _when(start: datetime, count: int, a_day: float) -> datetime | None:
    """When so many bytes are used up; None: never, or so far off that it is no date."""
    if a_day <= 0 or count / a_day > FAR / timedelta(days=1):
        return None
    return start + timedelta(days=count / a_day)
