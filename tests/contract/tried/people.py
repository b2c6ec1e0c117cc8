"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from evidence.errors import Exit
from evidence.people import BadgeUnfit
from station.approvals import ApprovalNameless, NoSuchApproval
from station.commands import Command
from station.commands.people import (
    AddPerson,
    AskApproval,
    ChangePerson,
    DisablePerson,
    EnablePerson,
    GiveApproval,
    Grant,
    ListApprovals,
    ListPeople,
    ListUnits,
    RefuseApproval,
    ResetPin,
    RevokeGrant,
    SetUnit,
    SignIn,
    SignOut,
    WhoAmI,
)
from station.handlers.people import GrantUnfit, UnitUnfit
from station.people import NoSuchPerson
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def asked(house: House) -> str:
    return str(house.ask(AskApproval("recover", "station", "a drill")).document["id"])


def officer(house: House) -> str:
    house.ask(AddPerson("004567", "officer"))
    return "004567"


def with_pin(house: House) -> SignIn:
    """How the person as whom this house acts signs in for the first time."""
    house.ask(AddPerson("Somebody", "administrator"))
    return SignIn("Somebody", secret=str(house.ask(ResetPin("Somebody")).document["pin"]), new_secret="583917")


def session(house: House) -> str:
    return str(house.ask(with_pin(house)).document["session"])


ASKED: Asked = {
    ListApprovals: (lambda *_: ListApprovals(), "approvals", Exit.OK),
    AskApproval: (lambda *_: AskApproval("recover", "station", "a drill"), "expires_at", Exit.OK),
    RefuseApproval: (lambda house, _: RefuseApproval(asked(house), "not today"), "decided_by", Exit.OK),
    SignIn: (lambda house, _: with_pin(house), "session", Exit.OK),
    SignOut: (lambda house, _: SignOut(session(house)), "everywhere", Exit.OK),
    WhoAmI: (lambda *_: WhoAmI(), "signed_in", Exit.OK),
    ListPeople: (lambda *_: ListPeople(), "people", Exit.OK),
    AddPerson: (lambda *_: AddPerson("004567", "officer"), "doors", Exit.OK),
    ChangePerson: (lambda house, _: ChangePerson(officer(house), name="Li"), "name", Exit.OK),
    DisablePerson: (lambda house, _: DisablePerson(officer(house), "left"), "state", Exit.OK),
    EnablePerson: (lambda house, _: EnablePerson(officer(house)), "state", Exit.OK),
    ResetPin: (lambda house, _: ResetPin(with_pin(house).badge or ""), "pin", Exit.OK),
    Grant: (lambda house, _: Grant(officer(house), cases=("A-1",)), "cases", Exit.OK),
    RevokeGrant: (lambda house, _: RevokeGrant(officer(house), cases=("A-1",)), "cases", Exit.OK),
    ListUnits: (lambda *_: ListUnits(), "units", Exit.OK),
    SetUnit: (lambda *_: SetUnit("310101", "310000"), "parent", Exit.OK),
}
FAULTS: Faults = {
    AskApproval: (AskApproval("fly", "station", "a drill"), ApprovalNameless),
    GiveApproval: (GiveApproval(NOBODY), NoSuchApproval),
    RefuseApproval: (RefuseApproval(NOBODY), NoSuchApproval),
    AddPerson: (AddPerson(" ", "officer"), BadgeUnfit),
    ChangePerson: (ChangePerson("004567", name="Li"), NoSuchPerson),
    DisablePerson: (DisablePerson("004567"), NoSuchPerson),
    EnablePerson: (EnablePerson("004567"), NoSuchPerson),
    ResetPin: (ResetPin("004567"), NoSuchPerson),
    Grant: (Grant("004567", sensitivities=("everything",)), GrantUnfit),
    RevokeGrant: (RevokeGrant("004567"), NoSuchPerson),
    SetUnit: (SetUnit("310101", "310101"), UnitUnfit),
}
EVERY: tuple[Command, ...] = (
    ListApprovals(),
    AskApproval("recover", "station", "a drill"),
    GiveApproval(NOBODY),
    RefuseApproval(NOBODY),
    SignIn("004567", secret="583917"),
    SignOut("nobody"),
    WhoAmI(),
    ListPeople(),
    AddPerson("004567", "officer"),
    ChangePerson("004567"),
    DisablePerson("004567"),
    EnablePerson("004567"),
    ResetPin("004567"),
    Grant("004567"),
    RevokeGrant("004567"),
    ListUnits(),
    SetUnit("310101"),
)
ELSEWHERE: frozenset[type[Command]] = frozenset({GiveApproval})
