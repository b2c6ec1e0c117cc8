"""What is due, in pages: the database finds exactly what the rules and holds say of each clip, and holds come back from the log alone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from evidence.canonical import Json
from evidence.catalogue import logged, schema
from evidence.catalogue.acts import desk, keeping, sheets, space
from evidence.catalogue.acts.desk import Field
from evidence.catalogue.acts.sheets import Sheet
from evidence.catalogue.connect import reading
from evidence.catalogue.keeping import HOLD, IN_FORCE, OPEN_HOLDS, RULE, Keeping, Span, rule_said
from evidence.catalogue.logged import Logged
from evidence.catalogue.sheets import SheetRow
from evidence.categories import Category
from evidence.facts import UNCLASSIFIED
from evidence.ids import ClipId, DeviceKey, Digest, SheetId
from evidence.retention import DEFAULTS, Fate, HoldOn, Period, Rule, judge
from tests.evidence.catalogue.worlds import CAMERA, OFFICER, OPERATOR, World, taken

OTHER_CAMERA = DeviceKey("dsj:T000999")
NOW = "2036-01-01T00:00:00.000000Z"
TAGS: tuple[dict[Field, str | None], ...] = (
    {},
    {"category": "patrol"},
    {"category": "brawl", "importance": "2"},
    {"category": "evidence"},
    {"category": "patrol", "case_number": "A-1"},
    {"category": "patrol", "recorded_by": "000777"},
    {"category": "brawl", "importance": "1"},
)


def stock(world: World, count: int = 3) -> list[ClipId]:
    """Clips of every kind from two cameras, collected on different days."""
    found = []
    for number in range(count):
        for camera, officer in ((CAMERA, OFFICER), (OTHER_CAMERA, None)):
            world.clock.run(40 * 86_400)
            docking = world.dock(camera, officer)
            files = [taken(at, f"{at}.mp4".encode(), f"{camera} {number} {at}".encode()) for at in range(len(TAGS))]
            for tags, sighted in zip(TAGS, world.take(docking, *files, device=camera), strict=True):
                found.append(sighted.clip)
                with world.ledger.commit() as commit:
                    desk.tagged(commit, sighted.clip, dict(tags), OPERATOR)
    return found


def rule(world: World, one: Rule) -> None:
    with world.ledger.commit() as commit:
        sheets.written(commit, Sheet(RULE, rule_said(one, IN_FORCE), None, (("name", one.name),)), "added", OPERATOR)


def hold(world: World, on: HoldOn, value: str, since: str | None = None, until: str | None = None) -> SheetId:
    said: dict[str, Json] = {"on": on.value, "value": value if on in OPEN_HOLDS else None, "since": since, "until": until}
    said |= {"clause": "order 7", "state": IN_FORCE}
    with world.ledger.commit() as commit:
        sheet = Sheet(HOLD, said, {"value": value, "reason": "x"}, (("state", IN_FORCE), (on.value, value)))
        return sheets.written(commit, sheet, "placed", OPERATOR)


def asked(world: World, limit: int = 3) -> tuple[set[str], int]:
    """All that is due, page after page; and how many the count says."""
    found: list[str] = []
    after: tuple[str, str] | None = None
    with reading(world.engine) as connection:
        at = Keeping(connection, world.station)
        rules = at.rules()
        spans = at.due_spans(rules, NOW)
        while page := at.page(spans, rules, NOW, after=after, limit=limit):
            found += [one.clip.facts.id for one in page]
            after = (page[-1].clip.facts.taken_at, page[-1].clip.facts.id)
        assert found == sorted(found), "the oldest first"
        assert len(found) == len(set(found))
        return set(found), at.count(spans)[0]


def judged(world: World, clips: list[ClipId]) -> set[str]:
    """The same, clip by clip."""
    with reading(world.engine) as connection:
        at = Keeping(connection, world.station)
        rules, holds = at.rules(), at.holds()
        return {one.facts.id for one in at.clips(clips) if judge(one.facts, rules, holds, NOW).removable}


def test_the_list_and_its_count_are_what_each_clip_comes_to(world: World) -> None:
    clips = stock(world)
    rule(world, Rule("brawls", Period(months=96), "order 7", category="brawl"))
    rule(world, Rule("small", Period(days=30), "order 8", category="brawl", importance="2", law="order 1"))
    found, count = asked(world)
    assert found == judged(world, clips)
    assert 0 < count == len(found) < len(clips)


@pytest.mark.parametrize(
    ("on", "value"),
    [
        (HoldOn.OFFICER, OFFICER),
        (HoldOn.OFFICER, "000777"),
        (HoldOn.DEVICE, CAMERA),
        (HoldOn.CASE, "A-1"),
        (HoldOn.INCIDENT, "i"),
        (HoldOn.CLIP, ""),
    ],
)
def test_a_hold_takes_out_what_it_speaks_of_and_nothing_else(world: World, on: HoldOn, value: str) -> None:
    clips = stock(world, 1)
    before, _ = asked(world)
    hold(world, on, value or clips[1])
    found, count = asked(world)
    assert found == judged(world, clips)
    assert count == len(found)
    assert (found < before) is (on not in (HoldOn.CASE, HoldOn.INCIDENT)), (
        "a case suspends by itself, and no clip is of that incident"
    )


def test_a_device_s_hours(world: World) -> None:
    clips = stock(world, 2)
    with reading(world.engine) as connection:
        first, *_, last = Keeping(connection, world.station).clips(clips)
    hold(world, HoldOn.DEVICE, CAMERA, since=last.facts.taken_at)
    hold(world, HoldOn.DEVICE, OTHER_CAMERA, until=first.facts.taken_at)
    said = random.Random(3)
    with world.engine.begin() as connection:
        for clip in clips:
            at = said.choice([None, first.facts.taken_at, last.facts.taken_at, "2020-01-01T00:00:00.000000Z", NOW])
            connection.execute(update(schema.clip).where(schema.clip.c.id == clip).values(recorded_at=at))
    found, count = asked(world)
    assert found == judged(world, clips)
    assert count == len(found)


def test_a_rule_that_is_to_come_shows_what_it_makes_due(world: World) -> None:
    clips = stock(world, 2)
    with reading(world.engine) as connection:
        at = Keeping(connection, world.station)
        before = tuple(replace(one, period=Period(months=240)) for one in at.rules())
        after = at.rules()
        spans = at.newly_due_spans(before, after, NOW)
        found = {one.clip.facts.id for one in at.page(spans, after, NOW, limit=100)}
        assert found == judged(world, clips)
        assert at.count(spans)[0] == len(found)
        assert at.count(at.newly_due_spans(after, before, NOW)) == (0, 0), "a longer rule makes nothing due"


def test_unclassified_footage_comes_up_for_review_and_nothing_else_does(world: World) -> None:
    stock(world, 1)
    with reading(world.engine) as connection:
        at = Keeping(connection, world.station)
        page = at.page(at.due_spans(DEFAULTS, NOW), DEFAULTS, NOW, limit=100)
    assert {one.clip.category for one in page if one.judgement.fate is Fate.REVIEW} == {UNCLASSIFIED}
    assert {one.clip.category for one in page if one.judgement.fate is Fate.DUE} == {"patrol", "brawl"}


def test_a_category_keeps_what_is_below_it(world: World) -> None:
    clips = stock(world, 1)
    with world.ledger.commit() as commit:
        for code, parent in (("brawl", "assault"), ("assault", None)):
            sheets.written(commit, Sheet("category", Category(code, parent, code, code).said), "added", OPERATOR)
    rule(world, Rule("assaults", Period(), "order 7", category="assault"))
    with reading(world.engine) as connection:
        due = {one.category for one in Keeping(connection, world.station).clips(sorted(asked(world)[0]))}
    assert "brawl" not in due
    assert asked(world)[0] == judged(world, clips)


def test_holds_that_somebody_took_away_come_back_from_the_log(world: World) -> None:
    clips = stock(world, 1)
    for on, value in ((HoldOn.CLIP, clips[1]), (HoldOn.OFFICER, OFFICER), (HoldOn.CASE, "A-1")):
        hold(world, on, value)
    before, index = world.rows(schema.sheet), world.rows(schema.sheet_index)
    with world.engine.begin() as connection:
        connection.execute(delete(schema.sheet))
        connection.execute(delete(schema.sheet_index))
    with reading(world.engine) as connection:
        assert len(Logged(connection, world.station).differing(HOLD)) == 3
        assert Keeping(connection, world.station).holds() == ()

    def found_by(row: SheetRow) -> tuple[tuple[str, str], ...]:
        said, kept = row.said, row.kept
        assert kept is not None
        return (("state", said["state"]), (said["on"], kept["value"]))

    with world.ledger.commit() as commit:
        assert len(logged.rebuild(commit, HOLD, found_by)) == 3
    assert world.rows(schema.sheet) == before
    assert world.rows(schema.sheet_index) == index
    with reading(world.engine) as connection:
        assert Logged(connection, world.station).differing(HOLD) == []


def test_a_hold_whose_subject_is_lost_suspends_everything(world: World) -> None:
    stock(world, 1)
    hold(world, HoldOn.OFFICER, OFFICER)
    with world.engine.begin() as connection:
        connection.execute(delete(schema.personal_value).where(schema.personal_value.c.field == "kept"))
        connection.execute(update(schema.sheet).values(kept=None))
    assert asked(world) == (set(), 0)


def test_the_tags_of_a_clip_are_read_from_the_log(world: World) -> None:
    clips = stock(world, 1)
    with world.engine.begin() as connection:
        connection.execute(update(schema.clip).values(case_number=None, category="patrol", importance=None))
    with reading(world.engine) as connection:
        tags = [Logged(connection, world.station).tags(clip) for clip in clips[: len(TAGS)]]
    assert [one.category for one in tags] == [said.get("category", UNCLASSIFIED) for said in TAGS]
    assert [one.importance for one in tags] == [said.get("importance") for said in TAGS]
    assert [one.cased for one in tags] == ["case_number" in said for said in TAGS]
    assert all(one.taken_at is not None for one in tags)


def test_what_was_disposed_of_is_not_due_and_comes_back_with_its_camera(world: World) -> None:
    twins = [
        world.take(world.dock(camera), taken(0, b"a.mp4", b"footage"), device=camera)[0].clip for camera in (CAMERA, OTHER_CAMERA)
    ]
    content = Digest(world.rows(schema.clip)[0]["sha256"])
    with world.ledger.commit() as commit:
        disposal = sheets.written(
            commit, Sheet("disposal", {"state": "begun", "contents": [{"sha256": content}]}), "begun", OPERATOR
        )
        assert keeping.disposed(commit, disposal, content, 7, OPERATOR) == twins
    at = world.entries()[-1]["when"]["utc"]
    assert {row["disposed_at"] for row in world.rows(schema.clip)} == {at}
    assert world.row(schema.blob)["evicted_at"] == at
    assert asked(world) == (set(), 0)
    with world.ledger.commit() as commit:
        assert keeping.disposed(commit, disposal, content, 7, OPERATOR) == []
        assert space.recalled(commit, content, 7, "docking:x", medium="direct", vaults=1)
    assert {row["disposed_at"] for row in world.rows(schema.clip)} == {None}
    assert asked(world)[0] == set(twins)


def test_a_span_of_a_category_that_nobody_has_is_empty(world: World) -> None:
    with reading(world.engine) as connection:
        at = Keeping(connection, world.station)
        assert at.page([Span("none", None, None, NOW)], DEFAULTS, NOW) == []
        assert at.count([]) == (0, 0)


def test_a_category_that_says_itself_how_long_it_is_kept_is_a_rule(world: World) -> None:
    with world.ledger.commit() as commit:
        for code, keep in (("patrol", "P30Y"), ("brawl", "P1D"), ("evidence", "permanent")):
            sheets.written(commit, Sheet("category", Category(code, None, code, code, keep).said), "added", OPERATOR)
    clips = stock(world, 1)
    with reading(world.engine) as connection:
        due = {one.category for one in Keeping(connection, world.station).clips(sorted(asked(world)[0]))}
    assert due == {"brawl", UNCLASSIFIED}, "the longest wins, so a day is six months"
    assert asked(world)[0] == judged(world, clips)
