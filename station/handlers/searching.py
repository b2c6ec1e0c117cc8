"""Searching: pages, counts and values of what is found, saved searches, the index made again."""

from __future__ import annotations

from typing import Any

from evidence.canonical import Json
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.connect import reading
from evidence.catalogue.desk import Desk
from evidence.catalogue.search import making
from evidence.catalogue.search.asking import COUNTABLE, Values
from evidence.catalogue.search.asking import Search as Asking
from evidence.catalogue.search.comparing import Comparison
from evidence.catalogue.search.finding import Count
from evidence.catalogue.search.language import (
    CONDITIONS,
    FIELDS,
    Condition,
    Field,
    How,
    SearchFieldUnknown,
    SearchTooLong,
    Value,
    parse,
)
from evidence.catalogue.search.meaning import Ground, meant
from evidence.catalogue.search.paging import Order
from evidence.catalogue.search.words import fold
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import ClipId, SheetId
from ingest.times import station_zone
from station.commands import Answer, Progress, Report
from station.commands.searching import Condition as Given
from station.commands.searching import ListSearches, Reindex, RemoveSearch, SaveSearch, Search
from station.handlers.clips import clip_json
from station.home import StationError
from station.paged import ROWS
from station.rooms import Rooms
from station.tags import categories

KIND = "search"
NAME_CHARACTERS = 100
FOUND = 10_000
"""Clips of a search with which something is done at once: so many are counted exactly, too."""


class NoSuchSearch(StationError):
    """Nobody, or somebody else for himself, saved a search with that id. Fields: ``search``."""

    code = "no-such-search"
    status = Exit.USAGE


class SearchNotYours(StationError):
    """A shared search is changed by who saved it. Fields: ``search``."""

    code = "search-not-yours"
    status = Exit.REFUSED


class SearchTooWide(StationError):
    """A search finds more clips than something is done with at once. Fields: ``search``, ``limit``."""

    code = "search-too-wide"
    status = Exit.REFUSED


class SearchNameUnfit(StationError):
    """A saved search needs a name, and not a long one. Fields: ``limit``."""

    code = "search-name-unfit"
    status = Exit.USAGE


def search(rooms: Rooms, command: Search, actor: Actor, _report: Report) -> Answer:
    """A page of what is found, with how many there are, and how many of each value."""
    counted = [_countable(name) for name in command.values]
    with rooms.queries(), reading(rooms.catalogue) as connection:
        conditions = [*parse(command.query), *map(_condition, command.where)]
        order, ascending = Order(command.order), command.ascending
        if command.saved is not None:
            kept = _visible(Sheets(connection, rooms.station), command.saved, actor).kept or {}
            conditions += parse(str(kept["query"]))
        if len(conditions) > CONDITIONS:
            raise SearchTooLong(position=0, limit=CONDITIONS)
        asking = Asking(connection, rooms.station, actor.reach, _ground(rooms, Sheets(connection, rooms.station)))
        limit = max(1, min(command.limit, ROWS))
        found = asking.page(conditions, order, ascending=ascending, limit=limit, after=command.after)
        document: dict[str, Json] = {
            "clips": [clip_json(row) for row in found.clips],
            "next": found.following,
            "complete": found.complete,
            "count": _count(asking.count(conditions)) if command.count else None,
            "values": {field.value: _values(one) for field, one in asking.values(conditions, counted).items()} if counted else {},
        }
    return Answer(document)


def found_by_saved(rooms: Rooms, desk: Desk, saved: str, actor: Actor) -> list[ClipId]:
    """All clips that a saved search finds within the actor's reach, the oldest first; ``desk`` may be on a commit's own connection.

    Raises :class:`NoSuchSearch`, :class:`SearchTooWide` and the faults of a search.
    """
    sheets = desk.sheets
    conditions = parse(str((_visible(sheets, saved, actor).kept or {})["query"]))
    asking = Asking(desk.connection, rooms.station, actor.reach, _ground(rooms, sheets))
    clips: list[ClipId] = []
    after: str | None = None
    while True:
        page = asking.page(conditions, Order("taken"), ascending=True, limit=ROWS, after=after)
        clips += [ClipId(row.id) for row in page.clips]
        if len(clips) > FOUND:
            raise SearchTooWide(search=saved, limit=FOUND)
        if page.following is None:
            return clips
        after = page.following


def list_searches(rooms: Rooms, _command: ListSearches, actor: Actor, _report: Report) -> Answer:
    """One's own and the shared ones, in the order in which they were saved."""
    with rooms.queries(), reading(rooms.catalogue) as connection:
        found = [_search(row, actor) for row in Sheets(connection, rooms.station).sheets(KIND) if _sees(row, actor)]
    return Answer({"searches": found})


def save_search(rooms: Rooms, command: SaveSearch, actor: Actor, _report: Report) -> Answer:
    """Keep a search; it is understood before it is kept."""
    name = command.name.strip()
    if not name or len(name) > NAME_CHARACTERS:
        raise SearchNameUnfit(limit=NAME_CHARACTERS)
    with rooms.queries(), reading(rooms.catalogue) as connection:
        meant(parse(command.query), _ground(rooms, Sheets(connection, rooms.station)))
    said: dict[str, Json] = {"shared": command.shared, "state": "kept"}
    kept: dict[str, Json] = {
        "name": name,
        "query": command.query,
        "order": command.order,
        "ascending": command.ascending,
        "owner": actor.person,
    }
    sheet = Sheet(KIND, said, kept, (("state", "kept"),))
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        own = [
            row
            for row in Sheets(commit.connection, rooms.station).sheets(KIND)
            if _sees(row, actor) and _owns(row, actor) and (row.kept or {})["name"] == name
        ]
        of = written(commit, sheet, "changed" if own else "saved", actor, of=own[0].id if own else None)
    return _shown(rooms, of, actor)


def remove_search(rooms: Rooms, command: RemoveSearch, actor: Actor, _report: Report) -> Answer:
    """Its sheet stays, and says that it was removed."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = _visible(Sheets(commit.connection, rooms.station), command.search, actor)
        if not _owns(row, actor):
            raise SearchNotYours(search=command.search)
        written(commit, Sheet(KIND, {**row.said, "state": "removed"}, row.kept), "removed", actor, of=row.id)
    return Answer({"removed": row.id})


def reindex(rooms: Rooms, command: Reindex, _actor: Actor, report: Report) -> Answer:
    """The index made again, a block of clips at a time; or compared with what the facts make, which keeps nobody from writing."""
    if command.check:
        with rooms.queries(), reading(rooms.catalogue) as connection:
            comparison = Comparison(connection, rooms.station)
            same, clips = comparison.same(), comparison.clips()
        return Answer({"clips": clips, "same": same}, Exit.OK if same else Exit.PARTIAL)
    rooms.prepare_to_write()
    with rooms.queries() as queries:
        total = queries.count("clip")

    def told(clips: int) -> None:
        report(Progress("index", rooms.station, clips, total))

    return Answer({"clips": making.remake(rooms.catalogue, rooms.station, told), "same": None})


def _ground(rooms: Rooms, sheets: Sheets) -> Ground:
    tree = categories(sheets)

    def below(text: str) -> set[str]:
        """A category by its code or either of its names."""
        named = (one for one in tree.categories if text in {fold(one.code), fold(one.en), fold(one.zh)})
        return {code for one in named for code in tree.below(one.code)}

    return Ground(station_zone(rooms.settings.time_zone), below)


def _countable(name: str) -> Field:
    field = FIELDS.get(name.lower())
    if field not in COUNTABLE:
        raise SearchFieldUnknown(position=0, field=name, known=" ".join(one.value for one in COUNTABLE))
    return field


def _condition(given: Given) -> Condition:
    field = FIELDS.get(given.field.lower())
    if field is None:
        raise SearchFieldUnknown(position=0, field=given.field, known=" ".join(one.value for one in Field))
    most = None if given.most is None else max(1, min(given.most, 2))
    return Condition(field, tuple(Value(text, How(given.how), most) for text in given.values), given.negated)


def _count(count: Count) -> dict[str, Json]:
    return {"number": count.number, "exact": count.exact, "shown": f"{count.number}{'' if count.exact else '+'}"}


def _values(values: Values) -> dict[str, Json]:
    return {"of_newest": values.of, "counts": [{"value": value, **_count(one)} for value, one in values.counts.items()]}


def _owns(row: SheetRow, actor: Actor) -> bool:
    return row.kept is not None and row.kept["owner"] == actor.person


def _sees(row: SheetRow, actor: Actor) -> bool:
    return row.said["state"] == "kept" and row.kept is not None and (bool(row.said["shared"]) or _owns(row, actor))


def _visible(sheets: Sheets, search: str, actor: Actor) -> SheetRow:
    """A saved search by its id, or by its name: one's own before one that another shares."""
    row = sheets.sheet(KIND, search)
    if row is None:
        named = [one for one in sheets.sheets(KIND) if _sees(one, actor) and (one.kept or {})["name"] == search]
        row = next((one for one in named if _owns(one, actor)), next(iter(named), None))
    if row is None or not _sees(row, actor):
        raise NoSuchSearch(search=search)
    return row


def _shown(rooms: Rooms, of: SheetId, actor: Actor) -> Answer:
    with rooms.queries(), reading(rooms.catalogue) as connection:
        return Answer(_search(_visible(Sheets(connection, rooms.station), of, actor), actor))


def _search(row: SheetRow, actor: Actor) -> dict[str, Json]:
    kept: dict[str, Any] = row.kept or {}
    told = {name: kept[name] for name in ("name", "query", "order", "ascending", "owner")}
    return {"id": row.id, **told, "shared": row.said["shared"], "own": _owns(row, actor), "at": row.at}
