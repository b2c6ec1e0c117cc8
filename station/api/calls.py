"""Every call of an outside system as an entry of the log: some seconds of them in one, refusals too.

A call is remembered before it is answered and written at most :data:`SECONDS` later. When the log cannot be written, calls wait here, and beyond
:data:`WAITING` of them nobody is let in any more: nothing is answered that could not be accounted for.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from evidence.catalogue.acts.sheets import noted
from evidence.custody.entry import SUBJECT_STATION
from evidence.errors import Fault
from station.messages import fault_text
from station.rooms import Rooms

SECONDS = 5.0
IN_ONE = 200
"""Calls that one entry names."""
WAITING = 2000


@dataclass(slots=True)
class _Batch:
    """Calls of one system that wait to be written."""

    calls: list[dict[str, Any]] = field(default_factory=list)


class Calls:
    """Keeps account of calls. Its methods may be called from any thread."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._waiting: dict[tuple[str | None, str | None], _Batch] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="calls", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether so many wait that nobody may call."""
        with self._lock:
            return sum(len(batch.calls) for batch in self._waiting.values()) >= WAITING

    def called(self, client: str | None, fingerprint: str | None, **what: str | int | None) -> None:
        """A call: of whom (None: nobody that we know), with which certificate (None: one that was not accepted), and what."""
        with self._lock:
            batch = self._waiting.setdefault((client, fingerprint), _Batch())
            if len(batch.calls) < WAITING:
                batch.calls.append({"at": self._rooms.clock().utc, **what})

    def write(self) -> None:
        """Write what waits. Raises faults of the catalogue; then it waits on."""
        while batches := self._taken():
            try:
                with self._rooms.ledger.commit() as commit:
                    for (client, fingerprint), calls in batches:
                        what: Any = {"client": client, "fingerprint": fingerprint, "calls": calls}
                        noted(commit, SUBJECT_STATION, "called", what=what)
            except BaseException:
                with self._lock:
                    for key, calls in batches:
                        batch = self._waiting.setdefault(key, _Batch())
                        batch.calls[:0] = calls
                raise

    def close(self) -> None:
        """Write the last ones, and end."""
        self._ended.set()
        self._thread.join(SECONDS * 2)

    def _taken(self) -> list[tuple[tuple[str | None, str | None], list[dict[str, Any]]]]:
        with self._lock:
            taken = [(key, batch.calls[:IN_ONE]) for key, batch in self._waiting.items()]
            left = {key: _Batch(batch.calls[IN_ONE:]) for key, batch in self._waiting.items() if len(batch.calls) > IN_ONE}
            self._waiting = left
        return taken

    def _work(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(SECONDS)
            try:
                self.write()
            except Fault as fault:
                print(fault_text(fault.code, fault.fields, "en"), file=sys.stderr, flush=True)  # noqa: T201  # the service's journal
