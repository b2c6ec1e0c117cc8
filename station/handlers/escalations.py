"""The alarm inbox: what was handed on, and looking after it now."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.custody.entry import Actor
from station import escalating
from station.commands import Answer, Report
from station.commands.supervising import CheckAlarms, ListEscalations
from station.rooms import Rooms


def check(rooms: Rooms, _command: CheckAlarms, _actor: Actor, _report: Report) -> Answer:
    """How many alarms were raised, and how many handed on."""
    return Answer({"raised": escalating.raise_alarms(rooms), "escalated": escalating.escalate(rooms)})


def list_escalations(rooms: Rooms, command: ListEscalations, _actor: Actor, _report: Report) -> Answer:
    """What was handed on to whom, and whether somebody has looked since."""
    with rooms.registry() as registry:
        seen = {one.id: one.acknowledged_at for one in registry.alarms()}
    with rooms.sheets() as sheets:
        found: list[Json] = [
            {"id": one.id, "at": one.at, **one.said, "acknowledged_at": seen.get(one.said["alarm"])}
            for one in sheets.sheets(escalating.ESCALATION, newest_first=True)
            if not command.open_only or seen.get(one.said["alarm"]) is None
        ]
    return Answer({"escalations": found})
