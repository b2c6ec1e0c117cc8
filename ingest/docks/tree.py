"""From udev's words to what is plugged in. Pure: events and the clock are passed in, so recorded ones do as well as a kernel's.

One plug makes many events (device facts, section 13): the USB device and its interfaces, about a second later a disk, then
its partitions, then the disk once more. Whether the picture is complete is decided by rules and by quiet:

* nothing is said before a device and all below it have been quiet for a while;
* a device with a mass-storage interface waits for its disk, a disk with a partition table for a partition, both for a bounded
  time: an empty card reader and a broken table come out as what they are;
* a disk of no size is a reader without a card. The card that is put in later makes the device arrive again, with its volume;
* a recorder that has to be told to become a disk leaves and comes back under the same port: its leaving is held back, so that
  both are one visit;
* what leaves is matched by its place in sysfs alone, since udev's last words about a USB device have lost its properties.

Keyboards, hubs, network cards, readers of smart cards and optical drives never arrive.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.docks.facts import Arrived, DockEvent, Noticed, Plugged, Removed, UsbStrings, Volume

_USB_DEVICE = re.compile(
    r"(?P<device>(?P<controller>/.*?)/usb\d+/(?:[^/]+/)*?\d+-(?P<ports>\d+(?:\.\d+)*))(?:/\d+-[\d.]+:\d+\.\d+/.*)?"
)
"""A USB device in sysfs; what hangs on its interfaces (``1-2:1.0``) may follow. Hubs before it are devices of the same form."""
_PORT = re.compile(r"(?P<port>.+-usb(?:v\d)?-\d+:\d+(?:\.\d+)*)(?::\d+\.\d+.*)?")
_STORAGE, _STILL_IMAGE, _VENDOR = "08", "06", "ff"
_EXTENDED = frozenset(("0x5", "0xf", "0x85"))
"""Partition types (DOS) that only hold further partitions."""
KNOWN_CONTROL = frozenset((("4255", "0001"),))
"""Recorders known to wait for a command before they become a disk (device facts, section 8): no other is believed by its ids."""


@dataclass(frozen=True, slots=True)
class UdevEvent:
    """One event, or one device found at the start (action ``add``). ``size`` is the block device's in bytes, from sysfs."""

    action: str
    properties: Mapping[str, str]
    size: int | None = None

    @property
    def devpath(self) -> str:
        return self.properties["DEVPATH"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for more, in seconds.

    ``quiet`` after the last event; ``disk`` for the first disk of a mass-storage device; ``partition`` for the first partition
    of a disk that has a table, since udev was seen to take nine on a slow machine; ``switch`` for a recorder in control mode to come back as a disk.
    """

    quiet: float = 0.7
    disk: float = 10.0
    partition: float = 20.0
    switch: float = 20.0


def usb_device(devpath: str) -> str | None:
    """The place in sysfs of the USB device that something is or hangs on; None for what hangs on no USB port."""
    found = _USB_DEVICE.fullmatch(devpath)
    return None if found is None else found["device"]


def port_of(devpath: str, id_path: str | None) -> str:
    """The port a USB device hangs in, the same after every reboot: controller and chain of ports, never the bus's number.

    udev's ``ID_PATH`` says it. Without udev's rules the same is made of the place in sysfs.
    """
    if id_path is not None and (said := _PORT.fullmatch(id_path)) is not None:
        return said["port"]
    place = _USB_DEVICE.fullmatch(devpath)
    if place is None:
        raise ValueError(f"no USB device: {devpath}")
    controller = place["controller"].rpartition("/")[2]
    kind = "pci" if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", controller) else "platform"
    return f"{kind}-{controller}-usb-0:{place['ports']}"


@dataclass(slots=True)
class _Device:
    """What is known of one USB device so far."""

    devpath: str
    properties: dict[str, str]
    since: float
    changed: float
    at_start: bool
    blocks: dict[str, UdevEvent] = field(default_factory=dict)
    noticed: bool = False
    said: Plugged | None = None

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Class, subclass and protocol of each interface, six hexadecimal digits each."""
        return tuple(filter(None, self.properties.get("ID_USB_INTERFACES", "").split(":")))

    @property
    def is_ours(self) -> bool:
        return bool(self.blocks) or any(one[:2] in {_STORAGE, _STILL_IMAGE} for one in self.interfaces) or self.control

    @property
    def protocol(self) -> str | None:
        if "ID_MTP_DEVICE" in self.properties:
            return "mtp"
        still = "ID_GPHOTO2" in self.properties or any(one[:2] == _STILL_IMAGE for one in self.interfaces)
        return "ptp" if still else None

    @property
    def control(self) -> bool:
        """A recorder that waits for a command: known as one, or speaking nothing but its maker's own language."""
        ids = (self.properties.get("ID_VENDOR_ID", ""), self.properties.get("ID_MODEL_ID", ""))
        kinds = {one[:2] for one in self.interfaces}
        return self.protocol is None and _STORAGE not in kinds and (ids in KNOWN_CONTROL or kinds == {_VENDOR})

    def patience_ends(self, rules: Patience) -> float:
        """When the picture counts as complete, if nothing more happens."""
        quiet = self.changed + rules.quiet
        if not self.blocks and any(one[:2] == _STORAGE for one in self.interfaces):
            return max(quiet, self.since + rules.disk)
        for path, block in self.blocks.items():
            table = "ID_PART_TABLE_TYPE" in block.properties and "ID_FS_USAGE" not in block.properties
            if table and block.size != 0 and _is_disk(block) and not any(_is_below(one, path) for one in self.blocks):
                return max(quiet, self.changed + rules.partition)
        return quiet

    def plugged(self) -> Plugged:
        """The picture as it is."""
        volumes = tuple(_volume(self.blocks[path]) for path in sorted(self.blocks, key=_natural) if self._holds_data(path))
        return Plugged(
            self.devpath,
            port_of(self.devpath, self.properties.get("ID_PATH")),
            _strings(self.properties),
            volumes,
            None if volumes else self.protocol,
            self.control and not volumes,
        )

    def _holds_data(self, path: str) -> bool:
        block = self.blocks[path]
        if block.size == 0 or "ID_CDROM" in block.properties or block.properties.get("ID_TYPE") == "cd":
            return False
        if not _is_disk(block):
            return block.properties.get("ID_PART_ENTRY_TYPE") not in _EXTENDED
        return not any(_is_below(one, path) for one in self.blocks)


class Tree:
    """All USB devices, as the events tell. ``next_at`` says when to ask again."""

    def __init__(self, rules: Patience | None = None) -> None:
        self._rules = rules or Patience()
        self._devices: dict[str, _Device] = {}
        self._leaving: dict[str, tuple[str, float]] = {}
        """Recorders that left to become a disk: by port, the place in sysfs they left, and until when they are waited for."""
        self._said: list[DockEvent] = []

    def enumerated(self, present: Iterable[UdevEvent], now: float, *, at_start: bool) -> None:
        """Everything there is, at the start or once events were lost: what is not in it has left meanwhile."""
        present = list(present)
        usb = {one.devpath for one in present if one.properties.get("DEVTYPE") == "usb_device"}
        there = {one.devpath for one in present}
        for devpath, device in list(self._devices.items()):
            if devpath not in usb:
                self._device_left(devpath, now)
                continue
            for gone in [path for path in device.blocks if path not in there]:
                del device.blocks[gone]
                device.changed = now
        for one in sorted(present, key=lambda event: _natural(event.devpath)):
            self._appeared(one, now, at_start=at_start)

    def feed(self, event: UdevEvent, now: float) -> None:
        """One event."""
        if event.action in {"add", "bind", "change", "online"}:
            self._appeared(event, now, at_start=False)
        elif event.action == "remove":
            self._left(event, now)

    def due(self, now: float) -> list[DockEvent]:
        """What may be said by now, in order."""
        for port, (devpath, until) in list(self._leaving.items()):
            if now >= until:
                del self._leaving[port]
                self._said.append(Removed(devpath))
        for device in self._devices.values():
            if device.is_ours and now >= device.patience_ends(self._rules):
                self._complete(device)
        said, self._said = self._said, []
        return said

    def next_at(self) -> float | None:
        """When something may be due if nothing happens until then."""
        ends = [one.patience_ends(self._rules) for one in self._devices.values() if one.is_ours and one.said != one.plugged()]
        ends += [until for _, until in self._leaving.values()]
        return min(ends, default=None)

    def _appeared(self, event: UdevEvent, now: float, *, at_start: bool) -> None:
        properties = event.properties
        devpath = usb_device(event.devpath)
        if devpath is None:
            return
        is_device = properties.get("DEVTYPE") == "usb_device"
        is_block = properties.get("SUBSYSTEM") == "block" and properties.get("DEVTYPE") in {"disk", "partition"}
        if not (is_device or is_block):
            return
        device = self._devices.get(devpath)
        if device is not None and is_device and _number(properties) != _number(device.properties) and _number(properties):
            self._device_left(devpath, now)  # it came back before its leaving was heard of
            device = None
        if device is None:
            device = self._devices[devpath] = _Device(devpath, {}, now, now, at_start)
        before = (dict(device.properties), device.blocks.get(event.devpath))
        if is_device:
            device.properties = {**device.properties, **properties}
        else:
            # An event of a disk may be the first that is heard of a device: it repeats what the device says of itself.
            for name in ("ID_PATH", "ID_VENDOR_ID", "ID_MODEL_ID", "ID_SERIAL_SHORT", "ID_USB_INTERFACES"):
                if name in properties:
                    device.properties.setdefault(name, properties[name])
            device.blocks[event.devpath] = event
        if before != (device.properties, device.blocks.get(event.devpath)):
            device.changed = now
        self._notice(device)

    def _notice(self, device: _Device) -> None:
        if device.is_ours and not device.noticed:
            device.noticed = True
            port = port_of(device.devpath, device.properties.get("ID_PATH"))
            before = self._leaving.pop(port, None)
            if before is not None and before[0] != device.devpath:
                self._said.append(Removed(before[0]))  # it came back on the port's other, faster bus
            if not device.at_start:
                self._said.append(Noticed(device.devpath, port))

    def _left(self, event: UdevEvent, now: float) -> None:
        devpath = usb_device(event.devpath)
        if devpath == event.devpath:
            self._device_left(devpath, now)
            return
        device = None if devpath is None else self._devices.get(devpath)
        if device is not None and device.blocks.pop(event.devpath, None) is not None:
            device.changed = now

    def _device_left(self, devpath: str, now: float) -> None:
        device = self._devices.pop(devpath, None)
        if device is None or not device.noticed:
            return
        if device.control:
            self._leaving[port_of(devpath, device.properties.get("ID_PATH"))] = (devpath, now + self._rules.switch)
        else:
            self._said.append(Removed(devpath))

    def _complete(self, device: _Device) -> None:
        plugged = device.plugged()
        if plugged != device.said:
            self._said.append(Arrived(plugged, device.at_start and device.said is None))
            device.said = plugged


def _is_disk(block: UdevEvent) -> bool:
    return block.properties.get("DEVTYPE") == "disk"


def _is_below(devpath: str, above: str) -> bool:
    return devpath.startswith(above + "/")


def _number(properties: Mapping[str, str]) -> str | None:
    return properties.get("DEVNUM")


def _natural(devpath: str) -> list[tuple[int, str]]:
    """Sorts sda2 before sda10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", devpath)]


def _strings(untrusted: Mapping[str, str]) -> UsbStrings:
    def text(*names: str) -> str | None:
        for name in names:
            if value := untrusted.get(name, "").strip():
                return value[:256]
        return None

    return UsbStrings(
        untrusted.get("ID_VENDOR_ID", "")[:4],
        untrusted.get("ID_MODEL_ID", "")[:4],
        text("ID_USB_VENDOR", "ID_VENDOR"),
        text("ID_USB_MODEL", "ID_MODEL"),
        text("ID_USB_SERIAL_SHORT", "ID_SERIAL_SHORT"),
    )


def _volume(block: UdevEvent) -> Volume:
    untrusted = block.properties
    size = block.size
    if size is None:  # recorded properties have no sysfs beside them; a partition's table entry counts in sectors of 512 bytes
        size = 512 * int(untrusted.get("ID_PART_ENTRY_SIZE", "0"))
    sequence = untrusted.get("DISKSEQ", "")
    return Volume(
        node=untrusted.get("DEVNAME", ""),
        number=_device_number(untrusted),
        devpath=block.devpath,
        size=size,
        fs_type=untrusted.get("ID_FS_TYPE"),
        label=untrusted.get("ID_FS_LABEL"),
        volume_id=untrusted.get("ID_FS_UUID"),
        disk_sequence=int(sequence) if sequence.isdecimal() else None,
    )


def _device_number(untrusted: Mapping[str, str]) -> int:
    return os.makedev(int(untrusted["MAJOR"]), int(untrusted["MINOR"]))
