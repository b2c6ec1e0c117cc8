"""A window over a real station: a service of its own on loopback, with a small home. Offscreen, where nothing else is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from evidence.custody.entry import Actor
from gui.app import window_of
from gui.desk.window import Desk
from gui.kept import Kept
from gui.link import Link, LinkState, Station
from gui.theme import Theme
from gui.words import Words
from station.home import Home
from tests.station.conftest import made_home, stocked_home
from tests.station.service.serving import Hatchery

__all__ = ["made_home", "stocked_home"]

WAIT_MS = 20_000


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

    def begin(self, role: str = "administrator", person: str | None = "operator") -> None:
        """Serve; and again after :meth:`end`. ``role``: who acts."""
        self.client = self._hatchery.client(self.home, Actor(person, role))

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


Opened = Callable[..., QMainWindow]


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
    yield window
    window.close()
    made.close()
