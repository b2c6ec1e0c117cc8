"""A room that works by itself: one thread, one turn after the other, visible in ``/health``.

It fails softly. A fault, or a mistake of ours, ends the turn, never the service: the room says what it was and begins again, after
a pause that doubles from :data:`FIRST_SECONDS` to :data:`LONGEST_SECONDS`; a turn that went well forgets it.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from evidence.canonical import JsonObject
from evidence.errors import Fault
from station.messages import fault_text

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 900.0


class Duty(Protocol):
    """What a room does."""

    name: str

    def turn(self, stop: threading.Event) -> float:
        """Do what is due, and return after how many seconds to look again. Comes back soon after ``stop`` is set."""

    def hurry(self) -> None:
        """Called from another thread when ``stop`` was set: end a wait that does not look at it."""


class Background:
    """A duty on a thread of its own."""

    def __init__(self, duty: Duty, now: Callable[[], str], language: Callable[[], str]) -> None:
        self.duty = duty
        self._now = now
        self._language = language
        self._ending = threading.Event()
        self._pause = threading.Event()
        """Ends the turn, or the wait between two."""
        self._free = threading.Condition()
        self._aside = 0
        self._in_turn = False
        self._thread = threading.Thread(target=self._work, name=duty.name, daemon=True)
        self._turns = self._failures = self._row = 0
        self._last: str | None = None
        self._fault: JsonObject | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; :meth:`join` waits for it."""
        self._ending.set()
        self._interrupt()
        with self._free:
            self._free.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended. False when it has not."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def wake(self) -> None:
        """There may be something to do."""
        with self._free:
            if not self._in_turn:
                self._pause.set()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep out of the way for a while: the turn under way is ended, none begins."""
        with self._free:
            self._aside += 1
        self._interrupt()
        with self._free:
            self._free.wait_for(lambda: not self._in_turn)
        try:
            yield
        finally:
            with self._free:
                self._aside -= 1
                self._free.notify_all()

    def document(self) -> JsonObject:
        """As ``/health`` shows it."""
        state = (
            "stopped" if not self._thread.is_alive() else "failing" if self._row else "working" if self._in_turn else "waiting"
        )
        return {
            "room": self.duty.name,
            "state": state,
            "turns": self._turns,
            "failures": self._failures,
            "last": self._last,
            "fault": self._fault,
        }

    @property
    def failing(self) -> bool:
        """Whether its last turn went wrong."""
        return self._row > 0

    def _interrupt(self) -> None:
        self._pause.set()
        self.duty.hurry()

    def _work(self) -> None:
        while not self._ending.is_set():
            with self._free:
                self._free.wait_for(lambda: not self._aside or self._ending.is_set())
                self._in_turn = True
                self._pause.clear()
            try:
                seconds = 0.0 if self._ending.is_set() else self._turn()
            finally:
                with self._free:
                    self._in_turn = False
                    self._free.notify_all()
            self._pause.wait(seconds)

    def _turn(self) -> float:
        self._turns += 1
        try:
            seconds = self.duty.turn(self._pause)
        except Fault as fault:
            self._failed(fault.code, fault_text(fault.code, fault.fields, self._language()))
        except Exception as error:  # noqa: BLE001  # a room's mistake must not end the service
            traceback.print_exc(file=sys.stderr)
            self._failed("internal", f"{fault_text('internal', {}, self._language())} ({type(error).__name__})")
        else:
            self._last, self._fault, self._row = self._now(), None, 0
            return seconds
        return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._row - 1, 16))

    def _failed(self, code: str, message: str) -> None:
        self._failures += 1
        self._row += 1
        self._last, self._fault = self._now(), {"code": code, "message": message, "at": self._now()}
