"""When was it recorded? Every reading is kept; one time is derived from them, with its rule, zone and uncertainty. Pure.

Rules it keeps:

* a reading is never changed: text as it was read, what its zone rests on, its resolution, and flags;
* a container's time is UTC by its specification and local time in many cameras, so it counts as UTC for certain only
  when the end of the file's writing agrees with it;
* a clock that was never set, or that is ahead of the station, is flagged, and used only when nothing better exists;
* the uncertainty is that of the reading and its zone. The drift of the recorder's clock is another fact, measured while
  it is docked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evidence.canonical import JsonObject
from ingest.errors import ZoneUnknown


class TimeSource(StrEnum):
    """Where a reading stands."""

    NAME = "name"
    CONTAINER = "container"
    FILE_SYSTEM = "file-system"
    STATION = "station"


class ZoneRule(StrEnum):
    """What the zone of a reading rests on."""

    UTC = "utc"
    OFFSET = "offset"
    """The reading carries its offset."""
    STATION = "station"
    """Local time without a zone: the recorder is taken to show the station's."""
    CLAIMED_UTC = "claimed-utc"
    """UTC by the container's specification, which many cameras do not keep."""


class Flag(StrEnum):
    """What is odd about a reading or a derived time."""

    NEVER_SET = "clock-never-set"
    """Before there were such recorders, or a day on which clocks start after a flat battery."""
    AFTER_DOCKING = "after-docking"
    AMBIGUOUS = "local-time-twice"
    """The hour that the end of summer time repeats; the earlier one is taken."""
    NONEXISTENT = "local-time-skipped"
    CONTAINER_AGREES = "container-agrees"
    CONTAINER_LOCAL = "container-holds-local-time"
    CONTAINER_DIFFERS = "container-differs"
    LENGTH_UNKNOWN = "length-unknown"


@dataclass(frozen=True, slots=True)
class TimeReading:
    """One reading. ``value`` is ISO 8601, with an offset unless the zone rule is ``station``; ``resolution_ms`` its step.

    ``at_end`` says that it is the moment the recording ended rather than began.
    """

    source: TimeSource
    value: str
    zone: ZoneRule
    resolution_ms: int
    at_end: bool = False
    flags: tuple[Flag, ...] = ()

    def document(self) -> JsonObject:
        """As it stands in the clip record."""
        return {
            "source": self.source.value,
            "value": self.value,
            "zone": self.zone.value,
            "resolution_ms": self.resolution_ms,
            "at_end": self.at_end,
            "flags": [flag.value for flag in self.flags],
        }


@dataclass(frozen=True, slots=True)
class Derived:
    """The one published time. ``recorded_at`` is RFC 3339 UTC; ``zone`` the station's zone; ``readings`` all, flagged.

    ``source`` is where the reading that was used stands, ``resolution_ms`` its step; ``uncertainty_ms`` is None when
    nothing bounds it.
    """

    recorded_at: str
    rule: str
    source: TimeSource
    resolution_ms: int
    zone: str
    uncertainty_ms: int | None
    flags: tuple[Flag, ...]
    readings: tuple[TimeReading, ...]

    @property
    def moment(self) -> datetime:
        """``recorded_at`` as a value."""
        return datetime.fromisoformat(self.recorded_at)

    def document(self) -> JsonObject:
        """As it stands in the clip record (the readings stand beside it)."""
        return {
            "rule": self.rule,
            "zone": self.zone,
            "uncertainty_ms": self.uncertainty_ms,
            "flags": [flag.value for flag in self.flags],
        }


FIRST_YEAR = 2000
"""No recorder this station serves wrote files before."""
RESET_DAYS = frozenset((date(2000, 1, 1), date(2010, 1, 1)))
"""Days on which the clocks of cheap recorders start after a flat battery; 1904, 1970 and 1980 lie before the first year."""
AHEAD = timedelta(minutes=5)
"""A recorder's clock may be this much ahead of the station before its time is called impossible."""
AGREEMENT = timedelta(minutes=5)
"""Two readings of one moment may differ by this much (closing a large file on a slow card takes its time)."""
FINE = timedelta(minutes=1)
"""A name that only says the day comes after all other readings."""
LONGEST = timedelta(hours=4)
"""Recorders begin a new file at least this often."""


def station_zone(name: str) -> ZoneInfo:
    """The station's zone by its IANA name. Raises :class:`ZoneUnknown`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneUnknown(zone=name) from error


def rfc3339(moment: datetime) -> str:
    """UTC with six decimals and ``Z``, the form of every moment in our formats."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def file_system_reading(mtime_ns: int) -> TimeReading | None:
    """The reading of a modification time; None when it lies outside the years 1 to 9999. FAT counts in steps of 2 s."""
    try:
        moment = datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC) + timedelta(microseconds=mtime_ns % 1_000_000_000 // 1000)
    except (ValueError, OverflowError, OSError):
        return None
    return TimeReading(TimeSource.FILE_SYSTEM, rfc3339(moment), ZoneRule.UTC, 2000, at_end=True)


def station_reading(docked_at: datetime) -> TimeReading:
    """When the station saw the source: the latest the recording can have been made."""
    return TimeReading(TimeSource.STATION, rfc3339(docked_at), ZoneRule.UTC, 1, at_end=True)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to read the start: lower rank first."""

    rank: int
    rule: str
    start: datetime
    uncertainty: timedelta | None
    flags: tuple[Flag, ...]
    reading: TimeReading

    @property
    def source(self) -> TimeSource:
        return self.reading.source


def derive(readings: Iterable[TimeReading], *, zone: ZoneInfo, docked_at: datetime, duration_ms: int | None) -> Derived:
    """The start of the recording, from all readings of one file.

    Order: a reading that carries its offset; the name; the container; the end of writing less the length; a name that says
    only the day; the docking.
    ``docked_at`` is the station's clock (aware); ``duration_ms`` None when nobody could tell.
    """
    judged = tuple(_judge(reading, zone, docked_at) for reading in readings)
    length = None if duration_ms is None else timedelta(milliseconds=duration_ms)
    written = next((moment for reading in judged if (moment := _written(reading, zone)) is not None), None)
    candidates = [
        candidate
        for reading in judged
        if reading.source is not TimeSource.STATION
        and (candidate := _candidate(reading, zone, length, written, docked_at)) is not None
    ]
    plausible = [candidate for candidate in candidates if not _oddities(candidate.start, docked_at)]
    if plausible:
        best = min(plausible, key=lambda candidate: candidate.rank)
    elif candidates:
        # Nothing is believable. The recorder's own word is published all the same, with the doubt it deserves.
        worst = min(candidates, key=lambda candidate: candidate.rank)
        best = replace(worst, uncertainty=abs(docked_at - worst.start), flags=(*worst.flags, *_oddities(worst.start, docked_at)))
    else:
        best = _Candidate(9, "docking", docked_at, None, (), station_reading(docked_at))
    flags = best.flags + _cross_check(best, judged, zone, length)
    uncertainty_ms = None if best.uncertainty is None else best.uncertainty // timedelta(milliseconds=1)
    return Derived(
        recorded_at=rfc3339(best.start),
        rule=best.rule,
        source=best.source,
        resolution_ms=best.reading.resolution_ms,
        zone=zone.key,
        uncertainty_ms=uncertainty_ms,
        flags=tuple(dict.fromkeys(flags)),
        readings=judged,
    )


def _candidate(
    reading: TimeReading, zone: ZoneInfo, length: timedelta | None, written: datetime | None, docked_at: datetime
) -> _Candidate | None:
    resolved = _resolve(reading, zone)
    if resolved is None:
        return None
    moment, doubt, flags = resolved
    step = timedelta(milliseconds=reading.resolution_ms)
    source = reading.source
    if source is TimeSource.FILE_SYSTEM:
        if length is None:
            return _Candidate(3, "file-system-end", moment, LONGEST, (Flag.LENGTH_UNKNOWN,), reading)
        return _Candidate(3, "file-system-end-less-length", _minus(moment, length), step, (), reading)
    if reading.zone is ZoneRule.OFFSET and source is TimeSource.CONTAINER:
        return _Candidate(0, "container-offset", moment, step, flags, reading)
    if source is TimeSource.NAME:
        return _Candidate(1 if step <= FINE else 4, f"name-{reading.zone.value}", moment, step + doubt, flags, reading)
    if reading.zone is ZoneRule.CLAIMED_UTC:
        return _claimed_utc(reading, moment, zone, length, written, docked_at)
    return _Candidate(2, f"container-{reading.zone.value}", moment, step + doubt, flags, reading)


def _claimed_utc(
    reading: TimeReading,
    moment: datetime,
    zone: ZoneInfo,
    length: timedelta | None,
    written: datetime | None,
    docked_at: datetime,
) -> _Candidate:
    """UTC, or local time in disguise.

    Whichever the end of writing agrees with; local when as UTC it lies ahead of the docking; else UTC, in doubt by the
    zone's offset.
    """
    step = timedelta(milliseconds=reading.resolution_ms)
    local, doubt, flags = _from_local(moment.replace(tzinfo=None), zone)
    if written is not None and _fits(moment, length, written):
        return _Candidate(2, "container-utc-confirmed", moment, step, (), reading)
    if written is not None and _fits(local, length, written):
        return _Candidate(2, "container-local", local, step + doubt, (*flags, Flag.CONTAINER_LOCAL), reading)
    if moment > docked_at + AHEAD >= local:
        return _Candidate(2, "container-local-before-docking", local, step + doubt, (*flags, Flag.CONTAINER_LOCAL), reading)
    return _Candidate(2, "container-utc", moment, step + abs(moment - local), (), reading)


def _fits(start: datetime, length: timedelta | None, written: datetime) -> bool:
    """Whether writing ended when a recording begun then would have. Some devices note the end instead: that fits too."""
    return -AGREEMENT <= written - start <= (length or timedelta()) + AGREEMENT


def _written(reading: TimeReading, zone: ZoneInfo) -> datetime | None:
    """When the file was last written, by a clock that had been set."""
    if reading.source is not TimeSource.FILE_SYSTEM or Flag.NEVER_SET in reading.flags:
        return None
    resolved = _resolve(reading, zone)
    return None if resolved is None else resolved[0]


def _cross_check(
    best: _Candidate, readings: tuple[TimeReading, ...], zone: ZoneInfo, length: timedelta | None
) -> tuple[Flag, ...]:
    """How the container's time stands to a start that was taken from the name."""
    if best.source is not TimeSource.NAME:
        return ()
    for reading in readings:
        if reading.source is not TimeSource.CONTAINER or Flag.NEVER_SET in reading.flags:
            continue
        resolved = _resolve(reading, zone)
        if resolved is None:
            continue
        tolerance = AGREEMENT + (length or timedelta())
        if abs(resolved[0] - best.start) <= tolerance:
            return (Flag.CONTAINER_AGREES,)
        if reading.zone is ZoneRule.CLAIMED_UTC:
            local = _from_local(resolved[0].replace(tzinfo=None), zone)[0]
            if abs(local - best.start) <= tolerance:
                return (Flag.CONTAINER_LOCAL,)
        return (Flag.CONTAINER_DIFFERS,)
    return ()


def _judge(reading: TimeReading, zone: ZoneInfo, docked_at: datetime) -> TimeReading:
    resolved = _resolve(reading, zone)
    if resolved is None or reading.source is TimeSource.STATION:
        return reading
    return replace(reading, flags=tuple(dict.fromkeys((*reading.flags, *resolved[2], *_oddities(resolved[0], docked_at)))))


def _oddities(moment: datetime, docked_at: datetime) -> tuple[Flag, ...]:
    # The day is compared in every zone a recorder may show: a reset at local midnight is another day in UTC.
    near = FIRST_YEAR - 1 <= moment.year <= max(RESET_DAYS).year
    days = {(moment + timedelta(hours=hours)).date() for hours in (-12, 0, 14)} if near else set()
    if moment.year < FIRST_YEAR or days & RESET_DAYS:
        return (Flag.NEVER_SET,)
    return (Flag.AFTER_DOCKING,) if moment > docked_at + AHEAD else ()


def _resolve(reading: TimeReading, zone: ZoneInfo) -> tuple[datetime, timedelta, tuple[Flag, ...]] | None:
    """The moment in UTC, how far its zone leaves it open, and flags; None when the text is no date."""
    try:
        value = datetime.fromisoformat(reading.value)
        if value.tzinfo is None:
            return _from_local(value, zone)
        return value.astimezone(UTC), timedelta(), ()
    except (ValueError, OverflowError):
        return None


def _from_local(naive: datetime, zone: tzinfo) -> tuple[datetime, timedelta, tuple[Flag, ...]]:
    """A local time as UTC. Around a change of the clocks both readings are weighed (PEP 495)."""
    try:
        first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return naive.replace(tzinfo=UTC), timedelta(days=1), ()
    if first == second:
        return first, timedelta(), ()
    exists = first.astimezone(zone).replace(tzinfo=None) == naive
    return min(first, second), abs(second - first), (Flag.AMBIGUOUS if exists else Flag.NONEXISTENT,)


def _minus(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment - length
    except OverflowError:
        return moment
