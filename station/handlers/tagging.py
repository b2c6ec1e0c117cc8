"""Tagging: clips, many at once, the same as another, taken back; and what was said of one before."""

from __future__ import annotations

import re

from evidence.canonical import Json
from evidence.catalogue.acts import desk as acts
from evidence.catalogue.acts.desk import Amendment, Field
from evidence.catalogue.acts.undoing import NoSuchTag, clip_of_tag, clips_of_tags, shown, tags_of_commit, undone_all
from evidence.catalogue.desk import Desk
from evidence.catalogue.histories import Place, Value
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import ClipId
from station.commands import Answer, Progress, Report, Tag
from station.commands.desk import ShowHistory, Untag
from station.handlers.searching import found_by_saved
from station.home import StationError
from station.rooms import Rooms
from station.tags import CARRIED, HoldsKept, Tally, check_case, check_category, wanted

PREVIOUS = "previous"
REPORTED = 500
"""Clips between two words of progress."""
_PLACE = re.compile(r"(?:([1-9][0-9]{0,8})/)?([0-9]{1,15})")


class NothingBefore(StationError):
    """No earlier clip of the same camera or officer is there. Fields: ``clip``."""

    code = "nothing-before"
    status = Exit.REFUSED


def tag(rooms: Rooms, command: Tag, actor: Actor, report: Report) -> Answer:
    """Change fields of clips: all of them or, when one does not exist or is out of reach, none. One commit, an entry for each clip."""
    tally = Tally()
    entry: str | None = None
    if command.dry_run:
        with rooms.desk(actor) as desk:
            clips = _named(rooms, command, actor, desk)
            given, source = _given(rooms, command, clips, desk)
            desk.would_tag(clips, given, _each(desk, tally, len(clips), report))
    else:
        rooms.prepare_to_write()
        with rooms.ledger.commit() as commit:
            desk = Desk(commit.connection, rooms.station, actor.reach)
            clips = _named(rooms, command, actor, desk)
            given, source = _given(rooms, command, clips, desk)
            count = _each(desk, tally, len(clips), report)

            def each(clip: ClipId, amendments: list[Amendment]) -> None:
                nonlocal entry
                if amendments and entry is None:  # by one of them the whole command is taken back
                    entry = shown((commit.epoch, commit.size - 1))
                count(clip, amendments)

            acts.tagged_all(commit, clips, given, actor, each)
    return Answer({**tally.document(), "same_as": source, "dry_run": command.dry_run, "entry": entry})


def _named(rooms: Rooms, command: Tag, actor: Actor, desk: Desk) -> list[ClipId]:
    """The clips that a command names, and those that its saved search finds at this moment."""
    found = [] if command.search is None else found_by_saved(rooms, desk, command.search, actor)
    return list(dict.fromkeys([*(ClipId(clip) for clip in command.clips), *found]))


def untag(rooms: Rooms, command: Untag, actor: Actor, _report: Report) -> Answer:
    """Take tags back: one, or all of one commit. Each is a new amendment that names the one that it undoes."""
    rooms.prepare_to_write()
    done: list[Json] = []
    with rooms.queries() as queries:
        epoch = queries.head().epoch
    place = _place(command.entry, epoch)
    with rooms.ledger.commit() as commit:
        clip_of_tag(commit, place)
        desk = Desk(commit.connection, rooms.station, actor.reach)
        places = tags_of_commit(commit, place) if command.whole else [place]
        desk.check_clips(list(clips_of_tags(commit, places).values()))
        holds = HoldsKept(desk.sheets)

        def each(one: Place, clip: ClipId, amendments: list[Amendment]) -> None:
            holds.check(clip, amendments)
            changes: list[Json] = [{"field": change.field, "old": change.old, "new": change.new} for change in amendments]
            done.append({"id": clip, "entry": shown(one), "changes": changes})

        undone_all(commit, places, actor, each, anyway=command.anyway)
    return Answer({"undone": done})


def history(rooms: Rooms, command: ShowHistory, actor: Actor, _report: Report) -> Answer:
    """What was said of a clip, field by field, oldest first. The first value of the category is the one it began with."""
    with rooms.desk(actor) as desk:
        clip = ClipId(command.clip)
        found = desk.history(clip)
        now = desk.tags(clip)
    fields: list[Json] = [
        {"field": name, "value": value, "values": [_value_json(one) for one in found if one.field == name]}
        for name, value in now.items()
        if any(one.field == name for one in found)
    ]
    return Answer({"clip": clip, "fields": fields})


def _each(desk: Desk, tally: Tally, total: int, report: Report) -> acts.Each:
    """Counts each clip, and refuses one that would slip out of a hold."""
    holds = HoldsKept(desk.sheets)

    def each(clip: ClipId, amendments: list[Amendment]) -> None:
        holds.check(clip, amendments)
        tally.add(clip, amendments)
        if tally.clips % REPORTED == 0:
            report(Progress("tag", "", tally.clips, total))

    return each


def _given(rooms: Rooms, command: Tag, clips: list[ClipId], desk: Desk) -> tuple[dict[Field, str | None], str | None]:
    """The fields with their new values, and the clip that some were taken from."""
    given = wanted(command, rooms.settings, desk.sheets)
    source: ClipId | None = None
    if command.same_as is not None:
        source = ClipId(command.same_as)
        if command.same_as == PREVIOUS:
            found = None if not clips else desk.previous(min(clips))
            if found is None:
                raise NothingBefore(clip=min(clips, default=""))
            source = found
        desk.check_clips([source])
        carried = {name: value for name, value in desk.tags(source).items() if name in CARRIED}
        given = {**carried, **given}
    check_category(given, desk.sheets)
    check_case(given, desk.sheets)
    desk.check_clips(clips)
    return given, source


def _place(text: str, epoch: int) -> Place:
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise NoSuchTag(entry=text)
    return (epoch if found[1] is None else int(found[1]), int(found[2]))


def _value_json(one: Value) -> dict[str, Json]:
    return {
        "entry": shown(one.place),
        "at": one.at,
        "by": one.person,
        "role": one.role,
        "old": one.old,
        "new": one.new,
        "erased": one.erased,
        "undoes": None if one.undoes is None else shown(one.undoes),
        "undone_by": None if one.undone_by is None else shown(one.undone_by),
    }
