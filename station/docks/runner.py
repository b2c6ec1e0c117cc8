"""The runner: hears what arrives and leaves, gives it its slot, and has a visitor take it from there.

Rules it keeps: what a written rule says is never touched stays untouched; one device's trouble never reaches another; what is
still plugged in when the station starts is picked up, and what was sealed already and has nothing new is safe to take at once; a
docking that was pulled early keeps its slot on the board until its card is back, in whatever slot.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from evidence.canonical import JsonObject
from evidence.custody.entry import Actor
from evidence.errors import Fault
from evidence.ids import DockingId
from ingest.copying.client import CopyWorker
from ingest.docks.facts import Arrivals, Arrived, DockEvent, Mounter, Noticed, Plugged, Removed, Volume
from ingest.docks.slots import Slot, SlotMap, parse_slots
from ingest.docks.tree import KNOWN_CONTROL
from ingest.docks.untouched import Untouched, look_at_machine, why_untouched
from ingest.profiles.choice import GENERIC
from ingest.visit import Means, Opening, seal_interrupted
from station.board import Board, Flag, SlotState, SlotView
from station.book import Book
from station.commands import silent
from station.docks.visitor import Missing, Visitor, count_flaws
from station.handlers.intake import means_of, vaults_of
from station.rooms import Lender, Rooms
from station.startup import prepare_vaults

LOOK_SECONDS = 3600.0
PROBES = 2
"""Media probes of all visits at once: each is a program of its own, and takes memory and a core."""

Judged = Callable[[Opening, Plugged, int], Opening]
AfterSeal = Callable[[DockingId, Volume, Plugged, int], None]


class Docks:
    """All docks of a station.

    ``judged`` is asked about every opening with the device and its slot; ``after_seal`` does what follows a seal (it may mount the
    volume, which is unmounted by then); ``flags`` says what is shown beside a state; ``root_of_objects`` names a device that shows
    objects as a source; ``open_control`` has a recorder become a disk. ``lend`` lends the copy worker. ``who`` acts.
    """

    def __init__(
        self,
        rooms: Rooms,
        board: Board,
        arrivals: Arrivals,
        mounter: Mounter,
        lend: Lender,
        *,
        judged: Judged = lambda opening, _plugged, _slot: opening,
        after_seal: AfterSeal = lambda _docking, _volume, _plugged, _slot: None,
        flags: Callable[[Opening], frozenset[Flag]] = lambda _opening: frozenset(),
        root_of_objects: Callable[[Plugged], bytes | None] = lambda _plugged: None,
        open_control: Callable[[Plugged], bool] = lambda _plugged: False,
        untouched: Callable[[Volume], Untouched | None] | None = None,
        who: Callable[[], Actor] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rooms = rooms
        self.board = board
        self.mounter = mounter
        self._arrivals = arrivals
        self.judged = judged
        self.sealed = after_seal
        self.flags = flags
        self.root_of_objects = root_of_objects
        self.open_control = open_control
        self.untouched = untouched or self._why_untouched
        self._lend = lend
        self._who = who or (lambda: rooms.attendant)
        self.seconds = clock
        self._lock = threading.Lock()
        self._probes = threading.BoundedSemaphore(PROBES)
        self._slots_text: str | None = None
        self._slots = SlotMap({})
        self._visitors: dict[str, Visitor] = {}
        self._places: dict[str, Slot] = {}
        """In which slot what was noticed, or arrived, is."""
        self._leaving: dict[int, Visitor] = {}
        """By slot, visitors whose device is gone and who are about to end: who comes next waits for that."""
        self._pulled: dict[DockingId, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="docks", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop(30.0)

    def start(self) -> None:
        """Begin to watch. What an earlier run left unfinished stands on the board until its card is back."""
        self._rooms.prepare_to_write()
        prepare_vaults(self._rooms, vaults_of(self._rooms))
        self._show_unfinished()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Bring every visit to a point from which it can be continued, in so many seconds, and watch no more."""
        deadline = time.monotonic() + seconds
        self._stopping.set()
        self._arrivals.wake()
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        with self._lock:
            visitors = [*self._visitors.values(), *self._leaving.values()]
        for visitor in visitors:
            visitor.stop()
        for visitor in visitors:
            visitor.join(max(0.0, deadline - time.monotonic()))
        self._arrivals.close()

    def look_again(self) -> None:
        """Try every device that policy kept out once more: one was admitted, or the policy changed."""
        unknown = {view.slot for view in self.board.views() if view.state is SlotState.UNKNOWN}
        with self._lock:
            visitors = [visitor for visitor in self._visitors.values() if visitor.slot in unknown]
        for visitor in visitors:
            visitor.look_again()

    # What visitors need (station.docks.visitor.Desk)

    def means(self, worker: CopyWorker) -> Means:
        """What the station lends to a visit."""
        means = means_of(self._rooms, Book(self._rooms, self._who()), worker, silent)
        return replace(means, prober=means.prober.taking_turns(self._probes))

    def lend(self) -> AbstractContextManager[CopyWorker]:
        """The running copy worker, for a while."""
        return self._lend(vaults_of(self._rooms))

    def begun(self, docking: DockingId, slot: int) -> None:
        """A docking goes on in this slot: where it was left unfinished, nothing is missing any more."""
        with self._lock:
            left = self._pulled.pop(docking, None)
            occupied = {visitor.slot for visitor in self._visitors.values()}
        if left is not None and left != slot and left not in occupied:
            self.board.show(SlotView(left))

    def pulled(self, docking: DockingId, slot: int) -> None:
        """A docking is left unfinished in this slot."""
        with self._lock:
            self._pulled[docking] = slot

    def missing(self, docking: DockingId) -> Missing:
        """What it lacks."""
        book = Book(self._rooms, self._who())
        settled = {one.position for one in book.kept(docking)}
        left = [item.size for item in book.inventory(docking).wanted if item.position not in settled]
        return Missing(len(left), sum(left))

    def seal(self, docking: DockingId) -> None:
        """Seal a docking whose card is not needed any more."""
        with self._rooms.queries() as queries:
            row = queries.docking(docking)
        with self.lend() as worker:
            means = self.means(worker)
            known = {profile.name: profile for profile in means.profiles}
            seal_interrupted(docking, known[GENERIC if row is None or row.profile not in known else row.profile], means)

    def flawed(self, docking: DockingId) -> JsonObject:
        """How many files of a sealed docking are not whole."""
        with self._rooms.queries() as queries:
            return count_flaws([str(row.state) for row in queries.sightings(docking=docking)])

    def moment(self) -> str:
        """Now."""
        return self._rooms.clock().utc

    def power_off(self, plugged: Plugged) -> bool:
        """Switch a device off where the settings want that."""
        if self._rooms.settings.dock_power_off:
            self.mounter.power_off(plugged)
        return self._rooms.settings.dock_power_off

    # On the thread that listens

    def _listen(self) -> None:
        while not self._stopping.is_set():
            for event in self._arrivals.next(LOOK_SECONDS):
                try:
                    self._hear(event)
                except Exception:  # noqa: BLE001 - what one device does must not make the station deaf to the others
                    traceback.print_exc()

    def _hear(self, event: DockEvent) -> None:
        match event:
            case Noticed(devpath, port):
                slot = self._places[devpath] = self._map().at(port)
                view = SlotView(slot.number, SlotState.IDENTIFYING, since=self.moment(), learned=slot.learned)
                self.board.show(view)
            case Arrived(plugged, at_start):
                self._arrived(plugged, at_start=at_start)
            case Removed(devpath):
                self._removed(devpath)

    def _arrived(self, plugged: Plugged, *, at_start: bool) -> None:
        with self._lock:
            visitor = self._visitors.get(plugged.devpath)
        if visitor is not None:
            visitor.changed(plugged)
            return
        if not self._concerns_us(plugged):
            if plugged.devpath in self._places:
                self._show_empty(self._places.pop(plugged.devpath))
            return
        slot = self._places[plugged.devpath] = self._map().at(plugged.port)
        with self._lock:
            before = self._leaving.pop(slot.number, None)
            visitor = Visitor(self, plugged, slot, at_start=at_start, after=before, over=self._is_over)
            self._visitors[plugged.devpath] = visitor
        visitor.start()

    def _removed(self, devpath: str) -> None:
        slot = self._places.pop(devpath, None)
        with self._lock:
            visitor = self._visitors.pop(devpath, None)
            if visitor is not None:
                self._leaving[visitor.slot] = visitor
        if visitor is not None:
            visitor.leave()
        elif slot is not None:
            self._show_empty(slot)

    def _concerns_us(self, plugged: Plugged) -> bool:
        """Whether a device gets a slot at all. This machine's own disks, and strangers that nobody docked, do not."""
        rules = {self.untouched(volume) for volume in plugged.volumes}
        if plugged.volumes and rules <= {Untouched.NOT_USB, Untouched.OPTICAL, Untouched.SYSTEM_DISK}:
            return False
        in_dock = self._map().at(plugged.port).learned
        known = (plugged.usb.vendor_id, plugged.usb.product_id) in KNOWN_CONTROL
        return bool(plugged.volumes or plugged.protocol) or in_dock or known

    def _is_over(self, visitor: Visitor) -> None:
        with self._lock:
            if self._visitors.get(visitor.devpath) is visitor:
                del self._visitors[visitor.devpath]
            if self._leaving.get(visitor.slot) is visitor:
                del self._leaving[visitor.slot]

    def _show_empty(self, slot: Slot) -> None:
        self.board.show(SlotView(slot.number, learned=slot.learned))

    def _map(self) -> SlotMap:
        text = self._rooms.settings.slots
        if text != self._slots_text:
            self._slots.learn(parse_slots(text))
            self._slots_text = text
        return self._slots

    def _why_untouched(self, volume: Volume) -> Untouched | None:
        folders = [os.fsencode(self._rooms.home.root), *(vault.root for vault in vaults_of(self._rooms))]
        return why_untouched(volume, look_at_machine(folders), self.mounter.owns)

    def _show_unfinished(self) -> None:
        """Open dockings whose slot is known: they were in work when the station ended."""
        with self._rooms.queries() as queries:
            rows = queries.dockings("open")
        for row in rows:
            slot = row.acquisition.get("slot")
            if not isinstance(slot, int):
                continue
            with suppress(Fault, ValueError):
                missing = self.missing(row.id)
                fields: JsonObject = {"files": missing.files, "bytes": missing.bytes}
                with self._lock:
                    self._pulled[row.id] = slot
                view = SlotView(
                    slot, SlotState.ERROR, since=row.opened_at, device=row.device, officer=row.officer, docking=row.id
                )
                self.board.show(replace(view, bytes_left=missing.bytes, reason="pulled-early", fields=fields))
