"""Cases: list, show, open, change, close, open again, merge, split."""

from __future__ import annotations

from dataclasses import replace

from evidence.canonical import Json
from evidence.cases import KIND, Case, CaseOutOfReach, CaseState, CaseUnfit, party, with_people
from evidence.catalogue.acts import cases as acts
from evidence.catalogue.acts.cases import Done, case_sheet
from evidence.catalogue.acts.incidents import incident_sheet
from evidence.catalogue.desk import Desk
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.ids import ClipId
from evidence.incidents import incident_of
from evidence.reach import Sensitivity
from station import paged
from station.casepages import (
    PACKAGES,
    PAGE_ROWS,
    case_json,
    case_of_row,
    changes_json,
    footage_json,
    history_json,
    hold_json,
    incident_json,
    package_json,
)
from station.commands import Answer, Report
from station.commands.desk import ChangeCase, CloseCase, ListCases, MergeCase, OpenCase, ReopenCase, ShowCase, SplitCase
from station.rooms import Rooms
from station.tags import case_number


def list_cases(rooms: Rooms, command: ListCases, actor: Actor, _report: Report) -> Answer:
    """Those that the person may know of, the newest first."""
    if command.state is not None and command.state not in set(CaseState):
        raise CaseUnfit(name="state", text=command.state, rule=", ".join(CaseState))
    after = "".join(paged.texts(command.after)) or None
    with rooms.sheets() as sheets:
        found = (
            row
            for row in sheets.sheets(KIND, after=after, newest_first=True)
            if command.state in {None, row.said["state"]} and case_of_row(row).seen(actor.reach)
        )
        return Answer(paged.page("cases", found, command.limit, lambda row: (row.id,), case_json))


def show(rooms: Rooms, command: ShowCase, actor: Actor, _report: Report) -> Answer:
    """A case with everything that belongs to it."""
    after = paged.texts(command.after, 2)
    with rooms.desk(actor) as desk:
        row = _seen(desk.sheets, command.case, actor)
        case = case_of_row(row)
        numbers = case.numbers if case.state is not CaseState.MERGED else (case.number,)
        found = desk.casefile.of_case(numbers, after, paged.wanted(command.limit or PAGE_ROWS))
        incidents = [incident_sheet(desk.sheets, one) for one in desk.casefile.incidents_of_case(numbers)]
        seen = [one for one in incidents if incident_of(one.said, one.kept).seen(actor.reach, rooms.settings.unit)]
        by_id = {one.id: incident_of(one.said, one.kept) for one in seen}
        on = [("case", number) for number in numbers] + [("incident", one.id) for one in seen]
        on += [("clip", one.clip) for one in found[: command.limit or PAGE_ROWS]]
        clips, hidden = desk.casefile.count(numbers)
        holds: list[Json] = [hold_json(one) for one in desk.casefile.holds(on)]
        packages: list[Json] = [package_json(one) for one in desk.casefile.packages(numbers, PACKAGES)]
        shown_incidents: list[Json] = [incident_json(one) for one in seen]
        footage = paged.page(
            "footage",
            found,
            command.limit or PAGE_ROWS,
            lambda one: (one.at, one.clip),
            lambda one: footage_json(one, None if one.incident is None else by_id.get(one.incident)),
        )
        return Answer(
            {
                **case_json(row),
                "clips": clips,
                "clips_out_of_reach": hidden,
                "incidents": shown_incidents,
                **footage,
                "holds": holds,
                "packages": packages,
                **history_json(desk, row),
            }
        )


def open_case(rooms: Rooms, command: OpenCase, actor: Actor, _report: Report) -> Answer:
    """Open a case."""
    unit = command.unit or rooms.settings.unit
    wanted = Case(
        number=_number(rooms, command.number, unit),
        title=command.title,
        unit=unit or "–",
        sensitivity=_sensitivity(command.sensitivity),
        people=tuple(party(one) for one in dict.fromkeys(command.people)),
    )
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        made = acts.opened(commit, wanted, actor, command.reason)
    return _answer(rooms, made)


def change(rooms: Rooms, command: ChangeCase, actor: Actor, _report: Report) -> Answer:
    """Change a case, or give it another number."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = _of(commit, command.case, actor)
        before = case_of_row(row)
        more, fewer = ([party(one) for one in texts] for texts in (command.people, command.without))
        unit = before.unit if command.unit is None else command.unit
        wanted = replace(
            with_people(before, more, fewer),
            number=before.number if command.number is None else _number(rooms, command.number, unit),
            title=before.title if command.title is None else command.title,
            unit=unit,
            sensitivity=before.sensitivity if command.sensitivity is None else _sensitivity(command.sensitivity),
        )
        done = acts.changed(commit, row, wanted, actor, version=command.version, reason=command.reason)
    return _done(rooms, done)


def close(rooms: Rooms, command: CloseCase, actor: Actor, _report: Report) -> Answer:
    """Put a case to rest."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        done = acts.closed(commit, _of(commit, command.case, actor), actor, command.reason)
    return _done(rooms, done)


def reopen(rooms: Rooms, command: ReopenCase, actor: Actor, _report: Report) -> Answer:
    """Go on with a case."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        done = acts.reopened(commit, _of(commit, command.case, actor), actor, command.reason)
    return _done(rooms, done)


def merge(rooms: Rooms, command: MergeCase, actor: Actor, _report: Report) -> Answer:
    """Make a case part of another."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row, into = _of(commit, command.case, actor), _of(commit, command.into, actor)
        done = acts.merged(commit, row, into, actor, command.reason)
    return _done(rooms, done)


def split(rooms: Rooms, command: SplitCase, actor: Actor, _report: Report) -> Answer:
    """Make some clips of a case a case of their own."""
    clips = [ClipId(one) for one in dict.fromkeys(command.clips)]
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = _of(commit, command.case, actor)
        before = case_of_row(row)
        Desk(commit.connection, rooms.station, actor.reach).check_clips(clips)
        number = _number(rooms, command.number, before.unit)
        wanted = Case(number=number, title=command.title, unit=before.unit, sensitivity=before.sensitivity)
        done = acts.split(commit, row, wanted, clips, actor, command.reason)
    return _done(rooms, done)


def _of(commit: Commit, named: str, actor: Actor) -> SheetRow:
    return _seen(Sheets(commit.connection, commit.station), named, actor)


def _seen(sheets: Sheets, named: str, actor: Actor) -> SheetRow:
    row = case_sheet(sheets, named)
    if not case_of_row(row).seen(actor.reach):
        raise CaseOutOfReach(case=named)
    return row


def _number(rooms: Rooms, text: str, unit: str) -> str:
    return case_number(text, rooms.settings, unit)


def _sensitivity(text: str | None) -> str | None:
    if text and text not in set(Sensitivity):
        raise CaseUnfit(name="sensitivity", text=text, rule=", ".join(Sensitivity))
    return text or None


def _answer(rooms: Rooms, of: str) -> Answer:
    with rooms.sheets() as sheets:
        return Answer(case_json(case_sheet(sheets, of)))


def _done(rooms: Rooms, done: Done) -> Answer:
    return Answer({**_answer(rooms, done.id).document, "changes": changes_json(done.changes), "clips_tagged": done.clips})
