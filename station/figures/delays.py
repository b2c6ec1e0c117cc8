"""Whether footage came in within the rule's hours. Pure.

The rule counts from the end of the duty; where no roster says when that was, from the end of the recording, which is earlier: what is in time
by it is in time by any roster. The camera's clock is corrected by what was measured of it, as an interval; what lies on both sides of the rule is
undecided, and said to be. Time in which the station itself was out does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from station.figures.facts import Reason, Verdict
from station.figures.outages import Outage, within

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A camera's clock is ahead of the station's by at least and at most this; None: nothing bounds it."""

    at_least: timedelta | None
    at_most: timedelta | None


UNKNOWN = Bounds(None, None)


def bounds_of(acquisition: Mapping[str, Any]) -> Bounds:
    """What a docking's measurements, taken together, say of the camera's clock."""
    measured = acquisition.get("clock", ())
    # The newest file of a card bounds a clock only where it is newer than now; otherwise it says when the camera was used last.
    least = [
        one["at_least_ms"]
        for one in measured
        if one.get("at_least_ms") is not None and (one.get("basis") != "content" or one["at_least_ms"] > 0)
    ]
    most = [one["at_most_ms"] for one in measured if one.get("at_most_ms") is not None]
    return Bounds(timedelta(milliseconds=max(least)) if least else None, timedelta(milliseconds=min(most)) if most else None)


@dataclass(frozen=True, slots=True)
class Delay:
    """How one clip stands by the rule: minutes from the end of the duty, or of the recording, to the docking."""

    verdict: Verdict
    minutes: int | None
    reason: Reason | None


def judged(
    ended: datetime | None,
    duty_ended: datetime | None,
    docked: datetime,
    bounds: Bounds,
    limit: timedelta,
    outages: Sequence[Outage],
    tolerance: timedelta,
) -> Delay:
    """By the end of a recording as its camera dates it. ``tolerance``: by how much a clock that nobody measured is taken to be off at most."""
    if ended is None:
        return Delay(Verdict.UNSURE, None, Reason.NO_TIME)
    earliest: datetime | None
    latest: datetime | None
    if duty_ended is not None:
        earliest = latest = duty_ended  # the roster is not the camera's
    elif bounds == UNKNOWN:
        if ended > docked + tolerance:  # recorded after it was docked
            return Delay(Verdict.UNSURE, None, Reason.CLOCK_UNKNOWN)
        earliest, latest = ended - tolerance, ended + tolerance
    else:
        earliest = None if bounds.at_most is None else ended - bounds.at_most
        latest = None if bounds.at_least is None else ended - bounds.at_least
    shortest = None if latest is None else docked - latest
    minutes = None if shortest is None else max(shortest, timedelta()) // MINUTE
    if earliest is not None and docked - earliest <= limit:
        return Delay(Verdict.FINE, minutes, None)
    if shortest is None or latest is None or shortest <= limit:
        return Delay(Verdict.UNSURE, minutes, Reason.CLOCK_UNKNOWN)
    out, cause = within(outages, latest, docked)
    if cause is not None and shortest - out <= limit:
        return Delay(Verdict.EXCLUDED, minutes, cause)
    return Delay(Verdict.FLAGGED, minutes, None)


_GRAVITY = {Verdict.FLAGGED: 3, Verdict.EXCLUDED: 2, Verdict.UNSURE: 1, Verdict.FINE: 0}


def gravest(delays: Iterable[Delay]) -> Delay | None:
    """What a docking is counted as: the gravest of its clips, of those the one that waited longest."""
    return max(delays, key=lambda one: (_GRAVITY[one.verdict], one.minutes or 0), default=None)
