"""The custody log: append, prove and verify with a million entries: python -m tests.bench log [--full] [--self-test]"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Connection, event, select

from evidence.catalogue import ledger, schema
from evidence.catalogue.connect import reading
from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.custody import merkle
from evidence.custody.entry import Actor
from evidence.facts import ClipState, SourceKind, Taken
from evidence.ids import DeviceKey, Digest, DockingId, StationId
from evidence.inventory import Inventory, Item, Kind
from evidence.verify import Home as Verified
from evidence.verify import verify
from ingest.identity import Candidate
from ingest.profiles.choice import GENERIC
from ingest.profiles.library import load_profiles
from ingest.source import KeyBasis
from ingest.visit import Opening
from station.book import Book
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.bench.figures import Bound, Case, Series, at_most, conclude, say, show
from tests.bench.machine import description, headline

FULL = 1_000_000
USUAL = 100_000
GROUP = 512
"""Files to a commit, as the copy engine brings them; each file leaves two entries."""
CARD = 8 * GROUP
PROOFS = 200
LONE = 30


@dataclass(slots=True)
class Figures:
    """What was measured at one size of the log."""

    size: int
    inclusion: list[float] = field(default_factory=list)
    consistency: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    """Rows read for one proof: each is asked for by a statement of its own."""
    hashes: int = 0


class Station:
    """A station whose log grows. No footage is in it: its clips are digests that nobody has the bytes of."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        init(self.home, "bench", None)
        self.rooms = Rooms.open(self.home)
        self._book = Book(self.rooms, Actor("Bench Operator", "operator"))
        self._profile = next(profile for profile in load_profiles() if profile.name == GENERIC)
        self._docking: DockingId | None = None
        self._position = 0
        self._cards = 0

    def size(self) -> int:
        with self.rooms.queries() as queries:
            return queries.head().size

    def group(self) -> None:
        """Commit the outcomes of one group of files, on a new card when the last is full."""
        if self._docking is None or self._position == CARD:
            self._docking, self._position = self._dock(), 0
        taken = [_taken(self._cards, self._position + number) for number in range(GROUP)]
        self._book.files(self._docking, taken, [], [])
        self._position += GROUP

    def lone(self) -> float:
        """Seconds of a commit of one file, on a card of its own."""
        docking = self._dock()
        begun = time.monotonic()
        self._book.files(docking, [_taken(self._cards, 0)], [], [])
        return time.monotonic() - begun

    def _dock(self) -> DockingId:
        self._cards += 1
        items = tuple(Item(number, _path(number), Kind.FILE, 200_000, 1_700_000_000_000_000_000) for number in range(CARD))
        inventory = Inventory(items, None, self.rooms.clock().utc)
        device, content = DeviceKey(f"camera-{self._cards}"), Digest(hashlib.sha256(b"%d" % self._cards).hexdigest())
        found = Candidate(device, KeyBasis.GIVEN)
        return self._book.open(Opening(device, SourceKind.OTHER, self._profile, {}, None, inventory, content, (), found))


def _path(number: int) -> bytes:
    return b"DCIM/%dBENCH/BEN%05d.MP4" % (100 + number // 1000, number)


def _taken(card: int, number: int) -> Taken:
    digest = Digest(hashlib.sha256(b"%d %d" % (card, number)).hexdigest())
    return Taken(number, _path(number), 200_000, digest, ClipState.VERIFIED, "direct", 1)


def prove(station: Station, size: int, chance: random.Random, proofs: int = PROOFS) -> Figures:
    """Proofs in the log as it stands, each led to the roots that were signed."""
    figures = Figures(size)
    with reading(station.rooms.catalogue) as connection, _counted(connection) as count:
        roots = _signed_roots(connection)
        subtree = ledger.stored_subtrees(connection, station.rooms.station, 1)
        for _ in range(proofs):
            leaf = chance.randrange(size)
            seq, place = merkle.holder(0, leaf)
            held = connection.execute(select(schema.custody_entry.c.hashes).where(schema.custody_entry.c.seq == seq)).scalar_one()
            entry = merkle.completed(held, place)
            before, begun = count[0], time.perf_counter()
            proof = merkle.inclusion_proof(leaf, size, subtree)
            figures.inclusion.append(time.perf_counter() - begun)
            figures.statements.append(count[0] - before)
            figures.hashes = max(figures.hashes, len(proof))
            _insist(merkle.check_inclusion(entry, leaf, size, proof, roots[size]), f"inclusion of {leaf} in {size}")
            old = chance.choice([one for one in roots if one < size] or [0])
            before, begun = count[0], time.perf_counter()
            proof = merkle.consistency_proof(old, size, subtree)
            figures.consistency.append(time.perf_counter() - begun)
            figures.statements.append(count[0] - before)
            figures.hashes = max(figures.hashes, len(proof))
            known = roots.get(old, merkle.EMPTY_ROOT)
            _insist(merkle.check_consistency(old, size, proof, known, roots[size]), f"consistency of {old} with {size}")
    return figures


def _signed_roots(connection: Connection) -> dict[int, bytes]:
    rows = connection.execute(select(schema.checkpoint.c.size, schema.checkpoint.c.root))
    return {row.size: bytes.fromhex(row.root) for row in rows}


def _insist(true: bool, what: str) -> None:
    if not true:
        raise ValueError(f"a proof does not hold: {what}")


@contextmanager
def _counted(connection: Connection) -> Iterator[list[int]]:
    count = [0]

    def executed(*_: object) -> None:
        count[0] += 1

    event.listen(connection, "after_cursor_execute", executed)
    try:
        yield count
    finally:
        event.remove(connection, "after_cursor_execute", executed)


def grow(station: Station, upto: int) -> tuple[float, int]:
    """Append groups until the log has ``upto`` entries: seconds, and entries appended."""
    first = size = station.size()
    begun = time.monotonic()
    while size < upto:
        station.group()
        size = station.size()
    return time.monotonic() - begun, size - first


def measure(folder: Path, entries: int) -> list[Case]:
    """Grow a log by powers of ten; at each, prove; at the end, verify."""
    station, chance = Station(folder / "home"), random.Random(7)
    rates: list[Series] = []
    proofs: list[Figures] = []
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size < entries] + [entries]
    for size in sizes:
        say(f"  append until {size:,}")
        seconds, appended = grow(station, size)
        rates.append(Series(f"append, to {size:,}", (appended / seconds,), "/s"))
        proofs.append(prove(station, station.size(), chance))
    lone = Series("commit of one file", tuple(station.lone() * 1000 for _ in range(LONE)), "ms")
    written = _peak()
    station.rooms.close()
    say("  verify")
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:  # a process of its own, so that its memory is
        checked = alone.submit(_verify, station.home, station.rooms.station).result()
    size = station.home.catalogue.stat().st_size
    read = Series("verify: log, signatures, rows", (checked.entries / checked.seconds,), "/s")
    memory = (Series("memory while appending", (written,), "MB"), Series("memory while verifying", (checked.peak,), "MB"))
    disk = Series("catalogue", (size / 1e6,), "MB")
    about = f"{checked.entries:,} entries, {checked.clips:,} clips, {GROUP} files to a commit; SQLite, every commit synchronised"
    bounds = (
        at_most("append early / append late", rates[1].median / rates[-1].median, 2.0),
        at_most("memory while appending, MB", written, 200.0),
        at_most("memory while verifying, MB", checked.peak, 200.0),
    )
    return [Case("log", about, (*rates, lone, read, *memory, disk), bounds), _proof_case(proofs)]


@dataclass(frozen=True, slots=True)
class Checked:
    """A verification: how long it took, what it went through, its peak memory in megabytes."""

    seconds: float
    entries: int
    clips: int
    peak: float


def _verify(home: Home, station: StationId) -> Checked:
    """Verify all but the vault, which is empty: the clips here have no bytes. Raises ``ValueError`` if anything is wrong."""
    begun = time.monotonic()
    verdict = verify(ReadOnlyCatalogue(f"sqlite:///{home.catalogue}", station), station, Verified((), home.settings))
    seconds = time.monotonic() - begun
    if not verdict.ok:
        raise ValueError(f"the verifier finds problems: {verdict.problems[:3]}")
    return Checked(seconds, verdict.checked["entries"], verdict.checked["clips"], _peak())


def _proof_case(proofs: list[Figures]) -> Case:
    series: list[Series] = []
    bounds: list[Bound] = []
    for one in proofs:
        series.append(Series(f"inclusion proof in {one.size:,}", tuple(value * 1000 for value in one.inclusion), "ms"))
        series.append(Series(f"consistency proof in {one.size:,}", tuple(value * 1000 for value in one.consistency), "ms"))
        rows = statistics.median(one.statements)
        series.append(Series(f"rows read for a proof in {one.size:,}", tuple(map(float, one.statements)), ""))
        bounds.append(
            at_most(
                f"most rows read for a proof in {one.size:,}, for each level of the tree ({rows:.0f} at the median)",
                max(one.statements) / one.size.bit_length(),
                2.0,
            )
        )
    about = f"{PROOFS} of each at random places, every one checked against the roots that were signed"
    return Case("proofs", about, tuple(series), tuple(bounds))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def self_test(folder: Path) -> int:
    """A log that reads every entry for a proof misses its bound, and one whose stored tree is wrong is no log at all."""
    station, chance = Station(folder / "home"), random.Random(7)
    grow(station, 2_000)
    size, sound = station.size(), ledger.stored_subtrees

    def linear(connection: Connection, name: object, epoch: int) -> merkle.Subtree:
        def subtree(level: int, index: int) -> bytes:
            if level == 0:
                return sound(connection, station.rooms.station, epoch)(0, index)
            return merkle.node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

        return subtree

    def wrong(connection: Connection, name: object, epoch: int) -> merkle.Subtree:
        return lambda level, index: sound(connection, station.rooms.station, epoch)(level, index)[::-1]

    def verdict() -> str:
        try:
            return "kept" if _proof_case([prove(station, size, chance, 20)]).kept else "missed"
        except ValueError as refusal:
            return f"refused ({refusal})"

    failures = 0
    broken: dict[str, tuple[Callable[..., merkle.Subtree], str]] = {
        "sound log": (sound, "kept"),
        "log that hashes everything for a proof": (linear, "missed"),
        "log with a wrong tree": (wrong, "refused"),
    }
    for name, (subtrees, expected) in broken.items():
        ledger.stored_subtrees = subtrees
        found = verdict()
        failures += not found.startswith(expected)
        print(f"{'as expected' if found.startswith(expected) else 'NOT AS EXPECTED'}: {name}: {found}")
    ledger.stored_subtrees = sound
    station.rooms.close()
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    """Measure a log. 0: every bound kept; 1: one was missed."""
    parser = argparse.ArgumentParser(prog="tests.bench log", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} entries: some minutes and 2 GB of disk")
    parser.add_argument("--entries", type=int)
    parser.add_argument("--folder", type=Path, help="where the catalogue is made; its disk is the one measured")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--self-test", action="store_true", help="see that broken logs are caught, and a sound one is not")
    asked = parser.parse_args(arguments)
    os.environ.pop("EVIDENCE_STATION_CATALOGUE_URL", None)
    machine = description()
    with tempfile.TemporaryDirectory(prefix="log-bench-", dir=asked.folder) as name:
        print(headline(machine, Path(name)))
        if asked.self_test:
            return self_test(Path(name))
        made = measure(Path(name), asked.entries or (FULL if asked.full else USUAL))
    for case in made:
        show(case)
    return conclude(made, machine, asked.json)
