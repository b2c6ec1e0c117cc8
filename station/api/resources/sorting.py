"""How footage is sorted and found again: the tree of categories, saved searches."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import Change, members
from station.api.resources.form import Asked, Form, Given, Id, Line, Moment, Operation, Shape, Text
from station.commands.desk import AddCategory, AdoptCategories, ChangeCategory, ListCategories
from station.commands.searching import ListSearches, OrderName, Reindex, RemoveSearch, SaveSearch

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[^\\x00]*$")]


class Category(Shape):
    """A category. ``keep``: how long at least what bears it is kept; ``keeps``: the longest of that and of those above it."""

    category: str
    parent: str | None
    en: str
    zh: str
    keep: str | None
    keeps: str | None
    retired: bool


class CategoryUsed(Category):
    """A category in the tree: how deep it stands, and how many clips bear it."""

    depth: int
    clips: int


class CategoryPut(Category):
    """A category, and what was changed of it."""

    changes: list[Change]


class Uncategorised(Shape):
    """What stands outside the tree: clips that are unclassified, and words of before that the tree does not have. ``own``: it is the station's own."""

    own: bool
    unclassified: int
    not_in_tree: list[dict[str, Any]]


class Adopted(Shape):
    """What became part of the tree."""

    adopted: list[str]


class SavedSearch(Shape):
    """A search that was kept, for oneself or for everybody."""

    id: Id
    name: str
    query: str
    order: OrderName
    ascending: bool
    owner: str | None
    shared: bool
    own: bool
    at: Moment


class SearchRemoved(Shape):
    """Which search is kept no more."""

    removed: Id


class CategoryNew(Form, kw_only=True):
    """A category to add, with its names. ``keep``: ``permanent``, or a duration as ``P6M``."""

    category: Code
    en: Line
    zh: Line
    parent: Text | UnsetType = UNSET
    keep: Text | UnsetType = UNSET


class CategoryChange(Form):
    """What of it is to be otherwise. What is left out stays; an empty ``parent`` or ``keep`` clears it. ``retired``: it is given no more."""

    en: Line | UnsetType = UNSET
    zh: Line | UnsetType = UNSET
    parent: Text | UnsetType = UNSET
    keep: Text | UnsetType = UNSET
    retired: bool | UnsetType = UNSET


class Adoption(Form):
    """Below what the words of before are to stand; left out: at the top."""

    parent: Text | UnsetType = UNSET


class SearchNew(Form, kw_only=True):
    """A search to keep under a name: for oneself or, ``shared``, for everybody. One's own of that name is replaced."""

    name: Line
    query: Given
    order: OrderName = "taken"
    ascending: bool = False
    shared: bool = False


class Index(Form):
    """``check``: only say whether the index is what the facts make."""

    check: bool = False


def _change(asked: Asked) -> ChangeCategory:
    return ChangeCategory(asked.path["category"], **members(asked.body))


OPERATIONS = (
    Operation(
        *("GET", "/v1/categories", "listCategories", "The tree of categories, each after what it belongs to", "categories:read"),
        command=lambda _asked: ListCategories(),
        answers=CategoryUsed,
        rows="categories",
        key="category",
    ),
    Operation(
        *("GET", "/v1/categories/outside", "showUncategorised", "What stands outside the tree", "categories:read"),
        command=lambda _asked: ListCategories(),
        answers=Uncategorised,
    ),
    Operation(
        *("POST", "/v1/categories", "addCategory", "Another category", "categories:write"),
        command=lambda asked: AddCategory(**members(asked.body)),
        body=CategoryNew,
        answers=CategoryPut,
        status=201,
    ),
    Operation(
        *("PATCH", "/v1/categories/{category}", "changeCategory", "Change a category, or retire it", "categories:write"),
        command=_change,
        body=CategoryChange,
        answers=CategoryPut,
    ),
    Operation(
        *("POST", "/v1/categories/adoption", "adoptCategories", "Take what clips bear into the tree", "categories:write"),
        command=lambda asked: AdoptCategories(**members(asked.body)),
        body=Adoption,
        answers=Adopted,
    ),
    Operation(
        *("GET", "/v1/searches", "listSearches", "One's own saved searches, and the shared ones", "search:read"),
        command=lambda _asked: ListSearches(),
        answers=SavedSearch,
        rows="searches",
        key="id",
    ),
    Operation(
        *("POST", "/v1/searches", "saveSearch", "Keep a search under a name", "search:write"),
        command=lambda asked: SaveSearch(**members(asked.body)),
        body=SearchNew,
        answers=SavedSearch,
        status=201,
    ),
    Operation(
        *("DELETE", "/v1/searches/{search}", "removeSearch", "One's own saved search is kept no more", "search:write"),
        command=lambda asked: RemoveSearch(asked.path["search"]),
        answers=SearchRemoved,
    ),
    Operation(
        *("POST", "/v1/searches/index", "reindex", "Make the search index again from the facts, or check it", "settings:write"),
        command=lambda asked: Reindex(asked.body.check),
        body=Index,
        job=True,
    ),
)
