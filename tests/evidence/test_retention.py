"""How long a clip is kept: nothing that is added makes it go sooner, and the bulk reckoning agrees with that of one clip."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.facts import UNCLASSIFIED
from evidence.retention import (
    DEFAULTS,
    ClipFacts,
    Fate,
    Hold,
    HoldOn,
    Judgement,
    Period,
    PeriodUnfit,
    Rule,
    cutoff,
    in_force,
    judge,
    read_period,
    with_those_above,
)

PARENTS = {"brawl": "assault", "assault": "crime", "evidence": None, "crime": None}
CODES = ("brawl", "assault", "crime", "evidence", "other", UNCLASSIFIED)
UNITS = ("U7-3", "U7")

fair = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
moments = st.integers(1_546_300_800, 1_956_528_000).map(
    lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
)
periods = st.one_of(st.builds(Period, months=st.integers(1, 40)), st.builds(Period, days=st.integers(1, 900)), st.just(Period()))
rules = st.builds(
    Rule,
    name=st.uuids().map(str),
    period=periods,
    clause=st.just("order 7"),
    category=st.none() | st.sampled_from(CODES),
    besides=st.lists(st.sampled_from(CODES), max_size=2).map(tuple),
    importance=st.none() | st.sampled_from("123"),
    unit=st.none() | st.sampled_from(("U7", "U7-3", "U8")),
)
clips = st.builds(
    ClipFacts,
    id=st.sampled_from(("c1", "c2")),
    taken_at=moments,
    categories=st.sampled_from(CODES).map(lambda code: with_those_above(code, PARENTS)),
    units=st.just(UNITS),
    importance=st.none() | st.sampled_from("123"),
    case_number=st.none() | st.sampled_from(("A-1", "A-2")),
    incident=st.none() | st.sampled_from(("i1", "i2")),
    device=st.sampled_from(("d1", "d2")),
    officers=st.frozensets(st.sampled_from(("007", "008"))),
    recorded_at=st.none() | moments,
)
holds = st.builds(
    Hold,
    id=st.uuids().map(str),
    on=st.sampled_from(HoldOn),
    value=st.none() | st.sampled_from(("c1", "A-1", "i1", "d1", "007")),
    since=st.none() | moments,
    until=st.none() | moments,
)
many_rules, many_holds = st.lists(rules, max_size=5), st.lists(holds, max_size=3)


def later(one: Judgement, other: Judgement) -> bool:
    """Whether one keeps at least as long as the other."""
    if one.removable and not other.removable:
        return False
    return other.rule is None or one.until is None or (other.until is not None and one.until >= other.until)


@fair
@given(clips, many_rules, rules, many_holds, moments)
def test_another_rule_never_makes_anything_due_sooner(
    clip: ClipFacts, some: list[Rule], another: Rule, held: list[Hold], now: str
) -> None:
    before = judge(clip, some, held, now)
    after = judge(clip, [*some, another], held, now)
    assert before.rule is None or later(after, before)


@fair
@given(clips, many_rules, many_holds, holds, moments)
def test_another_hold_never_makes_anything_due_sooner(
    clip: ClipFacts, some: list[Rule], held: list[Hold], another: Hold, now: str
) -> None:
    before, after = judge(clip, some, held, now), judge(clip, some, [another, *held], now)
    assert later(after, before)
    assert before.fate is not Fate.SUSPENDED or after.fate is Fate.SUSPENDED


@fair
@given(clips, many_rules, many_holds, moments)
def test_a_case_suspends_whatever_else_is_so(clip: ClipFacts, some: list[Rule], held: list[Hold], now: str) -> None:
    found = judge(replace(clip, case_number="A-9"), some, held, now)
    assert found.fate is Fate.SUSPENDED
    assert "case" in found.suspended_by


@fair
@given(clips, many_rules, many_holds, moments)
def test_unclassified_footage_is_never_due_and_what_no_rule_speaks_of_is_kept(
    clip: ClipFacts, some: list[Rule], held: list[Hold], now: str
) -> None:
    bare = replace(clip, categories=(UNCLASSIFIED,))
    assert judge(bare, some, held, now).fate is not Fate.DUE
    assert not judge(bare, [], held, now).removable


@fair
@given(clips, many_rules, moments, moments)
def test_a_camera_s_clock_changes_nothing(clip: ClipFacts, some: list[Rule], recorded_at: str, now: str) -> None:
    assert judge(clip, some, [], now) == judge(replace(clip, recorded_at=recorded_at), some, [], now)


@fair
@given(clips, many_rules, moments)
def test_the_cut_off_of_many_is_the_judgement_of_each(clip: ClipFacts, some: list[Rule], now: str) -> None:
    free = replace(clip, case_number=None)
    latest = cutoff(some, free.categories, free.importance, free.units, now)
    assert judge(free, some, [], now).removable == (latest is not None and free.taken_at <= latest)


@fair
@given(periods, moments, moments)
def test_what_was_taken_later_never_ends_sooner(period: Period, one: str, other: str) -> None:
    first, second = period.ends(min(one, other)), period.ends(max(one, other))
    assert (first is None) == (second is None)
    assert first is None or second is None or first <= second


@fair
@given(periods)
def test_a_period_is_read_as_it_is_written(period: Period) -> None:
    assert read_period(period.text()) == period


@fair
@given(moments)
def test_six_months_are_never_less_than_the_calendar_has(taken_at: str) -> None:
    ends = Period(months=6).ends(taken_at)
    assert ends is not None
    assert datetime.fromisoformat(ends) - datetime.fromisoformat(taken_at) >= timedelta(days=181)


@pytest.mark.parametrize("text", ["", "0d", "6", "six months", "6 weeks", "-6m", "999999d", "1201m", "\uff16m", "6dm"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(PeriodUnfit):
        read_period(text)


def test_a_day_that_the_last_month_lacks_ends_with_that_month() -> None:
    assert Period(months=6).ends("2026-08-31T11:00:00.000000Z") == "2027-03-01T00:00:00.000000Z"
    assert Period(months=6).ends("2026-08-28T11:00:00.000000Z") == "2027-02-28T11:00:00.000000Z"
    assert Period(months=6).ended_for("2027-08-31T11:00:00.000000Z") == "2027-02-28T23:59:59.999999Z"


def test_the_law_s_kinds_are_kept_for_ever_and_the_rest_for_six_months() -> None:
    now = "2030-01-01T00:00:00.000000Z"
    fates = {
        category: judge(ClipFacts("c", "2026-01-01T00:00:00.000000Z", (category,)), DEFAULTS, [], now).fate
        for category in ("evidence", "obstruction", "emergency", "mass-incident", "major-call", "patrol", UNCLASSIFIED)
    }
    assert set(list(fates.values())[:5]) == {Fate.PERMANENT}
    assert fates["patrol"] is Fate.DUE
    assert fates[UNCLASSIFIED] is Fate.REVIEW


def test_a_device_s_hours_hold_what_may_have_been_recorded_in_them() -> None:
    hold = Hold("h", HoldOn.DEVICE, "d1", "2026-03-01T08:00:00.000000Z", "2026-03-01T20:00:00.000000Z")
    clip = ClipFacts("c", "2026-03-02T06:00:00.000000Z", ("patrol",), device="d1")
    assert hold.holds(clip), "nobody knows when it was recorded"
    assert hold.holds(replace(clip, recorded_at="2026-03-02T10:00:00.000000Z")), "a clock may be wrong"
    assert not hold.holds(replace(clip, recorded_at="2026-03-20T10:00:00.000000Z"))
    assert not hold.holds(replace(clip, taken_at="2026-03-01T07:00:00.000000Z")), "it was collected before"
    assert not hold.holds(replace(clip, device="d2"))


def test_a_hold_that_cannot_be_read_holds_everything() -> None:
    assert Hold("h", HoldOn.OFFICER, None).holds(ClipFacts("c", "2026-01-01T00:00:00.000000Z", ("patrol",)))


def test_a_default_gives_way_to_the_rule_of_its_name_alone() -> None:
    longer = replace(DEFAULTS[0], period=Period(months=12), version=1)
    assert in_force([longer], []) == (*DEFAULTS[1:], longer)
    assert in_force([], ["six-months"]) == DEFAULTS[1:]


def test_a_tree_that_leads_back_to_itself_ends() -> None:
    assert with_those_above("a", {"a": "b", "b": "a"}) == ("a", "b")
    assert with_those_above("brawl", PARENTS) == ("brawl", "assault", "crime")
