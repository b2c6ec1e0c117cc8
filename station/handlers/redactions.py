"""Redactions: list, add, change, make, approve."""

from __future__ import annotations

from dataclasses import replace

from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts.sheets import SheetChanged
from evidence.custody.entry import Actor
from station.commands import Answer, Report
from station.commands.derived import AddRedaction, ApproveRedaction, ChangeRedaction, ListRedactions, MakeRedaction
from station.derived import boxes, redactions, typed
from station.derived.boxes import Redaction
from station.derived.making import Original, Workshop
from station.derived.media import fraction
from station.derived.shelf import Shelf
from station.handlers.derived import clip_row, is_seen
from station.rooms import Rooms


def list_redactions(rooms: Rooms, command: ListRedactions, actor: Actor, _report: Report) -> Answer:
    """Of a clip, or all that the actor sees."""
    clip = None if command.clip is None else clip_row(rooms, command.clip, actor, away=True).id
    found: list[Json] = [one.document() for one in redactions.several(rooms, clip) if is_seen(rooms, one.original, actor)]
    return Answer({"redactions": found})


def add(rooms: Rooms, command: AddRedaction, actor: Actor, _report: Report) -> Answer:
    """Write one down: checked against the frames of the original, and nothing is made yet."""
    row = clip_row(rooms, command.clip, actor)
    original = Workshop(rooms).original(row.sha256)
    wanted = _wanted(original, command.boxes, command.mutes, sound=command.sound, burn_in=command.burn_in)
    drafted = redactions.drafted(row.id, row.sha256, _recipe(original, wanted), command.note)
    return Answer(redactions.write(rooms, drafted, "added", actor).document())


def change(rooms: Rooms, command: ChangeRedaction, actor: Actor, _report: Report) -> Answer:
    """Write it down anew."""
    before = redactions.one(rooms, command.redaction)
    if command.version is not None and command.version != before.version:
        raise SheetChanged(kind=redactions.KIND, id=before.id, version=before.version)
    clip_row(rooms, before.clip, actor)
    original = Workshop(rooms).original(before.original)
    was = boxes.read(before.recipe)
    wanted = _wanted(
        original,
        command.boxes or (),
        command.mutes or (),
        sound=was.sound if command.sound is None else command.sound,
        burn_in=was.burn_in if command.burn_in is None else command.burn_in,
        kept=replace(was, boxes=was.boxes if command.boxes is None else (), mutes=was.mutes if command.mutes is None else ()),
    )
    note = before.note if command.note is None else command.note or None
    changed = redactions.drafted(before.clip, before.original, _recipe(original, wanted), note)
    changed = replace(changed, id=before.id, version=before.version)
    return Answer(redactions.write(rooms, changed, "changed", actor).document())


def make(rooms: Rooms, command: MakeRedaction, actor: Actor, _report: Report) -> Answer:
    """The copy."""
    found = redactions.one(rooms, command.redaction)
    clip_row(rooms, found.clip, actor)
    made = redactions.make(rooms, Workshop(rooms), found, actor)
    return _answer(rooms, made)


def approve(rooms: Rooms, command: ApproveRedaction, actor: Actor, _report: Report) -> Answer:
    """By somebody else."""
    found = redactions.one(rooms, command.redaction)
    clip_row(rooms, found.clip, actor, away=True)
    return _answer(rooms, redactions.approve(rooms, found, actor, command.note))


def _wanted(
    original: Original,
    typed_boxes: tuple[str, ...],
    typed_mutes: tuple[str, ...],
    *,
    sound: bool,
    burn_in: bool,
    kept: Redaction | None = None,
) -> Redaction:
    """What was typed, beside what is kept; checked against the original. Raises :class:`~station.derived.boxes.RecipeUnfit`."""
    frames, picture = original.frames, original.looked.picture
    length = original.looked.duration_ms or (0 if frames is None else frames.milliseconds(frames.pts[-1]) + 1000)
    found = Redaction(
        (*(() if kept is None else kept.boxes), *typed.boxes(typed_boxes, frames)),
        (*(() if kept is None else kept.mutes), *(typed.mute(one, length) for one in typed_mutes)),
        sound,
        burn_in and picture is not None,
    )
    boxes.check(found, frames, 0 if picture is None else picture.width, 0 if picture is None else picture.height)
    return found


def _recipe(original: Original, wanted: Redaction) -> JsonObject:
    frames, picture = original.frames, original.looked.picture
    if frames is None or picture is None:
        return wanted.recipe(0, 0, fraction("1/1000"), 0)
    return wanted.recipe(picture.width, picture.height, frames.time_base, frames.pts[0])


def _answer(rooms: Rooms, found: redactions.Redacted) -> Answer:
    shelf = Shelf(rooms)
    row = None if found.name is None else shelf.found(found.name)
    return Answer({**found.document(), "file": None if row is None else str(shelf.path(row))})
