"""Ingest against cp, rsync and ascmhl, slow cards, memory: python -m tests.bench ingest [--full] [--cases …] [--self-test]"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench.builds import DAWDLE, FORGET_THE_MEDIUM, SKIP_THE_RE_READ, Build, Flaw, broken
from tests.bench.cards import Kind, can_be_slow
from tests.bench.children import Failed
from tests.bench.figures import Case, conclude, say, show
from tests.bench.intake_fast import Setting, big_files, small_files
from tests.bench.intake_memory import memory
from tests.bench.intake_slow import MEGABYTE, four_cards, one_card
from tests.bench.machine import Caches, description, headline
from tests.bench.ours import Refused

FULL_SIZE = 4_294_967_296
USUAL_SIZE = FULL_SIZE // 8
RATES = (35 * MEGABYTE, 100 * MEGABYTE)
SMALL = 200_000


def cases(size: int, count: int) -> dict[str, list[Callable[[Setting], Case]]]:
    """What can be measured, by the names that ``--cases`` takes. ``size``: bytes of a card; ``count``: of small files."""
    return {
        "slow": [partial(one_card, size=size, rate=rate) for rate in RATES],
        "four": [partial(four_cards, size=size, rate=rate) for rate in RATES],
        "one": [partial(big_files, count=1, size=size)],
        "eight": [partial(big_files, count=8, size=size // 8)],
        "small": [partial(small_files, count=count, size=SMALL, kind=Kind.DATA)],
        "photos": [partial(small_files, count=count // 10, size=SMALL, kind=Kind.PHOTO)],
        "memory": [partial(memory, sizes=(size // 8, size), counts=(count // 10, count), small=SMALL)],
    }


NEEDS_SLOW_CARDS = ("slow", "four")


def main(arguments: list[str]) -> int:
    """Run the cases asked for. 0: every bound kept; 1: one was missed, or a run did not count."""
    names = list(cases(0, 0))
    parser = argparse.ArgumentParser(prog="tests.bench ingest", description=__doc__)
    parser.add_argument("--full", action="store_true", help="4 GiB, 10,000 small files, three rounds: an hour and 40 GB of disk")
    parser.add_argument("--size", type=int, help="bytes of a card of big files", metavar="BYTES")
    parser.add_argument("--count", type=int, help="how many small files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--folder", type=Path, help="where cards and vaults are made; its disk is the one measured")
    parser.add_argument("--build", type=Path, help="measure the product of another checkout", default=Build().root)
    parser.add_argument("--suite", choices=["standard", "gm"], default="standard", help="algorithms: gm takes SM3, too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--self-test", action="store_true", help="see that broken builds are caught, and a sound one is not")
    asked = parser.parse_args(arguments)
    size = asked.size or (FULL_SIZE if asked.full else USUAL_SIZE)
    count = asked.count or (10_000 if asked.full else 2_000)
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="ingest-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            setting = Setting(Path(name), asked.rounds, Caches(), Build(asked.build.resolve(), asked.suite))
            if asked.self_test:
                return self_test(setting)
            made = measure(setting, asked.cases, size, count)
    except (Failed, Refused) as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    return conclude(made, machine, asked.json)


def measure(setting: Setting, names: list[str], size: int, count: int) -> list[Case]:
    """Run cases and show each as it comes."""
    made = []
    missing = can_be_slow()
    for name, runs in cases(size, count).items():
        if name not in names:
            continue
        if name in NEEDS_SLOW_CARDS and missing is not None:
            print(f"\n{name}: LEFT OUT, for want of {missing}")
            continue
        for run in runs:
            say(f"{name} …")
            made.append(run(setting))
            show(made[-1])
    return made


def self_test(setting: Setting) -> int:
    """A sound build passes; one that dawdles misses its bound by far; those that only claim to have re-read are refused."""
    if (missing := can_be_slow()) is not None:
        print(f"no self-test: for want of {missing}", file=sys.stderr)
        return 1
    rate, failures = RATES[0], 0
    ratios: list[float] = []
    builds: dict[str, tuple[Flaw | None, Callable[[Case | None], bool]]] = {
        "sound build": (None, lambda case: case is not None and case.kept),
        # By far, so that it is the flaw that is seen and not a machine that is busy with something else.
        "dawdling build": (DAWDLE, lambda case: case is not None and not case.kept and ratios[1] > 2 * ratios[0]),
        "build without the re-read": (SKIP_THE_RE_READ, lambda case: case is None),
        "build that does not log the medium": (FORGET_THE_MEDIUM, lambda case: case is None),
    }
    for name, (flaw, expected) in builds.items():
        say(f"self-test: {name}")
        build = setting.build if flaw is None else broken(setting.build, setting.folder / name.replace(" ", "-"), flaw)
        case: Case | None = None
        try:
            case = one_card(Setting(setting.folder, 1, setting.caches, build), 6 * rate, rate)
        except Refused as refusal:
            found = f"refused ({refusal})"
        else:
            ratios.append(case.bounds[0].ratios[0].value)
            found = str(case.bounds[0])
        as_expected = expected(case)
        failures += not as_expected
        print(f"{'as expected' if as_expected else 'NOT AS EXPECTED'}: {name}: {found}")
    return 1 if failures else 0
