"""Joining segments into recordings. Pure.

A recorder cuts a long recording into files. They are joined by the profile's rule, and the gap (positive) or overlap
(negative) between two neighbours is stated in milliseconds, with how exactly it is known. Joining changes no clip: a
recording is a view of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ingest import mediatype
from ingest.profiles.names import NameReading
from ingest.profiles.schema import Segments
from ingest.times import Derived, Flag, TimeSource, rfc3339

MINUTE_MS = 60_000
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """One file that was taken. ``duration_ms`` is None when the file does not tell (truncated, or no media at all)."""

    position: int
    path: bytes
    reading: NameReading | None
    derived: Derived | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a recording.

    ``gap_ms`` to the one before: None for the first, and where start or length is not known; ``uncertainty_ms`` how far
    the gap may be off; ``missing`` chapters between the two, by their numbers.
    """

    position: int
    gap_ms: int | None = None
    uncertainty_ms: int | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """Segments in order. ``started_at`` is RFC 3339 UTC; ``duration_ms`` the footage of all, None when one is unknown."""

    segments: tuple[Segment, ...]
    started_at: str | None
    duration_ms: int | None


def join(parts: Iterable[Part], rule: Segments) -> tuple[Recording, ...]:
    """Recordings in the order of their first file. Pictures, proxies, sidecars and logs are no recordings."""
    alone: list[list[Part]] = []
    series: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in parts:
        if not _is_footage(part):
            continue
        key = _series(part, rule)
        if key is None:
            alone.append([part])
        else:
            series[key].append(part)
    runs = alone + [run for members in series.values() for run in _runs(members, rule)]
    return tuple(sorted((_recording(run) for run in runs), key=lambda recording: recording.segments[0].position))


def _is_footage(part: Part) -> bool:
    return (part.reading is None or part.reading.role == "footage") and mediatype.is_recording(part.path)


def _series(part: Part, rule: Segments) -> tuple[str, ...] | None:
    """What has to agree before two files can be neighbours; None for a file that stands alone."""
    reading = part.reading
    if reading is None or rule.rule == "none":
        return None
    folder = part.path.rpartition(b"/")[0].decode("utf-8", "replace")
    if rule.rule == "chapters":
        return None if reading.recording is None or reading.chapter is None else (folder, reading.recording)
    if part.derived is None or part.duration_ms is None or not _exact(part.derived):
        return None
    suffix = mediatype.extension(part.path).decode("utf-8", "replace")
    return (folder, reading.grammar, reading.serial or "", reading.officer or "", reading.channel or "", suffix)


def _exact(derived: Derived) -> bool:
    """Whether a start is known well enough to say what is adjacent: not the docking time, not a day."""
    step = _step(derived)
    return step is not None and step <= MINUTE_MS


def _runs(members: list[Part], rule: Segments) -> list[list[Part]]:
    if rule.rule == "chapters":
        return [sorted(members, key=lambda part: (_chapter(part), part.position))]
    ordered = sorted(members, key=lambda part: (_start(part) or _LAST, part.position))
    runs = [[ordered[0]]]
    for part in ordered[1:]:
        before = runs[-1][-1]
        gap = _gap(before, part)
        if gap is not None and -rule.overlap_ms <= gap <= rule.gap_ms and _counts_up(before, part):
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _recording(run: list[Part]) -> Recording:
    segments = [Segment(run[0].position)]
    for before, part in pairwise(run):
        gap = _gap(before, part)
        steps = (_step(before.derived), _step(part.derived))
        missing = max(0, _chapter(part) - _chapter(before) - 1)
        doubt = None if gap is None else sum(step or 0 for step in steps)
        segments.append(Segment(part.position, gap, doubt, missing))
    start = next((moment for part in run if (moment := _start(part)) is not None), None)
    lengths = [part.duration_ms for part in run]
    total = None if any(length is None for length in lengths) else sum(length or 0 for length in lengths)
    return Recording(tuple(segments), None if start is None else rfc3339(start), total)


def _gap(before: Part, part: Part) -> int | None:
    """Milliseconds from the end of one to the start of the next; None where it cannot be told.

    Some cameras write the start of the first file into all of them: equal starts say nothing.
    """
    first, second = _start(before), _start(part)
    if first is None or second is None or before.duration_ms is None or second <= first:
        return None
    return (second - first) // timedelta(milliseconds=1) - before.duration_ms


def _counts_up(before: Part, part: Part) -> bool:
    one, other = (part.reading.sequence if part.reading else None for part in (before, part))
    return one is None or other is None or other > one


def _chapter(part: Part) -> int:
    return part.reading.chapter if part.reading is not None and part.reading.chapter is not None else 0


def _start(part: Part) -> datetime | None:
    derived = part.derived
    return None if derived is None or derived.source is TimeSource.STATION else derived.moment


def _step(derived: Derived | None) -> int | None:
    """How exactly a start is known against that of a neighbour, in ms: zone and drift are common to both and cancel."""
    if derived is None or derived.source is TimeSource.STATION or Flag.LENGTH_UNKNOWN in derived.flags:
        return None
    return derived.resolution_ms
