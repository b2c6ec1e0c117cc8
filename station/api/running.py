"""A command on a thread of its own, and its progress and end as lines for whoever asked.

The command goes on when the asker leaves: footage is taken to its end, whatever becomes of a window or a terminal.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Literal

from evidence.custody.entry import Actor
from evidence.errors import Fault
from station import wire
from station.api.desk import Desk
from station.commands import Command, Progress
from station.messages import fault_text

PROGRESS_SECONDS = 0.2
"""At most five lines a second of one stage of one subject; the last always."""


class Running:
    """One command under way."""

    def __init__(
        self, desk: Desk, command: Command, place: wire.Place | None, language: Literal["en", "zh"], actor: Actor
    ) -> None:
        self._desk = desk
        self._actor = actor
        self._command = command
        self._place = place
        self._language = language
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | Fault | None] = asyncio.Queue()
        self._next: dict[tuple[str, str], float] = {}

    async def first(self) -> bytes | Fault:
        """Begin; the first line, or the fault that came before any."""
        threading.Thread(target=self._work, name=wire.name_of(type(self._command)), daemon=True).start()
        first = await self._lines.get()
        assert first is not None, "the end comes after an answer or a fault"
        return first

    async def lines(self, first: bytes) -> AsyncIterator[bytes]:
        """Every line. A fault that comes after progress is the last one."""
        line: bytes | Fault | None = first
        while line is not None:
            yield wire.encode({"problem": self.problem(line)}) + b"\n" if isinstance(line, Fault) else line
            line = await self._lines.get()

    def problem(self, fault: Fault) -> dict[str, object]:
        """A fault as a problem document in the asker's language."""
        return wire.problem(fault, fault_text(fault.code, fault.fields, self._language))

    def _work(self) -> None:
        try:
            answer, outgoing = self._desk.carry_out(self._command, self._place, self._language, self._report, self._actor)
        except Fault as fault:
            self._put(fault)
        except Exception as error:  # noqa: BLE001  # the edge: whatever it was, the asker gets a document and a status
            traceback.print_exc(file=sys.stderr)
            self._put(Fault(error=type(error).__name__))
        else:
            self._put(wire.answer_line(answer, outgoing))
        self._put(None)

    def _report(self, progress: Progress) -> None:
        now, stage = time.monotonic(), (progress.what, progress.subject)
        if progress.done < progress.total and now < self._next.get(stage, 0.0):
            return
        self._next[stage] = now + PROGRESS_SECONDS
        self._put(wire.progress_line(progress))

    def _put(self, line: bytes | Fault | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: the service ends, and nobody listens any more
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
