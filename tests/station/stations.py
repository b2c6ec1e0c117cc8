"""A station to work with, and the command line as a program or as a call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from station.cli import main
from station.client import InProcess
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from station.cli import main; main()"]
Argument = str | bytes | Path
Document = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What a command said."""

    status: int
    out: bytes
    err: bytes

    @property
    def document(self) -> Document:
        """The one JSON document on stdout."""
        assert self.out.endswith(b"\n"), self
        (line,) = self.out.splitlines()
        found = json.loads(line.decode())
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> Document:
        """The error of a command that failed."""
        document = self.document
        assert set(document) == {"error"}, document
        found = document["error"]
        assert isinstance(found, dict)
        assert isinstance(found["code"], str)
        assert found["message"]
        return found


def run(*arguments: Argument, before: Sequence[Argument] = (), lines: str = "", program: Sequence[Argument] = PROGRAM) -> Told:
    """The command as a process of its own, started by ``before`` if that is given, with ``lines`` on stdin.

    ``program`` is the one to start: the real one, or its quick stand-in of the fixture ``forked``.
    """
    done = subprocess.run(
        [*before, *program, *arguments],
        cwd=ROOT,
        capture_output=True,
        input=lines.encode(),
        timeout=60,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Station:
    """A home with its command line in this process: quicker than a program, and the very same code."""

    folder: Path
    capture: pytest.CaptureFixture[bytes]

    def __call__(self, *arguments: Argument) -> Told:
        return call(self.capture, "--home", self.folder, *arguments)

    def json(self, *arguments: Argument, status: int = 0) -> Document:
        """The document of a command that leaves with ``status``."""
        told = self(*arguments, "--json")
        assert told.status == status, told
        document = told.document
        return told.error if "error" in document else document

    def log(self) -> list[Document]:
        """The custody log."""
        found: list[Document] = self.json("custody")["entries"]
        return found

    def rooms(self) -> Rooms:
        return Rooms.open(Home(self.folder))

    def client(self) -> InProcess:
        rooms = self.rooms()
        return InProcess(Engine(rooms), rooms.operator)


def call(capture: pytest.CaptureFixture[bytes], *arguments: Argument) -> Told:
    """The command in this process."""
    capture.readouterr()
    texts: Sequence[str] = [os.fsdecode(one) for one in arguments]
    with pytest.raises(SystemExit) as left:
        main(texts)
    out, err = capture.readouterr()
    code = left.value.code
    assert isinstance(code, int)
    return Told(code, out, err)
