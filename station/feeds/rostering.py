"""A roster of people: newcomers are entered, who is known is brought up to date, who is named no more is disabled. Or it is only tried.

Rules kept here: nobody leaves for a delivery that is not all of the roster, that is empty, or of which a row could not be read; nor where so
many would leave at once that it was rather cut short, until somebody says that it was not (:func:`station.people.leaving`). A newcomer is
an officer without an account: a roster gives nobody a door or a right. Who left and is named again stays disabled until a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from evidence.catalogue.acts import people as acts
from evidence.catalogue.acts.feeds import feed_actor
from evidence.catalogue.ledger import Commit
from evidence.catalogue.people import People
from evidence.people import Keyed, Listed
from station.people import enrolled, enrolment, leavers, leaving


@dataclass(frozen=True, slots=True)
class Roster:
    """One delivery: who is on it; ``whole``: it names everybody; ``sure``: whoever is not on it has left, however many."""

    name: str
    listed: Collection[Listed]
    whole: bool
    sure: bool = False

    @property
    def badges(self) -> list[str]:
        """Of everybody who is on it."""
        return [one.badge for one in self.listed]


@dataclass(frozen=True, slots=True)
class Came:
    """What comes of a roster: how many were added, changed, stayed the same, are gone; the badges of these. ``limit``: more would leave than may."""

    counts: Counter[str]
    left: list[str]
    limit: int | None = None


def tried(known: People, roster: Roster) -> Came:
    """What taking it would do."""
    counts = Counter(_outcome(known, one, roster.name) for one in roster.listed)
    rows, limit = leaving(known, roster.badges, roster.name) if roster.whole else ([], 0)
    counts["gone"] = len(rows)
    left = [row.person.badge for row in rows]
    return Came(counts, left, limit if len(rows) > limit and not roster.sure else None)


def taken(commit: Commit, keyed: Keyed, roster: Roster) -> Came:
    """Do it, unless more would leave than may at once: then nothing is done."""
    came = tried(acts.people(commit, keyed), roster)
    if came.limit is not None:
        return came
    actor = feed_actor(roster.name)
    left = leavers(commit, keyed, roster.badges, roster.name, actor, sure=roster.sure) if roster.whole else []
    for one in roster.listed:
        enrolled(commit, keyed, one.badge, one.name, one.unit, roster.name, actor)
    return Came(Counter({**came.counts, "gone": len(left)}), left)  # the last administrator stays


def _outcome(known: People, one: Listed, roster: str) -> str:
    row, wanted = enrolment(known, one.badge, one.name, one.unit, roster)
    return "added" if row is None else "same" if row.person == wanted else "changed"
