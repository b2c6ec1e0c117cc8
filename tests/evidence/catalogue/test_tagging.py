"""Many clips tagged at once, tags taken back, and what the log says of a clip field by field; on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evidence.catalogue import schema
from evidence.catalogue.acts import desk
from evidence.catalogue.acts.desk import CHUNK, Amendment, NoSuchClip, Wanted
from evidence.catalogue.acts.undoing import NoSuchTag, TagErased, TagOverwritten, TagUndone, tags_of_commit, undone
from evidence.catalogue.connect import reading
from evidence.catalogue.desk import Desk
from evidence.catalogue.histories import Place, Value
from evidence.catalogue.ledger import BATCH
from evidence.errors import EvidenceError
from evidence.ids import ClipId, DeviceKey
from evidence.reach import ClipOutOfReach, ClipRestricted, Reach
from tests.evidence.catalogue.worlds import CLERK, OPERATOR, World, opened, taken

NOBODY = ClipId("0197f000-0000-7000-8000-000000000000")


def clips_of(world: World, count: int, device: str = "dsj:T000123", officer: str | None = "004567") -> list[ClipId]:
    docking, before = world.dock(DeviceKey(device), officer), len(world.rows(schema.clip))
    files = [taken(at, b"%d.mp4" % (before + at), b"%d" % (before + at)) for at in range(count)]
    return [one.clip for one in world.take(docking, *files, device=DeviceKey(device))]


def tag(world: World, clips: Sequence[ClipId], wanted: Wanted) -> dict[ClipId, list[Amendment]]:
    told: dict[ClipId, list[Amendment]] = {}
    with world.ledger.commit() as commit:
        desk.tagged_all(commit, clips, wanted, CLERK, told.__setitem__)
    return told


def undo(world: World, place: Place, *, anyway: bool = False) -> list[Amendment]:
    with world.ledger.commit() as commit:
        return undone(commit, place, OPERATOR, anyway=anyway)[1]


def history(world: World, clip: ClipId) -> list[Value]:
    with reading(world.engine) as connection:
        return Desk(connection, world.station, None).history(clip)


def newest(world: World) -> Place:
    return (1, len(world.entries()) - 1)


def row(world: World, clip: ClipId) -> dict[str, object]:
    return next(one for one in world.rows(schema.clip) if one["id"] == clip)


def test_many_clips_are_tagged_in_one_commit_with_an_entry_for_each(world: World) -> None:
    clips = clips_of(world, CHUNK + 7)
    heads = len(world.rows(schema.checkpoint))
    tag(world, clips[:2], {"category": "traffic"})
    told = tag(world, [*clips, clips[0]], {"category": "traffic", "case_number": "A-17"})
    assert list(told) == clips
    assert [one.field for one in told[clips[0]]] == ["case_number"]
    assert [(one.field, one.old) for one in told[clips[5]]] == [("category", "unclassified"), ("case_number", None)]
    assert len(world.rows(schema.checkpoint)) == heads + 2
    assert len([one for one in world.entries() if one["type"] == "tagged"]) == 2 + len(clips)
    assert {(one["category"], one["case_number"]) for one in world.rows(schema.clip)} == {("traffic", "A-17")}
    world.check_log()


def test_a_commit_longer_than_it_holds_in_memory_is_whole(world: World) -> None:
    clips = clips_of(world, 5)
    with world.ledger.commit() as commit:
        for at in range(BATCH // 5 + 2):
            desk.tagged_all(commit, clips, {"note": f"note {at}"}, CLERK, lambda _clip, _amendments: None)
    assert {one["note"] for one in world.rows(schema.clip)} == {f"note {BATCH // 5 + 1}"}
    entry = world.entries()[-1]
    assert opened(world, entry, entry["what"]["changes"][0]["old"]) == f"note {BATCH // 5}"
    world.check_log()


def test_a_commit_that_fails_after_it_handed_entries_over_leaves_nothing(world: World) -> None:
    clips = clips_of(world, 5)
    before = world.everything()

    def too_much() -> None:
        with world.ledger.commit() as commit:
            for at in range(BATCH // 5 + 2):
                desk.tagged_all(commit, clips, {"note": f"note {at}"}, CLERK, lambda _clip, _amendments: None)
            desk.tagged(commit, NOBODY, {"note": "x"}, CLERK)

    with pytest.raises(NoSuchClip):
        too_much()
    assert world.everything() == before


def test_what_would_change_is_told_and_not_done(world: World) -> None:
    clips = clips_of(world, 3)
    tag(world, clips[:1], {"importance": "1"})
    before = world.everything()
    told: dict[ClipId, list[Amendment]] = {}
    with reading(world.engine) as connection:
        asked = Desk(connection, world.station, None)
        asked.would_tag(clips, {"importance": "1", "place": "by the mill"}, told.__setitem__)
        with pytest.raises(NoSuchClip):
            asked.would_tag([*clips, NOBODY], {"importance": "1"}, told.__setitem__)
    assert [len(told[clip]) for clip in clips] == [1, 2, 2]
    assert world.everything() == before


def test_all_fields_at_once_and_only_those_that_name_nobody_stand_in_plain(world: World) -> None:
    (clip,) = clips_of(world, 1)
    wanted: Wanted = {
        "recorded_by": "005555",
        "incident": NOBODY,
        "importance": "2",
        "sensitivity": "minors",
        "place": "by the mill",
    }
    tag(world, [clip], wanted)
    changes = {one["field"]: one["new"] for one in world.entries()[-1]["what"]["changes"]}
    assert (changes["incident"], changes["importance"], changes["sensitivity"]) == (NOBODY, "2", "minors")
    assert opened(world, world.entries()[-1], changes["place"]) == "by the mill"
    assert opened(world, world.entries()[-1], changes["recorded_by"]) == "005555"
    assert {name: row(world, clip)[name] for name in wanted} == wanted


def test_history_tells_who_gave_each_value_when_and_where_it_stands(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"case_number": "A-17", "category": "traffic"})
    place = newest(world)
    tag(world, [clip], {"category": "dispute"})
    found = history(world, clip)
    assert [(one.field, one.old, one.new) for one in found] == [
        ("case_number", None, "A-17"),
        ("category", "unclassified", "traffic"),
        ("category", "traffic", "dispute"),
    ]
    assert (found[0].person, found[0].role, found[0].place) == (CLERK.person, "clerk", place)
    assert found[0].at == world.entries()[place[1]]["when"]["utc"]
    assert not any(one.erased or one.undoes or one.undone_by for one in found)


def test_a_tag_is_taken_back_by_an_amendment_that_names_it(world: World) -> None:
    (clip,) = clips_of(world, 1)
    before = row(world, clip)
    tag(world, [clip], {"case_number": "A-17", "category": "traffic"})
    place = newest(world)
    made = undo(world, place)
    assert [(one.field, one.old, one.new) for one in made] == [
        ("case_number", "A-17", None),
        ("category", "traffic", "unclassified"),
    ]
    assert row(world, clip) == before
    note, entry = world.entries()[-2:]
    assert (note["type"], note["what"], note["actor"]["role"]) == (
        "noted",
        {"did": "tag-undone", "epoch": 1, "seq": place[1]},
        "administrator",
    )
    assert (entry["type"], entry["actor"]["role"]) == ("tagged", "administrator")
    found = history(world, clip)
    assert [one.undone_by for one in found] == [newest(world), newest(world), None, None]
    assert [one.undoes for one in found] == [None, None, place, place]
    world.check_log()


def test_a_tag_is_taken_back_once_and_taking_back_can_be_taken_back(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"case_number": "A-17"})
    first = newest(world)
    undo(world, first)
    second = newest(world)
    with pytest.raises(TagUndone) as caught:
        undo(world, first)
    assert caught.value.fields == {"entry": f"1/{first[1]}", "by": f"1/{second[1]}"}
    undo(world, second)
    assert row(world, clip)["case_number"] == "A-17"
    assert history(world, clip)[0].undone_by is None
    undo(world, first)
    assert row(world, clip)["case_number"] is None


def test_what_was_changed_since_is_not_undone_unless_told(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"case_number": "A-17", "note": "a"})
    first = newest(world)
    tag(world, [clip], {"case_number": "A-18"})
    second = newest(world)
    before = world.everything()
    with pytest.raises(TagOverwritten) as caught:
        undo(world, first)
    assert caught.value.fields == {"entry": f"1/{first[1]}", "clip": clip, "field": "case_number", "by": f"1/{second[1]}"}
    assert world.everything() == before
    assert [(one.field, one.new) for one in undo(world, first, anyway=True)] == [("case_number", None), ("note", None)]


def test_changed_and_changed_back_counts_as_changed_since(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"case_number": "A-17"})
    first = newest(world)
    for number in ("A-18", "A-17"):
        tag(world, [clip], {"case_number": number})
    with pytest.raises(TagOverwritten):
        undo(world, first)


def test_after_the_later_one_was_taken_back_the_earlier_one_can_be(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"case_number": "A-17"})
    first = newest(world)
    tag(world, [clip], {"case_number": "A-18"})
    undo(world, newest(world))
    undo(world, first)
    assert row(world, clip)["case_number"] is None


def test_everything_that_one_command_tagged_is_found_by_any_of_its_entries(world: World) -> None:
    clips = clips_of(world, 4)
    tag(world, clips[:1], {"note": "before"})
    begin = len(world.entries())
    tag(world, clips, {"category": "traffic"})
    tag(world, clips[:1], {"note": "after"})
    with world.ledger.commit() as commit:
        assert tags_of_commit(commit, (1, begin + 2)) == [(1, begin + at) for at in (3, 2, 1, 0)]


@pytest.mark.parametrize("place", [(1, 0), (1, 10**9), (7, 0)], ids=["another-act", "beyond", "no-such-log"])
def test_there_is_no_tag_at_another_place(world: World, place: Place) -> None:
    before = world.everything()
    with pytest.raises(NoSuchTag):
        undo(world, place)
    assert world.everything() == before


def test_a_value_that_was_erased_is_not_guessed(world: World) -> None:
    (clip,) = clips_of(world, 1)
    tag(world, [clip], {"note": "a name"})
    tag(world, [clip], {"note": "another"})
    with world.engine.begin() as connection:
        connection.execute(schema.personal_value.delete().where(schema.personal_value.c.field == "note.old"))
    found = history(world, clip)[-1]
    assert (found.erased, found.old, found.new) == (True, None, "another")
    with pytest.raises(TagErased):
        undo(world, newest(world))


def test_the_clip_before_is_the_last_of_the_same_camera_else_of_the_same_officer(world: World) -> None:
    first, second = clips_of(world, 2, "dsj:1", "004567")
    other = clips_of(world, 1, "dsj:2", "005555")[0]
    third = clips_of(world, 1, "dsj:1", "005555")[0]
    swapped = clips_of(world, 1, "dsj:3", "004567")[0]
    stranger = clips_of(world, 1, "dsj:4", None)[0]
    with reading(world.engine) as connection:
        asked = Desk(connection, world.station, None)
        assert [asked.previous(one) for one in (second, third, swapped, other, first, stranger)] == [
            first,
            second,
            second,
            None,
            None,
            None,
        ]
        with pytest.raises(NoSuchClip):
            asked.previous(NOBODY)
        mine = Desk(connection, world.station, Reach(own="005555"))
        assert mine.previous(third) == other, "another officer's clip is out of reach"


def test_by_the_recorders_time_where_there_is_one(world: World) -> None:
    first, second, third = clips_of(world, 3)
    with world.engine.begin() as connection:
        for clip, moment in ((first, "2026-11-21T09:00:00.000000Z"), (third, "2026-11-21T08:00:00.000000Z")):
            connection.execute(schema.clip.update().where(schema.clip.c.id == clip).values(recorded_at=moment))
    with reading(world.engine) as connection:
        asked = Desk(connection, world.station, None)
        assert asked.previous(first) == third
        assert asked.previous(third) is None
        assert asked.previous(second) == first, "it says nothing of its own, and was taken after the others were recorded"


@pytest.mark.parametrize(
    ("reach", "fault"), [(Reach(own="005555"), ClipOutOfReach), (Reach(units=frozenset({"unit-1"})), ClipRestricted)]
)
def test_what_is_out_of_reach_is_refused_by_its_name(world: World, reach: Reach, fault: type[EvidenceError]) -> None:
    clips = clips_of(world, 3)
    tag(world, clips[1:2], {"sensitivity": "minors"})
    with reading(world.engine) as connection:
        asked = Desk(connection, world.station, reach)
        with pytest.raises(fault) as caught:
            asked.check_clips(clips)
        assert caught.value.fields["clip"] == clips[0 if fault is ClipOutOfReach else 1]
        Desk(connection, world.station, None).check_clips(clips)


def test_categories_in_use_the_most_frequent_first(world: World) -> None:
    clips = clips_of(world, 4)
    tag(world, clips[:1], {"category": "free text of before"})
    with reading(world.engine) as connection:
        assert Desk(connection, world.station, None).categories_in_use() == [("unclassified", 3), ("free text of before", 1)]
        assert Desk(connection, world.station, Reach(own="005555")).categories_in_use() == []
