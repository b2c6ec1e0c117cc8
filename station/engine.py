"""The engine: takes a command, asks whether the actor may, and hands it to the room that does it. It only composes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from evidence import access
from evidence.custody.entry import Actor
from station.commands import Answer, Command, Report
from station.rooms import Rooms

Handler = Callable[[Rooms, Command, Actor, Report], Answer]


class Engine:
    """One station, in this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def carry_out(self, command: Command, actor: Actor, report: Report) -> Answer:
        """Carry out one command for an actor. Raises faults; :class:`~evidence.access.PermissionDenied` before anything else."""
        access.check(actor, command.permission)
        module, function = command.handler.split(":")
        handler = cast("Handler", getattr(import_module(f"station.handlers.{module}"), function))
        return handler(self._rooms, command, actor, report)
