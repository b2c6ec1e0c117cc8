"""Searching a catalogue of some thousand clips finds what going through all of them finds, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from evidence.catalogue.connect import connect, reading
from evidence.catalogue.migrate import upgrade
from evidence.catalogue.search import asking, finding, words
from evidence.catalogue.search.asking import Search
from evidence.catalogue.search.finding import Count
from evidence.catalogue.search.language import Field, parse
from evidence.catalogue.search.meaning import Ground
from evidence.catalogue.search.nearby import near
from evidence.catalogue.search.paging import CursorUnfit, Order
from evidence.ids import StationId
from evidence.reach import Placed, Reach
from tests import brute_force
from tests.brute_force import Clip, has_word_nearly, has_words, late, nearly
from tests.clips_made import fill
from tests.evidence.catalogue.worlds import World
from tests.servers.postgresql import PostgreSQL

CLIPS = 4300
"""More than one block of the index, and more than are read and sorted at once."""
STATION = StationId("s1")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Made:
    """A full catalogue, and its clips as brute force knows them."""

    engine: Engine
    clips: list[Clip] = field(repr=False)

    def found_by(self, text: str) -> set[str]:
        """What going through all of them finds for one of the conditions."""
        if text not in KNOWN:
            KNOWN[text] = {clip.id for clip in self.clips if HOLDS[text](clip)}
        return KNOWN[text]

    def search(self, connection: Connection, reach: Reach | None = None) -> Search:
        return Search(connection, STATION, reach, Ground(ZONE))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Filled once for the module."""
    if request.param == "sqlite":
        yield from _made(f"sqlite:///{tmp_path_factory.mktemp('full') / 'c.sqlite3'}")
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield from _made(url)


def _made(url: str) -> Iterator[Made]:
    engine = connect(url)
    upgrade(engine)
    World(engine).begin()
    for _ in fill(engine, STATION, CLIPS):
        pass
    with reading(engine) as connection:
        clips = brute_force.clips(connection)
    yield Made(engine, clips)
    engine.dispose()


Holds = Callable[[Clip], bool]


def word(text: str) -> tuple[str, Holds]:
    return text if not set(" :") & set(text) else f'"{text}"', lambda clip: has_words(clip, text)


def value(name: str, column: str, text: str) -> tuple[str, Holds]:
    return f'{name}:"{text}"', lambda clip: clip.row[column] == text


EVERY: list[tuple[str, Holds]] = [
    *map(
        word,
        ("酒驾", "酒", "酒后驾驶", "王伟", "电动车", "驾驶", "火车站广场", "车站", "black", "BLACK", "sedan", "Station", "mp4"),
    ),
    *map(
        word,
        (
            "black sedan",
            "sedan black",
            "当事人:王",
            "中山路 发现",
            "station road",
            "".join(chr(ord(one) + 0xFEE0) for one in "black"),
            "酒驾 驾驶人",
            "nosuchword",
            "一",
            "DSJ",
        ),
    ),
    ("bla*", lambda clip: has_words(clip, "bla", beginning=True)),
    ("京a1*", lambda clip: has_words(clip, "京a1", beginning=True)),
    ("京a*", lambda clip: has_words(clip, "京a", beginning=True)),
    ("20240*", lambda clip: has_words(clip, "20240", beginning=True)),
    ("2*", lambda clip: has_words(clip, "2", beginning=True)),
    ("酒后*", lambda clip: has_words(clip, "酒后")),
    ("sedam~", lambda clip: has_word_nearly(clip, "sedam", 1)),
    ("burglury~1", lambda clip: has_word_nearly(clip, "burglury", 1)),
    ("resufed~", lambda clip: has_word_nearly(clip, "resufed", 2)),
    ("王伟强~", lambda clip: has_word_nearly(clip, "王伟强", 1)),
    ("交通事故~", lambda clip: has_word_nearly(clip, "交通事故", 1)),
    ("火车东站广场~", lambda clip: has_word_nearly(clip, "火车东站广场", 2)),
    ("officer:012000", lambda clip: clip.officer == "012000"),
    ("officer:0120*", lambda clip: (clip.officer or "").startswith("0120")),
    ("officer:012001~1", lambda clip: nearly(clip.officer, "012001", 1)),
    ("officer:012000,012037", lambda clip: clip.officer in {"012000", "012037"}),
    ("category:traffic", lambda clip: clip.row["category"].partition("/")[0] == "traffic"),
    value("category", "category", "theft/burglary"),
    ("category:theft,dispute", lambda clip: clip.row["category"].partition("/")[0] in {"theft", "dispute"}),
    ("case:A32052024*", lambda clip: (clip.row["case_number"] or "").startswith("A32052024")),
    ("importance:1,3", lambda clip: clip.row["importance"] in {"1", "3"}),
    value("sensitivity", "sensitivity", "minors"),
    ("state:damaged", lambda clip: clip.row["state"] == "damaged"),
    ("device:DSJ:T400001", lambda clip: clip.row["device"] == "dsj:T400001"),
    ("unit:unit-1", lambda clip: True),
    ("unit:other", lambda clip: False),
    ("missing:case", lambda clip: clip.row["case_number"] is None),
    ("missing:category", lambda clip: clip.row["category"] == "unclassified"),
    ("missing:receipt", lambda clip: not clip.received),
    ("has:incident", lambda clip: clip.row["incident"] is not None),
    ("缺:备注", lambda clip: clip.row["note"] is None),
    ("missing:officer", lambda clip: clip.officer is None),
    ("has:recorded", lambda clip: clip.row["recorded_at"] is not None),
    ("is:late", late),
    ("after:2024-05-01", lambda clip: clip.moment >= "2024-04-30T16:00:00.000000Z"),
    ("before:2023-07-03T08:30", lambda clip: clip.moment < "2023-07-03T00:30:00.000000Z"),
    ("after:2023-11-15", lambda clip: clip.moment >= "2023-11-14T16:00:00.000000Z"),
    ("before:2026", lambda clip: clip.moment < "2025-12-31T16:00:00.000000Z"),
    ("day:2000-01", lambda clip: "1999-12-31T16" <= clip.moment < "2000-01-31T16"),
    ("日期:2024-02-29", lambda clip: "2024-02-28T16" <= clip.moment < "2024-02-29T16"),
    ("day:2025", lambda clip: "2024-12-31T16" <= clip.moment < "2025-12-31T16"),
    ("sha256:0", lambda clip: clip.row["sha256"].startswith("0")),
    ("sha256:5e", lambda clip: clip.row["sha256"].startswith("5e")),
    ("sha256:5e1", lambda clip: clip.row["sha256"].startswith("5e1")),
]
HOLDS = dict(EVERY)
KNOWN: dict[str, set[str]] = {}
"""What was found by going through all of them: the same clips on both databases."""


def pages(search: Search, text: str, order: str, *, ascending: bool, limit: int) -> list[str]:
    """All pages of a search, one after the other."""
    found: list[str] = []
    after = None
    while True:
        page = search.page(parse(text), Order(order), ascending=ascending, limit=limit, after=after)
        assert page.complete
        found += [row.id for row in page.clips]
        if page.following is None:
            return found
        assert len(page.clips) == limit
        after = page.following


@pytest.mark.parametrize("text", HOLDS)
def test_each_condition_finds_what_brute_force_finds(made: Made, text: str) -> None:
    wanted = brute_force.ordered([clip for clip in made.clips if clip.id in made.found_by(text)], "taken", ascending=False)
    with reading(made.engine) as connection:
        search = made.search(connection)
        assert pages(search, text, "taken", ascending=False, limit=2000) == wanted
        count = search.count(parse(text))
        assert (count.number, count.exact) == (len(wanted), True)
        assert search.count(parse(f"-{text}")).number == len(made.clips) - len(wanted)


conditions = st.lists(st.tuples(st.sampled_from(list(HOLDS)), st.booleans()), min_size=0, max_size=4)
reaches = st.none() | st.builds(
    Reach,
    own=st.none() | st.sampled_from(["012000", "012074"]),
    units=st.none() | st.sampled_from([frozenset[str](), frozenset({"unit-1"}), frozenset({"elsewhere"})]),
    cases=st.just(frozenset({""})),
    sensitivities=st.none() | st.sampled_from([frozenset[str](), frozenset({"minors"})]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(conditions, st.sampled_from(list(Order)), st.booleans(), reaches)
def test_conditions_together_find_what_brute_force_finds_in_every_order_and_reach(
    made: Made, asked: list[tuple[str, bool]], order: Order, ascending: bool, reach: Reach | None
) -> None:
    text = " ".join("-" * negated + one for one, negated in asked)
    wanted = [
        clip
        for clip in made.clips
        if all((clip.id in made.found_by(one)) is not negated for one, negated in asked)
        and (reach is None or reach.sees(placed(clip)))
    ]
    with reading(made.engine) as connection:
        search = made.search(connection, reach)
        assert search.count(parse(text)).number == len(wanted)
        found = pages(search, text, order, ascending=ascending, limit=max(700, len(wanted) // 3))
    assert found == brute_force.ordered(wanted, order, ascending=ascending)


def placed(clip: Clip) -> Placed:
    return Placed(clip.officer, "unit-1", clip.row["case_number"], clip.row["sensitivity"])


def disagreements(made: Made, texts: list[str]) -> list[str]:
    """Searches that do not find what brute force finds."""
    wrong = []
    with reading(made.engine) as connection:
        search = made.search(connection)
        for text in texts:
            wanted = {clip.id for clip in made.clips if has_words(clip, text)}
            if set(pages(search, f'"{text}"', "taken", ascending=False, limit=1000)) != wanted:
                wrong.append(text)
    return wrong


BROKEN: dict[str, Callable[[str], list[str]]] = {
    "three characters instead of two": lambda run: [run[at : at + 3] for at in range(len(run) - 2)],
    "every other pair": lambda run: [run[at : at + 2] for at in range(0, len(run) - 1, 2)],
    "no last pair": lambda run: [run[at : at + 2] for at in range(len(run) - 2)],
}


@pytest.mark.parametrize("pairs", [words.pairs, *BROKEN.values()], ids=["sound", *BROKEN])
def test_a_tokenizer_that_is_broken_is_caught(
    sqlite_catalogue_url: str, monkeypatch: pytest.MonkeyPatch, pairs: Callable[[str], list[str]]
) -> None:
    words._terms_of_run.cache_clear()
    engine = connect(sqlite_catalogue_url)
    World(engine).begin()
    with monkeypatch.context() as broken:
        broken.setattr(words, "pairs", pairs)
        for _ in fill(engine, STATION, 600):
            pass
    words._terms_of_run.cache_clear()
    with reading(engine) as connection:
        made = Made(engine, brute_force.clips(connection))
    wrong = disagreements(made, ["酒驾", "王伟", "车牌", "酒后驾驶", "北京西路", "black sedan"])
    engine.dispose()
    assert bool(wrong) is (pairs is not words.pairs)


def test_counts_are_exact_up_to_a_limit(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "COUNTED", 600)
    with reading(made.engine) as connection:
        search = made.search(connection)
        few, many = search.count(parse("is:late")), search.count(parse("mp4"))
    assert (few.number, few.exact) == (sum(map(late, made.clips)), True)
    assert (many.number, many.exact) == (600, False)


def test_values_are_counted_as_they_are_written(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [clip for clip in made.clips if clip.row["case_number"] is None]
    fields = [Field.CATEGORY, Field.OFFICER, Field.DEVICE, Field.STATE, Field.UNIT]
    read: tuple[Callable[[Clip], str | None], ...] = (
        lambda clip: str(clip.row["category"]),
        lambda clip: clip.officer,
        lambda clip: str(clip.row["device"]),
    )
    with reading(made.engine) as connection:
        search = made.search(connection)
        few = search.values(parse("missing:case"), fields)
        monkeypatch.setattr(asking, "COUNTED", 500)
        many = search.values(parse("missing:case"), fields)
    for about, of in zip(fields, read, strict=False):
        expected = Counter(of(clip) for clip in wanted if of(clip) is not None).most_common()
        told = {value: count.number for value, count in few[about].counts.items()}
        assert told == dict(sorted(expected, key=lambda one: (-one[1], str(one[0])))[: asking.VALUES])
    assert few[Field.OFFICER].of is None
    assert many[Field.OFFICER].of == 500
    assert sum(count.number for count in many[Field.OFFICER].counts.values()) <= 500
    assert many[Field.STATE].counts["verified"].exact is False


def test_a_page_stays_where_it_is_when_clips_come_in(made: Made) -> None:
    with reading(made.engine) as connection:
        search = made.search(connection)
        first = search.page(parse("酒驾"), Order.TAKEN, ascending=False, limit=5)
        with pytest.raises(CursorUnfit):
            search.page(parse("酒驾"), Order.SIZE, ascending=False, limit=5, after=first.following)
        with pytest.raises(CursorUnfit):
            search.page(parse("酒驾"), Order.TAKEN, ascending=False, limit=5, after="../../etc")


def test_a_page_that_examines_a_bounded_number_of_clips_says_where_the_next_goes_on_and_nothing_is_lost(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "EXAMINED", 60)
    wanted = brute_force.ordered([clip for clip in made.clips if has_words(clip, "酒后驾驶")], "taken", ascending=False)
    found: list[str] = []
    after, asked = None, 0
    with reading(made.engine) as connection:
        search = made.search(connection)
        assert search.count(parse("酒后驾驶")) == Count(len(wanted), exact=True)
        while after is not None or not asked:
            page = search.page(parse("酒后驾驶"), Order.TAKEN, ascending=False, limit=len(wanted) + 1, after=after)
            found += [row.id for row in page.clips]
            assert page.complete is (page.following is None)
            after, asked = page.following, asked + 1
        by_size = search.page(parse("酒后驾驶"), Order.SIZE, ascending=False, limit=len(wanted) + 1)
    assert found == wanted
    assert asked == 2
    assert by_size.complete
    assert sorted(row.id for row in by_size.clips) == sorted(wanted)


def test_every_word_that_is_near_enough_is_found_however_many_there_are() -> None:
    plates = [f"a1{number:04d}" for number in range(3000)]
    wanted = [words.term("w", one) for one in plates if brute_force.distance("a10000", one) <= 2]
    assert list(near("a10000", (words.term("w", one) for one in plates), 2)) == wanted
    assert len(wanted) > 200
