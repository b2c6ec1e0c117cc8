"""Many dockings at once against one big copy, and the memory of it: python -m tests.bench docks [--slots 24] [--size BYTES]

A rate counts from plugging in until the last byte was copied, proved and in the log; what comes after it (media facts, the seal) is
shown beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.bench.cards import Card, Kind, fill
from tests.bench.children import Failed, Ran, run
from tests.bench.figures import Case, Series, at_least, at_most, conclude, say, show
from tests.bench.machine import Caches, description, headline, need_space
from tests.bench.peers import Shell
from tests.pieces import SYSTEM_PATH

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
FILES = 8
"""On each card: a shift's worth of segments, each with media facts to read."""
LEAST_RATE, MOST_MEMORY, LEAST_EVENNESS, MOST_BEYOND = 0.9, 400.0, 0.5, 3.0
MANY, ONE, FLOOR = "all at once", "one big copy", "floor: dd, fsync, cold re-read of it"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a station: what it said, seconds from plugging in, by slot."""

    said: dict[str, Any]
    ran: Ran

    @property
    def copied(self) -> float:
        """Until everything was copied."""
        return float(max(self.said["copied"].values()))

    @property
    def safe(self) -> float:
        """Until the last was safe to take."""
        return float(max(self.said["safe"].values()))

    @property
    def evenness(self) -> float:
        """When the first card was copied, as a part of when the last was: one after the other it would be 1 by their number."""
        return float(min(self.said["copied"].values())) / self.copied


def main(arguments: list[str]) -> int:
    """Measure. 0: every bound kept; 1: one was missed, or a run did not count."""
    parser = argparse.ArgumentParser(prog="tests.bench docks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=24)
    parser.add_argument("--size", type=int, default=128 * MEGABYTE, help="bytes of a card", metavar="BYTES")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, help="bytes a second that a card is read at, as a USB camera's", metavar="BYTES")
    parser.add_argument("--folder", type=Path, help="where cards and vaults are made; its disk is the one measured")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    asked = parser.parse_args(arguments)
    if os.geteuid() != 0:
        print("no figures: for want of root, to make loop devices and to mount them", file=sys.stderr)
        return 1
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="docks-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            case = measure(Path(name), asked.slots, asked.size, asked.rounds, asked.rate)
    except Failed as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    show(case)
    return conclude([case], machine, asked.json)


def measure(folder: Path, slots: int, size: int, rounds: int, rate: int | None) -> Case:
    """All cards at once, and as many bytes as one file of one card, alternating."""
    need_space(folder, 4 * slots * size)
    caches = Caches()
    shell = Shell(folder, caches)
    runs: dict[str, list[float]] = {MANY: [], ONE: [], FLOOR: []}
    shares, memory, first, safe = [], [], [], []
    with ExitStack() as stack:
        many = [stack.enter_context(plugged(folder / f"card-{number}", FILES, size // FILES)) for number in range(slots)]
        one = stack.enter_context(plugged(folder / "big", 1, slots * size))
        big = fill(folder / "floor", 1, slots * size, Kind.DATA)
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}: {slots} cards")
            found = dock(folder, caches, many, rate)
            runs[MANY].append(found.copied)
            shares.append(found.evenness)
            memory.append(found.ran.peak_rss / MEGABYTE)
            first.append(max(found.said["first_byte"].values(), default=0.0))
            safe.append(found.safe)
            say("    one big copy")
            runs[ONE].append(dock(folder, caches, [one], None).copied)
            say("    floor")
            runs[FLOOR].append(shell.floor(big))
    series = [Series(name, tuple(values)) for name, values in runs.items()]
    ratio = series[1].median / series[0].median
    bounds = [at_most("most memory of service, worker and probes, MB", max(memory), MOST_MEMORY)]
    if rate is None or slots * rate > slots * size / series[1].median:  # otherwise the cards are slower than the disk
        bounds.append(at_least("rate of all at once / of one big copy", ratio, LEAST_RATE))
    if rate is not None and slots * rate <= slots * size / series[1].median:
        beyond = max(safe) - size / rate
        bounds.append(at_most("seconds from plugging in to safe to take, beyond the card's own read time", beyond, MOST_BEYOND))
    bounds.append(at_least("first card copied / last card copied", min(shares), LEAST_EVENNESS))
    about = f"{slots} x {size / MEGABYTE:.0f} MB in {FILES} files each" + (f" at {rate / MEGABYTE:.0f} MB/s each" if rate else "")
    rates = f"{slots * size / MEGABYTE / series[0].median:.0f} MB/s in all; one big copy {slots * size / MEGABYTE / series[1].median:.0f}"
    extra = (
        Series("memory", tuple(memory), "MB"),
        Series("slowest first byte", tuple(first)),
        Series("last safe to take", tuple(safe)),
    )
    return Case("docks", f"{about}; page cache {caches.state}", (*series, *extra), tuple(bounds), ONE, (rates,))


def dock(folder: Path, caches: Caches, nodes: Sequence[str], rate: int | None) -> Measured:
    """Plug cards into a fresh station and wait until all are safe to take."""
    home, mounts = folder / "home", folder / "mounts"
    program: list[str | Path] = [sys.executable, "-P", "-m", "tests.bench.dock_station", home, mounts, *nodes]
    try:
        caches.chill()
        with throttled(nodes, rate) as group:
            environment = {"PATH": SYSTEM_PATH, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "PYTHONFAULTHANDLER": "1"}
            ran = run(program, environment=environment, watch_memory=True, group=group)
    finally:
        rmtree(home, ignore_errors=True)
        rmtree(mounts, ignore_errors=True)
    return Measured(json.loads(ran.output), ran)


_BLKIO = Path("/sys/fs/cgroup/blkio")


@contextmanager
def throttled(nodes: Sequence[str], rate: int | None) -> Iterator[Path | None]:
    """A control group whose members read each of the devices at a rate at most; None without a rate."""
    if rate is None:
        yield None
        return
    group = _BLKIO / f"evidence-station-docks-{os.getpid()}"
    try:
        group.mkdir()
        try:
            for node in nodes:
                number = Path(f"/sys/block/{Path(node).name}/dev").read_text(encoding="ascii").strip()
                (group / "blkio.throttle.read_bps_device").write_text(f"{number} {rate}\n", encoding="ascii")
            yield group / "cgroup.procs"
        finally:
            group.rmdir()
    except OSError as error:
        raise Failed(f"cards cannot be throttled here ({error})") from error


@contextmanager
def plugged(folder: Path, count: int, size: int) -> Iterator[str]:
    """A card with an ext4 file system on a loop device; its device file."""
    folder.mkdir()
    card: Card = fill(folder / "content", count, size, Kind.CLIP)
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(card.bytes + card.bytes // 50 + 16 * (1 << 20))
    _system("mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", "-d", card.path, image)
    rmtree(card.path)
    node = _system("losetup", "--find", "--show", "--direct-io=on", image).strip()
    try:
        yield node
    finally:
        _system("blockdev", "--setrw", node)  # the station's write block outlives the file behind a loop device
        _system("losetup", "--detach", node)


def _system(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": SYSTEM_PATH})
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout
