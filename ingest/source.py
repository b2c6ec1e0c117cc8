"""How a source was acquired, and which device it came from.

The facts go into the signed manifest: a court may ask whether the source could have been written to while it was read.
They are read from the kernel (mountinfo, sysfs) and from udev; what is not known stays None.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evidence.canonical import JsonObject
from evidence.ids import UNIDENTIFIED, DeviceKey
from ingest.listing import Card
from ingest.udev import UdevFacts, block_device_facts


class AcquisitionKind(StrEnum):
    """By which way the bytes came."""

    FOLDER = "folder"
    """A folder of this machine or of the network."""
    BLOCK_DEVICE = "block-device"
    """The root of a file system on a disk, card or camera in disk mode."""
    BLOCK_IMAGE = "block-image"
    """A whole block device, byte by byte, with all that is on it and between (``ingest --image``)."""
    MTP = "mtp"
    """Objects of a device, by the Media Transfer Protocol."""
    PTP = "ptp"
    """Objects of a camera, by the Picture Transfer Protocol (ISO 15740)."""


class WriteBlock(StrEnum):
    """What made writing to the source impossible while it was read."""

    DEVICE = "device"
    """The kernel refuses writes to the block device."""
    MOUNT = "mount"
    """The mount is read-only; the device below it is not."""
    NONE = "none"
    """Nothing: it merely was not written to."""
    PROTOCOL_HAS_NONE = "protocol-has-none"
    """MTP and PTP know no way to forbid writing; only questions were asked."""


@dataclass(frozen=True, slots=True)
class Mount:
    """The mount the source lies in (proc_pid_mountinfo(5)). ``options`` are those of the mount and of its file system."""

    point: bytes
    root: bytes
    fs_type: str
    source: str
    options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        """Whether the mount, or the file system under it, refuses writes."""
        return "ro" in self.options


@dataclass(frozen=True, slots=True)
class BlockDevice:
    """The block device under it. ``number`` is "major:minor"; ``size`` in bytes; ``read_only`` the device's own flag."""

    number: str
    name: str
    size: int | None
    read_only: bool | None
    removable: bool | None
    udev: UdevFacts

    def document(self) -> JsonObject:
        """As it stands in the manifest."""
        return {
            "number": self.number,
            "name": self.name,
            "size": None if self.size is None else str(self.size),
            "read_only": self.read_only,
            "removable": self.removable,
            "vendor": self.udev.vendor,
            "model": self.udev.model,
            "serial": self.udev.serial,
            "bus": self.udev.bus,
            "usb_path": self.udev.usb_path,
            "label": self.udev.label,
            "volume_id": self.udev.volume_id,
        }


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a source was read."""

    kind: AcquisitionKind
    path: bytes
    mount: Mount | None
    device: BlockDevice | None

    @property
    def read_only(self) -> bool:
        """Whether writing to the source was impossible by mount or by device, rather than merely not done."""
        return (self.mount is not None and self.mount.read_only) or (self.device is not None and self.device.read_only is True)

    @property
    def write_block(self) -> WriteBlock:
        """What kept the source from being written to; the strongest."""
        if self.device is not None and self.device.read_only is True:
            return WriteBlock.DEVICE
        return WriteBlock.MOUNT if self.read_only else WriteBlock.NONE

    @property
    def volume_id(self) -> str | None:
        """The id of the file system, when the source is all of it."""
        whole = self.kind is AcquisitionKind.BLOCK_DEVICE and self.device is not None
        return self.device.udev.volume_id if whole and self.device is not None else None

    def document(self) -> JsonObject:
        """As it stands in the manifest. The station's own path to the source is no fact about the source: left out."""
        mount = self.mount
        return {
            "kind": self.kind.value,
            "read_only": self.read_only,
            "write_block": self.write_block.value,
            "file_system": None if mount is None else {"type": mount.fs_type, "options": list(mount.options)},
            "device": None if self.device is None else self.device.document(),
        }


def acquisition(card: Card, *, mountinfo: Path = Path("/proc/self/mountinfo"), sysfs: Path = Path("/sys")) -> Acquisition:
    """How an open card is being read."""
    path = os.path.realpath(card.root)
    mount = mount_of(path, mountinfo.read_bytes())
    device = block_device(card.device, sysfs)
    whole = mount is not None and device is not None and mount.point == path and mount.root == b"/" and path != b"/"
    return Acquisition(AcquisitionKind.BLOCK_DEVICE if whole else AcquisitionKind.FOLDER, path, mount, device)


def mount_of(path: bytes, mountinfo: bytes) -> Mount | None:
    """The mount a resolved path lies in: the longest mount point above it, the last one where several are stacked."""
    best: Mount | None = None
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(b" - ")
        fields, tail = before.split(b" "), after.split(b" ")
        if not separator or len(fields) < 6 or len(tail) < 3:
            continue
        point = _unescape(fields[4])
        inside = point in (b"/", path) or path.startswith(point + b"/")
        if inside and (best is None or len(point) >= len(best.point)):
            options = {option.decode("utf-8", "replace") for option in fields[5].split(b",") + tail[2].split(b",")}
            if "ro" in options:
                options.discard("rw")
            best = Mount(
                point,
                _unescape(fields[3]),
                tail[0].decode("utf-8", "replace"),
                _unescape(tail[1]).decode("utf-8", "replace"),
                tuple(sorted(options)),
            )
    return best


@dataclass(frozen=True, slots=True)
class CardIdentity:
    """What the content of a card says about its device. ``basis`` names where that stands."""

    maker: str
    serial: str
    basis: str
    model: str | None = None
    firmware: str | None = None
    officer: str | None = None


class KeyBasis(StrEnum):
    """What a device key rests on, from strong to weak."""

    GIVEN = "given"
    CONTENT = "content"
    USB = "usb"
    """What the device says of itself over USB: make, product and serial number together. Serial numbers repeat."""
    VOLUME = "volume"
    """The file system's id: two cloned cards share it, and formatting changes it."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """The key under which evidence of one device is kept, and what it rests on."""

    key: DeviceKey
    basis: KeyBasis


def device_key(given: str | None, content: CardIdentity | None, volume_id: str | None) -> DeviceIdentity:
    """Which device a source belongs to: as given, else by what is on the card, else by its volume id.

    The serial number udev shows is not used: many card readers and cheap recorders share one (device facts, section 8).
    """
    if given is not None:
        return DeviceIdentity(DeviceKey(given), KeyBasis.GIVEN)
    if content is not None:
        return DeviceIdentity(DeviceKey(f"{content.maker}:{content.serial}"), KeyBasis.CONTENT)
    if volume_id is not None:
        return DeviceIdentity(DeviceKey(f"volume:{volume_id}"), KeyBasis.VOLUME)
    return DeviceIdentity(UNIDENTIFIED, KeyBasis.NOTHING)


def block_device(number: int, sysfs: Path = Path("/sys")) -> BlockDevice | None:
    """What the kernel and udev know of a block device, None for a number without one."""
    text = f"{os.major(number)}:{os.minor(number)}"
    entry = sysfs / "dev" / "block" / text
    if not entry.exists():
        return None
    real = entry.resolve()
    sectors = _number(real / "size")
    read_only = _number(real / "ro")
    disk = real if (real / "removable").exists() else real.parent  # a partition has no flag of its own
    removable = _number(disk / "removable")
    return BlockDevice(
        number=text,
        name=real.name,
        size=None if sectors is None else sectors * 512,  # sysfs counts in sectors of 512 bytes whatever the device's own are
        read_only=None if read_only is None else bool(read_only),
        removable=None if removable is None else bool(removable),
        udev=block_device_facts(number),
    )


def _number(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _unescape(field: bytes) -> bytes:
    """Space, tab, newline and backslash are octal in mountinfo."""
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes((int(match[1], 8),)), field)
