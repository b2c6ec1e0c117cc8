from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.docks.facts import Volume
from ingest.docks.untouched import Machine, Untouched, look_at_machine, why_untouched

USB = "/devices/pci0000:00/0000:00:04.0/usb2"
CARD = f"{USB}/2-2/2-2:1.0/host0/target0:0:0/0:0:0:0/block/sda/sda1"
OTHER = f"{USB}/2-3/2-3:1.0/host1/target1:0:0/1:0:0:0/block/sdb"
NOTHING = Machine(frozenset(), frozenset(), ())


def volume(devpath: str = CARD, number: int = os.makedev(8, 1)) -> Volume:
    return Volume("/dev/" + devpath.rpartition("/")[2], number, devpath, 1 << 20, "vfat")


def why(one: Volume, machine: Machine = NOTHING, own: bytes = b"/run/own/") -> Untouched | None:
    return why_untouched(one, machine, lambda point: point.startswith(own))


def test_a_card_in_a_usb_port_may_be_read() -> None:
    assert why(volume()) is None


@pytest.mark.parametrize(
    "devpath",
    [
        "/devices/virtual/block/loop0",
        "/devices/virtual/block/dm-3",
        "/devices/virtual/block/zram0",
        "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sdc/sdc1",
        "/devices/pci0000:00/0000:00:05.0/virtio2/block/vda/vda1",
        "/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p1",
        "/devices/platform/mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/mmcblk0p1",
    ],
)
def test_what_hangs_on_no_usb_port_is_never_touched(devpath: str) -> None:
    assert why(volume(devpath)) is Untouched.NOT_USB


def test_discs_are_never_touched() -> None:
    assert why(volume(CARD.replace("sda/sda1", "sr0"))) is Untouched.OPTICAL


def test_a_usb_disk_that_holds_the_system_is_never_touched_whichever_of_its_partitions() -> None:
    machine = Machine(frozenset((CARD.replace("sda1", "sda2"), CARD.rpartition("/")[0])), frozenset(), ())
    assert why(volume(), machine) is Untouched.SYSTEM_DISK
    assert why(volume(OTHER, os.makedev(8, 16)), machine) is None
    assert why(volume(OTHER + "a", os.makedev(65, 160)), Machine(frozenset((OTHER,)), frozenset(), ())) is None, "sdba is not sdb"


def test_what_another_device_is_built_on_is_never_touched() -> None:
    assert why(volume(), Machine(frozenset(), frozenset((CARD,)), ())) is Untouched.HELD
    whole = volume(CARD.rpartition("/")[0], os.makedev(8, 0))
    assert why(whole, Machine(frozenset(), frozenset((CARD,)), ())) is Untouched.HELD


def test_what_somebody_mounted_is_never_touched_but_a_mount_left_by_a_killed_run_is_ours() -> None:
    theirs = Machine(frozenset(), frozenset(), ((os.makedev(8, 1), b"/media/clerk/CARD"),))
    ours = Machine(frozenset(), frozenset(), ((os.makedev(8, 1), b"/run/own/1"), (os.makedev(8, 2), b"/media/clerk/CARD")))
    assert why(volume(), theirs) is Untouched.MOUNTED
    assert why(volume(), ours) is None


class Sysfs:
    """A sysfs with the few files that are looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.proc = root / "proc"
        self.sysfs = root / "sys"
        (self.proc / "self").mkdir(parents=True)
        (self.proc / "self" / "mountinfo").write_text("")
        (self.sysfs / "dev" / "block").mkdir(parents=True)
        (self.sysfs / "class" / "block").mkdir(parents=True)

    def block(self, devpath: str, number: str, *, partition: bool = False) -> Path:
        place = self.sysfs / devpath.lstrip("/")
        place.mkdir(parents=True)
        (place / "dev").write_text(number + "\n")
        (place / "slaves").mkdir()
        (place / "holders").mkdir()
        if partition:
            (place / "partition").write_text("1\n")
        (self.sysfs / "dev" / "block" / number).symlink_to(place)
        (self.sysfs / "class" / "block" / place.name).symlink_to(place)
        return place

    def mounted(self, *lines: str) -> None:
        text = "".join(f"{n} 1 {line.replace(' ', ' / ', 1)} rw - ext4 /dev/x rw\n" for n, line in enumerate(lines))
        (self.proc / "self" / "mountinfo").write_text(text)

    def machine(self, *folders: bytes) -> Machine:
        return look_at_machine(folders, proc=self.proc, sysfs=self.sysfs)


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path)


def test_the_disk_below_an_encrypted_root_is_a_system_disk(sysfs: Sysfs) -> None:
    disk = CARD.rpartition("/")[0]
    sysfs.block(disk, "8:0")
    below = sysfs.block(CARD, "8:1", partition=True)
    crypt = sysfs.block("/devices/virtual/block/dm-0", "253:0")
    (crypt / "slaves" / "sda1").symlink_to(below)
    (below / "holders" / "dm-0").symlink_to(crypt)
    sysfs.mounted("253:0 /")
    machine = sysfs.machine()
    assert machine.system == {CARD, disk, "/devices/virtual/block/dm-0"}
    assert machine.held == {CARD}
    assert why(volume(), machine) is Untouched.SYSTEM_DISK


@pytest.mark.parametrize("point", ["/", "/boot", "/boot/efi", "/var", "/home"])
def test_whatever_part_of_the_system_lies_on_a_disk_makes_it_a_system_disk(sysfs: Sysfs, point: str) -> None:
    sysfs.block(CARD.rpartition("/")[0], "8:0")
    sysfs.block(CARD, "8:1", partition=True)
    sysfs.block(CARD[:-1] + "2", "8:2", partition=True)
    sysfs.mounted(f"8:2 {point}", "8:1 /run/own/card")
    assert why(volume(), sysfs.machine()) is Untouched.SYSTEM_DISK


def test_the_disk_that_holds_the_home_or_a_vault_is_a_system_disk_though_it_is_mounted_anywhere(
    sysfs: Sysfs, tmp_path: Path
) -> None:
    sysfs.block(OTHER, "8:16")
    sysfs.mounted(f"8:16 {tmp_path}")
    assert why(volume(OTHER, os.makedev(8, 16)), sysfs.machine()) is Untouched.MOUNTED
    for folder in (tmp_path / "vault", tmp_path):
        assert why(volume(OTHER, os.makedev(8, 16)), sysfs.machine(os.fsencode(folder))) is Untouched.SYSTEM_DISK


def test_the_disk_below_a_loop_file_that_is_used_is_a_system_disk(sysfs: Sysfs, tmp_path: Path) -> None:
    number = os.stat(tmp_path).st_dev
    sysfs.block(OTHER, f"{os.major(number)}:{os.minor(number)}")
    loop = sysfs.block("/devices/virtual/block/loop3", "7:3")
    (loop / "loop").mkdir()
    (loop / "loop" / "backing_file").write_text(f"{tmp_path / 'proc'}\n")
    sysfs.mounted("7:3 /")
    assert OTHER in sysfs.machine().system


def test_this_very_machine_has_its_own_disks_among_them() -> None:
    machine = look_at_machine([os.fsencode(Path(__file__).parent)])
    assert machine.mounts
    root = os.stat("/").st_dev
    entry = Path(f"/sys/dev/block/{os.major(root)}:{os.minor(root)}")
    if entry.exists():
        assert "/" + str(entry.resolve().relative_to("/sys")) in machine.system
