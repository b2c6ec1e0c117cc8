"""Late or not: the rule, the camera's clock as an interval, and what the station caused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evidence.catalogue.supervision import Boot, Marked
from station.figures.delays import UNKNOWN, Bounds, bounds_of, gravest, judged
from station.figures.facts import Reason, Verdict
from station.figures.outages import Outage, outages, within

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DOCKED = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = 24 * HOUR


def delay(
    hours: float, bounds: Bounds = UNKNOWN, duty: float | None = None, out: tuple[Outage, ...] = ()
) -> tuple[Verdict, Reason | None]:
    duty_ended = None if duty is None else DOCKED - duty * HOUR
    found = judged(DOCKED - hours * HOUR, duty_ended, DOCKED, bounds, DAY, out, MINUTE)
    return found.verdict, found.reason


def test_a_day_is_in_time_and_more_is_late_and_the_minute_of_doubt_is_neither() -> None:
    assert delay(23.9) == (Verdict.FINE, None)
    assert delay(24.1) == (Verdict.FLAGGED, None)
    assert delay(24.0) == (Verdict.UNSURE, Reason.CLOCK_UNKNOWN)


def test_a_roster_decides_where_there_is_one() -> None:
    assert delay(30, duty=20) == (Verdict.FINE, None)
    assert delay(30, duty=25) == (Verdict.FLAGGED, None)


def test_a_clock_that_was_measured_is_corrected_and_one_bounded_on_one_side_decides_only_there() -> None:
    ahead = Bounds(3 * HOUR, 3 * HOUR)
    assert delay(22, ahead) == (Verdict.FLAGGED, None)  # it ended 25 hours before
    behind = Bounds(-3 * HOUR, -3 * HOUR)
    assert delay(26, behind) == (Verdict.FINE, None)
    at_least = Bounds(3 * HOUR, None)
    assert delay(22, at_least) == (Verdict.FLAGGED, None)
    assert delay(10, at_least) == (Verdict.UNSURE, Reason.CLOCK_UNKNOWN)


def test_what_was_recorded_after_it_was_docked_or_at_no_time_is_undecided() -> None:
    assert delay(-5) == (Verdict.UNSURE, Reason.CLOCK_UNKNOWN)
    assert judged(None, None, DOCKED, UNKNOWN, DAY, (), MINUTE).reason is Reason.NO_TIME


def test_time_in_which_the_station_was_off_does_not_count_against_anybody() -> None:
    off = Outage(Reason.STATION_OFF, DOCKED - 10 * HOUR, DOCKED - 4 * HOUR)
    assert delay(28, out=(off,)) == (Verdict.EXCLUDED, Reason.STATION_OFF)
    assert delay(31, out=(off,)) == (Verdict.FLAGGED, None)
    before = Outage(Reason.STATION_OFF, DOCKED - 90 * HOUR, DOCKED - 50 * HOUR)
    assert delay(28, out=(before,)) == (Verdict.FLAGGED, None)


def test_moments_at_which_two_things_were_wrong_count_once_and_the_longer_one_is_named() -> None:
    found = [
        Outage(Reason.STATION_OFF, DOCKED - 10 * HOUR, DOCKED - 8 * HOUR),
        Outage(Reason.DISK_FULL, DOCKED - 9 * HOUR, DOCKED - 5 * HOUR),
        Outage(Reason.SLOT_ERROR, DOCKED - 8.5 * HOUR, DOCKED - 8.4 * HOUR),
    ]
    assert within(found, DOCKED - DAY, DOCKED) == (5 * HOUR, Reason.DISK_FULL)
    assert within(found, DOCKED - 9.5 * HOUR, DOCKED - 9.25 * HOUR) == (0.25 * HOUR, Reason.STATION_OFF)
    assert within(found, DOCKED, DOCKED + DAY) == (timedelta(), None)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_outages_are_read_from_starts_refusals_and_notes_about_slots() -> None:
    boot = Boot(text(DOCKED - 9 * HOUR), text(DOCKED - 8 * HOUR))
    station = [
        Marked(text(DOCKED - 7 * HOUR), "station", {"reason": "space", "needed_bytes": 5}),
        Marked(text(DOCKED - 6 * HOUR), "station", {"reason": "device-quarantined", "device": "dsj:7"}),
        Marked(text(DOCKED - 5 * HOUR), "station", {"did": "slot-failed", "slot": 3}),
        Marked(text(DOCKED - 4.5 * HOUR), "station", {"did": "slot-failed", "slot": 4}),
        Marked(text(DOCKED - 4 * HOUR), "station", {"did": "slot-recovered", "slot": 3}),
    ]
    found = outages([boot], station, [DOCKED - 6.5 * HOUR, DOCKED - 2 * HOUR], DOCKED)
    assert found == [
        Outage(Reason.STATION_OFF, DOCKED - 9 * HOUR, DOCKED - 8 * HOUR),
        Outage(Reason.DISK_FULL, DOCKED - 7 * HOUR, DOCKED - 6.5 * HOUR),
        Outage(Reason.SLOT_ERROR, DOCKED - 5 * HOUR, DOCKED - 4 * HOUR),
        Outage(Reason.SLOT_ERROR, DOCKED - 4.5 * HOUR, DOCKED - 2 * HOUR),
    ]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ([], UNKNOWN),
        ([{"basis": "content", "at_least_ms": -9_000_000, "at_most_ms": None}], UNKNOWN),
        ([{"basis": "content", "at_least_ms": 60_000, "at_most_ms": None}], Bounds(MINUTE, None)),
        ([{"basis": "recorder", "at_least_ms": -60_000, "at_most_ms": 0}], Bounds(-MINUTE, timedelta())),
    ],
)
def test_the_newest_file_of_a_card_bounds_a_clock_only_where_it_is_newer_than_now(clock: list[object], expected: Bounds) -> None:
    assert bounds_of({"clock": clock}) == expected


def test_a_docking_counts_as_the_gravest_of_its_clips() -> None:
    late, later, fine = (judged(DOCKED - hours * HOUR, None, DOCKED, UNKNOWN, DAY, (), MINUTE) for hours in (30, 40, 1))
    assert gravest([fine, late, later]) == later
    assert gravest([]) is None
