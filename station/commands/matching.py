"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListFeeds:
    """The feeds that the home has mapping files of, and what came of each run last."""

    permission: ClassVar[Permission] = Permission.RUN_FEEDS
    handler: ClassVar[str] = "matching:list_feeds"


@dataclass(frozen=True, slots=True)
class CheckFeed:
    """Read a feed and say what taking it would do: the dry run. Nothing is written, nothing is moved."""

    permission: ClassVar[Permission] = Permission.RUN_FEEDS
    handler: ClassVar[str] = "matching:check_feed"
    feed: str


@dataclass(frozen=True, slots=True)
class RunFeeds:
    """Read one feed, or all of them, and take what they have. ``sure``: a roster of people (of the one feed) was not cut short, however many leave."""

    permission: ClassVar[Permission] = Permission.RUN_FEEDS
    handler: ClassVar[str] = "matching:run_feeds"
    feed: str | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class RunMatches:
    """Judge what has changed since the matcher looked last; ``whole``: everything once more."""

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "matching:run_matches"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ListMatches:
    """A page of matches, oldest first; ``state`` None: of every state."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "matching:list_matches"
    state: Literal["proposed", "accepted", "rejected", "withdrawn"] | None = None
    clip: str | None = None
    incident: str | None = None
    doubted: bool = False
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ShowMatch:
    """One match with its history."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "matching:show_match"
    match: str


@dataclass(frozen=True, slots=True)
class AcceptMatch:
    """The clip belongs to the incident: a person says so, and the station does not change it again."""

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "matching:accept_match"
    match: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RejectMatch:
    """The clip does not belong to the incident: it is not offered again."""

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "matching:reject_match"
    match: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ListWithoutFootage:
    """A page of incidents that no clip bears, oldest first, but those that began in the last ``hours``."""

    permission: ClassVar[Permission] = Permission.READ_CASES
    handler: ClassVar[str] = "matching:without_footage"
    hours: int = 24
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ListWithoutIncident:
    """A page of clips that bear no incident, oldest first."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "matching:without_incident"
    after: str | None = None
    limit: int = 100


COMMANDS: tuple[type[Command], ...] = (
    ListFeeds,
    CheckFeed,
    RunFeeds,
    RunMatches,
    ListMatches,
    ShowMatch,
    AcceptMatch,
    RejectMatch,
    ListWithoutFootage,
    ListWithoutIncident,
)
