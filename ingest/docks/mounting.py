"""What both mounters share: patience with a busy device, and the look at what the kernel really mounted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ingest.docks.facts import Volume
from ingest.docks.filesystems import COMMON
from ingest.errors import MountFailed, VolumeBusy

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between two tries at a busy device: whatever looks at a new device lets go of it in that time."""
Pause = Callable[[float], None]
Done = TypeVar("Done")


class Busy(Exception):
    """Not now: somebody has it open. The argument says who is said to."""


def patiently(
    volume_node: str, act: Callable[[], Done], pause: Pause = time.sleep, *, pauses: tuple[float, ...] = PAUSES
) -> Done:
    """Try until the device is not busy any more. Raises :class:`~ingest.errors.VolumeBusy`."""
    for seconds in pauses:
        try:
            return act()
        except Busy:
            pause(seconds)
    try:
        return act()
    except Busy as busy:
        raise VolumeBusy(node=volume_node, detail=str(busy)) from busy


def check_mounted(volume: Volume, point: bytes, *, writable: bool, mountinfo: Path = Path("/proc/self/mountinfo")) -> None:
    """Make sure of what the kernel says about a mount, whoever made it. Raises :class:`~ingest.errors.MountFailed`."""
    found = mounts_at(point, mountinfo)
    if not found:
        raise MountFailed(node=volume.node, fs_type=volume.fs_type, detail="not in the kernel's list of mounts")
    needed = {*COMMON, *(() if writable else ("ro",))}
    if missing := sorted(needed - found[-1]):
        raise MountFailed(node=volume.node, fs_type=volume.fs_type, detail=f"mounted without {', '.join(missing)}")


def mounts_at(point: bytes, mountinfo: Path = Path("/proc/self/mountinfo")) -> list[set[str]]:
    """The per-mount options of everything mounted at a point, the topmost last (proc_pid_mountinfo(5), field 6)."""
    found = []
    for line in mountinfo.read_bytes().splitlines():
        fields = line.split(b" ")
        if re.sub(rb"\\([0-7]{3})", lambda match: bytes((int(match[1], 8),)), fields[4]) == point:
            found.append({option.decode("ascii", "replace") for option in fields[5].split(b",")})
    return found
