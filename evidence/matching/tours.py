"""One tour: the recordings of a docking that one officer made under one clock, asked under every supposition at once.

A supposition is an officer and an offset of the clock. For each it is worked out how well all recordings fit, and to which incident each
belongs under it; what is believed in the end is the mean over all of them, weighed by how well they fit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evidence.matching.belief import Belief
from evidence.matching.crews import Crews, Sent
from evidence.matching.values import Carried, Duty, Recorded

GRID = 60.0
"""Step in seconds in which a clock that is wrong by hours is looked for."""
FITTING = 0.5
"""A recording fits where it belongs to some incident rather than to none."""
WIDE = 240
"""So many offsets are tried at most, those first that most recordings speak for."""
RIVALS = 6
NEGLIGIBLE = -7.0
"""Suppositions below this (natural logarithm, against the best) are left out."""
WINDOW = 5 * 86400.0
"""How far before its docking a recording is looked for whose camera tells a time that cannot be."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """Somebody carried the camera, and its clock was off by ``offset``: how well that fits (``weight``), and each recording's incidents."""

    officer: str | None
    offset: float
    wide: bool
    weight: float
    shares: tuple[tuple[tuple[Sent, float], ...], ...]


def tours(carried: Carried, belief: Belief) -> Iterator[tuple[Recorded, ...]]:
    """The recordings that tell a time, by the pauses between them."""
    timed = sorted((one for one in carried.recordings if one.begins is not None), key=lambda one: one.begins or 0.0)
    group: list[Recorded] = []
    for one in timed:
        last = group[-1] if group else None
        if last is not None and (one.begins or 0.0) - (last.begins or 0.0) - last.seconds > belief.tour_gap:
            yield tuple(group)
            group = []
        group.append(one)
    if group:
        yield tuple(group)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A recording, and the incidents of one officer that it may belong to whatever the offset, of those that are tried."""

    begins: float
    seconds: float
    idle: float
    off_duty: float
    places: tuple[tuple[Sent, float], ...]


class Tour:
    """Recordings of one tour, and what was supposed of them.

    A clock that was measured is set right first; then the offsets that are tried are what the measurement leaves open.
    """

    def __init__(self, carried: Carried, recordings: Sequence[Recorded], crews: Crews, belief: Belief) -> None:
        self._carried = carried
        self._recordings = recordings
        self._crews = crews
        self._belief = belief
        least, most = carried.ahead_least, carried.ahead_most
        self.measured = 0.0 if least is None or most is None else (least + most) / 2
        self._half = None if least is None or most is None else (most - least) / 2 + belief.measured_slack
        self._begins = [(one.begins or 0.0) - self.measured for one in recordings]
        self._first = min(self._begins)
        self._last = max(begins + one.seconds for begins, one in zip(self._begins, recordings, strict=True))
        low, high = self._first - belief.tour_margin, self._last + belief.tour_margin
        self._span = max(belief.tour, self._last - self._first)
        self.holder = crews.holder(carried.device, self._first, self._last)
        self.named = carried.officer or self.holder
        self._rivals_share = math.log(belief.other_officer / max(1, crews.on_duty(low, high) - 1))
        self._earliest = max(carried.before or 0.0, carried.opened - WINDOW)

    def suppositions(self) -> list[Supposition]:
        """All that are worth a thought, their weights as shares of one."""
        offsets = list(self._offsets())
        found = self._near(self.named, self._named_prior(), offsets) if self.named is not None else []
        found += self._rivals(found, offsets)
        if self._doubtful(found):
            people = [self.named] if self.named is not None else sorted({one.officer or "" for one in found})
            for officer in people:
                prior = self._named_prior() if officer == self.named else self._rivals_share
                found += self._wide(officer, prior)
        if not found:
            found = self._near(None, 0.0, offsets or [(0.0, 0.0)])
        best = max(one.weight for one in found)
        kept = [one for one in found if one.weight > best + 2 * NEGLIGIBLE]
        whole = sum(math.exp(one.weight - best) for one in kept)
        return [replace(one, offset=one.offset + self.measured, weight=math.exp(one.weight - best) / whole) for one in kept]

    def _named_prior(self) -> float:
        return math.log(1.0 - self._belief.other_officer)

    def _offsets(self) -> Iterator[tuple[float, float]]:
        """Offsets that drift explains, or that a measurement leaves open, with the logarithm of their shares."""
        belief = self._belief
        if self._half is not None:
            steps = max(1, math.ceil(2 * self._half / belief.clock_step))
            for number in range(steps):
                yield -self._half + (number + 0.5) * 2 * self._half / steps, -math.log(steps)
            return
        share = math.log(1 - belief.clock_wrong) + math.log(belief.clock_step / (belief.clock_sigma * math.sqrt(2 * math.pi)))
        reach = round(belief.clock_reach / belief.clock_step)
        for number in range(-reach, reach + 1):
            offset = number * belief.clock_step
            if self._allowed(offset):
                yield offset, share - (offset / belief.clock_sigma) ** 2 / 2

    def _allowed(self, offset: float) -> bool:
        least, most, slack = self._carried.ahead_least, self._carried.ahead_most, self._belief.measured_slack
        return (least is None or offset >= least - slack) and (most is None or offset <= most + slack)

    def _near(self, officer: str | None, prior: float, offsets: Sequence[tuple[float, float]]) -> list[Supposition]:
        if not offsets:
            return []
        low, high = min(offset for offset, _ in offsets), max(offset for offset, _ in offsets)
        asked = self._asked(officer, self._first - high, self._last - low, low, high)
        return [self._supposed(officer, asked, offset, prior + weight, wide=False) for offset, weight in offsets]

    def _rivals(self, found: list[Supposition], offsets: Sequence[tuple[float, float]]) -> list[Supposition]:
        """What if somebody else carried it: those whose incidents the recordings fall into as they are dated."""
        counts: Counter[str] = Counter()
        for begins in self._begins:
            counts.update(self._crews.under_way(begins))
        if self.named is not None:
            counts.pop(self.named, None)
        best = max((one.weight for one in found), default=-math.inf)
        least = math.inf if not found else sum(1 for one in _leading(found).shares if _fits(one))
        made: list[Supposition] = []
        some = offsets[len(offsets) // 4 :: max(1, len(offsets) // 4)]
        ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        for officer, times in ranked[: RIVALS if self.named is not None else 2 * RIVALS]:
            if self.named is not None and (times < 2 or (found and least == len(self._begins))):
                break
            tried = self._near(officer, self._rivals_share, some)
            if tried and max(one.weight for one in tried) > best + 2 * NEGLIGIBLE:
                made += self._near(officer, self._rivals_share, offsets)
                best = max(best, *(one.weight for one in made))
        return made

    def _doubtful(self, found: list[Supposition]) -> bool:
        """Whether a clock that is wrong by hours is worth a thought: less than two thirds fit as they are dated."""
        if self._half is not None:
            return False
        return not found or 3 * sum(1 for one in _leading(found).shares if _fits(one)) < 2 * len(self._recordings)

    def _wide(self, officer: str | None, prior: float) -> list[Supposition]:
        belief, carried = self._belief, self._carried
        astray = self._first > carried.opened + GRID or self._last < self._earliest
        reach = math.inf if astray else belief.clock_wrong_reach
        sent = self._crews.sent(officer, carried.device, self._earliest, carried.opened)
        votes: Counter[int] = Counter()
        for begins in self._begins:
            for place in sent:
                middle = round((begins - place.arrived) / GRID)
                votes.update(range(middle - 6, middle + 7))
        window = min(2 * belief.clock_wrong_reach, max(GRID, carried.opened - self._earliest))
        share = prior + math.log(belief.clock_wrong * GRID / window)
        made: list[Supposition] = []
        for step, _ in sorted(votes.items(), key=lambda one: (-one[1], abs(one[0]), one[0]))[:WIDE]:
            offset = step * GRID
            if belief.clock_reach < abs(offset) <= reach and self._allowed(offset):
                asked = self._asked(officer, self._first - offset, self._last - offset, offset, offset)
                made.append(self._supposed(officer, asked, offset, share, wide=True))
        return made

    def _asked(self, officer: str | None, first: float, last: float, low: float, high: float) -> list[_Asked]:
        """What to ask of each recording when the offset lies from ``low`` to ``high``, the recordings from ``first`` to ``last``."""
        belief, carried = self._belief, self._carried
        sent = self._crews.sent(officer, carried.device, first - belief.tour_margin, last + belief.tour_margin)
        each = belief.belongs / max(1, len(sent))
        duties = self._duties(officer, first, last)
        made = []
        for begins, one in zip(self._begins, self._recordings, strict=True):
            idle = (1 - belief.belongs) / self._span * (belief.short_idle if one.seconds < belief.short else 1.0)
            moment = begins - (low + high) / 2
            off = duties is not None and not any(_within(duty, moment, belief.duty_slack) for duty in duties)
            places = [place for place in sent if place.low <= begins - low and place.high >= begins - high]
            weighed = tuple((place, each * place_factor(one, place, belief)) for place in places)
            made.append(_Asked(begins, one.seconds, idle, math.log(belief.off_duty) if off else 0.0, weighed))
        return made

    def _duties(self, officer: str | None, low: float, high: float) -> list[Duty] | None:
        """None: the roster is silent about everybody, so nothing follows."""
        margin = self._belief.tour_margin
        if officer is None or not self._crews.covers(low - margin, high + margin):
            return None
        return self._crews.duties(officer, low - margin, high + margin)

    def _supposed(self, officer: str | None, asked: Sequence[_Asked], offset: float, weight: float, *, wide: bool) -> Supposition:
        belief, latest = self._belief, self._carried.opened + GRID
        earliest = -math.inf if self._carried.before is None else self._carried.before - GRID
        shares: list[tuple[tuple[Sent, float], ...]] = []
        for one in asked:
            moment = one.begins - offset
            whole = one.idle
            fits: list[tuple[Sent, float]] = []
            cannot = moment < earliest or moment + one.seconds > latest
            for place, each in () if cannot else one.places:
                density = place.density(moment, one.seconds, belief)
                if density:
                    if place.body_low <= moment <= place.body_high and whole == one.idle:
                        whole *= belief.idle_inside
                    fits.append((place, each * density))
            for _, density in fits:
                whole += density
            weight += math.log(whole) + one.off_duty + (belief.impossible if cannot else 0.0)
            shares.append(tuple([(place, density / whole) for place, density in fits]))
        return Supposition(officer, offset, wide, weight, tuple(shares))


def _leading(found: list[Supposition]) -> Supposition:
    return max(found, key=lambda one: one.weight)


def _fits(shares: tuple[tuple[Sent, float], ...]) -> bool:
    return sum(share for _, share in shares) > FITTING


def place_factor(one: Recorded, place: Sent, belief: Belief) -> float:
    """How much more, or less, likely the place makes it. Texts that differ say nothing: places are written in many ways."""
    there = place.dispatch
    if one.point is not None and there.point is not None:
        metres = one.point.metres_to(there.point)
        if metres <= belief.near_metres:
            return belief.near_factor
        return belief.far_factor if metres >= belief.far_metres else 1.0
    if one.place and there.place and one.place.casefold().split() == there.place.casefold().split():
        return belief.same_place_factor
    return 1.0


def _within(duty: Duty, moment: float, slack: float) -> bool:
    return duty.begins - slack <= moment <= duty.ends + slack
