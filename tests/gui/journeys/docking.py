"""``python -m tests.gui.journeys.docking HOME``: a real service with docks into which the journey plugs.

Everything is the product's own (registry, copy worker, board, API) but the ports: a line on stdin, ``{"plug": FOLDER, "port": "p2", "serial": …}`` or ``{"pull": …}``,
is what udev would say, and the folder is the card. It says its address on stdout as JSON when it can be found.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.copying.syscalls import die_with_parent
from ingest.docks.facts import Plugged, UsbStrings, Volume
from ingest.visit import Opening
from station.api.server import Server
from station.board import Board
from station.devices import flags_of, judge, present_on
from station.docks.here import board_of
from station.docks.runner import Docks
from station.home import Home
from station.rooms import Lender, Rooms
from station.service.service import Service, opened
from tests.station.docks.dock import Folders, Told, plug, pull


@dataclass
class Ports:
    """What hangs in them."""

    arrivals: Told = field(default_factory=Told)
    plugged: dict[str, Plugged] = field(default_factory=dict)

    def hear(self, told: dict[str, Any]) -> None:
        """A line of the journey."""
        if "plug" in told:
            port, folder = told["port"], told["plug"]
            devpath = f"/devices/usb/{port}"
            volume = Volume(folder, 0, f"{devpath}/block/sd0", 1, "vfat", disk_sequence=1)
            recorder = UsbStrings("04b4", "1234", product="DSJ Cam", serial=told["serial"])
            self.plugged[port] = Plugged(devpath, port, recorder, (volume,))
            plug(self.arrivals, self.plugged[port])
        else:
            pull(self.arrivals, self.plugged.pop(told["pull"]))


def docks(rooms: Rooms, board: Board, ports: Ports, lend: Lender) -> Docks:
    """As :func:`station.docks.here.docks_here` makes them, without udev and without mounting."""

    def judged(opening: Opening, plugged: Plugged, slot: int) -> Opening:
        return judge(rooms, rooms.attendant, opening, plugged, slot, present=present_on(board))

    return Docks(rooms, board, ports.arrivals, Folders(), lend, judged=judged, flags=flags_of, untouched=lambda _volume: None)


def main() -> None:
    """Serve until stdin ends or SIGTERM comes."""
    die_with_parent(signal.SIGKILL)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    ports = Ports()
    with opened(Home(Path(sys.argv[1]))) as rooms:
        board = board_of(rooms)
        service = Service(rooms, board, duties=(), docks=lambda lend: docks(rooms, board, ports, lend))
        server = Server(rooms.home, service, "127.0.0.1", 0)

        def listen() -> None:
            for line in sys.stdin:
                ports.hear(json.loads(line))
            stop.set()

        threading.Thread(target=listen, daemon=True).start()
        service.run(server, stop, ready=lambda: print(json.dumps({"url": server.url}), flush=True))


if __name__ == "__main__":
    main()
