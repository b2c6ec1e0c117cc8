"""Checkpoints that lie far away, held against this log: whether somebody turned it back.

A rollback cannot be seen from inside. So before anything is written or sent, the newest checkpoint in the store is compared:
a log that is shorter was rolled back, one with another root at that size was forked. ``verify`` compares all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evidence.catalogue.connect import reading
from evidence.catalogue.proofs import StoredTree
from evidence.catalogue.queries import Queries
from evidence.custody.checkpoint import Head, NotACheckpoint, read_head
from evidence.ids import origin
from station.rooms import Rooms
from station.storing import open_store
from uploader import keys
from uploader.witness import witnessed


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A checkpoint that this log cannot have led up to."""

    kind: Literal["rolled-back", "forked"]
    detail: str


def far_checkpoints(rooms: Rooms, origins: list[str]) -> list[tuple[str, bytes]]:
    """Every checkpoint of these logs that the store holds, with the key it lies under. Raises the store's faults."""
    with open_store(rooms) as store:
        return [(keys.checkpoint(origin, one.size), one.untrusted_note) for origin in origins for one in witnessed(store, origin)]


def newest_contradiction(rooms: Rooms) -> Contradiction | None:
    """Whether the newest far checkpoint of the current log contradicts it. Raises the store's faults."""
    with rooms.queries() as queries:
        current = queries.head()
    with open_store(rooms, hasty=True) as store:
        following = next(witnessed(store, origin(rooms.station, current.epoch + 1)), None)
        newest = next(witnessed(store, current.origin), None)
    if following is not None:
        return Contradiction("rolled-back", f"the log that followed this one was witnessed at {following.size} entries")
    if newest is None:
        return None
    try:
        far = read_head(newest.untrusted_note.decode(errors="replace"))
    except NotACheckpoint:
        return None  # whoever can write there can write nonsense; verify reports it
    return contradiction(rooms, far)


def contradiction(rooms: Rooms, far: Head) -> Contradiction | None:
    """Whether a far head contradicts the log. One of another origin does not concern it."""
    with reading(rooms.catalogue) as connection:
        current = Queries(connection, rooms.station).head()
        if far.origin != current.origin:
            return None
        if far.size > current.size:
            return Contradiction("rolled-back", f"{far.size} entries were witnessed, {current.size} are here")
        if StoredTree(connection, rooms.station, current.epoch).root(far.size) != far.root:
            return Contradiction("forked", f"another log was witnessed at {far.size} entries")
    return None
