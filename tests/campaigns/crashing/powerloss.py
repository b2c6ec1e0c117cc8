"""Power loss: homes on file systems of their own, in image files, that are switched off in the middle of their work.

``EXT4_IOC_SHUTDOWN`` without flushing the journal ends a file system as a power cut does: what was not synchronised is gone, and the
next mount replays the journal. Vault and store lie on file systems of their own, as on disks of their own: else every commit
of the ledger would make the vault's names durable by accident.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.pieces import SYSTEM_PATH

_SHUTDOWN = (2 << 30) | (4 << 16) | (ord("X") << 8) | 125  # EXT4_IOC_SHUTDOWN, fs/ext4/ext4.h: _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
_IMAGE_BYTES = 64 << 20
_SCRATCH_BYTES = 2 << 30
_LETTING_GO_SECONDS = 10.0
_NAMESPACE_SECONDS = 60.0
"""So long another program's namespace may keep what was switched off."""
_MEMORY = Path("/dev/shm")  # the one place where Linux promises memory (tmpfs)
_OPTIONS = "loop,commit=300,noatime"
"""The journal is not written because time passes, but only because somebody asked."""


def missing_piece() -> str | None:
    """What this system lacks for it, or None."""
    if os.geteuid() != 0:
        return "root, to mount and shut down file systems"
    for program, package in (("mkfs.ext4", "e2fsprogs"), ("mount", "mount"), ("losetup", "mount")):
        if shutil.which(program, path=SYSTEM_PATH) is None:
            return f"{program} (Debian package {package})"
    try:
        _run("losetup", "--find")
    except subprocess.CalledProcessError:
        return "a loop device"
    return None


class Disks:
    """The file systems of one place: ``folders`` are mount points below ``root``, the outer ones first."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self._root = root
        self._folders = folders

    def make(self) -> None:
        """Move what lies in the folders into images."""
        for folder in reversed(self._folders):
            image = self._image(folder)
            image.touch()
            os.truncate(image, _IMAGE_BYTES)
            _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", str(image))
            aside = self._root / "aside"
            (self._root / folder).rename(aside)
            (self._root / folder).mkdir()
            _mount(image, self._root / folder)
            try:
                (self._root / folder / "lost+found").rmdir()
                _run("cp", "-a", f"{aside}/.", str(self._root / folder))
            finally:
                _run("umount", str(self._root / folder))
            shutil.rmtree(aside)

    def mount(self) -> None:
        """Mount all of them; journals are replayed. Raises ``subprocess.CalledProcessError``, and ``TimeoutError`` for one still held."""
        for folder in self._folders:
            (self._root / folder).mkdir(exist_ok=True)
            _mount(self._image(folder), self._root / folder)

    def unmount(self) -> None:
        """Unmount those that are mounted."""
        for folder in reversed(self._folders):
            if os.path.ismount(self._root / folder):
                _unmount(self._root / folder)

    def cut(self) -> None:
        """Switch all of them off, now."""
        for folder in reversed(self._folders):
            point = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.ioctl(point, _SHUTDOWN, struct.pack("=I", _NO_LOG_FLUSH))
            finally:
                os.close(point)

    def _image(self, folder: str) -> Path:
        return self._root / f"{folder.replace('/', '-')}.ext4"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a run, removed in the end: on an ext4 in memory where there is root and memory, for thousands of fsyncs.

    Without a journal, of which no power cut has need here: those strike images of their own, which have one.
    """
    folder = Path(tempfile.mkdtemp(prefix="evidence-station-crash."))
    image = _MEMORY / f"{folder.name}.ext4"
    in_memory = missing_piece() is None and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 2 * _SCRATCH_BYTES
    try:
        if in_memory:
            image.touch()
            os.truncate(image, _SCRATCH_BYTES)
            _run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", str(image))
            _run("mount", "-o", "loop,noatime,discard", str(image), str(folder))
        yield folder
    finally:
        for mounted in _mounted_below(folder):
            _run("umount", "--lazy", mounted)  # also when the campaign broke off and something still holds it
        image.unlink(missing_ok=True)
        shutil.rmtree(folder)


@contextmanager
def powered(root: Path, folders: Sequence[str]) -> Iterator[Disks]:
    """The disks of a place, mounted, and unmounted in the end whatever happens."""
    disks = Disks(root, folders)
    try:
        disks.mount()
        yield disks
    finally:
        disks.unmount()


def _mount(image: Path, folder: Path) -> None:
    """Mount a file system, and not the very one that was switched off.

    That one lives on, and would be mounted again, while any program has a copy of our mounts: one that began a namespace meanwhile. And
    whoever else looks for a loop device at this moment may be given the same one: then there is another a moment later.
    """
    began = time.monotonic()
    while True:
        try:
            _run("mount", "-o", _OPTIONS, str(image), str(folder))
        except subprocess.CalledProcessError:
            if time.monotonic() > began + _LETTING_GO_SECONDS:
                raise
        else:
            if not _switched_off(folder):
                return
            _run("umount", str(folder))
            if time.monotonic() > began + _NAMESPACE_SECONDS:
                raise TimeoutError(f"{folder}: another mount namespace holds what was switched off")
        time.sleep(0.1)  # the kernel tells nobody when it is gone


def _mounted_below(folder: Path) -> list[str]:
    """What is mounted at a folder and below it, the innermost first."""
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        points = [line.split()[1].replace(r"\040", " ") for line in mounts]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder)]


def _switched_off(folder: Path) -> bool:
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        last = [line.split()[3] for line in mounts if line.split()[1] == str(folder).replace(" ", r"\040")][-1]
    return "shutdown" in last.split(",")


def _unmount(folder: Path) -> None:
    """Unmount what killed processes worked on: they let go of their files a moment after they stop being watched."""
    deadline = time.monotonic() + _LETTING_GO_SECONDS
    while True:
        try:
            _run("umount", str(folder))
            return
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)  # the kernel tells nobody when it is done


def _run(*command: str) -> None:
    environment = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, capture_output=True, env=environment, text=True)
