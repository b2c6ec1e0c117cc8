"""Copies let go of and brought back, cards erased: each clip of a content gets its entry, and the row says where the bytes are."""

from __future__ import annotations

import pytest

from evidence.canonical import digest
from evidence.catalogue import schema
from evidence.catalogue.acts import desk, erasing, space
from evidence.catalogue.acts.desk import Field
from evidence.catalogue.acts.space import LetGo
from evidence.erasure import Erased, EraseRule, Plan, PlannedFile, Stays
from evidence.facts import ClipState
from evidence.ids import ClipId, DeviceKey, Digest
from tests.evidence.catalogue.worlds import CAMERA, OPERATOR, World, last, opened, taken

FOOTAGE = Digest(digest(b"footage"))
OTHER_CAMERA = DeviceKey("dsj:T000999")


def let_go(world: World, sha256: Digest = FOOTAGE, size: int = 7) -> list[LetGo]:
    with world.ledger.commit() as commit:
        return space.evicted(commit, [LetGo(sha256, size, "a receipt", "s3:far/b", "k", "v", "composite")], OPERATOR)


def bring_back(world: World) -> bool:
    with world.ledger.commit() as commit:
        return space.recalled(commit, FOOTAGE, 7, "s3:far/b", medium="direct", vaults=1)


def twins(world: World) -> list[ClipId]:
    """Two clips of one content."""
    one = world.take(world.dock(), taken(0, b"a.mp4", b"footage"))[0].clip
    other = world.take(world.dock(OTHER_CAMERA), taken(0, b"b.mp4", b"footage"), device=OTHER_CAMERA)[0].clip
    return [one, other]


def test_every_clip_of_a_content_that_leaves_has_an_entry(world: World) -> None:
    clips = twins(world)
    assert len(let_go(world)) == 1
    entries = world.entries()[-2:]
    assert {(one["type"], one["subject"]) for one in entries} == {("evicted", f"clip:{clip}") for clip in clips}
    assert entries[0]["what"] == entries[1]["what"]
    assert world.row(schema.blob)["evicted_at"] == entries[0]["when"]["utc"]
    world.check_log()


def test_what_left_cannot_leave_again_and_what_is_there_cannot_come_back(world: World) -> None:
    twins(world)
    assert bring_back(world) is False
    let_go(world)
    assert let_go(world) == []
    size = len(world.entries())
    assert bring_back(world) is True
    assert len(world.entries()) == size + 2
    assert world.row(schema.blob)["evicted_at"] is None
    assert let_go(world, Digest("ab" * 32)) == [], "a content that nobody knows"


@pytest.mark.parametrize("device", [CAMERA, OTHER_CAMERA], ids=["seen again", "another clip"])
def test_docked_again_it_is_there_again_and_an_entry_says_so(world: World, device: DeviceKey) -> None:
    world.take(world.dock(), taken(0, b"a.mp4", b"footage"))
    let_go(world)
    docking = world.dock(device)
    world.take(docking, taken(0, b"a.mp4", b"footage", vaults=2), taken(1, b"twin.mp4", b"footage", vaults=2), device=device)
    found = [one for one in world.entries() if one["type"] == "recalled"]
    assert {one["what"]["source"] for one in found} == {f"docking:{docking}"}
    assert {one["subject"] for one in found} == {f"clip:{row['id']}" for row in world.rows(schema.clip)}
    assert {one["what"]["vaults"] for one in found} == {2}
    assert world.row(schema.blob)["evicted_at"] is None
    world.check_log()


def test_contents_in_the_order_in_which_they_may_go(world: World) -> None:
    docking = world.dock()
    contents = {name: name.encode() for name in ("old", "classified", "cased", "noted", "shared")}
    clips = {
        name: world.take(docking, taken(place, name.encode(), content))[0].clip
        for place, (name, content) in enumerate(contents.items())
    }
    later = world.dock(OTHER_CAMERA)
    world.take(
        later, taken(0, b"x", b"new"), taken(1, b"y", b"shared"), taken(2, b"", b"", state=ClipState.EMPTY), device=OTHER_CAMERA
    )
    tags: dict[str, dict[Field, str | None]] = {
        "classified": {"category": "c"},
        "cased": {"case_number": "A"},
        "noted": {"note": "n"},
    }
    for name, tag in tags.items():
        with world.ledger.commit() as commit:
            desk.tagged(commit, clips[name], tag, OPERATOR)
    with world.queries() as queries:
        found = queries.contents_by_importance()
        assert queries.clips_of(digest(b"shared")) == [(one, "open") for one, _ in queries.clips_of(digest(b"shared"))]
        assert len(queries.clips_of(digest(b"shared"))) == 2
    names = {digest(content): name for name, content in (contents | {"new": b"new"}).items()}
    told = [(names[one.sha256], one.importance) for one in found]
    assert told[0] == ("old", 0)
    assert set(told[1:3]) == {("new", 0), ("shared", 0)}, "as new as the newest of its clips"
    assert told[3:] == [("classified", 1), ("cased", 2), ("noted", 2)]
    let_go(world, Digest(digest(b"old")), 3)
    with world.queries() as queries:
        assert names[queries.contents_by_importance()[0].sha256] != "old"
        assert queries.evicted() == [digest(b"old")]
        assert queries.clip_bytes() == sum(one.size for one in found) - 3
        assert digest(b"old") not in {one[0] for one in queries.blobs_longest_unverified(10)}
        row = queries.clip(clips["old"])
        assert row is not None
        assert row.evicted_at is not None


def test_what_the_forecast_asks(world: World) -> None:
    docking = world.dock()
    with world.ledger.commit() as commit:
        commit.connection.execute(
            schema.inventory.update()
            .where(schema.inventory.c.docking == docking)
            .values(listing=b'{"space":{"total":"9007199254740993","free":5},"items":[]}')
        )
    world.take(docking, taken(0, b"a.mp4", b"footage"), taken(1, b"b.mp4", b"more"))
    with world.queries() as queries:
        (found,) = queries.dockings_since("2000")
        assert (found.device, found.new_bytes, found.total, found.free) == (CAMERA, 11, 9007199254740993, 5)
        assert queries.dockings_since("2999") == []
        assert queries.received_since("2000") == []
        assert queries.bytes_to_send() == 0
        assert queries.waits_to_be_sent(FOOTAGE) is False


def test_erasing_begins_and_ends_in_the_log(world: World) -> None:
    docking = world.dock()
    one = PlannedFile(3, b"DCIM/badge 7.mp4", 7, 1, FOOTAGE, None)
    plan = Plan(EraseRule.AFTER_VAULT, "Superintendent 000001", ((one,),), {Stays.EMPTY: (1,)}, (), (b"new.mp4",))
    with world.ledger.commit() as commit:
        begun = erasing.erase_begun(commit, docking, plan, OPERATOR)
    entry = last(world)
    assert (entry["id"], entry["what"]["positions"], entry["what"]["rule"]) == (begun, [[3, 1]], "after-vault")
    assert entry["what"]["plan_sha256"] == digest(f'[[3,"{FOOTAGE}",7,null]]'.encode())
    assert opened(world, entry, entry["what"]["waiver"]) == "Superintendent 000001"
    erased = Erased(removed=[3], freed=7, gone=[2], unlisted=plan.unlisted)
    erased.kept[Stays.EMPTY] = [1]
    with world.ledger.commit() as commit:
        erasing.erase_ended(commit, docking, begun, erased, OPERATOR)
    assert last(world)["what"] == {
        "begun": begun,
        "removed": [[3, 1]],
        "gone": [[2, 1]],
        "kept": {"empty": [[1, 1]]},
        "unlisted": 1,
        "bytes": 7,
    }
    world.check_log()
