"""``python -m tests.gui.showing HOME``: a real service whose board is told by hand what its slots show. For tests and screenshots.

It says its address on stdout as JSON when it can be found. A line on stdin, ``{"slot": 3, "state": "copying", …}``, changes a slot.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ingest.copying.syscalls import die_with_parent
from station.api.server import Server
from station.board import Board, Flag, SlotState
from station.home import Home
from station.service.service import Service, opened

SLOTS = 24
_GB = 1_000_000_000


def sample(since: str, docking: str | None) -> list[dict[str, Any]]:
    """Every state there is, with what can stand beside it."""
    camera = {"device": "serial:DSJ-2-004711", "officer": "012345", "docking": docking, "since": since}
    return [
        {
            "slot": 1,
            "state": "copying",
            **camera,
            "bytes_total": 12 * _GB,
            "bytes_left": 3_100_000_000,
            "seconds_left": 160,
            "flags": ["charging"],
        },
        {
            "slot": 2,
            "state": "safe-to-take",
            **camera,
            "officer": "008812",
            "bytes_total": 4 * _GB,
            "bytes_left": 0,
            "flags": ["important"],
        },
        {
            "slot": 4,
            "state": "error",
            **camera,
            "bytes_left": 120_000_000,
            "reason": "pulled-early",
            "fields": {"files": 3, "bytes": 120_000_000},
        },
        {
            "slot": 5,
            "state": "verifying",
            **camera,
            "officer": "020017",
            "bytes_total": 8 * _GB,
            "bytes_left": _GB,
            "seconds_left": 70,
        },
        {"slot": 6, "state": "identifying", "since": since},
        {
            "slot": 7,
            "state": "unknown",
            "device": "usb:0781-5583",
            "since": since,
            "reason": "device-quarantined",
            "fields": {"device": "usb:0781-5583"},
        },
        {
            "slot": 8,
            "state": "waiting",
            **camera,
            "officer": "031415",
            "bytes_total": 2 * _GB,
            "bytes_left": 2 * _GB,
            "flags": ["clock-wrong", "battery"],
        },
        {"slot": 9, "state": "do-not-pull", **camera, "officer": "027182"},
    ]


def change(board: Board, told: dict[str, Any]) -> None:
    members: dict[str, Any] = {name: value for name, value in told.items() if name != "slot"}
    if "state" in members:
        members["state"] = SlotState(members["state"])
    if "flags" in members:
        members["flags"] = frozenset(Flag(one) for one in members["flags"])
    board.change(int(told["slot"]), **members)


def serve(home: Path, slots: int) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with opened(Home(home)) as rooms:
        board = Board(slots)
        with rooms.queries() as queries:
            rows = list(queries.dockings())
        for one in sample(rooms.clock().utc, rows[-1].id if rows else None) if slots >= 9 else []:
            change(board, one)
        service = Service(rooms, board, duties=())
        server = Server(rooms.home, service, "127.0.0.1", 0)

        def listen() -> None:
            for line in sys.stdin:
                change(board, json.loads(line))
            stop.set()

        threading.Thread(target=listen, daemon=True).start()
        service.run(server, stop, ready=lambda: print(json.dumps({"url": server.url}), flush=True))


def main() -> None:
    die_with_parent(signal.SIGKILL)
    serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SLOTS)


if __name__ == "__main__":
    main()
