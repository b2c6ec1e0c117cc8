"""The guest's image: kernel, initrd and root disk, built once for what goes into it and kept.

The name of what is kept is a digest over everything it is made of: the scripts and lists in ``guest/``, and the version of the
kernel that apt offers. Folders of that name may be removed at any time when no lab runs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.dock.faults import LabError, PieceMissing

GUEST = Path(__file__).parent / "guest"
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "depmod": "kmod",
    "cpio": "cpio",
    "busybox": "busybox-static",
    "setpriv": "util-linux",
    "ffmpeg": "ffmpeg",
}
"""Program → the Debian package that brings it."""


@dataclass(frozen=True, slots=True)
class Image:
    """A built image: a folder with ``vmlinux``, ``initrd``, ``rootfs.img``, and the keys for ssh."""

    folder: Path

    def file(self, name: str) -> Path:
        return self.folder / name


def missing_piece() -> str | None:
    """The first piece of this machine that the lab cannot do without, in words; None when all are there."""
    for program, package in PROGRAMS.items():
        if shutil.which(program, path=PATH) is None:
            return f"{program} (Debian package {package})"
    if os.geteuid() != 0:
        return "root, to build the guest's file system"
    return None


def cache() -> Path:
    """Where images and saved states are kept: in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evidence-station" / "docklab"


def image() -> Image:
    """The image, built first where it is missing or made of something else. Raises :class:`PieceMissing`, :class:`LabError`."""
    if (piece := missing_piece()) is not None:
        raise PieceMissing(piece)
    folder = cache() / f"image-{_digest()}"
    with _alone(cache()):
        if not folder.exists():
            _build(folder)
    return Image(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time: the second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    kernel = subprocess.run(
        ["apt-cache", "depends", "linux-image-amd64"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout
    total = sha256(kernel)
    for file in sorted(GUEST.iterdir()):
        if file.is_file():
            total.update(f"{file.name} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:16]


def _build(folder: Path) -> None:
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a build that was interrupted
    part.mkdir()
    done = subprocess.run([GUEST / "build-image.sh", part], env={**os.environ, "PATH": PATH}, stdout=2, check=False)
    if done.returncode:
        raise LabError(f"build-image.sh ended with status {done.returncode}")
    part.rename(folder)
