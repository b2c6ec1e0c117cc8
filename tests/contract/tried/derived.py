"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.sheets import NoSuchSheet
from evidence.errors import Exit
from station.commands import Command, Ingest
from station.commands.derived import (
    AddRedaction,
    ApproveRedaction,
    ChangeRedaction,
    CutClip,
    Derive,
    ListDerivatives,
    ListRedactions,
    MakeRedaction,
    RemoveDerivative,
    TakeStill,
)
from station.handlers.derived import NoSuchDerivative
from tests.contract.tried.form import Asked, Faults, House
from tests.footage import footage

NOBODY = "0197f000-0000-7000-8000-000000000000"
BOX = "black start:8,8,16,16 end:8,8,16,16"


def filmed(house: House, card: Path) -> str:
    """A clip that is a film."""
    (card / "b.mp4").unlink()
    (card / "film.mp4").write_bytes(footage())
    found: Any = house.ask(Ingest((os.fsencode(card),), "badge 7")).document
    return str(found["clips"][0]["id"])


def redaction(house: House, card: Path) -> str:
    return str(house.ask(AddRedaction(filmed(house, card), (BOX,))).document["redaction"])


def derivative(house: House, card: Path) -> str:
    found: Any = house.ask(Derive(filmed(house, card), "waveform")).document
    return str(found["made"][0]["id"])


ASKED: Asked = {
    Derive: (lambda house, card: Derive(filmed(house, card), "proxy"), "made", Exit.OK),
    TakeStill: (lambda house, card: TakeStill(filmed(house, card), "start"), "pts", Exit.OK),
    CutClip: (lambda house, card: CutClip(filmed(house, card), "start", "end"), "frames", Exit.OK),
    ListDerivatives: (lambda *_: ListDerivatives(), "derivatives", Exit.OK),
    RemoveDerivative: (lambda house, card: RemoveDerivative(derivative(house, card)), "removed", Exit.OK),
    ListRedactions: (lambda *_: ListRedactions(), "redactions", Exit.OK),
    AddRedaction: (lambda house, card: AddRedaction(filmed(house, card), (BOX,)), "recipe", Exit.OK),
    ChangeRedaction: (lambda house, card: ChangeRedaction(redaction(house, card), sound=False), "version", Exit.OK),
    MakeRedaction: (lambda house, card: MakeRedaction(redaction(house, card)), "sha256", Exit.OK),
}
FAULTS: Faults = {
    Derive: (Derive(NOBODY, "proxy"), NoSuchClip),
    TakeStill: (TakeStill(NOBODY, "start"), NoSuchClip),
    CutClip: (CutClip(NOBODY, "start", "end"), NoSuchClip),
    ListDerivatives: (ListDerivatives(NOBODY), NoSuchClip),
    RemoveDerivative: (RemoveDerivative("ab"), NoSuchDerivative),
    AddRedaction: (AddRedaction(NOBODY, (BOX,)), NoSuchClip),
    ChangeRedaction: (ChangeRedaction(NOBODY), NoSuchSheet),
    MakeRedaction: (MakeRedaction(NOBODY), NoSuchSheet),
    ApproveRedaction: (ApproveRedaction(NOBODY), NoSuchSheet),
}
EVERY: tuple[Command, ...] = (
    *(Derive(NOBODY, "proxy"), TakeStill(NOBODY, "start"), CutClip(NOBODY, "start", "end"), ListDerivatives()),
    *(RemoveDerivative("ab"), ListRedactions(), AddRedaction(NOBODY), ChangeRedaction(NOBODY), MakeRedaction(NOBODY)),
    ApproveRedaction(NOBODY),
)
ELSEWHERE: frozenset[type[Command]] = frozenset({ApproveRedaction})
