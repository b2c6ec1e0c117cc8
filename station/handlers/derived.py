"""Derivatives: make, list, remove."""

from __future__ import annotations

from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.connect import reading
from evidence.catalogue.derivatives import DerivativeRow
from evidence.catalogue.queries import ClipRow
from evidence.catalogue.reaching import check_clip, sees
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.errors import Exit
from evidence.ids import ClipId
from station.commands import Answer, Report
from station.commands.derived import CutClip, Derive, ListDerivatives, RemoveDerivative, TakeStill
from station.derived import records, typed
from station.derived.boxes import RecipeUnfit
from station.derived.making import Original, OriginalAway, Workshop
from station.derived.media import ratio
from station.derived.recipes import FILMSTRIP, STANDING, Makes, cut
from station.derived.recipes import still as recipe_of_still
from station.derived.shelf import Shelf
from station.home import StationError
from station.rooms import Rooms


class NoSuchDerivative(StationError):
    """No derivative, or more than one, has an id that begins so. Fields: ``id``."""

    code = "no-such-derivative"
    status = Exit.USAGE


TOGETHER: dict[Makes, tuple[JsonObject, ...]] = {
    Makes.FILMSTRIP: (FILMSTRIP, {**FILMSTRIP, "makes": "filmstrip-index"}),
    Makes.WORKING_COPY: (STANDING[Makes.WORKING_COPY], STANDING[Makes.PTS_INDEX]),
}
"""A strip is of no use without its index, nor a working copy without its time stamps."""


def derive(rooms: Rooms, command: Derive, actor: Actor, _report: Report) -> Answer:
    """A viewing copy, by the recipe that holds for all."""
    row = clip_row(rooms, command.clip, actor)
    workshop = Workshop(rooms)
    made = standing(rooms, workshop, workshop.original(row.sha256), Makes(command.makes), actor)
    workshop.shelf.tidy()
    shown: list[Json] = [shown_row(workshop.shelf, one) for one in made]
    return Answer({"clip": row.id, "original": row.sha256, "made": shown})


def standing(rooms: Rooms, workshop: Workshop, original: Original, makes: Makes, actor: Actor) -> list[DerivativeRow]:
    """What standing recipes make of an original, each recorded at its first use. Raises as :meth:`Workshop.made`."""
    found = []
    for recipe in TOGETHER.get(makes, (STANDING.get(makes, {}),)):
        records.standing(rooms, recipe, workshop.software_of(recipe), actor)
        found.append(workshop.made(original, recipe))
    return found


def still(rooms: Rooms, command: TakeStill, actor: Actor, _report: Report) -> Answer:
    """The frame that is on the screen at a place."""
    row = clip_row(rooms, command.clip, actor)
    workshop = Workshop(rooms)
    original = workshop.original(row.sha256)
    frames = original.needs_frames()
    pts = typed.frame(command.at, frames)
    recipe = recipe_of_still(pts, ratio(frames.time_base), burn_in=command.burn_in)
    made = workshop.made(original, recipe)
    sheet = records.taken(rooms, row.id, recipe, workshop.software_of(recipe), made, actor)
    shown: list[Json] = [shown_row(workshop.shelf, made)]
    place: dict[str, Json] = {"pts": pts, "frame": frames.number(pts), "at_ms": frames.milliseconds(pts)}
    return Answer({"clip": row.id, "original": row.sha256, "made": shown, "sheet": sheet, **place})


def cut_out(rooms: Rooms, command: CutClip, actor: Actor, _report: Report) -> Answer:
    """The frames between two places."""
    row = clip_row(rooms, command.clip, actor)
    workshop = Workshop(rooms)
    original = workshop.original(row.sha256)
    frames = original.needs_frames()
    first, last = typed.frame(command.first, frames), typed.frame(command.last, frames)
    if first > last:
        raise RecipeUnfit(where=f"{command.first} {command.last}", rule="out-of-order")
    recipe = cut(first, last, ratio(frames.time_base), burn_in=command.burn_in)
    made = workshop.made(original, recipe)
    sheet = records.taken(rooms, row.id, recipe, workshop.software_of(recipe), made, actor)
    shown: list[Json] = [shown_row(workshop.shelf, made)]
    begin, end = frames.number(first) or 0, frames.number(last) or 0
    place: dict[str, Json] = {"first": first, "last": last, "frames": end - begin + 1, "at_ms": frames.milliseconds(first)}
    return Answer({"clip": row.id, "original": row.sha256, "made": shown, "sheet": sheet, **place})


def list_derivatives(rooms: Rooms, command: ListDerivatives, actor: Actor, _report: Report) -> Answer:
    """All of a clip's bytes, or of everything."""
    shelf = Shelf(rooms)
    with rooms.queries():
        """The schema is one that this program knows."""
    if command.clip is not None:
        rows = shelf.rows.of(clip_row(rooms, command.clip, actor, away=True).sha256)
    else:
        rows, after = [], ""
        while page := shelf.rows.every(after):
            rows += page
            after = page[-1].id
        rows = [row for row in rows if is_seen(rooms, row.original, actor)]
    shown: list[Json] = [shown_row(shelf, one) for one in rows]
    return Answer({"derivatives": shown})


def remove(rooms: Rooms, command: RemoveDerivative, actor: Actor, _report: Report) -> Answer:
    """One of them. That a person removed it is an entry."""
    shelf = Shelf(rooms)
    rooms.prepare_to_write()
    found = shelf.rows.named(command.derivative) if command.derivative else []
    if len(found) != 1 or not is_seen(rooms, found[0].original, actor):
        raise NoSuchDerivative(id=command.derivative)
    row = found[0]
    with rooms.ledger.commit() as commit:
        what: dict[str, Json] = {"id": row.id, "makes": row.makes, "original": row.original, "sha256": row.sha256}
        noted(commit, SUBJECT_STATION, "derivative-removed", actor, what=what)
    shelf.remove(row)
    return Answer({"removed": row.id, "makes": row.makes, "bytes": row.size if row.present else 0})


def clip_row(rooms: Rooms, clip: str, actor: Actor, *, away: bool = False) -> ClipRow:
    """A clip that the actor sees, and whose bytes are here, unless they may be away.

    Raises :class:`~evidence.catalogue.acts.desk.NoSuchClip`, faults of :mod:`evidence.reach`,
    :class:`~station.derived.making.OriginalAway`.
    """
    with rooms.queries() as queries:
        row = queries.clip(ClipId(clip))
    with reading(rooms.catalogue) as connection:
        check_clip(connection, rooms.station, ClipId(clip), actor.reach)
    if row is None:
        raise NoSuchClip(clip=clip)
    if row.evicted_at is not None and not away:
        raise OriginalAway(original=row.sha256)
    return row


def is_seen(rooms: Rooms, original: str, actor: Actor) -> bool:
    """Whether the actor sees a clip that has these bytes."""
    if actor.reach is None:
        return True
    with rooms.queries() as queries:
        clips = [clip for clip, _ in queries.clips_of(original)]
    with reading(rooms.catalogue) as connection:
        return any(sees(connection, rooms.station, clip, actor.reach) for clip in clips)


def shown_row(shelf: Shelf, row: DerivativeRow) -> JsonObject:
    """A derivative as every answer shows it; ``file`` is where it lies, null where it does not."""
    return {
        "id": row.id,
        "original": row.original,
        "makes": row.makes,
        "sha256": row.sha256,
        "size": row.size,
        "made_at": row.made_at,
        "used_at": row.used_at,
        "gone_at": row.gone_at,
        "reason": row.reason,
        "file": str(shelf.path(row)) if row.present else None,
    }
