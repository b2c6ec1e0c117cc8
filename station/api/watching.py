"""The board as server-sent events: ``snapshot`` with every slot first, then ``slot`` with one slot for each change.

The board itself sees to it that a slot is shown at most five times a second, the newest word last (``station/board.py``). A comment goes out
when nothing happens for a while, so that a reader who has gone is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor

from evidence.canonical import Json
from station import wire
from station.api.desk import Desk
from station.board import SlotView

WATCHERS = 32
"""Readers that wait for a change at the same time; each takes a thread for that."""
LOOK_SECONDS = 1.0
"""How soon the end of the service ends a stream."""
COMMENT_LOOKS = 15


async def events(desk: Desk, threads: Executor) -> AsyncIterator[bytes]:
    """The stream for one reader, until it leaves or the service stops."""
    loop = asyncio.get_running_loop()
    with desk.board.watch() as watcher:
        yield event("snapshot", slots(watcher.next(0.0)))
        silent = 0
        while not desk.stopping:
            changed = await loop.run_in_executor(threads, watcher.next, LOOK_SECONDS)
            for view in changed:
                yield event("slot", view.document())
            silent = 0 if changed else silent + 1
            if silent == COMMENT_LOOKS:
                silent = 0
                yield b": still here\n\n"


def slots(views: list[SlotView]) -> dict[str, Json]:
    """Every slot as one document."""
    shown: list[Json] = [view.document() for view in views]
    return {"slots": shown}


def event(name: str, document: object) -> bytes:
    """One event (HTML Standard, "Server-sent events"). JSON has no line breaks of its own, so one line of data does."""
    return b"event: " + name.encode() + b"\ndata: " + wire.encode(document) + b"\n\n"
