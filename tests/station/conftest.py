"""A station that was made once and is copied for each test: a home is one folder that can be moved."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from station.client import InProcess
from station.commands import Ingest
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.station.stations import Station


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh home; nobody writes to it."""
    folder = tmp_path_factory.mktemp("made") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EVIDENCE_STATION_LANGUAGE", raising=False)
        init(Home(folder), "s1", "unit-1")
    return folder


@pytest.fixture
def station(made_home: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Station:
    """A station of this test's own."""
    shutil.copytree(made_home, tmp_path / "home")
    return Station(tmp_path / "home", capsysbinary)


@pytest.fixture(scope="session")
def stocked_home(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that took the small card; nobody writes to it."""
    folder = tmp_path_factory.mktemp("stocked")
    shutil.copytree(made_home, folder / "home")
    rooms = Rooms.open(Home(folder / "home"))
    InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(make_card(folder / "card")),), "badge 7"))
    rooms.close()
    return folder / "home"


@pytest.fixture
def stocked(stocked_home: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Station:
    """A station of this test's own that took the small card, recorded by badge 7."""
    shutil.copytree(stocked_home, tmp_path / "home")
    return Station(tmp_path / "home", capsysbinary)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A small card."""
    return make_card(tmp_path / "card")


def make_card(folder: Path) -> Path:
    """Two files that are equal, one that is empty."""
    (folder / "DCIM").mkdir(parents=True)
    (folder / "DCIM" / "a.mp4").write_bytes(b"footage")
    (folder / "DCIM" / "b.mp4").write_bytes(b"footage")
    (folder / "empty.txt").write_bytes(b"")
    return folder
