"""The station's clock: what the kernel says of it stands in every entry, and a clock that was set is an entry."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.custody.entry import ClockState
from station import clock
from tests.station.stations import ROOT, Station

SHIFTED = """
import sys
from dataclasses import replace
from station import clock

genuine = clock.now
clock.now = lambda: replace(at := genuine(), unix_ns=at.unix_ns + int(sys.argv[1]) * 10**9)
from station.cli import main

main(sys.argv[2:])
"""


class Kernel:
    """An ``adjtimex`` that answers what a test says, and sees what it was asked."""

    def __init__(self, answer: int) -> None:
        self.answer = answer
        self.modes: list[int] = []

    def adjtimex(self, buffer: ctypes.Array[ctypes.c_char]) -> int:
        self.modes.append(int.from_bytes(buffer.raw[:4], sys.byteorder))
        return self.answer


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (0, ClockState.SYNCHRONISED),  # TIME_OK
        (1, ClockState.SYNCHRONISED),  # TIME_INS: a leap second is announced
        (4, ClockState.SYNCHRONISED),  # TIME_WAIT
        (5, ClockState.UNSYNCHRONISED),  # TIME_ERROR
        (-1, ClockState.UNKNOWN),
    ],
)
def test_the_state_is_what_the_kernel_says_and_nothing_is_set(
    monkeypatch: pytest.MonkeyPatch, answer: int, state: ClockState
) -> None:
    kernel = Kernel(answer)
    monkeypatch.setattr(clock, "_libc", lambda: kernel)
    assert clock.now().clock is state
    assert kernel.modes == [0]  # only reads


def test_the_real_kernel_answers() -> None:
    first, second = clock.now(), clock.now()
    assert first.clock in set(ClockState)
    assert first.mono_ns < second.mono_ns
    assert first.boot == second.boot == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@pytest.mark.parametrize(("answer", "state"), [(0, "synchronised"), (5, "unsynchronised"), (-1, "unknown")])
def test_every_entry_and_status_carry_the_state(
    station: Station, card: Path, monkeypatch: pytest.MonkeyPatch, answer: int, state: str
) -> None:
    before = len(station.log())
    monkeypatch.setattr(clock, "_libc", lambda: Kernel(answer))
    station.json("ingest", card)
    added = station.log()[before:]
    assert len(added) > 5
    assert {entry["when"]["clock"] for entry in added} == {state}
    assert station.json("status")["clock"]["state"] == state


def run_shifted(station: Station, seconds: int, *arguments: object) -> None:
    command = [sys.executable, "-c", SHIFTED, str(seconds), "--home", str(station.folder), *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_was_set_between_two_runs_is_an_entry_and_is_shown(station: Station, card: Path, seconds: int) -> None:
    """A second real process, whose wall clock is another while the machine went on: forwards or back, it is written down first."""
    station.json("ingest", card)
    before = len(station.log())
    (card / "new.mp4").write_bytes(b"after the clock was set")
    run_shifted(station, seconds, "ingest", card)
    added = station.log()[before:]
    assert added[0]["type"] == "clock-changed"
    assert abs(added[0]["what"]["by_ms"] - seconds * 1000) < 1000
    assert added[0]["what"]["to"] == added[0]["when"]["utc"]
    assert [entry["type"] for entry in added].count("clock-changed") == 1
    shown = station.json("status")["clock"]
    assert (shown["set_at"], shown["set_by_ms"]) == (added[0]["when"]["utc"], added[0]["what"]["by_ms"])
    assert "clock was set by" in station("status").out.decode()
    station.json("settings", "set", "probe_seconds", "7")  # and back again, by a process with the right clock
    back = [entry for entry in station.log() if entry["type"] == "clock-changed"]
    assert abs(back[1]["what"]["by_ms"] + seconds * 1000) < 1000
    assert station.json("verify")["problems"] == []


def test_a_clock_that_only_runs_is_no_entry(station: Station, card: Path) -> None:
    station.json("ingest", card)
    run_shifted(station, 1, "settings", "set", "probe_seconds", "7")  # within what slewing may do
    assert "clock-changed" not in {entry["type"] for entry in station.log()}
    shown = station.json("status")["clock"]
    assert (shown["set_at"], shown["set_by_ms"]) == (None, None)
