"""What keeping asks of the catalogue: the rules and holds in force, and the clips whose time is over, in pages by key.

Rules it keeps: a million clips are never read to find those that are due; the spans of time are reckoned for each category and
importance that exists, and an index is walked from the oldest on. Each clip of a page is judged by itself once more (:mod:`evidence.retention`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, func, or_, select, true

from evidence.canonical import Json
from evidence.catalogue import schema
from evidence.catalogue.logged import Logged
from evidence.catalogue.queries import Queries
from evidence.catalogue.reaching import seen
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.categories import Tree, tree
from evidence.disposal import DISPOSAL
from evidence.facts import ClipState
from evidence.ids import ClipId, SheetId, StationId
from evidence.reach import Reach
from evidence.retention import (
    ClipFacts,
    Hold,
    HoldOn,
    Judgement,
    Period,
    Rule,
    cutoff,
    in_force,
    judge,
    kept_by_category,
    with_those_above,
)

RULE, HOLD = "rule", "hold"
IN_FORCE, RETIRED, LIFTED = "in-force", "retired", "lifted"
IMPORTANCES = (None, "1", "2", "3")
PAGE = 200
FEW = 8
"""Clips that are fetched first of each of many spans: most of them give few to a page."""
OPEN_HOLDS = frozenset({HoldOn.CLIP, HoldOn.INCIDENT, HoldOn.DEVICE})
"""Whose subject the log says in plain; a case number and a badge may name somebody, and are only committed to."""


@dataclass(frozen=True, slots=True)
class Span:
    """Clips of one category and importance that were collected after one moment (None: ever) and up to another."""

    category: str
    importance: str | None
    after: str | None
    upto: str


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A clip as keeping sees it. Size in bytes."""

    facts: ClipFacts
    path: bytes
    sha256: str
    size: int
    category: str
    docking: str
    state: str
    disposed_at: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """A clip and what becomes of it."""

    clip: KeptClip
    judgement: Judgement


class Keeping:
    """Questions about keeping, on one open connection: a reading one, or a commit's own."""

    def __init__(self, connection: Connection, station: StationId, reach: Reach | None = None) -> None:
        """``reach``: whose clips are listed and counted; None: all."""
        self._connection = connection
        self._station = station
        self._seen = seen(reach)
        self._sheets = Sheets(connection, station)
        self._units: tuple[str, ...] | None = None

    def rule_sheets(self) -> list[SheetRow]:
        """Every rule that people made or changed, oldest first."""
        return list(self._sheets.sheets(RULE))

    def rules(self) -> tuple[Rule, ...]:
        """The rules in force: those of the table, and what categories say by themselves."""
        table = self.table()
        said = [kept_by_category(one.code, one.keep, one.en) for one in self._tree.categories if one.keep is not None]
        known = {(one.category, one.period) for one in table if not (one.besides or one.importance or one.unit)}
        return (*table, *(one for one in said if (one.category, one.period) not in known))

    def table(self) -> tuple[Rule, ...]:
        """The rules that people can change, defaults included."""
        rows = self.rule_sheets()
        made = [rule_of(row) for row in rows if row.said["state"] == IN_FORCE]
        return in_force(made, [row.said["name"] for row in rows])

    def holds(self) -> tuple[Hold, ...]:
        """The holds in force."""
        return tuple(hold_of(row) for row in self._sheets.found(HOLD, "state", IN_FORCE))

    def categories(self, code: str) -> tuple[str, ...]:
        """A category with those above it."""
        return with_those_above(code, self._above)

    def units(self) -> tuple[str, ...]:
        """The unit of the station with those above it."""
        if self._units is None:
            parents = {row.said["code"]: row.said.get("parent") for row in self._sheets.sheets("unit")}
            self._units = with_those_above(Queries(self._connection, self._station).unit(), parents)
        return self._units

    @cached_property
    def _tree(self) -> Tree:
        return tree(row.said for row in self._sheets.sheets("category"))

    @cached_property
    def _above(self) -> dict[str, str | None]:
        return {one.code: one.parent for one in self._tree.categories}

    def check_category(self, code: str) -> None:
        """Nothing, when there is such a category. Raises ``CategoryUnknown``."""
        if code not in self._above:
            self._tree.check(code)

    def differing(self) -> list[SheetId]:
        """The sheets that decide about keeping and are not what the log says of them."""
        return Logged(self._connection, self._station).differing(RULE, HOLD, "category", "unit", DISPOSAL)

    # -- one clip --

    def clip(self, clip: str) -> KeptClip | None:
        """One clip."""
        return next(iter(self.clips([clip])), None)

    def clips(self, ids: Sequence[str]) -> list[KeptClip]:
        """Clips by their ids, in the order of collection."""
        found = self._connection.execute(self._clips().where(schema.clip.c.id.in_(ids)).order_by(schema.clip.c.id))
        return [self._clip(row) for row in found]

    def clips_with(self, sha256: str) -> list[KeptClip]:
        """The clips of one content."""
        found = self._connection.execute(self._clips().where(schema.clip.c.sha256 == sha256).order_by(schema.clip.c.id))
        return [self._clip(row) for row in found]

    # -- many --

    def due_spans(self, rules: Sequence[Rule], now: str) -> list[Span]:
        """What the rules have come to an end for."""
        return [
            Span(category, importance, None, upto)
            for category, importance in self._groups()
            if (upto := self._cutoff(rules, category, importance, now)) is not None
        ]

    def newly_due_spans(self, before: Sequence[Rule], after: Sequence[Rule], now: str) -> list[Span]:
        """What other rules come to an end for, and those before them did not."""
        found = []
        for category, importance in self._groups():
            was, upto = (self._cutoff(rules, category, importance, now) for rules in (before, after))
            if upto is not None and (was is None or was < upto):
                found.append(Span(category, importance, was, upto))
        return found

    def page(
        self, spans: Sequence[Span], rules: Sequence[Rule], now: str, *, after: tuple[str, str] | None = None, limit: int = PAGE
    ) -> list[Due]:
        """Clips of spans that nothing suspends, the oldest first, beginning after ``(taken_at, id)`` of one of them."""
        held, found = self.holds(), []
        for row in heapq.merge(*(self._walk(span, after) for span in spans), key=lambda row: (row.taken_at, row.id)):
            clip = self._clip(row)
            judgement = judge(clip.facts, rules, held, now)
            if judgement.removable:
                found.append(Due(clip, judgement))
                if len(found) == limit:
                    break
        return found

    def count(self, spans: Sequence[Span]) -> tuple[int, int]:
        """How many clips of spans nothing suspends, and their bytes."""
        holds = self.holds()
        clip, number, size = schema.clip, 0, 0
        for span in spans:
            counted = (func.count(), func.coalesce(func.sum(clip.c.size), 0))
            mine = and_(clip.c.station == self._station, self._seen, self._in(span))
            wanted = self._joined(*counted).where(self._in(span), ~self._held(holds)) if holds else select(*counted).where(mine)
            row = self._connection.execute(wanted).one()
            number, size = number + int(row[0]), size + int(row[1])
        return number, size

    def held_by(self, hold: Hold) -> int:
        """How many clips that are still there a hold speaks of."""
        clip = schema.clip
        wanted = self._joined(func.count()).where(clip.c.disposed_at.is_(None), self._held([hold]))
        return int(self._connection.execute(wanted).scalar_one())

    def ids_held_by(self, hold: Hold) -> Iterator[ClipId]:
        """The clips that are still there of which a hold speaks."""
        clip = schema.clip
        wanted = self._joined(clip.c.id).where(clip.c.disposed_at.is_(None), self._held([hold])).order_by(clip.c.id)
        return (ClipId(row.id) for row in self._connection.execute(wanted))

    def ids_of(self, rules: Sequence[Rule]) -> Iterator[ClipId]:
        """The clips that are still there of which one of some rules speaks."""
        clip = schema.clip
        for category, importance in self._groups():
            if any(rule.covers(self.categories(category), importance, self.units()) for rule in rules):
                grade = clip.c.importance.is_(None) if importance is None else clip.c.importance == importance
                mine = (clip.c.station == self._station) & clip.c.disposed_at.is_(None) & (clip.c.category == category) & grade
                yield from (ClipId(row.id) for row in self._connection.execute(select(clip.c.id).where(mine)))

    def _groups(self) -> Iterator[tuple[str, str | None]]:
        """The categories that clips have, each with every importance: an index step each, not a scan."""
        clip = schema.clip
        last: str | None = None
        while True:
            mine = (clip.c.station == self._station) & clip.c.disposed_at.is_(None)
            wanted = select(clip.c.category).where(mine).order_by(clip.c.disposed_at, clip.c.category).limit(1)
            last = self._connection.execute(wanted if last is None else wanted.where(clip.c.category > last)).scalar()
            if last is None:
                return
            yield from ((last, importance) for importance in IMPORTANCES)

    def _cutoff(self, rules: Sequence[Rule], category: str, importance: str | None, now: str) -> str | None:
        return cutoff(rules, self.categories(category), importance, self.units(), now)

    def _walk(self, span: Span, after: tuple[str, str] | None) -> Iterator[Row[Any]]:
        clip = schema.clip
        fixed = (clip.c.disposed_at, clip.c.category, clip.c.importance)  # PostgreSQL sees no order of an index behind "IS NULL"
        wanted = self._clips().where(self._in(span)).order_by(*fixed, clip.c.taken_at, clip.c.id)
        size = FEW
        while True:
            later = (
                true()
                if after is None
                else or_(clip.c.taken_at > after[0], and_(clip.c.taken_at == after[0], clip.c.id > after[1]))
            )
            floor = true() if after is None else clip.c.taken_at >= after[0]
            page = self._connection.execute(wanted.where(floor, later).limit(size)).all()
            yield from page
            if len(page) < size:
                return
            after, size = (page[-1].taken_at, page[-1].id), min(size * 4, PAGE)

    def _in(self, span: Span) -> ColumnElement[bool]:
        clip = schema.clip
        grade = clip.c.importance.is_(None) if span.importance is None else clip.c.importance == span.importance
        return and_(
            clip.c.disposed_at.is_(None),
            clip.c.category == span.category,
            grade,
            clip.c.taken_at <= span.upto,
            true() if span.after is None else clip.c.taken_at > span.after,
            or_(clip.c.case_number.is_(None), clip.c.case_number == ""),
            clip.c.state != ClipState.EMPTY.value,
        )

    def _held(self, holds: Iterable[Hold]) -> ColumnElement[bool]:
        return or_(false(), *(_speaks_of(hold) for hold in holds))

    def _joined(self, *columns: Any) -> Select[Any]:  # noqa: ANN401  # columns and functions have no narrower public type
        clip, docking = schema.clip, schema.docking
        mine = (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking)
        return select(*columns).select_from(clip).join(docking, mine).where(clip.c.station == self._station, self._seen)

    def _clips(self) -> Select[Any]:
        return self._joined(schema.clip, schema.docking.c.officer)

    def _clip(self, row: Row[Any]) -> KeptClip:
        facts = ClipFacts(
            id=row.id,
            taken_at=row.taken_at,
            categories=self.categories(row.category),
            units=self.units(),
            importance=row.importance,
            case_number=row.case_number or None,
            incident=row.incident,
            device=row.device,
            officers=frozenset(filter(None, (row.officer, row.recorded_by))),
            recorded_at=row.recorded_at,
        )
        return KeptClip(facts, bytes(row.path), row.sha256, int(row.size), row.category, row.docking, row.state, row.disposed_at)


def rule_said(rule: Rule, state: str) -> dict[str, Json]:
    """What the log says of a rule."""
    return {
        "name": rule.name,
        "months": rule.period.months,
        "days": rule.period.days,
        "clause": rule.clause,
        "category": rule.category,
        "besides": list(rule.besides),
        "importance": rule.importance,
        "unit": rule.unit,
        "law": rule.law,
        "state": state,
    }


def rule_of(row: SheetRow) -> Rule:
    """A rule from its sheet."""
    said = row.said
    return Rule(
        said["name"],
        Period(said["months"], said["days"]),
        said["clause"],
        row.version,
        row.id,
        said["category"],
        tuple(said["besides"]),
        said["importance"],
        said["unit"],
        said["law"],
    )


def hold_of(row: SheetRow) -> Hold:
    """A hold from its sheet."""
    said, kept = row.said, row.kept or {}
    on = HoldOn(said["on"])
    return Hold(row.id, on, said["value"] if on in OPEN_HOLDS else kept.get("value"), said["since"], said["until"])


def _speaks_of(hold: Hold) -> ColumnElement[bool]:
    """The same as :meth:`Hold.holds`, for the database."""
    clip, docking = schema.clip, schema.docking
    if hold.value is None:
        return true()
    match hold.on:
        case HoldOn.CLIP:
            return clip.c.id == hold.value
        case HoldOn.CASE:
            return func.coalesce(clip.c.case_number, "") == hold.value
        case HoldOn.INCIDENT:
            return func.coalesce(clip.c.incident, "") == hold.value
        case HoldOn.OFFICER:
            return or_(func.coalesce(docking.c.officer, "") == hold.value, func.coalesce(clip.c.recorded_by, "") == hold.value)
        case HoldOn.DEVICE:
            within: list[ColumnElement[bool]] = [clip.c.device == hold.value]
            if hold.since is not None:
                within.append(clip.c.taken_at >= hold.since)
            for moment, bound in zip(hold.hours(), (clip.c.recorded_at.__ge__, clip.c.recorded_at.__le__), strict=True):
                if moment is not None:
                    within.append(or_(clip.c.recorded_at.is_(None), bound(moment)))
            return and_(*within)
