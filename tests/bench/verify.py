"""verify against openssl over the same files on as many cores: python -m tests.bench verify [--full] [--self-test]"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree

from tests.bench.builds import READ_SLOWLY, SKIM, Build, Flaw, broken
from tests.bench.cards import Kind, fill
from tests.bench.children import Failed, run
from tests.bench.figures import Case, Series, alternate, at_least, conclude, say, show
from tests.bench.machine import Caches, description, headline, need_space
from tests.bench.ours import TOLERATED, Home, Refused
from tests.pieces import SYSTEM_PATH

FULL_SIZE = 4_294_967_296
SMALL = 200_000
OURS = "ours: verify, in full"
THEIRS = "openssl dgst, a process for each core"


def compare(folder: Path, count: int, size: int, kind: Kind, rounds: int, caches: Caches, build: Build) -> Case:
    """One vault of ``count`` files of ``size`` bytes."""
    need_space(folder, 2 * count * size)
    card, tiny = fill(folder / "card", count, size, kind), fill(folder / "tiny", 1, 20_000, kind)
    with Home(folder / "home", build) as home, Home(folder / "another", build) as another:
        home.ingest([card])
        rmtree(card.path)
        another.ingest([tiny])

        def ours() -> float:
            caches.chill()
            another.evidence_station("verify", "--json")
            ran = home.evidence_station("verify", "--json")
            answer = json.loads(ran.output)
            if not answer["ok"] or answer["checked"]["blobs"] != count:
                raise Refused(f"the verdict: {answer['problems'][:3]}, {answer['checked']}")
            if ran.read_bytes < card.bytes * TOLERATED:
                raise Refused(f"{ran.read_bytes} bytes came from the disks, and the vault holds {card.bytes}")
            return ran.seconds

        runs = alternate({THEIRS: lambda: _openssl(home.path / "vault" / "blobs", count, caches), OURS: ours}, rounds)
    ratio = runs[THEIRS].median / runs[OURS].median
    series = (
        *runs.values(),
        *(Series(f"{one.name}, GB/s", tuple(card.bytes / 1e9 / value for value in one.values), "") for one in runs.values()),
    )
    about = f"{count:,} x {size / 1e6:g} MB .{kind.value}; page cache {caches.state}"
    return Case(f"verify, {count:,} files", about, series, (at_least("speed of ours / of openssl", ratio, 0.9),), THEIRS)


def _openssl(blobs: Path, count: int, caches: Caches) -> float:
    environment = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}
    caches.chill()
    run(["sh", "-c", "find --version; xargs --version; openssl version"], environment=environment)
    cores = len(os.sched_getaffinity(0))
    batch = max(1, min(64, count // (2 * cores)))
    script = 'find "$1" -type f -print0 | xargs -0 -P "$2" -n "$3" openssl dgst -sha256 >/dev/null'
    return run(["sh", "-euc", script, "sh", blobs, str(cores), str(batch)], environment=environment).seconds


def main(arguments: list[str]) -> int:
    """Compare. 0: every bound kept; 1: one was missed, or a run did not count."""
    parser = argparse.ArgumentParser(prog="tests.bench verify", description=__doc__)
    parser.add_argument("--full", action="store_true", help="4 GiB and 10,000 small files: minutes, and 9 GB of disk")
    parser.add_argument("--size", type=int, help="bytes of a vault of big files", metavar="BYTES")
    parser.add_argument("--count", type=int, help="how many small files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the vaults are made; its disk is the one measured")
    parser.add_argument("--build", type=Path, help="measure the product of another checkout", default=Build().root)
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--self-test", action="store_true", help="see that broken builds are caught, and a sound one is not")
    asked = parser.parse_args(arguments)
    machine, caches = description(), Caches()
    size = asked.size or (FULL_SIZE if asked.full else FULL_SIZE // 8)
    count = asked.count or (10_000 if asked.full else 2_000)
    shapes = [(1, size, Kind.CLIP), (8, size // 8, Kind.CLIP), (count, SMALL, Kind.DATA)]
    made: list[Case] = []
    try:
        with tempfile.TemporaryDirectory(prefix="verify-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            build = Build(asked.build.resolve())
            if asked.self_test:
                return self_test(Path(name), caches, build)
            for shape in shapes:
                say(f"verify, {shape[0]} …")
                made.append(compare(Path(name), *shape, asked.rounds, caches, build))
                show(made[-1])
    except (Failed, Refused) as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    return conclude(made, machine, asked.json)


def self_test(folder: Path, caches: Caches, sound: Build) -> int:
    """A build that does not read the vault is refused; a slow one misses its bound, at half the sound one's speed or less."""
    ratios: list[float] = []
    failures = 0
    flaws: dict[str, tuple[Flaw | None, Callable[[Case | None], bool]]] = {
        "sound build": (None, lambda case: case is not None),
        "slow build": (READ_SLOWLY, lambda case: case is not None and not case.kept and ratios[1] <= ratios[0] / 2),
        "build that does not read": (SKIM, lambda case: case is None),
    }
    for name, (flaw, expected) in flaws.items():
        with ExitStack() as stack:
            build = sound
            if flaw is not None:
                copy = folder / "build"
                stack.callback(rmtree, copy)
                build = broken(sound, copy, flaw)
            case: Case | None = None
            try:
                case = compare(folder, 8, 64 << 20, Kind.DATA, 1, caches, build)
            except Refused as refusal:
                found = f"refused ({refusal})"
            else:
                ratios.append(case.bounds[0].ratios[0].value)
                found = str(case.bounds[0])
        as_expected = expected(case)
        failures += not as_expected
        print(f"{'as expected' if as_expected else 'NOT AS EXPECTED'}: {name}: {found}")
    return 1 if failures else 0
