"""Case work: approvals, holds, rules and what is due, matches, and what the one side lacks of the other."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from evidence.access import Guarded
from evidence.retention import HoldOn
from station.api.resources.evidence import given
from station.api.resources.form import Asked, Digest, Form, Id, Line, Moment, Operation, Shape, Text
from station.commands import Command
from station.commands.clients import ListClients
from station.commands.keeping import ListDue, ListHolds, ListRules, PlaceHold, ShowRule
from station.commands.matching import AcceptMatch, ListMatches, ListWithoutFootage, ListWithoutIncident, RejectMatch, ShowMatch
from station.commands.people import AskApproval, GiveApproval, ListApprovals, RefuseApproval


class Approval(Shape):
    """A second person's word for an act: asked for, given or refused, spent once."""

    id: Id
    act: Guarded
    subject: str
    state: Literal["asked", "given", "refused", "spent", "expired"]
    asked_by: str
    asked_at: Moment
    expires_at: Moment
    reason: str
    decided_by: str | None
    note: str | None


class Hold(Shape):
    """Suspends disposal. ``clips``: how many that are still there it speaks of."""

    id: Id
    version: int
    state: str
    on: HoldOn
    value: str | None
    since: str | None
    until: str | None
    clause: str
    reason: str | None
    asked_by: str | None
    at: Moment
    clips: int


class Rule(Shape):
    """How long footage is kept, by which law."""

    name: str
    version: int
    period: str
    category: str | None
    besides: list[str]
    importance: str | None
    unit: str | None
    clause: str
    law: str | None
    state: str
    sheet: str | None


class RuleWhole(Rule):
    """A rule with its versions."""

    history: list[dict[str, Any]]


class Due(Shape, kw_only=True):
    """A clip that is due, or comes up for review, and by which rule."""

    id: Id
    path: str
    path_b64: str | UnsetType = UNSET
    device: str
    size: int
    sha256: Digest
    taken_at: Moment
    category: str
    importance: str | None
    fate: str
    rule: str | None
    rule_version: int | None
    clause: str | None
    until: str | None


class Match(Shape):
    """A clip that may belong to an incident: how likely, and why."""

    id: Id
    clip: Id
    incident: Id
    number: str | None
    state: Literal["proposed", "accepted", "rejected", "withdrawn"]
    by: str
    score: int | float
    doubted: bool
    reasons: list[dict[str, Any]]
    belief: Any
    at: Moment


class MatchWhole(Match):
    """A match with its history."""

    history: list[dict[str, Any]]


class WithoutFootage(Shape):
    """An incident that no clip bears."""

    id: Id
    number: str | None
    begins_at: Moment
    ends_at: Moment | None
    officers: list[str]
    unit: str | None
    category: str | None
    source: str
    proposed: int


class WithoutIncident(Shape):
    """A clip that bears no incident, and the best that is proposed for it."""

    id: Id
    device: str
    officer: str | None
    docking: Id
    recorded_at: Moment | None
    duration: float | None
    proposed: dict[str, Any] | None


class Client(Shape):
    """Another system that may call, or might."""

    id: Id
    name: str
    certificate: str
    role: str
    scopes: list[str]
    rate: int
    units: list[str]
    sensitivities: list[str]
    state: Literal["admitted", "revoked"]


class ApprovalsWanted(Form):
    """Which approvals."""

    state: Literal["waiting", "all"] = "waiting"


class Question(Form):
    """What is to be agreed to: an act on a subject as the log names it, and why."""

    act: Guarded
    subject: Line
    reason: Line


class Decision(Form):
    """What somebody else says to it."""

    decision: Literal["given", "refused"]
    note: Text | UnsetType = UNSET


class HoldsWanted(Form):
    """Which holds."""

    state: Literal["in-force", "all"] = "in-force"


class HoldWanted(Form):
    """What is to be held, by which clause and why. ``since`` and ``until`` (RFC 3339) bound the hours of a device."""

    on: HoldOn
    value: Line
    clause: Line
    reason: Line
    asked_by: Text | UnsetType = UNSET
    since: Text | UnsetType = UNSET
    until: Text | UnsetType = UNSET


class MatchesWanted(Form):
    """Which matches."""

    state: Literal["proposed", "accepted", "rejected", "withdrawn"] | UnsetType = UNSET
    clip: Id | UnsetType = UNSET
    incident: Id | UnsetType = UNSET


class Judgement(Form):
    """What a person says of a match."""

    decision: Literal["accepted", "rejected"]
    reason: Text | UnsetType = UNSET


class Since(Form):
    """How many of the last hours are left out: a record that has just come has no footage yet."""

    hours: Annotated[int, Meta(ge=0, le=999)] = 24


def _decide(asked: Asked) -> Command:
    kind = GiveApproval if asked.body.decision == "given" else RefuseApproval
    return kind(asked.path["approval"], given(asked.body.note))


def _hold(asked: Asked) -> PlaceHold:
    body = asked.body
    more = {name: given(getattr(body, name)) for name in ("asked_by", "since", "until")}
    return PlaceHold(body.on, body.value, body.clause, body.reason, **more)


def _matches(asked: Asked) -> ListMatches:
    query = asked.query
    limit = asked.limit or 1
    return ListMatches(given(query.state), given(query.clip), given(query.incident), after=asked.after, limit=limit)


def _judge(asked: Asked) -> Command:
    kind = AcceptMatch if asked.body.decision == "accepted" else RejectMatch
    return kind(asked.path["match"], given(asked.body.reason))


OPERATIONS = (
    Operation(
        *("GET", "/v1/approvals", "listApprovals", "What waits for a second person, newest first", "approvals:read"),
        command=lambda asked: ListApprovals(asked.query.state == "all"),
        query=ApprovalsWanted,
        answers=Approval,
        rows="approvals",
        key="id",
    ),
    Operation(
        *("POST", "/v1/approvals", "askApproval", "Ask that a second person agrees", "approvals:write"),
        command=lambda asked: AskApproval(asked.body.act.value, asked.body.subject, asked.body.reason),
        body=Question,
        answers=Approval,
        status=201,
    ),
    Operation(
        *("POST", "/v1/approvals/{approval}/decision", "decideApproval", "Agree, or decline", "approvals:write"),
        command=_decide,
        body=Decision,
        answers=Approval,
    ),
    Operation(
        *("GET", "/v1/holds", "listHolds", "What suspends disposal", "holds:read"),
        command=lambda asked: ListHolds(asked.query.state == "all"),
        query=HoldsWanted,
        answers=Hold,
        rows="holds",
        key="id",
    ),
    Operation(
        *("POST", "/v1/holds", "placeHold", "Suspend disposal, also of what is still to come", "holds:write"),
        command=_hold,
        body=HoldWanted,
        answers=Hold,
        status=201,
    ),
    Operation(
        *("GET", "/v1/rules", "listRules", "How long footage is kept", "holds:read"),
        command=lambda _asked: ListRules(),
        answers=Rule,
        rows="rules",
        key="name",
    ),
    Operation(
        *("GET", "/v1/rules/{rule}", "showRule", "One rule with its versions", "holds:read"),
        command=lambda asked: ShowRule(asked.path["rule"]),
        answers=RuleWhole,
    ),
    Operation(
        *("GET", "/v1/due", "listDue", "What is due or comes up for review, the oldest first", "holds:read"),
        command=lambda asked: ListDue(asked.limit or 1, asked.after),
        answers=Due,
        rows="due",
    ),
    Operation(
        *("GET", "/v1/matches", "listMatches", "Which clip may belong to which incident, oldest first", "incidents:read"),
        command=_matches,
        query=MatchesWanted,
        answers=Match,
        rows="matches",
    ),
    Operation(
        *("GET", "/v1/matches/{match}", "showMatch", "One match with its history", "incidents:read"),
        command=lambda asked: ShowMatch(asked.path["match"]),
        answers=MatchWhole,
    ),
    Operation(
        *("POST", "/v1/matches/{match}/decision", "decideMatch", "A person accepts or rejects a match", "incidents:write"),
        command=_judge,
        body=Judgement,
        answers=Match,
    ),
    Operation(
        *("GET", "/v1/unmatched/incidents", "listWithoutFootage", "Incidents that no clip bears", "incidents:read"),
        command=lambda asked: ListWithoutFootage(asked.query.hours, asked.after, asked.limit or 1),
        query=Since,
        answers=WithoutFootage,
        rows="incidents",
    ),
    Operation(
        *("GET", "/v1/unmatched/clips", "listWithoutIncident", "Clips that bear no incident", "incidents:read"),
        command=lambda asked: ListWithoutIncident(asked.after, asked.limit or 1),
        answers=WithoutIncident,
        rows="clips",
    ),
    Operation(
        *("GET", "/v1/clients", "listClients", "Other systems that were let in", "settings:read"),
        command=lambda asked: ListClients(asked.after, asked.limit),
        answers=Client,
        rows="clients",
    ),
)
