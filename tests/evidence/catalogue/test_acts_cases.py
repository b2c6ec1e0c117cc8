"""Cases on their way: renamed, merged and split with their clips, and no clip slips out of a hold by it; what a case page is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from evidence.cases import Case, CaseMoveRefused, CaseState, case_of
from evidence.catalogue import schema
from evidence.catalogue.acts import cases as acts
from evidence.catalogue.acts import desk as tagging
from evidence.catalogue.acts.cases import CaseKnown, MergedWithItself, NoSuchCase, NotInCase, case_sheet
from evidence.catalogue.acts.packaging import packaged, packaged_again
from evidence.catalogue.acts.sheets import Sheet, SheetChanged, written
from evidence.catalogue.connect import reading
from evidence.catalogue.desk import Desk
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow
from evidence.catalogue.versions import versions
from evidence.errors import EvidenceError
from evidence.ids import ClipId, DeviceKey, SheetId
from evidence.reach import Reach
from tests.evidence.catalogue.worlds import CLERK, World, taken

CASE = Case("A-17", "Dispute at the mill", "unit-1")
HOLD = {"on": "case", "value": None, "since": None, "until": None, "clause": "court order", "state": "in-force"}


def clips_of(world: World, count: int, device: str = "dsj:T000123") -> list[ClipId]:
    docking, before = world.dock(DeviceKey(device)), len(world.rows(schema.clip))
    files = [taken(at, b"%d.mp4" % (before + at), b"%d" % (before + at)) for at in range(count)]
    return [one.clip for one in world.take(docking, *files, device=DeviceKey(device))]


def tag(world: World, clips: list[ClipId], number: str) -> None:
    with world.ledger.commit() as commit:
        tagging.tagged_all(commit, clips, {"case_number": number}, CLERK, lambda _clip, _amendments: None)


def open_case(world: World, case: Case = CASE) -> SheetId:
    with world.ledger.commit() as commit:
        return acts.opened(commit, case, CLERK)


def hold(world: World, number: str, reason: str = "appeal", state: str = "in-force") -> None:
    with world.ledger.commit() as commit:
        sheet = Sheet("hold", {**HOLD, "state": state}, {"value": number, "reason": reason}, (("state", state), ("case", number)))
        written(commit, sheet, "placed", CLERK)


@contextmanager
def desk(world: World, reach: Reach | None = None) -> Iterator[Desk]:
    with reading(world.engine) as connection:
        yield Desk(connection, world.station, reach)


def sheet(world: World, named: str) -> SheetRow:
    with desk(world) as asked:
        return case_sheet(asked.sheets, named)


def case(world: World, named: str) -> Case:
    row = sheet(world, named)
    return case_of(row.said, row.kept)


def numbers(world: World) -> list[str | None]:
    return [row["case_number"] for row in world.rows(schema.clip)]


def test_a_renamed_case_takes_its_clips_along_and_is_found_by_both_numbers(world: World) -> None:
    tag(world, clips_of(world, 3), "A-17")
    made = open_case(world)
    with world.ledger.commit() as commit:
        done = acts.changed(commit, sheet(world, "A-17"), replace(CASE, number="B-1"), CLERK, reason="a criminal case now")
    assert (done.id, done.clips) == (made, 3)
    assert numbers(world) == ["B-1"] * 3
    assert sheet(world, "A-17") == sheet(world, "B-1") == sheet(world, made)
    assert case(world, "B-1").earlier == ("A-17",)
    with desk(world) as asked:
        assert [(one.did, one.reason) for one in versions(asked.sheets, made)] == [
            ("opened", None),
            ("renamed", "a criminal case now"),
        ]
    world.check_log()


def test_no_other_case_gets_a_number_that_a_case_once_bore(world: World) -> None:
    open_case(world)
    with world.ledger.commit() as commit:
        acts.changed(commit, sheet(world, "A-17"), replace(CASE, number="B-1"), CLERK)
    before = world.everything()
    with pytest.raises(CaseKnown):
        open_case(world)
    open_other = replace(CASE, number="C-1")
    other = open_case(world, open_other)
    with pytest.raises(CaseKnown), world.ledger.commit() as commit:
        acts.changed(commit, sheet(world, other), replace(open_other, number="A-17"), CLERK)
    assert len(world.rows(schema.sheet)) == len(before["sheet"]) + 1


def test_a_case_may_have_its_own_number_back(world: World) -> None:
    open_case(world)
    for number in ("B-1", "A-17"):
        with world.ledger.commit() as commit:
            acts.changed(commit, sheet(world, "A-17"), replace(CASE, number=number), CLERK)
    assert case(world, "A-17").numbers == ("A-17", "B-1")


def test_a_merged_case_is_part_of_the_other_and_at_its_end(world: World) -> None:
    first, second = clips_of(world, 2)
    tag(world, [first], "A-17")
    tag(world, [second], "A-18")
    one, other = open_case(world), open_case(world, replace(CASE, number="A-18"))
    with world.ledger.commit() as commit:
        done = acts.merged(commit, sheet(world, "A-18"), sheet(world, "A-17"), CLERK, "the same suspect")
    assert done.clips == 1
    assert numbers(world) == ["A-17", "A-17"]
    assert (case(world, other).state, case(world, other).merged_into) == (CaseState.MERGED, one)
    assert case(world, one).merged_from == (other,)
    late: list[Callable[[Commit], object]] = [
        lambda commit: acts.closed(commit, sheet(world, other), CLERK),
        lambda commit: acts.reopened(commit, sheet(world, other), CLERK),
        lambda commit: acts.changed(commit, sheet(world, other), replace(case(world, other), title="x"), CLERK),
        lambda commit: acts.merged(commit, sheet(world, one), sheet(world, other), CLERK),
        lambda commit: acts.split(commit, sheet(world, other), replace(CASE, number="D-1"), [], CLERK),
    ]
    for act in late:
        with pytest.raises(CaseMoveRefused), world.ledger.commit() as commit:
            act(commit)
    with pytest.raises(MergedWithItself), world.ledger.commit() as commit:
        acts.merged(commit, sheet(world, one), sheet(world, one), CLERK)
    world.check_log()


def test_a_split_case_gives_some_clips_to_a_new_one(world: World) -> None:
    clips, stranger = clips_of(world, 3), clips_of(world, 1)
    tag(world, clips, "A-17")
    made = open_case(world)
    before = world.everything()
    with pytest.raises(NotInCase) as caught, world.ledger.commit() as commit:
        acts.split(commit, sheet(world, made), replace(CASE, number="A-18"), stranger, CLERK)
    assert caught.value.fields == {"clip": stranger[0], "case": "A-17"}
    assert world.everything() == before
    with world.ledger.commit() as commit:
        done = acts.split(commit, sheet(world, made), replace(CASE, number="A-18"), clips[:1], CLERK)
    assert numbers(world) == ["A-18", "A-17", "A-17", None]
    assert (case(world, "A-18").split_from, case(world, "A-17").split_into) == (made, (done.id,))


@pytest.mark.parametrize("act", ["renamed", "merged", "split"])
def test_no_clip_slips_out_of_a_hold_because_its_case_has_another_number(world: World, act: str) -> None:
    clips = clips_of(world, 2)
    tag(world, clips, "A-17")
    made = open_case(world)
    hold(world, "A-17")
    hold(world, "A-17", "an old appeal", "lifted")
    other = open_case(world, replace(CASE, number="A-30"))
    hold(world, "A-30", "another appeal")
    with world.ledger.commit() as commit:
        match act:
            case "renamed":
                acts.changed(commit, sheet(world, made), replace(CASE, number="B-1"), CLERK)
            case "merged":
                acts.merged(commit, sheet(world, made), sheet(world, other), CLERK)
            case _:
                acts.split(commit, sheet(world, made), replace(CASE, number="B-1"), clips[:1], CLERK)
    number = "A-30" if act == "merged" else "B-1"
    with desk(world) as asked:
        found = [(row.kept or {})["reason"] for row in asked.sheets.found("hold", "case", number)]
        assert "appeal" in found
        assert "an old appeal" not in found
        assert [row.said["state"] for row in asked.sheets.found("hold", "case", "A-17")] == ["in-force", "lifted"]


def test_a_hold_is_not_placed_twice_for_the_same_reason(world: World) -> None:
    tag(world, clips_of(world, 1), "A-17")
    open_case(world)
    hold(world, "A-17")
    for number in ("B-1", "A-17", "B-1"):
        with world.ledger.commit() as commit:
            acts.changed(commit, sheet(world, "A-17"), replace(CASE, number=number), CLERK)
    with desk(world) as asked:
        assert len(asked.sheets.found("hold", "case", "B-1")) == len(asked.sheets.found("hold", "case", "A-17")) == 1


def test_closed_and_opened_again(world: World) -> None:
    made = open_case(world)
    with world.ledger.commit() as commit:
        done = acts.closed(commit, sheet(world, made), CLERK, "tried")
    assert [(one.name, one.old, one.new) for one in done.changes] == [("state", "open", "closed")]
    with pytest.raises(CaseMoveRefused), world.ledger.commit() as commit:
        acts.closed(commit, sheet(world, made), CLERK)
    with world.ledger.commit() as commit:
        acts.reopened(commit, sheet(world, made), CLERK)
    assert case(world, made).state is CaseState.OPEN


def test_who_changes_an_older_version_is_told_and_what_changes_nothing_writes_nothing(world: World) -> None:
    made = open_case(world)
    old = sheet(world, made)
    before = world.everything()
    with world.ledger.commit() as commit:
        assert acts.changed(commit, old, CASE, CLERK).changes == ()
    assert world.everything() == before
    with world.ledger.commit() as commit:
        acts.changed(commit, old, replace(CASE, title="b"), CLERK)
    faults: list[tuple[SheetRow, int | None]] = [(old, None), (sheet(world, made), 1)]
    for row, version in faults:
        with pytest.raises(SheetChanged), world.ledger.commit() as commit:
            acts.changed(commit, row, replace(CASE, title="c"), CLERK, version=version)


def test_no_such_case_is_named(world: World) -> None:
    with pytest.raises(NoSuchCase) as caught:
        sheet(world, "Z-1")
    assert caught.value.fields == {"case": "Z-1"}
    assert isinstance(caught.value, EvidenceError)


def test_footage_of_a_case_in_the_order_of_time_in_pages(world: World) -> None:
    clips = clips_of(world, 3)
    tag(world, clips, "A-17")
    with world.engine.begin() as connection:
        for clip, moment in zip(clips, ("2026-11-21T09:00:00.000000Z", "2026-11-21T08:00:00.000000Z", None), strict=True):
            connection.execute(schema.clip.update().where(schema.clip.c.id == clip).values(recorded_at=moment))
    ordered = [clips[1], clips[0], clips[2]]
    with desk(world) as asked:
        found = asked.casefile.of_case(("A-17",))
        assert [one.clip for one in found] == ordered
        first = asked.casefile.of_case(("A-17",), (), 1)[0]
        assert [one.clip for one in asked.casefile.of_case(("A-17",), (first.at, first.clip), 5)] == ordered[1:]
        assert found[0].begins.at_least is None, "nobody measured this clock"
        assert asked.casefile.count(("A-17",)) == (3, 0)


def test_what_is_out_of_reach_is_counted_and_not_shown(world: World) -> None:
    clips = clips_of(world, 3)
    tag(world, clips, "A-17")
    with world.ledger.commit() as commit:
        tagging.tagged(commit, clips[0], {"sensitivity": "minors"}, CLERK)
    with desk(world, Reach(units=frozenset({"unit-1"}))) as asked:
        assert [one.clip for one in asked.casefile.of_case(("A-17",))] == clips[1:]
        assert asked.casefile.count(("A-17",)) == (2, 1)


def test_packages_of_a_case_the_newest_first_and_each_once(world: World) -> None:
    clips = clips_of(world, 3)
    tag(world, clips, "A-17")
    with world.ledger.commit() as commit:
        first = packaged(commit, clips, [], CLERK, "for the court")
        size = commit.size
    with world.ledger.commit() as commit:
        second = packaged(commit, clips[:1], [], CLERK, None)
        tagging.exported(commit, clips[0], CLERK)
    with world.ledger.commit() as commit:
        packaged_again(commit, clips, first, size, CLERK, None)
    with desk(world) as asked:
        found = asked.casefile.packages(("A-17",), 10)
        assert [(one.package, one.clips, one.person, one.role) for one in found] == [
            (second, 1, CLERK.person, "clerk"),
            (first, 3, CLERK.person, "clerk"),
        ]
        assert [one.package for one in asked.casefile.packages(("A-17",), 1)] == [second]


def test_holds_on_a_case_its_incidents_and_its_clips_each_once(world: World) -> None:
    hold(world, "A-17")
    hold(world, "A-18")
    with desk(world) as asked:
        found = asked.casefile.holds([("case", "A-17"), ("case", "A-17"), ("clip", "x")])
        assert [(row.kept or {})["value"] for row in found] == ["A-17"]
        assert asked.casefile.holds([]) == []
