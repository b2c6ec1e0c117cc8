"""What the service does for supervision and for other systems: alarms and their escalation, slots in error, webhooks."""

from __future__ import annotations

import threading
import time

from evidence.canonical import Json
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.hookbox import HookBox
from evidence.custody.entry import SUBJECT_STATION
from station import hooks
from station.board import Board, SlotState, SlotView
from station.escalating import escalate, raise_alarms
from station.figures.outages import SLOT_FAILED, SLOT_RECOVERED
from station.rooms import Rooms

LOOK_SECONDS = 5.0
SUPERVISE_SECONDS = 60.0
OFFICERS_DOING = frozenset({"pulled-early"})
"""Reasons of an error that are no fault of the slot."""


class Supervising:
    """Notes which slots are in error, raises what the figures give cause for, and hands on what nobody acknowledged."""

    name = "supervising"

    def __init__(self, rooms: Rooms, board: Board) -> None:
        self._rooms = rooms
        self._board = board
        self._failed: dict[int, str | None] = {}
        self._looked = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """One look."""
        self._note_slots()
        if time.monotonic() - self._looked >= SUPERVISE_SECONDS:
            self._looked = time.monotonic()
            raise_alarms(self._rooms)
            escalate(self._rooms)
        return LOOK_SECONDS

    def hurry(self) -> None:
        """A look is short."""

    def _note_slots(self) -> None:
        views = {one.slot: one for one in self._board.views()}
        failing = {slot: view for slot, view in views.items() if _fails(view)}
        begun = [view for slot, view in failing.items() if slot not in self._failed]
        ended = [slot for slot in self._failed if slot not in failing]
        if begun or ended:
            self._rooms.prepare_to_write()
            with self._rooms.ledger.commit() as commit:
                for view in begun:
                    what: dict[str, Json] = {"slot": view.slot, "reason": view.reason, "device": view.device}
                    noted(commit, SUBJECT_STATION, SLOT_FAILED, what=what)
                for slot in ended:
                    noted(commit, SUBJECT_STATION, SLOT_RECOVERED, what={"slot": slot})
        self._failed = {slot: view.reason for slot, view in failing.items()}


def _fails(view: SlotView) -> bool:
    return view.state is SlotState.ERROR and view.reason not in OFFICERS_DOING


class Telling:
    """Tells another system what the log has got, where the settings name one."""

    name = "webhooks"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def turn(self, stop: threading.Event) -> float:
        """Look through the log, and send what is due."""
        if not self._rooms.settings.webhook_url:
            return LOOK_SECONDS
        box = HookBox(self._rooms.catalogue, self._rooms.station)
        while box.behind() and not stop.is_set():
            hooks.collect(self._rooms)
        if box.due(self._rooms.clock().utc) is not None:
            hooks.deliver(self._rooms, stop)
        return LOOK_SECONDS

    def hurry(self) -> None:
        """An attempt ends within its limits."""
