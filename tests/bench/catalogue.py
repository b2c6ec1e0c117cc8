"""Searching a million clips, on both databases, against plain SQL: python -m tests.bench catalogue [--full] [--self-test]"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, event, text

from evidence.catalogue.connect import connect, reading, sqlite_url, writing
from evidence.catalogue.keeping import Keeping
from evidence.catalogue.migrate import upgrade
from evidence.catalogue.search import words
from evidence.catalogue.search.asking import Search
from evidence.catalogue.search.finding import Count
from evidence.catalogue.search.language import Field, parse
from evidence.catalogue.search.meaning import Ground
from evidence.catalogue.search.paging import Order
from evidence.ids import StationId
from tests.bench.children import Failed
from tests.bench.figures import Bound, Case, Series, at_least, at_most, conclude, say, show
from tests.bench.machine import description, headline
from tests.clips_made import fill
from tests.evidence.catalogue.worlds import World
from tests.servers import postgresql

FULL = 1_000_000
USUAL = 100_000
ROUNDS = 7
PAGE = 50
STATION = StationId("s1")
ZONE = ZoneInfo("Asia/Shanghai")
_rounds = ROUNDS

QUERIES = (
    *("", "mp4", "dsj", "酒驾", "酒", "驾驶", "酒后驾驶", "王伟", "火车站广场", "北京西路", "交通事故", "电动车"),
    *("black", "black sedan", "burglary", '"stop and search"', '"black bag handed in"', "nosuchword", "酒驾 nosuchword"),
    *("mp4 burglary", "酒驾 王伟", "black 酒驾", "mp4 -dsj", "bla*", "2024*", "202405*", "0*", "1015*", "京A*"),
    *(
        "sedam~",
        "burglury~",
        "A12345~",
        "京A12345~",
        "京A123B5~1",
        "王伟强~",
        "交通事股~",
        "case:A32052024050100~",
        "officer:012001~",
    ),
    *(
        "missing:case",
        "missing:category",
        "missing:receipt",
        "missing:incident",
        "is:late",
        "missing:case missing:receipt is:late",
    ),
    *("missing:note missing:place", "officer:012000", "officer:0120*", "officer:012000 category:traffic 酒驾 -missing:case"),
    *("category:traffic", "category:theft,dispute missing:incident", "importance:3 missing:case", "sensitivity:minors is:late"),
    *("state:damaged", "after:2024-05-01 before:2024-06-01", "day:2024-05-01 missing:category", "before:2023-07-01 酒驾"),
    *("day:2000-01-01", "after:2023-09-15 category:domestic", "sha256:00", "device:dsj:T400000 missing:receipt"),
)
DEEP = ("", "mp4", "酒驾", "missing:receipt", "officer:012000", "酒后驾驶", "category:traffic")
SORTED = ("", "酒驾", "missing:case", "is:late", "burglary")
NAIVE = {
    "酒驾": "note LIKE '%酒驾%' OR place LIKE '%酒驾%'",
    "nosuchword": "note LIKE '%nosuchword%' OR place LIKE '%nosuchword%'",
    "black sedan": "note LIKE '%black sedan%' OR place LIKE '%black sedan%'",
    "missing:case": "case_number IS NULL",
    "missing:case is:late": "case_number IS NULL AND recorded_at < taken_at AND julianday(taken_at) - julianday(recorded_at) > 1",
}
"""What one would write without an index, on the same rows."""
THREES = ("酒驾", "火车站广场", '"black sedan"', "nosuchword", "burglary")
NOW = "2026-07-01T00:00:00.000000Z"
"""When what is due is asked for: a month after the last clip was made."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one query: its first page, its count, and the processor time of both that was ours."""

    query: str
    page: float
    count: float
    found: str
    page_worked: float
    count_worked: float


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Engine]:
    """An empty catalogue with a log that has begun. What it writes is not waited for: durability is measured elsewhere."""
    if kind == "sqlite":
        engine = connect(sqlite_url(folder / "catalogue.sqlite3"))
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))
        yield engine
        engine.dispose()
        return
    programs = postgresql.binaries()
    if programs is None:
        raise Failed("PostgreSQL's server is missing (Debian package postgresql)")
    with postgresql.running(programs) as server, server.database() as url:
        engine = connect(url)
        yield engine
        engine.dispose()


def filled(engine: Engine, clips: int) -> Case:
    """Fill a catalogue; its speed, and the memory on the way."""
    upgrade(engine)
    World(engine).begin()
    begun, worked = time.monotonic(), time.process_time()
    memory: list[float] = []
    for made in fill(engine, STATION, clips):
        if made * 20 // clips > len(memory) or made == clips:
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
            say(f"  {made:,} clips after {time.monotonic() - begun:.0f} s, {memory[-1]:.0f} MB")
    seconds = time.monotonic() - begun
    series = (
        Series("clips taken in", (clips / seconds,), "/s"),
        Series("the same, of processor time", (clips / (time.process_time() - worked),), "/s"),
        Series("memory on the way", tuple(memory), "MB"),
    )
    half = memory[len(memory) // 2]
    return Case(
        f"in, {engine.dialect.name}",
        f"{clips:,} clips in groups of 512",
        series,
        (at_most("memory at the end / half-way", memory[-1] / half, 1.1),),
    )


def asked(engine: Engine, clips: int) -> list[Case]:
    """Everything that is promised of searches, on a full catalogue."""
    name = engine.dialect.name
    size = _size(engine)
    say(f"  {len(QUERIES)} queries, {_rounds} times each, on {name}")
    with reading(engine) as connection:
        _warm(connection)
        timed = [_timed(connection, query) for query in QUERIES]
        deep = {query: _deep(connection, query) for query in DEEP}
        ordered = [
            (f"{query or 'everything'} by {order.value}", *_both(partial(_page, connection, query, order)))
            for query in SORTED
            for order in Order
            if order is not Order.TAKEN
        ]
        values = [(query, _median(partial(_values, connection, query))) for query in ("", "酒驾", "is:late")]
    _table(timed)
    pages = [page for one in deep.values() for page in one]
    first = tuple(one.page for one in timed)
    counts = tuple(one.count for one in timed)
    about = (
        f"{clips:,} clips, {size / 1e9:.2f} GB, {PAGE} clips a page, {len(QUERIES)} queries, medians of {_rounds}; "
        f"caches warm: every query was asked before; floor (SELECT 1): {_floor(engine):.2f} ms"
    )
    bounds = (
        at_most("first page, p95, ms", _p95(first), 50.0),
        at_most("any later page, p95, ms", _p95([wall for wall, _ in pages]), 5.0),
        at_most("count, slowest, ms", max(counts), 150.0),
        at_most("first page in another order, p95, ms", _p95([wall for _, wall, _ in ordered]), 50.0),
    )
    series = (
        Series("first page", first, "ms"),
        Series("count", counts, "ms"),
        Series("later pages, to the 40th", tuple(wall for wall, _ in pages), "ms"),
        *(Series(f"page, {what}", (wall,), "ms") for what, wall, _ in ordered),
        *(Series(f"values of 5 fields, {query or 'everything'}", (value,), "ms") for query, value in values),
    )
    notes = (
        (
            f"processor time of ours, p95: first page {_p95([one.page_worked for one in timed]):.1f} ms, later page "
            f"{_p95([work for _, work in pages]):.1f} ms, count {_p95([one.count_worked for one in timed]):.1f} ms "
            f"(slowest {max(one.count_worked for one in timed):.1f} ms), another order {_p95([work for *_, work in ordered]):.1f} ms"
        ),
    )
    facts = {"queries": {one.query: {"page_ms": one.page, "count_ms": one.count, "found": one.found} for one in timed}}
    return [
        Case(f"searches, {name}", about, series, bounds, notes=notes, facts=facts),
        _due(engine),
        _naive(engine),
        _indexed(engine),
    ]


def _due(engine: Engine) -> Case:
    """The clips whose time is over: a page of them, a page from the middle on, and their number with their bytes."""
    with reading(engine) as connection:
        keeping = Keeping(connection, STATION)
        rules = keeping.rules()
        spans = keeping.due_spans(rules, NOW)
        clips, _ = keeping.count(spans)
        place = ("2024-09-01T00:00:00.000000Z", "")
        page, page_worked = _both(partial(keeping.page, spans, rules, NOW, limit=100))
        middle, _ = _both(partial(keeping.page, spans, rules, NOW, limit=100, after=place))
        count, count_worked = _both(partial(keeping.count, spans), 3)
    series = (
        Series("first page", (page,), "ms"),
        Series("page from the middle on", (middle,), "ms"),
        Series("count", (count,), "ms"),
    )
    notes = (f"processor time of ours: first page {page_worked:.1f} ms, count {count_worked:.1f} ms",)
    return Case(f"due by the rules, {engine.dialect.name}", f"{clips:,} clips due, 100 a page", series, notes=notes)


def _indexed(engine: Engine) -> Case:
    """Against the index that the database itself offers for pieces of text: threes of characters (SQLite's FTS5, PostgreSQL's pg_trgm)."""
    server = engine.dialect.name == "postgresql"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        begun, worked = time.monotonic(), time.process_time()
        if server:
            with writing(engine) as connection:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
                connection.execute(text("CREATE INDEX bench_threes ON clip USING gin (note gin_trgm_ops, place gin_trgm_ops)"))
                size = int(connection.execute(text("SELECT pg_relation_size('bench_threes')")).scalar_one())
            held.callback(_without_threes, engine)  # once nobody reads any more
            theirs_on = held.enter_context(reading(engine))
        else:
            beside = connect(sqlite_url(Path(folder) / "threes.sqlite3"))
            theirs_on = held.enter_context(beside.connect())
            held.callback(beside.dispose)
            theirs_on.execute(text("ATTACH :file AS catalogue"), {"file": engine.url.database})
            theirs_on.execute(text("CREATE VIRTUAL TABLE threes USING fts5(note, place, content='', tokenize='trigram')"))
            theirs_on.execute(text("INSERT INTO threes (rowid, note, place) SELECT rowid, note, place FROM catalogue.clip"))
            theirs_on.commit()
            size = int(
                theirs_on.execute(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")).scalar_one()
            )
        made = f"{size / 1e6:.0f} MB, made in {time.monotonic() - begun:.0f} s ({time.process_time() - worked:.0f} s of our processor)"
        series, notes, bounds = [], [], []
        ours_on = held.enter_context(reading(engine))
        for query in THREES:
            piece = query.strip('"')
            asked_for = (
                f"SELECT count(*) FROM clip WHERE station = 's1' AND (note ILIKE '%{piece}%' OR place ILIKE '%{piece}%')"
                if server
                else f"SELECT count(*) FROM threes WHERE threes MATCH '\"{piece}\"'"
            )  # constants of this file
            theirs, ours = _median(partial(_scalar, theirs_on, asked_for), 3), _median(partial(_counted, ours_on, query), 3)
            series += [Series(f"{query}: threes", (theirs,), "ms"), Series(f"{query}: ours", (ours,), "ms")]
            count = _counted(ours_on, query)
            notes.append(
                f"{query}: threes find {_scalar(theirs_on, asked_for):,}, we {count.number:,}{'' if count.exact else '+'}"
            )
            bounds.append(at_least(f"{query}: threes / ours, of counting", theirs / ours, 1.0))
    return Case(
        f"against an index of threes, {engine.dialect.name}",
        f"of note and place alone: {made}",
        tuple(series),
        tuple(bounds),
        notes=tuple(notes),
    )


def _without_threes(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP INDEX bench_threes"))


def _naive(engine: Engine) -> Case:
    """The same questions as one would ask without an index, in the same run."""
    series: list[Series] = []
    bounds: list[Bound] = []
    with reading(engine) as connection:
        for query, without in NAIVE.items():
            server = engine.dialect.name == "postgresql" and "julianday" in without
            condition = (
                "case_number IS NULL AND taken_at::timestamptz - recorded_at::timestamptz > interval '1 day'"
                if server
                else without
            )
            theirs = _median(
                partial(_scalar, connection, f"SELECT count(*) FROM clip WHERE station = 's1' AND ({condition})"), 3
            )  # constants of this file
            ours = _median(partial(_counted, connection, query), 3)
            series += [Series(f"{query}: plain SQL", (theirs,), "ms"), Series(f"{query}: ours", (ours,), "ms")]
            bounds.append(at_least(f"{query}: plain SQL / ours, of counting", theirs / ours, 1.0))
    return Case(f"against plain SQL, {engine.dialect.name}", "counts of the same clips", tuple(series), tuple(bounds))


def _search(connection: Connection) -> Search:
    return Search(connection, STATION, None, Ground(ZONE))


def _page(connection: Connection, query: str, order: Order = Order.TAKEN) -> None:
    _search(connection).page(parse(query), order, ascending=False, limit=PAGE)


def _scalar(connection: Connection, statement: str) -> int:
    return int(connection.execute(text(statement)).scalar_one())


def _counted(connection: Connection, query: str) -> Count:
    return _search(connection).count(parse(query))


def _values(connection: Connection, query: str) -> None:
    _search(connection).values(parse(query), (Field.CATEGORY, Field.STATE, Field.IMPORTANCE, Field.OFFICER, Field.DAY))


def _timed(connection: Connection, query: str) -> Timed:
    count = _counted(connection, query)
    page, page_worked = _both(partial(_page, connection, query))
    counted, count_worked = _both(partial(_counted, connection, query))
    return Timed(query, page, counted, f"{count.number:,}{'' if count.exact else '+'}", page_worked, count_worked)


def _deep(connection: Connection, query: str) -> list[tuple[float, float]]:
    """Milliseconds of each page after the first, and those of our processor."""
    found, after = [], None
    for _ in range(40):
        begun, worked = time.perf_counter(), time.process_time()
        page = _search(connection).page(parse(query), Order.TAKEN, ascending=False, limit=PAGE, after=after)
        found.append(((time.perf_counter() - begun) * 1000, (time.process_time() - worked) * 1000))
        after = page.following
        if after is None:
            break
    return found[1:]


def _warm(connection: Connection) -> None:
    for query in QUERIES:
        _page(connection, query)


def _both(run: Callable[[], object], rounds: int | None = None) -> tuple[float, float]:
    """Medians of milliseconds, and of those of our processor: on a busy machine the two part."""
    walls, works = [], []
    gc.disable()
    for _ in range(rounds or _rounds):
        begun, worked = time.perf_counter(), time.process_time()
        run()
        walls.append((time.perf_counter() - begun) * 1000)
        works.append((time.process_time() - worked) * 1000)
    gc.enable()
    return statistics.median(walls), statistics.median(works)


def _median(run: Callable[[], object], rounds: int | None = None) -> float:
    return _both(run, rounds)[0]


def _floor(engine: Engine) -> float:
    with reading(engine) as connection:
        return _median(partial(_scalar, connection, "SELECT 1"), 50)


def _size(engine: Engine) -> int:
    with reading(engine) as connection:
        asked_for = (
            "SELECT pg_database_size(current_database())"
            if engine.dialect.name == "postgresql"
            else "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        )
        return int(connection.execute(text(asked_for)).scalar_one())


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def _table(timed: Sequence[Timed]) -> None:
    print(f"\n  {'first page':>10} {'processor':>10} {'count':>10} {'processor':>10} {'found':>9}  query")
    for one in timed:
        times = (one.page, one.page_worked, one.count, one.count_worked)
        print(
            "  " + " ".join(f"{value:7.2f} ms" for value in times) + f" {one.found:>9}  {one.query or '(everything)'}", flush=True
        )


def self_test(folder: Path) -> int:
    """A catalogue whose Chinese was cut into threes must be found out by plain SQL, and a sound one must not."""
    failures = 0
    sound = words.pairs
    for name, pairs in (("sound", sound), ("pairs left out", lambda run: [run[at : at + 3] for at in range(len(run) - 2)])):
        words._terms_of_run.cache_clear()  # it remembers the other tokenizer
        place = folder / name.replace(" ", "-")
        place.mkdir()
        words.pairs = pairs
        with database("sqlite", place) as engine:
            filled(engine, 5_000)
            words.pairs = sound
            with reading(engine) as connection:
                wanted = connection.execute(text("SELECT count(*) FROM clip WHERE note LIKE '%酒驾%'")).scalar_one()
                agrees = _search(connection).count(parse("酒驾")).number == wanted
        words._terms_of_run.cache_clear()  # as above
        expected = agrees is (name == "sound")
        failures += not expected
        print(f"{'as expected' if expected else 'NOT AS EXPECTED'}: {name}: {'agrees' if agrees else 'differs'}")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    """Measure searches. 0: every bound kept; 1: one was missed."""
    parser = argparse.ArgumentParser(prog="tests.bench catalogue", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} clips: up to an hour and 4 GB of disk for each database")
    parser.add_argument("--clips", type=int)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append", help="only this one")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times that each query is asked")
    parser.add_argument(
        "--catalogue",
        action="append",
        help="a SQLite catalogue that an earlier run filled and --keep kept, or a full one on PostgreSQL (URL)",
    )
    parser.add_argument("--keep", type=Path, help="fill the SQLite catalogue there, and leave it")
    parser.add_argument("--folder", type=Path, help="where the catalogues are made; its disk is the one measured")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--self-test", action="store_true", help="see that a broken tokenizer is caught, and a sound one is not")
    given = parser.parse_args(arguments)
    global _rounds  # noqa: PLW0603  # what the command line says, for every query
    _rounds = given.rounds
    os.environ.pop("EVIDENCE_STATION_CATALOGUE_URL", None)
    machine = description()
    clips = given.clips or (FULL if given.full else USUAL)
    made: list[Case] = []
    with tempfile.TemporaryDirectory(prefix="catalogue-bench-", dir=given.folder) as name:
        print(headline(machine, Path(name)))
        if given.self_test:
            return self_test(Path(name))
        for there in given.catalogue or ():
            engine = connect(there if "://" in there else sqlite_url(Path(there)))
            with reading(engine) as connection:
                clips = int(connection.execute(text("SELECT count(*) FROM clip")).scalar_one())
            made += asked(engine, clips)
        for kind in () if given.catalogue is not None else given.database or ("sqlite", "postgresql"):
            with database(kind, given.keep if kind == "sqlite" and given.keep is not None else Path(name)) as engine:
                made.append(filled(engine, clips))
                made += asked(engine, clips)
    for case in made:
        show(case)
    return conclude(made, machine, given.json)
