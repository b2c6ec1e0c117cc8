"""When cameras and the vault are full, and whether the line catches up: from what was measured, and no more."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.forecast import Docked, Line, Outlook, StationForecast, of_devices, of_station
from tests.station.stations import Station

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GB = 10**9


def docked(days_ago: float, new: int, free: int | None = 60 * GB, device: str = "cam-1") -> Docked:
    return Docked(device, NOON - days_ago * DAY, new, None if free is None else 64 * GB, free)


def station(dockings: list[Docked], received: int = 0, *, waiting: int = 0, evicts: bool = True) -> StationForecast:
    taken = [(NOON - DAY, received)] if received else []
    return of_station(dockings, taken, waiting=waiting, free=100 * GB, evicts=evicts, now=NOON)


def test_a_camera_is_full_when_what_it_records_between_dockings_has_filled_it() -> None:
    (found,) = of_devices([docked(0, 4 * GB, 52 * GB), docked(2, 4 * GB), docked(4, 9 * GB)])
    assert (found.dockings, found.bytes_a_day, found.free_bytes) == (3, 2 * GB, 52 * GB)
    assert (found.outlook, found.full_at) == (Outlook.FULL, NOON + 26 * DAY)


@pytest.mark.parametrize(
    ("dockings", "outlook"),
    [
        ([docked(0, GB)], Outlook.UNKNOWN),
        ([docked(0, GB), docked(0.01, GB)], Outlook.UNKNOWN),
        ([docked(0, GB, None), docked(5, GB, None)], Outlook.UNKNOWN),
        ([docked(0, 0), docked(5, GB)], Outlook.NEVER_FULL),
        ([docked(0, 1), docked(5, GB)], Outlook.NEVER_FULL),
    ],
    ids=["once", "too close", "no space told", "nothing new", "in a thousand years"],
)
def test_what_is_not_known_is_not_guessed(dockings: list[Docked], outlook: Outlook) -> None:
    (found,) = of_devices(dockings)
    assert (found.outlook, found.full_at) == (outlook, None)


def test_each_camera_has_a_forecast_of_its_own() -> None:
    found = of_devices([docked(0, GB, device="b"), docked(1, GB, device="a"), docked(3, GB, device="b")])
    assert [(one.device, one.dockings) for one in found] == [("a", 1), ("b", 2)]


def test_the_disk_fills_by_what_comes_in_less_what_the_line_takes_away() -> None:
    week = [docked(5, 50 * GB)]
    with_line = station(week, 25 * GB)
    assert (with_line.intake_a_day, with_line.line_a_day) == (10 * GB, 5 * GB)
    assert with_line.full_at == NOON + 20 * DAY
    assert station(week, 25 * GB, evicts=False).full_at == NOON + 10 * DAY, "a copy that stays takes its room, sent or not"
    assert station(week, 50 * GB).outlook is Outlook.NEVER_FULL


@pytest.mark.parametrize(
    ("received", "waiting", "line", "days"),
    [
        (50 * GB, 0, Line.CAUGHT_UP, None),
        (75 * GB, 10 * GB, Line.CATCHING_UP, 2),
        (50 * GB, 1, Line.NEVER, None),
        (0, 1, Line.NEVER, None),
    ],
)
def test_it_says_plainly_when_the_line_can_never_catch_up(received: int, waiting: int, line: Line, days: int | None) -> None:
    found = station([docked(5, 50 * GB)], received, waiting=waiting)
    assert found.line is line
    assert found.caught_up_at == (None if days is None else NOON + days * DAY)


def test_nothing_is_told_of_a_station_that_has_just_begun() -> None:
    for dockings in ([], [docked(0.01, GB)]):
        assert station(dockings, waiting=1).line is Line.UNKNOWN
        assert station(dockings).outlook is Outlook.UNKNOWN


def test_the_command_tells_it_of_what_was_docked(stocked: Station, tmp_path: Path) -> None:
    found = stocked.json("forecast")
    (device,) = found["devices"]
    facts = os.statvfs(tmp_path)
    assert (device["dockings"], device["outlook"], device["bytes_a_day"]) == (1, "unknown", None)
    assert device["total_bytes"] == facts.f_blocks * facts.f_frsize
    assert found["station"]["waiting_bytes"] > 0
    assert found["station"]["line"] == "unknown"
    assert "–" in stocked("forecast").out.decode()
