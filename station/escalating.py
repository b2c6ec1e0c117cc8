"""The alarm inbox, looked after: alarms that the figures give cause for, and those that nobody acknowledged handed on.

Rules kept here: an alarm is never changed; that it was handed on is a sheet of its own, once for each role. What the figures
give cause for is raised once: not again because somebody acknowledged it and it is still so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from evidence.canonical import Json
from evidence.catalogue.acts import alarms
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.registry import AlarmRow
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import STATION
from evidence.devices import AlarmKind, Concern
from evidence.ids import DeviceKey
from ingest.times import station_zone
from station.figures.counting import COUNTERS
from station.figures.facts import Figure, Finding, Tally, Verdict
from station.figures.period import period
from station.handlers.supervising import ground_of, now
from station.rooms import Rooms
from station.settings import escalations_of

ESCALATION = "escalation"
WATCHED = {AlarmKind.DOCKING_LATE: Figure.LATE_DOCKING, AlarmKind.DEVICE_OVERDUE: Figure.DEVICES_OVERDUE}
"""Which figure gives cause for which alarm."""
DAYS = 7
"""How far back dockings are looked at: whoever switches this on does not want the alarms of years."""


def raise_alarms(rooms: Rooms) -> int:
    """Raise what the figures give cause for, as far as the settings want it: how many alarms that made."""
    wanted = [kind for kind in WATCHED if kind.value in rooms.settings.supervision_alarms.replace(",", " ").split()]
    if not wanted:
        return 0
    today = now(rooms)
    zone = station_zone(rooms.settings.time_zone)
    first = (today.astimezone(zone) - timedelta(days=DAYS)).date().isoformat()
    causes: list[tuple[AlarmKind, Finding]] = []
    with ground_of(rooms, period(first, None, today, zone), None) as (ground, _), rooms.registry() as registry:
        for kind in wanted:
            tally = Tally()
            COUNTERS[WATCHED[kind]](ground, tally)
            known = {(one.subject, one.fields.get("since")) for one in registry.alarms() if one.kind == kind.value}
            causes += [
                (kind, one) for one in tally.items if one.verdict is Verdict.FLAGGED and (one.subject, one.at) not in known
            ]
    if not causes:
        return 0
    raised = 0
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        for kind, one in causes:
            fields: dict[str, Json] = {"minutes": one.value, "since": one.at}
            people = {} if one.officer is None else {"officer": one.officer}
            concern = Concern(kind, DeviceKey(one.device or ""), fields, people)
            raised += alarms.raised(commit, concern, one.subject) is not None
    return raised


def escalate(rooms: Rooms) -> int:
    """Hand on what nobody acknowledged in its time: how many times that was done."""
    steps = escalations_of(rooms.settings)
    if not steps:
        return 0
    with rooms.registry() as registry:
        waiting = registry.alarms(open_only=True)
    with rooms.sheets() as sheets:
        due = [
            (one, role, after)
            for one in waiting
            for role, after in _due(one, sheets.found(ESCALATION, "alarm", one.id), steps, now(rooms))
        ]
    if not due:
        return 0
    done = 0
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        sheets = Sheets(commit.connection, rooms.station)
        for one, role, after in due:
            if any(sheet.said["to"] == role for sheet in sheets.found(ESCALATION, "alarm", one.id)):
                continue  # another process was quicker
            said: dict[str, Json] = {
                "alarm": one.id,
                "kind": one.kind,
                "subject": one.subject,
                "raised_at": one.raised_at,
                "to": role,
                "after_minutes": after // timedelta(minutes=1),
            }
            written(commit, Sheet(ESCALATION, said, None, (("alarm", one.id), ("to", role))), "raised", STATION)
            done += 1
    return done


def _due(
    alarm: AlarmRow, before: list[SheetRow], steps: Sequence[tuple[str, timedelta]], moment: datetime
) -> list[tuple[str, timedelta]]:
    age, told = moment - datetime.fromisoformat(alarm.raised_at), {one.said["to"] for one in before}
    return [(role, after) for role, after in steps if age >= after and role not in told]
