"""What systemd is told, heard on a real datagram socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from station.service.notify import Notifier
from tests.station.service.serving import Serving
from tests.station.stations import Station


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(60)

    def hear(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().splitlines())

    def hear_until(self, name: str) -> list[dict[str, str]]:
        told = [self.hear()]
        while name not in told[-1]:
            told.append(self.hear())
        return told

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("abstract", [True, False])
def test_lines_reach_the_socket(tmp_path: Path, abstract: bool) -> None:
    address = f"@evidence-station-{os.getpid()}" if abstract else str(tmp_path / "notify")
    manager = Manager(address)
    Notifier({"NOTIFY_SOCKET": address}).tell(READY="1", STATUS="one\nline")
    assert manager.hear() == {"READY": "1", "STATUS": "one line"}
    manager.close()


def test_nobody_listens() -> None:
    Notifier({}).tell(READY="1")
    Notifier({"NOTIFY_SOCKET": "/nonexistent/notify"}).tell(READY="1")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_when_it_watches_this_process(environment: dict[str, str], seconds: float | None) -> None:
    assert Notifier(environment).watchdog_seconds == seconds


def test_a_service_says_when_it_is_ready_that_it_lives_and_that_it_stops(station: Station, tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
    serving = Serving(station.folder, environment=environment)
    told = manager.hear_until("READY")
    assert [one for one in told if "WATCHDOG" in one] == [], "not before it is ready"
    assert told[0]["STATUS"] == "self-check"
    assert "http://127.0.0.1:" in told[-1]["STATUS"]
    assert station.json("status")["service"]["pid"] == serving.process.pid, "ready means that clients are answered"
    manager.hear_until("WATCHDOG")
    manager.hear_until("WATCHDOG")
    serving.process.terminate()
    assert "stops within 30 s" in manager.hear_until("STOPPING")[-1]["STATUS"]
    assert serving.ended()[0] == 0
    manager.close()


def test_a_service_that_does_not_begin_is_never_ready(station: Station, tmp_path: Path) -> None:
    (station.folder / "keys" / "log.key.pem").unlink()
    manager = Manager(str(tmp_path / "notify"))
    serving = Serving(station.folder, environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    status, _, said = serving.ended()
    assert status != 0
    assert "log.key.pem" in said
    assert manager.hear() == {"STATUS": "self-check"}
    assert manager.hear() == {"STATUS": "self-check stops: key-unusable"}
    manager.close()
