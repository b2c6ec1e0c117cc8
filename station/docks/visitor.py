"""One device in a dock, from plugged in to safe to take. A thread of its own, so that one card's trouble is nobody else's.

Every volume of the device becomes a docking of its own, one after the other, in the device's slot. What went wrong stays on the
board with its reason as long as the device is there; what may come right by itself is tried again after a while. A device that
was pulled early leaves on the board what is missing, and who recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from evidence.canonical import JsonObject
from evidence.catalogue.connect import CatalogueFailed, CatalogueUnusable
from evidence.errors import Fault
from evidence.facts import ClipState
from evidence.ids import DockingId
from ingest.copying.client import CopyWorker
from ingest.docks.facts import Mounter, Plugged, Volume
from ingest.docks.slots import Slot
from ingest.docks.untouched import Untouched
from ingest.errors import CardGone, DockingStopped, NoMounter, SpaceMissing, VaultFull, VolumeUntouched, WorkerLost
from ingest.visit import Asked, Means, Opening, visit
from station.board import Board, Flag, SlotState, SlotView
from station.docks.pace import Pace

UNKNOWN_DEVICE = "device-"
"""How the codes of faults begin by which policy keeps a device waiting or refuses it."""
WORKER_TRIES = 3
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 1800.0
"""Seconds before something that may come right by itself is tried again: doubled each time, and at most."""
_PATIENCE = 120.0
"""Seconds for the device before in this slot to be let go of."""
_PASSING = (SpaceMissing, VaultFull, NoMounter)
_TRIED_AGAIN = (CatalogueFailed, CatalogueUnusable)
"""Somebody should look, and yet it may come right without him: a database that was held too long, a disk that was full."""
_NONE_OF_OURS = frozenset((Untouched.NOT_USB, Untouched.OPTICAL, Untouched.SYSTEM_DISK))


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a listed card was not taken."""

    files: int
    bytes: int


class Desk(Protocol):
    """What a visitor needs of the runner."""

    board: Board
    mounter: Mounter

    def means(self, worker: CopyWorker) -> Means:
        """What the station lends to a visit."""

    def lend(self) -> AbstractContextManager[CopyWorker]:
        """The running copy worker, for a while."""

    def untouched(self, volume: Volume) -> Untouched | None:
        """The rule by which a volume is left alone."""

    def judged(self, opening: Opening, plugged: Plugged, slot: int) -> Opening:
        """The opening as it shall be, or a fault that refuses."""

    def flags(self, opening: Opening) -> frozenset[Flag]:
        """What is shown beside the state."""

    def begun(self, docking: DockingId, slot: int) -> None:
        """A docking goes on in this slot."""

    def sealed(self, docking: DockingId, volume: Volume, plugged: Plugged, slot: int) -> None:
        """A docking is sealed and its volume unmounted: what comes after."""

    def pulled(self, docking: DockingId, slot: int) -> None:
        """A docking is left unfinished in this slot."""

    def seal(self, docking: DockingId) -> None:
        """Seal a docking whose card is not needed any more."""

    def missing(self, docking: DockingId) -> Missing:
        """What it lacks."""

    def flawed(self, docking: DockingId) -> JsonObject:
        """How many files of a sealed docking are damaged or unreadable; empty when none is."""

    def root_of_objects(self, plugged: Plugged) -> bytes | None:
        """By which name a device that shows objects is collected from; None when nothing here can."""

    def open_control(self, plugged: Plugged) -> bool:
        """Have a recorder in control mode become a disk; False when no driver is for it."""

    def moment(self) -> str:
        """Now, RFC 3339 in UTC."""

    def seconds(self) -> float:
        """A clock that only goes forward."""

    def power_off(self, plugged: Plugged) -> bool:
        """Switch a device off, where the settings want that; whether it was done."""


@dataclass(slots=True)
class _Current:
    """The visit under way."""

    volume: Volume | None
    worker: CopyWorker
    docking: DockingId | None = None
    device: str | None = None
    officer: str | None = None
    flags: frozenset[Flag] = frozenset()
    pace: Pace = field(default_factory=Pace)


class Visitor:
    """A device in a slot. ``changed``, ``leave``, ``stop`` and ``look_again`` are called from other threads."""

    def __init__(
        self,
        desk: Desk,
        plugged: Plugged,
        slot: Slot,
        *,
        at_start: bool,
        after: Visitor | None,
        over: Callable[[Visitor], None],
    ) -> None:
        """``after``: the visitor before in this slot, which may not have ended yet. ``over`` is told when this one has."""
        self._desk = desk
        self._before = after
        self._over = over
        self._lock = threading.Lock()
        self._plugged = plugged
        self._again = not at_start
        self.slot = slot.number
        self._learned = slot.learned
        self._since = desk.moment()
        self._taken: list[tuple[str, int | None]] = []
        """Places and media of the volumes that need nothing any more."""
        self._current: _Current | None = None
        self._last: SlotView | None = None
        self._gone = False
        self._stopped = False
        self._powered_off = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"slot {slot.number}", daemon=True)

    @property
    def devpath(self) -> str:
        return self._plugged.devpath

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def changed(self, plugged: Plugged) -> None:
        """The device's volumes changed: a medium was put in, or taken out."""
        with self._lock:
            self._plugged = plugged
            there = {_medium(volume) for volume in plugged.volumes}
            self._taken = [medium for medium in self._taken if medium in there]
            current = self._current
            lost = current is not None and current.volume is not None and _medium(current.volume) not in there
            self._again = True
        if lost:
            self._stop_copy()
        self._woken.set()

    def leave(self) -> None:
        """The device was pulled out."""
        self._gone = True
        self._stop_copy()
        self._woken.set()

    def look_again(self) -> None:
        """Try once more, because something that kept the device waiting has changed."""
        self._woken.set()

    def stop(self) -> None:
        """Bring the visit to a point from which it can be continued, and end."""
        self._stopped = True
        self._stop_copy()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # On the visitor's own thread

    def _run(self) -> None:
        pause = FIRST_PAUSE
        if self._before is not None:
            self._before.join(_PATIENCE)
            self._before = None
        try:
            while not self._ends:
                self._woken.clear()
                if self._all_volumes():
                    pause = FIRST_PAUSE
                    self._woken.wait()
                else:
                    self._woken.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            if self._gone and not self._powered_off and (self._last is None or self._last.reason != "pulled-early"):
                self._tell(SlotView(self.slot))
            self._over(self)

    @property
    def _ends(self) -> bool:
        return self._gone or self._stopped

    def _all_volumes(self) -> bool:
        """Take what there is to take. Returns whether nothing but a person, or a change of the device, can bring it further."""
        with self._lock:
            plugged = self._plugged
            waiting = [volume for volume in plugged.volumes if _medium(volume) not in self._taken]
        if plugged.control:
            return self._control(plugged)
        if plugged.protocol is not None:
            return self._objects(plugged)
        if not plugged.volumes:
            self._empty_reader()
            return True
        last: SlotView | None = None
        for volume in waiting:
            try:
                done = self._volume(volume, plugged)
            except Fault as fault:
                return self._failed(fault)
            except Exception:
                self._show(SlotState.ERROR, reason="internal")
                raise
            with self._lock:
                self._taken.append(_medium(volume))
            last = done or last
            if self._ends:
                return True
        self._safe(plugged, last)
        return True

    def _volume(self, volume: Volume, plugged: Plugged) -> SlotView | None:
        """One volume, from mounting to what comes after its seal; how it stands then, None for one that is none of ours."""
        self._show(SlotState.IDENTIFYING)
        rule = self._desk.untouched(volume)
        if rule in _NONE_OF_OURS:
            return None
        if rule is not None:
            raise VolumeUntouched(node=volume.node, rule=rule.value)
        for tries in range(1, WORKER_TRIES + 1):
            point = self._desk.mounter.mount(volume)
            try:
                docking = self._visit(Asked(point, None, None, None, plugged=plugged), volume, plugged)
                break
            except WorkerLost:
                if tries == WORKER_TRIES or self._ends:
                    raise
            finally:
                self._desk.mounter.unmount(point)
        else:
            raise AssertionError("the last try returns or raises")
        return self._after(docking, volume, plugged)

    def _after(self, docking: DockingId | None, volume: Volume, plugged: Plugged) -> SlotView:
        """What follows a seal. Its trouble does not make footage unsafe that is in the vault: it is told beside the state."""
        current, self._current = self._current, None
        trouble: Fault | None = None
        if docking is not None and not self._gone:
            try:
                self._desk.sealed(docking, volume, plugged, self.slot)
            except Fault as fault:
                trouble = fault
        view = self._safe_view(current, docking)
        return view if trouble is None else replace(view, reason=trouble.code, fields=_fields(trouble))

    def _safe_view(self, current: _Current | None, docking: DockingId | None) -> SlotView:
        flaws = {} if docking is None else self._desk.flawed(docking)
        return SlotView(
            self.slot,
            SlotState.SAFE_TO_TAKE,
            flags=frozenset() if current is None else current.flags,
            since=self._desk.moment(),
            device=None if current is None else current.device,
            officer=None if current is None else current.officer,
            docking=docking,
            bytes_left=0,
            seconds_left=0,
            reason="sealed-with-flaws" if flaws else None,
            fields=flaws,
        )

    def _visit(self, asked: Asked, volume: Volume | None, plugged: Plugged) -> DockingId | None:
        with self._desk.lend() as worker:
            return self._visit_with(worker, asked, volume, plugged)

    def _visit_with(self, worker: CopyWorker, asked: Asked, volume: Volume | None, plugged: Plugged) -> DockingId | None:
        current = self._current = _Current(volume, worker)

        def judged(opening: Opening) -> Opening:
            facts: JsonObject = {**opening.acquisition, "slot": self.slot, "port": plugged.port}
            if volume is not None:
                facts = {**facts, "mounted_by": self._desk.mounter.name}
            current.device = opening.device
            current.officer = opening.officer
            self._show(SlotState.IDENTIFYING)
            found = self._desk.judged(replace(opening, acquisition=facts), plugged, self.slot)
            current.device, current.officer = found.device, found.officer
            current.flags = self._desk.flags(found)
            total = found.inventory.wanted_bytes
            self._show(SlotState.WAITING, bytes_total=total, bytes_left=total)
            return found

        def begun(docking: DockingId) -> None:
            current.docking = docking
            self._desk.begun(docking, self.slot)
            if self._ends:
                raise DockingStopped(docking=docking)

        def copied(_docking: DockingId, done: int, total: int) -> None:
            left = current.pace.seconds_left(done, total, self._desk.seconds())
            # The last byte is counted when its copy was proved.
            state = SlotState.COPYING if done < total - 1 else SlotState.VERIFYING
            self._show(state, bytes_total=total, bytes_left=total - done, seconds_left=left)

        def probed(docking: DockingId, _done: int, _total: int) -> None:
            if self._stopped:
                raise DockingStopped(docking=docking)  # media facts of many files take longer than a station has to end
            self._show(SlotState.VERIFYING, bytes_left=0, seconds_left=0)

        means = replace(self._desk.means(worker), judged=judged, begun=begun, copied=copied, probed=probed)
        return visit(asked, means, again=self._again)

    def _objects(self, plugged: Plugged) -> bool:
        root = self._desk.root_of_objects(plugged)
        if root is None:
            self._show(SlotState.UNKNOWN, reason="no-driver", fields=_usb(plugged))
            return True
        if (plugged.devpath, None) in self._taken:
            return True
        self._show(SlotState.IDENTIFYING)
        try:
            docking = self._visit(Asked(root, None, None, None, plugged=plugged), None, plugged)
        except Fault as fault:
            return self._failed(fault)
        self._taken.append((plugged.devpath, None))
        current, self._current = self._current, None
        self._safe(plugged, self._safe_view(current, docking))
        return True

    def _control(self, plugged: Plugged) -> bool:
        self._show(SlotState.IDENTIFYING, reason="becoming-disk")
        try:
            switched = self._desk.open_control(plugged)
        except Fault as fault:
            return self._failed(fault)
        if not switched:
            self._show(SlotState.UNKNOWN, reason="control-mode", fields=_usb(plugged))
        return True

    def _empty_reader(self) -> None:
        if self._last is None or self._last.reason != "pulled-early":
            self._show(SlotState.EMPTY, reason="no-medium")

    def _safe(self, plugged: Plugged, last: SlotView | None) -> None:
        if self._ends:
            return
        if last is None:
            if self._last is not None and self._last.state is not SlotState.SAFE_TO_TAKE:
                self._tell(SlotView(self.slot))  # nothing on it is ours
            return
        self._powered_off = self._desk.power_off(plugged)
        self._tell(last)

    def _failed(self, fault: Fault) -> bool:
        """Show what went wrong. Returns whether waiting does not help."""
        current = self._current
        docking = None if current is None else current.docking
        if docking is not None and not self._stopped and (self._gone or isinstance(fault, CardGone | DockingStopped)):
            self._pulled_early(docking)
        elif self._gone or (self._stopped and isinstance(fault, DockingStopped | WorkerLost)):
            pass  # nothing was begun that anybody has to know of, or the station ends
        elif isinstance(fault, _PASSING):
            self._show(SlotState.WAITING, reason=fault.code, fields=_fields(fault))
            self._current = None
            return False
        elif fault.code.startswith(UNKNOWN_DEVICE):
            self._show(SlotState.UNKNOWN, reason=fault.code, fields=_fields(fault))
        else:
            self._show(SlotState.ERROR, reason=fault.code, fields=_fields(fault))
        self._current = None
        return not isinstance(fault, _TRIED_AGAIN)

    def _pulled_early(self, docking: DockingId) -> None:
        missing = self._desk.missing(docking)
        if missing.files == 0:
            self._desk.seal(docking)  # everything on it was taken: no card has to come back for that
            return
        fields: JsonObject = {"files": missing.files, "bytes": missing.bytes}
        self._show(SlotState.ERROR, reason="pulled-early", fields=fields, bytes_left=missing.bytes)
        self._desk.pulled(docking, self.slot)

    def _stop_copy(self) -> None:
        current = self._current
        if current is not None and current.docking is not None:
            with suppress(OSError):
                current.worker.stop(current.docking)

    def _show(
        self,
        state: SlotState,
        *,
        reason: str | None = None,
        fields: JsonObject | None = None,
        bytes_total: int | None = None,
        bytes_left: int | None = None,
        seconds_left: int | None = None,
    ) -> None:
        if self._last is None or self._last.state is not state:
            self._since = self._desk.moment()
        current = self._current
        self._tell(
            SlotView(
                self.slot,
                state,
                flags=frozenset() if current is None else current.flags,
                since=self._since,
                device=None if current is None else current.device,
                officer=None if current is None else current.officer,
                docking=None if current is None else current.docking,
                bytes_total=bytes_total,
                bytes_left=bytes_left,
                seconds_left=seconds_left,
                reason=reason,
                fields=fields or {},
            )
        )

    def _tell(self, view: SlotView) -> None:
        self._last = view
        self._desk.board.show(replace(view, learned=self._learned))


def count_flaws(states: list[str]) -> JsonObject:
    """How many of these states of files are not whole."""
    damaged = sum(state == ClipState.DAMAGED for state in states)
    unreadable = sum(state == "unreadable" for state in states)
    return {"damaged": damaged, "unreadable": unreadable} if damaged or unreadable else {}


def _medium(volume: Volume) -> tuple[str, int | None]:
    return volume.devpath, volume.disk_sequence


def _usb(plugged: Plugged) -> JsonObject:
    return {"usb_id": f"{plugged.usb.vendor_id}:{plugged.usb.product_id}", "product": plugged.usb.product}


def _fields(fault: Fault) -> JsonObject:
    return dict(fault.fields)
