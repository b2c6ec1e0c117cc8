"""Who was sent where: dispatches by officer, by what the records, the roster and the units say.

A record that names a unit only is one of the officers whom the roster has in that unit then; without a roster, of those whom other records
of the same hours name beside that unit.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from evidence.matching.belief import Belief
from evidence.matching.reasons import Code
from evidence.matching.values import Dispatch, Duty, Material

IMPLIED = 4 * 3600.0
"""A record that names unit and officer speaks for that pair this long before and after it."""

CREW = 6
"""A unit of more officers than this is a branch, not a crew: that it was sent says nothing of one of them."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A dispatch of one officer, with the densities (per second) of when a recording of it begins."""

    dispatch: Dispatch
    basis: Code
    arrived: float
    ended: float
    low: float
    high: float
    body_low: float
    body_high: float
    peak_low: float
    peak_high: float
    skirt: float
    body: float
    peak: float

    def density(self, moment: float, seconds: float, belief: Belief) -> float:
        """How likely a recording of so many seconds begins at a moment, if it is of this incident."""
        if not self.low <= moment <= self.high:
            return 0.0
        found = self.skirt
        if self.body_low <= moment <= self.body_high:
            found += self.body
        if self.peak_low <= moment <= self.peak_high:
            found += self.peak
        over = moment + seconds - self.ended
        if self.dispatch.ended is not None:
            found *= belief.at_end_factor if abs(over) <= belief.at_end else belief.at_end_factor / 3
        over -= belief.overrun_free
        return found * max(belief.forgotten, math.exp(-over / belief.overrun)) if over > 0 else found


def sent(dispatch: Dispatch, basis: Code, belief: Belief) -> Sent:
    """A dispatch made ready to be asked often."""
    arrived = dispatch.begins + belief.arrival_before if dispatch.arrived is None else dispatch.arrived
    untold = max(dispatch.begins, arrived) + belief.untold_length
    ended = untold if dispatch.ended is None else max(dispatch.ended, arrived)
    low, high = dispatch.begins - belief.skirt, ended + belief.skirt
    body_low, body_high = dispatch.begins - belief.early, ended + belief.late
    peak_low, peak_high = max(arrived - belief.arrival_before, body_low), arrived + belief.arrival_after
    return Sent(
        dispatch,
        basis,
        arrived,
        ended,
        low,
        high,
        body_low,
        body_high,
        peak_low,
        peak_high,
        belief.around / (high - low),
        belief.inside / (body_high - body_low),
        belief.at_arrival / (peak_high - peak_low),
    )


class Crews:
    """Asked for every docking; made once."""

    def __init__(self, material: Material, belief: Belief) -> None:
        self._belief = belief
        self._roster = sorted(material.roster, key=attrgetter("begins"))
        self._begins = [one.begins for one in self._roster]
        self._longest_duty = max((one.ends - one.begins for one in self._roster), default=0.0)
        self._duties: dict[str, list[Duty]] = defaultdict(list)
        for duty in material.roster:
            self._duties[duty.officer].append(duty)
        self._of_device: dict[str, list[Duty]] = defaultdict(list)
        for duty in material.roster:
            if duty.device is not None:
                self._of_device[duty.device].append(duty)
        by_officer: dict[str, dict[str, Sent]] = defaultdict(dict)
        by_device: dict[str, list[Sent]] = defaultdict(list)
        crew = _Units(material)
        for dispatch in material.dispatches:
            for officer in dispatch.officers:
                by_officer[officer][dispatch.id] = sent(dispatch, Code.OFFICER, belief)
            for officer in crew.officers(dispatch) - dispatch.officers:
                by_officer[officer][dispatch.id] = sent(dispatch, Code.UNIT, belief)
            for device in dispatch.devices:
                by_device[device].append(sent(dispatch, Code.DEVICE, belief))
        self._by_officer = {officer: sorted(found.values(), key=attrgetter("low")) for officer, found in by_officer.items()}
        self._lows = {officer: [one.low for one in found] for officer, found in self._by_officer.items()}
        self._by_device = {device: sorted(found, key=attrgetter("low")) for device, found in by_device.items()}
        self._longest = max((one.high - one.low for found in self._by_officer.values() for one in found), default=0.0)
        every = {(one.dispatch.id, officer): one for officer, found in self._by_officer.items() for one in found}
        self._all = sorted(((one.low, one.high, officer) for (_, officer), one in every.items()), key=lambda one: one[0])
        self._all_lows = [one[0] for one in self._all]

    @property
    def officers(self) -> int:
        """How many officers there are word of."""
        return max(1, len(self._by_officer.keys() | self._duties.keys()))

    def sent(self, officer: str | None, device: str, low: float, high: float) -> list[Sent]:
        """Where an officer was sent, or this very device was, of what touches a span; by its beginning."""
        found: list[Sent] = []
        if officer is not None and officer in self._by_officer:
            mine, lows = self._by_officer[officer], self._lows[officer]
            first = bisect_left(lows, low - self._longest)
            found = [one for one in mine[first : bisect_right(lows, high)] if one.high >= low]
        named = [one for one in self._by_device.get(device, ()) if one.high >= low and one.low <= high]
        if named:
            known = {one.dispatch.id for one in named}
            found = sorted([*named, *(one for one in found if one.dispatch.id not in known)], key=attrgetter("low"))
        return found

    def under_way(self, moment: float) -> set[str]:
        """Who was at an incident then."""
        first = bisect_left(self._all_lows, moment - self._longest)
        return {officer for _, high, officer in self._all[first : bisect_right(self._all_lows, moment)] if high >= moment}

    def holder(self, device: str, low: float, high: float) -> str | None:
        """Whom the roster has with a device in a span; None where it has nobody, or several."""
        found = {duty.officer for duty in self._of_device.get(device, ()) if duty.begins <= high and duty.ends >= low}
        return found.pop() if len(found) == 1 else None

    def duties(self, officer: str | None, low: float, high: float) -> list[Duty]:
        """The roster's lines of an officer in a span."""
        return [one for one in self._duties.get(officer or "", ()) if one.begins <= high and one.ends >= low]

    def covers(self, low: float, high: float) -> bool:
        """Whether the roster says anything at all about a span."""
        return any(True for _ in self._rostered(low, high))

    def on_duty(self, low: float, high: float) -> int:
        """How many officers the roster has in a span; without one, how many officers there are word of."""
        return len({one.officer for one in self._rostered(low, high)}) or self.officers

    def _rostered(self, low: float, high: float) -> Iterator[Duty]:
        first = bisect_left(self._begins, low - self._longest_duty)
        return (one for one in self._roster[first : bisect_right(self._begins, high)] if one.ends >= low)


class _Units:
    """Who was in a unit when."""

    def __init__(self, material: Material) -> None:
        self._rostered: dict[str, list[Duty]] = defaultdict(list)
        for duty in material.roster:
            if duty.unit is not None:
                self._rostered[duty.unit].append(duty)
        self._told: dict[str, list[Dispatch]] = defaultdict(list)
        for dispatch in material.dispatches:
            if len(dispatch.units) == 1 and dispatch.officers:
                self._told[next(iter(dispatch.units))].append(dispatch)

    def officers(self, dispatch: Dispatch) -> set[str]:
        found: set[str] = set()
        for unit in dispatch.units:
            moment = dispatch.begins
            rostered = {duty.officer for duty in self._rostered.get(unit, ()) if duty.begins <= moment <= duty.ends}
            if len(rostered) > CREW:
                continue
            if not rostered and not dispatch.officers:
                rostered = _usual(self._told.get(unit, ()), moment)
            found |= rostered
        return found


def _usual(told: Sequence[Dispatch] | Iterable[Dispatch], moment: float) -> set[str]:
    """Whom most records of the same hours name beside a unit."""
    near = [one for one in told if abs(one.begins - moment) <= IMPLIED]
    counts: dict[str, int] = defaultdict(int)
    for one in near:
        for officer in one.officers:
            counts[officer] += 1
    return {officer for officer, times in counts.items() if 2 * times > len(near)}
