"""Rules, and what is due by them."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.keeping import Keeping, rule_of
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import SheetId
from evidence.retention import STATUTORY, Rule, read_period
from station import retaining
from station.commands import Answer, Report
from station.commands.keeping import AddRule, ChangeRule, ListDue, ListRules, RetireRule, ShowRule
from station.home import StationError
from station.retaining import RuleTaken, due_json, found, rule_json
from station.rooms import Rooms

MOST = 1000
"""Clips of one page."""


class PageUnknown(StationError):
    """What is to be gone on after is no ``next`` of a page. Fields: ``after``."""

    code = "page-unknown"
    status = Exit.USAGE


def list_rules(rooms: Rooms, _command: ListRules, _actor: Actor, _report: Report) -> Answer:
    """Every rule in force."""
    with rooms.keeping() as keeping:
        return Answer({"rules": [rule_json(rule) for rule in keeping.rules()]})


def show_rule(rooms: Rooms, command: ShowRule, _actor: Actor, _report: Report) -> Answer:
    """One rule with its versions, in force or not."""
    with rooms.keeping() as keeping:
        rows = [row for row in keeping.rule_sheets() if row.said["name"] == command.name]
        if not rows:
            return Answer({**rule_json(found(keeping.rules(), command.name)), "history": []})
        row = rows[-1]
    with rooms.sheets() as sheets:
        history: list[Json] = [
            {"epoch": one.epoch, **one.body, "personal": one.personal} for one in sheets.history(SheetId(row.id))
        ]
    return Answer({**rule_json(rule_of(row), state=row.said["state"]), "history": history})


def add_rule(rooms: Rooms, command: AddRule, actor: Actor, _report: Report) -> Answer:
    """Another rule."""
    rule = Rule(
        command.name,
        read_period(command.period),
        command.clause,
        category=command.category or None,
        besides=command.besides,
        importance=command.importance or None,
        unit=command.unit or None,
        law=command.law or None,
    )
    retaining.check(rule, None)
    with rooms.keeping() as keeping:
        if any(one.name == rule.name for one in keeping.rules()):
            raise RuleTaken(name=rule.name)
        _check_categories(keeping, rule)
    return _put(rooms, actor, rule.name, rule, "added", None, command)


def change_rule(rooms: Rooms, command: ChangeRule, actor: Actor, _report: Report) -> Answer:
    """Another version of a rule."""
    with rooms.keeping() as keeping:
        before = found(keeping.table(), command.name)
        for code in filter(None, (command.category, *(command.besides or ()))):
            keeping.check_category(code)
    rule = retaining.changed(
        before,
        period=None if command.period is None else read_period(command.period),
        clause=command.clause,
        category=command.category,
        besides=command.besides,
        importance=command.importance,
        unit=command.unit,
        law=command.law,
    )
    retaining.check(rule, before)
    return _put(rooms, actor, rule.name, rule, "changed", command.reason, command)


def retire_rule(rooms: Rooms, command: RetireRule, actor: Actor, _report: Report) -> Answer:
    """A rule counts no more. One of the law goes only by another law."""
    with rooms.keeping() as keeping:
        before = found(keeping.table(), command.name)
    if before.name in STATUTORY and not (command.law or "").strip():
        raise retaining.BelowMinimum(name=before.name, clause=before.clause)
    return _put(rooms, actor, before.name, None, "retired", command.reason or command.law, command)


def _check_categories(keeping: Keeping, rule: Rule) -> None:
    """A rule for a category that there is none of would keep nothing. Raises ``CategoryUnknown``."""
    for code in filter(None, (rule.category, *rule.besides)):
        keeping.check_category(code)


def _put(
    rooms: Rooms,
    actor: Actor,
    name: str,
    rule: Rule | None,
    did: str,
    reason: str | None,
    asked: AddRule | ChangeRule | RetireRule,
) -> Answer:
    effect = retaining.put(rooms, actor, name, rule, did, reason=reason, preview=asked.preview, confirmed=asked.confirmed)
    with rooms.keeping() as keeping:
        shown = rule
        if not asked.preview:
            shown = next((one for one in keeping.rules() if one.name == name), None)
    return Answer({"rule": None if shown is None else rule_json(shown), "preview": asked.preview, **effect})


def due(rooms: Rooms, command: ListDue, actor: Actor, _report: Report) -> Answer:
    """What is due or comes up for review, the oldest first."""
    after = None
    if command.after is not None:
        taken_at, _, clip = command.after.partition("/")
        if not taken_at or not clip:
            raise PageUnknown(after=command.after)
        after = (taken_at, clip)
    limit = max(1, min(command.limit, MOST))
    with rooms.keeping(actor.reach) as keeping:
        rules, now = keeping.rules(), rooms.clock().utc
        spans = keeping.due_spans(rules, now)
        page = keeping.page(spans, rules, now, after=after, limit=limit)
        clips, size = keeping.count(spans)
    following = f"{page[-1].clip.facts.taken_at}/{page[-1].clip.facts.id}" if len(page) == limit else None
    return Answer({"at": now, "due": [due_json(one) for one in page], "clips": clips, "bytes": size, "next": following})
