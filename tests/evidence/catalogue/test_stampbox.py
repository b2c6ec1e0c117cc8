"""The queue of time stamps, on every engine."""

from __future__ import annotations

from evidence.canonical import digest
from evidence.catalogue import stampbox
from evidence.catalogue.acts import stamping
from evidence.catalogue.connect import connect, writing
from evidence.catalogue.stampbox import StampBox
from evidence.custody.entry import Act, Draft
from evidence.ids import StationId
from tests.evidence.catalogue.worlds import OPERATOR, World

MINE, OTHER = StationId("s1"), StationId("s2")
AT, LATER = "2026-11-21T10:00:00.000000Z", "2026-11-21T11:00:00.000000Z"


def test_a_request_waits_for_each_authority_until_it_is_done_once(catalogue_url: str) -> None:
    engine = connect(catalogue_url)
    with writing(engine) as connection:
        stampbox.enqueue(connection, MINE, "docking:1", ["city", "national"], AT)
        stampbox.enqueue(connection, OTHER, "docking:1", ["city"], AT)
        stampbox.enqueue(connection, MINE, "evidence-station/s1/1/9", ["city"], AT)
        stampbox.enqueue(connection, MINE, "docking:0", [], AT)
    box = StampBox(engine, MINE)
    waiting = box.waiting()
    assert [(one.covers, one.authority) for one in waiting] == [
        ("docking:1", "city"),
        ("docking:1", "national"),
        ("evidence-station/s1/1/9", "city"),
    ]
    box.failed(waiting[0], '{"code":"authority-unreachable"}', LATER)
    box.failed(waiting[0], '{"code":"authority-failing"}', LATER)
    tried = box.waiting()[0]
    assert (tried.attempts, tried.reason, tried.next_try_at, tried.queued_at) == (2, '{"code":"authority-failing"}', LATER, AT)
    with writing(engine) as connection:
        assert stampbox.done(connection, MINE, "docking:1", "city")
    with writing(engine) as connection:
        assert not stampbox.done(connection, MINE, "docking:1", "city")
    assert [one.authority for one in box.waiting()] == ["national", "city"]
    assert len(StampBox(engine, OTHER).waiting()) == 1
    engine.dispose()


def tag(world: World) -> None:
    """Something happens at the station."""
    with world.ledger.commit() as commit:
        commit.append(Draft(Act.VIEWED, "clip:a", {}, OPERATOR))


def keep(world: World, covers: str, authority: str, drift_ms: int) -> str:
    with world.ledger.commit() as commit:
        assert stampbox.done(commit.connection, commit.station, covers, authority)
        return stamping.time_stamped(commit, covers, authority, digest(b"m"), b"response", commit.utc, drift_ms)


def test_the_newest_checkpoint_is_wanted_once_in_an_interval_and_only_when_something_happened(world: World) -> None:
    box, log = StampBox(world.engine, world.station), "evidence-station/s1/1"

    def wanted(not_since: str) -> list[str]:
        box.want_checkpoint(1, log, "city", not_since, world.clock().utc)
        return [one.covers for one in box.waiting()]

    assert wanted(world.clock().utc) == [f"{log}/1"]
    tag(world)
    assert wanted(world.clock().utc) == [f"{log}/2"]  # what waited gave way
    keep(world, f"{log}/2", "city", 5)
    before = world.clock().utc
    assert wanted(before) == []  # nothing happened but the stamping
    tag(world)
    assert wanted("2000-01-01T00:00:00.000000Z") == []  # the interval is not over
    assert wanted(world.clock().utc) == [f"{log}/4"]
    with writing(world.engine) as connection:
        stampbox.enqueue(connection, world.station, "docking:1", ["city"], before)
    assert wanted(world.clock().utc) == ["docking:1", f"{log}/4"]


def test_what_was_given_is_told_from_the_log_with_when_the_signature_was_made(world: World) -> None:
    tag(world)
    docking = world.dock()
    for covers, authority in (
        (f"docking:{docking}", "city"),
        (f"docking:{docking}", "national"),
        ("evidence-station/s1/1/2", "city"),
    ):
        with writing(world.engine) as connection:
            stampbox.enqueue(connection, world.station, covers, [authority], world.clock().utc)
    stamps = [
        keep(world, f"docking:{docking}", "city", 1),
        keep(world, f"docking:{docking}", "national", -2),
        keep(world, "evidence-station/s1/1/2", "city", 3),
    ]
    with world.queries() as queries:
        given = queries.stamps_given()
        assert [(one.id, one.authority, one.drift_ms) for one in given] == list(
            zip(stamps, ("city", "national", "city"), (1, -2, 3), strict=True)
        )
        assert queries.stamps_given(docking) == given[:2]
        assert queries.made_at(f"docking:{docking}") is None  # not sealed yet
        assert queries.made_at("evidence-station/s1/1/2") == world.entries("clip:a")[0]["when"]["utc"]
        assert queries.made_at("evidence-station/s1/1/99") is None
        newest = queries.newest_entry("station", Act.TIME_STAMPED.value)
        assert newest is not None
        assert newest["what"]["drift_ms"] == 3
        assert queries.newest_entry("station", Act.CLOCK_CHANGED.value) is None
