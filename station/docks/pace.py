"""How many seconds are left of a copy. Pure: the clock is passed in."""

from __future__ import annotations

import math

_SMOOTHING_SECONDS = 8.0
"""A rate counts by how long ago it was: a card that stalls for a moment does not make the figure jump."""
_FIRST_SECONDS = 1.0
"""Nothing is said before so much was watched."""


class Pace:
    """The rate of one copy, smoothed. What an earlier visit had copied is no part of the rate: the first figure is where it begins."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._began = 0.0
        self._rate: float | None = None

    def seconds_left(self, done: int, total: int, now: float) -> int | None:
        """Whole seconds, rounded up; None while nobody can know."""
        if self._last is None:
            self._last, self._began = (now, done), now
            return None
        at, before = self._last
        if now > at:
            rate = (done - before) / (now - at)
            weight = 1 - math.exp(-(now - at) / _SMOOTHING_SECONDS)
            self._rate = rate if self._rate is None else self._rate + weight * (rate - self._rate)
            self._last = (now, done)
        if self._rate is None or self._rate <= 0 or now - self._began < _FIRST_SECONDS:
            return None
        return math.ceil((total - done) / self._rate)
