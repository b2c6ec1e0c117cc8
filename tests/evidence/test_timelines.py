"""When a clip can have begun, given its recorder's clock; and whether it certainly, perhaps or never shares a moment with an incident."""

from __future__ import annotations

import pytest

from evidence.timelines import Offset, Overlap, Span, offset, overlap, span

DAY = "2026-11-21T"
OPENED = f"{DAY}20:00:00.000000Z"


def at(clock: str) -> str:
    return f"{DAY}{clock}.000000Z"


def test_measurements_narrow_each_other() -> None:
    asked = {"basis": "recorder", "at_least_ms": 1000, "at_most_ms": 1400}
    card = {"basis": "content", "at_least_ms": -90_000, "at_most_ms": None}
    assert offset([card, asked]) == Offset(1000, 1400)
    assert offset([card]) == Offset(-90_000, None)
    assert offset([]) == Offset(None, None)


def test_measurements_that_exclude_each_other_all_count_and_are_said_to_disagree() -> None:
    assert offset([{"at_least_ms": 1000, "at_most_ms": 1400}, {"at_least_ms": 5000, "at_most_ms": 6000}]) == Offset(
        1000, 6000, True
    )


def test_a_clock_that_is_ahead_began_earlier_than_it_says() -> None:
    ahead = Offset(60_000, 90_000)
    assert span(at("10:00:00"), 60_000, 0, ahead, OPENED) == Span(at("09:58:30"), at("09:59:00"))
    assert span(at("10:00:00"), 60_000, 2000, ahead, OPENED) == Span(at("09:58:28"), at("09:59:02"))


def test_a_clock_that_is_behind_began_later() -> None:
    assert span(at("10:00:00"), None, 0, Offset(-30_000, -10_000), OPENED) == Span(at("10:00:10"), at("10:00:30"))


@pytest.mark.parametrize(
    ("recorded", "uncertainty", "clock", "expected"),
    [
        (None, None, Offset(0, 0), Span(None, at("19:59:00"))),
        ("10:00:00", None, Offset(0, 0), Span(None, at("19:59:00"))),
        ("10:00:00", 0, Offset(None, None), Span(None, at("19:59:00"))),
        ("10:00:00", 0, Offset(-5000, None), Span(None, at("10:00:05"))),
        ("10:00:00", 0, Offset(None, 5000), Span(at("09:59:55"), at("19:59:00"))),
        ("23:00:00", 0, Offset(0, 0), Span(None, at("19:59:00"))),
    ],
    ids=["no-time", "no-uncertainty", "no-measurement", "below-only", "above-only", "after-its-docking"],
)
def test_what_nothing_bounds_stays_open_and_it_had_ended_when_it_was_docked(
    recorded: str | None, uncertainty: int | None, clock: Offset, expected: Span
) -> None:
    assert span(None if recorded is None else at(recorded), 60_000, uncertainty, clock, OPENED) == expected


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        (("09:50:00", "09:52:00"), Overlap.NONE),
        (("09:58:30", "09:58:59"), Overlap.NONE),
        (("09:58:30", "09:59:00"), Overlap.POSSIBLE),
        (("09:59:00", "10:05:00"), Overlap.CERTAIN),
        (("10:29:00", "10:30:00"), Overlap.CERTAIN),
        (("10:29:00", "10:30:01"), Overlap.POSSIBLE),
        (("10:30:01", "10:31:00"), Overlap.NONE),
        ((None, "10:05:00"), Overlap.POSSIBLE),
        ((None, "09:58:00"), Overlap.NONE),
        (("10:05:00", None), Overlap.POSSIBLE),
        (("10:31:00", None), Overlap.NONE),
        ((None, None), Overlap.POSSIBLE),
    ],
)
def test_certainly_perhaps_or_not(begins: tuple[str | None, str | None], expected: Overlap) -> None:
    low, high = (None if one is None else at(one) for one in begins)
    assert overlap(Span(low, high), 60_000, at("10:00:00"), at("10:30:00")) is expected


def test_an_incident_without_an_end_may_go_on() -> None:
    later = Span(at("12:00:00"), at("12:00:00"))
    assert overlap(later, 60_000, at("10:00:00"), None) is Overlap.POSSIBLE
    assert overlap(Span(at("09:59:30"), at("09:59:30")), 60_000, at("10:00:00"), None) is Overlap.CERTAIN
    assert overlap(Span(at("09:00:00"), at("09:00:00")), 60_000, at("10:00:00"), None) is Overlap.NONE
