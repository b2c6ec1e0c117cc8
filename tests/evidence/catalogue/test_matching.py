"""What the matcher reads and writes, on both databases: material, what has changed, decisions, and the lists of what has no counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import update

from evidence.catalogue import schema
from evidence.catalogue.acts import desk, feeds
from evidence.catalogue.acts import incidents as acts
from evidence.catalogue.acts import matches as decisions
from evidence.catalogue.acts.feeds import Brought
from evidence.catalogue.acts.matches import MatchSettled, NoSuchMatch
from evidence.catalogue.connect import reading, writing
from evidence.catalogue.matching import Matchable
from evidence.catalogue.sheets import Sheets
from evidence.facts import ClipState, Taken
from evidence.ids import ClipId, Digest, SheetId
from evidence.incidents import Incident, incident_of
from evidence.matches import Match, Policy, match_of
from evidence.matching import match
from evidence.reach import Reach
from evidence.shifts import Shift
from tests.evidence.catalogue.worlds import CLERK, OFFICER, World

DAY = "2026-11-21T"
CALL = Incident(
    "J1",
    f"{DAY}02:00:00.000000Z",
    f"{DAY}02:40:00.000000Z",
    officers=(OFFICER,),
    source="cad",
    arrived_at=f"{DAY}02:08:00.000000Z",
)
LINE = Shift("7", OFFICER, f"{DAY}00:00:00.000000Z", f"{DAY}12:00:00.000000Z", unit="U1", source="roster")


@pytest.fixture
def clips(world: World) -> list[ClipId]:
    """A sealed docking with a recording of two clips at a call, one of nothing, and the camera's own notes."""
    world.clock.run(8 * 3600)
    docking = world.dock()
    names = (b"a1.mp4", b"a2.mp4", b"b.mp4", b"day.log")
    files = [Taken(n, name, 7, Digest(f"{n}" * 64), ClipState.VERIFIED, "direct", 1) for n, name in enumerate(names)]
    world.take(docking, *files)
    made = [ClipId(row["id"]) for row in world.rows(schema.clip)]
    told = zip(
        made, ("02:09", "02:14", "05:00", "02:09"), (300_000, 300_000, 300_000, None), ("r1", "r1", None, None), strict=True
    )
    with writing(world.engine) as connection:  # as sealing does, without a manifest
        for clip, at, length, recording in told:
            values = {"recorded_at": f"{DAY}{at}:00.000000Z", "duration_ms": length, "recording": recording}
            connection.execute(update(schema.clip).where(schema.clip.c.id == clip).values(**values))
        connection.execute(update(schema.docking).values(state="sealed"))
    return made


def bring(world: World, *records: Brought) -> list[str]:
    with world.ledger.commit() as commit:
        return [feeds.brought(commit, record).outcome for record in records]


@contextmanager
def asked(world: World) -> Iterator[Matchable]:
    with reading(world.engine) as connection:
        yield Matchable(connection, world.station)


def judge(world: World, accept: bool = True) -> None:
    with asked(world) as matchable:
        every = matchable.every()
        material, versions = matchable.material(every)
        carried = matchable.carried([docking for _, docking in every])
    fits = list(match(carried, material))
    with world.ledger.commit() as commit:
        for clip in [clip for one in carried for made in one.recordings for clip in made.clips]:
            decisions.judged(commit, ClipId(clip), [fit for fit in fits if clip in fit.clips], versions, Policy(accept))


def matches(world: World) -> list[Match]:
    with reading(world.engine) as connection:
        return [match_of(row.said) for row in Sheets(connection, world.station).sheets("match")]


def incidents(world: World, clips: Sequence[ClipId]) -> list[str | None]:
    told = {row["id"]: row["incident"] for row in world.rows(schema.clip)}
    return [told[clip] for clip in clips]


def test_a_record_of_a_feed_is_written_once_and_changed_once(world: World) -> None:
    assert bring(world, CALL, LINE) == ["added", "added"]
    assert bring(world, CALL, LINE) == ["same", "same"]
    assert bring(world, replace(CALL, place="Bund 1"), replace(LINE, device="dsj:1")) == ["changed", "changed"]


def test_a_persons_correction_stands_until_the_source_changes_its_own_word(world: World) -> None:
    bring(world, CALL)
    with world.ledger.commit() as commit:
        row = acts.incident_sheet(Sheets(commit.connection, commit.station), "J1")
        acts.changed(commit, row, replace(CALL, place="Bund 1"), CLERK)
    assert bring(world, CALL) == ["corrected"]
    with reading(world.engine) as connection:
        row = acts.incident_sheet(Sheets(connection, world.station), "J1")
        assert incident_of(row.said, row.kept).place == "Bund 1"
    assert bring(world, replace(CALL, category="theft")) == ["changed"]


def test_what_a_source_has_no_more_stays_and_says_so(world: World) -> None:
    bring(world, CALL, replace(CALL, number="J2"))
    with world.ledger.commit() as commit:
        sheets = Sheets(commit.connection, commit.station)
        (row,) = feeds.missing(sheets, "incident", "cad", {"J2"}, None)
        feeds.gone(commit, row)
        assert list(feeds.missing(sheets, "incident", "cad", {"J2"}, None)) == []
    assert bring(world, CALL) == ["changed"], "it came back"


def test_a_recording_is_matched_with_all_its_clips_and_tagged_by_the_station(world: World, clips: list[ClipId]) -> None:
    bring(world, CALL, LINE)
    judge(world)
    (call,) = {one.incident for one in matches(world)}
    assert incidents(world, clips) == [call, call, None, None]
    assert {entry["actor"]["system"] for entry in world.entries() if entry["type"] == "tagged"} == {"station"}
    world.check_log()


def test_a_persons_word_on_a_clip_is_never_changed(world: World, clips: list[ClipId]) -> None:
    bring(world, CALL)
    with world.ledger.commit() as commit:
        other = SheetId(commit.new_id())
        desk.tagged(commit, clips[0], {"incident": other}, CLERK)
    judge(world)
    assert incidents(world, clips)[0] == other
    assert incidents(world, clips)[1] not in {None, other}


def test_a_match_that_was_decided_otherwise_meanwhile_is_not_accepted(world: World, clips: list[ClipId]) -> None:
    bring(world, CALL)
    judge(world, accept=False)
    with reading(world.engine) as connection:
        first = next(row for row in Sheets(connection, world.station).sheets("match") if row.said["clip"] == clips[0])
    with world.ledger.commit() as commit:
        desk.tagged(commit, clips[0], {"incident": SheetId(commit.new_id())}, CLERK)
    before = world.everything()
    with pytest.raises(MatchSettled), world.ledger.commit() as commit:
        decisions.accepted(commit, first.id, CLERK, "mine")
    with pytest.raises(NoSuchMatch), world.ledger.commit() as commit:
        decisions.rejected(commit, "none", CLERK, None)
    assert world.everything() == before


def test_only_what_changed_is_looked_at_again(world: World, clips: list[ClipId]) -> None:
    with asked(world) as matchable:
        position = matchable.position()
        (docking,) = matchable.every()
        assert matchable.since(*position).nothing
    bring(world, replace(CALL, begins_at="2025-01-01T00:00:00.000000Z", arrived_at=None, ends_at=None))
    with asked(world) as matchable:
        touched = matchable.since(*position)
        assert not touched.nothing
        assert matchable.concerned(touched) == [], "nothing was recorded or docked then"
        position = touched.position
    bring(world, replace(CALL, number="J2"))
    with asked(world) as matchable:
        touched = matchable.since(*position)
        assert matchable.concerned(touched) == [docking]
        position = touched.position
    judge(world)
    with asked(world) as matchable:
        assert matchable.since(*position).nothing, "the station's own words are no news"
        position = matchable.position()
    with world.ledger.commit() as commit:
        desk.tagged(commit, clips[2], {"place": "31.2304,121.4737"}, CLERK)
    with asked(world) as matchable:
        assert matchable.concerned(matchable.since(*position)) == [docking]


def test_the_lists_are_pages_within_reach(world: World, clips: list[ClipId]) -> None:
    bring(world, CALL, replace(CALL, number="J2", officers=("9",)), replace(CALL, number="J3", officers=("9",)))
    judge(world, accept=False)
    told = {"state": "proposed", "clip": None, "incident": None}
    nobody = Reach(own="nobody")
    with asked(world) as matchable:
        one = matchable.matches(None, told, doubted=False, after=None, limit=1)
        rest = matchable.matches(None, told, doubted=False, after=one[0].id, limit=9)
        assert [row.said["clip"] for row in (*one, *rest)] == clips[:2]
        assert matchable.matches(nobody, told, doubted=False, after=None, limit=9) == []
        assert matchable.matches(None, told, doubted=True, after=None, limit=9) == []
        assert [row["id"] for row in matchable.without_incident(None, None, 9)] == clips[:3]
        assert [row["id"] for row in matchable.without_incident(None, clips[0], 1)] == [clips[1]]
        assert matchable.without_incident(nobody, None, 9) == []
        assert matchable.without_footage(nobody, "2027-01-01T00:00:00.000000Z", None, 9) == []
        bare = matchable.without_footage(None, "2027-01-01T00:00:00.000000Z", None, 2)
        assert len(bare) == 2
        assert len(matchable.without_footage(None, "2027-01-01T00:00:00.000000Z", bare[-1].id, 2)) == 1
        assert matchable.without_footage(None, "2026-01-01T00:00:00.000000Z", None, 9) == []
