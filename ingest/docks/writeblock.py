"""The write block: the kernel's own read-only flag of a block device (BLKROSET, ioctl_list(2)).

A read-only mount keeps this station from writing; the flag keeps everybody from it, whatever a driver does at mounting. It is
set by the udev rule that comes with the station, before anybody can open the device; here it is verified. Root sets it itself.
"""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

from ingest.docks.facts import Volume
from ingest.errors import WriteBlockMissing

_BLKROSET = 0x125D  # linux/fs.h


def is_write_blocked(volume: Volume, sysfs: Path = Path("/sys")) -> bool:
    """Whether the kernel refuses to write to this volume: its own flag says so (a whole disk's holds for its partitions too)."""
    try:
        flag = (_entry(volume, sysfs) / "ro").read_text(encoding="ascii").strip()
    except OSError:
        return False
    return flag == "1"


def block_writes(volume: Volume, *, waived: bool, sysfs: Path = Path("/sys")) -> bool:
    """Set the flag where this process may, and make sure of it. Returns whether it is set; not set is a fault unless ``waived``.

    Raises :class:`~ingest.errors.WriteBlockMissing`.
    """
    if not is_write_blocked(volume, sysfs):
        for node in _nodes(volume, sysfs):
            with suppress(OSError):
                _set(node, read_only=True)
    blocked = is_write_blocked(volume, sysfs)
    if not blocked and not waived:
        raise WriteBlockMissing(node=volume.node)
    return blocked


def allow_writes(volume: Volume, sysfs: Path = Path("/sys")) -> None:
    """Clear the flag, for the erase step alone. Raises ``OSError`` where this process may not."""
    for node in reversed(_nodes(volume, sysfs)):
        _set(node, read_only=False)


def _entry(volume: Volume, sysfs: Path) -> Path:
    return sysfs / "dev" / "block" / f"{os.major(volume.number)}:{os.minor(volume.number)}"


def _nodes(volume: Volume, sysfs: Path) -> list[str]:
    """The volume's device file, and its disk's."""
    real = _entry(volume, sysfs).resolve()
    disk = [f"/dev/{real.parent.name}"] if (real / "partition").exists() else []
    return [volume.node, *disk]


def _set(node: str, *, read_only: bool) -> None:
    descriptor = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.ioctl(descriptor, _BLKROSET, struct.pack("i", read_only))
    finally:
        os.close(descriptor)
