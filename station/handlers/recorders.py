"""Which recorders can be controlled, and on what that claim rests."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.custody.entry import Actor
from ingest.recorders.families import families
from station.commands import Answer, ListRecorders, Report
from station.messages import phrase
from station.recorders import BY_HAND
from station.rooms import Rooms


def list_recorders(rooms: Rooms, _command: ListRecorders, _actor: Actor, _report: Report) -> Answer:
    """The table of families, and how disk mode is set by hand."""
    rows: list[Json] = [
        {
            "family": one.name,
            "title": one.title,
            "usb": list(one.usb),
            "route": one.route,
            "driver": one.driver,
            "proof": one.proof.value,
            "supported": one.supported,
            "can": sorted(capability.value for capability in one.can),
        }
        for one in families()
    ]
    return Answer({"recorders": rows, "by_hand": phrase(BY_HAND, rooms.settings.language)})
