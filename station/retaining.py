"""Rules on their way into force: what a change makes due is reckoned first, and one that makes anything due wants to be confirmed.

A rule that ends sooner than the law's six months, or takes something out of a rule of the law, has to name what allows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evidence.canonical import Json
from evidence.catalogue import outbox
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.keeping import IN_FORCE, RETIRED, RULE, Due, Keeping, rule_said
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.facts import check_text
from evidence.ids import SheetId
from evidence.inventory import path_members
from evidence.retention import DEFAULTS, STATUTORY, Rule
from station.home import StationError
from station.rooms import Rooms

SHOWN = 50
"""Clips that a preview lists."""
TEXT = 256


class NoSuchRule(StationError):
    """No rule in force has that name. Fields: ``name``."""

    code = "no-such-rule"
    status = Exit.USAGE


class RuleTaken(StationError):
    """A rule has that name already. Fields: ``name``."""

    code = "rule-taken"
    status = Exit.USAGE


class RuleUnfit(StationError):
    """A member of a rule is not what it may be. Fields: ``member``, ``rule``."""

    code = "rule-unfit"
    status = Exit.USAGE


class BelowMinimum(StationError):
    """It keeps shorter than the law's six months and names nothing that allows it. Fields: ``name``, ``clause`` (of the law)."""

    code = "below-minimum"
    status = Exit.REFUSED


class RuleMakesDue(StationError):
    """It makes footage due at once, and was not confirmed. Fields: ``name``, ``clips``, ``bytes``."""

    code = "rule-makes-due"
    status = Exit.REFUSED


def found(rules: Sequence[Rule], name: str) -> Rule:
    """The rule of a name. Raises :class:`NoSuchRule`."""
    for rule in rules:
        if rule.name == name:
            return rule
    raise NoSuchRule(name=name)


def check(rule: Rule, before: Rule | None) -> None:
    """Raise :class:`RuleUnfit` or :class:`BelowMinimum` unless a rule may stand as it is."""
    for member, text in (("name", rule.name), ("clause", rule.clause)):
        if not text.strip():
            raise RuleUnfit(member=member, rule="something that can be read")
    for member, text in (("name", rule.name), ("clause", rule.clause), ("law", rule.law or "")):
        check_text(member, text, TEXT)
    if rule.importance not in (None, "1", "2", "3"):
        raise RuleUnfit(member="importance", rule="1, 2 or 3")
    narrower = before is not None and before.name in STATUTORY and _leaves_out(rule, before)
    if (rule.period.below_minimum or narrower) and not (rule.law or "").strip():
        raise BelowMinimum(name=rule.name, clause=DEFAULTS[0].clause)


def _leaves_out(rule: Rule, before: Rule) -> bool:
    """Whether a rule speaks of less than it did, or for a shorter time."""
    scope = all(
        getattr(rule, member) in (None, getattr(before, member)) for member in ("category", "importance", "unit")
    ) and set(rule.besides) <= set(before.besides)
    return not scope or (before.period.permanent and not rule.period.permanent)


def put(
    rooms: Rooms, actor: Actor, name: str, rule: Rule | None, did: str, *, reason: str | None, preview: bool, confirmed: bool
) -> dict[str, Json]:
    """Bring a rule into force in the place of the one of its name, or (None) take that away; what that makes due comes first.

    Raises :class:`RuleMakesDue` and ``SheetChanged``.
    """
    rooms.prepare_to_write()
    if preview:
        with rooms.keeping(actor.reach) as keeping:
            return _effect(rooms, keeping, name, rule)
    with rooms.ledger.commit() as commit:
        keeping = Keeping(commit.connection, commit.station, actor.reach)
        effect = _effect(rooms, keeping, name, rule)
        if effect["clips"] and not confirmed:
            raise RuleMakesDue(name=name, clips=int(str(effect["clips"])), bytes=int(str(effect["bytes"])))
        before = [one for one in keeping.rules() if one.name == name]
        _write(commit, keeping, actor, name, rule, did, reason)
        concerned = Keeping(commit.connection, commit.station).ids_of([*before, *([] if rule is None else [rule])])
        outbox.review_locks(commit.connection, commit.station, list(concerned), commit.utc, commit.new_id)
    return effect


def _write(commit: Commit, keeping: Keeping, actor: Actor, name: str, rule: Rule | None, did: str, reason: str | None) -> None:
    """The next version of the sheet of that name, or its first."""
    row = next((row for row in keeping.rule_sheets() if row.said["name"] == name), None)
    said = rule_said(rule or found(keeping.table(), name), IN_FORCE if rule is not None else RETIRED)
    sheet = Sheet(RULE, said, None, (("name", name), ("state", str(said["state"]))))
    written(commit, sheet, did, actor, of=None if row is None else SheetId(row.id), reason=reason)


def _effect(rooms: Rooms, keeping: Keeping, name: str, rule: Rule | None) -> dict[str, Json]:
    """What another rule makes due at this moment."""
    before, now = keeping.rules(), rooms.clock().utc
    after = (*(one for one in before if one.name != name), *((rule,) if rule is not None else ()))
    spans = keeping.newly_due_spans(before, after, now)
    clips, size = keeping.count(spans)
    listed = keeping.page(spans, after, now, limit=SHOWN) if clips else []
    return {"clips": clips, "bytes": size, "made_due": [due_json(one) for one in listed], "more": clips > len(listed)}


def due_json(one: Due) -> dict[str, Json]:
    """A clip that is due, as every answer shows it."""
    clip, judgement = one.clip, one.judgement
    return {
        "id": clip.facts.id,
        **path_members(clip.path),
        "device": clip.facts.device,
        "size": clip.size,
        "sha256": clip.sha256,
        "taken_at": clip.facts.taken_at,
        "category": clip.category,
        "importance": clip.facts.importance,
        "fate": judgement.fate.value,
        "rule": None if judgement.rule is None else judgement.rule.name,
        "rule_version": None if judgement.rule is None else judgement.rule.version,
        "clause": None if judgement.rule is None else judgement.rule.clause,
        "until": judgement.until,
    }


def rule_json(rule: Rule, *, state: str = IN_FORCE) -> dict[str, Json]:
    """A rule as every answer shows it."""
    return {
        "name": rule.name,
        "version": rule.version,
        "period": rule.period.text(),
        "category": rule.category,
        "besides": list(rule.besides),
        "importance": rule.importance,
        "unit": rule.unit,
        "clause": rule.clause,
        "law": rule.law,
        "state": state,
        "sheet": rule.sheet,
    }


def changed(rule: Rule, **members: Any) -> Rule:  # noqa: ANN401  # members of a rule, each of its own type
    """A rule with some members changed; None leaves one as it is, an empty text clears it."""
    given: dict[str, Any] = {name: None if value == "" else value for name, value in members.items() if value is not None}
    return replace(rule, **given)
