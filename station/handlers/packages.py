"""Court packages."""

from __future__ import annotations

from evidence.custody.entry import Actor
from station.commands import Answer, Package, Report
from station.rooms import Rooms


def package(rooms: Rooms, command: Package, actor: Actor, report: Report) -> Answer:
    """Write the clips of a case, or those named, with everything that proves them, into a new folder."""
    from station.packages import write_package

    rooms.prepare_to_write()
    return write_package(rooms, command, actor, report)
