"""Supervision: figures and what they were counted from, review samples, alarms that were handed on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import given, members
from station.api.resources.form import Asked, Digest, Form, Given, Id, Moment, Operation, Shape, Text
from station.api.resources.proof import Nothing
from station.commands.supervising import (
    CheckAlarms,
    CheckSample,
    DrawSample,
    FigureName,
    ListEscalations,
    ListFigures,
    ListSamples,
    ShowFigure,
    ShowSample,
)

Days = Annotated[int, Meta(ge=0, le=10_000)]


class FigureThere(Shape):
    """A figure that can be counted, and what it is measured in."""

    figure: FigureName
    measure: str
    title: str


class Figures(Shape):
    """Every figure, and the rules by which things are flagged."""

    figures: list[FigureThere]
    rules: dict[str, Any]


class FigureCounted(Shape):
    """A figure: its rows, single findings, the question that produced it, and the head of the log that it is as of."""

    figure: FigureName
    measure: str
    period: dict[str, Any]
    total: dict[str, Any]
    rows: list[dict[str, Any]]
    items: list[dict[str, Any]]
    items_left_out: int
    outages: list[dict[str, Any]]
    query: dict[str, Any]
    log: dict[str, Any]


class FigureFile(FigureCounted, kw_only=True):
    """A figure that left the station as a file: its content and digest. ``pdf_b64`` is base64."""

    sha256: Digest
    csv: str | UnsetType = UNSET
    pdf_b64: str | UnsetType = UNSET


class Sample(Shape):
    """A review sample: the population that was fixed, and the head of the log that drew from it. Not drawn yet: ``sample`` is null."""

    population: Id
    sample: Id | None
    at: Moment
    since: Moment
    until: Moment
    category: str | None
    unit: str | None
    one_officer: bool
    whole_station: bool
    count: int
    sha256: Digest
    wanted: int
    as_of: dict[str, Any]
    officer: str | None
    seed: dict[str, Any] | None


class SampleWhole(Sample):
    """A sample with its clips, in the order in which they were drawn."""

    drawn_before: int
    clips: list[dict[str, Any]]


class SampleChecked(Shape):
    """What drawing again comes to. ``wrong`` is empty where it comes out the same."""

    population: Id
    sample: Id | None
    count: int
    seed: dict[str, Any]
    drawn: list[str]
    completeness_checked: bool
    wrong: list[str]


class Escalation(Shape):
    """An alarm that nobody had acknowledged in time, and to whom it was handed on."""

    id: Id
    at: Moment
    alarm: Id
    kind: str
    subject: str
    raised_at: Moment
    to: str
    after_minutes: int
    acknowledged_at: Moment | None


class AlarmsChecked(Shape):
    """How many alarms were raised, and how many handed on."""

    raised: int
    escalated: int


class Period(Form):
    """Which days (``2026-11-01``, both included), and whose."""

    since: Given | UnsetType = UNSET
    until: Given | UnsetType = UNSET
    officer: Given | UnsetType = UNSET
    unit: Given | UnsetType = UNSET


class FigureWanted(Period):
    """Which days, whose, and how many single findings to show."""

    items: Days = 100


class FigureFileWanted(Period, kw_only=True):
    """As what file; ``bom``: CSV with a byte-order mark. That it left the station is noted."""

    form: Literal["csv", "pdf"]
    bom: bool = False


class SampleWanted(Form, kw_only=True):
    """How many clips, of those that came in on some days; the population may be narrowed."""

    wanted: Annotated[int, Meta(ge=1, le=20_000)]
    since: Text | UnsetType = UNSET
    until: Text | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    officer: Text | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class EscalationsWanted(Form):
    """Which ones."""

    state: Literal["open", "all"] = "all"


def _figure(asked: Asked) -> ShowFigure:
    query = asked.query
    return ShowFigure(
        asked.path["figure"], given(query.since), given(query.until), given(query.officer), given(query.unit), query.items
    )


OPERATIONS = (
    Operation(
        *("GET", "/v1/figures", "listFigures", "Which figures there are, and by which rules things are flagged", "figures:read"),
        command=lambda _asked: ListFigures(),
        answers=Figures,
    ),
    Operation(
        *("GET", "/v1/figures/{figure}", "showFigure", "One figure, and where it comes from", "figures:read"),
        command=_figure,
        query=FigureWanted,
        answers=FigureCounted,
    ),
    Operation(
        *("POST", "/v1/figures/{figure}/files", "exportFigure", "One figure as a file; that it left is noted", "figures:read"),
        command=lambda asked: ShowFigure(asked.path["figure"], **members(asked.body)),
        body=FigureFileWanted,
        answers=FigureFile,
        status=201,
    ),
    Operation(
        *("GET", "/v1/samples", "listSamples", "Review samples, newest first", "figures:read"),
        command=lambda _asked: ListSamples(),
        answers=Sample,
        rows="samples",
        key="population",
    ),
    Operation(
        *("POST", "/v1/samples", "drawSample", "Have clips drawn for review, so that nobody chooses", "figures:write"),
        command=lambda asked: DrawSample(**members(asked.body)),
        body=SampleWanted,
        answers=SampleWhole,
        status=201,
    ),
    Operation(
        *("GET", "/v1/samples/{sample}", "showSample", "One sample with its clips", "figures:read"),
        command=lambda asked: ShowSample(asked.path["sample"]),
        answers=SampleWhole,
    ),
    Operation(
        *("GET", "/v1/samples/{sample}/check", "checkSample", "Draw again from what the log says, and compare", "figures:read"),
        command=lambda asked: CheckSample(asked.path["sample"]),
        answers=SampleChecked,
    ),
    Operation(
        *("GET", "/v1/escalations", "listEscalations", "Alarms that were handed on, newest first", "alarms:read"),
        command=lambda asked: ListEscalations(asked.query.state == "open"),
        query=EscalationsWanted,
        answers=Escalation,
        rows="escalations",
        key="id",
    ),
    Operation(
        *("POST", "/v1/alarms/check", "checkAlarms", "Raise what there is cause for and hand on what waits, now", "alarms:write"),
        command=lambda _asked: CheckAlarms(),
        body=Nothing,
        answers=AlarmsChecked,
    ),
)
