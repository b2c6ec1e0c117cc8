"""What is plugged into the guest's USB ports, and pulled out again: cameras as disks or as MTP devices, hubs, keyboards.

QEMU fixes the USB ids (46f4:0001 for disks, 46f4:0004 for MTP); the serial number and the SCSI vendor, product and revision are
free. A port is a chain as the guest's kernel numbers it: ``3``, or ``3.2`` behind a hub.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from tests.dock.faults import LabError
from tests.dock.qmp import Qmp


@dataclass(frozen=True, slots=True)
class Medium:
    """A disk image as a camera shows it. ``slow`` limits it to that many bytes a second; ``bad`` are sectors that cannot be read."""

    image: Path
    serial: str | None = None
    vendor: str = "DOCKLAB"
    product: str = "Body Camera"
    slow: int | None = None
    bad: tuple[int, ...] = ()


class Plugs:
    """The ports of one machine. Names are ours, and each is plugged in once at a time."""

    def __init__(self, qmp: Qmp) -> None:
        self._qmp = qmp

    def hub(self, name: str, port: str) -> None:
        """A hub with eight ports."""
        self._qmp.do("device_add", driver="usb-hub", id=name, bus="xhci.0", port=port)

    def keyboard(self, name: str, port: str) -> None:
        """A keyboard, which is none of the station's business."""
        self._qmp.do("device_add", driver="usb-kbd", id=name, bus="xhci.0", port=port)

    def disk(self, name: str, port: str, medium: Medium) -> None:
        """A camera that shows itself as a disk."""
        top = self._block(name, medium)
        serial = {} if medium.serial is None else {"serial": medium.serial}
        self._qmp.do("device_add", driver="usb-bot", id=name, bus="xhci.0", port=port, **serial)
        self._qmp.do(
            "device_add",
            driver="scsi-hd",
            id=f"{name}-lun",
            bus=f"{name}.0",
            drive=top,
            vendor=medium.vendor,
            product=medium.product,
            removable=True,
            rerror="report",
            werror="report",
            **serial,
        )
        self._qmp.do("qom-set", path=f"/machine/peripheral/{name}", property="attached", value=True)

    def _block(self, name: str, medium: Medium) -> str:
        """The image as a chain of block nodes; the name of the topmost."""
        file: dict[str, object] = {"driver": "file", "filename": str(medium.image.resolve())}
        if medium.bad:
            errors = [
                {"event": "none", "iotype": "read", "sector": sector, "errno": 5, "once": False, "immediately": False}
                for sector in medium.bad
            ]
            file = {"driver": "blkdebug", "image": file, "inject-error": errors}
        self._qmp.do("blockdev-add", **{"driver": "raw", "node-name": f"{name}-disk", "file": file})
        if medium.slow is None:
            return f"{name}-disk"
        self._qmp.do("object-add", **{"qom-type": "throttle-group", "id": f"{name}-rate", "limits": {"bps-total": medium.slow}})
        throttle = {"driver": "throttle", "node-name": f"{name}-slow", "throttle-group": f"{name}-rate", "file": f"{name}-disk"}
        self._qmp.do("blockdev-add", **throttle)
        return f"{name}-slow"

    def quicken(self, name: str) -> None:
        """A slow medium is slow no more."""
        self._qmp.do("qom-set", path=f"/objects/{name}-rate", property="limits", value={"bps-total": 0})

    def mtp(self, name: str, port: str, folder: Path, serial: str) -> None:
        """A camera that shows a folder of the host as MTP objects, read-only."""
        self._qmp.do(
            "device_add",
            driver="usb-mtp",
            id=name,
            bus="xhci.0",
            port=port,
            rootdir=str(folder),
            desc="Body Camera",
            serial=serial,
        )

    def pull(self, name: str) -> None:
        """Pull it out, at once, whatever the guest is doing."""
        self._qmp.do("device_del", id=name)
        self._qmp.wait("DEVICE_DELETED", device=name)
        self._let_go(name)

    def _let_go(self, name: str) -> None:
        """Close the image. The disk behind the plug goes a moment after it: QEMU says when."""
        nodes = {node["node-name"] for node in self._qmp.list("query-named-block-nodes", flat=True)}
        if f"{name}-disk" not in nodes:
            return
        if any(device["name"] == f"{name}-lun" for device in self._qmp.list("qom-list", path="/machine/peripheral")):
            self._qmp.wait("DEVICE_DELETED", device=f"{name}-lun")
        for node in (f"{name}-slow", f"{name}-disk"):
            if node in nodes:
                self._qmp.do("blockdev-del", **{"node-name": node})
        with contextlib.suppress(LabError):
            self._qmp.do("object-del", id=f"{name}-rate")

    def names(self) -> list[str]:
        """What is plugged in, hubs last."""
        kinds = {"child<usb-bot>": 0, "child<usb-mtp>": 0, "child<usb-kbd>": 0, "child<usb-hub>": 1}
        devices = self._qmp.list("qom-list", path="/machine/peripheral")
        return [one["name"] for one in sorted(devices, key=lambda one: kinds.get(one["type"], 0)) if one["type"] in kinds]
