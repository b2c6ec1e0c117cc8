"""Frames by their time stamps: which frame is how long after the first one, and where it is on the time line of a copy.

The station's index (``derive pts-index``) says the time stamp of every frame, in the original and, where the container needs one, in its working copy.
A frame is never seconds times a rate: rates vary, and a camera drops frames.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain, repeat
from typing import Any

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Times:
    """When each frame is shown, in microseconds after the first one, rising."""

    starts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, us: int) -> int:
        """The frame that is on the screen then, from 0."""
        return max(0, bisect_right(self.starts, us) - 1)

    def nearest(self, us: int) -> int:
        """The frame whose beginning is nearest: what a player shows says its own time stamp, rounded."""
        after = bisect_left(self.starts, us)
        if after == 0:
            return 0
        if after == len(self.starts):
            return len(self.starts) - 1
        return after if self.starts[after] - us < us - self.starts[after - 1] else after - 1

    def middle(self, frame: int) -> int:
        """A moment at which this frame is shown, as far from its neighbours as can be: no rounding leads to another one."""
        begin = self.starts[frame]
        if frame + 1 < len(self.starts):
            return (begin + self.starts[frame + 1]) // 2
        length = begin - self.starts[frame - 1] if frame else 40_000
        return begin + length // 2


@dataclass(frozen=True, slots=True)
class Index:
    """The frames of an original. ``pts``: time stamps in units of ``time_base``; ``keys``: numbers of key frames; ``working``: times in the working copy."""

    time_base: Fraction
    pts: tuple[int, ...]
    keys: tuple[int, ...]
    times: Times
    working: Times | None

    def key_before(self, frame: int) -> int:
        """The key frame from which this one is decoded: the nearest place that is shown at once."""
        found = bisect_right(self.keys, frame)
        return self.keys[found - 1] if found else frame

    def times_in(self, copy: str) -> Times:
        """When each frame is shown in a copy."""
        return self.working if copy == "working-copy" and self.working is not None else self.times


def read(document: dict[str, Any]) -> Index:
    """The station's index. Raises ``KeyError`` or ``ValueError`` for what is none."""
    base, pts = _stamps(document)
    copy = document.get("working_copy")
    working = None if copy is None else _times(*_stamps(copy))
    return Index(base, pts, tuple(document["keys"]), _times(base, pts), working)


def _stamps(document: dict[str, Any]) -> tuple[Fraction, tuple[int, ...]]:
    steps = chain.from_iterable(repeat(step, times) for step, times in document["steps"])
    return Fraction(document["time_base"]), tuple(accumulate(steps, initial=document["first"]))


def _times(base: Fraction, pts: tuple[int, ...]) -> Times:
    top, bottom = base.numerator * MICRO, base.denominator
    return Times(tuple((one - pts[0]) * top // bottom for one in pts))
