"""Crash campaign: SIGKILL, I/O errors and power loss at every durable step, each ending as if nothing had happened.

A small card is taken, sealed, tagged, sent, stamped, packaged, cosigned, erased, disposed of, given to the city's index; keys are changed,
people entered, holds placed and lifted. Each command is struck before each
step that changes the disk, then finished by running it again. The end must equal that of an undisturbed run, ``verify`` must find
nothing, and nothing that was committed or answered may be gone. A witness is struck as it serves. Builds that are broken on purpose
(without fsync, without the re-read, with an entry left out, with two commits in place of one) must be caught.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.crashing import broken, builds, desk, disposing, erasing, plan, powerloss, proof, scenarios, seccomp
from tests.campaigns.crashing.running import Runner
from tests.campaigns.crashing.sharing import share
from tests.campaigns.crashing.trials import Bench, Kind, Result, Trial, attempt, prepare
from tests.campaigns.stopping import Stop

SCENARIOS = (*scenarios.SCENARIOS, *proof.SCENARIOS, *erasing.SCENARIOS, *disposing.SCENARIOS, *desk.SCENARIOS)


def main(arguments: list[str]) -> int:
    """Run the campaign; 0 when nothing was lost and every broken build was caught."""
    given = _parser().parse_args(arguments)
    missing = seccomp.missing_piece() or proof.missing_piece() or (None if given.without_power else powerloss.missing_piece())
    if missing is not None:
        print(f"crash: this needs {missing}", file=sys.stderr)
        return 5
    began = time.monotonic()
    with Stop() as stop:
        with powerloss.scratch() as folder:
            verdict = _campaign(given, folder, stop)
        if stop.asked():
            print(stop.told(verdict.tried, verdict.planned, "trials", verdict.failed))
            return stop.status
    print(f"{'FAILED' if verdict.bad else 'passed'} in {time.monotonic() - began:.0f} s")
    return 1 if verdict.bad else 0


@dataclass(slots=True)
class _Verdict:
    """What it came to: trials, and whether a broken build was not caught."""

    planned: int = 0
    tried: int = 0
    failed: int = 0
    escaped: bool = False

    @property
    def bad(self) -> bool:
        return self.failed > 0 or self.escaped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="campaign crash", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sample of every kind, under a minute")
    parser.add_argument("--every", action="store_true", help="every step in every way, for hours")
    parser.add_argument("--without-power", action="store_true", help="no power loss (which needs root and loop devices)")
    parser.add_argument("--only", action="append", default=[], metavar="SCENARIO:SYSCALL:N[:KIND]", help="only this trial")
    parser.add_argument("--scenario", action="append", choices=[one.name for one in SCENARIOS], help="only these")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="trials at a time")
    parser.add_argument("--seed", type=int, default=1, help="draws the samples and the instants (default 1)")
    return parser


def _campaign(given: argparse.Namespace, folder: Path, stop: Stop) -> _Verdict:
    power, verdict = not given.without_power, _Verdict()
    (folder / "trials").mkdir()
    tree = builds.make(folder / "build")
    names = {one.partition(":")[0] for one in given.only} or set(given.scenario or [one.name for one in SCENARIOS])
    with ExitStack() as beside:
        wanted = [one for one in SCENARIOS if one.name in names]
        ready = share(wanted, tree, lambda runner, one: prepare(one, runner, folder, beside, disks=power), stop, given.jobs)
        if stop.asked():
            return verdict
        benches = {bench.scenario.name: bench for bench in ready}
        _print_control(benches.values())
        if given.only:
            trials = [_named(one, benches) for one in given.only]
        else:
            choose = plan.quick if given.quick else plan.every if given.every else plan.full
            trials = [trial for bench in benches.values() for trial in choose(bench, given.seed, power=power)]
        results = _run(trials, benches, tree, folder, given, stop)
        _print_table(results, trials)
        verdict = _Verdict(len(trials), len(results), sum(bool(one.problems) for one in results))
        if not given.only and not stop.asked():
            verdict.escaped = broken.escaped(benches, tree, folder, given.seed, stop, given.jobs, power=power, quick=given.quick)
    return verdict


def _named(name: str, benches: Mapping[str, Bench]) -> Trial:
    scenario, call, number, *kind = name.split(":")
    return Trial(benches[scenario].scenario, Kind(kind[0] if kind else "kill"), f"{call}:{number}")


def _run(
    trials: Sequence[Trial], benches: Mapping[str, Bench], tree: Path, folder: Path, given: argparse.Namespace, stop: Stop
) -> list[Result]:
    def tried(runner: Runner, trial: Trial) -> Result:
        result = attempt(trial, benches[trial.scenario.name], runner, folder / "trials", given.seed)
        _print_problems(result)
        return result

    def progress(done: int) -> None:
        print(f"crash: {done} of {len(trials)} trials", file=sys.stderr, flush=True)

    mixed = random.Random(given.seed).sample(trials, len(trials))  # so that a part of them is a part of every scenario
    return share(mixed, tree, tried, stop, given.jobs, progress)


def _print_control(benches: Iterable[Bench]) -> None:
    print("undisturbed: durable steps by system call")
    for bench in benches:
        calls = Counter(step.call for step in bench.control.steps)
        counted = ", ".join(f"{call} {count}" for call, count in calls.most_common())
        print(f"  {bench.scenario.name:11} {len(bench.control.steps):5}  {counted}", flush=True)


def _print_problems(result: Result) -> None:
    if result.problems:
        print(f"FAILED {result.trial.name}: packaging/run campaign crash --only {result.trial.name}")
        for problem in result.problems:
            print(f"    {problem}")
        print(f"    what it left is kept in {result.kept}", flush=True)


def _print_table(results: Sequence[Result], trials: Sequence[Trial]) -> None:
    print(f"{'scenario':11} {'disturbance':11} {'points':>7} {'runs':>7} {'too late':>8} {'failures':>8} {'seconds':>8}")
    rows = dict.fromkeys((trial.scenario.name, trial.kind) for trial in trials)
    for name, kind in rows:
        made = [one for one in results if (one.trial.scenario.name, one.trial.kind) == (name, kind)]
        points = len({one.trial.point for one in made})
        late = sum(not one.reached for one in made)
        failures = sum(bool(one.problems) for one in made)
        print(f"{name:11} {kind:11} {points:7} {len(made):7} {late:8} {failures:8} {sum(one.seconds for one in made):8.1f}")
    failures = sum(bool(one.problems) for one in results)
    late = sum(not one.reached for one in results)
    print(f"{'all':23} {len({one.trial.name for one in results}):7} {len(results):7} {late:8} {failures:8}")
