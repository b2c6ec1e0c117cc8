"""Real pyusb under the pipe: its errors, without a bus."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.errors import RecorderGone
from ingest.recorders.usbpipe import UsbPipe, bulk_pair, open_usb
from tests.pieces import missing

try:
    import usb.core
except ImportError:
    LIBRARY = False
else:
    LIBRARY = True


class Endpoints:
    """A device whose transfers end as a test says."""

    def __init__(self, outcome: Callable[[], bytes]) -> None:
        self._outcome = outcome
        self.cleared: list[int] = []
        self.timeouts: list[int] = []

    def is_kernel_driver_active(self, interface: int) -> bool:
        return False

    def write(self, endpoint: int, data: bytes, timeout: int) -> int:
        self.timeouts.append(timeout)
        self._outcome()
        return len(data) - 1 if endpoint == 0x02 else len(data)

    def read(self, endpoint: int, size: int, timeout: int) -> bytes:
        return self._outcome()[:size]

    def clear_halt(self, endpoint: int) -> None:
        self.cleared.append(endpoint)


def raising(error: str, *arguments: object) -> Callable[[], bytes]:
    def raise_it() -> bytes:
        raise getattr(usb.core, error)(*arguments)

    return raise_it


def test_bytes_go_out_and_come_in() -> None:
    endpoints = Endpoints(lambda: b"x" * 100)
    pipe = UsbPipe(endpoints, 0x01, 0x81)
    pipe.write(b"@Ver;8;00000000;#", 3.0)
    assert pipe.read(64, 3.0) == b"x" * 64
    assert endpoints.timeouts == [3000]
    with pytest.raises(OSError, match="not everything"):
        UsbPipe(endpoints, 0x02, 0x81).write(b"1234", 3.0)


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "number"),
    [
        ("USBTimeoutError", ("Operation timed out", -7, errno.ETIMEDOUT), TimeoutError, errno.ETIMEDOUT),
        ("USBError", ("Pipe error", -9, errno.EPIPE), BrokenPipeError, errno.EPIPE),
        ("USBError", ("No such device (it may have been disconnected)", -4, errno.ENODEV), OSError, errno.ENODEV),
        ("USBError", ("Entity not found", -5, errno.ENOENT), OSError, errno.ENODEV),
        ("USBError", ("Input/Output Error", -1, errno.EIO), OSError, errno.EIO),
        ("USBError", ("Other error", -99, None), OSError, errno.EIO),
    ],
)
def test_errors_of_libusb_become_those_of_a_pipe(
    name: str, arguments: tuple[object, ...], kind: type[OSError], number: int
) -> None:
    if not LIBRARY:
        missing("pyusb (the extra recorders)")
    endpoints = Endpoints(raising(name, *arguments))
    pipe = UsbPipe(endpoints, 0x01, 0x81)
    with pytest.raises(kind) as caught:
        pipe.read(64, 1.0)
    assert caught.value.errno == number
    assert endpoints.cleared == ([0x81] if kind is BrokenPipeError else [])


@dataclass
class Endpoint:
    bEndpointAddress: int  # noqa: N815 - the name in the USB specification
    bmAttributes: int  # noqa: N815 - the name in the USB specification


def test_the_bulk_endpoints_are_found_wherever_they_are() -> None:
    interrupt, out, in_, another = Endpoint(0x83, 3), Endpoint(0x02, 2), Endpoint(0x81, 2), Endpoint(0x84, 2)
    assert bulk_pair([interrupt, out, in_, another]) == (0x02, 0x81)
    for few in ([], [out, interrupt], [in_]):
        with pytest.raises(OSError, match="bulk"):
            bulk_pair(few)


def test_a_device_that_has_left_is_gone(tmp_path: Path) -> None:
    if not LIBRARY:
        missing("pyusb (the extra recorders)")
    with pytest.raises(RecorderGone):
        open_usb("/devices/pci/usb1/1-1", sysfs=tmp_path)
    entry = tmp_path / "devices/pci/usb1/1-1"
    entry.mkdir(parents=True)
    (entry / "busnum").write_text("250\n")
    (entry / "devnum").write_text("250\n")
    with pytest.raises(RecorderGone):
        open_usb("/devices/pci/usb1/1-1", sysfs=tmp_path)
