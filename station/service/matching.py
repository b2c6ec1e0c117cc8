"""The room that reads the feeds when they are due, and matches what has changed: in the log's order, whatever brought it."""

from __future__ import annotations

import threading
import time

from evidence.custody.entry import STATION
from evidence.errors import Fault
from station import matches
from station.commands import silent
from station.feeds import bringing
from station.rooms import Rooms

LOOK_SECONDS = 15.0


class Matching:
    """Feeds, then matches. One feed that cannot be read keeps neither the others nor the matcher from their work."""

    name = "matching"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._read_at = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """What is due. Raises the first fault of a feed once everything else is done."""
        wrong: list[Fault] = []
        every = self._rooms.settings.feed_interval
        if every and time.monotonic() - self._read_at >= every:
            self._read_at = time.monotonic()
            for name in bringing.names(self._rooms):
                if stop.is_set():
                    return 0.0
                try:
                    bringing.run(self._rooms, name, STATION, dry=False)
                except Fault as fault:
                    wrong.append(fault)
        if not stop.is_set():
            matches.run(self._rooms, silent)
        if wrong:
            raise wrong[0]
        return LOOK_SECONDS

    def hurry(self) -> None:
        """Its waits have ends."""
