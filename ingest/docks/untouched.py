"""What is never touched, by a written rule. Pure: the facts about this machine are a value, read in one place below.

* ``not-usb``: what hangs on no USB port: disks of this machine, loop, device-mapper and memory devices, network block devices;
* ``optical``: drives for discs;
* ``system-disk``: a disk that holds, through whatever lies between (device mapper, RAID, a loop file, a subvolume), the root, the
  boot files, swap, this station's home or a vault: every volume of it;
* ``held``: a volume that something else of this machine has opened for itself: encryption, RAID, a volume group;
* ``mounted``: a volume that somebody else has mounted. A mount of this station's own, left by a run that was killed, is its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.docks.facts import Volume
from ingest.docks.tree import usb_device

SYSTEM_FOLDERS = (b"/", b"/boot", b"/boot/efi", b"/efi", b"/usr", b"/var", b"/etc", b"/home", b"/opt", b"/srv")
"""What lies here, if it is a mount of its own, lies on a system disk."""


class Untouched(StrEnum):
    """Why a volume is left alone. The codes are stable: people see them."""

    NOT_USB = "not-usb"
    OPTICAL = "optical"
    SYSTEM_DISK = "system-disk"
    HELD = "held"
    MOUNTED = "mounted"


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts about this machine's own disks.

    ``system`` are places in sysfs (``/devices/…``) of block devices, whole disks included; ``held`` of those that another device
    is built on; ``mounts`` where each device number is mounted.
    """

    system: frozenset[str]
    held: frozenset[str]
    mounts: tuple[tuple[int, bytes], ...]

    def points(self, number: int) -> list[bytes]:
        """Where a block device is mounted."""
        return [point for one, point in self.mounts if one == number]


def why_untouched(volume: Volume, machine: Machine, is_own: Callable[[bytes], bool]) -> Untouched | None:
    """The rule by which a volume is left alone, or None. ``is_own`` knows this station's own mount points."""
    if usb_device(volume.devpath) is None:
        return Untouched.NOT_USB
    if re.search(r"/block/(sr|scd|pktcdvd)\d+", volume.devpath):
        return Untouched.OPTICAL
    if any(_same_disk(volume.devpath, one) for one in machine.system):
        return Untouched.SYSTEM_DISK
    if volume.devpath in machine.held or any(one.startswith(volume.devpath + "/") for one in machine.held):
        return Untouched.HELD
    if any(not is_own(point) for point in machine.points(volume.number)):
        return Untouched.MOUNTED
    return None


def _same_disk(one: str, other: str) -> bool:
    return _disk(one) == _disk(other)


def _disk(devpath: str) -> str:
    """The disk of a partition: what is named directly below ``block/``."""
    head, separator, tail = devpath.partition("/block/")
    return head + separator + tail.partition("/")[0]


def look_at_machine(folders: Iterable[bytes], *, proc: Path = Path("/proc"), sysfs: Path = Path("/sys")) -> Machine:
    """The facts as they are now. ``folders`` are the station's home and its vaults."""
    mounts = tuple(_mounts((proc / "self" / "mountinfo").read_bytes()))
    needed = {number for number, point in mounts if point in SYSTEM_FOLDERS}
    needed.update(_swaps(proc / "swaps"))
    for folder in folders:
        needed.update(_number_below(folder, mounts))
    system: set[str] = set()
    for number in needed:
        _add_with_what_is_below(number, sysfs, system)
    return Machine(frozenset(system), frozenset(_held(sysfs)), mounts)


def _mounts(mountinfo: bytes) -> Iterator[tuple[int, bytes]]:
    """Device number and mount point of every mount (proc_pid_mountinfo(5)).

    Where the number belongs to no block device (btrfs), the source's own number counts.
    """
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(b" - ")
        fields, tail = before.split(b" "), after.split(b" ")
        if not separator or len(fields) < 5 or len(tail) < 2:
            continue
        point = re.sub(rb"\\([0-7]{3})", lambda match: bytes((int(match[1], 8),)), fields[4])
        major, _, minor = fields[2].partition(b":")
        if major == b"0" and tail[1].startswith(b"/dev/"):
            try:
                yield os.stat(tail[1]).st_rdev, point
            except OSError:
                continue
        else:
            yield os.makedev(int(major), int(minor)), point


def _swaps(file: Path) -> Iterator[int]:
    try:
        lines = file.read_bytes().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        name = line.split()[0]
        try:
            facts = os.stat(name)
        except OSError:
            continue
        yield facts.st_rdev or facts.st_dev


def _number_below(folder: bytes, mounts: tuple[tuple[int, bytes], ...]) -> Iterator[int]:
    """The device a folder lies on; of one that is not made yet, of the folder it will lie in."""
    path = os.path.realpath(folder)
    while not os.path.exists(path) and path != b"/":
        path = os.path.dirname(path)
    yield os.stat(path).st_dev
    inside = [(len(point), number) for number, point in mounts if path == point or path.startswith(point.rstrip(b"/") + b"/")]
    if inside:
        yield max(inside)[1]


def _add_with_what_is_below(number: int, sysfs: Path, found: set[str]) -> None:
    entry = sysfs / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    if not entry.exists():
        return
    real = entry.resolve()
    place = "/" + str(real.relative_to(sysfs.resolve()))
    if place in found:
        return
    found.add(place)
    disk = real.parent if (real / "partition").exists() else real
    if disk != real:
        found.add("/" + str(disk.relative_to(sysfs.resolve())))
    below = [*(disk / "slaves").glob("*"), *(real / "slaves").glob("*")]
    for slave in below:
        major, _, minor = (slave / "dev").read_text(encoding="ascii").strip().partition(":")
        _add_with_what_is_below(os.makedev(int(major), int(minor)), sysfs, found)
    backing = real / "loop" / "backing_file"
    if backing.exists():
        file = backing.read_bytes().strip()
        if os.path.exists(file):
            _add_with_what_is_below(os.stat(file).st_dev, sysfs, found)


def _held(sysfs: Path) -> Iterator[str]:
    """Places of the devices that another block device is built on."""
    for holder in sysfs.glob("class/block/*/holders/*"):
        yield "/" + str(holder.parent.parent.resolve().relative_to(sysfs.resolve()))
