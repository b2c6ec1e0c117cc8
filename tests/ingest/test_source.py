from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from evidence.canonical import canonical
from ingest.listing import open_card
from ingest.source import (
    Acquisition,
    AcquisitionKind,
    BlockDevice,
    CardIdentity,
    KeyBasis,
    acquisition,
    device_key,
    mount_of,
)
from ingest.udev import UdevFacts, block_device_facts
from tests.ingest.test_listing import mounted
from tests.pieces import need_program, need_root

MOUNTINFO = rb"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 8:17 / /media/CAM\04001 ro,nosuid,nodev,noexec - exfat /dev/sdb1 rw,fmask=0022
41 27 8:33 / /media/CAM rw - vfat /dev/sdc1 rw
42 27 8:49 /sub /media/CAM rw - vfat /dev/sdd1 rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "point", "fs_type", "source", "read_only"),
    [
        (b"/home/x", b"/", "ext4", "/dev/vda", False),
        (b"/media/CAM 01", b"/media/CAM 01", "exfat", "/dev/sdb1", True),
        (b"/media/CAM 01/DCIM", b"/media/CAM 01", "exfat", "/dev/sdb1", True),
        (b"/media/CAM", b"/media/CAM", "vfat", "/dev/sdd1", False),
        (b"/media/CAMERA", b"/", "ext4", "/dev/vda", False),
    ],
)
def test_the_mount_a_path_lies_in(path: bytes, point: bytes, fs_type: str, source: str, read_only: bool) -> None:
    mount = mount_of(path, MOUNTINFO)
    assert mount is not None
    assert (mount.point, mount.fs_type, mount.source, mount.read_only) == (point, fs_type, source, read_only)


def test_a_read_only_mount_is_not_called_writable_as_well() -> None:
    mount = mount_of(b"/media/CAM 01", MOUNTINFO)
    assert mount is not None
    assert mount.options == ("fmask=0022", "nodev", "noexec", "nosuid", "ro")


def test_no_mount_at_all() -> None:
    assert mount_of(b"/x", b"") is None


def test_a_plain_folder(tmp_path: Path) -> None:
    with open_card(os.fsencode(tmp_path)) as card:
        how = acquisition(card)
    assert how.kind is AcquisitionKind.FOLDER
    assert how.mount is not None
    assert not how.read_only
    assert canonical(how.document())
    assert os.fsencode(tmp_path) not in canonical(how.document())


def test_a_block_device_mounted_read_only(tmp_path: Path) -> None:
    need_root("mount a loop device")
    image, point = tmp_path / "card.img", tmp_path / "card"
    point.mkdir()
    with image.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run([need_program("mkfs.ext4", "e2fsprogs"), "-q", image], check=True)
    with mounted(["-o", "loop,ro", str(image)], point):
        with open_card(os.fsencode(point)) as card:
            how = acquisition(card)
        with open_card(os.fsencode(point / "lost+found")) as card:
            inside = acquisition(card)
    assert (how.kind, how.read_only) == (AcquisitionKind.BLOCK_DEVICE, True)
    assert how.device is not None
    assert (how.device.size, how.device.read_only, how.device.name[:4]) == (4 << 20, True, "loop")
    assert how.mount is not None
    assert how.mount.fs_type == "ext4"
    assert (inside.kind, inside.read_only) == (AcquisitionKind.FOLDER, True)


def test_udev_knows_nothing_about_a_device_that_is_not_there() -> None:
    assert block_device_facts(os.makedev(8, 255)) == UdevFacts()


def of_volume(volume_id: str | None, kind: AcquisitionKind = AcquisitionKind.BLOCK_DEVICE) -> Acquisition:
    device = BlockDevice("8:17", "sdb1", 1, True, True, UdevFacts(serial="123456789", volume_id=volume_id))
    return Acquisition(kind, b"/media/CAM", None, device)


CONTENT = CardIdentity("gopro", "C3470000000001", "file MISC/version.txt")


def test_a_device_is_what_it_is_given_as_then_what_it_says_then_its_volume() -> None:
    how = of_volume("AB12-34CD").volume_id
    assert device_key("bwc-7", CONTENT, how) == device_key("bwc-7", None, None)
    assert (device_key("bwc-7", CONTENT, how).key, device_key("bwc-7", CONTENT, how).basis) == ("bwc-7", KeyBasis.GIVEN)
    assert (device_key(None, CONTENT, how).key, device_key(None, CONTENT, how).basis) == (
        "gopro:C3470000000001",
        KeyBasis.CONTENT,
    )
    assert (device_key(None, None, how).key, device_key(None, None, how).basis) == ("volume:AB12-34CD", KeyBasis.VOLUME)


def test_neither_a_shared_usb_serial_nor_the_disk_under_a_folder_is_an_identity() -> None:
    assert device_key(None, None, of_volume(None).volume_id).key == "unidentified"
    assert device_key(None, None, of_volume("AB12-34CD", AcquisitionKind.FOLDER).volume_id).key == "unidentified"
