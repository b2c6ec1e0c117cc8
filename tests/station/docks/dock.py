"""A dock without a kernel: what is plugged in is said by the test, cards are folders, and mounting is a look at them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from ingest.docks.facts import Arrived, DockEvent, Plugged, Removed, UsbStrings, Volume
from station.board import Board, SlotView

SECONDS = 60.0


class Told:
    """Arrivals that the test says."""

    def __init__(self) -> None:
        self._events: SimpleQueue[DockEvent | None] = SimpleQueue()

    def say(self, *events: DockEvent) -> None:
        for event in events:
            self._events.put(event)

    def next(self, seconds: float) -> Sequence[DockEvent]:
        try:
            event = self._events.get(timeout=seconds)
        except Empty:
            return []
        return [] if event is None else [event]

    def wake(self) -> None:
        self._events.put(None)

    def close(self) -> None:
        self.wake()


@dataclass
class Folders:
    """A mounter for which the node of a volume is a folder. ``trouble`` is asked at every mount."""

    trouble: Callable[[Volume], None] = lambda _volume: None
    mounted: list[bytes] = field(default_factory=list)
    unmounted: list[bytes] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    name: str = "mount"

    def owns(self, point: bytes) -> bool:
        return True

    def mount(self, volume: Volume) -> bytes:
        self.trouble(volume)
        point = os.fsencode(volume.node)
        self.mounted.append(point)
        return point

    def mount_writable(self, volume: Volume) -> bytes:
        raise NotImplementedError

    def unmount(self, point: bytes) -> None:
        self.unmounted.append(point)

    def power_off(self, plugged: Plugged) -> None:
        self.off.append(plugged.devpath)


def footage(folder: Path, files: int = 3, size: int = 1 << 16, *, seed: int = 0) -> Path:
    """A card with files of its own, which no probe has to look into."""
    (folder / "DCIM").mkdir(parents=True)
    for number in range(files):
        name = f"{seed:04}{number:04}.dat"
        (folder / "DCIM" / name).write_bytes(name.encode() * (size // len(name)))
    return folder


def device(*folders: Path, port: str = "p1", devpath: str | None = None) -> Plugged:
    """A device whose volumes are folders."""
    devpath = devpath or f"/devices/usb/{port}"
    volumes = tuple(
        Volume(str(folder), number, f"{devpath}/block/sd{number}", 1, "vfat", disk_sequence=number)
        for number, folder in enumerate(folders)
    )
    return Plugged(devpath, port, UsbStrings("04b4", "1234", product="DSJ Cam"), volumes)


def plug(arrivals: Told, *plugged: Plugged, at_start: bool = False) -> None:
    arrivals.say(*(Arrived(one, at_start) for one in plugged))


def pull(arrivals: Told, *plugged: Plugged) -> None:
    arrivals.say(*(Removed(one.devpath) for one in plugged))


class Eyes:
    """Looks at the board all the time, so that a test can wait for what it shows, and see what it showed."""

    def __init__(self, board: Board) -> None:
        self.seen: list[SlotView] = []
        self._board = board
        self._changed = threading.Condition()
        show = board.show

        def watched(view: SlotView) -> None:
            show(view)
            with self._changed:
                self.seen.append(view)
                self._changed.notify_all()

        board.show = watched  # type: ignore[method-assign]  # every word of the board, not five a second

    def wait(self, slot: int, *states: str, reason: str | None = None) -> SlotView:
        """Wait until a slot shows one of these states, with that reason if one is given."""

        def view() -> SlotView | None:
            found = next((one for one in self._board.views() if one.slot == slot), None)
            return found if found is not None and found.state in states and reason in {None, found.reason} else None

        with self._changed:
            assert self._changed.wait_for(lambda: view() is not None, SECONDS), [one for one in self.seen if one.slot == slot][
                -5:
            ]
            found = view()
        assert found is not None
        return found

    def states(self, slot: int) -> list[str]:
        """The words a slot showed, repetitions left out."""
        words: list[str] = []
        for one in self.seen:
            if one.slot == slot and words[-1:] != [one.state.value]:
                words.append(one.state.value)
        return words
