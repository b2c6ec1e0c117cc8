"""What udev says: the one module that touches pyudev, which has no types.

Facts only; what they mean is decided elsewhere. A station without udevd (a container) gets fewer facts, never an error.

Events are drained by a thread that does nothing else, so that none is lost to whoever works on them; there is no observer of
pyudev's, which cannot be started twice and breaks on slow callbacks. Should the kernel's buffer overflow all the same, that
is told, and everything is looked up again.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from ingest.docks.tree import UdevEvent

RECEIVE_BUFFER = 64 << 20
"""Bytes for events that wait. Twelve devices at once make 150 events of 2 kB (device facts, section 13)."""
_UDEVD = "/run/udev/control"
_SUBSYSTEMS = (("usb", "usb_device"), ("block", None))


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


class Overflowed:
    """Said instead of an event: some were lost, and everything has to be looked up again."""


class UdevMonitor:
    """Events of USB devices and block devices from now on, as udev says them once its rules are done.

    Enumerate with :meth:`present` only after this was made: then nothing falls between the two, and what comes twice is the same.
    """

    def __init__(self) -> None:
        import pyudev

        self._context: Any = pyudev.Context()
        self._monitor: Any = pyudev.Monitor.from_netlink(self._context)
        for subsystem, kind in _SUBSYSTEMS:
            self._monitor.filter_by(subsystem, kind)
        self.receive_buffer = _enlarge(self._monitor)
        self._monitor.start()
        self._events: SimpleQueue[UdevEvent | Overflowed | None] = SimpleQueue()
        self._stop_read, self._stop_write = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._drain, name="udev", daemon=True)
        self._thread.start()

    def present(self) -> list[UdevEvent]:
        """Every USB and block device there is now, as if it were just added. Of what udev has not looked at yet, its event tells."""
        udev_runs = os.path.exists(_UDEVD)
        found = []
        for subsystem, kind in _SUBSYSTEMS:
            matching = {"subsystem": subsystem} if kind is None else {"subsystem": subsystem, "DEVTYPE": kind}
            for untrusted_device in self._context.list_devices(**matching):
                with suppress(OSError, KeyError):  # it left while it was looked at
                    if udev_runs and not untrusted_device.is_initialized:
                        continue
                    found.append(_event("add", untrusted_device))
        return found

    def next(self, seconds: float) -> UdevEvent | Overflowed | None:
        """The next event; None when ``seconds`` pass without one, or :meth:`wake` was called."""
        try:
            return self._events.get(timeout=seconds) if seconds > 0 else self._events.get_nowait()
        except Empty:
            return None

    def wake(self) -> None:
        """Let a ``next`` that waits return, or the next one at once."""
        self._events.put(None)

    def close(self) -> None:
        """Listen no more."""
        if self._thread.is_alive():
            os.write(self._stop_write, b"x")
            self._thread.join()
            os.close(self._stop_read)
            os.close(self._stop_write)
        self.wake()

    def _drain(self) -> None:
        poller = select.poll()
        poller.register(self._monitor.fileno(), select.POLLIN)
        poller.register(self._stop_read, select.POLLIN)
        while self._stop_read not in {descriptor for descriptor, _ in poller.poll()}:
            for event in self._received():
                self._events.put(event)

    def _received(self) -> Iterator[UdevEvent | Overflowed]:
        while True:
            try:
                untrusted_device = self._monitor.poll(0)
            except OSError as error:
                # Not only ENOBUFS: whatever the socket says, what it had may be gone, and looking everything up is never wrong.
                if error.errno not in (errno.EAGAIN, errno.EINTR):
                    yield Overflowed()
                return
            if untrusted_device is None:
                return
            with suppress(OSError, KeyError):
                yield _event(untrusted_device.action or "add", untrusted_device)


def _event(action: str, untrusted_device: Any) -> UdevEvent:  # noqa: ANN401 - pyudev has no types
    properties = {str(name): str(value) for name, value in untrusted_device.properties.items()}
    properties.setdefault("DEVPATH", str(untrusted_device.device_path))
    size = None
    if properties.get("SUBSYSTEM") == "block" and action != "remove":
        with suppress(OSError, KeyError, ValueError, UnicodeDecodeError):
            size = 512 * int(
                untrusted_device.attributes.asstring("size")
            )  # in sectors of 512 bytes, whatever the device's own are
    return UdevEvent(action, properties, size)


def _enlarge(monitor: Any) -> int:  # noqa: ANN401 - pyudev has no types
    """Enlarge the receive buffer as far as this process may; how large it is, in bytes."""
    try:
        monitor.set_receive_buffer_size(RECEIVE_BUFFER)  # needs CAP_NET_ADMIN
    except OSError:
        with socket.socket(fileno=os.dup(monitor.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)  # cut to net.core.rmem_max
    with socket.socket(fileno=os.dup(monitor.fileno())) as same:
        return same.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
