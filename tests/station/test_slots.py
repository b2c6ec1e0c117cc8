"""The slots of a station: learned by plugging in or by name, kept as a setting, each change in the log."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.docks.facts import Arrived, DockEvent, Noticed, Plugged, Removed, UsbStrings
from station.cli.output import Voice
from station.cli.slots import learn_by_plugging
from tests.station.stations import Station

A, B = "pci-0000:00:14.0-usb-0:1.2", "pci-0000:00:14.0-usb-0:1.3"


def test_learned_slots_are_a_setting_whose_every_change_is_in_the_log(station: Station) -> None:
    assert station.json("slots", "list") == {"slots": []}
    assert station.json("slots", "learn", "--port", A, "--slot", "7")["learned"] == {"slot": 7, "port": A}
    assert station.json("slots", "learn", "--port", B)["learned"] == {"slot": 1, "port": B}
    assert station.json("slots", "learn", "--port", A)["learned"]["slot"] == 7, "it is that slot already"
    assert station.json("slots", "list")["slots"] == [{"slot": 1, "port": B}, {"slot": 7, "port": A}]
    station.json("slots", "learn", "--port", A, "--slot", "1")
    assert station.json("slots", "list")["slots"] == [{"slot": 1, "port": A}]
    station.json("slots", "forget", "1")
    assert station.json("slots", "list")["slots"] == []
    changes = [change for one in station.log() if one["type"] == "settings-changed" for change in one["what"]["changes"]]
    assert [one["key"] for one in changes[-4:]] == ["slots"] * 4
    assert (changes[-1]["old"], changes[-1]["new"]) == (f"1={A}", "")
    assert station.json("verify")["problems"] == []


def test_a_map_that_is_none_is_refused_and_nothing_changes(station: Station) -> None:
    assert station("slots", "learn", "--port", "two words", "--json").error["code"] == "slot-unfit"
    assert station("slots", "learn", "--port", A, "--slot", "0", "--json").error["code"] == "slot-unfit"
    assert station("settings", "set", "slots", f"1={A}, 2={A}", "--json").error["code"] == "settings-invalid"
    assert station.json("slots", "list")["slots"] == []


def test_without_a_terminal_a_port_has_to_be_named(station: Station) -> None:
    told = station("slots", "learn")
    assert told.status == 2
    assert b"--port" in told.err


class Plugging:
    """What a person does, one thing at a time."""

    def __init__(self, *events: DockEvent) -> None:
        self._events = list(events)

    def next(self, seconds: float) -> Sequence[DockEvent]:
        if not self._events:
            raise KeyboardInterrupt
        return [self._events.pop(0)]

    def wake(self) -> None:
        raise NotImplementedError

    close = wake


def test_plugging_one_device_into_each_port_learns_them_in_that_order(capsys: pytest.CaptureFixture[str]) -> None:
    there = Plugged("/d/0", "elsewhere", UsbStrings("1", "2"))
    first, second = Plugged("/d/1", A, UsbStrings("1", "2")), Plugged("/d/2", B, UsbStrings("1", "2"))
    events = (Arrived(there, at_start=True), Noticed("/d/1", A), Arrived(first), Arrived(first), Removed("/d/1"), Arrived(second))
    learned: list[tuple[int, str]] = []
    with pytest.raises(KeyboardInterrupt):
        for _ in learn_by_plugging(Plugging(*events), 3, lambda slot, port: learned.append((slot, port)), Voice("en")):
            pass
    assert learned == [(3, A), (4, B)]
    assert [line.split(" (")[0] for line in capsys.readouterr().out.splitlines()] == [
        f"plug a device into slot {slot}" for slot in (3, 4, 5)
    ]
