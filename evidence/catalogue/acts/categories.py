"""Acts on the tree of categories. The first one writes down the tree that the station began with, so that from then on the log has all of it."""

from __future__ import annotations

from collections.abc import Iterable

from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import Sheets
from evidence.categories import KIND, Category, Tree, tree
from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit
from evidence.ids import SheetId
from evidence.incidents import Difference


class CategoryKnown(EvidenceError):
    """There is a category of that code. Fields: ``category``."""

    code = "category-known"
    status = Exit.REFUSED


class NoSuchCategory(EvidenceError):
    """There is no category of that code to change. Fields: ``category``."""

    code = "no-such-category"
    status = Exit.USAGE


def added(commit: Commit, wanted: Iterable[Category], actor: Actor, reason: str | None = None) -> None:
    """More categories. Raises :class:`CategoryKnown`, :class:`~evidence.categories.CategoryUnfit`."""
    found = _own(commit, actor)
    for one in wanted:
        if one.code in found.by_code:
            raise CategoryKnown(category=one.code)
        found = found.with_one(one)
        written(commit, _sheet(one), "added", actor, reason=reason)


def changed(commit: Commit, wanted: Category, actor: Actor, reason: str | None = None) -> list[Difference]:
    """A category has other names, another place in the tree, another time for which it is kept, or is (not) retired.

    Raises :class:`NoSuchCategory`, :class:`~evidence.categories.CategoryUnfit`.
    """
    known = _tree(commit)
    before = known.by_code.get(wanted.code)
    if before is None:
        raise NoSuchCategory(category=wanted.code)
    known.with_one(wanted)
    changes = [
        Difference(name, before.said[name], wanted.said[name]) for name in wanted.said if before.said[name] != wanted.said[name]
    ]
    if changes:
        _own(commit, actor)
        written(commit, _sheet(wanted), "changed", actor, of=_of(commit, wanted.code), reason=reason)
    return changes


def _tree(commit: Commit) -> Tree:
    return tree(row.said for row in Sheets(commit.connection, commit.station).sheets(KIND))


def _own(commit: Commit, actor: Actor) -> Tree:
    """The station's own tree, written down where it was not."""
    found = _tree(commit)
    if not found.own:
        for one in found.categories:
            written(commit, _sheet(one), "added", actor)
    return found


def _of(commit: Commit, code: str) -> SheetId:
    return Sheets(commit.connection, commit.station).found(KIND, "code", code)[0].id


def _sheet(one: Category) -> Sheet:
    return Sheet(KIND, one.said, None, one.found_by)
