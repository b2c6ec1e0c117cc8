"""The runner with the real engine, catalogue and copy worker; only the ports are the test's."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import DockingId
from evidence.inventory import Inventory
from ingest import visit as visit_module
from ingest.copying.facts import CopyLimits, FileOutcome
from ingest.docks.facts import Arrived, Noticed, Plugged, UsbStrings, Volume
from ingest.docks.untouched import Untouched
from ingest.errors import CardGone, MountFailed, SpaceMissing
from ingest.listing import Card, list_card
from station.board import Board, Flag
from station.commands import ListDockings, Verify
from station.docks import Docks
from station.docks.visitor import Visitor
from station.home import StationError
from station.lending import SharedWorker
from station.rooms import Rooms
from station.settings import Settings
from tests.pieces import missing
from tests.servers.ptpip import Camera
from tests.station.docks.dock import Eyes, Folders, Told, device, footage, plug, pull
from tests.station.stations import Station


class Dock:
    """A station with docks."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.arrivals = Told()
        self.mounter = Folders()
        self.board = Board(4)
        self.eyes = Eyes(self.board)
        self.rooms = station.rooms()

    @contextmanager
    def running(self, **more: object) -> Iterator[Docks]:
        hooks: dict[str, Any] = {"untouched": lambda _volume: None, **more}
        lend = hooks.pop("lend", None)
        with (
            SharedWorker() as worker,
            Docks(self.rooms, self.board, self.arrivals, self.mounter, lend or worker.lend, **hooks) as docks,
        ):
            yield docks

    def dockings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.station.client().call(ListDockings()).document["dockings"]  # type: ignore[assignment]  # the answer is JSON
        return found

    def problems(self) -> object:
        return self.station.client().call(Verify()).document["problems"]


@pytest.fixture
def dock(station: Station) -> Iterator[Dock]:
    station.json("settings", "set", "slots", "1=p1, 2=p2, 3=p3, 4=p4")
    found = Dock(station)
    yield found
    found.rooms.close()


def test_plugging_in_is_the_whole_gesture(dock: Dock, tmp_path: Path) -> None:
    with dock.running():
        card = device(footage(tmp_path / "card"), port="p3")
        dock.arrivals.say(Noticed(card.devpath, card.port))
        assert dock.eyes.wait(3, "identifying").docking is None
        plug(dock.arrivals, card)
        safe = dock.eyes.wait(3, "safe-to-take")
        assert (safe.bytes_left, safe.seconds_left, safe.reason) == (0, 0, None)
        pull(dock.arrivals, card)
        dock.eyes.wait(3, "empty")
    words = [word for word in dock.eyes.states(3) if word != "copying"]
    assert words == ["identifying", "waiting", "verifying", "safe-to-take", "empty"]
    (docking,) = dock.dockings()
    assert (docking["id"], docking["state"]) == (safe.docking, "sealed")
    assert dock.mounter.mounted == dock.mounter.unmounted == [os.fsencode(tmp_path / "card")]
    assert dock.mounter.off == []
    assert dock.problems() == []


def test_slot_port_and_mount_are_in_the_signed_manifest(dock: Dock, tmp_path: Path) -> None:
    with dock.running():
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="p2"))
        dock.eyes.wait(2, "safe-to-take")
    with dock.rooms.queries() as queries:
        (row,) = queries.dockings()
        manifest = queries.manifest(row.id)
    assert (row.acquisition["slot"], row.acquisition["port"], row.acquisition["mounted_by"]) == (2, "p2", "mount")
    assert manifest is not None
    assert b'"port":"p2"' in manifest[0]
    assert b'"slot":2' in manifest[0]


def test_every_volume_of_a_device_is_a_docking_one_after_the_other_in_one_slot(dock: Dock, tmp_path: Path) -> None:
    both = [footage(tmp_path / "card0", seed=1), footage(tmp_path / "card1", seed=2)]
    with dock.running():
        plug(dock.arrivals, device(*both))
        dock.eyes.wait(1, "safe-to-take")
    assert [one["state"] for one in dock.dockings()] == ["sealed", "sealed"]
    assert dock.mounter.mounted == [os.fsencode(folder) for folder in both]


def test_one_devices_trouble_is_nobody_elses(dock: Dock, tmp_path: Path) -> None:
    def trouble(volume: Volume) -> None:
        if volume.node.endswith("bad"):
            raise MountFailed(node=volume.node, fs_type="vfat", detail="wrong magic")
        if volume.node.endswith("mad"):
            raise CardGone(path="x", error="EIO")

    dock.mounter.trouble = trouble
    with dock.running():
        plug(dock.arrivals, device(tmp_path / "bad", port="p1"), device(tmp_path / "mad", port="p2"))
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="p3"))
        dock.eyes.wait(3, "safe-to-take")
        failed = dock.eyes.wait(1, "error")
        assert failed.fields["detail"] == "wrong magic"
        assert (failed.reason, dock.eyes.wait(2, "error").reason) == ("mount-failed", "card-gone")
        pull(dock.arrivals, device(tmp_path / "bad", port="p1"))
        dock.eyes.wait(1, "empty")


def test_a_port_that_nobody_learned_gets_a_number_above_and_is_added_to_the_board(dock: Dock, tmp_path: Path) -> None:
    with dock.running():
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="elsewhere"), device(footage(tmp_path / "other"), port="p4"))
        assert not dock.eyes.wait(5, "safe-to-take").learned
        assert dock.eyes.wait(4, "safe-to-take").learned


def test_slots_learned_while_it_runs_count_at_once(dock: Dock, tmp_path: Path) -> None:
    with dock.running():
        dock.rooms.settings = replace_setting(dock.rooms, slots="1=p1, 9=elsewhere")
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="elsewhere"))
        dock.eyes.wait(9, "safe-to-take")


def replace_setting(rooms: Rooms, **values: object) -> Settings:
    return msgspec.structs.replace(rooms.settings, **values)


@pytest.mark.parametrize("rule", [Untouched.SYSTEM_DISK, Untouched.NOT_USB, Untouched.OPTICAL])
def test_what_belongs_to_this_machine_gets_no_slot_and_is_not_mounted(dock: Dock, tmp_path: Path, rule: Untouched) -> None:
    def rules(volume: Volume) -> Untouched | None:
        return rule if volume.node.endswith("system") else None

    with dock.running(untouched=rules):
        disk = device(tmp_path / "system", port="p1")
        dock.arrivals.say(Noticed(disk.devpath, disk.port))
        plug(dock.arrivals, disk, device(footage(tmp_path / "card"), port="p2"))
        dock.eyes.wait(2, "safe-to-take")
        dock.eyes.wait(1, "empty")
    assert dock.mounter.mounted == [os.fsencode(tmp_path / "card")]


def test_what_somebody_else_has_mounted_is_said_and_not_taken(dock: Dock, tmp_path: Path) -> None:
    with dock.running(untouched=lambda _volume: Untouched.MOUNTED):
        plug(dock.arrivals, device(tmp_path / "card"))
        view = dock.eyes.wait(1, "error", reason="volume-untouched")
    assert view.fields["rule"] == "mounted"
    assert dock.mounter.mounted == []


class Quarantined(StationError):
    """A device that policy keeps waiting."""

    code = "device-quarantined"
    status = Exit.REFUSED


def test_an_unknown_device_waits_and_is_taken_once_it_was_admitted(dock: Dock, tmp_path: Path) -> None:
    admitted = threading.Event()

    def judged(opening: visit_module.Opening, plugged: Plugged, slot: int) -> visit_module.Opening:
        assert (plugged.port, slot) == ("p1", 1)
        if not admitted.is_set():
            raise Quarantined(device=opening.device)
        return replace(opening, officer="badge 7")

    with dock.running(judged=judged, flags=lambda _opening: frozenset((Flag.CLOCK_WRONG,))) as docks:
        plug(dock.arrivals, device(footage(tmp_path / "card")))
        assert dock.eyes.wait(1, "unknown").reason == "device-quarantined"
        assert dock.dockings() == []
        admitted.set()
        docks.look_again()
        view = dock.eyes.wait(1, "safe-to-take")
    assert view.officer == "badge 7"
    assert view.flags == frozenset((Flag.CLOCK_WRONG,))


ONE_BY_ONE = CopyLimits(group_files=1, open_groups=1)
"""Nothing is read before what was read is in the log."""
Arrange = Callable[[Callable[[], None]], None]


@pytest.fixture
def after_the_first_file(monkeypatch: pytest.MonkeyPatch) -> Arrange:
    """Once the first file of a card is in the log, do something before the next is read."""

    def arrange(act: Callable[[], None]) -> None:
        done = threading.Event()
        real = visit_module._commit

        def commit(docking: DockingId, files: Sequence[FileOutcome], means: visit_module.Means) -> None:
            real(docking, files, means)
            if not done.is_set():
                done.set()
                act()

        monkeypatch.setattr(visit_module, "_commit", commit)

    return arrange


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a visitor knows that its device was pulled out."""
    known = threading.Event()
    real = Visitor.leave

    def leave(visitor: Visitor) -> None:
        real(visitor)
        known.set()

    monkeypatch.setattr(Visitor, "leave", leave)
    return known


@pytest.fixture
def one_by_one() -> Iterator[SharedWorker]:
    with SharedWorker(ONE_BY_ONE) as worker:
        yield worker


def test_a_card_that_is_pulled_early_is_said_with_what_is_missing_and_goes_on_in_any_slot(
    dock: Dock, tmp_path: Path, after_the_first_file: Arrange, left: threading.Event, one_by_one: SharedWorker
) -> None:
    card = footage(tmp_path / "card", files=10)
    first, second = device(card, port="p1"), device(tmp_path / "again", port="p4")

    def pulled() -> None:
        pull(dock.arrivals, first)
        assert left.wait(60)

    after_the_first_file(pulled)
    with dock.running(judged=lambda opening, _plugged, _slot: replace(opening, officer="badge 7"), lend=one_by_one.lend):
        plug(dock.arrivals, first)
        view = dock.eyes.wait(1, "error", reason="pulled-early")
        files, missing = view.fields["files"], view.fields["bytes"]
        assert isinstance(files, int)
        assert isinstance(missing, int)
        assert 8 <= files <= 9
        size = next((card / "DCIM").iterdir()).stat().st_size
        assert view.bytes_left == missing == files * size
        assert view.officer == "badge 7"
        (docking,) = dock.dockings()
        assert (docking["id"], docking["state"]) == (view.docking, "open")
        shutil.move(card, tmp_path / "again")
        plug(dock.arrivals, second)
        safe = dock.eyes.wait(4, "safe-to-take")
        assert safe.docking == view.docking
        dock.eyes.wait(1, "empty")
    assert [one["state"] for one in dock.dockings()] == ["sealed"]
    assert dock.problems() == []


def test_a_card_that_is_pulled_once_everything_on_it_was_taken_is_sealed_without_it(
    dock: Dock, tmp_path: Path, after_the_first_file: Arrange, left: threading.Event, one_by_one: SharedWorker
) -> None:
    card = device(footage(tmp_path / "card", files=1))

    def pulled() -> None:
        pull(dock.arrivals, card)
        assert left.wait(60)

    after_the_first_file(pulled)
    with dock.running(lend=one_by_one.lend):
        plug(dock.arrivals, card)
        assert left.wait(60)
        dock.eyes.wait(1, "empty")
    assert [one["state"] for one in dock.dockings()] == ["sealed"]
    assert "error" not in dock.eyes.states(1)


def test_after_a_restart_what_was_unfinished_is_on_the_board_and_what_is_plugged_in_goes_on(
    dock: Dock, tmp_path: Path, after_the_first_file: Arrange, one_by_one: SharedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = device(footage(tmp_path / "card", files=10), port="p2")
    reached, stopped = threading.Event(), threading.Event()
    real = Visitor.stop

    def stop(visitor: Visitor) -> None:
        real(visitor)
        stopped.set()

    def wait_for_the_stop() -> None:
        reached.set()
        assert stopped.wait(60)

    monkeypatch.setattr(Visitor, "stop", stop)
    after_the_first_file(wait_for_the_stop)
    with dock.running(lend=one_by_one.lend):
        plug(dock.arrivals, card)
        assert reached.wait(60)
    assert [one["state"] for one in dock.dockings()] == ["open"]
    assert dock.mounter.mounted == dock.mounter.unmounted
    again = Dock(dock.station)
    with again.running():
        assert again.eyes.wait(2, "error", reason="pulled-early").docking == dock.dockings()[0]["id"]
        plug(again.arrivals, card, at_start=True)
        again.eyes.wait(2, "safe-to-take")
    again.rooms.close()
    assert [one["state"] for one in dock.dockings()] == ["sealed"]


def test_what_is_still_plugged_in_after_a_restart_and_was_sealed_is_safe_at_once_and_no_new_docking(
    dock: Dock, tmp_path: Path
) -> None:
    card = device(footage(tmp_path / "card"))
    with dock.running():
        plug(dock.arrivals, card)
        dock.eyes.wait(1, "safe-to-take")
    again = Dock(dock.station)
    with again.running():
        plug(again.arrivals, card, at_start=True)
        assert again.eyes.wait(1, "safe-to-take").docking is None
        assert "copying" not in again.eyes.states(1)
        assert len(again.dockings()) == 1
        footage(tmp_path / "card" / "more", seed=5)
        pull(again.arrivals, card)
        again.eyes.wait(1, "empty")
        plug(again.arrivals, card)
        assert again.eyes.wait(1, "safe-to-take").docking is not None
    again.rooms.close()


def test_a_card_put_into_a_reader_later_is_taken_and_one_taken_out_leaves_the_slot_empty(dock: Dock, tmp_path: Path) -> None:
    empty, full = device(), device(footage(tmp_path / "card"))
    with dock.running():
        plug(dock.arrivals, empty)
        dock.eyes.wait(1, "empty", reason="no-medium")
        plug(dock.arrivals, full)
        dock.eyes.wait(1, "safe-to-take")
        plug(dock.arrivals, empty)
        dock.eyes.wait(1, "empty", reason="no-medium")
        plug(dock.arrivals, full)
        dock.eyes.wait(1, "safe-to-take")
    assert len(dock.dockings()) == 2


def test_a_recorder_in_control_mode_is_opened_by_its_driver_and_says_what_to_do_without_one(dock: Dock, tmp_path: Path) -> None:
    waiting = Plugged("/devices/usb/p1", "p1", UsbStrings("4255", "0001", product="Amba"), control=True)
    with dock.running():
        plug(dock.arrivals, waiting)
        view = dock.eyes.wait(1, "unknown", reason="control-mode")
        assert view.fields == {"usb_id": "4255:0001", "product": "Amba"}
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="p1"))
        dock.eyes.wait(1, "safe-to-take")
    opened: list[Plugged] = []
    other = Dock(dock.station)

    def driver(plugged: Plugged) -> bool:
        opened.append(plugged)
        return True

    with other.running(open_control=driver):
        plug(other.arrivals, waiting)
        other.eyes.wait(1, "identifying", reason="becoming-disk")
    other.rooms.close()
    assert opened == [waiting]


def test_a_device_of_its_makers_own_kind_in_a_port_of_nobody_is_none_of_ours(dock: Dock, tmp_path: Path) -> None:
    dongle = Plugged("/devices/usb/9", "inside", UsbStrings("0403", "6001"), control=True)
    with dock.running():
        plug(dock.arrivals, dongle, device(footage(tmp_path / "card")))
        dock.eyes.wait(1, "safe-to-take")
    assert {view.slot for view in dock.eyes.seen} == {1}


def test_objects_are_taken_by_the_name_that_a_driver_gives_them(dock: Dock, tmp_path: Path) -> None:
    phone = Plugged("/devices/usb/p1", "p1", UsbStrings("46f4", "0004", product="Cam"), protocol="mtp")
    with dock.running(root_of_objects=lambda _plugged: os.fsencode(footage(tmp_path / "objects"))):
        plug(dock.arrivals, phone)
        dock.eyes.wait(1, "safe-to-take")
    other = Dock(dock.station)
    with other.running():
        plug(other.arrivals, phone)
        other.eyes.wait(1, "unknown", reason="no-driver")
    other.rooms.close()


def test_a_camera_that_speaks_ptp_is_taken_and_pulled_early_goes_on_when_it_is_back(dock: Dock) -> None:
    """Real libgphoto2 against a camera on loopback."""
    if find_spec("gphoto2") is None:
        missing("python-gphoto2 (the extra mtp)")
    clips = {f"DCIM/{number}.MP4": os.urandom(2_000_000) for number in range(3)}
    first, second = Camera(pull_after=5_000_000), Camera()
    for camera in (first, second):
        for name, data in clips.items():
            camera.put(name, data)
    phone = Plugged("/devices/usb/p1", "p1", UsbStrings("46f4", "0004", product="Cam"), protocol="ptp")
    cameras = iter([first, second])
    with first.plugged_in(), second.plugged_in(), dock.running(root_of_objects=lambda _plugged: next(cameras).root.encode()):
        plug(dock.arrivals, phone)
        dock.eyes.wait(1, "error", reason="pulled-early")
        pull(dock.arrivals, phone)
        plug(dock.arrivals, phone)
        dock.eyes.wait(1, "safe-to-take")
    assert [one["state"] for one in dock.dockings()] == ["sealed"]
    assert dock.problems() == []


def test_a_lost_copy_worker_is_replaced_and_the_docking_goes_on(
    dock: Dock, tmp_path: Path, after_the_first_file: Arrange, one_by_one: SharedWorker
) -> None:
    def killed() -> None:
        assert one_by_one.process is not None
        os.kill(one_by_one.process, signal.SIGKILL)

    after_the_first_file(killed)
    with dock.running(lend=one_by_one.lend):
        plug(dock.arrivals, device(footage(tmp_path / "card", files=10)))
        dock.eyes.wait(1, "safe-to-take")
    assert [one["state"] for one in dock.dockings()] == ["sealed"]
    assert dock.problems() == []


def test_without_room_a_device_waits_and_is_tried_again(dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.docks.visitor.FIRST_PAUSE", 0.05)
    tried: list[int] = []

    def judged(opening: visit_module.Opening, _plugged: Plugged, _slot: int) -> visit_module.Opening:
        tried.append(1)
        if len(tried) < 3:
            raise SpaceMissing(vault="v", needed=2, free=1, missing=1)
        return opening

    with dock.running(judged=judged):
        plug(dock.arrivals, device(footage(tmp_path / "card")))
        dock.eyes.wait(1, "safe-to-take")
    assert len(tried) == 3
    waiting = [view for view in dock.eyes.seen if view.reason == "space-missing"]
    assert {view.state.value for view in waiting} == {"waiting"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that waits for others for a moment only."""
    monkeypatch.setattr("evidence.catalogue.connect.BUSY_SECONDS", 0.2)
    monkeypatch.setattr("station.docks.visitor.FIRST_PAUSE", 0.05)


def test_a_catalogue_that_another_program_holds_is_an_error_and_comes_right_when_it_lets_go(
    impatient: None, dock: Dock, tmp_path: Path
) -> None:
    with dock.running(), closing(sqlite3.connect(dock.rooms.home.catalogue, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        plug(dock.arrivals, device(footage(tmp_path / "card")))
        assert dock.eyes.wait(1, "error").reason == "catalogue-unusable"
        other.execute("ROLLBACK")
        dock.eyes.wait(1, "safe-to-take")
    assert [one["state"] for one in dock.dockings()] == ["sealed"]
    assert dock.problems() == []


def test_what_follows_a_seal_gets_the_unmounted_volume_and_its_trouble_does_not_unsay_that_all_is_safe(
    dock: Dock, tmp_path: Path
) -> None:
    followed: list[tuple[str, str, int]] = []

    def after_seal(docking: str, volume: Volume, _plugged: Plugged, slot: int) -> None:
        assert dock.mounter.unmounted == [os.fsencode(volume.node)]
        followed.append((docking, volume.node, slot))
        raise MountFailed(node=volume.node, fs_type="vfat", detail="no")

    with dock.running(after_seal=after_seal):
        plug(dock.arrivals, device(footage(tmp_path / "card")))
        view = dock.eyes.wait(1, "safe-to-take")
    assert followed == [(view.docking, str(tmp_path / "card"), 1)]
    assert view.reason == "mount-failed"


def test_a_device_is_switched_off_where_that_was_set_and_stays_safe_to_take_when_it_leaves_the_bus(
    dock: Dock, tmp_path: Path
) -> None:
    dock.rooms.settings = replace_setting(dock.rooms, dock_power_off=True)
    card = device(footage(tmp_path / "card"))
    with dock.running():
        plug(dock.arrivals, card)
        dock.eyes.wait(1, "safe-to-take")
        pull(dock.arrivals, card)
        other = device(footage(tmp_path / "other", seed=3), port="p2")
        plug(dock.arrivals, other)
        dock.eyes.wait(2, "safe-to-take")
        assert dock.eyes.wait(1, "safe-to-take").slot == 1
    assert dock.mounter.off == [card.devpath, other.devpath]


def test_a_card_with_a_file_that_cannot_be_read_is_safe_to_take_and_says_so(dock: Dock, tmp_path: Path) -> None:
    card = footage(tmp_path / "card")

    def listed(opened: Card, taken_at: str) -> Inventory:
        inventory = list_card(opened, taken_at)
        next((card / "DCIM").iterdir()).unlink()
        return inventory

    with pytest.MonkeyPatch.context() as patch, dock.running():
        patch.setattr("ingest.sources.list_card", listed)
        plug(dock.arrivals, device(card))
        view = dock.eyes.wait(1, "safe-to-take")
    assert (view.reason, view.fields) == ("sealed-with-flaws", {"damaged": 0, "unreadable": 1})


def test_who_acts_is_asked_for_each_visit(dock: Dock, tmp_path: Path) -> None:
    with dock.running(who=lambda: Actor("Li", "clerk")):
        plug(dock.arrivals, device(footage(tmp_path / "card")))
        dock.eyes.wait(1, "safe-to-take")
    docked = [one for one in dock.station.log() if one["type"] == "docked"]
    assert docked[0]["actor"]["role"] == "clerk"


def test_what_is_heard_of_a_device_that_makes_trouble_leaves_the_others_heard(dock: Dock, tmp_path: Path) -> None:
    def rules(volume: Volume) -> Untouched | None:
        if "bad" in volume.node:
            raise RuntimeError("a rule broke")
        return None

    with dock.running(untouched=rules):
        dock.arrivals.say(Arrived(device(tmp_path / "bad", port="p1")))
        plug(dock.arrivals, device(footage(tmp_path / "card"), port="p2"))
        dock.eyes.wait(2, "safe-to-take")
