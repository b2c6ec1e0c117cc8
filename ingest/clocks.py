"""How far a recorder's clock is off: bounds, measured without altering it. Pure.

Rules it keeps:

* a bound is only what follows from what was seen; what nothing bounds stays open, and nothing here ever says that a clock is right;
* a recorder that tells its time bounds it from both sides: it told it between the question and the answer (its driver measures);
* a card bounds it from one side: a file is not written later than now, so the clock that dated it was ahead by at least the
  difference. How far it is ahead at most, or that it is behind, no file can tell;
* FAT keeps local time without a zone, in steps of two seconds, and kernels read it as one zone or another: where the mount does
  not say which, the weaker bound counts.

Every offset is in milliseconds, positive where the recorder is ahead of the station.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from evidence.canonical import JsonObject
from evidence.custody.entry import Moment

_LOCAL = frozenset({"vfat", "msdos", "exfat"})
"""File systems whose times are local, or may be: exFAT has a field for the zone, which many cameras leave invalid."""
FAT_STEP_MS = 2000
DISPLAY_STEP_MS = 1000
READING_MS = 120_000
"""A person who reads a display and types what it shows takes no longer than this: an assumption, and the entry names it."""


class ClockBasis(StrEnum):
    """What a measurement rests on."""

    RECORDER = "recorder"
    """It was asked, and answered."""
    DISPLAY = "display"
    """A person typed what it showed."""
    CONTENT = "content"
    """The newest file on the card."""


@dataclass(frozen=True, slots=True)
class ClockBounds:
    """A recorder's clock is ahead of the station's by at least, and at most, so many milliseconds; None: nothing bounds it.

    ``station_at`` is the station's time at the measurement, ``station_clock`` what was known of that clock.
    """

    basis: ClockBasis
    at_least_ms: int | None
    at_most_ms: int | None
    station_at: str
    station_clock: str

    def excludes(self, tolerance_ms: int) -> bool:
        """Whether the clock is certainly off by more than this, whichever way."""
        ahead = self.at_least_ms is not None and self.at_least_ms > tolerance_ms
        behind = self.at_most_ms is not None and self.at_most_ms < -tolerance_ms
        return ahead or behind

    def document(self, tolerance_ms: int) -> JsonObject:
        """As it stands in the log; ``wrong`` by the tolerance that was in force."""
        return {
            "basis": self.basis.value,
            "at_least_ms": self.at_least_ms,
            "at_most_ms": self.at_most_ms,
            "station_at": self.station_at,
            "station_clock": self.station_clock,
            "tolerance_ms": tolerance_ms,
            "wrong": self.excludes(tolerance_ms),
        }


def by_recorder(lowest_ns: int, highest_ns: int, now: Moment) -> ClockBounds:
    """A recorder told its time: its clock less the station's lies between these, in nanoseconds. The round trip is in them."""
    return ClockBounds(ClockBasis.RECORDER, lowest_ns // 1_000_000, -(-highest_ns // 1_000_000), now.utc, now.clock.value)


def shown(value: datetime, now: Moment, zone: ZoneInfo) -> ClockBounds:
    """A person read it off the display, not longer than :data:`READING_MS` ago."""
    told = _utc(value, zone)
    at_most = _ms_up(max(told) - _moment(now)) + DISPLAY_STEP_MS + READING_MS
    return ClockBounds(ClockBasis.DISPLAY, _ms(min(told) - _moment(now)), at_most, now.utc, now.clock.value)


def by_content(mtimes_ns: Iterable[int], fs_type: str | None, options: Iterable[str], zone: ZoneInfo, now: Moment) -> ClockBounds:
    """What the newest file of a card proves. ``options`` are those of its mount (proc_pid_mountinfo(5))."""
    earliest = [moments[0] for one in mtimes_ns if (moments := written_at(one, fs_type, options, zone))]
    newest = max(earliest, default=None)
    step = FAT_STEP_MS if fs_type in _LOCAL else 0
    at_least = None if newest is None else _ms(newest - _moment(now)) - step
    return ClockBounds(ClockBasis.CONTENT, at_least, None, now.utc, now.clock.value)


def written_at(mtime_ns: int, fs_type: str | None, options: Iterable[str], zone: ZoneInfo) -> tuple[datetime, ...]:
    """When a file was written by the recorder's clock, in UTC: every moment that its modification time can mean, ascending.

    None of them when it lies outside the years 1 to 9999.
    """
    try:
        read = datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC) + timedelta(microseconds=mtime_ns % 1_000_000_000 // 1000)
        if fs_type not in _LOCAL:
            return (read,)
        told = set(options)
        as_utc = set(_utc(read.replace(tzinfo=None), zone))
        by_offset = next((one.partition("=")[2] for one in told if one.startswith("time_offset=")), None)
        if fs_type != "exfat" and by_offset is not None:  # the kernel took the card for so many minutes east of UTC
            return tuple(sorted(_utc((read + timedelta(minutes=int(by_offset))).replace(tzinfo=None), zone)))
        if fs_type != "exfat" and "tz=UTC" in told:  # what it calls UTC is the local time that stands on the card
            return tuple(sorted(as_utc))
        return tuple(sorted({read, *as_utc}))
    except (ValueError, OverflowError, OSError):
        return ()


def _utc(value: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """A time as UTC; a local one that two moments bear is both (PEP 495)."""
    if value.tzinfo is not None:
        return (value.astimezone(UTC),)
    return tuple(sorted({value.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}))


def _moment(now: Moment) -> datetime:
    return datetime.fromisoformat(now.utc)


def _ms(gap: timedelta) -> int:
    """Whole milliseconds, downwards, so that no lower bound says too much."""
    return gap // timedelta(milliseconds=1)


def _ms_up(gap: timedelta) -> int:
    """Whole milliseconds, upwards, so that no upper bound says too much."""
    return -(-gap // timedelta(milliseconds=1))
