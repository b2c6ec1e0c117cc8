"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from evidence.catalogue.acts.matches import NoSuchMatch
from evidence.errors import Exit
from station.commands import Command
from station.commands.matching import (
    AcceptMatch,
    CheckFeed,
    ListFeeds,
    ListMatches,
    ListWithoutFootage,
    ListWithoutIncident,
    RejectMatch,
    RunFeeds,
    RunMatches,
    ShowMatch,
)
from station.feeds.bringing import NoSuchFeed
from station.handlers.matching import LimitUnfit
from tests.contract.tried.form import Asked, Faults

NOBODY = "0197f000-0000-7000-8000-000000000000"

ASKED: Asked = {
    ListFeeds: (lambda *_: ListFeeds(), "feeds", Exit.OK),
    RunFeeds: (lambda *_: RunFeeds(), "feeds", Exit.OK),
    RunMatches: (lambda *_: RunMatches(), "recordings", Exit.OK),
    ListMatches: (lambda *_: ListMatches(), "matches", Exit.OK),
    ListWithoutFootage: (lambda *_: ListWithoutFootage(), "incidents", Exit.OK),
    ListWithoutIncident: (lambda *_: ListWithoutIncident(), "clips", Exit.OK),
}
ELSEWHERE: frozenset[type[Command]] = frozenset({CheckFeed, ShowMatch, AcceptMatch, RejectMatch})
"""They need a feed, or a match: ``tests/station/test_matching.py``."""
FAULTS: Faults = {
    CheckFeed: (CheckFeed("none"), NoSuchFeed),
    RunFeeds: (RunFeeds("../keys/seal"), NoSuchFeed),
    ListMatches: (ListMatches(limit=0), LimitUnfit),
    ShowMatch: (ShowMatch(NOBODY), NoSuchMatch),
    AcceptMatch: (AcceptMatch(NOBODY, "why"), NoSuchMatch),
    RejectMatch: (RejectMatch(NOBODY), NoSuchMatch),
    ListWithoutFootage: (ListWithoutFootage(limit=1001), LimitUnfit),
    ListWithoutIncident: (ListWithoutIncident(limit=-1), LimitUnfit),
}
EVERY: tuple[Command, ...] = (
    *(ListFeeds(), CheckFeed("none"), RunFeeds("none", sure=True), RunMatches(whole=True), ShowMatch(NOBODY)),
    ListMatches("proposed", NOBODY, NOBODY, doubted=True, after=NOBODY, limit=7),
    *(AcceptMatch(NOBODY, "why"), RejectMatch(NOBODY, "why")),
    *(ListWithoutFootage(48, NOBODY, 7), ListWithoutIncident(NOBODY, 7)),
)
