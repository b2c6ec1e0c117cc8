"""The ledger: a fact, its entry and the checkpoint over everything commit together; numbering and clock are honest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from threading import Barrier, Event

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from evidence.catalogue import schema
from evidence.catalogue.acts import foundation
from evidence.catalogue.ledger import CLOCK_JUMP_MS, Ledger, NoLog, clock_jump
from evidence.custody.entry import SUBJECT_STATION, Act, ClockState, Draft, Moment
from evidence.errors import Exit
from evidence.ids import Digest, StationId, is_uuid7
from evidence.signing import FileSigner, KeyUnusable, Signer
from tests.evidence.catalogue.worlds import CAMERA, MS, OPERATOR, SECOND, SOFTWARE, Clock, World, taken

DIGEST = Digest("ab" * 32)


def note(subject: str, fresh: bool = False) -> Draft:
    return Draft(Act.VIEWED, subject, {"purpose": None}, OPERATOR, fresh=fresh)


def test_a_log_begins_with_one_entry_and_a_checkpoint_over_it(world: World) -> None:
    world.check_log()
    assert world.row(schema.log) == {
        "station": "s1",
        "epoch": 1,
        "unit": "unit-1",
        "created_at": world.entries()[0]["when"]["utc"],
    }
    assert [one["type"] for one in world.entries()] == ["initialised"]
    assert world.entries()[0]["what"] == {
        "station": "s1",
        "unit": "unit-1",
        "epoch": 1,
        "origin": "evidence-station/s1/1",
        "software": SOFTWARE,
    }


def test_every_commit_signs_a_checkpoint_over_every_entry(world: World) -> None:
    for count in (1, 3, 2, 7, 1):
        with world.ledger.commit() as commit:
            for at in range(count):
                commit.append(note(f"clip:{at}"))
            assert commit.size == len(world.entries()) + count
        world.check_log()
    assert [row["size"] for row in world.rows(schema.checkpoint)] == [1, 2, 5, 7, 14, 15]


def test_a_commit_without_an_entry_writes_nothing(world: World) -> None:
    before = world.everything()
    with world.ledger.commit():
        pass
    assert world.everything() == before


def test_what_happens_inside_a_commit_that_fails_leaves_nothing(world: World) -> None:
    before = world.everything()

    def fail() -> None:
        with world.ledger.commit() as commit:
            foundation.repaired(commit, DIGEST)
            foundation.settings_changed(commit, DIGEST, None, [], OPERATOR)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert world.everything() == before


def test_a_key_that_cannot_sign_leaves_nothing(world: World) -> None:
    before = world.everything()

    def no_key() -> Signer:
        raise KeyUnusable(uri="file:gone", rule="gone")

    ledger = Ledger(world.engine, world.station, no_key, world.clock, bytes)
    with pytest.raises(KeyUnusable), ledger.commit() as commit:
        foundation.settings_changed(commit, DIGEST, None, [], OPERATOR)
    assert world.everything() == before


def test_a_key_that_fails_half_way_leaves_nothing(world: World) -> None:
    class Broken(FileSigner):
        def sign(self, message: bytes) -> bytes:
            raise OSError("the token was pulled")

    before = world.everything()
    ledger = Ledger(world.engine, world.station, lambda: Broken(world.key), world.clock, bytes)
    with pytest.raises(OSError, match="token"), ledger.commit() as commit:
        foundation.settings_changed(commit, DIGEST, None, [], OPERATOR)
    assert world.everything() == before


def test_a_fact_that_the_database_refuses_leaves_no_entry(world: World) -> None:
    before = world.everything()

    def twice() -> None:
        with world.ledger.commit() as commit:
            foundation.repaired(commit, DIGEST)
            for _ in range(2):
                row = insert(schema.settings).values(station="s1", sha256=DIGEST, accepted_at=commit.utc)
                commit.connection.execute(row)

    with pytest.raises(IntegrityError):
        twice()
    assert world.everything() == before


def test_each_entry_names_the_one_before_it_about_the_same_subject(world: World) -> None:
    for subjects in (["clip:a", "clip:b", "clip:a"], ["clip:b", "station", "clip:a"], ["clip:c", "clip:b"]):
        with world.ledger.commit() as commit:
            for subject in subjects:
                commit.append(note(subject))
    world.check_log()  # recomputes prev for every entry
    assert [one["prev"] is None for one in world.entries("clip:a")] == [True, False, False]
    assert [one["prev"] is None for one in world.entries("station")] == [True, False]
    assert len({one["prev"] for one in world.entries()}) > 5


def test_a_new_epoch_has_a_log_and_chains_of_its_own(world: World) -> None:
    with world.ledger.commit() as commit:
        commit.append(note("clip:a"))
    with world.ledger.begin_log("unit-1", 2) as commit:
        commit.append(Draft(Act.RECOVERED, SUBJECT_STATION, {"reason": "restore"}, OPERATOR))
    with world.ledger.commit() as commit:
        assert (commit.epoch, commit.size) == (2, 1)
        commit.append(note("clip:a"))
    world.check_log()
    assert [(row["epoch"], row["seq"]) for row in world.rows(schema.custody_entry)] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert world.entries("clip:a")[1]["prev"] is None
    with world.queries() as queries:
        assert (queries.head().origin, queries.head().size) == ("evidence-station/s1/2", 2)


def test_ids_of_a_commit_sort_as_they_were_made(world: World) -> None:
    with world.ledger.commit() as commit:
        made = [commit.new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert all(is_uuid7(one) for one in made)


def test_entries_say_who_in_clear_only_beside_the_log(world: World) -> None:
    with world.ledger.commit() as commit:
        commit.append(note("clip:a"))
        commit.append(Draft(Act.VIEWED, "clip:a", {}))
    person, system = world.entries("clip:a")
    assert person["actor"]["role"] == "administrator"
    assert system["actor"] == {"system": "station"}
    rows = {row["entry"]: row for row in world.rows(schema.personal_value)}
    row = rows[person["id"]]
    assert (row["field"], row["value"]) == ("actor", "Operator Nine")
    assert system["id"] not in rows
    opened = sha256(b"evidence-station/commitment/v1\x00" + bytes.fromhex(row["salt"]) + b"actor\x00Operator Nine")
    assert person["actor"]["person"] == {"commitment": opened.hexdigest()}


def test_without_a_log_nothing_is_written(engine: Engine) -> None:
    world = World(engine)
    with pytest.raises(NoLog) as caught, world.ledger.commit():
        pass
    assert caught.value.status is Exit.REFUSED
    with world.queries() as queries, pytest.raises(NoLog):
        queries.head()


def test_a_group_of_five_hundred_files_is_one_commit_with_one_checkpoint(world: World) -> None:
    docking = world.dock()
    before = len(world.rows(schema.checkpoint))
    files = [taken(at, b"DCIM/%04d.MP4" % at, b"%d" % at) for at in range(500)]
    sighted = world.take(docking, *files)
    assert [one.position for one in sighted] == list(range(500))
    assert len(world.rows(schema.checkpoint)) == before + 1
    assert len(world.rows(schema.clip)) == len(world.rows(schema.sighting)) == len(world.rows(schema.blob)) == 500
    assert len([one for one in world.entries() if one["type"] in {"copied", "verified"}]) == 1000
    world.check_log()


# Several writers


def test_a_second_writer_of_one_log_waits_and_both_succeed(world: World) -> None:
    inside, finish = Event(), Event()

    def first() -> int:
        with world.ledger.commit() as commit:
            commit.append(note("clip:first"))
            inside.set()
            assert finish.wait(20)
            return commit.size

    def second() -> int:
        with world.ledger.commit() as commit:
            commit.append(note("clip:second"))
            return commit.size

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert inside.wait(20)
        two = pool.submit(second)
        assert not finish.is_set()
        assert not two.done()
        finish.set()
        assert (one.result(20), two.result(20)) == (2, 3)
    world.check_log()


def test_many_writers_of_one_log_lose_nothing(world: World) -> None:
    writers, each = 6, 8
    together = Barrier(writers)

    def write(name: int) -> None:
        together.wait(20)
        for at in range(each):
            with world.ledger.commit() as commit:
                commit.append(note("station"))
                commit.append(note(f"clip:{name}-{at}", fresh=True))
                commit.append(note(f"docking:{name}"))

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    world.check_log()
    assert len(world.entries()) == 1 + 3 * writers * each
    assert len(world.entries("docking:3")) == each
    assert len(world.rows(schema.checkpoint)) == 1 + writers * each


def test_two_stations_in_one_catalogue_lose_nothing(engine: Engine) -> None:
    worlds = [World(engine, StationId(name)).begin() for name in ("s1", "s2")]

    def work(world: World) -> None:
        for at in range(10):
            docking = world.dock()
            world.take(docking, taken(0, b"a.mp4", b"%d" % at), taken(1, b"b.mp4", b"same"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, worlds))
    for world in worlds:
        world.check_log()
        assert len(world.rows(schema.docking)) == 10
        assert len(world.rows(schema.clip)) == 11
        assert len(world.rows(schema.blob)) == 11
        assert {row["station"] for rows in world.everything().values() for row in rows} == {world.station}


@pytest.mark.postgresql
def test_two_stations_in_one_postgresql_do_not_wait_for_each_other(postgresql_url: str) -> None:
    from evidence.catalogue.connect import connect
    from evidence.catalogue.migrate import upgrade

    engine = connect(postgresql_url + "&options=-c%20lock_timeout%3D5s")
    upgrade(engine)
    one, two = World(engine, StationId("s1")).begin(), World(engine, StationId("s2")).begin()
    with one.ledger.commit() as commit:
        commit.append(note("clip:slow"))
        docking = two.dock()  # committed while the other station's commit is open
        two.take(docking, taken(0, b"a.mp4", b"a"))
        two.check_log()
        assert len(two.entries()) == 5
    one.check_log()
    assert len(one.entries("clip:slow")) == 1
    engine.dispose()


# The clock


def jumps(world: World) -> list[dict[str, object]]:
    return [one["what"] for one in world.entries() if one["type"] == "clock-changed"]


@pytest.mark.parametrize(
    ("happens", "by_s"),
    [
        (lambda clock: clock.run(3600), None),
        (lambda clock: clock.set_by(CLOCK_JUMP_MS / 1000), None),
        (lambda clock: clock.set_by(-CLOCK_JUMP_MS / 1000), None),
        (lambda clock: clock.set_by(2.5), 2.5),
        (lambda clock: clock.set_by(-2.5), -2.5),
        (lambda clock: (clock.run(86_400), clock.set_by(-3 * 86_400)), -3 * 86_400),
        (lambda clock: clock.reboot(600), None),
        (lambda clock: clock.reboot(-600), -600),
    ],
    ids=["runs", "slewed", "slewed-back", "forward", "back", "back-after-a-day", "off-and-on", "back-while-off"],
)
def test_a_clock_that_was_set_is_an_entry_before_anything_else(
    world: World, happens: Callable[[Clock], object], by_s: float | None
) -> None:
    happens(world.clock)
    with world.ledger.commit() as commit:
        commit.append(note("clip:a"))
    world.check_log()
    if by_s is None:
        assert jumps(world) == []
        return
    (jump,) = jumps(world)
    assert isinstance(jump["by_ms"], int)
    assert abs(jump["by_ms"] - by_s * 1000) <= 2
    at = [one["type"] for one in world.entries()]
    assert at == ["initialised", "clock-changed", "viewed"]
    entry = world.entries()[1]
    assert (entry["subject"], entry["what"]["to"]) == ("station", entry["when"]["utc"])
    assert (entry["what"]["from"] < entry["what"]["to"]) == (by_s > 0)


def test_a_jump_is_told_once(world: World) -> None:
    world.clock.set_by(-500)
    for _ in range(3):
        with world.ledger.commit() as commit:
            commit.append(note("clip:a"))
    assert len(jumps(world)) == 1


def test_the_first_entry_has_no_clock_to_be_held_against() -> None:
    assert clock_jump(None, Clock()()) is None


def test_from_and_to_say_how_the_clock_was_set() -> None:
    before = Moment(1_795_255_200 * SECOND, 100 * SECOND, "b", ClockState.SYNCHRONISED)
    now = replace(before, unix_ns=before.unix_ns - 60 * SECOND, mono_ns=before.mono_ns + 10 * SECOND + 5 * MS)
    jump = clock_jump({"utc": before.utc, "boot": "b", "mono_ns": str(before.mono_ns)}, now)
    assert jump is not None
    assert jump.what == {"from": "2026-11-21T10:00:10.005000Z", "to": "2026-11-21T09:59:00.000000Z", "by_ms": -70_005}


def test_the_entry_says_what_the_kernel_knows_of_the_clock(world: World) -> None:
    world.clock.moment = replace(world.clock.moment, clock=ClockState.UNSYNCHRONISED)
    docking = world.dock(CAMERA)
    when = world.entries(f"docking:{docking}")[0]["when"]
    assert when["clock"] == "unsynchronised"
    assert when["boot"] == "boot-1"
    assert when["mono_ns"] == str(world.clock.moment.mono_ns)
