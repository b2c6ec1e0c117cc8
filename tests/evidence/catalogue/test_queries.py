"""Questions to the catalogue: every page border, every filter, one station at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert

from evidence.catalogue import queries as module
from evidence.catalogue import schema
from evidence.catalogue.acts import delivery, desk
from evidence.catalogue.connect import writing
from evidence.catalogue.proofs import StoredTree
from evidence.catalogue.queries import EntryRow
from evidence.catalogue.seeking import Sought
from evidence.catalogue.upkeep import blobs_verified
from evidence.custody import merkle
from evidence.custody.entry import Act, Draft
from evidence.facts import ClipState
from evidence.ids import ClipId, DockingId, ReceiptId, StationId
from tests.evidence.catalogue.worlds import CLERK, OFFICER, OPERATOR, World, root, taken

NOBODY = "0197f000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7])
def test_no_page_border_loses_or_repeats_a_clip_or_an_entry(world: World, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    docking = world.dock()
    made = [one.clip for one in world.take(docking, *(taken(at, b"%d" % at, b"%d" % at) for at in range(count)))]
    with world.queries() as queries:
        assert [row.id for row in queries.clips()] == made
        assert [row.id for row in queries.clips(docking=docking)] == made
        assert [row.seq for row in queries.entries()] == list(range(3 + 2 * count))
        assert [row.position for row in queries.sightings(docking=docking)] == list(range(count))


def test_pages_of_a_thousand(world: World) -> None:
    docking = world.dock()
    for group in range(3):
        world.take(docking, *(taken(at, b"%05d" % at, b"%d" % at) for at in range(group * 500, group * 500 + 500)))
    with world.queries() as queries:
        assert [row.path for row in queries.clips()] == [b"%05d" % at for at in range(1500)]
        assert [row.seq for row in queries.entries()] == list(range(3003))


def test_entries_cross_epochs_and_keep_their_personal_values(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    for epoch in (1, 2, 3):
        if epoch > 1:
            with world.ledger.begin_log("unit-1", epoch) as commit:
                commit.append(Draft(Act.RECOVERED, "station", {}, OPERATOR))
        for _ in range(epoch + 1):
            with world.ledger.commit() as commit:
                commit.append(Draft(Act.VIEWED, "clip:a", {}, OPERATOR))
    with world.queries() as queries:
        found = list(queries.entries())
        assert [(row.epoch, row.seq) for row in found] == [(epoch, seq) for epoch in (1, 2, 3) for seq in range(epoch + 2)]
        assert {row.personal["actor"] for row in found} == {"Operator Nine"}
        assert [(row.epoch, row.seq) for row in queries.entries("station")] == [(1, 0), (2, 0), (3, 0)]
        assert len(list(queries.entries("clip:a", "station"))) == len(found)
        assert list(queries.entries("clip:b")) == []


def test_entries_are_sought_by_kind_act_person_and_time_in_either_direction(world: World) -> None:
    for epoch in (1, 2):
        if epoch > 1:
            with world.ledger.begin_log("unit-1", epoch) as commit:
                commit.append(Draft(Act.RECOVERED, "station", {}, OPERATOR))
        for act, subject in ((Act.VIEWED, "clip:a"), (Act.TAGGED, "clip:b"), (Act.VIEWED, "clip%:c"), (Act.NOTED, "docking:a")):
            with world.ledger.commit() as commit:
                commit.append(Draft(act, subject, {}, OPERATOR if epoch == 1 else CLERK))
    with world.queries() as queries:
        whole = list(queries.entries())
        middle = whole[len(whole) // 2].body["when"]["utc"]
        person = whole[0].personal["actor"]
        wanted: list[tuple[Sought, Callable[[EntryRow], bool]]] = [
            (Sought(), lambda _one: True),
            (Sought(kind="clip"), lambda one: one.body["subject"].startswith("clip:")),
            (Sought(acts=("viewed", "noted")), lambda one: one.body["type"] in {"viewed", "noted"}),
            (Sought(person=person), lambda one: one.personal["actor"] == person),
            (Sought(since=middle), lambda one: one.body["when"]["utc"] >= middle),
            (Sought(until=middle), lambda one: one.body["when"]["utc"] < middle),
            (Sought("clip", ("viewed",), person, None, None), lambda one: one.body["subject"] == "clip:a" and one.epoch == 1),
        ]
        for sought, fits in wanted:
            expected = [(one.epoch, one.seq) for one in whole if fits(one)]
            for page in (1, 3, 100):
                assert [(one.epoch, one.seq) for one in queries.entries(page=page, sought=sought)] == expected
                turned = queries.entries(page=page, sought=sought, newest_first=True)
                assert [(one.epoch, one.seq) for one in turned] == expected[::-1]
            behind = queries.entries(after=(1, 2), sought=sought, newest_first=True)
            assert [(one.epoch, one.seq) for one in behind] == [one for one in expected[::-1] if one < (1, 2)]


def test_clips_by_case_category_and_docking(world: World) -> None:
    first, second = world.dock(), world.dock()
    a, b = (one.clip for one in world.take(first, taken(0, b"a", b"a"), taken(1, b"b", b"b")))
    (c,) = (one.clip for one in world.take(second, taken(0, b"c", b"c")))
    with world.ledger.commit() as commit:
        desk.tagged(commit, a, {"case_number": "A-1", "category": "traffic"}, OPERATOR)
        desk.tagged(commit, c, {"case_number": "A-1"}, OPERATOR)
    with world.queries() as queries:

        def ids(**wanted: str) -> list[str]:
            return [row.id for row in queries.clips(**wanted)]  # type: ignore[arg-type]  # ids are text

        assert ids(case_number="A-1") == [a, c]
        assert ids(category="unclassified") == [b, c]
        assert ids(case_number="A-1", docking=second) == [c]
        assert ids(case_number="A-1", category="traffic", docking=first) == [a]
        assert ids(case_number="a-1") == ids(docking=NOBODY) == []


def test_a_clip_shows_what_is_known_of_it(world: World) -> None:
    docking = world.dock()
    one, empty = world.take(docking, taken(0, b"a\xff", b"abc"), taken(1, b"e", b"", state=ClipState.EMPTY))
    receipt = ReceiptId("0197f000-0000-7000-8000-000000000009")
    with world.ledger.commit() as commit:
        delivery.received(commit, receipt, f"clip:{one.clip}", {}, {"kind": "trial"}, proof="full", trial=True)
    with world.queries() as queries:
        row, other = queries.clip(one.clip), queries.clip(empty.clip)
        assert row is not None
        assert other is not None
        assert (row.path, row.size, row.officer, row.received) == (b"a\xff", 3, OFFICER, True)
        assert row.last_verified_at == row.taken_at
        assert (other.received, other.last_verified_at, other.state) == (False, None, "empty")
    for number, key in enumerate(("manifests", "records")):
        body = {"object_key": f"s1/{key}/{docking}.jsonl"}
        with world.ledger.commit() as commit:
            confirmed = ReceiptId(f"0197f000-0000-7000-8000-00000000001{number}")
            delivery.received(commit, confirmed, f"docking:{docking}", {}, body, proof="full", trial=True)
        with world.queries() as queries:
            found = queries.clip(empty.clip)
            assert found is not None
            assert found.received is (key == "records")
    with world.queries() as queries:
        assert queries.clip(ClipId(NOBODY)) is None
        assert [one.id for one in queries.receipts(f"clip:{row.id}")] == [receipt]
        assert queries.receipts("clip:none") == []
        assert len(queries.receipts()) == 3


def test_dockings_oldest_first_and_by_state(world: World) -> None:
    made = [world.dock() for _ in range(3)]
    with world.ledger.commit() as commit:
        from evidence.catalogue.acts import docking as acts

        acts.refused(commit, made[1], "space", {})
    with world.queries() as queries:
        assert [row.id for row in queries.dockings()] == made
        assert [row.id for row in queries.dockings("open")] == [made[0], made[2]]
        row = queries.docking(made[0])
        assert row is not None
        assert (row.officer, row.acquisition["method"]) == (OFFICER, "folder")
        assert queries.docking(DockingId(NOBODY)) is None
        assert queries.listing(made[0]) is not None
        assert queries.listing(DockingId(NOBODY)) is None
        assert not queries.is_sealed(row.card_sha256 or "")
        said = queries.opened_commitment(f"docking:{made[0]}", "docked", "officer")
        assert said == world.entries(f"docking:{made[0]}")[0]["what"]["officer"]


def test_one_station_does_not_see_another(engine: Engine) -> None:
    one, two = World(engine, StationId("s1")).begin(), World(engine, StationId("s2")).begin()
    docking = one.dock()
    (sighted,) = one.take(docking, taken(0, b"a", b"a"))
    with two.queries() as queries:
        assert list(queries.clips()) == []
        assert queries.clip(sighted.clip) is None
        assert queries.docking(docking) is None
        assert queries.dockings() == []
        assert list(queries.sightings(docking=docking)) == []
        assert [row.seq for row in queries.entries()] == [0]
        assert queries.head().origin == "evidence-station/s2/1"
        assert (queries.count("clip"), queries.clip_bytes()) == (0, 0)
        assert queries.blobs_longest_unverified(10) == []
    with one.queries() as queries:
        assert (queries.count("clip"), queries.clip_bytes(), queries.unit()) == (1, 1, "unit-1")


def test_the_head_and_the_checkpoints_at_exact_sizes(world: World) -> None:
    world.dock()
    with world.queries() as queries:
        head = queries.head()
        assert (head.epoch, head.size) == (1, 3)
        assert queries.checkpoint_at(1, 3) == head.note
        assert queries.checkpoint_at(1, 2) is None
        assert queries.last_witnessed(1) is None
    with writing(world.engine) as connection:
        for size in (1, 3):
            connection.execute(insert(schema.witnessed).values(station="s1", epoch=1, size=size, store="folder", at="x"))
    with world.queries() as queries:
        assert queries.last_witnessed(1) == 3
        assert queries.last_witnessed(2) is None


def test_the_stored_tree_proves_every_entry(world: World) -> None:
    docking = world.dock()
    world.take(docking, *(taken(at, b"%d" % at, b"%d" % at) for at in range(10)))
    leaves = [merkle.leaf_hash(bytes(row["body"])) for row in world.rows(schema.custody_entry)]
    with writing(world.engine) as connection:
        tree = StoredTree(connection, world.station, 1)
        for size in (1, 2, 7, len(leaves)):
            assert tree.root(size) == root(leaves[:size])
            for seq in range(size):
                assert merkle.check_inclusion(leaves[seq], seq, size, tree.inclusion(seq, size), root(leaves[:size]))
            proof = tree.consistency(size, len(leaves))
            assert merkle.check_consistency(size, len(leaves), proof, root(leaves[:size]), root(leaves))


def test_the_blobs_that_were_not_re_read_for_longest_come_first(world: World) -> None:
    docking = world.dock()
    files = [taken(at, b"%d" % at, b"%d" % at) for at in range(4)]
    for file in files:
        world.take(docking, file)
    blobs_verified(world.engine, world.station, [files[0].sha256, files[2].sha256], "2030-01-01T00:00:00.000000Z")
    with world.queries() as queries:
        order = [row[0] for row in queries.blobs_longest_unverified(10)]
        assert order[:2] == [files[1].sha256, files[3].sha256]
        assert set(order[2:]) == {files[0].sha256, files[2].sha256}
        assert len(queries.blobs_longest_unverified(3)) == 3
    assert len(world.entries()) == 3 + 8, "upkeep is no act of the log"
