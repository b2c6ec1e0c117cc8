"""A witness as a process of its own, and a client that speaks to it by hand."""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.station.stations import PROGRAM, ROOT

Said = tuple[int, str, str]


class Serving:
    """``witness serve`` on a port of its own."""

    def __init__(self, home: Path, *options: str, before: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*before, *PROGRAM, "witness", "serve", "--home", str(home), "--listen", "127.0.0.1:0", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        found = re.search(r"https?://\S+", self.said)
        assert found is not None, (self.said, self.process.stderr)
        self.url = found[0]

    def submit(self, body: bytes, context: ssl.SSLContext | None = None) -> Said:
        return submit(self.url, body, context)

    def kill(self) -> None:
        """As a power cut would, as far as a process can tell."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As an administrator does; its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> int:
        os.kill(self.process.pid, sign)
        self.process.communicate(timeout=30)
        return self.process.returncode


def connection(url: str, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    address = urlsplit(url)
    if address.scheme == "https":
        return http.client.HTTPSConnection(address.netloc, timeout=30, context=context)
    return http.client.HTTPConnection(address.netloc, timeout=30)


def submit(url: str, body: bytes, context: ssl.SSLContext | None = None) -> Said:
    """One request; raises ``OSError`` or ``HTTPException`` when no answer came."""
    client = connection(url, context)
    try:
        client.request("POST", "/add-checkpoint", body)
        return read(client)
    finally:
        client.close()


def read(client: http.client.HTTPConnection) -> Said:
    answer = client.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line as a program."""
    words: Sequence[str] = [*PROGRAM, *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
