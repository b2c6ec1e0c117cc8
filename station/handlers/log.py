"""The custody log: its entries and its current head."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.queries import EntryRow
from evidence.custody.entry import Actor, subject_clip, subject_docking
from evidence.ids import ClipId
from station.commands import Answer, Custody, Report, ShowCheckpoint
from station.rooms import Rooms


def custody(rooms: Rooms, command: Custody, _actor: Actor, _report: Report) -> Answer:
    """Entries in log order; those of one clip come with the entries of the dockings that saw it."""
    with rooms.queries() as queries:
        subjects: list[str] = []
        if command.clip is not None:
            clip = ClipId(command.clip)
            if queries.clip(clip) is None:
                raise NoSuchClip(clip=clip)
            subjects = [subject_clip(clip), *(subject_docking(one.docking) for one in queries.sightings(clip=clip))]
        return Answer({"entries": [_shown(entry) for entry in queries.entries(*subjects)]})


def checkpoint(rooms: Rooms, _command: ShowCheckpoint, _actor: Actor, _report: Report) -> Answer:
    """The signed head, to print, mail or keep elsewhere."""
    with rooms.queries() as queries:
        head = queries.head()
    return Answer({"origin": head.origin, "size": head.size, "root": head.root, "note": head.note})


def _shown(entry: EntryRow) -> dict[str, Json]:
    return {"epoch": entry.epoch, **entry.body, "personal": entry.personal}
