"""Alarms: list, acknowledge."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts import alarms as acts
from evidence.catalogue.registry import AlarmRow
from evidence.custody.entry import Actor
from evidence.ids import AlarmId
from station import paged
from station.commands import AcknowledgeAlarm, Answer, ListAlarms, Report
from station.rooms import Rooms


def list_alarms(rooms: Rooms, command: ListAlarms, _actor: Actor, _report: Report) -> Answer:
    """All alarms, or those that are open."""
    with rooms.registry() as registry:
        after, limit = paged.texts(command.after, 2), paged.wanted(command.limit)
        found = registry.alarms(open_only=command.open_only, after=after, limit=limit)
        return Answer(paged.page("alarms", found, command.limit, lambda row: (row.raised_at, row.id), alarm_json))


def acknowledge(rooms: Rooms, command: AcknowledgeAlarm, actor: Actor, _report: Report) -> Answer:
    """A person has looked."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        acts.acknowledged(commit, AlarmId(command.alarm), command.note, actor)
    return Answer({"alarm": command.alarm})


def alarm_json(row: AlarmRow) -> dict[str, Json]:
    """An alarm as every answer shows it."""
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "fields": row.fields,
        "raised_at": row.raised_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by,
        "note": row.note,
    }
