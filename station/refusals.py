"""What somebody was refused, as an entry: who, which command, why, and about which clip."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts.sheets import noted
from evidence.custody.entry import SUBJECT_STATION, Actor, subject_clip, subject_docking
from evidence.errors import Fault
from evidence.ids import ClipId, DockingId
from station.commands import Command
from station.rooms import Rooms


def remembered(rooms: Rooms, command: Command, actor: Actor, fault: Fault) -> None:
    """Write it down. Of the command only its kind: what was typed may name somebody."""
    told: dict[str, Json] = {"command": type(command).__name__, "code": fault.code}
    told |= {name: fault.fields[name] for name in ("permission", "act", "subject") if name in fault.fields}
    clip, docking = fault.fields.get("clip"), fault.fields.get("docking")
    subject = SUBJECT_STATION
    if isinstance(clip, str):
        subject = subject_clip(ClipId(clip))
    elif isinstance(docking, str):
        subject = subject_docking(DockingId(docking))
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        noted(commit, subject, "refused", actor, what=told)
