"""What supervision counts from, on both databases."""

from __future__ import annotations

from evidence.catalogue import schema
from evidence.catalogue.acts import desk
from evidence.catalogue.acts import docking as dockings
from evidence.catalogue.connect import reading
from evidence.catalogue.supervision import Supervision
from evidence.custody.entry import Act
from evidence.ids import ClipId
from tests.evidence.catalogue.worlds import CAMERA, CLERK, OFFICER, World, taken

ALWAYS = ("1970-01-01T00:00:00.000000Z", "9999-01-01T00:00:00.000000Z")


def test_the_clips_of_a_time_are_those_of_its_dockings(world: World) -> None:
    first = world.dock()
    world.take(first, *(taken(place, f"a{place}".encode(), bytes([place])) for place in range(3)))
    world.clock.run(86400)
    between = world.clock().utc
    second = world.dock()
    world.take(second, taken(0, b"b", b"other"))
    with reading(world.engine) as connection:
        seen = Supervision(connection, world.station)
        early = list(seen.clips(ALWAYS[0], between))
        late = list(seen.clips(between, ALWAYS[1]))
        assert [one.docking for one in seen.visits(between, ALWAYS[1])] == [second]
        assert {one.docking for one in early} == {first}
        assert len(early) == 3
        assert [one.docking for one in late] == [second]
        assert late[0].officer == OFFICER
        assert seen.last_docked() == {CAMERA: next(one.opened_at for one in seen.visits(between, ALWAYS[1]))}
        assert any("FROM clip JOIN docking" in one for one in seen.statements)


def test_who_recorded_is_whom_somebody_named_after_docking(world: World) -> None:
    (clip,) = world.take(world.dock(), taken(0, b"a", b"a"))
    with world.ledger.commit() as commit:
        desk.tagged(commit, ClipId(clip.clip), {"recorded_by": "badge 7"}, CLERK)
    with reading(world.engine) as connection:
        assert [one.officer for one in Supervision(connection, world.station).clips(*ALWAYS)] == ["badge 7"]


def test_a_start_of_the_machine_is_seen_between_two_entries_and_where_it_came_up(world: World) -> None:
    world.dock()
    before = world.entries()[-1]["when"]["utc"]
    world.clock.reboot(3600)
    world.clock.run(60)
    world.dock()
    after = world.entries()[-1]["when"]["utc"]
    with reading(world.engine) as connection:
        seen = Supervision(connection, world.station)
        (boot,) = seen.boots(*ALWAYS)
        assert boot.last_before == before
        assert before < boot.up_at < after
        assert list(seen.boots(ALWAYS[0], before)) == []
        (again,) = seen.boots(after, ALWAYS[1])  # the entry before the time is looked at, too
        assert again == boot


def test_what_the_station_was_refused_is_told_in_order_and_only_of_its_time(world: World) -> None:
    with world.ledger.commit() as commit:
        dockings.refused(commit, None, "space", {"needed_bytes": 1})
    world.clock.run(60)
    between = world.clock().utc
    with world.ledger.commit() as commit:
        dockings.refused(commit, None, "device-quarantined", {"device": "dsj:7"})
    with reading(world.engine) as connection:
        seen = Supervision(connection, world.station)
        assert [one.what["reason"] for one in seen.told_of_station(Act.REFUSED, *ALWAYS)] == ["space", "device-quarantined"]
        assert [one.what["device"] for one in seen.told_of_station(Act.REFUSED, between, ALWAYS[1])] == ["dsj:7"]


def test_the_first_head_over_an_entry_is_that_of_its_own_commit(world: World) -> None:
    world.dock()
    world.dock()
    sizes = [(row["size"], row["root"]) for row in world.rows(schema.checkpoint)]
    with reading(world.engine) as connection:
        seen = Supervision(connection, world.station)
        for seq in range(sizes[-1][0]):
            assert seen.head_over(1, seq) == next(one for one in sizes if one[0] > seq)
        assert seen.head_over(1, sizes[-1][0]) is None
