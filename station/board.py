"""The board of slots: what each slot shows, and who is told when it changes.

A newcomer gets every slot at once, then what changes: at most :data:`PER_SECOND` times a second a slot, the newest word always last.
Nobody waits for a reader that is slow.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from evidence.canonical import Json, JsonObject

PER_SECOND = 5


class SlotState(StrEnum):
    """The one word a slot shows."""

    EMPTY = "empty"
    IDENTIFYING = "identifying"
    UNKNOWN = "unknown"
    """A device that policy keeps waiting, or refuses: the reason says which."""
    WAITING = "waiting"
    COPYING = "copying"
    VERIFYING = "verifying"
    SAFE_TO_TAKE = "safe-to-take"
    DO_NOT_PULL = "do-not-pull"
    """The erase step: the one moment at which pulling could harm the card."""
    ERROR = "error"


class Flag(StrEnum):
    """What may be shown beside the state."""

    CHARGING = "charging"
    CLOCK_WRONG = "clock-wrong"
    BATTERY = "battery"
    IMPORTANT = "important"


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot. Bytes and seconds are those that are left; ``reason`` is a fault's or phrase's code with its fields.

    Not ``learned``: nobody said that this port is a slot, and the number is that of this run only.
    """

    slot: int
    state: SlotState = SlotState.EMPTY
    flags: frozenset[Flag] = frozenset()
    since: str | None = None
    device: str | None = None
    officer: str | None = None
    docking: str | None = None
    bytes_total: int | None = None
    bytes_left: int | None = None
    seconds_left: int | None = None
    reason: str | None = None
    fields: JsonObject = field(default_factory=dict)
    learned: bool = True

    def document(self) -> JsonObject:
        """As ``watch --json`` and the API show it."""
        flags: list[Json] = [flag.value for flag in sorted(self.flags)]
        return {
            "slot": self.slot,
            "learned": self.learned,
            "state": self.state.value,
            "flags": flags,
            "since": self.since,
            "device": self.device,
            "officer": self.officer,
            "docking": self.docking,
            "bytes_total": self.bytes_total,
            "bytes_left": self.bytes_left,
            "seconds_left": self.seconds_left,
            "reason": self.reason,
            "fields": self.fields,
        }


class Watcher:
    """One who looks at the board. For one thread; made by :meth:`Board.watch`."""

    def __init__(self, first: dict[int, SlotView], clock: Callable[[], float]) -> None:
        self._pending = dict(first)
        self._clock = clock
        self._shown: dict[int, float] = {}
        self._changed = threading.Condition()

    def tell(self, view: SlotView) -> None:
        """Called by the board."""
        with self._changed:
            self._pending[view.slot] = view
            self._changed.notify()

    def next(self, seconds: float) -> list[SlotView]:
        """What changed, slots in order; an empty list when ``seconds`` pass without a change that may be shown."""
        deadline = self._clock() + seconds
        with self._changed:
            while True:
                now = self._clock()
                due = [slot for slot in self._pending if now - self._shown.get(slot, float("-inf")) >= 1 / PER_SECOND]
                if due:
                    self._shown.update(dict.fromkeys(due, now))
                    return [self._pending.pop(slot) for slot in sorted(due)]
                if now >= deadline:
                    return []
                ripe = min((self._shown[slot] + 1 / PER_SECOND for slot in self._pending), default=deadline)
                self._changed.wait(max(0.0, min(ripe, deadline) - now))


class Board:
    """All slots. Its methods may be called from any thread."""

    def __init__(self, slots: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._views = {slot: SlotView(slot) for slot in range(1, slots + 1)}
        self._watchers: list[Watcher] = []
        self._clock = clock
        self._lock = threading.Lock()

    def show(self, view: SlotView) -> None:
        """A slot shows this from now on. A slot beyond the known ones (a port nobody learned) is added."""
        with self._lock:
            if self._views.get(view.slot) == view:
                return
            self._views[view.slot] = view
            for watcher in self._watchers:
                watcher.tell(view)

    def change(self, slot: int, **members: object) -> None:
        """Some members of what a slot shows change."""
        with self._lock:
            view = self._views.get(slot, SlotView(slot))
        self.show(replace(view, **members))  # type: ignore[arg-type]  # dataclasses.replace checks the names at run time

    def views(self) -> list[SlotView]:
        """Every slot, in order."""
        with self._lock:
            return [self._views[slot] for slot in sorted(self._views)]

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Look at the board for a while: everything first, then what changes."""
        with self._lock:
            watcher = Watcher(self._views, self._clock)
            self._watchers.append(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                self._watchers.remove(watcher)
