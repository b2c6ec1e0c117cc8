"""Matches: what became of the thought that a clip belongs to an incident, and the one rule by which it becomes something else. Pure.

Rules kept here:

* the station proposes, and accepts where the policy lets it; a person accepts or rejects, and that stands: the station never changes the
  incident of a clip that a person set, and never offers again what a person rejected;
* who set a clip's incident by hand, or cleared it, has decided, whether he looked at the proposal or not;
* what the station accepted holds as long as what is known supports it. When that changes the clip's incident goes with it, and the match is
  open again; a small loss is no change;
* where what is known speaks against a person's decision the match is ``doubted``, so that a person sees it, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from evidence.canonical import JsonObject
from evidence.ids import ClipId, SheetId
from evidence.matching import BELIEF, Belief, Fit
from evidence.matching.reasons import Code

KIND = "match"
THOUSAND = 1000
NOTEWORTHY = 100
"""Of a thousand: a score that moved by less is not written again."""
Did = Literal["proposed", "accepted", "rejected", "reopened", "withdrawn", "doubted"]
By = Literal["station", "person"]


class State(StrEnum):
    """Where a match stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet of kind ``match``. ``score`` of a thousand; ``by``: whose word the state is."""

    clip: ClipId
    incident: SheetId
    state: State
    by: By
    score: int
    reasons: tuple[Mapping[str, Any], ...]
    incident_version: int
    belief: str = BELIEF.version
    doubted: bool = False

    @property
    def said(self) -> JsonObject:
        """What the log says in plain."""
        return {
            "clip": self.clip,
            "incident": self.incident,
            "state": self.state.value,
            "by": self.by,
            "score": self.score,
            "reasons": [dict(one) for one in self.reasons],
            "incident_version": self.incident_version,
            "belief": self.belief,
            "doubted": self.doubted,
        }

    @property
    def found_by(self) -> tuple[tuple[str, str], ...]:
        """Names and values by which its sheet is looked for."""
        return (("clip", self.clip), ("incident", self.incident), ("state", self.state.value))


def match_of(said: Mapping[str, Any]) -> Match:
    """The match of a sheet."""
    return Match(
        clip=said["clip"],
        incident=said["incident"],
        state=State(said["state"]),
        by=said["by"],
        score=said["score"],
        reasons=tuple(said["reasons"]),
        incident_version=said["incident_version"],
        belief=said["belief"],
        doubted=said["doubted"],
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A match that stands on a sheet."""

    id: SheetId
    version: int
    match: Match


@dataclass(frozen=True, slots=True)
class Change:
    """A sheet to write. ``of``: the one that there is."""

    of: Held | None
    match: Match
    did: Did


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written about a clip. ``tag``: whether its incident becomes ``incident``."""

    changes: tuple[Change, ...] = ()
    tag: bool = False
    incident: SheetId | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """``accept``: the station accepts what it is sure of, by itself."""

    accept: bool
    belief: Belief = BELIEF


def decided(
    clip: ClipId,
    incident: SheetId | None,
    held: Sequence[Held],
    fits: Sequence[Fit],
    versions: Mapping[str, int],
    policy: Policy,
) -> Decision:
    """What follows for a clip from what is known now: ``fits`` of it, the likeliest first; ``incident``: the one it bears now.

    ``versions``: of the incidents of the fits.
    """
    overruled = tuple(_overruled(incident, held))
    after = {change.of.id: change for change in overruled if change.of is not None}
    held = [one if one.id not in after else replace(one, match=after[one.id].match) for one in held]
    ours = next((one for one in held if _stands(one, "station") and one.match.incident == incident), None)
    if incident is not None and ours is None:
        return Decision((*overruled, *_by_hand(incident, held, fits, policy.belief)))
    rejected = {one.match.incident for one in held if one.match.state is State.REJECTED}
    worth = [one for one in fits if one.incident not in rejected and one.score >= policy.belief.proposed]
    best = worth[0] if worth else None
    changes = list(overruled)
    accepts = best is not None and (
        (policy.accept and sure(best, policy.belief)) or (ours is not None and _still(best, ours, policy.belief))
    )
    if best is not None:
        state = State.ACCEPTED if accepts else State.PROPOSED
        there = next((one for one in held if one.match.incident == best.incident), None)
        made = _made(clip, best, state, versions)
        if there is None or _differs(there.match, made):
            reopened = there is not None and there.match.state is State.ACCEPTED and state is State.PROPOSED
            did: Did = "reopened" if reopened else "accepted" if accepts else "proposed"
            changes.append(Change(there, made, did))
    changes += _fallen(held, None if best is None else best.incident, fits)
    wanted = SheetId(best.incident) if best is not None and accepts else None
    tag = wanted != incident
    return Decision(tuple(changes), tag, wanted if tag else None)


def sure(fit: Fit, belief: Belief = BELIEF) -> bool:
    """Whether the policy may accept a fit: where nothing tells the time, a person looks."""
    return fit.score >= belief.accepted and all(one.code is not Code.NO_TIME for one in fit.reasons)


def _still(best: Fit, ours: Held, belief: Belief) -> bool:
    return best.incident == ours.match.incident and best.score >= belief.accepted - NOTEWORTHY / THOUSAND


def _stands(one: Held, by: By) -> bool:
    return one.match.state is State.ACCEPTED and one.match.by == by


def _overruled(incident: SheetId | None, held: Sequence[Held]) -> Iterator[Change]:
    """Accepted once, and the clip bears another incident now, or none: somebody decided otherwise."""
    for one in held:
        if one.match.state is State.ACCEPTED and one.match.incident != incident:
            yield Change(one, replace(one.match, state=State.REJECTED, by="person", doubted=False), "rejected")


def _by_hand(incident: SheetId, held: Sequence[Held], fits: Sequence[Fit], belief: Belief) -> Iterator[Change]:
    """A person set the clip's incident."""
    for one in held:
        match = one.match
        if match.incident == incident and match.state is not State.ACCEPTED:
            yield Change(one, replace(match, state=State.ACCEPTED, by="person"), "accepted")
        elif match.incident == incident:
            here = next((fit.score for fit in fits if fit.incident == incident), 0.0)
            elsewhere = any(fit.incident != incident and sure(fit, belief) for fit in fits)
            doubted = here < belief.proposed and (elsewhere or match.score >= belief.proposed * THOUSAND)
            if doubted != match.doubted:
                yield Change(one, replace(match, doubted=doubted), "doubted" if doubted else "accepted")
        elif match.state is State.PROPOSED:
            yield Change(one, replace(match, state=State.WITHDRAWN, by="station"), "withdrawn")


def _fallen(held: Sequence[Held], best: str | None, fits: Sequence[Fit]) -> Iterator[Change]:
    """What the station proposed or accepted, and does not any more."""
    scores = {fit.incident: round(fit.score * THOUSAND) for fit in fits}
    for one in held:
        match = one.match
        if match.by == "station" and match.incident != best and match.state in {State.PROPOSED, State.ACCEPTED}:
            did: Did = "reopened" if match.state is State.ACCEPTED else "withdrawn"
            yield Change(one, replace(match, state=State.WITHDRAWN, score=scores.get(match.incident, 0)), did)


def _made(clip: ClipId, fit: Fit, state: State, versions: Mapping[str, int]) -> Match:
    reasons = tuple(one.document() for one in fit.reasons)
    return Match(clip, SheetId(fit.incident), state, "station", round(fit.score * THOUSAND), reasons, versions[fit.incident])


def _differs(before: Match, now: Match) -> bool:
    same = (before.state, before.by, before.belief) == (now.state, now.by, now.belief)
    return not same or abs(before.score - now.score) >= NOTEWORTHY
