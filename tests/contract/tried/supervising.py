"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

from evidence.errors import Exit
from station.commands import Command
from station.commands.supervising import (
    CheckAlarms,
    CheckSample,
    DrawSample,
    ListEscalations,
    ListFigures,
    ListSamples,
    ShowFigure,
    ShowSample,
)
from station.figures.period import NotADay
from station.handlers.sampling import NoSuchSample, NothingToDraw
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def sample_of(house: House) -> str:
    return str(house.ask(DrawSample(1)).document["sample"])


ASKED: Asked = {
    ListFigures: (lambda *_: ListFigures(), "figures", Exit.OK),
    ShowFigure: (lambda *_: ShowFigure("untagged", form="csv"), "csv", Exit.OK),
    ListSamples: (lambda *_: ListSamples(), "samples", Exit.OK),
    DrawSample: (lambda *_: DrawSample(1), "clips", Exit.OK),
    ShowSample: (lambda house, _: ShowSample(sample_of(house)), "clips", Exit.OK),
    CheckSample: (lambda house, _: CheckSample(sample_of(house)), "drawn", Exit.OK),
    CheckAlarms: (lambda *_: CheckAlarms(), "escalated", Exit.OK),
    ListEscalations: (lambda *_: ListEscalations(), "escalations", Exit.OK),
}
FAULTS: Faults = {
    ShowFigure: (ShowFigure("late-docking", since="yesterday"), NotADay),
    DrawSample: (DrawSample(0), NothingToDraw),
    ShowSample: (ShowSample(NOBODY), NoSuchSample),
    CheckSample: (CheckSample(NOBODY), NoSuchSample),
}
EVERY: tuple[Command, ...] = (
    ListFigures(),
    ShowFigure("late-docking"),
    ListSamples(),
    DrawSample(0),
    ShowSample(NOBODY),
    CheckSample(NOBODY),
    CheckAlarms(),
    ListEscalations(),
)
