"""Ingest against its peers where nothing holds it up but the disk: a few big files, and thousands of small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from tests.bench.builds import SKIP_THE_RE_READ, Build, broken
from tests.bench.cards import Card, Kind, fill
from tests.bench.figures import Bound, Case, Ratio, Series, alternate, at_most
from tests.bench.machine import Caches, need_space
from tests.bench.ours import Home
from tests.bench.peers import Shell

FULL = "ours: ingest, in full"
STARTUP = "ours: start-up (ingest of one tiny file)"
NET = "ours: start-up taken off"
UNPROVED = "ours without the re-read, start-up taken off"
FLOOR = "floor: dd, fsync, cold re-read"
PLAIN = "dd conv=fsync"
A = "(a) cp, sync, openssl of both"
B = "(b) rsync -a, rsync -acn"
B_SYNCED = "(b) and then sync"
C = "(c) cp, ascmhl create"
C_SYNCED = "(c) and then sync"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how often a benchmark runs, and the build it measures."""

    folder: Path
    rounds: int
    caches: Caches
    build: Build


class Intake:
    """Ours as a contender: each run in a home of its own."""

    def __init__(self, setting: Setting, build: Build | None = None, *, checked: bool = True) -> None:
        self._setting = setting
        self._build = build or setting.build
        self._checked = checked
        self._tiny = fill(setting.folder / "tiny", 1, 20_000, Kind.CLIP)

    def seconds(self, *cards: Card) -> float:
        """One ingest, looked at afterwards. Raises :class:`~tests.bench.ours.Refused`."""
        with self._chilled() as home:
            ran = home.ingest(cards)
            if self._checked:
                home.check(cards, ran, cold=self._setting.caches.cold)
        return ran.seconds

    def startup(self) -> float:
        """What an ingest costs whatever the card: programs started, log opened, manifest sealed."""
        with self._chilled() as home:
            return home.ingest([self._tiny]).seconds

    @contextmanager
    def _chilled(self) -> Iterator[Home]:
        """An empty home, with no footage in memory; but the programs are, as on a station in use."""
        folder = self._setting.folder
        with Home(folder / "home", self._build) as home, Home(folder / "another", self._build) as another:
            self._setting.caches.chill()
            another.ingest([self._tiny])
            yield home


def big_files(setting: Setting, count: int, size: int) -> Case:
    """A few big files on the same disk as the vault."""
    need_space(setting.folder, 2 * count * size)
    card = fill(setting.folder / "card", count, size, Kind.CLIP)
    shell, intake = Shell(setting.folder, setting.caches), Intake(setting)
    unproved = Intake(setting, broken(setting.build, setting.folder / "unproved", SKIP_THE_RE_READ), checked=False)
    try:
        contenders: dict[str, Callable[[], float]] = {
            FLOOR: lambda: shell.floor(card),
            FULL: lambda: intake.seconds(card),
            STARTUP: intake.startup,
            A: lambda: shell.copy_and_digests(card),
            B: lambda: shell.rsync_twice(card),
            B_SYNCED: lambda: shell.until_synchronised,
            C: lambda: shell.media_hash_list(card),
            C_SYNCED: lambda: shell.until_synchronised,
            PLAIN: lambda: shell.plain_copy(card),
            UNPROVED: lambda: unproved.seconds(card),
        }
        notes = _without_the_missing(contenders, shell)
        runs = alternate(contenders, setting.rounds)
    finally:
        rmtree(card.path)
        rmtree(setting.folder / "unproved")
    ours, copied = runs[FULL].median, runs[UNPROVED].less(runs[STARTUP], UNPROVED)
    bounds = [
        Bound((Ratio("ours / (a)", ours / runs[A].median, 0.6), Ratio("ours / floor", ours / runs[FLOOR].median, 1.15))),
        _no_slower(ours, runs),
        at_most("copy without re-read / dd conv=fsync", copied.median / runs[PLAIN].median, 1.15),
    ]
    series = [*(one for one in runs.values() if one.name != UNPROVED), runs[FULL].less(runs[STARTUP], NET), copied]
    about = f"{count} x {size / 1e6:.0f} MB on the vault's own disk; page cache {setting.caches.state}"
    return Case(f"fast disk, {count} big", about, tuple(series), tuple(bounds), FLOOR, notes)


def small_files(setting: Setting, count: int, size: int, kind: Kind) -> Case:
    """Thousands of small files."""
    need_space(setting.folder, 2 * count * size)
    card = fill(setting.folder / "card", count, size, kind)
    shell, intake = Shell(setting.folder, setting.caches), Intake(setting)
    try:
        contenders: dict[str, Callable[[], float]] = {
            FLOOR: lambda: shell.floor(card),
            FULL: lambda: intake.seconds(card),
            A: lambda: shell.copy_and_digests(card),
            B: lambda: shell.rsync_twice(card),
            B_SYNCED: lambda: shell.until_synchronised,
            C: lambda: shell.media_hash_list(card),
            C_SYNCED: lambda: shell.until_synchronised,
        }
        notes = _without_the_missing(contenders, shell)
        runs = alternate(contenders, setting.rounds)
    finally:
        rmtree(card.path)
    about = f"{count:,} x {size / 1e3:.0f} kB .{kind.value}; page cache {setting.caches.state}; floor by cp, sync, cat"
    bound = at_most("ours / (a)", runs[FULL].median / runs[A].median, 1.0)
    return Case(f"small files, .{kind.value}", about, tuple(runs.values()), (bound,), FLOOR, notes)


def _without_the_missing(contenders: dict[str, Callable[[], float]], shell: Shell) -> tuple[str, ...]:
    """Leave out peers that are not installed, and say so."""
    notes = ["(b) and (c) as people use them: when they are done, the copy is in memory and not yet on the disk"]
    for name, synced, program in ((B, B_SYNCED, "rsync"), (C, C_SYNCED, "ascmhl")):
        if not shell.has(program):
            del contenders[name], contenders[synced]
            notes.append(f"{name} is missing here: {program} is not installed (packaging/run bench brings it)")
    return tuple(notes)


def _no_slower(ours: float, runs: dict[str, Series]) -> Bound:
    peers = {name: runs[name].median for name in (B, C) if name in runs}
    if not peers:
        return at_most("ours / best of (b), (c), neither of which is installed", float("inf"), 1.0)
    best = min(peers, key=lambda name: peers[name])
    return at_most(f"ours / best of (b), (c), which is {best[:3]}", ours / peers[best], 1.0)
