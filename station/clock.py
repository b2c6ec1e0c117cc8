"""The station's clock as the log records it: wall time, time since boot, and whether the kernel holds it synchronised."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from evidence.custody.entry import ClockState, Moment

_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""
_TIMEX_BYTES = 512
"""More than struct timex has on any Linux; with ``modes`` zero the call only reads."""


_pretended: list[Callable[[], Moment]] = []


def now() -> Moment:
    """A reading of the clock."""
    return _pretended[-1]() if _pretended else _real()


@contextmanager
def pretended(reading: Callable[[], Moment]) -> Iterator[None]:
    """Have this process read another clock for a while: only the throw-away home of ``station.practice`` is filled under one."""
    _pretended.append(reading)
    try:
        yield
    finally:
        _pretended.pop()


def _real() -> Moment:
    return Moment(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME), _boot_id(), _state())


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _state() -> ClockState:
    answer = _libc().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if answer < 0:
        return ClockState.UNKNOWN
    return ClockState.UNSYNCHRONISED if answer == _TIME_ERROR else ClockState.SYNCHRONISED
