"""What the matcher is given, and what it says. Every time is in seconds since 1970; every offset is the camera's clock less the true time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from evidence.matching.reasons import Reason

EARTH_METRES = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place, WGS 84 degrees."""

    latitude: float
    longitude: float

    def metres_to(self, other: Point) -> float:
        """Great-circle distance (haversine)."""
        one, two = math.radians(self.latitude), math.radians(other.latitude)
        across, along = (two - one) / 2, math.radians(other.longitude - self.longitude) / 2
        square = math.sin(across) ** 2 + math.cos(one) * math.cos(two) * math.sin(along) ** 2
        return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(square)))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a docking: its clips, in order. ``begins`` by the camera's clock; None: nothing tells it."""

    clips: tuple[str, ...]
    begins: float | None
    seconds: float
    point: Point | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What one docking brought. ``officer``: whom the docking names; None: nobody did.

    ``opened`` and ``before``: when it was docked, and when that device was docked the time before. The clock was ahead of the true time by at
    least ``ahead_least`` and at most ``ahead_most`` where somebody measured it.
    """

    docking: str
    device: str
    officer: str | None
    opened: float
    before: float | None
    recordings: tuple[Recorded, ...]
    ahead_least: float | None = None
    ahead_most: float | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An incident as the matcher sees it: who was sent, from when to when. ``arrived`` and ``ended`` may be unknown."""

    id: str
    begins: float
    arrived: float | None
    ended: float | None
    officers: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    point: Point | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of the roster."""

    officer: str
    begins: float
    ends: float
    unit: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What is known of incidents and duties. An empty roster is one that nobody sent: nothing follows from it."""

    dispatches: tuple[Dispatch, ...]
    roster: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """A recording may belong to an incident. ``score`` from 0 to 1, and why; ``officer`` who is thought to have carried the camera."""

    docking: str
    clips: tuple[str, ...]
    incident: str
    score: float
    officer: str | None
    offset: float | None
    reasons: tuple[Reason, ...] = field(default=())
