"""The room that carries out disposals once nobody can undo them any more: as ``disposals run`` does it, in the station's own name.

Rules it keeps:

* whether anything may go is asked by :mod:`station.disposing`, in the commits that take it out; nothing is decided here;
* a turn takes a few disposals, and stops between two commits when the service ends or a person runs them: the next turn finishes;
* what sends footage and what makes copies of it for viewing stand aside meanwhile: neither makes a copy of what goes;
* what the store still locks is asked for again after an hour; anything else that keeps it is a fault of the room, which ``/health`` shows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from evidence.custody.entry import STATION
from evidence.errors import Exit
from evidence.ids import SheetId
from station import disposing
from station.certifying import leave
from station.commands import silent
from station.delivering import CourierBusy
from station.disposing import Ran
from station.home import StationError
from station.rooms import Rooms

LOOK_SECONDS = 60.0
BUSY_SECONDS = 5.0
AT_ONCE = 4
"""Disposals of a turn."""
LOCKED_SECONDS = 3600.0
"""Before the store is asked again whether its lock has ended: it holds for days."""


class DisposalKept(StationError):
    """A disposal whose time has come is not carried out. Fields: ``disposal``, ``why`` (a word of the vocabulary), ``about``."""

    code = "disposal-kept"
    status = Exit.PARTIAL


class Disposing:
    """Carries out what two people decided, after the time in which it could be undone."""

    name = "disposing"

    def __init__(self, rooms: Rooms, aside: Callable[[str], AbstractContextManager[None]], others: tuple[str, ...]) -> None:
        """``aside`` keeps another room out of the way, by its name; ``others``: those that have to be."""
        self._rooms = rooms
        self._aside = aside
        self._others = others
        self._locked: dict[SheetId, float] = {}
        self._uncertified = True

    def turn(self, stop: threading.Event) -> float:
        """The first few that are due. Raises :class:`DisposalKept` and the faults of :func:`station.disposing.run`."""
        ready, _early = disposing.due(self._rooms)
        now = time.monotonic()
        self._locked = {one: until for one, until in self._locked.items() if until > now}
        wanted = [row.id for row in ready if row.id not in self._locked][:AT_ONCE]
        try:
            ran = self._run(wanted, stop) if wanted else Ran()
        except CourierBusy:
            return BUSY_SECONDS  # somebody sends by hand
        if self._uncertified:
            leave(self._rooms)
            self._uncertified = False
        self._locked |= {SheetId(str(one["id"])): now + LOCKED_SECONDS for one in ran.waiting if one["why"] == "locked"}
        kept = [one for one in ran.waiting if one["why"] not in ("locked", "undo-window")]
        if kept:
            raise DisposalKept(disposal=str(kept[0]["id"]), why=str(kept[0]["why"]), about=str(kept[0]["about"]))
        return LOOK_SECONDS

    def hurry(self) -> None:
        """It looks between two commits."""

    def _run(self, wanted: list[SheetId], stop: threading.Event) -> Ran:
        with ExitStack() as others:
            for name in self._others:
                others.enter_context(self._aside(name))
            self._uncertified = True
            return disposing.run(self._rooms, STATION, silent, only=wanted, stop=stop.is_set)
