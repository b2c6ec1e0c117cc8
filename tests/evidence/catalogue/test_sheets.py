"""Sheets of case work on both databases: versions, who wrote meanwhile, what they are found by, and what of them the log says in plain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from sqlalchemy import Engine

from evidence.canonical import JsonObject
from evidence.catalogue import schema
from evidence.catalogue.acts.sheets import IndexTooLong, NoSuchSheet, Sheet, SheetChanged, index, noted, written
from evidence.catalogue.connect import reading
from evidence.catalogue.ledger import Commit
from evidence.catalogue.schema import INDEX_CHARACTERS
from evidence.catalogue.sheets import PAGE, SheetRow, Sheets
from evidence.custody.entry import STATION, SUBJECT_STATION
from evidence.errors import EvidenceError, Exit
from evidence.facts import TextUnfit
from evidence.ids import SheetId, StationId
from tests.evidence.catalogue.worlds import CLERK, OPERATOR, World, commitment, last, opened

NOBODY = SheetId("0197f000-0000-7000-8000-000000000000")


def case(number: str, *others: str, kept: JsonObject | None = None) -> Sheet:
    found = tuple(("number", one) for one in (number, *others))
    return Sheet("case", {"state": "open"}, {"number": number} if kept is None else kept, found)


def write(
    world: World, sheet: Sheet, of: SheetId | None = None, version: int | None = None, reason: str | None = None
) -> SheetId:
    with world.ledger.commit() as commit:
        return written(commit, sheet, "opened" if of is None else "changed", CLERK, of=of, version=version, reason=reason)


@contextmanager
def sheets(world: World) -> Iterator[Sheets]:
    with reading(world.engine) as connection:
        yield Sheets(connection, world.station)


def numbers(rows: list[SheetRow]) -> list[str]:
    return [str((row.kept or {})["number"]) for row in rows]


def test_a_new_sheet_is_a_row_and_one_entry_that_names_nobody(world: World) -> None:
    sheet = Sheet("case", {"state": "open"}, {"number": "A-17", "witness": "Person Nine"}, (("number", "A-17"),))
    made = write(world, sheet, reason="a complaint by Person Nine")
    entry = last(world)
    assert (entry["type"], entry["subject"], entry["prev"]) == ("recorded", f"sheet:{made}", None)
    what = entry["what"]
    assert (what["kind"], what["did"], what["version"], what["said"]) == ("case", "opened", 1, {"state": "open"})
    assert "Nine" not in json.dumps(entry)
    assert json.loads(opened(world, entry, what["kept"])) == {"number": "A-17", "witness": "Person Nine"}
    assert opened(world, entry, what["reason"]) == "a complaint by Person Nine"
    with sheets(world) as found:
        row = found.sheet("case", made)
    assert row == SheetRow(made, "case", 1, entry["when"]["utc"], {"state": "open"}, {"number": "A-17", "witness": "Person Nine"})
    world.check_log()


def test_a_sheet_that_keeps_nothing_has_nothing_to_commit_to(world: World) -> None:
    made = write(world, Sheet("rule", {"clause": "10.2", "months": 6}))
    entry = last(world)
    assert (entry["what"]["kept"], entry["what"]["reason"]) == (None, None)
    assert [row["field"] for row in world.rows(schema.personal_value) if row["entry"] == entry["id"]] == ["actor"]
    with sheets(world) as found:
        row = found.sheet("rule", made)
    assert row is not None
    assert row.kept is None


def test_each_version_is_whole_and_counts_from_one_without_a_gap(world: World) -> None:
    made = write(world, case("A-17"))
    for title in ("b", "c"):
        write(world, case("A-17", kept={"number": "A-17", "title": title}), of=made)
    with sheets(world) as found:
        row = found.sheet("case", made)
        history = found.history(made)
    assert row is not None
    assert (row.version, row.kept) == (3, {"number": "A-17", "title": "c"})
    assert [one.body["what"]["version"] for one in history] == [1, 2, 3]
    assert [json.loads(one.personal["kept"]).get("title") for one in history] == [None, "b", "c"]
    assert [one.body["prev"] is None for one in history] == [True, False, False]
    assert row.at == history[-1].body["when"]["utc"]
    world.check_log()


def test_two_versions_in_one_commit_follow_each_other(world: World) -> None:
    with world.ledger.commit() as commit:
        made = written(commit, case("A-17"), "opened", CLERK)
        written(commit, case("A-18"), "changed", CLERK, of=made, version=1)
    with sheets(world) as found:
        assert [one.body["what"]["version"] for one in found.history(made)] == [1, 2]
        assert found.found("case", "number", "A-17") == []
    world.check_log()


def test_who_thinks_of_an_older_version_is_told_and_nothing_changes(world: World) -> None:
    made = write(world, case("A-17"))
    write(world, case("A-18"), of=made, version=1)
    before = world.everything()
    with pytest.raises(SheetChanged) as caught:
        write(world, case("A-19"), of=made, version=1)
    assert (caught.value.fields, caught.value.status) == ({"kind": "case", "id": made, "version": 2}, Exit.REFUSED)
    assert world.everything() == before


def test_of_two_who_change_the_same_version_at_once_one_is_told(world: World) -> None:
    made = write(world, case("A-17"))
    together = Barrier(2)

    def change(number: str) -> str:
        together.wait(20)
        try:
            write(world, case(number), of=made, version=1)
        except SheetChanged:
            return "told"
        return number

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(change, ["A-18", "A-19"]))
    assert outcomes[-1] == "told"
    with sheets(world) as found:
        row = found.sheet("case", made)
        assert row is not None
        assert (row.version, numbers([row])) == (2, [outcomes[0]])
        assert len(found.history(made)) == 2
    world.check_log()


def test_many_who_do_not_ask_for_a_version_lose_no_entry(world: World) -> None:
    made = write(world, case("A-0"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda at: write(world, case(f"A-{at}"), of=made), range(1, 9)))
    with sheets(world) as found:
        assert [one.body["what"]["version"] for one in found.history(made)] == list(range(1, 10))
    world.check_log()


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (lambda commit, _: written(commit, case("A-1"), "changed", CLERK, of=NOBODY), NoSuchSheet),
        (lambda commit, made: written(commit, Sheet("hold", {}), "changed", CLERK, of=made), NoSuchSheet),
        (lambda commit, _: written(commit, case("9" * (INDEX_CHARACTERS + 1)), "opened", CLERK), IndexTooLong),
        (lambda commit, _: written(commit, case("A-1"), "opened", CLERK, reason="\ud800"), TextUnfit),
        (lambda commit, _: noted(commit, SUBJECT_STATION, "signed-in", CLERK, people={"who": "a\0b"}), TextUnfit),
    ],
    ids=["nobody", "of-another-kind", "index-too-long", "reason-no-utf8", "note-with-nul"],
)
def test_what_may_not_be_is_a_fault_and_leaves_nothing(
    world: World, act: Callable[[Commit, SheetId], object], fault: type[EvidenceError]
) -> None:
    made = write(world, case("A-17"))
    before = world.everything()

    def half_right() -> None:
        with world.ledger.commit() as commit:
            written(commit, case("A-18"), "opened", CLERK)
            act(commit, made)

    with pytest.raises(fault) as caught:
        half_right()
    assert caught.value.fields
    assert world.everything() == before


def test_found_by_each_of_its_values_and_by_no_earlier_one(world: World) -> None:
    first, second = write(world, case("A-17", "A-16")), write(world, case("A-17"))
    with sheets(world) as found:
        assert [row.id for row in found.found("case", "number", "A-17")] == [first, second]
        assert [row.id for row in found.found("case", "number", "A-16")] == [first]
        assert found.found("hold", "number", "A-17") == []
        assert found.found("case", "title", "A-17") == []
    write(world, case("A-20"), of=first)
    with sheets(world) as found:
        assert [row.id for row in found.found("case", "number", "A-17")] == [second]
        assert found.found("case", "number", "A-16") == []
        assert [row.id for row in found.found("case", "number", "A-20")] == [first]


def test_a_value_named_twice_is_one_and_one_of_the_full_length_is_kept(world: World) -> None:
    long = "案" * INDEX_CHARACTERS
    made = write(world, case(long, long, "A-1"))
    assert len(world.rows(schema.sheet_index)) == 2
    with sheets(world) as found:
        assert [row.id for row in found.found("case", "number", long)] == [made]


def test_the_index_can_be_made_again_from_the_sheets(world: World) -> None:
    made = [write(world, case(f"A-{at}")) for at in range(3)]
    before = world.rows(schema.sheet_index)
    with world.ledger.commit() as commit:
        for one in made:
            index(commit, Sheet("case", {}), one)
    assert world.rows(schema.sheet_index) == []
    size = len(world.entries())
    with world.ledger.commit() as commit:
        for row in list(Sheets(commit.connection, world.station).sheets("case")):
            index(commit, case(numbers([row])[0]), row.id)
    assert world.rows(schema.sheet_index) == before
    assert len(world.entries()) == size, "what is operational leaves no entry"


def test_between_two_values_by_value_then_oldest_first_both_ends_included(world: World) -> None:
    moments = [
        "2026-11-21T10:00:00Z",
        "2026-11-21T08:00:00Z",
        "2026-11-21T09:00:00Z",
        "2026-11-21T09:00:00Z",
        "2026-11-22T00:00:00Z",
    ]
    for at, moment in enumerate(moments):
        write(world, Sheet("incident", {}, {"number": f"I-{at}"}, (("begins", moment),)))
    with sheets(world) as found:
        rows = list(found.between("incident", "begins", "2026-11-21T08:00:00Z", "2026-11-21T10:00:00Z"))
        assert numbers(rows) == ["I-1", "I-2", "I-3", "I-0"]
        assert list(found.between("incident", "begins", "2026-11-23", "2026-11-24")) == []


def test_between_goes_by_code_points_on_every_database(world: World) -> None:
    for number in ("B-1", "a-1", "A-1", "A1", "Ä-1", "案-1", "A-10", "A-2"):
        write(world, case(number))
    with sheets(world) as found:
        assert numbers(list(found.between("case", "number", "A", "B"))) == ["A-1", "A-10", "A-2", "A1"]
        assert numbers(list(found.between("case", "number", "a", "\U0010ffff"))) == ["a-1", "Ä-1", "案-1"]


def test_all_of_a_kind_a_page_at_a_time_in_either_order(world: World) -> None:
    count = PAGE + 3
    with world.ledger.commit() as commit:
        made = [written(commit, case(f"A-{at:04}"), "opened", CLERK) for at in range(count)]
        written(commit, Sheet("hold", {}), "set", CLERK)
    with sheets(world) as found:
        assert [row.id for row in found.sheets("case")] == made
        assert [row.id for row in found.sheets("case", newest_first=True)] == made[::-1]
        assert [row.id for row in found.sheets("case", after=made[-3])] == made[-2:]
        assert [row.id for row in found.sheets("case", after=made[2], newest_first=True)] == made[1::-1]
        assert list(found.sheets("person")) == []


def test_a_station_reads_no_sheet_of_another(engine: Engine) -> None:
    mine, other = (World(engine, StationId(name)).begin() for name in ("s1", "s2"))
    made = write(other, case("A-17"))
    with sheets(mine) as found:
        assert found.sheet("case", made) is None
        assert found.found("case", "number", "A-17") == []
        assert list(found.sheets("case")) == []
        assert found.history(made) == []
    with pytest.raises(NoSuchSheet):
        write(mine, case("A-18"), of=made)


def test_a_kept_value_that_was_erased_is_gone_and_the_sheet_is_still_read(world: World) -> None:
    made = write(world, case("A-17"))
    with world.engine.begin() as connection:
        connection.execute(schema.sheet.update().values(kept=None))
    with sheets(world) as found:
        row = found.sheet("case", made)
    assert row is not None
    assert (row.kept, row.said) == (None, {"state": "open"})


def test_what_changes_no_row_is_noted_with_people_committed_to(world: World) -> None:
    before = {
        name: rows for name, rows in world.everything().items() if name not in {"custody_entry", "personal_value", "checkpoint"}
    }
    with world.ledger.commit() as commit:
        noted(commit, SUBJECT_STATION, "signed-in", OPERATOR, what={"door": "card"}, people={"badge": "004567"})
        noted(commit, SUBJECT_STATION, "figure-drawn")
    said, figure = world.entries()[-2:]
    assert (said["type"], said["subject"], said["what"]["did"], said["what"]["door"]) == ("noted", "station", "signed-in", "card")
    assert opened(world, said, said["what"]["badge"]) == "004567"
    assert "004567" not in json.dumps(said)
    assert (figure["actor"], figure["what"]) == ({"system": STATION.role}, {"did": "figure-drawn"})
    after = {name: rows for name, rows in world.everything().items() if name in before}
    assert after == before
    world.check_log()


def test_the_same_kept_object_committed_twice_looks_different(world: World) -> None:
    for _ in range(2):
        write(world, case("A-17"))
    seen = [commitment(row) for row in world.rows(schema.personal_value) if row["field"] == "kept"]
    assert len(set(seen)) == 2
