"""What a person may see: the rule as values, and the same rule as the catalogue is asked it, over every combination."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from evidence.catalogue import schema
from evidence.catalogue.acts import desk
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.connect import reading
from evidence.catalogue.reaching import check_clip, check_docking, docking_seen, placed_of, seen, sees
from evidence.ids import ClipId, DockingId
from evidence.reach import ClipOutOfReach, ClipRestricted, DockingOutOfReach, Placed, Reach, Sensitivity, below
from tests.evidence.catalogue.worlds import CLERK, OFFICER, World, taken

OTHER = "badge 009999"
NOBODY = ClipId("0197f000-0000-7000-8000-000000000000")
REACHES = [
    None,
    *(
        Reach(own, units, cases, sensitivities)
        for own, units, cases, sensitivities in product(
            (None, OFFICER, OTHER),
            (None, frozenset[str](), frozenset({"unit-1"}), frozenset({"unit-2"})),
            (frozenset[str](), frozenset({"A-1"}), frozenset({""})),
            (None, frozenset[str](), frozenset({"minors"})),
        )
    ),
]


def clips(world: World) -> list[ClipId]:
    """Clips of one docking of OFFICER that differ in all that decides."""
    files = [taken(number, b"DCIM/%d.mp4" % number, b"%d" % number) for number in range(5)]
    made = [one.clip for one in world.take(world.dock(), *files)]
    tags: list[dict[desk.Field, str | None]] = [
        {},
        {"recorded_by": OTHER},
        {"case_number": "A-1", "recorded_by": OTHER},
        {"sensitivity": "minors"},
        {"sensitivity": "nobody has heard of it", "case_number": "A-1"},
    ]
    with world.ledger.commit() as commit:
        for clip, wanted in zip(made, tags, strict=True):
            desk.tagged(commit, clip, wanted, CLERK)
    return made


def test_the_catalogue_and_the_rule_agree_on_every_clip_for_every_reach(world: World) -> None:
    made = clips(world)
    told = 0
    with reading(world.engine) as connection:
        for reach in REACHES:
            found = set(connection.execute(select(schema.clip.c.id).where(seen(reach))).scalars())
            for clip in made:
                placed = placed_of(connection, world.station, clip)
                assert placed is not None
                expected = reach is None or reach.sees(placed)
                assert (clip in found) is expected, (reach, placed)
                assert sees(connection, world.station, clip, reach) is expected
                told += expected
    assert 100 < told < len(REACHES) * len(made) - 100


def test_a_fault_says_whether_the_clip_is_anothers_or_only_restricted(world: World) -> None:
    own, others, _, restricted, unknown = clips(world)
    officer = Reach(own=OFFICER)
    with reading(world.engine) as connection:
        check_clip(connection, world.station, own, officer)
        with pytest.raises(ClipOutOfReach):
            check_clip(connection, world.station, others, officer)
        with pytest.raises(ClipRestricted) as caught:
            check_clip(connection, world.station, restricted, officer)
        assert caught.value.fields == {"clip": restricted, "sensitivity": "minors"}
        with pytest.raises(ClipRestricted):
            check_clip(connection, world.station, unknown, Reach(units=None, sensitivities=frozenset(Sensitivity)))
        with pytest.raises(NoSuchClip):
            check_clip(connection, world.station, NOBODY, None)


def test_a_docking_is_listed_by_who_docked_or_by_unit_and_its_papers_take_the_right_to_every_clip(world: World) -> None:
    made = clips(world)
    docking = DockingId(world.row(schema.docking)["id"])
    with reading(world.engine) as connection:
        for reach in REACHES:
            listed = connection.execute(select(schema.docking.c.id).where(docking_seen(reach))).first() is not None
            near = reach is None or reach.own == OFFICER or reach.units is None or "unit-1" in reach.units
            assert listed is near
            whole = near and all(sees(connection, world.station, clip, reach) for clip in made)
            try:
                check_docking(connection, world.station, docking, reach)
            except DockingOutOfReach:
                assert not whole, reach
            else:
                assert whole, reach


def test_a_station_that_began_anew_is_of_the_unit_that_it_has_now(world: World) -> None:
    (clip, *_) = clips(world)
    with world.ledger.begin_log("unit-2", 2) as commit:
        desk.viewed(commit, clip, CLERK)
    with reading(world.engine) as connection:
        assert not sees(connection, world.station, clip, Reach(units=frozenset({"unit-1"})))
        assert sees(connection, world.station, clip, Reach(units=frozenset({"unit-2"})))


def test_a_branch_reaches_what_stands_below_it_and_a_circle_ends() -> None:
    parents = {"district": "city", "station-1": "district", "station-2": "district", "elsewhere": None, "a": "b", "b": "a"}
    assert below(frozenset({"district"}), parents) == {"district", "station-1", "station-2"}
    assert below(frozenset({"station-1", "nobody entered it"}), parents) == {"station-1", "nobody entered it"}
    assert below(frozenset({"a"}), parents) == {"a", "b"}
    assert below(frozenset({"city"}), parents) == {"city", "district", "station-1", "station-2"}


def test_an_empty_reach_sees_nothing() -> None:
    assert not Reach().sees(Placed(None, "", None, None))
    assert not Reach(cases=frozenset({""})).sees(Placed(None, "", None, None))
