"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command

OrderName = Literal["taken", "recorded", "size", "officer"]
HowName = Literal["exact", "beginning", "nearly"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as a program gives it: any of the values; with ``negated`` none of them. ``most``: of ``nearly``, how many may be wrong."""

    field: str
    values: tuple[str, ...]
    negated: bool = False
    how: HowName = "exact"
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Clips that are found, within one's reach: a page of them, and how many there are.

    ``query`` as a clerk types it, ``where`` the same as values; all of both hold, and of the search ``saved`` (its name or id). ``values``: fields whose
    values are to be counted. ``after``: what the page before named as ``next``. ``count``: whether to count.
    """

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "searching:search"
    query: str = ""
    where: tuple[Condition, ...] = ()
    saved: str | None = None
    order: OrderName = "taken"
    ascending: bool = False
    limit: int = 50
    after: str | None = None
    count: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListSearches:
    """One's own saved searches, and the shared ones."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "searching:list_searches"


@dataclass(frozen=True, slots=True)
class SaveSearch:
    """Keep a search under a name: for oneself or, with ``shared``, for everybody. One's own of that name is replaced."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "searching:save_search"
    name: str
    query: str
    order: OrderName = "taken"
    ascending: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class RemoveSearch:
    """One's own saved search is kept no more."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "searching:remove_search"
    search: str


@dataclass(frozen=True, slots=True)
class Reindex:
    """Make the search index again from the facts; with ``check`` only say whether it is what they make."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "searching:reindex"
    check: bool = False


COMMANDS: tuple[type[Command], ...] = (Search, ListSearches, SaveSearch, RemoveSearch, Reindex)
