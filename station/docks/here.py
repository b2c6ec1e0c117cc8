"""The docks of this machine: udev says what is plugged in, UDisks2 or mount(8) mounts it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ingest.docks.choice import mounter_here
from ingest.docks.facts import Plugged
from ingest.docks.monitor import DockMonitor
from ingest.docks.slots import SlotMap, parse_slots
from ingest.visit import Opening
from station.board import Board
from station.devices import flags_of, judge, present_on
from station.docks.runner import Docks
from station.rooms import Rooms


def board_of(rooms: Rooms) -> Board:
    """A board with every learned slot."""
    return Board(SlotMap(parse_slots(rooms.settings.slots)).highest_learned)


def docks_here(rooms: Rooms, board: Board, **hooks: Any) -> Docks:  # noqa: ANN401 - those of Docks, which checks them
    """The docks, not started yet. ``hooks`` are those of :class:`Docks`; without others the registry judges who comes.

    Raises :class:`~ingest.errors.NoMounter`.
    """

    def judged(opening: Opening, plugged: Plugged, slot: int) -> Opening:
        actor = hooks["who"]() if "who" in hooks else rooms.operator
        return judge(rooms, actor, opening, plugged, slot, present=present_on(board))

    mounter = mounter_here(_mounts(rooms), waive_write_block=not rooms.settings.dock_write_block)
    return Docks(rooms, board, DockMonitor(), mounter, **{"judged": judged, "flags": flags_of, **hooks})


def _mounts(rooms: Rooms) -> Path:
    """Where mount(8) mounts: the folder that systemd makes for the running service (systemd.exec(5)), else in the home."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return (Path(runtime) if runtime else rooms.home.root) / "mounts"
