"""The deriving room of a service that runs: what lies there after a kill in the middle, and what a player is given in the end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from station import httpclient
from station.client import InProcess
from station.commands import Ingest, ListAlarms
from station.commands.derived import ListDerivatives
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from tests.footage import footage
from tests.pieces import need_program
from tests.station.service.serving import Serving, ask, document, token

pytestmark = pytest.mark.timeout(600)  # children give way to whatever else the machine does
KINDS = ("original", "proxy", "working-copy", "filmstrip", "filmstrip-index", "waveform", "pts-index")
STEPS = 7
"""Times that ffmpeg is called for all of a transport stream: twice each for working copy, strip and proxy, the proxy last, once for the sound."""


class Gate:
    """An ffmpeg before the real one. Each call says that it came, and stands until it is let through, or the gate is taken away."""

    def __init__(self, folder: Path) -> None:
        self._came, self._go = folder / "came", folder / "go"
        os.mkfifo(self._came)
        os.mkfifo(self._go)
        program = folder / "bin" / "ffmpeg"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\ncase "$*" in -version) ;; *) [ -p {self._go} ] && echo > {self._came} && : < {self._go} ;; esac\n'
            f'exec {need_program("ffmpeg", "ffmpeg")} "$@"\n'
        )
        program.chmod(0o755)
        self.environment = {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    def wait(self) -> None:
        """Until a call stands there."""
        self._came.read_bytes()

    def open(self) -> None:
        """Let it through."""
        self._go.write_bytes(b"")

    def take_away(self) -> None:
        """Nothing stands any more."""
        self._go.unlink()


@pytest.fixture
def taken(made_home: Path, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A home with a film and, taken before it, one that is broken; and their ids."""
    shutil.copytree(made_home, tmp_path / "home")
    (card := tmp_path / "card").mkdir()
    (card / "broken.mp4").write_bytes(footage(seconds=2)[:3000])
    (card / "film.ts").write_bytes(footage("ts", seconds=2))
    rooms = Rooms.open(Home(tmp_path / "home"))
    found: Any = InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(card),), "badge 7")).document
    rooms.close()
    clips = {one["path"]: one["id"] for one in found["clips"]}
    assert clips["broken.mp4"] < clips["film.ts"], "the newest is seen to first"
    return tmp_path / "home", clips


def whole(home: Path) -> dict[str, int]:
    """The files on the shelf, each of which is what its name says: their inodes."""
    files = [one for one in (home / "derived").glob("??/*") if one.is_file()]
    assert all(hashlib.sha256(one.read_bytes()).hexdigest() == one.name.partition(".")[0] for one in files)
    return {one.name: one.stat().st_ino for one in files}


def rows(home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What there is, by original and kind."""
    rooms = Rooms.open(Home(home))
    told: Any = InProcess(Engine(rooms), rooms.operator).call(ListDerivatives()).document
    rooms.close()
    return {(one["original"], one["makes"]): one for one in told["derivatives"]}


def events(home: Path, url: str) -> Iterator[str]:
    """What the log's entries are about, as they are told, from its first on."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=500) as connection:
        head = f"GET /v1/events HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token(home)}\r\nLast-Event-ID: 1.0\r\n\r\n"
        connection.sendall(head.encode())
        for line in connection.makefile("rb"):
            if line.startswith(b"event: "):
                yield line[7:].decode().strip()


def test_a_kill_in_the_middle_leaves_nothing_half_and_the_next_start_makes_what_is_missing(
    taken: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    home, clips = taken
    gate = Gate(tmp_path)
    first = Serving(home, environment=gate.environment)
    try:
        first.ready()
        for _ in range(STEPS - 1):
            gate.wait()
            gate.open()
        gate.wait()
    finally:
        first.kill()
    gate.take_away()
    before = whole(home)
    (of,) = {original for original, _ in rows(home)}
    assert {makes for _, makes in rows(home)} == set(KINDS[2:])
    assert len(before) == len(KINDS[2:])
    assert list((home / "derived" / ".work").iterdir()), "it was in the middle of the proxy"
    second = Serving(home, environment=gate.environment)
    try:
        url = second.ready()
        assert "alarm" in events(home, url)  # of the broken one, the last
        after, made = whole(home), rows(home)
        assert before.items() < after.items(), "what was there was not made again"
        assert {makes for original, makes in made if original == of} == set(KINDS[1:])
        assert not list((home / "derived" / ".work").iterdir())
        address = httpclient.address(Home(home))
        assert address is not None
        alarms: Any = json.loads(json.dumps(httpclient.HttpClient(Home(home), address).call(ListAlarms()).document))
        (alarm,) = alarms["alarms"]
        assert (alarm["kind"], alarm["subject"]) == ("footage-unreadable", f"clip:{clips['broken.mp4']}")
        assert alarm["fields"]["reason"] == "unreadable"
        played(home, url, clips["film.ts"])
        assert second.stop()[0] == 0
    finally:
        if second.process.poll() is None:
            second.kill()


def played(home: Path, url: str, clip: str) -> None:
    """Every kind as a player takes it: its size first, its end, then pieces as they come; the index has every frame of both."""
    taken, types = {}, {}
    for of in KINDS:
        body = json.dumps({"of": of}).encode()
        answer = ask(home, url, "POST", f"/v1/clips/{clip}/tickets", body, Content_Type="application/json")
        assert answer[0].status == 201, answer
        ticket = document(answer)
        types[of] = ticket["media_type"]
        head = ask(home, url, "HEAD", ticket["url"], Authorization="")[0]
        assert (head.status, int(head.headers["Content-Length"])) == (200, ticket["size"])
        assert (head.headers["Accept-Ranges"], head.headers["Content-Type"]) == ("bytes", ticket["media_type"])
        step = 1 + ticket["size"] // 3
        pieces = [
            ask(home, url, "GET", ticket["url"], Authorization="", Range=f"bytes={at}-{at + step - 1}")
            for at in range(0, ticket["size"], step)
        ]
        taken[of] = b"".join(piece for _, piece in pieces)
        assert {answer.status for answer, _ in pieces} == {206}
        assert hashlib.sha256(taken[of]).hexdigest() == ticket["sha256"]
        end = ask(home, url, "GET", ticket["url"], Authorization="", Range="bytes=-16")
        assert (end[0].status, end[1]) == (206, taken[of][-16:])
    assert [types[of] for of in KINDS[:3]] == ["video/mp2t", "video/mp4", "video/x-matroska"]
    index = json.loads(taken["pts-index"])
    assert index["frames"] == index["working_copy"]["frames"] == 20
    assert index["working_copy"]["sha256"] == hashlib.sha256(taken["working-copy"]).hexdigest()
