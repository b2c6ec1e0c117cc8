"""A window over a real station: a service of its own on loopback, with a small home. Offscreen, where nothing else is asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from evidence.custody.entry import Actor
from evidence.reach import Reach
from gui.app import window_of
from gui.desk.window import Desk
from gui.kept import Kept
from gui.kiosk.window import Kiosk
from gui.link import Link, LinkState, Station
from gui.theme import Theme
from gui.words import Words
from station import pins, signing_in
from station.commands import silent
from station.commands.people import AddPerson, ChangePerson, ResetPin
from station.engine import Engine
from station.founding import make_administrator
from station.home import Home
from station.httpclient import HttpClient
from station.rooms import Rooms
from tests.station.conftest import made_home, stocked_home
from tests.station.service.serving import Hatchery

__all__ = ["made_home", "stocked_home"]

ROOT = Path(__file__).resolve().parents[2]
WAIT_MS = 20_000
ADMINISTRATOR, CLERK, OFFICER = "000001", "020017", "012345"
PIN, CARD = "583917", "0009182736"


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["evidence-station", "-style", "Fusion"]


@pytest.fixture(scope="session")
def window_hatchery() -> Iterator[Hatchery]:
    made = Hatchery()
    yield made
    made.close()


class Served:
    """A station that is served, for whoever acts."""

    def __init__(self, home: Path, hatchery: Hatchery) -> None:
        self.home, self._hatchery = home, hatchery
        self.station = Station(Home(home))

    def begin(self, role: str = "administrator", person: str | None = "operator", reach: Reach | None = None) -> None:
        """Serve; and again after :meth:`end`. ``role``: who acts. ``reach``: as somebody with an account, for whom the rules of his role hold."""
        self.client = self._hatchery.client(self.home, Actor(person, role, reach))

    def end(self) -> None:
        """As a restart does."""
        self._hatchery.stop(self.home)


@pytest.fixture
def served(stocked_home: Path, tmp_path: Path, window_hatchery: Hatchery) -> Iterator[Served]:
    """A station that took the small card."""
    shutil.copytree(stocked_home, tmp_path / "home")
    made = Served(tmp_path / "home", window_hatchery)
    made.begin()
    yield made
    made.end()


@pytest.fixture
def words(qapp: QApplication) -> Iterator[Words]:
    made = Words("en")
    yield made
    made.speak("en")


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("light")


@pytest.fixture
def link(served: Served, qtbot: QtBot) -> Iterator[Link]:
    """The door to it, open."""
    made = Link(served.station)
    made.open()
    qtbot.waitUntil(lambda: made.state is LinkState.CONNECTED, timeout=WAIT_MS)
    yield made
    made.close()


class Shown:
    """A service with accounts, whose board is told by hand what its slots show (``tests/gui/showing.py``)."""

    def __init__(self, home: Path) -> None:
        self.station = Station(Home(home))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.showing", str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        assert json.loads(self._child.stdout.readline())["url"]

    def slot(self, slot: int, **members: object) -> None:
        """A slot shows this from now on."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"slot": slot, **members}) + "\n")
        self._child.stdin.flush()

    def client(self, session: str | None = None) -> HttpClient:
        return HttpClient(self.station.shown, self.station.find(), session=session)

    def end(self) -> None:
        self._child.terminate()
        self._child.communicate(timeout=60)


@pytest.fixture(scope="session")
def shown(stocked_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Station, administrator :data:`ADMINISTRATOR`, clerk :data:`CLERK` and officer :data:`OFFICER` with a card; every state is on its board."""
    folder = tmp_path_factory.mktemp("shown")
    shutil.copytree(stocked_home, folder / "home")
    rooms = Rooms.open(Home(folder / "home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "_MEMORY_KIB", 64)  # the cheapest Argon2id there is
        patch.setattr(pins, "_PASSES", 1)
        make_administrator(rooms, ADMINISTRATOR, PIN)
        session = signing_in.by_pin(rooms, ADMINISTRATOR, PIN).session
        for badge, role in ((CLERK, "clerk"), (OFFICER, "officer")):
            actor = signing_in.acting(rooms, session)
            Engine(rooms).carry_out(AddPerson(badge, role, f"Officer {badge}"), actor, silent)  # type: ignore[arg-type]  # one of the roles
            made: Any = Engine(rooms).carry_out(ResetPin(badge), actor, silent).document
            signing_in.by_pin(rooms, badge, made["pin"], PIN)
        Engine(rooms).carry_out(ChangePerson(OFFICER, card=CARD), signing_in.acting(rooms, session), silent)
    rooms.close()
    made_service = Shown(folder / "home")
    yield made_service
    made_service.end()


@pytest.fixture
def desk(served: Served, words: Words, theme: Theme, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """The desk, open, with whoever acts inside."""
    made = Link(served.station)
    window = window_of(made, words, theme, Kept(tmp_path / "kept.json"), kiosk=False)
    assert isinstance(window, Desk)
    qtbot.addWidget(window)
    made.open()
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: window.screen_now is not None, timeout=WAIT_MS)
    window.activateWindow()  # keys reach the window that is active, and no other
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    yield window
    window.close()
    made.close()


@pytest.fixture
def kiosk(shown: Shown, words: Words, tmp_path: Path, qtbot: QtBot) -> Iterator[Kiosk]:
    """The kiosk, before anybody is signed in."""
    made = Link(shown.station)
    window = window_of(made, words, Theme("dark"), Kept(tmp_path / "kept.json"), kiosk=True)
    assert isinstance(window, Kiosk)
    qtbot.addWidget(window)
    made.open()
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: len(window.tiles.tiles) == 24, timeout=WAIT_MS)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    yield window
    window.close()
    made.close()


@pytest.fixture
def door(shown: Shown, words: Words, theme: Theme, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """The desk of a station with accounts: it asks who is there."""
    made = Link(shown.station)
    window = window_of(made, words, theme, Kept(tmp_path / "kept.json"), kiosk=False)
    assert isinstance(window, Desk)
    qtbot.addWidget(window)
    made.open()
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(window.sign_in.isVisible, timeout=WAIT_MS)
    yield window
    window.close()
    made.close()
