"""The docks of this machine: udev says what is plugged in, UDisks2 or mount(8) mounts it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evidence.custody.entry import Actor
from evidence.ids import DockingId
from ingest.docks.choice import mounter_here
from ingest.docks.facts import Plugged, Volume
from ingest.docks.monitor import DockMonitor
from ingest.docks.slots import SlotMap, parse_slots
from ingest.visit import Opening
from station.board import Board, SlotState
from station.devices import flags_of, judge, present_on
from station.docks.runner import AfterSeal, Docks
from station.erasing import erase
from station.recorders import become_disk, root_of_objects
from station.rooms import Lender, Rooms


def board_of(rooms: Rooms) -> Board:
    """A board with every learned slot."""
    return Board(SlotMap(parse_slots(rooms.settings.slots)).highest_learned)


def docks_here(rooms: Rooms, board: Board, lend: Lender, **hooks: Any) -> Docks:  # noqa: ANN401 - those of Docks, which checks them
    """The docks, not started yet. ``hooks`` are those of :class:`Docks`.

    Without others the registry judges who comes, and what shows objects or has to be told to become a disk is opened. After a seal, and
    after ``after_seal``, the card is erased as the settings allow. Raises :class:`~ingest.errors.NoMounter`.
    """
    who: Callable[[], Actor] = hooks.get("who", lambda: rooms.attendant)
    after_seal: AfterSeal | None = hooks.pop("after_seal", None)

    def judged(opening: Opening, plugged: Plugged, slot: int) -> Opening:
        return judge(rooms, who(), opening, plugged, slot, present=present_on(board))

    def sealed(docking: DockingId, volume: Volume, plugged: Plugged, slot: int) -> None:
        if after_seal is not None:
            after_seal(docking, volume, plugged, slot)
        erase(rooms, who(), docking, volume, mounter, begins=lambda: board.change(slot, state=SlotState.DO_NOT_PULL))

    mounter = mounter_here(_mounts(rooms), waive_write_block=not rooms.settings.dock_write_block)
    ours: dict[str, Any] = {
        "judged": judged,
        "after_seal": sealed,
        "flags": flags_of,
        "root_of_objects": root_of_objects,
        "open_control": lambda plugged: become_disk(rooms.settings, rooms.home.root, plugged),
    }
    return Docks(rooms, board, DockMonitor(), mounter, lend, **{**ours, **hooks})


def _mounts(rooms: Rooms) -> Path:
    """Where mount(8) mounts: the folder that systemd makes for the running service (systemd.exec(5)), else in the home."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return (Path(runtime) if runtime else rooms.home.root) / "mounts"
