"""A station that took films, made once and copied for each test."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from station.client import InProcess
from station.commands import Ingest
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from tests.footage import footage
from tests.station.derived.looking import COUNTED
from tests.station.stations import Station


@dataclass(frozen=True)
class Films:
    """A station and its clips by file name."""

    station: Station
    clips: dict[str, str]

    @property
    def home(self) -> Path:
        return self.station.folder


@pytest.fixture(scope="session")
def filmed_home(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A home with films; nobody writes to it."""
    folder = tmp_path_factory.mktemp("filmed")
    shutil.copytree(made_home, folder / "home")
    card = folder / "card"
    card.mkdir()
    for ending in ("mp4", "ts", "m2ts"):
        (card / f"film.{ending}").write_bytes(footage(ending, seconds=3, picture="nullsrc", filters=COUNTED))
    (card / "broken.mp4").write_bytes(footage(seconds=3, picture="nullsrc", filters=COUNTED)[:3000])
    rooms = Rooms.open(Home(folder / "home"))
    found: Any = InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(card),), "badge 7")).document
    rooms.close()
    return folder / "home", {one["path"]: one["id"] for one in found["clips"]}


@pytest.fixture
def films(filmed_home: tuple[Path, dict[str, str]], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Films:
    shutil.copytree(filmed_home[0], tmp_path / "home")
    return Films(Station(tmp_path / "home", capsysbinary), filmed_home[1])
