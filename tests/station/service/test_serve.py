"""``serve`` as a program: its lock, its start, its end in good order and without."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence.errors import Fault
from ingest.errors import DockingStopped
from station import holding, httpclient
from station.api.server import ServeFailed, bound
from station.commands import Answer, Command, Ingest
from station.home import Home
from tests.servers.badcard import BadFile, MountedCard, mounted
from tests.station.service.conftest import Served
from tests.station.service.serving import Serving
from tests.station.stations import Station, run

MIB = 1 << 20
HELD = {"DCIM/long.mp4": BadFile(12 * MIB, hold_at=8 * MIB), "DCIM/short.mp4": BadFile(1000, seed=2)}


class Asking:
    """A command through the service on a thread of its own."""

    def __init__(self, home: Path, command: Command) -> None:
        found = httpclient.address(Home(home))
        assert found is not None
        self._client, self._command = httpclient.HttpClient(Home(home), found), command
        self.answer: Answer | None = None
        self.fault: Fault | None = None
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        try:
            self.answer = self._client.call(self._command)
        except Fault as fault:
            self.fault = fault

    def end(self) -> Asking:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self


def in_the_middle(station: Station, card: MountedCard, serving: Serving) -> Asking:
    """An ingest through the service, stopped in the middle of the long file."""
    serving.ready()
    asking = Asking(station.folder, Ingest((os.fsencode(card.path),)))
    card.wait_held()
    return asking


def open_dockings(station: Station) -> list[str]:
    return [str(one) for one in station.json("status")["open_dockings"]]


def finished(station: Station, card: MountedCard, docking: str, served: Served) -> None:
    """The next ingest through a service finishes that very docking, and all of it is proved."""
    served(station.folder)
    taken = station.json("ingest", card.path)
    assert taken["docking"] == docking
    assert sorted(clip["size"] for clip in taken["clips"]) == [1000, 12 * MIB]
    assert open_dockings(station) == []
    assert station.json("verify")["ok"]


def test_sigkill_in_the_middle_of_an_ingest_loses_nothing(station: Station, served: Served, tmp_path: Path) -> None:
    with mounted(HELD, tmp_path / "card") as card:
        serving = Serving(station.folder)
        asking = in_the_middle(station, card, serving)
        (docking,) = open_dockings(station)
        serving.kill()
        assert isinstance(asking.end().fault, httpclient.ServiceUnreachable)
        card.go()
        assert open_dockings(station) == [docking]
        finished(station, card, docking, served)


def test_sigterm_ends_in_bounded_time_though_a_card_does_not_answer(
    station: Station, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_DRAIN_SECONDS", "2")
    with mounted(HELD, tmp_path / "card") as card:
        serving = Serving(station.folder)
        asking = in_the_middle(station, card, serving)
        (docking,) = open_dockings(station)
        begun = time.monotonic()
        status, said, _ = serving.stop()
        assert time.monotonic() - begun < 20
        assert status == 0
        assert "what was acknowledged is safe" in said
        assert asking.end().fault is not None
        card.go()
        finished(station, card, docking, served)


def test_sigterm_lets_a_command_end_that_ends_soon(station: Station, tmp_path: Path) -> None:
    with mounted(HELD, tmp_path / "card") as card:
        serving = Serving(station.folder)
        asking = in_the_middle(station, card, serving)
        serving.process.terminate()
        card.go()
        answer = asking.end().answer
        assert answer is not None
        clips: Any = answer.document["clips"]
        assert len(clips) == 2
        status, said, _ = serving.ended()
        assert (status, "has come to rest" in said) == (0, True)
    assert not (station.folder / "run" / "service.json").exists()
    assert not (station.folder / "run" / "token").exists()


def test_a_copy_is_brought_to_rest_before_the_time_is_over(
    station: Station, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card answers again after copying was told to stop: the command says so, and the docking stays open."""
    monkeypatch.setenv("EVIDENCE_STATION_DRAIN_SECONDS", "8")
    with mounted(HELD, tmp_path / "card") as card:
        serving = Serving(station.folder)
        asking = in_the_middle(station, card, serving)
        (docking,) = open_dockings(station)
        serving.process.terminate()
        threading.Timer(5.5, card.go).start()  # half of the time is over after four
        fault = asking.end().fault
        assert isinstance(fault, DockingStopped)
        status, said, _ = serving.ended()
        assert (status, "has come to rest" in said) == (0, True)
        finished(station, card, docking, served)


def test_a_second_service_says_who_has_the_home(station: Station) -> None:
    serving = Serving(station.folder)
    serving.ready()
    status, _, said = Serving(station.folder).ended()
    assert status == 5
    assert f"process {serving.process.pid}" in said
    assert "station.cli" in said, "and what it is"
    assert serving.stop()[0] == 0


def test_a_start_waits_for_a_command_that_is_under_way(station: Station) -> None:
    with holding.shared(Home(station.folder)) as held:
        assert held
        serving = Serving(station.folder)
        # It opens the lock file before it waits: a name in /proc says that it has come so far.
        opened = Path(f"/proc/{serving.process.pid}/fd")
        lock = station.folder / "run" / "service.lock"
        until(lambda: any(os.path.realpath(one) == str(lock) for one in list(opened.iterdir())))
        assert not (station.folder / "run" / "service.json").exists()
    serving.ready()
    assert serving.stop()[0] == 0


def test_a_start_that_has_waited_long_enough_names_the_command(station: Station) -> None:
    with holding.shared(Home(station.folder)), pytest.raises(holding.HomeHeld) as caught, holding.alone(Home(station.folder), 0):
        pass
    assert caught.value.fields["pid"] == os.getpid()
    assert "python" in str(caught.value.fields["program"]) or "pytest" in str(caught.value.fields["program"])


def until(true: Callable[[], bool]) -> None:
    while not true():
        time.sleep(0.02)


def test_a_command_waits_for_a_service_that_is_starting(stocked: Station) -> None:
    """The lock is held and no address is there yet: the command does not open the home beside the service."""
    with holding.alone(Home(stocked.folder), 1):
        waiting = subprocess.Popen(
            ["python3", "-c", ""], stdout=subprocess.DEVNULL
        )  # something else to wait for, so that a thread switch is sure
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(run("--home", stocked.folder, "status", "--json")))
        thread.start()
        waiting.wait()
        assert not found
    thread.join(60)
    assert found[0].document["service"] is None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "localhost.example", ""])
def test_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(ServeFailed):
        bound(host, 0)


def test_an_address_that_is_taken_is_named(station: Station) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, said = Serving(station.folder, "--port", str(port)).ended()
    assert status == 2
    assert str(port) in said


def test_where_there_is_no_station_there_is_no_service(tmp_path: Path) -> None:
    assert Serving(tmp_path / "none").ended()[0] == 2
    assert not (tmp_path / "none").exists()


def test_what_is_dropped_and_what_waits_to_be_sent_is_taken_care_of_without_being_asked(station: Station, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    station("settings", "set", "drop_folder", tmp_path / "drop")
    station("settings", "set", "drop_settle_seconds", "1")
    serving = Serving(station.folder)
    serving.ready()
    (tmp_path / "drop" / "interview.mp4").write_bytes(b"footage")
    (tmp_path / "drop" / "interview.mp4.done").write_bytes(b"")
    until(lambda: any(clip["received"] for clip in station.json("clips")["clips"]))
    health = {one["room"]: one for one in station.json("status")["service"]["rooms"]}
    assert health["sending"]["fault"] is None
    assert health["dropping"]["state"] in {"working", "waiting"}
    assert station.json("watch", "--once")["dockings"] == [], "it was taken already"
    assert station.json("upload", "--until-idle")["waiting"] == []
    assert serving.stop()[0] == 0
    assert station.json("verify")["ok"]
