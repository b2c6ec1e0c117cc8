"""Cameras' media: disk images with a card's files on them, in every file system that recorders use.

FAT32 and ext4 are made here, without mounts and without root; exFAT and NTFS are written by the guest's own drivers. The files'
content depends on the card alone, so that their digests are known without reading the image back.
"""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from tests.dock.image import PATH
from tests.dock.machine import SHARE, Machine
from tests.dock.plugs import Medium, Plugs

MEBIBYTE = 1 << 20
SECTOR = 512
PARTITION_AT = MEBIBYTE
VOLUME_ID = "0BADCAFE"
"""Of every FAT card: recorders of one batch share it, and the label too."""
FIRST_MOMENT = 1_768_435_200
_ENVIRONMENT = {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}


class FileSystem(StrEnum):
    """A file system, by the name the kernel of the guest has for it."""

    FAT32 = "vfat"
    EXFAT = "exfat"
    EXT4 = "ext4"
    NTFS = "ntfs"


_PARTITION_TYPES = {FileSystem.FAT32: 0x0C, FileSystem.EXFAT: 0x07, FileSystem.EXT4: 0x83, FileSystem.NTFS: 0x07}
_LEAST = {
    FileSystem.FAT32: 34 * MEBIBYTE,
    FileSystem.EXFAT: 8 * MEBIBYTE,
    FileSystem.EXT4: 8 * MEBIBYTE,
    FileSystem.NTFS: 8 * MEBIBYTE,
}
"""The smallest image that each is made with; FAT32 begins at 65,525 clusters, of one sector each here."""


@dataclass(frozen=True)
class Card:
    """What a recorder has recorded: clips of ``clip_bytes`` each, named as recorders with the common PC interface name them."""

    device: str
    officer: str = "004217"
    clips: int = 2
    clip_bytes: int = 200_000

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Path → content. A well-formed MP4 container with noise in it, and a log."""
        draw = random.Random(f"{self.device}/{self.clips}/{self.clip_bytes}")
        found: dict[str, bytes] = {}
        for number in range(1, self.clips + 1):
            noise = draw.randbytes(self.clip_bytes)
            name = f"DCIM/20260115/{self.device}_{self.officer}_202601150800{number:02}_{number:04}.MP4"
            found[name] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + struct.pack(">I4s", len(noise) + 8, b"mdat") + noise
        found["LOG/20260115.LOG"] = f"{self.device} power on\n".encode()
        return found

    @property
    def digests(self) -> Counter[str]:
        """How often each content is on it."""
        return Counter(sha256(content).hexdigest() for content in self.files.values())

    def write(self, folder: Path) -> None:
        """Write the files into a folder, a minute between them."""
        for number, (path, content) in enumerate(self.files.items()):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, (FIRST_MOMENT + 60 * number,) * 2)

    def tar(self) -> bytes:
        """The files as an archive."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for number, (path, content) in enumerate(self.files.items()):
                entry = tarfile.TarInfo(path)
                entry.size, entry.mtime = len(content), FIRST_MOMENT + 60 * number
                archive.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Format:
    """How a card is laid out: its file system, in a partition or on the bare disk."""

    system: FileSystem = FileSystem.FAT32
    table: bool = True
    label: str = "BODYCAM"


USUAL = Format()
"""As most recorders do it."""


def make(card: Card, image: Path, how: Format = USUAL) -> Path:
    """Write a FAT32 or ext4 image of a card, and return its path."""
    size = _size(card, how)
    start = _blank(image, size, how)
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        card.write(tree)
        if how.system is FileSystem.FAT32:
            batch = ("-n", how.label, "-i", VOLUME_ID)
            _run("mkfs.vfat", "-F", "32", "-s", "1", *batch, "--offset", str(start // SECTOR), image, str(size // 1024))
            _run("mcopy", "-s", "-m", "-i", f"{image}@@{start}", *sorted(tree.iterdir()), "::/")
        elif how.system is FileSystem.EXT4:
            options = f"offset={start},lazy_itable_init=1,root_owner=0:0"
            _run("mke2fs", "-q", "-F", "-t", "ext4", "-L", how.label, "-d", tree, "-E", options, image, f"{size // 1024}k")
        else:
            raise ValueError(f"{how.system} is written by a guest")
    return image


def make_in_guest(machine: Machine, card: Card, image: Path, how: Format) -> Path:
    """Write an exFAT or NTFS image with the guest's drivers. The guest must not protect its USB ports yet."""
    _blank(image, _size(card, how), how)
    plugs, shell = Plugs(machine.qmp), machine.shell
    plugs.disk("made", "1", Medium(image, serial="MADE"))
    node = shell.text(wait_for_disk("MADE", partition=how.table))
    mkfs, mount = {
        FileSystem.EXFAT: (f"mkfs.exfat -L {how.label} {node}", f"mount -t exfat -o iocharset=utf8 {node}"),
        FileSystem.NTFS: (f"mkfs.ntfs -Q -q -L {how.label} {node}", f"ntfs-3g {node}"),
    }[how.system]
    archive = machine.share / f"{card.device}.tar"  # the guest may still hold what lay under another card's name
    archive.write_bytes(card.tar())
    shell.run(
        f"set -e; {mkfs} >&2; m=$(mktemp -d); {mount} $m;"
        f" tar -C $m --no-same-owner --no-same-permissions -xf {SHARE}/{archive.name}; umount $m; sync"
    )
    archive.unlink()
    plugs.pull("made")
    return image


def wait_for_disk(serial: str, *, partition: bool = False) -> str:
    """Words of a shell that wait until udev is done with the disk of this serial number, and print its device node."""
    link = f"/dev/disk/by-id/usb-*_{serial}-0:0" + ("-part1" if partition else "")
    return f"set -o pipefail; timeout 120 sh -c 'until ls {link} >/dev/null 2>&1; do udevadm settle; sleep 0.2; done'; readlink -f {link}"


def _size(card: Card, how: Format) -> int:
    needed = sum(map(len, card.files.values()))
    return _LEAST[how.system] + -(-needed // MEBIBYTE) * MEBIBYTE


def _blank(image: Path, size: int, how: Format) -> int:
    """An empty image, with a table of one partition (MBR) if wanted; where the file system begins, in bytes."""
    start = PARTITION_AT if how.table else 0
    with image.open("wb") as file:
        file.truncate(start + size)
        if how.table:
            number = random.Random(image.name).getrandbits(32)
            whole = (b"\xfe\xff\xff", _PARTITION_TYPES[how.system], b"\xfe\xff\xff", start // SECTOR, size // SECTOR)
            entry = struct.pack("<B3sB3sII", 0, *whole)
            file.write(bytes(440) + struct.pack("<IH", number, 0) + entry + bytes(48) + b"\x55\xaa")
    return start


def _run(*command: str | Path) -> None:
    subprocess.run(command, env=_ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
