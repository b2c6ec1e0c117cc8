"""What a recorder's clock shows, and how far off it is, with honest bounds. Pure.

A question takes time on its way, and a recorder shows its time cut to a whole second or so. Both belong into the bounds: an offset
without them would claim more than was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One look at a recorder's clock, in nanoseconds since 1970, UTC.

    ``device_utc_ns`` is what it showed, its local time turned to UTC by the station's zone; ``before_ns`` and ``after_ns`` the station's
    clock right before the question and right after the answer; ``resolution_ns`` the step in which it shows time, the rest cut off.
    """

    device_utc_ns: int
    before_ns: int
    after_ns: int
    resolution_ns: int = SECOND_NS

    def __post_init__(self) -> None:
        if self.after_ns < self.before_ns or self.resolution_ns < 0:
            raise ValueError("the answer comes after the question, and no step is negative")


@dataclass(frozen=True, slots=True)
class OffsetBounds:
    """The recorder's clock minus the true time lies between these, in nanoseconds; positive: it is fast."""

    lowest_ns: int
    highest_ns: int

    @property
    def middle_ns(self) -> int:
        """The best single guess."""
        return (self.lowest_ns + self.highest_ns) // 2

    @property
    def width_ns(self) -> int:
        """How much is not known: the round trip and one step."""
        return self.highest_ns - self.lowest_ns


@dataclass(frozen=True, slots=True)
class CommittedReading:
    """A reading that stands in the log, under the id of its entry. Only such a one allows the clock to be set."""

    reading: ClockReading
    entry: str


def offset_bounds(reading: ClockReading) -> OffsetBounds:
    """How far off the clock is.

    At some moment t between ``before`` and ``after`` the recorder's clock stood at least at what it showed, and less than one step
    further. So its offset is at least ``device - after`` and at most ``device + step - before``. The station's own error is not in it.
    """
    return OffsetBounds(
        reading.device_utc_ns - reading.after_ns, reading.device_utc_ns + reading.resolution_ns - reading.before_ns
    )


def narrowed(bounds: tuple[OffsetBounds, ...]) -> OffsetBounds | None:
    """What several readings say together; None when they contradict each other, or there are none.

    Readings spread over a second narrow the step down: each must hold.
    """
    if not bounds:
        return None
    lowest, highest = max(one.lowest_ns for one in bounds), min(one.highest_ns for one in bounds)
    return OffsetBounds(lowest, highest) if lowest <= highest else None
