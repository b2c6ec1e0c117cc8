"""What is assumed of officers, cameras and dispatchers: every number on which a score rests, in one place, with its unit.

They are beliefs about the work, set from how it is done and tuned on one generated month that is not among those the results are reported
of (``tests/bench/months.py``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Belief:
    """Seconds unless a name says otherwise; shares from 0 to 1."""

    version: str = "1"
    """Stands on every match, so that it can be told under which assumptions it was made."""
    proposed: float = 0.5
    """Fits from this score on are shown to a person."""
    accepted: float = 0.7
    """Fits from this score on may be accepted without one: as sure as may be where 95 of 100 recordings are to be found (tuning seed)."""

    clock_sigma: float = 50.0
    """How far a clock that nobody set wrong is usually off."""
    clock_step: float = 20.0
    clock_reach: float = 160.0
    clock_wrong: float = 0.03
    """Share of clocks that are wrong by more than drift explains."""
    clock_wrong_reach: float = 36 * 3600.0
    """No clock is looked for further off than this, unless its time lies outside what the dockings allow."""
    measured_slack: float = 30.0

    other_officer: float = 0.03
    """Share of cameras that somebody else carried than the docking says."""
    belongs: float = 0.8
    """Share of recordings that belong to an incident of which there is a record."""
    idle_inside: float = 0.15
    """How much rarer a recording of something else begins while an officer is at an incident."""
    short: float = 60.0
    """Recordings below this are often trials."""
    short_idle: float = 5.0
    """How many times more often a short recording belongs to nothing than a long one does."""

    arrival_before: float = 480.0
    arrival_after: float = 360.0
    at_arrival: float = 0.72
    """Share of recordings that begin within this of the arrival."""
    early: float = 120.0
    late: float = 60.0
    inside: float = 0.25
    """Share that begins from shortly before the dispatch to shortly after the end."""
    skirt: float = 900.0
    around: float = 0.03
    """Share that begins further out, but within the skirt."""
    overrun_free: float = 480.0
    overrun: float = 700.0
    """A recording that goes on after the end becomes less likely by 1/e with each of these."""
    forgotten: float = 0.04
    """Share of recordings that nobody stops when they leave."""
    at_end: float = 240.0
    at_end_factor: float = 2.0
    """How much more likely a recording is of an incident that ended as the recording did; less likely by half of that, where it did not."""
    untold_length: float = 3600.0
    """How long an incident is thought to last of which nobody noted the end."""

    duty_slack: float = 5400.0
    off_duty: float = 0.15
    tour: float = 12 * 3600.0
    tour_gap: float = 5 * 3600.0
    """A pause in recording after which it may have been another officer's tour."""
    tour_margin: float = 2 * 3600.0
    impossible: float = -14.0
    """Logarithm of how likely it is that what must not be is all the same: a recording after its docking, or before the last one."""

    near_metres: float = 400.0
    far_metres: float = 2500.0
    near_factor: float = 12.0
    far_factor: float = 0.05
    same_place_factor: float = 8.0


BELIEF = Belief()
