"""Watching the docks: udev's events put together into devices that arrive and leave.

What is there when watching begins comes first, and nothing falls between: the monitor listens before the first look. After an
overflow of the kernel's buffer everything is looked at again, and what is gone has left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ingest.docks.facts import DockEvent
from ingest.docks.tree import Patience, Tree, UdevEvent
from ingest.udev import Overflowed, UdevMonitor


class Source(Protocol):
    """Where the events come from: udev, or a recording."""

    def present(self) -> Iterable[UdevEvent]:
        """Every device there is now."""

    def next(self, seconds: float) -> UdevEvent | Overflowed | None:
        """The next event, or None after ``seconds``."""

    def wake(self) -> None:
        """End a ``next`` that waits."""

    def close(self) -> None:
        """Listen no more."""


class DockMonitor:
    """The :class:`~ingest.docks.facts.Arrivals` of this machine. For one thread, but for ``wake``."""

    def __init__(
        self,
        rules: Patience | None = None,
        source: Callable[[], Source] = UdevMonitor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tree = Tree(rules)
        self._clock = clock
        self._source = source()
        self._woken = threading.Event()
        self._tree.enumerated(self._source.present(), clock(), at_start=True)

    def next(self, seconds: float) -> Sequence[DockEvent]:
        """What happened, in order."""
        deadline = self._clock() + seconds
        while not self._woken.is_set():
            now = self._clock()
            if said := self._tree.due(now):
                return said
            if now >= deadline:
                return []
            ripe = self._tree.next_at()
            until = deadline if ripe is None else min(deadline, ripe)
            self._take(self._source.next(max(0.0, until - now)))
        self._woken.clear()
        return []

    def wake(self) -> None:
        """End a ``next`` that is under way."""
        self._woken.set()
        self._source.wake()

    def close(self) -> None:
        """Watch no more."""
        self._source.close()

    def _take(self, event: UdevEvent | Overflowed | None) -> None:
        if isinstance(event, Overflowed):
            self._tree.enumerated(self._source.present(), self._clock(), at_start=False)
        elif event is not None:
            self._tree.feed(event, self._clock())
