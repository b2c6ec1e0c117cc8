"""Services for tests: the command ``serve`` as a program, and quick ones of which each test has its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evidence.custody.entry import Actor
from station import httpclient
from station.home import Home
from tests.station.stations import PROGRAM, ROOT


class Serving:
    """``evidence-station serve`` as a process of its own. It leaves alone what is plugged into the machine that runs the tests."""

    def __init__(
        self, home: Path, *options: str, environment: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [*before, *PROGRAM, "--home", str(home), "serve", "--without-docks", *options],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> str:
        """Its address, when it takes connections; what it said before goes into ``said``."""
        assert self.process.stdout is not None
        self.said = ""
        while line := self.process.stdout.readline():
            self.said += line
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError((self.said, self.process.communicate(timeout=30)))

    def kill(self) -> None:
        """As a power cut would, as far as a process can tell."""
        self.process.kill()
        self.process.communicate(timeout=30)

    def stop(self) -> tuple[int, str, str]:
        """As an administrator does: exit status, what it said on stdout and stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


class Hatchery:
    """Quick services, one a home."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.station.service.hatching"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._served: dict[Path, int] = {}

    def client(self, home: Path, actor: Actor | None) -> httpclient.HttpClient:
        """A client of the service in a home, which is started if it is not there yet, and for which somebody acts.

        Without an actor whoever is signed in acts, as at a station.
        """
        who = home.with_name(f"{home.name}.who")
        if actor is not None:
            who.write_text(json.dumps([actor.person, actor.role, actor.reach is not None]), encoding="utf-8")
        if home not in self._served:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps([str(home), None if actor is None else str(who)]) + "\n")
            self._process.stdin.flush()
            pid = int(self._process.stdout.readline())
            assert pid, "the service did not begin"
            self._served[home] = pid
        found = httpclient.address(Home(home))
        assert found is not None
        return httpclient.HttpClient(Home(home), found)

    def stop(self, home: Path) -> None:
        """End the service in a home, if there is one."""
        pid = self._served.pop(home, None)
        if pid is not None:
            watched = os.pidfd_open(pid)
            os.kill(pid, signal.SIGTERM)
            select.select([watched], [], [], 60)
            os.close(watched)

    def close(self) -> None:
        """End all."""
        for home in list(self._served):
            self.stop(home)
        self._process.communicate(timeout=30)


def token(home: Path) -> str:
    return (home / "run" / "token").read_text(encoding="ascii").strip()


def ask(
    home: Path, url: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request by hand; a header whose value is empty is left out."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    given = {"Authorization": f"Bearer {token(home)}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def document(answer: tuple[http.client.HTTPResponse, bytes]) -> dict[str, Any]:
    """The JSON of an answer."""
    found = json.loads(answer[1])
    assert isinstance(found, dict)
    return found
