"""What the log says of derivatives: the recipes that hold for all clips, and what a person asked for of one.

A recipe that is the same for every clip is one sheet (kind ``recipe``) for each version of the software; of a proxy there is no entry of its own:
recipe, original and software name it. A still and a cut are sheets (kind ``derivative``), for they end up in files and before courts.
"""

from __future__ import annotations

from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.catalogue.acts.sheets import Sheet, noted, written
from evidence.catalogue.derivatives import DerivativeRow
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import Actor, subject_clip
from evidence.ids import ClipId, SheetId
from station.rooms import Rooms
from station.software import software as program

RECIPE = "recipe"
DERIVATIVE = "derivative"


def standing(rooms: Rooms, recipe: JsonObject, software: JsonObject, actor: Actor) -> SheetId:
    """The sheet of a recipe that holds for all clips; written at its first use with this software."""
    said: JsonObject = {"recipe": recipe, "software": software}
    name = digest(canonical(said))
    with rooms.sheets() as sheets:
        found = sheets.found(RECIPE, "digest", name)
    if found:
        return found[0].id
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        return written(commit, Sheet(RECIPE, said, found_by=(("digest", name),)), "added", actor)


def taken(rooms: Rooms, clip: ClipId, recipe: JsonObject, software: JsonObject, row: DerivativeRow, actor: Actor) -> SheetId:
    """The sheet of a still or a cut; written once."""
    with rooms.sheets() as sheets:
        for one in sheets.found(DERIVATIVE, "id", row.id):
            if one.said["clip"] == clip:
                return one.id
    said: JsonObject = {
        "clip": clip,
        "original": row.original,
        "recipe": recipe,
        "software": {**software, **_station()},
        "id": row.id,
        "sha256": row.sha256,
        "size": row.size,
    }
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        found = written(commit, Sheet(DERIVATIVE, said, found_by=(("clip", clip), ("id", row.id))), "made", actor)
        on_clip(commit, clip, found, str(recipe["makes"]), row, actor)
        return found


def on_clip(commit: Commit, clip: ClipId, sheet: SheetId, makes: str, row: DerivativeRow, actor: Actor) -> None:
    """That something was made of a clip stands in the clip's own history, too."""
    what: dict[str, Json] = {"sheet": sheet, "makes": makes, "sha256": row.sha256}
    noted(commit, subject_clip(clip), "derived", actor, what=what)


def _station() -> JsonObject:
    return {"station": str(program()["version"])}
