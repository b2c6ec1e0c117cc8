"""A station that was made once and is copied for each test: a home is one folder that can be moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from station.home import Home
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


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A small card: two files that are equal, one that is empty."""
    folder = tmp_path / "card"
    (folder / "DCIM").mkdir(parents=True)
    (folder / "DCIM" / "a.mp4").write_bytes(b"footage")
    (folder / "DCIM" / "b.mp4").write_bytes(b"footage")
    (folder / "empty.txt").write_bytes(b"")
    return folder
