"""``python -m tests.bench.mornings.serving HOME AHEAD``: the service of a home, under a clock that is ahead by what a file says (seconds).

Only the clock is another one: accounts, sessions, the doors and the log are the product's. Rooms that work by themselves are left out, so
that what is timed is what somebody asked for.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from evidence.custody.entry import Moment
from ingest.copying.syscalls import die_with_parent
from station import clock
from station.api.server import Server
from station.board import Board
from station.home import Home
from station.service.service import Service, opened


class Ahead:
    """A clock that runs as the real one does, and is ahead of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._begun = clock.now()
        self._since = time.monotonic_ns()

    def __call__(self) -> Moment:
        by = time.monotonic_ns() - self._since + int(self._file.read_text(encoding="ascii")) * 1_000_000_000
        return replace(self._begun, unix_ns=self._begun.unix_ns + by, mono_ns=self._begun.mono_ns + by)


def main(home: Path, ahead: Path) -> None:
    """Serve until SIGTERM; the address goes to stdout once it can be asked."""
    die_with_parent(signal.SIGKILL)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with clock.pretended(Ahead(ahead)), opened(Home(home)) as rooms:
        service = Service(rooms, Board(2), duties=())
        server = Server(rooms.home, service, "127.0.0.1", 0)
        service.run(server, stop, ready=lambda: print(server.url, flush=True))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
