"""How long footage is kept, and its end: rules changed, holds lifted, disposals by two people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from station.api.resources.casework import Due, Hold, Rule
from station.api.resources.evidence import members
from station.api.resources.form import Digest, Form, Id, Line, Moment, Operation, Shape, Text
from station.api.resources.proof import Nothing
from station.commands.keeping import (
    AddRule,
    ApproveDisposal,
    AskDisposal,
    ChangeRule,
    CheckDisposals,
    LiftHold,
    ListDisposals,
    PrintCertificate,
    RebuildHolds,
    RetireRule,
    RunDisposals,
    ShowDisposal,
    UndoDisposal,
)

RuleName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
Importance = Literal["", "1", "2", "3"]


class RulePut(Shape):
    """A rule as it is now (null: it counts no more), or as it would be, and what that makes due: the first of it in ``made_due``."""

    rule: Rule | None
    preview: bool
    clips: int
    bytes: int
    made_due: list[Due]
    more: bool


class HoldLifted(Hold):
    """A hold, and whether it is lifted now. It is not while somebody else has to ask for the same."""

    lifted: bool


class HoldsRebuilt(Shape):
    """How many holds are in force by the log, and the ids of those whose row said something else."""

    in_force: int
    restored: list[str]


class Disposal(Shape):
    """The removal of every copy of some contents. ``not_before``: when the time in which it can be undone is over."""

    id: Id
    state: Literal["asked", "pending", "begun", "carried-out", "undone"]
    at: Moment
    not_before: Moment | None
    contents: int
    clips: int
    bytes: int
    kept_back: int
    waived: bool
    asked_by: str | None
    approved_by: str | None
    reason: str | None


class DisposedContent(Shape):
    """A content that goes: its clips, by which rule, on which receipt, and each of its copies with what came of it."""

    sha256: Digest
    size: int
    clips: list[dict[str, Any]]
    fate: str
    rule: str
    rule_version: int
    clause: str
    until: Moment
    receipt: Id | None
    copies: list[dict[str, Any]]


class DisposalWhole(Disposal):
    """A disposal with every copy that it names, and its history."""

    waiver: str | None
    named: list[DisposedContent]
    left_out: list[dict[str, Any]]
    history: list[dict[str, Any]]


class DisposalsWanted(Form):
    """Which disposals."""

    state: Literal["open", "all"] = "all"


class RuleNew(Form, kw_only=True):
    """A rule to add. ``preview`` only shows what it would make due; ``confirmed`` makes it although it makes something due at once."""

    name: RuleName
    period: Line
    clause: Line
    category: Text | UnsetType = UNSET
    besides: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET
    importance: Importance | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    law: Text | UnsetType = UNSET
    preview: bool = False
    confirmed: bool = False


class RuleChange(Form):
    """What of a rule is to be otherwise. What is left out stays, an empty text clears; ``besides`` replaces what was left out of it."""

    period: Line | UnsetType = UNSET
    clause: Line | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    besides: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET
    importance: Importance | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    law: Text | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    preview: bool = False
    confirmed: bool = False


class RuleEnd(Form):
    """Why a rule is to count no more, and the law that allows it."""

    law: Text | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    preview: bool = False
    confirmed: bool = False


class Because(Form, kw_only=True):
    """Why."""

    reason: Line


class DisposalWanted(Form, kw_only=True):
    """Which clips are to go and why; or as many of the oldest that are due as ``all_due`` says.

    ``waiver``: who takes it upon himself, and why, that footage goes which no store holds for good.
    """

    reason: Line
    clips: Annotated[list[Id], Meta(max_length=500)] = field(default_factory=list)
    all_due: Annotated[int, Meta(ge=0, le=500)] = 0
    waiver: Line | UnsetType = UNSET


OPERATIONS = (
    Operation(
        *("POST", "/v1/rules", "addRule", "Another rule, and what it makes due", "holds:write"),
        command=lambda asked: AddRule(**members(asked.body)),
        body=RuleNew,
        answers=RulePut,
        status=201,
    ),
    Operation(
        *("PATCH", "/v1/rules/{rule}", "changeRule", "Another version of a rule, and what it makes due", "holds:write"),
        command=lambda asked: ChangeRule(asked.path["rule"], **members(asked.body)),
        body=RuleChange,
        answers=RulePut,
    ),
    Operation(
        *("POST", "/v1/rules/{rule}/retirement", "retireRule", "A rule counts no more", "holds:write"),
        command=lambda asked: RetireRule(asked.path["rule"], **members(asked.body)),
        body=RuleEnd,
        answers=RulePut,
    ),
    Operation(
        *("POST", "/v1/holds/{hold}/lift", "liftHold", "Ask that a hold be lifted; asked by somebody else once more, it is"),
        scope="holds:write",
        command=lambda asked: LiftHold(asked.path["hold"], asked.body.reason),
        body=Because,
        answers=HoldLifted,
    ),
    Operation(
        *("POST", "/v1/holds/rebuild", "rebuildHolds", "Make the holds anew from the log alone", "holds:write"),
        command=lambda _asked: RebuildHolds(),
        body=Nothing,
        answers=HoldsRebuilt,
    ),
    Operation(
        *("GET", "/v1/disposals", "listDisposals", "Disposals, newest first", "disposals:read"),
        command=lambda asked: ListDisposals(asked.query.state == "open"),
        query=DisposalsWanted,
        answers=Disposal,
        rows="disposals",
        key="id",
    ),
    Operation(
        *("POST", "/v1/disposals", "askDisposal", "Ask that footage be disposed of", "disposals:write"),
        command=lambda asked: AskDisposal(**members(asked.body)),
        body=DisposalWanted,
        answers=DisposalWhole,
        status=201,
    ),
    Operation(
        *("GET", "/v1/disposals/{disposal}", "showDisposal", "One disposal with every copy that it names", "disposals:read"),
        command=lambda asked: ShowDisposal(asked.path["disposal"]),
        answers=DisposalWhole,
    ),
    Operation(
        *("POST", "/v1/disposals/{disposal}/approval", "approveDisposal", "Agree as the second person", "disposals:write"),
        command=lambda asked: ApproveDisposal(asked.path["disposal"]),
        body=Nothing,
        answers=DisposalWhole,
    ),
    Operation(
        *("POST", "/v1/disposals/{disposal}/undo", "undoDisposal", "Take it back before its first copy goes", "disposals:write"),
        command=lambda asked: UndoDisposal(asked.path["disposal"], asked.body.reason),
        body=Because,
        answers=DisposalWhole,
    ),
    Operation(
        *("POST", "/v1/disposals/run", "runDisposals", "Carry out those whose time has come", "disposals:write"),
        command=lambda _asked: RunDisposals(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/disposals/check", "checkDisposals", "Hold every disposal in the log against the rules"),
        scope="verification:write",
        command=lambda _asked: CheckDisposals(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/disposals/{disposal}/certificate", "printCertificate", "The certificate: its content, and a PDF to fetch"),
        scope="disposals:read",
        command=lambda asked: PrintCertificate(asked.path["disposal"], b"/certificate.pdf"),
        body=Nothing,
        job=True,
    ),
)
