"""Stopping a campaign: what is under way is ended and cleaned up, nothing new is begun, and what was tried is told, for what it is worth.

A shell starts its background jobs with SIGINT ignored, and Python leaves it so: therefore both signals are taken explicitly.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether the campaign is to end. A context manager, of the main thread: within it, SIGINT and SIGTERM ask for that."""

    def __init__(self) -> None:
        self._by: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._before = {one: signal.signal(one, self._ask) for one in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)  # type: ignore[arg-type]  # what signal() itself returned

    def asked(self) -> bool:
        """Whether a signal came."""
        return self._by is not None

    @property
    def status(self) -> int:
        """What a program exits with that a signal ended, as shells tell it."""
        return 128 + (self._by or 0)

    def told(self, tried: int, planned: int, what: str, failed: int) -> str:
        """The verdict on a part: how far it came, and that it proves nothing."""
        return f"stopped: {tried} of {planned} {what}, {failed} of them failed; this counts for nothing"

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self._by is None:
            self._by = number
            print("stopping: what is under way is ended first", file=sys.stderr, flush=True)
