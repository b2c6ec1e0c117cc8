"""Cards as image files on loop devices: real file systems, mounted read-only or for writing (root)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.docks.facts import Plugged, Volume
from tests.pieces import lacking, need_program, need_root

FORMATS = {
    "fat32": ("vfat", ("mkfs.vfat", "dosfstools"), ("-F", "32", "-n", "CAM01"), 48 << 20),
    "exfat": ("exfat", ("mkfs.exfat", "exfatprogs"), ("-L", "CAM01"), 16 << 20),
    "ext4": ("ext4", ("mkfs.ext4", "e2fsprogs"), ("-q", "-F", "-m", "0"), 16 << 20),
}
"""By name: the kernel's type, the program that formats and its package, its options, and the image's size in bytes."""


@dataclass(frozen=True)
class CardImage:
    """A formatted card that nobody has plugged in."""

    image: Path
    fs_type: str

    @contextmanager
    def mounted(self, where: Path, *, writable: bool = False) -> Iterator[Path]:
        """Mounted for a while. Mounting anew is what makes a card's bytes come from the card."""
        where.mkdir(exist_ok=True)
        mount(self.image, self.fs_type, where, writable=writable)
        try:
            yield where
        finally:
            unmount(where)


class LoopMounter:
    """A :class:`~ingest.docks.facts.Mounter` for images: ``node`` of a volume is an image file."""

    name = "mount"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.writable = 0
        """How often something was mounted for writing."""

    def owns(self, point: bytes) -> bool:
        return point == os.fsencode(self._folder)

    def mount(self, volume: Volume) -> bytes:
        return self._mount(volume, writable=False)

    def mount_writable(self, volume: Volume) -> bytes:
        self.writable += 1
        return self._mount(volume, writable=True)

    def unmount(self, point: bytes) -> None:
        unmount(Path(os.fsdecode(point)))

    def power_off(self, plugged: Plugged) -> None:
        pass

    def _mount(self, volume: Volume, *, writable: bool) -> bytes:
        self._folder.mkdir(exist_ok=True)
        mount(Path(volume.node), volume.fs_type or "auto", self._folder, writable=writable)
        return os.fsencode(self._folder)


def formatted(kind: str, image: Path) -> CardImage:
    """A new card. Skips, and names the piece, where this system cannot have it."""
    need_root("mount file systems")
    fs_type, (program, package), options, size = FORMATS[kind]
    make = need_program(program, package)
    image.touch()
    os.truncate(image, size)
    subprocess.run([make, *options, str(image)], check=True, capture_output=True)
    probe = image.with_name("probe")
    probe.mkdir()
    tried = _mount(image, fs_type, probe, "ro")
    if tried.returncode != 0:
        lacking(f"a kernel that mounts {fs_type} on a loop device ({tried.stderr.splitlines()[0]})")
    unmount(probe)
    return CardImage(image, fs_type)


def mount(image: Path, fs_type: str, where: Path, *, writable: bool) -> None:
    """As the station mounts cards: nosuid, nodev, noexec; an ext4 card's journal is not replayed when it is only read."""
    read_only = "ro,noload" if fs_type == "ext4" else "ro"
    tried = _mount(image, fs_type, where, "rw" if writable else read_only)
    assert tried.returncode == 0, tried.stderr


def unmount(where: Path) -> None:
    subprocess.run(["umount", str(where)], check=True, capture_output=True)


def _mount(image: Path, fs_type: str, where: Path, options: str) -> subprocess.CompletedProcess[str]:
    command = ["mount", "-t", fs_type, "-o", f"loop,nosuid,nodev,noexec,{options}", str(image), str(where)]
    return subprocess.run(command, check=False, capture_output=True, text=True)
