"""The engine: takes a command, asks whether the actor may, and hands it to the room that does it. It only composes.

Once there are accounts, what somebody was refused is an entry: that the role does not allow it, that a clip is out of reach, that a second person was missing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from evidence import access
from evidence.access import PermissionDenied
from evidence.custody.entry import Actor
from evidence.errors import Fault
from evidence.reach import ClipOutOfReach, ClipRestricted, DockingOutOfReach
from station.commands import Answer, Command, Report
from station.rooms import Rooms

Handler = Callable[[Rooms, Command, Actor, Report], Answer]
REFUSALS = (PermissionDenied, ClipOutOfReach, ClipRestricted, DockingOutOfReach)
"""Faults that say that somebody wanted what he may not."""
REFUSAL_CODES = frozenset({"approval-missing", "approval-own", "approval-beyond", "own-rights"})
"""The same by code, of modules that most commands do without."""


class Engine:
    """One station, in this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def carry_out(self, command: Command, actor: Actor, report: Report) -> Answer:
        """Carry out one command for an actor. Raises faults; :class:`~evidence.access.PermissionDenied` before anything else."""
        self.check(command, actor)
        module, function = command.handler.split(":")
        handler = cast("Handler", getattr(import_module(f"station.handlers.{module}"), function))
        try:
            return handler(self._rooms, command, actor, report)
        except Fault as fault:
            if isinstance(fault, REFUSALS) or fault.code in REFUSAL_CODES:
                self._remember(command, actor, fault)
            raise

    def check(self, command: Command, actor: Actor) -> None:
        """Raise :class:`~evidence.access.PermissionDenied` unless the actor may at all; ``NotSignedIn`` when he has to sign in first."""
        if actor == access.VISITOR and command.permission is not access.Permission.SIGN_IN:
            from station.signing_in import NotSignedIn

            raise NotSignedIn
        try:
            access.check(actor, command.permission)
        except PermissionDenied as fault:
            self._remember(command, actor, fault)
            raise

    def _remember(self, command: Command, actor: Actor, fault: Fault) -> None:
        if actor.reach is None:
            return  # the operator of the settings, alone with himself
        from station.refusals import remembered

        remembered(self._rooms, command, actor, fault)
