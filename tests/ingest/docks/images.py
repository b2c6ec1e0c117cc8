"""Images of cards with real file systems, made without root, and loop devices to plug them in with."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.docks.facts import Volume
from tests.pieces import lacking, missing, need_program, need_root

MEBIBYTE = 1 << 20
FOOTAGE = b"footage" * 1000


def run(*arguments: str | Path) -> None:
    done = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One to make: size of the image, how to make and fill it, and which driver of the kernel mounts it."""

    fs_type: str
    size: int
    make: Callable[[Path], None]
    driver: str
    holds_footage: bool = True


def _fat(bits: int) -> Callable[[Path], None]:
    def make(image: Path) -> None:
        run(need_program("mkfs.vfat", "dosfstools"), "-F", str(bits), "-n", "CAM01", image)
        copy = need_program("mcopy", "mtools")
        (image.parent / "a.mp4").write_bytes(FOOTAGE)
        run(need_program("mmd", "mtools"), "-i", image, "::DCIM")
        run(copy, "-i", image, image.parent / "a.mp4", "::DCIM/a.mp4")

    return make


def _dirty_fat(image: Path) -> None:
    _fat(32)(image)
    with image.open("r+b") as file:
        file.seek(0x41)  # BPB_Reserved1 of FAT32: bit 0 says that it was not unmounted
        file.write(b"\x01")


def _ext(kind: str, *options: str) -> Callable[[Path], None]:
    def make(image: Path) -> None:
        folder = image.parent / "content"
        (folder / "DCIM").mkdir(parents=True, exist_ok=True)
        (folder / "DCIM" / "a.mp4").write_bytes(FOOTAGE)
        run(need_program(f"mkfs.{kind}", "e2fsprogs"), "-q", "-F", "-d", folder, *options, image)

    return make


def _journal_to_replay(image: Path) -> None:
    """As a power cut leaves it: the journal holds what is not in place yet."""
    _ext("ext4")(image)
    tool = need_program("debugfs", "e2fsprogs")
    run(tool, "-w", "-R", "feature needs_recovery", image)
    # A journal that says it has a transaction at block 1 (jbd2 superblock, s_start at offset 0x1C of the journal's first block).
    said = subprocess.run([tool, "-R", "bmap <8> 0", str(image)], capture_output=True, text=True, check=True, timeout=60).stdout
    with image.open("r+b") as file:
        file.seek(int(said.split()[0]) * 1024 + 0x1C)
        file.write((1).to_bytes(4, "big"))


def _ntfs(image: Path) -> None:
    run(need_program("mkfs.ntfs", "ntfs-3g"), "-q", "-F", "-f", "-L", "CAM01", image)
    (image.parent / "a.mp4").write_bytes(FOOTAGE)
    run(need_program("ntfscp", "ntfs-3g"), "-f", image, image.parent / "a.mp4", "a.mp4")


FILE_SYSTEMS = {
    "fat12": FileSystem("vfat", 2 * MEBIBYTE, _fat(12), "vfat"),
    "fat16": FileSystem("vfat", 16 * MEBIBYTE, _fat(16), "vfat"),
    "fat32": FileSystem("vfat", 40 * MEBIBYTE, _fat(32), "vfat"),
    "fat32-dirty": FileSystem("vfat", 40 * MEBIBYTE, _dirty_fat, "vfat"),
    "exfat": FileSystem(
        "exfat", 8 * MEBIBYTE, lambda image: run(need_program("mkfs.exfat", "exfatprogs"), image), "exfat", holds_footage=False
    ),
    "ext2": FileSystem("ext2", 4 * MEBIBYTE, _ext("ext2"), "ext2"),
    "ext3": FileSystem("ext3", 8 * MEBIBYTE, _ext("ext3"), "ext3"),
    "ext4": FileSystem("ext4", 8 * MEBIBYTE, _ext("ext4"), "ext4"),
    "ext4-no-journal": FileSystem("ext4", 4 * MEBIBYTE, _ext("ext4", "-O", "^has_journal"), "ext4"),
    "ext4-journal-to-replay": FileSystem("ext4", 8 * MEBIBYTE, _journal_to_replay, "ext4"),
    "ntfs": FileSystem("ntfs", 8 * MEBIBYTE, _ntfs, "fuseblk"),
}


@dataclass(frozen=True, slots=True)
class LoopCard:
    """An image plugged in as a loop device."""

    image: Path
    volume: Volume

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.image.read_bytes()).hexdigest()


def need_mounts() -> None:
    need_root("mount and to make loop devices")
    need_program("losetup", "mount")
    if not os.path.exists("/dev/loop-control"):
        missing("loop devices (the kernel's module loop)")


def need_driver(name: str) -> None:
    """Skip unless the kernel has this file system."""
    if name not in Path("/proc/filesystems").read_text(encoding="ascii").split():
        lacking(f"the kernel's file system {name}")


def make_image(name: str, folder: Path) -> Path:
    """An image with one of the file systems, and footage on it."""
    kind = FILE_SYSTEMS[name]
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / f"{name}.img"
    with image.open("wb") as file:
        file.truncate(kind.size)
    kind.make(image)
    return image


@contextmanager
def loop_card(image: Path, fs_type: str | None, *, read_only: bool = False) -> Iterator[LoopCard]:
    """An image as a block device."""
    arguments = ["losetup", "--find", "--show", *(["--read-only"] if read_only else []), str(image)]
    node = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    try:
        number = os.stat(node).st_rdev
        place = f"/devices/virtual/block/{Path(node).name}"
        yield LoopCard(image, Volume(node, number, place, image.stat().st_size, fs_type))
    finally:
        subprocess.run(["blockdev", "--setrw", node], check=True, timeout=60)  # the flag outlives the file behind a loop device
        subprocess.run(["losetup", "--detach", node], check=True, timeout=60)


def copied(image: Path, target: Path) -> Path:
    return Path(shutil.copyfile(image, target))
