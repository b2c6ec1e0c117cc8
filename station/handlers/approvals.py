"""Approvals: list, ask, give, refuse."""

from __future__ import annotations

from evidence.access import Permission, allowed
from evidence.canonical import Json
from evidence.custody.entry import Actor
from station import approvals
from station.approvals import Approval, ApprovalState
from station.commands import Answer, Report
from station.commands.people import AskApproval, GiveApproval, ListApprovals, RefuseApproval
from station.rooms import Rooms


def list_approvals(rooms: Rooms, command: ListApprovals, actor: Actor, _report: Report) -> Answer:
    """Those that wait, or all. Who may not give any sees his own."""
    now = rooms.clock().utc
    with rooms.sheets() as sheets:
        found = [one for one in approvals.approvals(sheets) if _shown(one, command, actor, now)]
    shown: list[Json] = [one.document(now) for one in found]
    return Answer({"approvals": shown})


def ask(rooms: Rooms, command: AskApproval, actor: Actor, _report: Report) -> Answer:
    """Ask."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        made = approvals.ask(commit, command.act, command.subject, actor, command.reason, hours=rooms.settings.approval_hours)
    return _answer(rooms, made)


def give(rooms: Rooms, command: GiveApproval, actor: Actor, _report: Report) -> Answer:
    """Agree."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        approvals.give(commit, command.approval, actor, command.note)
    return _answer(rooms, command.approval)


def refuse(rooms: Rooms, command: RefuseApproval, actor: Actor, _report: Report) -> Answer:
    """Decline."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        approvals.refuse(commit, command.approval, actor, command.note)
    return _answer(rooms, command.approval)


def _shown(one: Approval, command: ListApprovals, actor: Actor, now: str) -> bool:
    mine = one.asked_by == actor.person or allowed(actor, Permission.GIVE_APPROVAL) or allowed(actor, Permission.READ_LOG)
    return mine and (command.everything or (one.state in {ApprovalState.ASKED, ApprovalState.GIVEN} and not one.over(now)))


def _answer(rooms: Rooms, approval: str) -> Answer:
    with rooms.sheets() as sheets:
        return Answer(approvals.approval_of(sheets, approval).document(rooms.clock().utc))
