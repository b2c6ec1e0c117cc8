"""Disposals: asked for, approved, undone, carried out, held against the rules, certified."""

from __future__ import annotations

import os
from pathlib import Path

from evidence.canonical import Json, digest
from evidence.catalogue.acts.desk import paper_printed
from evidence.catalogue.acts.sheets import NoSuchSheet
from evidence.catalogue.sheets import SheetRow
from evidence.custody.entry import Actor, subject_sheet
from evidence.disposal import DISPOSAL, DisposalState, contents_of
from evidence.errors import Exit
from evidence.ids import SheetId
from station import disposals
from station.commands import Answer, Report
from station.commands.keeping import (
    ApproveDisposal,
    AskDisposal,
    CheckDisposals,
    ListDisposals,
    PrintCertificate,
    RunDisposals,
    ShowDisposal,
    UndoDisposal,
)
from station.files import write_new
from station.home import StationError
from station.rooms import Rooms


class NotCarriedOut(StationError):
    """A disposal has no certificate yet. Fields: ``disposal``, ``state``."""

    code = "not-carried-out"
    status = Exit.REFUSED


def list_disposals(rooms: Rooms, command: ListDisposals, _actor: Actor, _report: Report) -> Answer:
    """Disposals, newest first."""
    with rooms.sheets() as sheets:
        rows = [
            row
            for row in sheets.sheets(DISPOSAL, newest_first=True)
            if not command.open_only or DisposalState(row.said["state"]).open
        ]
    return Answer({"disposals": [disposal_json(row) for row in rows]})


def show(rooms: Rooms, command: ShowDisposal, _actor: Actor, _report: Report) -> Answer:
    """One disposal with every copy, and its history."""
    return Answer(_shown(rooms, command.disposal))


def ask(rooms: Rooms, command: AskDisposal, actor: Actor, _report: Report) -> Answer:
    """Ask for a disposal."""
    reason, waiver = command.reason, command.waiver or None
    return Answer(
        _shown(rooms, disposals.ask(rooms, actor, command.clips, all_due=command.all_due, reason=reason, waiver=waiver))
    )


def approve(rooms: Rooms, command: ApproveDisposal, actor: Actor, _report: Report) -> Answer:
    """Agree as the second person."""
    disposals.approve(rooms, actor, command.disposal)
    return Answer(_shown(rooms, command.disposal))


def undo(rooms: Rooms, command: UndoDisposal, actor: Actor, _report: Report) -> Answer:
    """Take it back."""
    disposals.undo(rooms, actor, command.disposal, command.reason)
    return Answer(_shown(rooms, command.disposal))


def run(rooms: Rooms, _command: RunDisposals, actor: Actor, report: Report) -> Answer:
    """Carry out what is due; each that ended leaves its certificate in the home."""
    from station import disposing
    from station.certifying import leave

    ran = disposing.run(rooms, actor, report)
    left = leave(rooms)
    waits = any(one["why"] != "undo-window" for one in ran.waiting)
    document: dict[str, Json] = {"carried_out": list(ran.carried_out), "waiting": list(ran.waiting), "certificates": list(left)}
    return Answer(document, Exit.PARTIAL if waits else Exit.OK)


def check(rooms: Rooms, _command: CheckDisposals, _actor: Actor, _report: Report) -> Answer:
    """Hold every disposal in the log against the rules."""
    from station.disposal_check import problems

    checked, found = problems(rooms)
    listed: list[Json] = [{"kind": one.kind.value, "subject": one.subject, "detail": one.detail} for one in found]
    return Answer({"checked": checked, "problems": listed}, Exit.TAMPERED if found else Exit.OK)


def certificate(rooms: Rooms, command: PrintCertificate, actor: Actor, _report: Report) -> Answer:
    """The certificate on paper, and as the answer."""
    from station.certifying import document
    from station.handlers.printing import ready_target
    from station.papers import certificate as paper

    target = ready_target(rooms, command.target)
    row = _row(rooms, command.disposal)
    if row.said["state"] != DisposalState.CARRIED_OUT.value:
        raise NotCarriedOut(disposal=row.id, state=str(row.said["state"]))
    made = document(rooms, SheetId(row.id))
    with rooms.ledger.commit() as commit:
        paper_printed(commit, subject_sheet(SheetId(row.id)), "certificate", actor)
    with rooms.queries() as queries:
        head = queries.head()
    data = paper.printed(made, head, rooms.settings.language)
    write_new(Path(os.fsdecode(target)), data)
    return Answer({"file": str(target), "sha256": digest(data), "size": head.size, "certificate": made})


def disposal_json(row: SheetRow) -> dict[str, Json]:
    """A disposal as a list shows it."""
    contents, kept = contents_of(row.said), row.kept or {}
    return {
        "id": row.id,
        "state": row.said["state"],
        "at": row.at,
        "not_before": row.said["not_before"],
        "contents": len(contents),
        "clips": sum(len(one.clips) for one in contents),
        "bytes": sum(one.size for one in contents),
        "kept_back": len(row.said["kept_back"]),
        "waived": row.said["waived"],
        "asked_by": kept.get("asked_by"),
        "approved_by": kept.get("approved_by"),
        "reason": kept.get("reason"),
    }


def _shown(rooms: Rooms, disposal: str) -> dict[str, Json]:
    row = _row(rooms, disposal)
    with rooms.sheets() as sheets:
        history: list[Json] = [
            {"did": one.body["what"]["did"], "at": one.body["when"]["utc"], "by": one.personal.get("actor")}
            for one in sheets.history(SheetId(row.id))
            if one.body["type"] == "recorded"
        ]
    return {
        **disposal_json(row),
        "waiver": (row.kept or {}).get("waiver"),
        "named": [one.document() for one in contents_of(row.said)],
        "left_out": row.said["kept_back"],
        "history": history,
    }


def _row(rooms: Rooms, disposal: str) -> SheetRow:
    with rooms.sheets() as sheets:
        row = sheets.sheet(DISPOSAL, disposal)
    if row is None:
        raise NoSuchSheet(kind=DISPOSAL, id=disposal)
    return row
