"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

from typing import Any

import msgspec

from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.undoing import NoSuchTag
from evidence.errors import Exit
from station.commands import Command, ListClips, Tag
from station.commands.desk import ShowHistory, Untag
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def document(house: House, command: Command) -> Any:  # noqa: ANN401  # whatever JSON the command answers
    return msgspec.json.decode(msgspec.json.encode(house.ask(command).document))


def clip_of(house: House) -> str:
    return str(document(house, ListClips())["clips"][0]["id"])


def tagged(house: House) -> str:
    house.ask(Tag((clip_of(house),), location="by the mill"))
    return str(document(house, ShowHistory(clip_of(house)))["fields"][0]["values"][0]["entry"])


ASKED: Asked = {
    Untag: (lambda house, _: Untag(tagged(house)), "undone", Exit.OK),
    ShowHistory: (lambda house, _: ShowHistory(clip_of(house)), "fields", Exit.OK),
}
FAULTS: Faults = {
    Untag: (Untag("1/0"), NoSuchTag),
    ShowHistory: (ShowHistory(NOBODY), NoSuchClip),
}
EVERY: tuple[Command, ...] = (Untag("1/0"), ShowHistory(NOBODY))
