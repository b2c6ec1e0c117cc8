"""A station with docks for the benchmark: real mounts of images on loop devices, only the ports are said. Prints one JSON document.

python -P -m tests.bench.dock_station HOME MOUNTS NODE…: every node is plugged in at once, each into a slot of its own.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ingest.docks.facts import Arrived, DockEvent, Plugged, UsbStrings, Volume
from ingest.docks.plain import PlainMounter
from station.board import Board, SlotState, SlotView
from station.docks import Docks
from station.home import Home
from station.lending import SharedWorker
from station.rooms import Rooms
from station.setup import init

LONGEST = 3600.0


class AllAtOnce:
    """Every device is plugged in when it is asked for."""

    def __init__(self, plugged: Sequence[Plugged]) -> None:
        self._plugged = list(plugged)
        self._woken = threading.Event()

    def next(self, seconds: float) -> Sequence[DockEvent]:
        if self._plugged:
            said = [Arrived(one) for one in self._plugged]
            self._plugged.clear()
            return said
        self._woken.wait(seconds)
        return []

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        self.wake()


class Watching:
    """When each slot had its first byte, when its last was copied, and when it was safe to take: seconds from plugging in."""

    def __init__(self, board: Board, slots: int) -> None:
        self._slots = slots
        self._changed = threading.Condition()
        self.began = time.monotonic()
        self.first_byte: dict[int, float] = {}
        self.copied: dict[int, float] = {}
        self.safe: dict[int, float] = {}
        self.trouble: list[str] = []
        show = board.show

        def watched(view: SlotView) -> None:
            show(view)
            self._see(view)

        board.show = watched  # type: ignore[method-assign]  # every word, not five a second

    def _see(self, view: SlotView) -> None:
        with self._changed:
            now = time.monotonic() - self.began
            if view.state is SlotState.COPYING:
                self.first_byte.setdefault(view.slot, now)
            elif view.state is SlotState.VERIFYING and view.bytes_left == 0:
                self.copied.setdefault(view.slot, now)
            elif view.state is SlotState.SAFE_TO_TAKE:
                self.safe[view.slot] = now
            elif view.state is SlotState.ERROR:
                self.trouble.append(f"slot {view.slot}: {view.reason} {view.fields}")
            self._changed.notify_all()

    def wait(self) -> None:
        """Until every slot is safe to take, or one is in trouble."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.safe) == self._slots or self.trouble, LONGEST)


def main(home: Path, mounts: Path, nodes: Sequence[str]) -> int:
    """One run."""
    init(Home(home), "bench", "u")
    rooms = Rooms.open(Home(home))
    rooms.settings = msgspec.structs.replace(rooms.settings, slots=", ".join(f"{n}=p{n}" for n in range(1, len(nodes) + 1)))
    devices = [
        Plugged(f"/devices/p{number}", f"p{number}", UsbStrings("0000", "0000"), (_volume(node),))
        for number, node in enumerate(nodes, 1)
    ]
    board = Board(len(nodes))
    watching = Watching(board, len(nodes))
    dock = (rooms, board, AllAtOnce(devices), PlainMounter(mounts))
    with SharedWorker() as worker, Docks(*dock, worker.lend, untouched=lambda _volume: None):
        watching.wait()
        for line in watching.trouble:
            print(line, file=sys.stderr, flush=True)
    rooms.close()
    document = {
        "trouble": watching.trouble,
        "first_byte": watching.first_byte,
        "copied": watching.copied,
        "safe": watching.safe,
    }
    print(json.dumps(document), flush=True)
    return 1 if watching.trouble else 0


def _volume(node: str) -> Volume:
    facts = os.stat(node)
    place = Path("/sys/dev/block", f"{os.major(facts.st_rdev)}:{os.minor(facts.st_rdev)}").resolve()
    return Volume(node, facts.st_rdev, str(place).removeprefix("/sys"), 0, "ext4")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
