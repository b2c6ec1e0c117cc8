"""How long a clip is kept: rules, holds, and what they come to for one clip at one moment. Functions of values; no disk, clock or database.

Rules it keeps:

* Time counts from the collection by the station (``taken_at``), never from a camera's clock.
* Every rule that applies counts and the longest wins: another rule, another hold or a case never makes anything due sooner.
* A case or a hold suspends, whatever the rules say. A hold whose subject cannot be read any more suspends everything.
* *Unclassified* footage is never due by rule: when its time is over it comes up for a review by two people.
* What no rule speaks of is kept.

The defaults are those of the Ministry of Public Security's rules on audio-visual recording of on-site law enforcement (in force
2016-07-01), article 13: at least six months; permanently what is evidence in a case, where enforcement was obstructed, major emergencies
and mass incidents, and other major or complex calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from evidence.errors import EvidenceError, Exit
from evidence.facts import UNCLASSIFIED

MINIMUM_MONTHS = 6
"""Article 13. What is shorter, or takes something out of it, has to name the law that allows it."""
LONGEST_DAYS, LONGEST_MONTHS = 36_500, 1_200
CLOCK_DOUBT = timedelta(hours=48)
"""By how much a camera's clock may be off before a hold on its hours misses what it recorded."""


class PeriodUnfit(EvidenceError):
    """A period is neither a number of days or months nor permanent. Fields: ``text``."""

    code = "period-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Period:
    """How long: ``months`` of the calendar, or ``days``; neither is for ever."""

    months: int = 0
    days: int = 0

    @property
    def permanent(self) -> bool:
        """Whether it never ends."""
        return not self.months and not self.days

    @property
    def below_minimum(self) -> bool:
        """Whether it may end sooner than article 13 allows: six months have up to 184 days."""
        return 0 < self.months < MINIMUM_MONTHS or 0 < self.days < 184

    def ends(self, taken_at: str) -> str | None:
        """The moment it ends for what was taken then; None for never.

        A day that the last month lacks ends with that month, so what was taken later never ends sooner.
        """
        if self.permanent:
            return None
        at = datetime.fromisoformat(taken_at)
        if self.days:
            return _written(at + timedelta(days=self.days))
        year, month = _moved(at, self.months)
        try:
            return _written(at.replace(year=year, month=month))
        except ValueError:
            return _written(_next_month(at, year, month))

    def ended_for(self, now: str) -> str | None:
        """The latest moment of collection for which it has ended by ``now``; None when there is none."""
        if self.permanent:
            return None
        at = datetime.fromisoformat(now)
        if self.days:
            return _written(at - timedelta(days=self.days))
        year, month = _moved(at, -self.months)
        try:
            return _written(at.replace(year=year, month=month))
        except ValueError:
            return _written(_next_month(at, year, month) - timedelta(microseconds=1))

    def text(self) -> str:
        """As a person writes it: ``6 months``, ``15 days``, ``permanent``."""
        return "permanent" if self.permanent else f"{self.months} months" if self.months else f"{self.days} days"


def read_period(text: str) -> Period:
    """A period as a person writes it: ``15d``, ``15 days``, ``6m``, ``6 months``, ``permanent``. Raises :class:`PeriodUnfit`."""
    squeezed = text.strip().lower().replace(" ", "")
    if squeezed == "permanent":
        return Period()
    digits = squeezed.rstrip("adehmnosty")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 6 else 0
    match squeezed[len(digits) :]:
        case "d" | "day" | "days" if 0 < number <= LONGEST_DAYS:
            return Period(days=number)
        case "m" | "month" | "months" if 0 < number <= LONGEST_MONTHS:
            return Period(months=number)
    raise PeriodUnfit(text=text)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``sheet`` is None and ``version`` 0 for a default that nobody changed.

    It applies to a category with all below it (None: to every one) but for ``besides`` and what is below those, to an importance (None: any)
    and to a unit with all below it (None: every one). ``clause`` names the law or order; ``law`` what allows to go below article 13.
    """

    name: str
    period: Period
    clause: str
    version: int = 0
    sheet: str | None = None
    category: str | None = None
    besides: tuple[str, ...] = ()
    importance: str | None = None
    unit: str | None = None
    law: str | None = None

    def applies(self, clip: ClipFacts) -> bool:
        """Whether it speaks of a clip."""
        return self.covers(clip.categories, clip.importance, clip.units)

    def covers(self, categories: Collection[str], importance: str | None, units: Collection[str]) -> bool:
        """Whether it speaks of clips of a category (with those above it), an importance, a unit (with those above it)."""
        return (
            (self.category is None or self.category in categories)
            and not any(one in categories for one in self.besides)
            and self.importance in (None, importance)
            and (self.unit is None or self.unit in units)
        )


_ARTICLE = "MPS rules on audio-visual recording of on-site law enforcement (2016), art. 13"
EVIDENCE, OBSTRUCTION, EMERGENCY, MASS_INCIDENT, MAJOR_CALL = (
    "evidence",
    "obstruction",
    "emergency",
    "mass-incident",
    "major-call",
)
"""Categories that are kept permanently by law."""
DEFAULTS = (
    Rule("six-months", Period(months=MINIMUM_MONTHS), f"{_ARTICLE} (1)"),
    Rule("evidence", Period(), f"{_ARTICLE} (2) 1", category=EVIDENCE),
    Rule("obstruction", Period(), f"{_ARTICLE} (2) 2", category=OBSTRUCTION),
    Rule("emergency", Period(), f"{_ARTICLE} (2) 3", category=EMERGENCY),
    Rule("mass-incident", Period(), f"{_ARTICLE} (2) 3", category=MASS_INCIDENT),
    Rule("major-call", Period(), f"{_ARTICLE} (2) 4", category=MAJOR_CALL),
)
BY_CATEGORY = "category:"
"""What the names of the rules begin with that a category is by itself."""
STATUTORY = frozenset(rule.name for rule in DEFAULTS)


class HoldOn(StrEnum):
    """What a hold is placed on."""

    CLIP = "clip"
    CASE = "case"
    INCIDENT = "incident"
    DEVICE = "device"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force. ``value`` is None where it cannot be read any more; ``since`` and ``until`` bound a device's hours."""

    id: str
    on: HoldOn
    value: str | None
    since: str | None = None
    until: str | None = None

    def holds(self, clip: ClipFacts) -> bool:
        """Whether it suspends a clip."""
        if self.value is None:
            return True
        match self.on:
            case HoldOn.CLIP:
                return clip.id == self.value
            case HoldOn.CASE:
                return clip.case_number == self.value
            case HoldOn.INCIDENT:
                return clip.incident == self.value
            case HoldOn.OFFICER:
                return self.value in clip.officers
            case HoldOn.DEVICE:
                return clip.device == self.value and self._within(clip)

    def _within(self, clip: ClipFacts) -> bool:
        """Whether it may have been recorded in those hours: not taken before them, and not said to be recorded far from them."""
        if self.since is not None and clip.taken_at < self.since:
            return False
        first, last = self.hours()
        said = clip.recorded_at
        return said is None or ((first is None or said >= first) and (last is None or said <= last))

    def hours(self) -> tuple[str | None, str | None]:
        """The first and the last moment at which a camera may say that it recorded what this hold is about."""
        first = None if self.since is None else shifted(self.since, -CLOCK_DOUBT)
        return first, None if self.until is None else shifted(self.until, CLOCK_DOUBT)


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What keeping depends on. ``categories`` and ``units`` are a clip's own and those above it; moments RFC 3339 in UTC."""

    id: str
    taken_at: str
    categories: tuple[str, ...]
    units: tuple[str, ...] = ()
    importance: str | None = None
    case_number: str | None = None
    incident: str | None = None
    device: str = ""
    officers: frozenset[str] = frozenset()
    recorded_at: str | None = None


class Fate(StrEnum):
    """What becomes of a clip now."""

    KEPT = "kept"
    PERMANENT = "permanent"
    NO_RULE = "no-rule"
    SUSPENDED = "suspended"
    REVIEW = "review"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a clip, by which rule, until when (None: never, or no rule), and what suspends it: ``case``, ``hold:<id>``."""

    fate: Fate
    rule: Rule | None
    until: str | None
    suspended_by: tuple[str, ...] = ()

    @property
    def removable(self) -> bool:
        """Whether two people may dispose of it."""
        return self.fate in (Fate.DUE, Fate.REVIEW)


def judge(clip: ClipFacts, rules: Iterable[Rule], holds: Iterable[Hold], now: str) -> Judgement:
    """What becomes of a clip."""
    rule, until = longest(clip, rules)
    suspended_by = (("case",) if clip.case_number else ()) + tuple(f"hold:{hold.id}" for hold in holds if hold.holds(clip))
    if suspended_by:
        return Judgement(Fate.SUSPENDED, rule, until, suspended_by)
    if rule is None:
        return Judgement(Fate.NO_RULE, None, None)
    if until is None:
        return Judgement(Fate.PERMANENT, rule, None)
    if until > now:
        return Judgement(Fate.KEPT, rule, until)
    return Judgement(Fate.REVIEW if clip.categories[0] == UNCLASSIFIED else Fate.DUE, rule, until)


def longest(clip: ClipFacts, rules: Iterable[Rule]) -> tuple[Rule | None, str | None]:
    """The rule that keeps a clip for longest, the first of equals, and when it ends (None: never)."""
    found: Rule | None = None
    until: str | None = None
    for rule in rules:
        if rule.applies(clip):
            ends = rule.period.ends(clip.taken_at)
            if found is None or (until is not None and (ends is None or ends > until)):
                found, until = rule, ends
    return found, until


def cutoff(
    rules: Iterable[Rule], categories: Collection[str], importance: str | None, units: Collection[str], now: str
) -> str | None:
    """The latest moment of collection for which every rule has ended that speaks of such clips; None when none is to go."""
    found: str | None = None
    for rule in rules:
        if rule.covers(categories, importance, units):
            ended = rule.period.ended_for(now)
            if ended is None:
                return None
            found = ended if found is None else min(found, ended)
    return found


def with_those_above(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """A code and those above it in a tree, the nearest first. A tree that leads back to itself ends there."""
    found = [code]
    while (above := parents.get(found[-1])) is not None and above not in found:
        found.append(above)
    return tuple(found)


def kept_by_category(category: str, keep: str, clause: str) -> Rule:
    """The rule that a category is by itself: ``permanent``, or a duration as ``P6M``, ``P180D``, ``P2Y`` (ISO 8601)."""
    number = int(keep[1:-1]) if keep.startswith("P") else 0
    periods = {"D": Period(days=number), "M": Period(months=number), "Y": Period(months=12 * number)}
    return Rule(f"{BY_CATEGORY}{category}", periods.get(keep[-1], Period()), clause, category=category)


def in_force(changed: Iterable[Rule], retired: Collection[str]) -> tuple[Rule, ...]:
    """The rules that count: those that people made, and the defaults that nobody changed or retired."""
    made = tuple(changed)
    named = {rule.name for rule in made} | set(retired)
    return tuple(rule for rule in DEFAULTS if rule.name not in named) + made


def shifted(moment: str, by: timedelta) -> str:
    """A moment so much later."""
    return _written(datetime.fromisoformat(moment) + by)


def _moved(at: datetime, months: int) -> tuple[int, int]:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return year, month + 1


def _next_month(at: datetime, year: int, month: int) -> datetime:
    return at.replace(year=year + month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
