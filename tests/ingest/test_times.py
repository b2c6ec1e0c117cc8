from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import ZoneUnknown
from ingest.times import (
    Derived,
    Flag,
    TimeReading,
    TimeSource,
    ZoneRule,
    derive,
    file_system_reading,
    rfc3339,
    station_reading,
    station_zone,
)

SHANGHAI = station_zone("Asia/Shanghai")
BERLIN = station_zone("Europe/Berlin")
DOCKED = datetime(2026, 11, 21, 10, tzinfo=UTC)


def name(value: str, zone: ZoneRule = ZoneRule.STATION, resolution_ms: int = 1000) -> TimeReading:
    return TimeReading(TimeSource.NAME, value, zone, resolution_ms)


def container(value: str, zone: ZoneRule = ZoneRule.CLAIMED_UTC) -> TimeReading:
    return TimeReading(TimeSource.CONTAINER, value, zone, 1000)


def written(value: str) -> TimeReading:
    reading = file_system_reading(int(datetime.fromisoformat(value).timestamp()) * 1_000_000_000)
    assert reading is not None
    return reading


def shanghai(*readings: TimeReading, duration_ms: int | None = 60_000, docked: datetime = DOCKED) -> Derived:
    return derive((*readings, station_reading(docked)), zone=SHANGHAI, docked_at=docked, duration_ms=duration_ms)


def test_a_local_name_is_read_in_the_stations_zone() -> None:
    derived = shanghai(name("2026-01-15T08:00:00"))
    assert derived.recorded_at == "2026-01-15T00:00:00.000000Z"
    assert (derived.rule, derived.zone, derived.uncertainty_ms, derived.flags) == ("name-station", "Asia/Shanghai", 1000, ())


def test_a_name_in_utc_is_left_as_it_is() -> None:
    assert shanghai(name("2026-01-15T08:00:00+00:00", ZoneRule.UTC)).recorded_at == "2026-01-15T08:00:00.000000Z"


def test_every_reading_is_kept() -> None:
    readings = (name("2026-01-15T08:00:00"), container("2026-01-15T00:00:00+00:00"), written("2026-01-15T00:01:00+00:00"))
    assert shanghai(*readings).readings == (*readings, station_reading(DOCKED))


def test_a_container_that_holds_local_time_is_found_out_by_the_name() -> None:
    derived = shanghai(name("2026-01-15T08:00:00"), container("2026-01-15T08:00:00+00:00"))
    assert derived.recorded_at == "2026-01-15T00:00:00.000000Z"
    assert derived.flags == (Flag.CONTAINER_LOCAL,)


def test_a_container_that_agrees_or_differs_is_said_to() -> None:
    assert shanghai(name("2026-01-15T08:00:00"), container("2026-01-15T00:00:30+00:00")).flags == (Flag.CONTAINER_AGREES,)
    assert shanghai(name("2026-01-15T08:00:00"), container("2026-01-14T00:00:00+00:00")).flags == (Flag.CONTAINER_DIFFERS,)


def test_a_reading_with_its_own_offset_comes_first() -> None:
    derived = shanghai(name("2026-01-15T08:00:00"), container("2026-01-15T03:00:00+01:00", ZoneRule.OFFSET))
    assert (derived.recorded_at, derived.rule) == ("2026-01-15T02:00:00.000000Z", "container-offset")


@pytest.mark.parametrize(
    ("end", "rule", "start", "uncertainty"),
    [
        ("2026-01-15T08:01:05+00:00", "container-utc-confirmed", "2026-01-15T08:00:00.000000Z", 1000),
        ("2026-01-15T00:01:05+00:00", "container-local", "2026-01-15T00:00:00.000000Z", 1000),
        ("2026-03-01T00:00:00+00:00", "container-utc", "2026-01-15T08:00:00.000000Z", 8 * 3_600_000 + 1000),
    ],
)
def test_the_end_of_writing_tells_what_a_containers_time_is(end: str, rule: str, start: str, uncertainty: int) -> None:
    derived = shanghai(container("2026-01-15T08:00:00+00:00"), written(end))
    assert (derived.rule, derived.recorded_at, derived.uncertainty_ms) == (rule, start, uncertainty)


def test_a_container_ahead_of_the_docking_holds_local_time() -> None:
    docked = datetime(2026, 1, 15, 2, tzinfo=UTC)
    derived = shanghai(container("2026-01-15T08:00:00+00:00"), docked=docked)
    assert (derived.rule, derived.recorded_at) == ("container-local-before-docking", "2026-01-15T00:00:00.000000Z")


def test_the_end_of_writing_less_the_length() -> None:
    derived = shanghai(written("2026-01-15T08:01:00+00:00"))
    assert (derived.recorded_at, derived.rule, derived.uncertainty_ms) == (
        "2026-01-15T08:00:00.000000Z",
        "file-system-end-less-length",
        2000,
    )


def test_without_a_length_the_start_is_hours_open() -> None:
    derived = shanghai(written("2026-01-15T08:01:00+00:00"), duration_ms=None)
    assert (derived.rule, derived.uncertainty_ms, derived.flags) == ("file-system-end", 4 * 3_600_000, (Flag.LENGTH_UNKNOWN,))


def test_a_name_that_says_only_the_day_comes_last() -> None:
    day = name("2026-01-15T00:00:00", resolution_ms=86_400_000)
    assert shanghai(day, container("2026-01-15T09:30:00", ZoneRule.STATION)).rule == "container-station"
    assert shanghai(day).rule == "name-station"


@pytest.mark.parametrize(
    "unset", ["1904-01-01T00:00:00", "1970-01-01T00:00:10", "1980-01-01T00:00:00", "2000-01-01T01:00:00", "2010-01-01T03:00:00"]
)
def test_a_clock_that_was_never_set_is_flagged_and_passed_over(unset: str) -> None:
    derived = shanghai(name(unset), written("2026-01-15T08:01:00+00:00"))
    assert derived.rule == "file-system-end-less-length"
    assert derived.readings[0].flags == (Flag.NEVER_SET,)


def test_a_clock_ahead_of_the_station_is_flagged_and_passed_over() -> None:
    derived = shanghai(name("2027-01-01T00:00:00"), written("2026-01-15T08:01:00+00:00"))
    assert derived.rule == "file-system-end-less-length"
    assert derived.readings[0].flags == (Flag.AFTER_DOCKING,)
    assert shanghai(name("2026-11-21T18:03:00")).flags == ()


def test_when_nothing_is_believable_the_recorders_word_stands_with_its_doubt() -> None:
    derived = shanghai(name("2010-01-01T08:00:00"))
    assert derived.recorded_at == "2010-01-01T00:00:00.000000Z"
    assert derived.flags == (Flag.NEVER_SET,)
    assert derived.uncertainty_ms == (DOCKED - datetime(2010, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def test_new_year_s_eve_is_no_reset() -> None:
    assert shanghai(name("2026-01-01T00:00:30")).flags == ()


def test_without_any_reading_the_docking_is_all_there_is() -> None:
    derived = shanghai()
    assert (derived.rule, derived.recorded_at, derived.uncertainty_ms) == ("docking", "2026-11-21T10:00:00.000000Z", None)


def test_the_hour_that_comes_twice_is_open_by_an_hour() -> None:
    derived = derive([name("2025-10-26T02:30:00")], zone=BERLIN, docked_at=DOCKED, duration_ms=None)
    assert (derived.recorded_at, derived.uncertainty_ms, derived.flags) == (
        "2025-10-26T00:30:00.000000Z",
        3_601_000,
        (Flag.AMBIGUOUS,),
    )


def test_the_hour_that_never_was() -> None:
    derived = derive([name("2026-03-29T02:30:00")], zone=BERLIN, docked_at=DOCKED, duration_ms=None)
    assert (derived.uncertainty_ms, derived.flags) == (3_601_000, (Flag.NONEXISTENT,))


def test_summer_and_winter() -> None:
    summer, winter = (
        derive([name(day)], zone=BERLIN, docked_at=DOCKED, duration_ms=None).recorded_at
        for day in ("2026-07-01T12:00:00", "2026-01-01T12:00:00")
    )
    assert (summer, winter) == ("2026-07-01T10:00:00.000000Z", "2026-01-01T11:00:00.000000Z")


def test_unknown_zones() -> None:
    for zone in ("Asia/Peking", "../etc/passwd", "", "\0"):
        with pytest.raises(ZoneUnknown):
            station_zone(zone)


def test_times_outside_the_calendar_are_no_readings() -> None:
    assert file_system_reading(10**21) is None
    assert file_system_reading(-(10**21)) is None
    before = file_system_reading(-1)
    assert before is not None
    assert before.value == "1969-12-31T23:59:59.999999Z"
    assert rfc3339(datetime(33, 1, 2, tzinfo=UTC)) == "0033-01-02T00:00:00.000000Z"


texts = (
    st.datetimes().map(datetime.isoformat) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | st.text(max_size=20)
)
readings = st.builds(
    TimeReading,
    source=st.sampled_from(TimeSource),
    value=texts,
    zone=st.sampled_from(ZoneRule),
    resolution_ms=st.integers(min_value=1, max_value=86_400_000),
)


@given(st.lists(readings, max_size=5), st.none() | st.integers(min_value=0, max_value=10**12))
def test_no_reading_breaks_the_derivation(found: list[TimeReading], duration_ms: int | None) -> None:
    derived = derive(found, zone=BERLIN, docked_at=DOCKED, duration_ms=duration_ms)
    assert derived.moment.tzinfo is not None
    assert [reading.value for reading in derived.readings] == [reading.value for reading in found]
    believable = [Flag.NEVER_SET not in derived.flags, Flag.AFTER_DOCKING not in derived.flags]
    assert all(believable) or derived.uncertainty_ms == abs(DOCKED - derived.moment) // timedelta(milliseconds=1)
