"""What udev knows about a block device: the one module that touches pyudev, which has no types.

Facts only; what they mean is decided elsewhere. A station without udevd (a container) gets fewer facts, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UdevFacts:
    """Properties of one block device, None where udev says nothing. ``usb_path`` is the port chain (``ID_PATH``)."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    bus: str | None = None
    usb_path: str | None = None
    label: str | None = None
    volume_id: str | None = None


def block_device_facts(number: int) -> UdevFacts:
    """Facts of a block device by its number (``st_dev``)."""
    # Imported here: loading libudev takes a tenth of a second, which only an ingest has to pay.
    import pyudev

    try:
        untrusted_device = pyudev.Devices.from_device_number(pyudev.Context(), "block", number)
    except (pyudev.DeviceNotFoundError, OSError):
        return UdevFacts()
    untrusted_properties = untrusted_device.properties

    def text(*names: str) -> str | None:
        for name in names:
            value = untrusted_properties.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()[:256]
        return None

    return UdevFacts(
        vendor=text("ID_VENDOR"),
        model=text("ID_MODEL"),
        serial=text("ID_SERIAL_SHORT", "ID_SERIAL"),
        bus=text("ID_BUS"),
        usb_path=text("ID_PATH"),
        label=text("ID_FS_LABEL"),
        volume_id=text("ID_FS_UUID"),
    )
