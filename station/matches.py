"""The matcher at work: what changed since it last looked is judged again, a few dockings to a commit.

How far it looked stands in ``matching.json``. Without that file, or under other beliefs, everything is judged once more; it comes out the same,
and what comes out the same is not written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from evidence.canonical import JsonObject
from evidence.catalogue.acts import matches as acts
from evidence.catalogue.connect import reading
from evidence.catalogue.matching import Matchable, Touched
from evidence.ids import ClipId
from evidence.learned import learned
from evidence.matches import Policy
from evidence.matching import BELIEF, Fit, match
from station import durable
from station.commands import Progress, Report
from station.rooms import Rooms

GROUP = 100
"""Dockings that are judged and written at once."""
FAR = 5000
"""After so many entries that do not concern it, it is remembered that they were looked at."""


class Position(msgspec.Struct):
    """How far the matcher has looked, and under which beliefs."""

    epoch: int
    size: int
    belief: str


_POSITION: Final = learned(Position)


def position(rooms: Rooms) -> Position | None:
    """How far the matcher has looked; None: it begins anew."""
    try:
        found = msgspec.json.decode(rooms.home.matching.read_bytes(), type=_POSITION)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.belief == BELIEF.version else None


def run(rooms: Rooms, report: Report, *, whole: bool = False) -> JsonObject:
    """Judge what may come out otherwise than before; ``whole``: everything. What it did, in numbers."""
    rooms.prepare_to_write()
    looked = None if whole else position(rooms)
    with reading(rooms.catalogue) as connection:
        matchable = Matchable(connection, rooms.station)
        touched = Touched(matchable.position()) if looked is None else matchable.since(looked.epoch, looked.size)
        dockings = matchable.every() if looked is None else [] if touched.nothing else matchable.concerned(touched)
    counts: Counter[str] = Counter()
    done = 0
    for group in _groups(dockings):
        _judge(rooms, group, counts)
        done += len(group)
        report(Progress("matching", "", done, len(dockings)))
    if looked is None or not touched.nothing or touched.position[1] - looked.size > FAR:
        _remember(rooms, touched)
    did = ("proposed", "accepted", "reopened", "withdrawn", "rejected", "doubted")
    return {"dockings": len(dockings), "recordings": counts["recordings"], **{one: counts[one] for one in did}}


def _judge(rooms: Rooms, group: list[tuple[str, str]], counts: Counter[str]) -> None:
    with reading(rooms.catalogue) as connection:
        matchable = Matchable(connection, rooms.station)
        material, versions = matchable.material(group)
        carried = matchable.carried([docking for _, docking in group])
    fits: dict[str, list[Fit]] = {clip: [] for one in carried for made in one.recordings for clip in made.clips}
    counts["recordings"] += sum(len(one.recordings) for one in carried)
    for fit in match(carried, material):
        for clip in fit.clips:
            fits[clip].append(fit)
    policy = Policy(rooms.settings.match_policy == "accept")
    with rooms.ledger.commit() as commit:
        for clip, found in fits.items():
            decision = acts.judged(commit, ClipId(clip), found, versions, policy)
            counts.update(change.did for change in decision.changes)


def _groups(dockings: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(dockings), GROUP):
        yield dockings[start : start + GROUP]


def _remember(rooms: Rooms, touched: Touched) -> None:
    epoch, size = touched.position
    with rooms.home.faults():
        durable.replace(rooms.home.matching, msgspec.json.encode(Position(epoch, size, BELIEF.version)), 0o640)
