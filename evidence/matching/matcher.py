"""From dockings, incidents and rosters to fits: which recording belongs to which incident, how likely, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from evidence.matching.belief import BELIEF, Belief
from evidence.matching.crews import Crews, Sent
from evidence.matching.reasons import Code, Reason
from evidence.matching.tours import FITTING, WINDOW, Supposition, Tour, place_factor, tours
from evidence.matching.values import Carried, Fit, Material, Recorded

LEAST = 0.1
"""Fits below this are not worth telling."""


def match(dockings: Iterable[Carried], material: Material, belief: Belief = BELIEF) -> Iterator[Fit]:
    """Fits of every recording, docking after docking, the likeliest first within a recording."""
    crews = Crews(material, belief)
    for carried in dockings:
        for recordings in tours(carried, belief):
            tour = Tour(carried, recordings, crews, belief)
            found = tour.suppositions()
            for number, recorded in enumerate(recordings):
                yield from _fits(carried, recorded, number, found, tour, crews, belief)
        for recorded in carried.recordings:
            if recorded.begins is None:
                yield from _untimed(carried, recorded, crews, belief)


def _fits(
    carried: Carried,
    recorded: Recorded,
    number: int,
    found: Sequence[Supposition],
    tour: Tour,
    crews: Crews,
    belief: Belief,
) -> Iterator[Fit]:
    scores: dict[str, float] = defaultdict(float)
    leading: dict[str, tuple[float, Supposition, Sent]] = {}
    for one in found:
        for place, share in one.shares[number]:
            weight = one.weight * share
            scores[place.dispatch.id] += weight
            if weight > leading.get(place.dispatch.id, (-1.0,))[0]:
                leading[place.dispatch.id] = (weight, one, place)
    ranked = sorted(scores, key=lambda incident: (-scores[incident], incident))
    for incident in ranked:
        if scores[incident] < LEAST:
            return
        _, supposed, place = leading[incident]
        rival = max((scores[other] for other in ranked if other != incident), default=0.0)
        reasons = tuple(_reasons(carried, recorded, supposed, place, rival, tour, crews, belief))
        yield Fit(carried.docking, recorded.clips, incident, scores[incident], supposed.officer, supposed.offset, reasons)


def _reasons(
    carried: Carried,
    recorded: Recorded,
    supposed: Supposition,
    place: Sent,
    rival: float,
    tour: Tour,
    crews: Crews,
    belief: Belief,
) -> Iterator[Reason]:
    count = len(supposed.shares)
    fitting = sum(1 for shares in supposed.shares if sum(share for _, share in shares) > FITTING)
    if carried.officer is not None and supposed.officer != carried.officer:
        yield Reason(Code.OTHER_OFFICER, {"fitting": fitting, "of": count})
    elif carried.officer is None and tour.holder is None and place.basis is not Code.DEVICE:
        yield Reason(Code.UNNAMED, {"fitting": fitting, "of": count})
    else:
        yield Reason(place.basis)
    # By how far a clock drifts nothing is told for certain, so the camera is taken at its word where it may be.
    moment = (recorded.begins or 0.0) - (supposed.offset if supposed.wide else tour.measured)
    yield _time(moment, place)
    over = moment + recorded.seconds - place.ended
    if over > belief.overrun_free:
        yield Reason(Code.OVERRUN, {"seconds": round(over)})
    if supposed.wide:
        yield Reason(Code.CLOCK_OFF, {"seconds": round(supposed.offset), "fitting": fitting, "of": count})
    elif carried.ahead_least is not None and carried.ahead_most is not None:
        yield Reason(Code.CLOCK_MEASURED)
    yield from _place(recorded, place, belief)
    if supposed.officer is not None and crews.covers(moment - belief.tour_margin, moment + belief.tour_margin):
        there = crews.duties(supposed.officer, moment - belief.duty_slack, moment + belief.duty_slack)
        yield Reason(Code.ON_DUTY if there else Code.OFF_DUTY)
    yield Reason(Code.ALONE) if rival < 0.005 else Reason(Code.RIVAL, {"permille": round(rival * 1000)})


def _time(moment: float, place: Sent) -> Reason:
    begins = place.dispatch.begins
    if place.dispatch.arrived is not None and place.peak_low <= moment <= place.peak_high:
        return Reason(Code.AT_ARRIVAL, {"seconds": round(moment - place.arrived)})
    if begins <= moment <= place.ended:
        return Reason(Code.INSIDE, {"seconds": round(moment - begins)})
    return Reason(Code.NEAR, {"seconds": round(moment - begins if moment < begins else moment - place.ended)})


def _place(recorded: Recorded, place: Sent, belief: Belief) -> Iterator[Reason]:
    there = place.dispatch
    if recorded.point is not None and there.point is not None:
        metres = recorded.point.metres_to(there.point)
        if metres <= belief.near_metres:
            yield Reason(Code.PLACE_NEAR, {"metres": round(metres)})
        elif metres >= belief.far_metres:
            yield Reason(Code.PLACE_FAR, {"metres": round(metres)})
    elif place_factor(recorded, place, belief) > 1.0:
        yield Reason(Code.PLACE_SAME)


def _untimed(carried: Carried, recorded: Recorded, crews: Crews, belief: Belief) -> Iterator[Fit]:
    """A recording without a time lies between two dockings, and that is all: it is never more than proposed."""
    low = max(carried.before or 0.0, carried.opened - WINDOW)
    officer = carried.officer or crews.holder(carried.device, low, carried.opened)
    sent = [one for one in crews.sent(officer, carried.device, low, carried.opened) if one.dispatch.begins <= carried.opened]
    weights = [place_factor(recorded, one, belief) for one in sent]
    whole = sum(weights)
    for one, weight in sorted(zip(sent, weights, strict=True), key=lambda pair: (-pair[1], pair[0].dispatch.id)):
        score = belief.belongs * weight / whole
        if score < LEAST:
            return
        basis = one.basis if carried.officer is not None or one.basis is Code.DEVICE else Code.UNIT
        reasons = [Reason(basis), Reason(Code.NO_TIME), *_place(recorded, one, belief)]
        yield Fit(carried.docking, recorded.clips, one.dispatch.id, score, officer, None, tuple(reasons))
