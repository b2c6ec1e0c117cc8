"""Time stamps: fetching those that wait, listing all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from evidence.canonical import Json
from evidence.catalogue.queries import Queries
from evidence.catalogue.stampbox import StampBox
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import DockingId
from station.commands import Answer, ListStamps, Report, Stamp
from station.home import NoSuchDocking
from station.messages import fault_text
from station.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run came to, as a document, and the status it stands for."""

    document: dict[str, Json]
    status: Exit


def stamp(rooms: Rooms, command: Stamp, _actor: Actor, _report: Report) -> Answer:
    """Ask the authorities for everything that waits. Nothing is asked for a log that was turned back."""
    from station.startup import warn_or_refuse

    rooms.prepare_to_write()
    warnings = warn_or_refuse(rooms)
    done = fetch(rooms, until_idle=command.until_idle)
    return Answer({**done.document, "warnings": warnings}, done.status)


def fetch(rooms: Rooms, *, until_idle: bool, hasten: bool = True) -> Fetched:
    """One run over what waits; without ``hasten`` over what is due."""
    if not rooms.settings.timestamp_authorities and not StampBox(rooms.catalogue, rooms.station).waiting():
        return Fetched({"attested": 0, "waiting": 0, "faults": []}, Exit.OK)
    from station.stamping import Stamper

    done = Stamper(rooms).run(until_idle=until_idle, hasten=hasten)
    faults: list[Json] = [
        {"code": fault.code, "message": fault_text(fault.code, fault.fields, rooms.settings.language), **fault.fields}
        for fault in done.faults.values()
    ]
    return Fetched({"attested": done.attested, "waiting": done.waiting, "faults": faults}, done.status)


def stamps(rooms: Rooms, command: ListStamps, _actor: Actor, _report: Report) -> Answer:
    """What was attested and what waits. The gap is from the station's clock at signing to the authority's time."""
    docking = None if command.docking is None else DockingId(command.docking)
    with rooms.queries() as queries:
        if docking is not None and queries.docking(docking) is None:
            raise NoSuchDocking(docking=docking)
        found: list[Json] = list(_given(queries, docking))
        waiting = StampBox(rooms.catalogue, rooms.station).waiting()
        found += [
            {
                "id": None,
                "covers": one.covers,
                "authority": one.authority,
                "state": "waiting",
                "made_at": queries.made_at(one.covers),
                "token_at": None,
                "gap_seconds": None,
                "drift_ms": None,
                "attempts": one.attempts,
                "next_try_at": one.next_try_at,
                "reason": None if one.reason is None else msgspec.json.decode(one.reason)["code"],
                "detail": None if one.reason is None else msgspec.json.decode(one.reason),
            }
            for one in waiting
            if docking is None or one.covers == f"docking:{docking}"
        ]
    return Answer({"stamps": found})


def _given(queries: Queries, docking: DockingId | None) -> Iterator[dict[str, Json]]:
    for one in queries.stamps_given(docking):
        made_at = queries.made_at(one.covers)
        yield {
            "id": one.id,
            "covers": one.covers,
            "authority": one.authority,
            "state": "attested",
            "made_at": made_at,
            "token_at": one.token_at,
            "gap_seconds": None if made_at is None else _number(gap_seconds(made_at, one.token_at)),
            "drift_ms": one.drift_ms,
            "attempts": None,
            "next_try_at": None,
            "reason": None,
            "detail": None,
        }


def _number(seconds: float) -> Json:
    return round(seconds, 3)  # type: ignore[return-value]  # answers are JSON, the canonical forms alone have no fractions


def gap_seconds(made_at: str, token_at: str) -> float:
    """From one moment to the other, in seconds. Negative where the two clocks disagree by more than lies between."""
    return (datetime.fromisoformat(token_at) - datetime.fromisoformat(made_at)).total_seconds()
