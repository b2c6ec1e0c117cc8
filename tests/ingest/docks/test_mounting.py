"""One set of tests for both ways to mount: mount(8), and UDisks2 as python-dbusmock plays it, which mounts for real."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.inventory import Item
from ingest.docks.choice import mounter_here
from ingest.docks.facts import Mounter, Plugged, UsbStrings
from ingest.docks.mounting import PAUSES, mounts_at
from ingest.docks.plain import PlainMounter
from ingest.docks.udisks import Bus, UDisksMounter
from ingest.docks.writeblock import allow_writes, block_writes, is_write_blocked
from ingest.errors import FileSystemUnknown, MountFailed, MountNotAllowed, NoMounter, VolumeBusy, WriteBlockMissing
from ingest.listing import list_card, open_card
from ingest.source import acquisition
from tests.ingest.docks.images import FILE_SYSTEMS, FOOTAGE, LoopCard, loop_card, make_image, need_driver, need_mounts
from tests.servers import udisks

FLAGS = {"ro", "nosuid", "nodev", "noexec"}
Make = Callable[[LoopCard], Mounter]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[udisks.UDisks]:
    with udisks.running(tmp_path_factory.mktemp("udisks")) as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture(params=["mount", "udisks2"])
def make(request: pytest.FixtureRequest, tmp_path: Path, slept: list[float]) -> Make:
    need_mounts()
    if request.param == "mount":
        return lambda _card: PlainMounter(tmp_path / "mounts", pause=slept.append)
    running: udisks.UDisks = request.getfixturevalue("service")

    def through_udisks(card: LoopCard) -> Mounter:
        running.add(card.volume)
        return UDisksMounter(Bus(running.address), pause=slept.append)

    return through_udisks


@pytest.fixture
def card(tmp_path: Path) -> Iterator[LoopCard]:
    need_mounts()
    with loop_card(make_image("ext4", tmp_path), "ext4") as plugged:
        yield plugged


@pytest.mark.parametrize("name", FILE_SYSTEMS)
def test_not_one_byte_of_a_card_changes_by_mounting_listing_and_reading(name: str, make: Make, tmp_path: Path) -> None:
    kind = FILE_SYSTEMS[name]
    need_driver(kind.driver if kind.fs_type != "ntfs" else "fuseblk")
    with loop_card(make_image(name, tmp_path), kind.fs_type) as plugged:
        before, mounter = plugged.sha256, make(plugged)
        point = mounter.mount(plugged.volume)
        try:
            assert mounts_at(point)[-1] >= FLAGS
            with open_card(point) as opened:
                inventory, how = list_card(opened, "2026-01-01T00:00:00Z"), acquisition(opened)
                if kind.holds_footage:
                    (path,) = [item.path for item in inventory.wanted if item.path.endswith(b"a.mp4")]
                    assert opened.read_head(path, 1 << 20) == FOOTAGE
            assert how.kind.value == "block-device"
            assert how.device is not None
            assert how.device.read_only, "the manifest says that the kernel refused writes"
            with pytest.raises(OSError, match="Read-only"):
                Path(os.fsdecode(point), "new").touch()
        finally:
            mounter.unmount(point)
        assert mounts_at(point) == []
        assert plugged.sha256 == before


def test_a_plain_read_only_mount_would_have_replayed_the_journal_that_we_leave_alone(tmp_path: Path) -> None:
    need_mounts()
    with loop_card(make_image("ext4-journal-to-replay", tmp_path), "ext4") as plugged:
        before = plugged.sha256
        (tmp_path / "point").mkdir()
        subprocess.run(["mount", "-t", "ext4", "-o", "ro", plugged.volume.node, str(tmp_path / "point")], check=True)
        subprocess.run(["umount", str(tmp_path / "point")], check=True)
        assert plugged.sha256 != before, "the image is one that tells the two apart"


def test_what_is_no_file_system_of_a_card_is_not_tried(make: Make, card: LoopCard) -> None:
    mounter = make(card)
    for fs_type in (None, "xfs", "squashfs", "crypto_LUKS"):
        with pytest.raises(FileSystemUnknown) as caught:
            mounter.mount(replace(card.volume, fs_type=fs_type))
        assert caught.value.fields == {"node": card.volume.node, "fs_type": fs_type}


def test_a_corrupt_card_is_a_fault_that_names_it_and_leaves_nothing_behind(make: Make, tmp_path: Path) -> None:
    (tmp_path / "noise.img").write_bytes(os.urandom(1 << 20))
    with loop_card(tmp_path / "noise.img", "ext4") as plugged:
        with pytest.raises(MountFailed) as caught:
            make(plugged).mount(plugged.volume)
        assert caught.value.fields["node"] == plugged.volume.node
        assert list((tmp_path / "mounts").glob("*")) == []


def test_a_mount_that_is_still_read_from_is_let_go_all_the_same(make: Make, card: LoopCard) -> None:
    mounter = make(card)
    point = mounter.mount(card.volume)
    with Path(os.fsdecode(point), "DCIM", "a.mp4").open("rb"):
        mounter.unmount(point)
        assert mounts_at(point) == []
    mounter.unmount(point)  # once more does no harm


def test_a_card_is_written_to_only_where_that_was_asked_for_and_the_block_is_back_afterwards(make: Make, card: LoopCard) -> None:
    mounter = make(card)
    mounter.unmount(mounter.mount(card.volume))
    assert is_write_blocked(card.volume)
    point = mounter.mount_writable(card.volume)
    Path(os.fsdecode(point), "DCIM", "a.mp4").unlink()
    assert mounts_at(point)[-1] >= FLAGS - {"ro"}
    mounter.unmount(point)
    assert is_write_blocked(card.volume)
    assert b"a.mp4" not in b"".join(item.path for item in _listed(mounter, card))


def _listed(mounter: Mounter, card: LoopCard) -> list[Item]:
    point = mounter.mount(card.volume)
    try:
        with open_card(point) as opened:
            return [item for item in list_card(opened, "2026-01-01T00:00:00Z").items if item.path.endswith(b"mp4")]
    finally:
        mounter.unmount(point)


def test_a_mount_that_a_killed_run_left_is_replaced(make: Make, card: LoopCard) -> None:
    killed = make(card)
    left = killed.mount(card.volume)
    mounter = killed if isinstance(killed, UDisksMounter) else make(card)
    assert mounter.owns(left)
    point = mounter.mount(card.volume)
    assert len(mounts_at(point)) == 1
    mounter.unmount(point)
    assert mounts_at(left) == []


def test_what_looks_at_a_new_device_for_a_moment_is_waited_for(
    service: udisks.UDisks, card: LoopCard, slept: list[float]
) -> None:
    service.add(card.volume)
    mounter = UDisksMounter(Bus(service.address), pause=slept.append)
    service.refuse_next("DeviceBusy", "DeviceBusy")
    mounter.unmount(mounter.mount(card.volume))
    assert slept == list(PAUSES[:2])
    service.refuse_next(*["DeviceBusy"] * 10)
    with pytest.raises(VolumeBusy, match="DeviceBusy"):
        mounter.mount(card.volume)
    service.refuse_next()


def test_two_cards_with_one_label_at_the_same_moment_are_both_mounted(
    service: udisks.UDisks, card: LoopCard, slept: list[float]
) -> None:
    """UDisks2 finds one name free for both, and fails for the one that comes second."""
    service.add(card.volume)
    mounter = UDisksMounter(Bus(service.address), pause=slept.append)
    service.refuse_next("Failed: Error creating mount point `/media/evidence-station/BODYCAM': File exists")
    mounter.unmount(mounter.mount(card.volume))
    assert slept == list(PAUSES[:1])
    service.refuse_next("Failed: Error mounting /dev/sdb1: wrong fs type")
    with pytest.raises(MountFailed, match="wrong fs type"):
        mounter.mount(card.volume)


def test_without_a_polkit_rule_the_fault_says_so_and_nothing_is_tried_again(
    service: udisks.UDisks, card: LoopCard, slept: list[float]
) -> None:
    service.add(card.volume)
    service.refuse_next("NotAuthorizedCanObtain")
    with pytest.raises(MountNotAllowed, match="NotAuthorizedCanObtain"):
        UDisksMounter(Bus(service.address), pause=slept.append).mount(card.volume)
    assert slept == []


def test_udisks_is_asked_for_what_must_be_and_nobody_for_a_password(service: udisks.UDisks, card: LoopCard) -> None:
    service.add(card.volume)
    mounter = UDisksMounter(Bus(service.address))
    mounter.unmount(mounter.mount(card.volume))
    path = f"{udisks.ROOT}/block_devices/{Path(card.volume.node).name}"
    asked = {method: arguments for method, arguments in service.calls(path) if method == "Mount"}["Mount"][0]
    assert asked["options"][1] == "ro,nosuid,nodev,noexec,noload"
    assert asked["auth.no_user_interaction"][1] is True


def test_who_is_not_root_has_the_stations_unit_lift_the_write_block_and_put_it_back(
    service: udisks.UDisks, card: LoopCard, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    service.add(card.volume)
    mounter = UDisksMounter(Bus(service.address), pause=slept.append)
    mounter.unmount(mounter.mount(card.volume))
    monkeypatch.setattr("ingest.docks.udisks.allow_writes", refused)
    with pytest.raises(MountNotAllowed, match="write block stays"):
        mounter.mount_writable(card.volume)
    service.lends_write_access()
    point = mounter.mount_writable(card.volume)
    assert not is_write_blocked(card.volume)
    Path(os.fsdecode(point), "DCIM", "a.mp4").unlink()
    mounter.unmount(point)
    assert is_write_blocked(card.volume)
    name = f"evidence-station-blockdev@{Path(card.volume.node).name}.service"
    calls = service.calls(udisks.SYSTEMD_PATH, udisks.SYSTEMD)
    assert [(verb, unit) for verb, (unit, _) in calls if verb.endswith("Unit")] == [("StartUnit", name), ("StopUnit", name)]


def test_a_unit_that_takes_its_time_to_lift_the_write_block_is_waited_for(
    service: udisks.UDisks, card: LoopCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def paused(seconds: float) -> None:
        slept.append(seconds)
        if sum(slept) > 10:
            allow_writes(card.volume)

    service.add(card.volume)
    mounter = UDisksMounter(Bus(service.address), pause=paused)
    mounter.unmount(mounter.mount(card.volume))
    monkeypatch.setattr("ingest.docks.udisks.allow_writes", refused)
    monkeypatch.setattr(mounter, "_write_access", lambda *_: None)
    point = mounter.mount_writable(card.volume)
    assert Path(os.fsdecode(point), "DCIM", "a.mp4").exists()
    mounter.unmount(point)


def test_a_device_is_switched_off_through_its_drive(service: udisks.UDisks, card: LoopCard) -> None:
    service.add(card.volume)
    UDisksMounter(Bus(service.address)).power_off(Plugged("/x", "p", UsbStrings("1", "2"), (card.volume,)))
    drive = f"{udisks.ROOT}/drives/{Path(card.volume.node).name}"
    assert [method for method, _ in service.calls(drive)] == ["PowerOff"]


def test_a_device_that_udisks_does_not_know_yet_is_waited_for(service: udisks.UDisks, card: LoopCard, slept: list[float]) -> None:
    mounter = UDisksMounter(Bus(service.address), pause=slept.append)
    block_writes(card.volume, waived=False)
    unknown = replace(card.volume, node="/dev/sdzz")
    with pytest.raises(VolumeBusy, match="not seen it yet"):
        mounter.mount(unknown)
    assert slept == list(PAUSES)


def test_without_udisks_root_mounts_by_itself_and_nobody_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: LoopCard
) -> None:
    nowhere = f"unix:path={tmp_path / 'nothing'}"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", nowhere)
    assert mounter_here(tmp_path, waive_write_block=False).name == "mount"
    with pytest.raises(NoMounter, match="no message bus"):
        UDisksMounter(Bus(nowhere)).mount(card.volume)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoMounter, match="not root"):
        mounter_here(tmp_path, waive_write_block=False)


class TestWriteBlock:
    def test_root_sets_it_and_it_is_seen_in_sysfs(self, card: LoopCard) -> None:
        assert not is_write_blocked(card.volume)
        assert block_writes(card.volume, waived=False)
        assert is_write_blocked(card.volume)
        before = card.sha256
        descriptor = os.open(card.volume.node, os.O_RDWR)
        try:
            with pytest.raises(PermissionError):
                os.write(descriptor, b"x")
        finally:
            os.close(descriptor)
        assert card.sha256 == before

    def test_where_it_cannot_be_set_nothing_is_mounted_unless_somebody_waived_it(self, card: LoopCard, tmp_path: Path) -> None:
        number = f"{os.major(card.volume.number)}:{os.minor(card.volume.number)}"
        place = tmp_path / "sys" / "devices" / "loop"
        place.mkdir(parents=True)
        (place / "ro").write_text("0\n")  # the flag as a kernel would show it that does not let us
        (tmp_path / "sys" / "dev" / "block").mkdir(parents=True)
        (tmp_path / "sys" / "dev" / "block" / number).symlink_to(place)
        with pytest.raises(WriteBlockMissing) as caught:
            PlainMounter(tmp_path / "mounts", sysfs=tmp_path / "sys").mount(card.volume)
        assert caught.value.fields == {"node": card.volume.node}
        assert not (tmp_path / "mounts").exists()
        waived = PlainMounter(tmp_path / "mounts", waive_write_block=True, sysfs=tmp_path / "sys")
        waived.unmount(waived.mount(card.volume))


def test_a_bus_whose_queue_is_full_for_a_moment_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[object] = [BlockingIOError(errno.EAGAIN, "full"), BlockingIOError(errno.EAGAIN, "full"), nullcontext()]

    def connect(_address: str, **_patience: float) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("jeepney.io.blocking.open_dbus_connection", connect)
    with Bus().conversation():
        assert answers == []
    monkeypatch.setattr("ingest.docks.udisks.CONNECT_PAUSES", (0.0,))
    answers += [BlockingIOError(errno.EAGAIN, "full"), BlockingIOError(errno.EAGAIN, "full")]
    with pytest.raises(NoMounter, match="no message bus"), Bus().conversation():
        pass
