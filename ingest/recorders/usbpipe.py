"""Bulk endpoints by pyusb: the one module that touches it."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from ingest.errors import ProtocolMissing, RecorderGone

_BULK, _IN = 2, 0x80


class _Device(Protocol):
    """What is used of ``usb.core.Device``."""

    def is_kernel_driver_active(self, interface: int) -> bool: ...
    def write(self, endpoint: int, data: bytes, timeout: int) -> int: ...
    def read(self, endpoint: int, size: int, timeout: int) -> bytes: ...
    def clear_halt(self, endpoint: int) -> None: ...


class _Endpoint(Protocol):
    bEndpointAddress: int  # noqa: N815 - the name in the USB specification
    bmAttributes: int  # noqa: N815 - the name in the USB specification


class UsbPipe:
    """Endpoints ``out`` and ``in_`` of interface 0 of a device."""

    def __init__(self, device: _Device, out: int, in_: int) -> None:
        self._device = device
        self._out = out
        self._in = in_

    def write(self, data: bytes, seconds: float) -> None:
        with self._errors(self._out):
            sent = self._device.write(self._out, data, _milliseconds(seconds))
        if sent != len(data):
            raise OSError(errno.EIO, "not everything was sent")

    def read(self, limit: int, seconds: float) -> bytes:
        with self._errors(self._in):
            return bytes(self._device.read(self._in, limit, _milliseconds(seconds)))

    def close(self) -> None:
        import usb.util

        with suppress(OSError):
            usb.util.dispose_resources(self._device)

    @contextmanager
    def _errors(self, endpoint: int) -> Iterator[None]:
        """What pyusb raises is an ``OSError``, with the errno of libusb; time-outs and stalls become Python's own kinds."""
        try:
            yield
        except OSError as error:
            if error.errno == errno.ETIMEDOUT:
                raise TimeoutError(errno.ETIMEDOUT, "no transfer in time") from error
            if error.errno == errno.EPIPE:
                with suppress(OSError):
                    self._device.clear_halt(endpoint)
                raise BrokenPipeError(errno.EPIPE, "the endpoint stalled") from error
            number = errno.ENODEV if error.errno in {errno.ENODEV, errno.ENOENT, errno.ESHUTDOWN} else errno.EIO
            raise OSError(number, "the transfer failed") from error


def open_usb(devpath: str, *, sysfs: Path = Path("/sys")) -> UsbPipe:
    """The bulk endpoints of the USB device at a place of sysfs.

    Raises :class:`RecorderGone`, :class:`ProtocolMissing`; ``OSError`` when it has not got both, or they cannot be had.
    """
    try:
        import usb.core
    except ImportError as error:
        raise ProtocolMissing(protocol="USB", extra="recorders") from error
    entry = sysfs / devpath.lstrip("/")
    try:
        bus, address = (int((entry / name).read_text(encoding="ascii")) for name in ("busnum", "devnum"))
        device = usb.core.find(bus=bus, address=address)
    except (OSError, ValueError) as error:
        raise RecorderGone(device=entry.name) from error
    except usb.core.NoBackendError as error:
        raise ProtocolMissing(protocol="USB (libusb-1.0)", extra="recorders") from error
    if device is None:
        raise RecorderGone(device=entry.name)
    if device.is_kernel_driver_active(0):
        raise OSError(errno.EBUSY, "a driver of the kernel holds it")
    device.set_configuration()
    out, in_ = bulk_pair(device.get_active_configuration()[(0, 0)])
    return UsbPipe(device, out, in_)


def bulk_pair(endpoints: Iterable[_Endpoint]) -> tuple[int, int]:
    """Addresses of the first bulk endpoint out and the first one in (USB 2.0, section 9.6.6). Raises ``OSError``."""
    bulk = [one.bEndpointAddress for one in endpoints if one.bmAttributes & 3 == _BULK]
    out = next((address for address in bulk if not address & _IN), None)
    in_ = next((address for address in bulk if address & _IN), None)
    if out is None or in_ is None:
        raise OSError(errno.ENODEV, "no pair of bulk endpoints")
    return out, in_


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
