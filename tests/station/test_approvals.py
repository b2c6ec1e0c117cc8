"""Two people: asked for by one, given by another, spent once, in time, for that act on that subject."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from evidence.access import Guarded
from evidence.catalogue import schema
from evidence.catalogue.acts import desk
from evidence.catalogue.connect import connect, writing
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import STATION, Actor
from evidence.errors import Fault
from evidence.ids import SheetId
from evidence.reach import ClipOutOfReach, ClipRestricted, Reach
from station import approvals
from station.approvals import (
    ApprovalBeyond,
    ApprovalMissing,
    ApprovalNameless,
    ApprovalOver,
    ApprovalOwn,
    ApprovalState,
    NoSuchApproval,
)
from tests.evidence.catalogue.worlds import OFFICER, World, taken

EVERYWHERE = Reach(units=None)
CLERK = Actor("005001", "clerk", EVERYWHERE)
ASKER = Actor("005002", "supervisor", EVERYWHERE)
SECOND = Actor("005003", "supervisor", EVERYWHERE)
ADMINISTRATOR = Actor("005004", "administrator", EVERYWHERE)
ACT, SUBJECT = Guarded.DISPOSE.value, "sheet:0197f000-0000-7000-8000-000000000001"


@pytest.fixture
def world(catalogue_url: str) -> Iterator[World]:
    engine = connect(catalogue_url)
    yield World(engine).begin()
    engine.dispose()


def ask(world: World, actor: Actor = ASKER, subject: str = SUBJECT, act: str = ACT, **more: object) -> SheetId:
    with world.ledger.commit() as commit:
        return approvals.ask(commit, act, subject, actor, "they are due", **more)  # type: ignore[arg-type]  # as each test gives them


def give(world: World, approval: str, actor: Actor = SECOND) -> None:
    with world.ledger.commit() as commit:
        approvals.give(commit, approval, actor)


def spend(world: World, actor: Actor = ASKER, subject: str = SUBJECT, act: str = ACT) -> SheetId:
    with world.ledger.commit() as commit:
        return approvals.spend(commit, act, subject, actor)


def state(world: World, approval: str) -> ApprovalState:
    with world.queries() as queries:
        return approvals.approval_of(
            Sheets(queries._connection, world.station), approval
        ).state  # the reading connection of this world


def refused(world: World, fault: type[Fault], call: object) -> None:
    """A call that changes nothing."""
    size = len(world.entries())
    with pytest.raises(fault):
        call()  # type: ignore[operator]  # a call of the test's
    assert len(world.entries()) == size


def test_what_was_asked_given_and_spent_is_an_entry_each_and_names_nobody(world: World) -> None:
    approval = ask(world)
    give(world, approval)
    assert spend(world) == approval
    told = [one for one in world.entries() if one["subject"] == f"sheet:{approval}"]
    assert [one["what"]["did"] for one in told] == ["asked", "given", "spent"]
    assert [one["what"]["said"]["state"] for one in told] == ["asked", "given", "spent"]
    for one in told:
        assert "00500" not in str(one)
        assert "they are due" not in str(one)


def test_an_approval_is_spent_once(world: World) -> None:
    give(world, ask(world))
    spend(world)
    refused(world, ApprovalMissing, lambda: spend(world))


def test_what_was_only_asked_for_or_was_refused_serves_nobody(world: World) -> None:
    approval = ask(world)
    refused(world, ApprovalMissing, lambda: spend(world))
    with world.ledger.commit() as commit:
        approvals.refuse(commit, approval, SECOND, "not yet")
    refused(world, ApprovalMissing, lambda: spend(world))
    refused(world, ApprovalOver, lambda: give(world, approval))


def test_nobody_gives_what_he_asked_for_nor_who_has_a_hand_in_it(world: World) -> None:
    approval = ask(world, not_by=["005003"])
    refused(world, ApprovalOwn, lambda: give(world, approval, ASKER))
    refused(world, ApprovalOwn, lambda: give(world, approval, SECOND))
    refused(world, ApprovalOwn, lambda: give(world, approval, STATION))
    give(world, approval, Actor("005005", "supervisor", EVERYWHERE))


@pytest.mark.parametrize(
    "actor", [CLERK, ADMINISTRATOR, Actor("005006", "auditor", EVERYWHERE), Actor("005007", "officer", EVERYWHERE)]
)
def test_a_role_that_the_table_does_not_name_gives_nothing(world: World, actor: Actor) -> None:
    approval = ask(world)
    refused(world, ApprovalBeyond, lambda: give(world, approval, actor))


def test_an_approval_serves_the_one_who_asked_for_that_act_on_that_subject_and_the_station(world: World) -> None:
    give(world, ask(world))
    refused(world, ApprovalMissing, lambda: spend(world, SECOND))
    refused(world, ApprovalMissing, lambda: spend(world, CLERK))
    refused(world, ApprovalMissing, lambda: spend(world, subject=SUBJECT[:-1] + "2"))
    refused(world, ApprovalMissing, lambda: spend(world, act=Guarded.LIFT_HOLD.value))
    spend(world, STATION)


def test_nothing_outlives_its_time(world: World) -> None:
    approval = ask(world, hours=1)
    world.clock.run(3599)
    give(world, approval)
    world.clock.run(2)
    refused(world, ApprovalMissing, lambda: spend(world))
    late = ask(world, hours=1)
    assert late != approval
    world.clock.run(3601)
    refused(world, ApprovalOver, lambda: give(world, late))


def test_the_same_open_question_is_asked_once_and_each_person_asks_his_own(world: World) -> None:
    approval = ask(world)
    assert ask(world) == approval
    assert ask(world, CLERK) != approval
    give(world, approval)
    assert ask(world) == approval
    spend(world)
    assert ask(world) != approval


def test_who_asked_may_take_it_back_after_it_was_given_and_others_may_not(world: World) -> None:
    approval = ask(world, CLERK)
    give(world, approval)

    def take_back(actor: Actor) -> None:
        with world.ledger.commit() as commit:
            approvals.refuse(commit, approval, actor)

    refused(world, ApprovalBeyond, lambda: take_back(Actor("005001x", "clerk", EVERYWHERE)))
    take_back(CLERK)
    assert state(world, approval) is ApprovalState.REFUSED


def test_a_row_that_somebody_edited_gives_nothing(world: World) -> None:
    approval = ask(world)
    table = schema.sheet
    row = next(one for one in world.rows(table) if one["id"] == approval)
    for values in (
        {"said": row["said"].replace('"asked"', '"given"')},
        {"kept": row["kept"].replace("005002", "005001")},
        {"version": 2},
        {"kept": None},
    ):
        with writing(world.engine) as connection:
            connection.execute(update(table).where(table.c.id == approval).values(**values))
        refused(world, ApprovalMissing, lambda: spend(world))
        refused(world, NoSuchApproval, lambda: give(world, approval))
        with writing(world.engine) as connection:
            connection.execute(update(table).where(table.c.id == approval).values(said=row["said"], kept=row["kept"], version=1))
    give(world, approval)


def test_who_agrees_about_a_clip_sees_it_and_who_asks_is_near_it(world: World) -> None:
    (one,) = world.take(world.dock(), taken(0, b"a.mp4", b"a"))
    with world.ledger.commit() as commit:
        desk.tagged(commit, one.clip, {"sensitivity": "minors"}, CLERK)
    subject, act = f"clip:{one.clip}", Guarded.OPEN_RESTRICTED.value
    refused(world, ClipOutOfReach, lambda: ask(world, Actor("009999", "officer", Reach(own="009999")), subject, act))
    approval = ask(world, Actor(OFFICER, "officer", Reach(own=OFFICER)), subject, act)
    refused(world, ClipRestricted, lambda: give(world, approval, SECOND))
    give(world, approval, Actor("005003", "supervisor", Reach(units=None, sensitivities=frozenset({"minors"}))))


@pytest.mark.parametrize(("act", "actor"), [("fly", ASKER), ("", ASKER), (ACT, STATION)])
def test_only_a_person_asks_and_only_for_an_act_of_the_table(world: World, act: str, actor: Actor) -> None:
    refused(world, ApprovalNameless, lambda: ask(world, actor, act=act))


def test_the_operator_alone_needs_nobody_beside_him_on_the_main_line(world: World) -> None:
    with world.ledger.commit() as commit:
        assert approvals.required(commit, ACT, SUBJECT, Actor("operator", "administrator")) is None
    with pytest.raises(ApprovalMissing), world.ledger.commit() as commit:
        approvals.required(commit, ACT, SUBJECT, ASKER)
