"""How long a command takes to start, and what it loads: python -m tests.bench start [--self-test]"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

from tests.bench.builds import LATE, START_LATE, Build, broken
from tests.bench.cards import Kind, fill
from tests.bench.children import Failed, run
from tests.bench.figures import Case, Series, alternate, at_most, conclude, show
from tests.bench.machine import description, headline
from tests.bench.ours import Home

LIMIT = 0.4
ROUNDS = 20
TOP = 15
STATUS = "status"
_IMPORT = re.compile(rb"import time:\s*(\d+) \|\s*(\d+) \| ( *)(\S+)")


def compare(folder: Path, rounds: int, build: Build) -> Case:
    """``status`` of a home in use, with the programs in memory; beside it an empty Python, which nobody can do without."""
    card = fill(folder / "card", 3, 20_000, Kind.DATA)
    with Home(folder / "home", build) as home:
        home.ingest([card])
        home.evidence_station("status", "--json")
        busy: list[float] = []

        def status() -> float:
            ran = home.evidence_station("status", "--json")
            busy.append(ran.cpu_seconds)
            return ran.seconds

        runs = alternate(
            {
                STATUS: status,
                "clips": lambda: home.evidence_station("clips", "--json").seconds,
                "--help": lambda: home.evidence_station("--help").seconds,
                "an empty Python": lambda: run([sys.executable, "-c", ""], environment=build.environment).seconds,
            },
            rounds,
        )
        profile = _profile(home)
    bound = at_most("status, seconds at the median", runs[STATUS].median, LIMIT)
    notes = tuple(
        f"{own / 1000:6.1f} ms itself, {total / 1000:6.1f} ms with what it imports: {name}" for name, own, total in profile[:TOP]
    )
    facts = {"imports_us": {name: total for name, _, total in profile}}
    return Case(
        "start",
        "warm, on a home with one sealed docking; slowest imports of status below",
        (*runs.values(), Series("status, processor time", tuple(busy))),
        (bound,),
        None,
        notes,
        facts,
    )


def _profile(home: Home) -> list[tuple[str, int, int]]:
    """Imports of ``status``: name, microseconds of its own, and with what it imports; the slowest first."""
    program = [sys.executable, "-X", "importtime", *home.build.command, "--home", home.path, "status", "--json"]
    ran = run(program, environment=home.build.environment)
    json.loads(ran.output)
    found = [(match[4].decode(), int(match[1]), int(match[2])) for match in _IMPORT.finditer(ran.diagnostics)]
    return sorted(found, key=lambda one: one[1], reverse=True)


def main(arguments: list[str]) -> int:
    """Measure. 0: the bound was kept; 1: it was missed."""
    parser = argparse.ArgumentParser(prog="tests.bench start", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the same: it is quick")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path, help="where the home is made")
    parser.add_argument("--build", type=Path, help="measure the product of another checkout", default=Build().root)
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--self-test", action="store_true", help="see that a slow build is caught")
    asked = parser.parse_args(arguments)
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="start-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            build = Build(asked.build.resolve())
            if asked.self_test:
                return self_test(Path(name), build)
            made = [compare(Path(name), asked.rounds, build)]
    except Failed as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    show(made[0])
    return conclude(made, machine, asked.json)


def self_test(folder: Path, sound: Build) -> int:
    """A build that starts late misses the bound, and by what was added to it: a busy machine does not do that."""
    medians = []
    for name, build in (("a sound build", sound), ("a build that starts late", broken(sound, folder / "build", START_LATE))):
        case = compare(folder, 5, build)
        medians.append(case[STATUS].median)
        print(f"{name}: {case.bounds[0]}")
    caught = medians[1] > LIMIT and medians[1] - medians[0] > LATE / 2
    print("as expected" if caught else "NOT AS EXPECTED")
    return 0 if caught else 1
