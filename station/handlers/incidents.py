"""Incidents: list, show, enter, correct."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.canonical import Json
from evidence.catalogue.acts import incidents as acts
from evidence.catalogue.acts.incidents import Put, incident_sheet
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.incidents import KIND, IncidentOutOfReach, incident, incident_of, moment
from ingest.times import station_zone
from station import paged
from station.casepages import PAGE_ROWS, changes_json, footage_json, history_json, hold_json, incident_json
from station.commands import Answer, Report
from station.commands.desk import AddIncident, ChangeIncident, ListIncidents, ShowIncident
from station.rooms import Rooms

FIRST, LAST = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"


def list_incidents(rooms: Rooms, command: ListIncidents, actor: Actor, _report: Report) -> Answer:
    """Those that the person may know of, by their beginning."""
    zone = station_zone(rooms.settings.time_zone)
    low = FIRST if command.since is None else moment("since", command.since, zone)
    high = LAST if command.until is None else moment("until", command.until, zone)
    after = paged.texts(command.after, 2)
    behind = (after[0], after[1]) if after else None
    with rooms.sheets() as sheets:
        walked = sheets.walk(KIND, "begins_at", low, high, behind)
        rows = walked if command.officer is None else _of_officer(sheets, command.officer, low, high, behind)
        found = ((begin, row) for begin, row in rows if incident_of(row.said, row.kept).seen(actor.reach, rooms.settings.unit))
        return Answer(
            paged.page("incidents", found, command.limit, lambda one: (one[0], one[1].id), lambda one: incident_json(one[1]))
        )


def show(rooms: Rooms, command: ShowIncident, actor: Actor, _report: Report) -> Answer:
    """The dispatch record beside all its footage."""
    after = paged.texts(command.after, 2)
    limit = command.limit or PAGE_ROWS
    with rooms.desk(actor) as desk:
        row = _seen(rooms, desk.sheets, command.incident, actor)
        record = incident_of(row.said, row.kept)
        found = desk.casefile.of_incident(row.id, after, paged.wanted(limit))
        on = [("incident", str(row.id)), *(("clip", str(one.clip)) for one in found[:limit])]
        holds: list[Json] = [hold_json(one) for one in desk.casefile.holds(on)]
        footage = paged.page("footage", found, limit, lambda one: (one.at, one.clip), lambda one: footage_json(one, record))
        cases: list[Json] = list(dict.fromkeys(one.case_number for one in found if one.case_number is not None))
        return Answer({**incident_json(row), **footage, "cases": cases, "holds": holds, **history_json(desk, row)})


def add(rooms: Rooms, command: AddIncident, actor: Actor, _report: Report) -> Answer:
    """Enter a dispatch record."""
    wanted = incident(
        command.number,
        command.begins_at,
        station_zone(rooms.settings.time_zone),
        ends_at=command.ends_at,
        place=command.location,
        officers=command.officers,
        devices=command.devices,
        category=command.category,
        text=command.text,
        unit=command.unit or rooms.settings.unit or None,
    )
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        put = acts.added(commit, wanted, actor)
    return _answer(rooms, put)


def change(rooms: Rooms, command: ChangeIncident, actor: Actor, _report: Report) -> Answer:
    """Correct a dispatch record. It keeps its source."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = _seen(rooms, Sheets(commit.connection, commit.station), command.incident, actor)
        before = incident_of(row.said, row.kept)

        def text(given: str | None, old: str | None) -> str | None:
            return old if given is None else given

        wanted = incident(
            text(command.number, before.number) or "",
            text(command.begins_at, before.begins_at) or "",
            station_zone(rooms.settings.time_zone),
            ends_at=text(command.ends_at, before.ends_at),
            place=text(command.location, before.place),
            officers=before.officers if command.officers is None else command.officers,
            devices=before.devices if command.devices is None else command.devices,
            category=text(command.category, before.category),
            text=text(command.text, before.text),
            unit=text(command.unit, before.unit),
            source=before.source,
        )
        put = acts.changed(commit, row, wanted, actor, version=command.version, reason=command.reason)
    return _answer(rooms, put)


def _of_officer(
    sheets: Sheets, officer: str, low: str, high: str, behind: tuple[str, str] | None
) -> Iterator[tuple[str, SheetRow]]:
    rows = sorted((row.said["begins_at"], row.id, row) for row in sheets.found(KIND, "officer", officer))
    for begin, one, row in rows:
        if low <= begin <= high and (behind is None or (begin, one) > behind):
            yield begin, row


def _seen(rooms: Rooms, sheets: Sheets, named: str, actor: Actor) -> SheetRow:
    row = incident_sheet(sheets, named)
    if not incident_of(row.said, row.kept).seen(actor.reach, rooms.settings.unit):
        raise IncidentOutOfReach(incident=named)
    return row


def _answer(rooms: Rooms, put: Put) -> Answer:
    with rooms.sheets() as sheets:
        row = incident_sheet(sheets, put.id)
    return Answer({**incident_json(row), "changes": changes_json(put.changes)})
