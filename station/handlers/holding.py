"""Holds: placed by one person, lifted by two, made anew from the log."""

from __future__ import annotations

from datetime import UTC, datetime

from evidence.access import Guarded
from evidence.canonical import Json
from evidence.catalogue import logged, outbox
from evidence.catalogue.acts.incidents import incident_sheet
from evidence.catalogue.acts.sheets import NoSuchSheet, Sheet, noted, written
from evidence.catalogue.keeping import HOLD, IN_FORCE, LIFTED, OPEN_HOLDS, Keeping, hold_of
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import STATION, SUBJECT_STATION, Actor, subject_sheet
from evidence.errors import Exit
from evidence.retention import Hold, HoldOn
from station import approvals
from station.commands import Answer, Report
from station.commands.keeping import LiftHold, ListHolds, PlaceHold, RebuildHolds
from station.home import StationError
from station.rooms import Rooms
from station.seconding import agreed


class HoldUnfit(StationError):
    """A hold cannot be placed like that. Fields: ``member``, ``rule``."""

    code = "hold-unfit"
    status = Exit.USAGE


class HoldLifted(StationError):
    """A hold is no longer in force. Fields: ``hold``."""

    code = "hold-is-lifted"
    status = Exit.REFUSED


def list_holds(rooms: Rooms, command: ListHolds, _actor: Actor, _report: Report) -> Answer:
    """The holds in force, or all."""
    with rooms.sheets() as sheets:
        rows = list(sheets.sheets(HOLD)) if command.lifted else sheets.found(HOLD, "state", IN_FORCE)
    with rooms.keeping() as keeping:
        return Answer({"holds": [hold_json(row, keeping) for row in rows]})


def place(rooms: Rooms, command: PlaceHold, actor: Actor, _report: Report) -> Answer:
    """Suspend disposal. An incident is named by its number or id. Raises :class:`~evidence.catalogue.acts.incidents.NoSuchIncident`."""
    value, since, until = command.value.strip(), _moment("since", command.since), _moment("until", command.until)
    for member, text in (("value", value), ("clause", command.clause), ("reason", command.reason)):
        if not text.strip():
            raise HoldUnfit(member=member, rule="something that can be read")
    if command.on is not HoldOn.DEVICE and (since or until):
        raise HoldUnfit(member="since", rule="hours only of a device")
    if since is not None and until is not None and since > until:
        raise HoldUnfit(member="until", rule="a moment after its beginning")
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        keeping = Keeping(commit.connection, commit.station)
        if command.on is HoldOn.CLIP and keeping.clip(value) is None:
            raise HoldUnfit(member="value", rule="a clip of this station")
        if command.on is HoldOn.INCIDENT:
            sheets = Sheets(commit.connection, commit.station)
            value = incident_sheet(sheets, value).id  # clips bear its id, people know its number
        said: dict[str, Json] = {
            "on": command.on.value,
            "value": value if command.on in OPEN_HOLDS else None,
            "since": since,
            "until": until,
            "clause": command.clause,
            "state": IN_FORCE,
        }
        kept: dict[str, Json] = {"value": value, "reason": command.reason, "asked_by": command.asked_by or None}
        hold = written(commit, Sheet(HOLD, said, kept, found_by_of(said, kept)), "placed", actor)
        placed = next(one for one in keeping.holds() if one.id == hold)
        _review_locks(commit, keeping, placed)
    return _answer(rooms, hold)


def lift(rooms: Rooms, command: LiftHold, actor: Actor, _report: Report) -> Answer:
    """Lift a hold on the word of two people: the first asks, the second asks for the same."""
    rooms.prepare_to_write()
    with rooms.sheets() as sheets:
        subject = subject_sheet(_in_force(sheets, command.hold).id)
    lifted = agreed(rooms, actor, Guarded.LIFT_HOLD, subject) is not None
    with rooms.ledger.commit() as commit:
        row = _in_force(Sheets(commit.connection, commit.station), command.hold)
        if lifted:
            approvals.spend(commit, Guarded.LIFT_HOLD.value, subject, STATION)
            said, kept = {**row.said, "state": LIFTED}, row.kept
            sheet = Sheet(HOLD, said, kept, found_by_of(said, kept))
            written(commit, sheet, "lifted", actor, of=row.id, version=row.version, reason=command.reason)
            _review_locks(commit, Keeping(commit.connection, commit.station), hold_of(row))
        else:
            approvals.ask(commit, Guarded.LIFT_HOLD.value, subject, actor, command.reason, hours=rooms.settings.approval_hours)
    answer = _answer(rooms, command.hold)
    return Answer({**answer.document, "lifted": lifted}, Exit.OK if lifted else Exit.PARTIAL)


def _review_locks(commit: Commit, keeping: Keeping, hold: Hold) -> None:
    outbox.review_locks(commit.connection, commit.station, list(keeping.ids_held_by(hold)), commit.utc, commit.new_id)


def _in_force(sheets: Sheets, hold: str) -> SheetRow:
    row = sheets.sheet(HOLD, hold)
    if row is None:
        raise NoSuchSheet(kind=HOLD, id=hold)
    if row.said["state"] != IN_FORCE:
        raise HoldLifted(hold=row.id)
    return row


def rebuild(rooms: Rooms, _command: RebuildHolds, actor: Actor, _report: Report) -> Answer:
    """Make the rows of the holds what the log says."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        wrong = logged.rebuild(commit, HOLD, lambda row: found_by_of(row.said, row.kept))
        holds = len(Keeping(commit.connection, commit.station).holds())
        noted(commit, SUBJECT_STATION, "holds-rebuilt", actor, what={"in_force": holds, "restored": list(wrong)})
    return Answer({"in_force": holds, "restored": list(wrong)})


def found_by_of(said: dict[str, Json], kept: dict[str, Json] | None) -> tuple[tuple[str, str], ...]:
    """Where a hold is looked for: by its state and by what it is on."""
    value = said["value"] if kept is None else kept["value"]
    return (("state", str(said["state"])), *(((str(said["on"]), str(value)[:256]),) if value is not None else ()))


def hold_json(row: SheetRow, keeping: Keeping) -> dict[str, Json]:
    """A hold as every answer shows it. ``clips``: how many that are still there it speaks of."""
    kept, hold = row.kept or {}, hold_of(row)
    return {
        "id": row.id,
        "version": row.version,
        "state": row.said["state"],
        "on": row.said["on"],
        "value": hold.value,
        "since": hold.since,
        "until": hold.until,
        "clause": row.said["clause"],
        "reason": kept.get("reason"),
        "asked_by": kept.get("asked_by"),
        "at": row.at,
        "clips": keeping.held_by(hold),
    }


def _answer(rooms: Rooms, hold: str) -> Answer:
    with rooms.sheets() as sheets, rooms.keeping() as keeping:
        row = sheets.sheet(HOLD, hold)
        assert row is not None, "it was just written"
        return Answer(hold_json(row, keeping))


def _moment(member: str, text: str | None) -> str | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise HoldUnfit(member=member, rule="a moment as 2026-11-21T10:00:00+08:00") from error
    if at.tzinfo is None:
        raise HoldUnfit(member=member, rule="a moment with its zone, as 2026-11-21T10:00:00+08:00")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
