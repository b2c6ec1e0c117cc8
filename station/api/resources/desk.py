"""The desk: cases, incidents, search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import Change, Clip, given, members
from station.api.resources.form import Asked, Form, Given, Id, Line, Moment, Operation, Shape, Text
from station.commands import Command
from station.commands.desk import (
    AddIncident,
    ChangeCase,
    ChangeIncident,
    CloseCase,
    ListCases,
    ListIncidents,
    MergeCase,
    OpenCase,
    ReopenCase,
    ShowCase,
    ShowIncident,
    SplitCase,
)
from station.commands.searching import Search


class Party(Shape):
    """Somebody in a case, and as what."""

    role: str
    name: str


class Case(Shape):
    """A case."""

    id: Id
    number: str
    title: str
    state: str
    unit: str | None
    sensitivity: str | None
    people: list[Party]
    earlier: list[str]
    merged_into: str | None
    merged_from: list[str]
    split_from: str | None
    split_into: list[str]
    version: int
    changed_at: Moment


class Incident(Shape):
    """A dispatch record."""

    id: Id
    number: str
    begins_at: Moment
    ends_at: Moment | None
    place: str | None
    officers: list[str]
    devices: list[str]
    category: str | None
    text: str | None
    unit: str | None
    source: str
    version: int
    changed_at: Moment


class CaseWhole(Case):
    """A case with what belongs to it; its footage is a list of its own."""

    clips: int
    clips_out_of_reach: int
    incidents: list[Incident]
    holds: list[dict[str, Any]]
    packages: list[dict[str, Any]]
    history: list[dict[str, Any]]


class IncidentWhole(Incident):
    """A dispatch record with what belongs to it; its footage is a list of its own."""

    cases: list[str]
    holds: list[dict[str, Any]]
    history: list[dict[str, Any]]


class Footage(Shape, kw_only=True):
    """A clip on a time line: ``begins`` is the interval, by the station's clock, in which it began; null where nothing bounds that side."""

    clip: Id
    path: str
    path_b64: str | UnsetType = UNSET
    device: str
    officer: str | None
    size: int
    state: str
    category: str
    case: str | None
    incident: Id | None
    importance: str | None
    sensitivity: str | None
    note: str | None
    recorded_at: Moment | None
    duration_ms: int | None
    rule: str | None
    uncertainty_ms: int | None
    clock: dict[str, Any]
    begins: Any
    overlap: str | None


class IncidentPut(Incident):
    """A dispatch record, and what was changed of it."""

    changes: list[Change]


class CaseDone(Case):
    """A case as it is now, what was changed of it, and how many clips got another number by that."""

    changes: list[Change]
    clips_tagged: int


class Counts(Shape):
    """How many clips are found, and how many of each value of the fields that were asked for."""

    count: dict[str, Any]
    values: dict[str, Any]


class CasesWanted(Form):
    """Which cases."""

    state: Literal["open", "closed", "merged"] | UnsetType = UNSET


class CaseNew(Form):
    """A case to open. ``people``: ``ROLE:NAME`` each."""

    number: Line
    title: Line
    unit: Text | UnsetType = UNSET
    sensitivity: Text | UnsetType = UNSET
    people: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET


class CaseState(Form):
    """Closed or open again, and why."""

    state: Literal["open", "closed"]
    reason: Text | UnsetType = UNSET


Lines = Annotated[list[Line], Meta(max_length=100)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class CaseChange(Form):
    """What of a case is to be otherwise; what is left out stays. ``people`` come to it, ``without`` leave it. ``number``: its clips get it, too.

    ``version``: the one that it is thought to have; another one is a conflict.
    """

    number: Line | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    sensitivity: Text | UnsetType = UNSET
    people: Lines | UnsetType = UNSET
    without: Lines | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class Merging(Form, kw_only=True):
    """The case (id or number) that it becomes a part of, its clips with it."""

    into: Line
    reason: Text | UnsetType = UNSET


class Splitting(Form, kw_only=True):
    """The clips that become a case of their own, its number and title."""

    number: Line
    title: Line
    clips: Annotated[list[Id], Meta(min_length=1, max_length=5000)]
    reason: Text | UnsetType = UNSET


class IncidentsWanted(Form):
    """Which incidents: that began from ``since`` on and before ``until``, with this officer."""

    since: Given | UnsetType = UNSET
    until: Given | UnsetType = UNSET
    officer: Given | UnsetType = UNSET


class IncidentNew(Form):
    """A dispatch record to enter."""

    number: Line
    begins_at: Line
    ends_at: Text | UnsetType = UNSET
    location: Text | UnsetType = UNSET
    officers: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET
    devices: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    unit: Text | UnsetType = UNSET


class IncidentChange(Form):
    """What of a dispatch record is to be otherwise. What is left out stays, an empty text clears; officers and devices replace those of before."""

    number: Line | UnsetType = UNSET
    begins_at: Line | UnsetType = UNSET
    ends_at: Text | UnsetType = UNSET
    location: Text | UnsetType = UNSET
    officers: Lines | UnsetType = UNSET
    devices: Lines | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class Question(Form):
    """What is looked for, as a clerk types it; ``saved``: the id of a search that was kept."""

    q: Given = ""
    saved: Id | UnsetType = UNSET
    order: Literal["taken", "recorded", "size", "officer"] = "taken"
    direction: Literal["newest", "oldest"] = "newest"


class Counting(Form):
    """What is looked for, and the fields whose values are counted, with a comma between."""

    q: Given = ""
    saved: Id | UnsetType = UNSET
    values: Given = ""


def _lines(value: Any) -> tuple[str, ...]:  # noqa: ANN401  # a list, or nothing
    return () if value is UNSET else tuple(value)


def _open(asked: Asked) -> OpenCase:
    body = asked.body
    return OpenCase(body.number, body.title, given(body.unit), given(body.sensitivity), _lines(body.people))


def _turn(asked: Asked) -> Command:
    kind = CloseCase if asked.body.state == "closed" else ReopenCase
    return kind(asked.path["case"], given(asked.body.reason))


def _enter(asked: Asked) -> AddIncident:
    body = asked.body
    more = {name: given(getattr(body, name)) for name in ("ends_at", "location", "category", "text", "unit")}
    return AddIncident(body.number, body.begins_at, officers=_lines(body.officers), devices=_lines(body.devices), **more)


def _search(asked: Asked) -> Search:
    query = asked.query
    return Search(
        query.q,
        saved=given(query.saved),
        order=query.order,
        ascending=query.direction == "oldest",
        limit=asked.limit or 1,
        after=asked.after,
        count=False,
    )


def _count(asked: Asked) -> Search:
    query = asked.query
    fields = tuple(filter(None, (one.strip() for one in query.values.split(","))))
    return Search(query.q, saved=given(query.saved), limit=1, values=fields)


OPERATIONS = (
    Operation(
        *("GET", "/v1/cases", "listCases", "Cases, in the order they were opened", "cases:read"),
        command=lambda asked: ListCases(given(asked.query.state), asked.after, asked.limit),
        query=CasesWanted,
        answers=Case,
        rows="cases",
    ),
    Operation(
        *("POST", "/v1/cases", "openCase", "Open a case", "cases:write"),
        command=_open,
        body=CaseNew,
        answers=Case,
        status=201,
    ),
    Operation(
        *("GET", "/v1/cases/{case}", "showCase", "A case with what belongs to it", "cases:read"),
        command=lambda asked: ShowCase(asked.path["case"], limit=1),
        answers=CaseWhole,
    ),
    Operation(
        *("GET", "/v1/cases/{case}/footage", "listCaseFootage", "The footage of a case on one time line", "cases:read"),
        command=lambda asked: ShowCase(asked.path["case"], asked.after, asked.limit),
        answers=Footage,
        rows="footage",
    ),
    Operation(
        *("PUT", "/v1/cases/{case}/state", "turnCase", "Close a case, or open it again", "cases:write"),
        command=_turn,
        body=CaseState,
        answers=CaseDone,
    ),
    Operation(
        *("PATCH", "/v1/cases/{case}", "changeCase", "Change a case, or give it another number", "cases:write"),
        command=lambda asked: ChangeCase(asked.path["case"], **members(asked.body)),
        body=CaseChange,
        answers=CaseDone,
    ),
    Operation(
        *("POST", "/v1/cases/{case}/merge", "mergeCase", "A case becomes part of another", "cases:write"),
        command=lambda asked: MergeCase(asked.path["case"], **members(asked.body)),
        body=Merging,
        answers=CaseDone,
    ),
    Operation(
        *("POST", "/v1/cases/{case}/split", "splitCase", "Some clips become a case of their own", "cases:write"),
        command=lambda asked: SplitCase(asked.path["case"], **members(asked.body)),
        body=Splitting,
        answers=CaseDone,
        status=201,
    ),
    Operation(
        *("GET", "/v1/incidents", "listIncidents", "Dispatch records, by their beginning", "incidents:read"),
        command=lambda asked: ListIncidents(
            given(asked.query.since), given(asked.query.until), given(asked.query.officer), asked.after, asked.limit
        ),
        query=IncidentsWanted,
        answers=Incident,
        rows="incidents",
    ),
    Operation(
        *("POST", "/v1/incidents", "addIncident", "Enter a dispatch record", "incidents:write"),
        command=_enter,
        body=IncidentNew,
        answers=IncidentPut,
        status=201,
    ),
    Operation(
        *("GET", "/v1/incidents/{incident}", "showIncident", "A dispatch record with what belongs to it", "incidents:read"),
        command=lambda asked: ShowIncident(asked.path["incident"], limit=1),
        answers=IncidentWhole,
    ),
    Operation(
        *("PATCH", "/v1/incidents/{incident}", "changeIncident", "Correct a dispatch record", "incidents:write"),
        command=lambda asked: ChangeIncident(asked.path["incident"], **members(asked.body)),
        body=IncidentChange,
        answers=IncidentPut,
    ),
    Operation(
        *("GET", "/v1/incidents/{incident}/footage", "listIncidentFootage", "Its footage on one time line", "incidents:read"),
        command=lambda asked: ShowIncident(asked.path["incident"], asked.after, asked.limit),
        answers=Footage,
        rows="footage",
    ),
    Operation(
        *("GET", "/v1/search", "search", "Clips that are found", "clips:read"),
        command=_search,
        query=Question,
        answers=Clip,
        rows="clips",
    ),
    Operation(
        *("GET", "/v1/search/counts", "countFound", "How many clips are found, and how many of each value", "clips:read"),
        command=_count,
        query=Counting,
        answers=Counts,
    ),
)
