"""Whose turn it is to write, among the threads of one process.

SQLite lets writers queue by asking again and again, with pauses that grow: whoever has waited longest has no better chance than whoever came just now. With a
card in every slot some thread then waits past any patience while the others write on. Here threads are let in one at a time and in the order in which
they came, so that a writer waits for those before him and for nobody else. Other processes still meet at SQLite's own lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class WaitedTooLong(Exception):
    """A turn did not come in time."""


class Turns:
    """Lets threads in one at a time, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: deque[threading.Lock] = deque()
        self._holder: int | None = None

    @property
    def waiting(self) -> int:
        """How many threads wait."""
        with self._lock:
            return len(self._gates)

    @contextmanager
    def mine(self, seconds: float) -> Iterator[None]:
        """One's own turn, which ends with the block. Raises :class:`WaitedTooLong`; a thread that has it already would wait for itself: RuntimeError."""
        self._take(seconds)
        try:
            yield
        finally:
            self._hand_over()

    def _take(self, seconds: float) -> None:
        me = threading.get_ident()
        with self._lock:
            if self._holder == me:
                raise RuntimeError("a write transaction inside a write transaction")
            if self._holder is None:
                self._holder = me
                return
            gate = threading.Lock()
            gate.acquire()
            self._gates.append(gate)
        if not gate.acquire(timeout=seconds):
            with self._lock:
                if gate in self._gates:
                    self._gates.remove(gate)
                    raise WaitedTooLong
                # It was handed over at the last moment.
        self._holder = me

    def _hand_over(self) -> None:
        with self._lock:
            if self._gates:
                self._holder = 0  # nobody's yet, but taken
                self._gates.popleft().release()
            else:
                self._holder = None
