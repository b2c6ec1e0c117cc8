"""The search index follows the ledger, commit by commit, and made again it is the same."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update

from evidence.catalogue import schema
from evidence.catalogue.acts import delivery, desk
from evidence.catalogue.acts import docking as acts
from evidence.catalogue.connect import reading, writing
from evidence.catalogue.migrate import upgrade
from evidence.catalogue.search import making, projection
from evidence.catalogue.search.asking import Search
from evidence.catalogue.search.comparing import Comparison
from evidence.catalogue.search.finding import SearchIndexMissing
from evidence.catalogue.search.language import parse
from evidence.catalogue.search.meaning import Ground
from evidence.catalogue.search.paging import Order
from evidence.ids import ClipId, Digest, ReceiptId
from evidence.manifest import ClipFacts, SealedManifest
from tests.evidence.catalogue.worlds import CLERK, World, taken


def found(world: World, text: str) -> list[str]:
    with reading(world.engine) as connection:
        search = Search(
            connection,
            world.station,
            None,
            Ground(ZoneInfo("UTC"), lambda code: {code, "burglary"} if code == "theft" else {code}),
        )
        page = search.page(parse(text), Order.TAKEN, ascending=True, limit=100)
        assert search.count(parse(text)).number == len(page.clips)
    return [row.id for row in page.clips]


def content(world: World) -> list[list[object]]:
    """Everything in the index, once it is seen that the index itself finds it right."""
    with reading(world.engine) as connection:
        assert Comparison(connection, world.station).same() is projection.is_current(connection, world.station)
        return [
            [value for row in connection.execute(select(table).order_by(*table.primary_key.columns)) for value in row]
            for table in (schema.search_clip, schema.search_term, schema.search_word)
        ]


def tag(world: World, clip: ClipId, **fields: str | None) -> None:
    with world.ledger.commit() as commit:
        desk.tagged(commit, clip, fields, CLERK)  # type: ignore[arg-type]  # names of fields


@pytest.fixture
def clips(world: World) -> list[ClipId]:
    docking = world.dock(officer="004567")
    return [one.clip for one in world.take(docking, *(taken(number, b"A%d.MP4" % number, b"%d" % number) for number in range(3)))]


def test_a_clip_is_found_from_the_commit_that_took_it_on(world: World, clips: list[ClipId]) -> None:
    assert found(world, "officer:004567") == clips
    assert found(world, "a1 missing:case missing:receipt missing:recorded") == [clips[1]]


def test_a_tag_is_found_and_what_it_replaced_is_not(world: World, clips: list[ClipId]) -> None:
    tag(world, clips[0], note="查获酒驾, 京A12345", case_number="A-1", category="traffic/drink-driving")
    assert found(world, "酒驾") == found(world, "京A12346~") == found(world, "category:traffic") == [clips[0]]
    tag(world, clips[0], note="盗窃", recorded_by="009999")
    assert found(world, "酒驾") == found(world, "a12346~") == []
    assert found(world, "盗窃 officer:009999 case:a-1") == [clips[0]]
    assert found(world, "officer:004567") == clips[1:]


def test_a_category_finds_what_belongs_to_it_in_the_tree_of_the_station(world: World, clips: list[ClipId]) -> None:
    tag(world, clips[0], category="burglary")
    tag(world, clips[1], category="theft")
    assert found(world, "category:theft") == clips[:2]
    assert found(world, "category:burglary") == [clips[0]]


def test_a_seal_and_a_receipt_are_found(world: World, clips: list[ClipId]) -> None:
    (docking,) = (row["id"] for row in world.rows(schema.docking))
    facts = tuple(ClipFacts(clip, Digest("00" * 32), 1, True, "2026-11-19T08:00:00.000000Z", 1000, None) for clip in clips)
    with world.ledger.commit() as commit:
        acts.sealed(commit, docking, SealedManifest(b"{}", (), facts, (), 3), b"signature", "00")  # type: ignore[arg-type]  # facts as a test writes them
    assert found(world, "is:late day:2026-11-19") == clips
    with world.ledger.commit() as commit:
        receipt = ReceiptId(commit.new_id())
        delivery.received(commit, receipt, f"clip:{clips[2]}", {"store": "s"}, {"size": 1}, proof="full", trial=False)
    assert found(world, "has:receipt") == [clips[2]]
    before = content(world)
    assert making.remake(world.engine, world.station) == 3
    assert content(world) == before


def test_made_again_it_is_the_same_whatever_was_tagged_and_taken_back(world: World, clips: list[ClipId]) -> None:
    tag(world, clips[0], note="black sedan A12345", place="中山路")
    tag(world, clips[1], note="black sedan A12345", case_number="A-2026-17")
    tag(world, clips[0], note=None)
    tag(world, clips[1], note="white van", case_number="A-2026-18")
    before = content(world)
    making.remake(world.engine, world.station)
    assert content(world) == before
    assert found(world, "a12345") == found(world, "A12344~") == []


def test_a_commit_that_fails_leaves_the_index_as_it_was(world: World, clips: list[ClipId]) -> None:
    before = content(world)

    def cut_off() -> None:
        with world.ledger.commit() as commit:
            desk.tagged(commit, clips[0], {"note": "never"}, CLERK)
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        cut_off()
    assert content(world) == before


def test_an_index_that_was_lost_or_is_of_another_form_is_not_read_and_is_made_by_an_upgrade(
    world: World, clips: list[ClipId]
) -> None:
    before = content(world)
    for lost in (delete(schema.search_state), update(schema.search_state).values(form=projection.FORM + 1)):
        with writing(world.engine) as connection:
            connection.execute(lost)
            connection.execute(delete(schema.search_term))
        with pytest.raises(SearchIndexMissing):
            found(world, "")
        tag(world, clips[0], note=None)
        upgrade(world.engine)
        assert content(world) == before
        assert found(world, "") == clips


def test_what_is_committed_while_the_index_is_made_is_in_it(world: World, clips: list[ClipId]) -> None:
    docking = world.dock(officer="004999")

    def meanwhile(_done: int) -> None:
        with pytest.raises(SearchIndexMissing):
            found(world, "")
        tag(world, clips[0], note="查获酒驾")
        clips.extend(one.clip for one in world.take(docking, taken(9, b"LATE.MP4", b"9")))

    assert making.remake(world.engine, world.station, meanwhile) == 4
    assert found(world, "酒驾") == clips[:1]
    assert found(world, "officer:004999") == clips[3:]
    after = content(world)
    making.remake(world.engine, world.station)
    assert content(world) == after


def test_who_makes_the_index_anew_takes_over_from_whoever_was_at_it(world: World, clips: list[ClipId]) -> None:
    before = content(world)

    def another(_done: int) -> None:
        making.remake(world.engine, world.station)

    with pytest.raises(making.SearchIndexTaken):
        making.remake(world.engine, world.station, another)
    assert content(world) == before
    assert found(world, "") == clips


def test_any_row_of_the_index_that_is_not_what_the_facts_make_is_seen(world: World, clips: list[ClipId]) -> None:
    tag(world, clips[0], note="black sedan A12345")
    term, word, row = schema.search_term, schema.search_word, schema.search_clip
    extra = {"station": world.station, "term": b"w:extra"}
    for harm in (
        delete(term).where(term.c.term == b"w:sedan"),
        delete(term).where(term.c.term == b"qw:ck"),
        update(term).where(term.c.term == b"w:sedan").values(bits=b"\x01\x00"),
        delete(word).where(word.c.term == b"w:sedan"),
        insert(term).values(**extra, block=0, bits=b"\x00\x00"),
        insert(term).values(**extra, block=7, bits=b"\x00\x00"),
        insert(word).values(**extra, slot=5),
        update(row).where(row.c.number == 1).values(size=7),
        delete(row).where(row.c.number == 2),
    ):
        with reading(world.engine) as connection:
            assert Comparison(connection, world.station).same()
        with writing(world.engine) as connection:
            connection.execute(harm)
        with reading(world.engine) as connection:
            assert not Comparison(connection, world.station).same(), harm
        making.remake(world.engine, world.station)
