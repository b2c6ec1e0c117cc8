"""Cards for benchmarks: files of random bytes that nothing compresses or takes for one another, and readers as slow as a camera's.

A slow card is an ext4 image on a loop device, mounted read-only; the control group of whoever reads it may read only so many
bytes a second of that device (blkio.throttle.read_bps_device of the kernel's first control groups, which needs root).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from tests.bench.children import Failed
from tests.pieces import SYSTEM_PATH

_BLKIO = Path("/sys/fs/cgroup/blkio")
_THROTTLE = "blkio.throttle.read_bps_device"
_BLOCK = 1 << 20
_OVERHEAD = 64 << 20
_IN_A_FOLDER = 1000


class Kind(StrEnum):
    """What the files are, as a station sees them."""

    CLIP = "MP4"
    """A second of film, and random bytes to the size: media facts are read of every one."""
    PHOTO = "JPG"
    """A picture, and random bytes to the size."""
    DATA = "DAT"
    """Random bytes under a name that no player claims."""


@dataclass(frozen=True, slots=True)
class Card:
    """A folder of files. ``digests``: SHA-256 by relative path. ``group``: the cgroup.procs that a slow card's readers join."""

    path: Path
    digests: Mapping[str, str]
    bytes: int
    group: Path | None = None

    @property
    def files(self) -> list[Path]:
        return [self.path / name for name in self.digests]


def fill(path: Path, count: int, size: int, kind: Kind) -> Card:
    """Put ``count`` files of ``size`` bytes into a folder, a thousand to a folder, as cameras do."""
    digests = {}
    for number in range(count):
        name = f"DCIM/{100 + number // _IN_A_FOLDER}BENCH/BEN{number:05d}.{kind.value}"
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        digests[name] = _write(file, size, _head(kind))
    return Card(path, digests, count * size)


def _write(file: Path, size: int, head: bytes) -> str:
    if len(head) > size:
        raise ValueError(f"a file of this kind has {len(head)} bytes at least")
    hasher = hashlib.sha256(head)
    with file.open("wb") as stream:
        stream.write(head)
        left = size - len(head)
        while left:
            block = os.urandom(min(left, _BLOCK))
            hasher.update(block)
            stream.write(block)
            left -= len(block)
    return hasher.hexdigest()


@cache
def _head(kind: Kind) -> bytes:
    """What makes a file media: ffmpeg's shortest, small enough for any file here."""
    if kind is Kind.DATA:
        return b""
    source = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=5", "-map_metadata", "-1"]
    if kind is Kind.PHOTO:
        return _ffmpeg([*source, "-frames:v", "1", "-f", "mjpeg"])
    # A last box without an end (size 0, ISO 14496-12 section 4.2) takes in whatever follows.
    return _ffmpeg([*source, "-t", "1", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov"]) + b"\x00\x00\x00\x00free"


def _ffmpeg(arguments: list[str]) -> bytes:
    command = ["ffmpeg", "-v", "error", *arguments, "-"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, env={"PATH": SYSTEM_PATH}).stdout


def can_be_slow() -> str | None:
    """What is missing for slow cards; None when nothing is."""
    if os.geteuid() != 0:
        return "root, to mount images and to throttle readers"
    if not (_BLKIO / _THROTTLE).exists():
        return f"the kernel's blkio control group ({_BLKIO / _THROTTLE})"
    return None


@contextmanager
def slow_cards(folder: Path, number: int, count: int, size: int, kind: Kind, rate: int) -> Iterator[list[Card]]:
    """``number`` cards of ``count`` files, each card read at ``rate`` bytes a second at most by the members of their group."""
    with ExitStack() as stack:
        mounted = [stack.enter_context(_mounted(folder / f"card-{one}", count, size, kind)) for one in range(number)]
        group = _BLKIO / f"evidence-station-bench-{os.getpid()}"
        group.mkdir()
        stack.callback(group.rmdir)
        for _, device in mounted:
            (group / _THROTTLE).write_text(f"{device} {rate}\n", encoding="ascii")
        procs = group / "cgroup.procs"
        yield [Card(card.path, card.digests, card.bytes, procs) for card, _ in mounted]


@contextmanager
def _mounted(folder: Path, count: int, size: int, kind: Kind) -> Iterator[tuple[Card, str]]:
    """A card on a loop device of its own, mounted read-only, and the device's number."""
    folder.mkdir()
    image, mount = folder / "image", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(count * size + count * 4096 + count * size // 50 + _OVERHEAD)
    _system("mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", image)
    try:
        _system("mount", "-o", "loop", image, mount)
        try:
            card = fill(mount, count, size, kind)
        finally:
            _system("umount", mount)
        # Direct, so that the image is not in memory while the file system on it is dropped from there.
        device = _system("losetup", "--find", "--show", "--read-only", "--direct-io=on", image).strip()
        try:
            _system("mount", "-o", "ro", device, mount)
            try:
                yield card, Path(f"/sys/block/{Path(device).name}/dev").read_text(encoding="ascii").strip()
            finally:
                _system("umount", mount)
        finally:
            _system("losetup", "--detach", device)
    finally:
        image.unlink()
        mount.rmdir()
        folder.rmdir()


def _system(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": SYSTEM_PATH})
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout
