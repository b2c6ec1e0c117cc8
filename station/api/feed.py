"""What changes, as server-sent events: the log's own entries, and the board beside them.

``snapshot`` comes first: every slot, and the place in the log from which the stream goes on. Then one event for each entry of the log, by
what it is about (``clip``, ``docking``, ``upload``, ``device``, ``alarm``, ``sheet``, ``settings``, ``station``, ``key``): its act and ids, never
what it says of people. Each bears its place in the log as its id, so a reader who was cut off names it in ``Last-Event-ID`` and misses nothing,
unless more than :data:`BEHIND` entries were written meanwhile; then the snapshot says that it has to look anew.

Nothing is queued for a reader: it is read from the log when there is room to send it, a page at a time, and of the board only the newest word
of each slot waits.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from itertools import islice
from threading import Lock
from typing import Any

from evidence.access import VISITOR
from evidence.catalogue.connect import reading
from evidence.catalogue.queries import Queries
from evidence.catalogue.reaching import check_docking, sees
from evidence.custody.entry import Act
from evidence.ids import ClipId, DockingId, StationId
from evidence.reach import DockingOutOfReach, Reach
from station import wire
from station.api.callers import Caller
from station.api.desk import Desk
from station.api.watching import COMMENT_LOOKS, LOOK_SECONDS, slots

BEHIND = 10_000
PAGE = 100
HEAD_SECONDS = 0.5
STILL_SECONDS = 2.0
"""How soon a reader whose session ended, or who may see less now, is noticed."""
_PLACE = re.compile(r"([0-9]{1,9})\.([0-9]{1,15})")
_SENDING = frozenset({Act.SENT.value, Act.RECEIVED.value})

Place = tuple[int, int]


class Feed:
    """The log as a stream. Its methods are for threads: they ask the catalogue."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._lock = Lock()
        self._head: Place = (0, 0)
        self._asked = float("-inf")

    def head(self) -> Place:
        """Epoch and size of the log, at most half a second old: one question serves all readers."""
        with self._lock:
            if self._clock() - self._asked >= HEAD_SECONDS:
                with self._desk.rooms.queries() as queries:
                    head = queries.head()
                self._head, self._asked = (head.epoch, head.size), self._clock()
            return self._head

    def after(self, place: Place, reach: Reach | None) -> list[tuple[Place, str, dict[str, Any]]]:
        """The next events behind a place: where each stands, its name, what it says. Of a clip out of reach nothing but that place."""
        head, rooms = self.head(), self._desk.rooms
        if place >= (head[0], head[1] - 1):
            return []
        with reading(rooms.catalogue) as connection:
            entries = list(islice(Queries(connection, rooms.station).entries(after=place, page=PAGE), PAGE))
            return [
                ((one.epoch, one.seq), *(told(one.body) if _seen(connection, rooms.station, one.body, reach) else ("", {})))
                for one in entries
            ]

    def resumable(self, place: Place) -> bool:
        """Whether a reader who has come to this place can go on from there."""
        head = self.head()
        return place[0] == head[0] and head[1] - BEHIND <= place[1] + 1 <= head[1]


def told(entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An entry as an event: its name, and what it says."""
    about, _, name = entry["subject"].partition(":")
    document = {"act": entry["type"], "id": name or None, "at": entry["when"]["utc"]}
    if about == "sheet":
        document |= {"kind": entry["what"].get("kind"), "did": entry["what"].get("did")}
    if entry["type"] in _SENDING:
        return "upload", {**document, "subject": entry["subject"]}
    return about, document


def _seen(connection: Any, station: StationId, entry: dict[str, Any], reach: Reach | None) -> bool:  # noqa: ANN401  # an open connection, whose type is the catalogue's own
    about, _, name = entry["subject"].partition(":")
    if reach is None or about not in {"clip", "docking"}:
        return True
    if about == "clip":
        return sees(connection, station, ClipId(name), reach)
    try:
        check_docking(connection, station, DockingId(name), reach)
    except DockingOutOfReach:
        return False
    return True


def place_of(untrusted_id: str | None) -> Place | None:
    """The place that ``Last-Event-ID`` names; None when it names none."""
    found = _PLACE.fullmatch(untrusted_id or "")
    return None if found is None else (int(found[1]), int(found[2]))


async def stream(
    desk: Desk, feed: Feed, threads: Executor, last: Place | None, only: frozenset[str], caller: Caller
) -> AsyncIterator[bytes]:
    """The stream for one reader, until it leaves, its session ends or the service stops. ``only``: names of events; none: all."""
    reach, looked = caller.actor.reach, time.monotonic()
    loop = asyncio.get_running_loop()
    head = await loop.run_in_executor(threads, feed.head)
    resumed = last is not None and await loop.run_in_executor(threads, feed.resumable, last)
    place = last if resumed and last is not None else (head[0], head[1] - 1)
    with desk.board.watch() as watcher:
        first = {"resumed": resumed, "position": _id(place), **slots(watcher.next(0.0))}
        yield _event("snapshot", first, place)
        silent = 0
        while not desk.stopping:
            if caller.renewed is not None and time.monotonic() - looked >= STILL_SECONDS:
                actor, looked = await loop.run_in_executor(threads, caller.renewed), time.monotonic()
                if actor is None or actor == VISITOR:
                    return
                reach = actor.reach
            found = await loop.run_in_executor(threads, feed.after, place, reach)
            said = b""
            for place, name, document in found:
                if name and (not only or name in only):
                    said += _event(name, document, place)
            for view in await loop.run_in_executor(threads, watcher.next, 0.0 if found else LOOK_SECONDS):
                if not only or "slot" in only:
                    said += _event("slot", view.document())
            silent = 0 if said else silent + 1
            if silent == COMMENT_LOOKS:
                silent, said = 0, b": still here\n\n"
            if said:
                yield said


def _event(name: str, document: object, place: Place | None = None) -> bytes:
    number = b"" if place is None else b"id: " + _id(place).encode() + b"\n"
    return number + b"event: " + name.encode() + b"\ndata: " + wire.encode(document) + b"\n\n"


def _id(place: Place) -> str:
    return f"{place[0]}.{place[1]}"
