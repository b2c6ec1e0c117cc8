"""What is plugged into a port, as values. No udev, no disk, no clock: these come from recorded properties as well as from a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class UsbStrings:
    """What a USB device says of itself. Untrusted: makers share ids, and serial numbers repeat (device facts, section 8).

    ``vendor_id`` and ``product_id`` are four hexadecimal digits each.
    """

    vendor_id: str
    product_id: str
    maker: str | None = None
    product: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """One block device that holds a file system: a partition, or a whole disk without a table.

    ``node`` is the device file, ``number`` its device number, ``devpath`` its place in sysfs (which outlives its properties on
    removal), ``size`` in bytes. ``disk_sequence`` is the kernel's number of the medium: another one after every change of it.
    """

    node: str
    number: int
    devpath: str
    size: int
    fs_type: str | None = None
    label: str | None = None
    volume_id: str | None = None
    disk_sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Plugged:
    """One device in one port, complete: all its volumes are known, or that it has none.

    ``devpath`` names the USB device in sysfs and is what a removal is matched by; ``port`` is the chain of ports it hangs in, the
    same after every reboot; ``protocol`` is ``mtp`` or ``ptp`` for a device that shows objects instead of disks; ``control``
    that it is a recorder which has to be told to become a disk.
    """

    devpath: str
    port: str
    usb: UsbStrings
    volumes: tuple[Volume, ...] = ()
    protocol: str | None = None
    control: bool = False


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something was plugged into a port, and it is too early to say what."""

    devpath: str
    port: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A device is complete. Said again when its volumes change: a medium put into a reader, or taken out of it.

    ``at_start``: it was there when watching began.
    """

    plugged: Plugged
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """A device was pulled out, or what was noticed is none of ours after all."""

    devpath: str


DockEvent = Noticed | Arrived | Removed


class Arrivals(Protocol):
    """What is plugged in and pulled out, as it happens; what is there already comes first. For one thread."""

    def next(self, seconds: float) -> Sequence[DockEvent]:
        """What happened, in order; nothing after ``seconds`` without an event, or once :meth:`wake` was called."""

    def wake(self) -> None:
        """End a ``next`` that is under way, from another thread."""

    def close(self) -> None:
        """Watch no more."""


class Mounter(Protocol):
    """Makes volumes readable. Faults are those of :mod:`ingest.errors`."""

    name: str
    """By what it mounts, as it stands in the acquisition: ``mount`` or ``udisks2``."""

    def owns(self, point: bytes) -> bool:
        """Whether a mount at this point is this mounter's own, perhaps of a run that was killed."""

    def mount(self, volume: Volume) -> bytes:
        """Mount read-only, nosuid, nodev, noexec, without replaying a journal, the block device set read-only first; where it lies."""

    def mount_writable(self, volume: Volume) -> bytes:
        """Mount for writing, as the erase step alone may; nosuid, nodev, noexec. Where it lies."""

    def unmount(self, point: bytes) -> None:
        """Let a mount go, also one whose device was pulled out."""

    def power_off(self, plugged: Plugged) -> None:
        """Switch the device off where its port allows it, so that it may be taken away."""
