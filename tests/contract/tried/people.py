"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from evidence.errors import Exit
from station.approvals import ApprovalNameless, NoSuchApproval
from station.commands import Command
from station.commands.people import AskApproval, GiveApproval, ListApprovals, RefuseApproval
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def asked(house: House) -> str:
    return str(house.ask(AskApproval("recover", "station", "a drill")).document["id"])


ASKED: Asked = {
    ListApprovals: (lambda *_: ListApprovals(), "approvals", Exit.OK),
    AskApproval: (lambda *_: AskApproval("recover", "station", "a drill"), "expires_at", Exit.OK),
    RefuseApproval: (lambda house, _: RefuseApproval(asked(house), "not today"), "decided_by", Exit.OK),
}
FAULTS: Faults = {
    AskApproval: (AskApproval("fly", "station", "a drill"), ApprovalNameless),
    GiveApproval: (GiveApproval(NOBODY), NoSuchApproval),
    RefuseApproval: (RefuseApproval(NOBODY), NoSuchApproval),
}
EVERY: tuple[Command, ...] = (
    ListApprovals(),
    AskApproval("recover", "station", "a drill"),
    GiveApproval(NOBODY),
    RefuseApproval(NOBODY),
)
ELSEWHERE: frozenset[type[Command]] = frozenset({GiveApproval})
