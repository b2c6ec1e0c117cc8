"""The alarm inbox: what the figures give cause for, and what nobody acknowledged."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from station.board import Board, SlotState, SlotView
from station.rooms import Rooms
from station.service.attending import Supervising
from tests.station.stations import Station

HOUR = 3600


@pytest.fixture
def late(station: Station, tmp_path: Path) -> Station:
    """A camera was docked after two days."""
    (tmp_path / "card").mkdir()
    file = tmp_path / "card" / "a.mp4"
    file.write_bytes(b"footage")
    os.utime(file, (time.time() - 48 * HOUR,) * 2)
    station.json("ingest", tmp_path / "card", "--officer", "004217", "--device", "cam:1", "--source", "body-camera")
    return station


@pytest.fixture
def later(late: Station, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The station's clock runs ahead by so many seconds."""
    ahead = [0.0]
    from station import clock

    now = clock.now

    def then() -> object:
        real = now()
        return replace(real, unix_ns=real.unix_ns + int(ahead[0] * 1e9), mono_ns=real.mono_ns + int(ahead[0] * 1e9))

    monkeypatch.setattr(clock, "now", then)
    return ahead


def test_nothing_is_raised_before_somebody_wants_it(late: Station) -> None:
    assert late.json("alarms", "check") == {"raised": 0, "escalated": 0}


def test_a_late_docking_is_an_alarm_once_also_after_it_was_acknowledged(late: Station) -> None:
    late.json("settings", "set", "supervision_alarms", "docking-late device-overdue")
    assert late.json("alarms", "check")["raised"] == 1
    (alarm,) = late.json("alarms")["alarms"]
    assert (alarm["kind"], alarm["fields"]["device"], alarm["fields"]["officer"]) == ("docking-late", "cam:1", "004217")
    assert late.json("alarms", "check")["raised"] == 0
    late.json("alarms", "acknowledge", alarm["id"])
    assert late.json("alarms", "check")["raised"] == 0
    assert late("alarms").out.decode().count("docked late") == 1
    assert late.json("verify")["problems"] == []


def test_what_nobody_acknowledges_goes_to_the_next_and_to_each_once(late: Station, later: list[float]) -> None:
    late.json("settings", "set", "supervision_alarms", "docking-late")
    late.json("settings", "set", "alarm_escalation", "administrator=120 supervisor=30")
    assert late.json("alarms", "check")["escalated"] == 0
    later[0] = 31 * 60
    assert late.json("alarms", "check")["escalated"] == 1
    assert late.json("alarms", "check")["escalated"] == 0
    later[0] = 121 * 60
    assert late.json("alarms", "check")["escalated"] == 1
    told = late.json("alarms", "escalations")["escalations"]
    assert [(one["to"], one["after_minutes"]) for one in told] == [("administrator", 120), ("supervisor", 30)]
    late.json("alarms", "acknowledge", told[0]["alarm"])
    assert late.json("alarms", "escalations", "--open")["escalations"] == []
    assert late.json("verify")["problems"] == []


def test_who_acknowledges_in_time_is_told_to_nobody(late: Station, later: list[float]) -> None:
    late.json("settings", "set", "supervision_alarms", "docking-late")
    late.json("settings", "set", "alarm_escalation", "supervisor=30")
    late.json("alarms", "check")
    late.json("alarms", "acknowledge", late.json("alarms")["alarms"][0]["id"])
    later[0] = HOUR
    assert late.json("alarms", "check")["escalated"] == 0


@pytest.mark.parametrize("text", ["supervisor", "nobody=5", "supervisor=0", "supervisor=5 supervisor=6"])
def test_to_whom_an_alarm_goes_has_to_be_said_rightly(station: Station, text: str) -> None:
    assert station.json("settings", "set", "alarm_escalation", text, status=2)["code"] == "settings-invalid"
    assert station.json("settings", "set", "supervision_alarms", text, status=2)["code"] == "settings-invalid"


def test_a_slot_in_error_is_noted_when_it_fails_and_when_it_works_again(station: Station) -> None:
    board, rooms = Board(4), station.rooms()
    try:
        noted = noted_slots(board, rooms, station)
    finally:
        rooms.close()
    assert noted == [("slot-failed", 3), ("slot-recovered", 3)]


def noted_slots(board: Board, rooms: Rooms, station: Station) -> list[tuple[str, int]]:
    duty, stop = Supervising(rooms, board), threading.Event()
    board.show(SlotView(2, SlotState.ERROR, reason="pulled-early"))
    for state in (SlotState.ERROR, SlotState.ERROR, SlotState.WAITING, SlotState.COPYING):
        board.show(SlotView(3, state, reason="card-unreadable" if state is SlotState.ERROR else None))
        duty.turn(stop)
    return [(one["what"]["did"], one["what"]["slot"]) for one in station.log() if one["type"] == "noted"]
