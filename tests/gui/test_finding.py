"""Finding the station: the service that runs, one of the window's own, and one that does not begin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evidence.errors import Exit, Fault
from gui.link import Station
from station import holding
from station.home import Home
from station.httpclient import HttpClient
from tests.gui.windows import Served


def test_a_service_that_runs_is_used(served: Served) -> None:
    station = Station(Home(served.home))
    station.begin("--without-docks")
    assert not station.own
    assert HttpClient(station.shown, station.find()).get("/v1/status")["station"] == "s1"


def test_without_one_the_window_has_its_own_and_ends_it(stocked_home: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked_home, tmp_path / "home")
    station = Station(Home(tmp_path / "home"))
    station.begin("--without-docks")
    assert station.own
    assert HttpClient(station.shown, station.find()).get("/v1/status")["station"] == "s1"
    station.end()
    with holding.shared(Home(tmp_path / "home")) as held:
        assert held, "nobody has the home any more"


def test_a_service_that_does_not_begin_says_why(stocked_home: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked_home, tmp_path / "home")
    (tmp_path / "home" / "keys" / "log.key.pem").unlink()
    station = Station(Home(tmp_path / "home"))
    with pytest.raises(Fault) as caught:
        station.begin("--without-docks")
    assert caught.value.code not in {"internal", "service-unreachable"}
    assert caught.value.status is not Exit.OK
    assert not station.own
