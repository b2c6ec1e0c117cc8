"""Footage on one time line: when a clip can have begun by the station's clock, given what is known of its recorder's. Pure.

Rules kept here:

* a recorder's clock is ahead of the station's by at least and at most so much (:mod:`ingest.clocks` measures it, the docking's entry has it); what nothing bounds
  stays open: None, never a guess;
* the published time has an uncertainty of its own (zone, step of the reading; the clip's record has it), which widens both sides;
* whatever its clock said, a recording had ended when its docking was opened;
* measurements that exclude each other are all counted, and said to disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a recorder's clock is ahead of the station's, in milliseconds. ``disagree``: no offset fits all that was measured."""

    at_least_ms: int | None = None
    at_most_ms: int | None = None
    disagree: bool = False


def offset(measured: Sequence[Mapping[str, Any]]) -> Offset:
    """What several measurements of one clock say together."""
    lows = [int(one["at_least_ms"]) for one in measured if one.get("at_least_ms") is not None]
    highs = [int(one["at_most_ms"]) for one in measured if one.get("at_most_ms") is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        return Offset(min(lows), max(highs), disagree=True)
    return Offset(low, high)


@dataclass(frozen=True, slots=True)
class Span:
    """When a clip began at the earliest and at the latest, by the station's clock, as RFC 3339 in UTC; None: nothing bounds it."""

    at_least: str | None
    at_most: str | None


def span(recorded_at: str | None, duration_ms: int | None, uncertainty_ms: int | None, clock: Offset, opened_at: str) -> Span:
    """When a clip began. ``recorded_at``: its published time; ``uncertainty_ms``: of that; ``opened_at``: when its docking was opened."""
    low: datetime | None = None
    high: datetime | None = _moment(opened_at) - (duration_ms or 0) * _MS
    if recorded_at is not None and uncertainty_ms is not None:
        told, doubt = _moment(recorded_at), uncertainty_ms * _MS
        if clock.at_most_ms is not None:
            low = told - clock.at_most_ms * _MS - doubt
        if clock.at_least_ms is not None:
            high = min(high or told, told - clock.at_least_ms * _MS + doubt)
    if low is not None and high is not None and low > high:
        low = None  # the docking's own moment excludes what the clock's bounds say, so they bound nothing
    return Span(_text(low), _text(high))


class Overlap(StrEnum):
    """Whether a clip and an incident share a moment."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    NONE = "none"


def overlap(clip: Span, duration_ms: int | None, begins_at: str, ends_at: str | None) -> Overlap:
    """Whether a clip shares a moment with an incident: whatever its clock did, or only perhaps. An incident without an end may go on."""
    begin, end = _moment(begins_at), None if ends_at is None else _moment(ends_at)
    length = (duration_ms or 0) * _MS
    earliest = None if clip.at_least is None else _moment(clip.at_least)
    latest = None if clip.at_most is None else _moment(clip.at_most)
    if (end is not None and earliest is not None and earliest > end) or (latest is not None and latest + length < begin):
        return Overlap.NONE
    surely_before_its_end = latest is not None and latest <= (end or begin)
    if surely_before_its_end and earliest is not None and earliest + length >= begin:
        return Overlap.CERTAIN
    return Overlap.POSSIBLE


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(value: datetime | None) -> str | None:
    if value is None:
        return None
    value = value.astimezone(UTC)
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}Z"
