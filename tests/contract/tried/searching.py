"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

from evidence.catalogue.search.language import SearchFieldUnknown, SearchQuoteOpen
from evidence.errors import Exit
from station.commands import Command
from station.commands.searching import Condition, ListSearches, Reindex, RemoveSearch, SaveSearch, Search
from station.handlers.searching import NoSuchSearch
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def saved(house: House) -> str:
    return str(house.ask(SaveSearch("late", "is:late", shared=True)).document["id"])


ASKED: Asked = {
    Search: (lambda *_: Search("-is:late", (Condition("has", ("note",), negated=True),), values=("category",)), "clips", Exit.OK),
    ListSearches: (lambda *_: ListSearches(), "searches", Exit.OK),
    SaveSearch: (lambda *_: SaveSearch("mine", "酒驾 missing:case"), "id", Exit.OK),
    RemoveSearch: (lambda house, _: RemoveSearch(saved(house)), "removed", Exit.OK),
    Reindex: (lambda *_: Reindex(check=True), "same", Exit.OK),
}
FAULTS: Faults = {
    Search: (Search("colour:red"), SearchFieldUnknown),
    SaveSearch: (SaveSearch("mine", '"open'), SearchQuoteOpen),
    RemoveSearch: (RemoveSearch(NOBODY), NoSuchSearch),
}
EVERY: tuple[Command, ...] = (
    Search(),
    ListSearches(),
    SaveSearch("all", "-missing:case", "size", ascending=True),
    RemoveSearch(NOBODY),
    Reindex(),
)
