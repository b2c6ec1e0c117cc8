"""``python -m tests.station.service.hatching``: starts services for tests, each a process of its own, without loading everything each time.

A line on stdin names a home and a file that says who acts (none: whoever is signed in); a process is forked off that serves that home on loopback, without rooms that work by
themselves, and says its process id on stdout once clients can find it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from functools import partial
from importlib import import_module
from pathlib import Path

from evidence.custody.entry import Actor
from evidence.reach import Reach
from ingest.copying.syscalls import die_with_parent
from station.api.server import Server
from station.board import Board
from station.commands import KINDS
from station.home import Home
from station.service.service import Service, opened

for kind in KINDS:
    import_module(f"station.handlers.{kind.handler.partition(':')[0]}")


def serve(home: Path, who: Path | None) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def acting(file: Path) -> Actor:
        name, role, bounded = json.loads(file.read_text(encoding="utf-8"))
        return Actor(name, role, Reach(units=None, sensitivities=None) if bounded else None)

    with opened(Home(home)) as rooms:
        service = Service(rooms, Board(2), duties=(), who=None if who is None else partial(acting, who))
        server = Server(rooms.home, service, "127.0.0.1", 0)
        service.run(server, stop, ready=lambda: print(os.getpid(), flush=True))


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        home, who = json.loads(line)
        if os.fork() == 0:
            die_with_parent(signal.SIGKILL)
            try:
                serve(Path(home), None if who is None else Path(who))
            except BaseException:
                traceback.print_exc()
                print(0)  # it did not begin: whoever waits must not wait for ever
                raise
            finally:
                sys.stdout.flush()
                os._exit(0)


if __name__ == "__main__":
    main()
