"""The clerk's desk: tags, categories, cases, incidents."""

from __future__ import annotations

from typing import Any

import msgspec

from evidence.cases import CaseUnfit
from evidence.catalogue.acts.cases import NoSuchCase
from evidence.catalogue.acts.categories import CategoryKnown, NoSuchCategory
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.incidents import NoSuchIncident
from evidence.catalogue.acts.undoing import NoSuchTag
from evidence.errors import Exit
from evidence.incidents import IncidentUnfit
from station.commands import Command, ListClips, Tag
from station.commands.desk import (
    AddCategory,
    AddIncident,
    AdoptCategories,
    ChangeCase,
    ChangeCategory,
    ChangeIncident,
    CloseCase,
    ListCases,
    ListCategories,
    ListIncidents,
    MergeCase,
    OpenCase,
    ReopenCase,
    ShowCase,
    ShowHistory,
    ShowIncident,
    SplitCase,
    Untag,
)
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"
BEGIN = "2026-11-21T10:00:00"


def document(house: House, command: Command) -> Any:  # noqa: ANN401  # whatever JSON the command answers
    return msgspec.json.decode(msgspec.json.encode(house.ask(command).document))


def clip_of(house: House) -> str:
    return str(document(house, ListClips())["clips"][0]["id"])


def tagged(house: House) -> str:
    house.ask(Tag((clip_of(house),), location="by the mill"))
    return str(document(house, ShowHistory(clip_of(house)))["fields"][0]["values"][0]["entry"])


def case(house: House, number: str = "A-17") -> str:
    house.ask(OpenCase(number, "Dispute at the mill", people=("suspect:Person Nine",)))
    return number


def case_with_clip(house: House) -> tuple[str, str]:
    clip = clip_of(house)
    house.ask(Tag((clip,), case_number="A-17"))
    return case(house), clip


def closed(house: House) -> str:
    house.ask(CloseCase(case(house)))
    return "A-17"


def incident(house: House) -> str:
    house.ask(AddIncident("17", BEGIN, officers=("badge 7",)))
    house.ask(Tag((clip_of(house),), incident="17"))
    return "17"


ASKED: Asked = {
    Untag: (lambda house, _: Untag(tagged(house)), "undone", Exit.OK),
    ShowHistory: (lambda house, _: ShowHistory(clip_of(house)), "fields", Exit.OK),
    ListCategories: (lambda *_: ListCategories(), "categories", Exit.OK),
    AddCategory: (lambda *_: AddCategory("riot", "Riot", "骚乱", "call", "permanent"), "keeps", Exit.OK),
    ChangeCategory: (lambda *_: ChangeCategory("dispute", retired=True), "changes", Exit.OK),
    AdoptCategories: (lambda *_: AdoptCategories(), "adopted", Exit.OK),
    ListCases: (lambda *_: ListCases("open", limit=10), "cases", Exit.OK),
    ShowCase: (lambda house, _: ShowCase(case_with_clip(house)[0]), "footage", Exit.OK),
    OpenCase: (lambda *_: OpenCase("A-17", "Dispute", people=("witness:Person Ten",)), "people", Exit.OK),
    ChangeCase: (lambda house, _: ChangeCase(case_with_clip(house)[0], number="B-1"), "clips_tagged", Exit.OK),
    CloseCase: (lambda house, _: CloseCase(case(house), "tried"), "changes", Exit.OK),
    ReopenCase: (lambda house, _: ReopenCase(closed(house)), "changes", Exit.OK),
    MergeCase: (lambda house, _: MergeCase(case(house), case(house, "A-18")), "merged_into", Exit.OK),
    SplitCase: (lambda house, _: SplitCase(case_with_clip(house)[0], "A-19", "x", (clip_of(house),)), "split_from", Exit.OK),
    ListIncidents: (lambda *_: ListIncidents(BEGIN, limit=10), "incidents", Exit.OK),
    ShowIncident: (lambda house, _: ShowIncident(incident(house)), "footage", Exit.OK),
    AddIncident: (lambda *_: AddIncident("17", BEGIN, officers=("badge 7",)), "id", Exit.OK),
    ChangeIncident: (lambda house, _: ChangeIncident(incident(house), text="two people"), "changes", Exit.OK),
}
FAULTS: Faults = {
    Untag: (Untag("1/0"), NoSuchTag),
    ShowHistory: (ShowHistory(NOBODY), NoSuchClip),
    AddCategory: (AddCategory("dispute", "a", "b"), CategoryKnown),
    ChangeCategory: (ChangeCategory("nothing", en="a"), NoSuchCategory),
    ListCases: (ListCases("lost"), CaseUnfit),
    ShowCase: (ShowCase("Z-1"), NoSuchCase),
    OpenCase: (OpenCase("A-17", ""), CaseUnfit),
    ChangeCase: (ChangeCase("Z-1", title="x"), NoSuchCase),
    CloseCase: (CloseCase("Z-1"), NoSuchCase),
    ReopenCase: (ReopenCase("Z-1"), NoSuchCase),
    MergeCase: (MergeCase("Z-1", "Z-1"), NoSuchCase),
    SplitCase: (SplitCase("Z-1", "A-1", "x", (NOBODY,)), NoSuchCase),
    ListIncidents: (ListIncidents("noon"), IncidentUnfit),
    ShowIncident: (ShowIncident("17"), NoSuchIncident),
    AddIncident: (AddIncident("17", "noon"), IncidentUnfit),
    ChangeIncident: (ChangeIncident("17", text="x"), NoSuchIncident),
}
EVERY: tuple[Command, ...] = (
    *(command for command, _ in FAULTS.values()),
    ListCategories(),
    AdoptCategories(),
)
