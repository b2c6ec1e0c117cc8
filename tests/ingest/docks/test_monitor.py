"""The monitor: on events that the test says, and on a mocked sysfs and netlink socket of umockdev, through the real libudev."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from ingest.docks.facts import Arrived, Removed
from ingest.docks.monitor import DockMonitor
from ingest.docks.tree import Patience, UdevEvent
from ingest.udev import Overflowed, UdevMonitor
from tests.ingest.docks.test_tree import FAT, STORAGE, USB, device, disk, gone
from tests.pieces import missing, need_program

ROOT = Path(__file__).parents[3]
QUICK = Patience(quiet=0.05, disk=0.2, partition=0.2, switch=0.2)


class Spoken:
    """A source of events that the test fills."""

    def __init__(self, *there: UdevEvent) -> None:
        self.there: Iterable[UdevEvent] = there
        self.events: SimpleQueue[UdevEvent | Overflowed | None] = SimpleQueue()

    def present(self) -> Iterable[UdevEvent]:
        return self.there

    def next(self, seconds: float) -> UdevEvent | Overflowed | None:
        try:
            return self.events.get(timeout=seconds) if seconds > 0 else self.events.get_nowait()
        except Empty:
            return None

    def wake(self) -> None:
        self.events.put(None)

    def close(self) -> None:
        self.wake()


def test_what_is_there_comes_first_and_then_what_happens() -> None:
    source = Spoken(device(STORAGE), disk(**FAT))
    monitor = DockMonitor(QUICK, lambda: source)
    (first,) = monitor.next(10)
    assert isinstance(first, Arrived)
    assert first.at_start
    source.events.put(disk(action="change", **FAT))  # the kernel says it again: nothing new
    source.events.put(gone())
    assert monitor.next(10) == [Removed(USB)]
    assert monitor.next(0) == []


def test_after_an_overflow_everything_is_looked_at_again() -> None:
    source = Spoken(device(STORAGE), disk(**FAT))
    monitor = DockMonitor(QUICK, lambda: source)
    monitor.next(10)
    source.there = ()
    source.events.put(Overflowed())
    assert monitor.next(10) == [Removed(USB)]


def test_waiting_ends_when_somebody_says_so() -> None:
    monitor = DockMonitor(QUICK, Spoken)
    threading.Timer(0.05, monitor.wake).start()
    assert monitor.next(60) == []
    monitor.close()


def test_the_real_netlink_socket_has_a_large_buffer_and_the_present_devices_are_read() -> None:
    try:
        monitor = UdevMonitor()
    except OSError as error:
        missing(f"a netlink socket for udev ({error})")
    try:
        allowed = int(Path("/proc/sys/net/core/rmem_max").read_text(encoding="ascii"))
        assert monitor.receive_buffer >= min(64 << 20, allowed)
        for event in monitor.present():
            assert event.devpath.startswith("/devices/")
        assert monitor.next(0) is None
    finally:
        monitor.close()
    monitor.close()  # once more does no harm


def test_an_error_of_the_socket_is_an_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        monitor = UdevMonitor()
    except OSError as error:
        missing(f"a netlink socket for udev ({error})")

    class Full:
        def poll(self, _seconds: float) -> None:
            raise OSError(105, "No buffer space available")

        def fileno(self) -> int:
            raise NotImplementedError

    try:
        monitor._monitor = Full()
        (said,) = monitor._received()
        assert isinstance(said, Overflowed)
    finally:
        monitor.close()


def test_devices_of_a_mocked_kernel_arrive_and_leave_through_the_real_libudev() -> None:
    wrapper = need_program("umockdev-wrapper", "umockdev")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [wrapper, sys.executable, "-P", "-m", "tests.ingest.docks.mocked"]
    done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said == [
        ["arrived", "pci-0000:00:14.0-usb-0:1", ["/dev/sda"], "SN1", True],
        ["noticed", "pci-0000:00:14.0-usb-0:2", [], None, False],
        ["arrived", "pci-0000:00:14.0-usb-0:2", ["/dev/sdb"], "SN1", False],
        ["removed", "/devices/pci0000:00/0000:00:14.0/usb1/1-1", [], None, False],
    ]
