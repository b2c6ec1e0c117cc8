"""Rooms that work by themselves: soft failure, back-off, stepping aside; and the worker that is lent."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import CopyJob, JobEnded
from ingest.errors import WorkerLost
from ingest.vault import Vault
from station.handlers.intake import NotOpen
from station.home import Home
from station.lending import SharedWorker
from station.rooms import Rooms
from station.service import background
from station.service.background import Background
from station.service.duties import Docking, Scrubbing, ScrubFound
from tests.station.stations import Station


class Telling:
    """A duty that a test leads turn by turn."""

    name = "telling"

    def __init__(self) -> None:
        self.begun: SimpleQueue[threading.Event] = SimpleQueue()
        self.does: SimpleQueue[float | Exception] = SimpleQueue()
        self.hurried = 0

    def turn(self, stop: threading.Event) -> float:
        self.begun.put(stop)
        found = self.does.get(timeout=60)
        if isinstance(found, Exception):
            raise found
        return found

    def hurry(self) -> None:
        self.hurried += 1
        self.does.put(3600.0)


@pytest.fixture
def duty() -> Telling:
    return Telling()


@pytest.fixture
def room(duty: Telling) -> Iterator[Background]:
    made = Background(duty, lambda: "2026-01-01T00:00:00Z", lambda: "en")
    made.start()
    yield made
    made.stop()
    assert made.join(60)


def begun(duty: Telling) -> threading.Event:
    return duty.begun.get(timeout=60)


def test_a_turn_that_fails_is_told_of_and_comes_again(duty: Telling, room: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_SECONDS", 0.001)
    begun(duty)
    duty.does.put(NotOpen(docking="x"))
    begun(duty)
    told = room.document()
    assert (told["room"], told["turns"], told["failures"]) == ("telling", 2, 1)
    assert told["fault"] == {
        "code": "not-open",
        "message": "there is no open docking x; 'dockings' lists them",
        "at": "2026-01-01T00:00:00Z",
    }
    assert room.failing
    duty.does.put(0.0)
    begun(duty)
    assert room.document()["state"] != "failing"
    assert room.document()["fault"] is None


def test_a_mistake_of_ours_ends_the_turn_and_not_the_room(
    duty: Telling, room: Background, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(background, "FIRST_SECONDS", 0.001)
    begun(duty)
    duty.does.put(ZeroDivisionError("ours"))
    begun(duty)
    fault = room.document()["fault"]
    assert isinstance(fault, dict)
    assert fault["code"] == "internal"
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_pause_doubles_and_has_an_end(duty: Telling) -> None:
    room = Background(duty, lambda: "", lambda: "en")
    pauses = []
    for _ in range(20):
        duty.does.put(NotOpen(docking="x"))
        pauses.append(room._turn())
    assert pauses[:4] == [5.0, 10.0, 20.0, 40.0]
    assert pauses[-1] == background.LONGEST_SECONDS
    duty.does.put(7.0)
    assert room._turn() == 7.0
    duty.does.put(NotOpen(docking="x"))
    assert room._turn() == 5.0


def test_a_room_that_waits_can_be_woken(duty: Telling, room: Background) -> None:
    begun(duty)
    duty.does.put(3600.0)
    while duty.begun.empty():
        room.wake()
    begun(duty)


def test_a_room_steps_aside_and_comes_back(duty: Telling, room: Background) -> None:
    stop = begun(duty)
    with room.aside():
        assert stop.is_set(), "its turn was told to end"
        assert duty.hurried == 1
        assert duty.begun.empty(), "and none begins meanwhile"
    begun(duty)


def test_a_room_stops_in_the_middle_of_a_turn(duty: Telling, room: Background) -> None:
    stop = begun(duty)
    room.stop()
    assert room.join(60)
    assert stop.is_set()
    assert room.document()["state"] == "stopped"


# Scrubbing


def test_scrubbing_tells_of_damage_and_keeps_to_its_budget(stocked: Station) -> None:
    rooms = Rooms.open(Home(stocked.folder))
    duty = Scrubbing(rooms, lambda: False)
    duty.turn(threading.Event())
    assert duty._spent == 0, "everything was read within a day"
    (blob,) = [path for path in (stocked.folder / "vault" / "blobs").rglob("*") if path.is_file()]
    with rooms.queries() as queries:
        assert queries.blobs_longest_unverified(1)
    moment = rooms.clock()
    rooms.clock = lambda: replace(moment, unix_ns=moment.unix_ns + 2 * 86_400_000_000_000)
    blob.chmod(0o640)
    blob.write_bytes(b"footagE")
    with pytest.raises(ScrubFound) as caught:
        duty.turn(threading.Event())
    assert caught.value.fields == {"count": 1, "subject": blob.name}
    assert Scrubbing(rooms, lambda: True).turn(threading.Event()) > 0, "nothing is read while somebody copies"
    rooms.close()


# The worker


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "vault")
    made.create()
    return made


def copies(worker: CopyWorker, docking: str, card: Path) -> JobEnded:
    events = list(worker.submit(CopyJob(docking, bytes(card), (), False)))
    assert isinstance(events[-1], JobEnded)
    return events[-1]


def is_busy(shared: SharedWorker) -> bool:
    return shared.busy


def test_all_borrow_one_worker_and_a_lost_one_is_replaced(vault: Vault, tmp_path: Path) -> None:
    shared = SharedWorker()
    with shared.lend([vault]) as first, shared.lend([vault]) as second:
        assert first is second
        assert is_busy(shared)
        assert copies(first, "0197f000-0000-7000-8000-000000000001", tmp_path).fault is None
        pid = first.process
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while not first.lost:
            threading.Event().wait(0.01)
        with shared.lend([vault]) as third:
            assert third is not first
            assert copies(third, "0197f000-0000-7000-8000-000000000002", tmp_path).fault is None
    assert not is_busy(shared)
    shared.close()


def test_other_vaults_take_another_worker_and_the_old_one_ends_with_its_last_borrower(vault: Vault, tmp_path: Path) -> None:
    second = Vault(tmp_path / "second")
    second.create()
    shared = SharedWorker()
    with shared.lend([vault]) as old:
        with shared.lend([vault, second]) as new:
            assert new is not old
        assert copies(old, "0197f000-0000-7000-8000-000000000003", tmp_path).fault is None
    with pytest.raises(WorkerLost):
        old.submit(CopyJob("0197f000-0000-7000-8000-000000000004", bytes(tmp_path), (), False))
    shared.close()


def test_a_closed_worker_is_lent_to_nobody_who_could_use_it(vault: Vault, tmp_path: Path) -> None:
    shared = SharedWorker()
    shared.close()
    with shared.lend([vault]) as worker, pytest.raises(WorkerLost):
        worker.submit(CopyJob("0197f000-0000-7000-8000-000000000005", bytes(tmp_path), (), False))


# The docks


class Ports:
    """Docks that tell what is asked of them; the first time, they cannot begin."""

    def __init__(self) -> None:
        self.told: SimpleQueue[tuple[str, float]] = SimpleQueue()
        self.fails = True

    def start(self) -> None:
        if self.fails:
            self.fails = False
            raise NotOpen(docking="no udev")
        self.told.put(("start", 0.0))

    def look_again(self) -> None:
        self.told.put(("look again", 0.0))

    def stop(self, seconds: float) -> None:
        self.told.put(("stop", seconds))


def test_docks_that_cannot_begin_are_tried_again_and_end_within_half_of_the_time(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "FIRST_SECONDS", 0.001)
    rooms, ports = Rooms.open(Home(station.folder)), Ports()
    room = Background(Docking(rooms, lambda: ports), lambda: "", lambda: "en")
    room.start()
    assert ports.told.get(timeout=60) == ("start", 0.0)
    assert room.document()["failures"] == 1
    room.stop()
    assert ports.told.get(timeout=60) == ("stop", rooms.settings.drain_seconds / 2)
    assert room.join(60)
    rooms.close()
