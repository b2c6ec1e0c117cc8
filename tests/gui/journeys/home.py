"""A station for journeys: people with badge and PIN, a registered recorder, and slots; and what the station says afterwards, asked without the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from evidence.custody.entry import Actor
from evidence.facts import SourceKind
from station import pins, signing_in
from station.commands import Command, silent
from station.commands.devices import AddDevice
from station.commands.people import AddPerson, ResetPin
from station.engine import Engine
from station.founding import make_administrator
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.gui.journeys.screen import PATIENCE, ROOT
from tests.station.stations import run

ADMINISTRATOR, OFFICER, CLERK = "000001", "012345", "020017"
PIN = "583917"
SERIAL = "DSJ0042"
PORTS = {1: "p1", 2: "p2", 3: "p3", 4: "p4"}


def unmanned(folder: Path) -> Path:
    """A home in which nobody has an account yet."""
    home = folder / "home"
    init(Home(home), "s1", "unit-1")
    slots = ", ".join(f"{number}={port}" for number, port in PORTS.items())
    assert run("--home", home, "settings", "set", "slots", slots).status == 0
    return home


def made(folder: Path) -> Path:
    """A home with everybody in it, and the officer's recorder."""
    home = unmanned(folder)
    rooms = Rooms.open(Home(home))
    try:
        with patch.object(pins, "_MEMORY_KIB", 64), patch.object(pins, "_PASSES", 1):  # the cheapest Argon2id there is
            make_administrator(rooms, ADMINISTRATOR, PIN)
            session = signing_in.by_pin(rooms, ADMINISTRATOR, PIN).session
            engine, who = Engine(rooms), signing_in.acting(rooms, session)
            for badge, role in ((OFFICER, "officer"), (CLERK, "clerk")):
                engine.carry_out(AddPerson(badge, role, f"Badge {badge}"), who, silent)  # type: ignore[arg-type]  # one of the roles
                given: Any = engine.carry_out(ResetPin(badge), who, silent).document
                signing_in.by_pin(rooms, badge, given["pin"], PIN)
            engine.carry_out(AddDevice(f"dsj:{SERIAL}", SourceKind.BODY_CAMERA, serial=SERIAL, assigned_to=OFFICER), who, silent)
    finally:
        rooms.close()
    return home


def card(folder: Path, *numbers: str) -> Path:
    """What the recorder has on it: recordings of the officer's, named as such recorders name them."""
    for number in numbers:
        file = folder / "DCIM" / f"{SERIAL}_{OFFICER}_202601150800{number[2:]}_{number}.MP4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(number.encode())  # no film: a probe is done at once
    return folder


class Serving:
    """A station at work. Into its ports is plugged by :meth:`plugs`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.journeys.docking", str(home)],
            cwd=ROOT,
            env={**os.environ, "EVIDENCE_STATION_LANGUAGE": "en"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        assert json.loads(self._child.stdout.readline())["url"]

    def plugs(self, slot: int, folder: Path) -> None:
        """A recorder goes into a dock."""
        self._tell({"plug": str(folder), "port": PORTS[slot], "serial": SERIAL})

    def pulls(self, slot: int) -> None:
        """And is taken out."""
        self._tell({"pull": PORTS[slot]})

    def _tell(self, line: dict[str, object]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(line) + "\n")
        self._child.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether the service runs."""
        return self._child.poll() is None

    def ends(self) -> None:
        """The station is shut down in order."""
        self._child.terminate()
        self._child.communicate(timeout=PATIENCE)


@contextmanager
def serving(home: Path) -> Iterator[Serving]:
    """A station at work in a home."""
    station = Serving(home)
    try:
        yield station
    finally:
        station.ends()


def asked(home: Path, command: Command) -> Any:  # noqa: ANN401 - a command's document
    """What the station answers to whoever may everything, when no service has the home and no window is open."""
    rooms = Rooms.open(Home(home))
    try:
        return Engine(rooms).carry_out(command, Actor("operator", "administrator"), silent).document
    finally:
        rooms.close()
