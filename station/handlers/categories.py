"""The tree of categories: shown with what is in use, added to, changed, and free text of before taken into it."""

from __future__ import annotations

from dataclasses import replace

from evidence.canonical import Json
from evidence.catalogue.acts import categories as acts
from evidence.catalogue.acts.categories import NoSuchCategory
from evidence.catalogue.desk import Desk
from evidence.categories import KIND, Category, Tree, tree
from evidence.custody.entry import Actor
from evidence.facts import UNCLASSIFIED
from station.commands import Answer, Report
from station.commands.desk import AddCategory, AdoptCategories, ChangeCategory, ListCategories
from station.rooms import Rooms
from station.tags import categories


def list_categories(rooms: Rooms, _command: ListCategories, actor: Actor, _report: Report) -> Answer:
    """The tree, each category after what it belongs to."""
    with rooms.desk(actor) as desk:
        return Answer(_document(categories(desk.sheets), dict(desk.categories_in_use())))


def add(rooms: Rooms, command: AddCategory, actor: Actor, _report: Report) -> Answer:
    """Another one."""
    made = Category(command.category, command.parent or None, command.en, command.zh, command.keep or None)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        acts.added(commit, [made], actor)
    return Answer({**_category_json(made, _tree(rooms)), "changes": []})


def change(rooms: Rooms, command: ChangeCategory, actor: Actor, _report: Report) -> Answer:
    """Another name, another place in the tree, another time, out of use or in use again."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        before = categories(Desk(commit.connection, rooms.station, None).sheets).by_code.get(command.category)
        if before is None:
            raise NoSuchCategory(category=command.category)
        wanted = replace(
            before,
            en=before.en if command.en is None else command.en,
            zh=before.zh if command.zh is None else command.zh,
            parent=before.parent if command.parent is None else command.parent or None,
            keep=before.keep if command.keep is None else command.keep or None,
            retired=before.retired if command.retired is None else command.retired,
        )
        found = acts.changed(commit, wanted, actor)
    changes: list[Json] = [{"field": one.name, "old": one.old, "new": one.new} for one in found]
    return Answer({**_category_json(wanted, _tree(rooms)), "changes": changes})


def adopt(rooms: Rooms, command: AdoptCategories, actor: Actor, _report: Report) -> Answer:
    """What clips bear and the tree does not have becomes part of it, in one commit."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        desk = Desk(commit.connection, rooms.station, None)
        known = categories(desk.sheets)
        free = [code for code, _ in desk.categories_in_use() if code not in known.by_code and code != UNCLASSIFIED]
        if free:
            acts.added(commit, [Category(code, command.parent or None, code, code) for code in free], actor)
    adopted: list[Json] = list(free)
    return Answer({"adopted": adopted})


def _tree(rooms: Rooms) -> Tree:
    with rooms.sheets() as sheets:
        return tree(row.said for row in sheets.sheets(KIND))


def _document(found: Tree, used: dict[str, int]) -> dict[str, Json]:
    rows: list[Json] = [
        {**_category_json(one, found), "depth": len(found.path(one.code)), "clips": used.get(one.code, 0)} for one in found.walk()
    ]
    others: list[Json] = [
        {"category": code, "clips": count} for code, count in used.items() if code not in found.by_code and code != UNCLASSIFIED
    ]
    return {"own": found.own, "categories": rows, "unclassified": used.get(UNCLASSIFIED, 0), "not_in_tree": others}


def _category_json(one: Category, found: Tree) -> dict[str, Json]:
    return {
        "category": one.code,
        "parent": one.parent,
        "en": one.en,
        "zh": one.zh,
        "keep": one.keep,
        "keeps": found.keep(one.code),
        "retired": one.retired,
    }
