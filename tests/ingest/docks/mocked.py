"""Run under umockdev-wrapper: a USB bus whose sysfs, device files and netlink socket are umockdev's, and what the monitor says.

umockdev runs no udev rules, so the properties are given here; see the recordings for a real kernel's.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence

from ingest.docks.facts import Arrived, DockEvent, Noticed
from ingest.docks.monitor import DockMonitor
from ingest.docks.tree import Patience

SECONDS = 20.0


class Testbed:
    """umockdev's testbed of this process, by its C interface."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libumockdev.so.0")
        self._library.umockdev_testbed_new.restype = ctypes.c_void_p
        self._library.umockdev_testbed_add_devicev.restype = ctypes.c_char_p
        self._bed = ctypes.c_void_p(self._library.umockdev_testbed_new())

    def add(self, subsystem: str, name: str, parent: str | None, attributes: Sequence[str], properties: Sequence[str]) -> str:
        """A device appears; its place in sysfs."""
        words = [subsystem.encode(), name.encode(), None if parent is None else parent.encode()]
        lists = [(ctypes.c_char_p * (len(one) + 1))(*(word.encode() for word in one), None) for one in (attributes, properties)]
        path: bytes = self._library.umockdev_testbed_add_devicev(self._bed, *words, *lists)
        return path.decode()

    def uevent(self, path: str, action: str) -> None:
        """The kernel says something about a device."""
        self._library.umockdev_testbed_uevent(self._bed, path.encode(), action.encode())

    def plug(self, port: int, disk: str, minor: int) -> tuple[str, str]:
        """A camera with an unpartitioned card."""
        ids = ["ID_VENDOR_ID", "04b4", "ID_MODEL_ID", "1234", "ID_SERIAL_SHORT", "SN1", "ID_USB_INTERFACES", ":080650:"]
        number = ["DEVNAME", f"/dev/bus/usb/001/{port:03}", "DEVNUM", f"{port:03}", "BUSNUM", "001"]
        usb = self.add("usb", f"1-{port}", self.bus, ["idVendor", "04b4"], ["DEVTYPE", "usb_device", *number, *ids])
        interface = self.add("usb", f"1-{port}:1.0", usb, [], ["DEVTYPE", "usb_interface"])
        file_system = ["ID_FS_TYPE", "vfat", "ID_FS_USAGE", "filesystem", "ID_FS_LABEL", "CAM01"]
        node = ["DEVTYPE", "disk", "DEVNAME", f"/dev/{disk}", "MAJOR", "8", "MINOR", str(minor), "ID_BUS", "usb"]
        return usb, self.add("block", disk, interface, ["size", "2048"], [*node, *ids, *file_system])

    def controller(self) -> None:
        """A USB controller with its root hub."""
        pci = self.add("pci", "pci0000:00/0000:00:14.0", None, [], [])
        self.bus = self.add("usb", "usb1", pci, [], ["DEVTYPE", "usb_device"])


def shown(event: DockEvent) -> list[object]:
    if isinstance(event, Arrived):
        plugged = event.plugged
        return ["arrived", plugged.port, [volume.node for volume in plugged.volumes], plugged.usb.serial, event.at_start]
    if isinstance(event, Noticed):
        return ["noticed", event.port, [], None, False]
    return ["removed", event.devpath, [], None, False]


def main() -> None:
    bed = Testbed()
    bed.controller()
    usb, disk = bed.plug(1, "sda", 0)
    monitor = DockMonitor(Patience(quiet=0.2))

    def say(count: int) -> None:
        said: list[DockEvent] = []
        while len(said) < count:
            found = monitor.next(SECONDS)
            assert found, f"{len(said)} of {count}"
            said += found
        for event in said:
            print(json.dumps(shown(event)), flush=True)

    say(1)
    bed.plug(2, "sdb", 16)
    say(2)
    bed.uevent(disk, "remove")
    bed.uevent(usb, "remove")
    say(1)
    monitor.close()


if __name__ == "__main__":
    main()
