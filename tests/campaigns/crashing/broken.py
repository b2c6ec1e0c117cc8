"""Controls of the campaign itself: builds that are broken on purpose, each of which a trial must catch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.campaigns.crashing import builds, plan
from tests.campaigns.crashing.builds import Change
from tests.campaigns.crashing.running import Runner
from tests.campaigns.crashing.trials import Bench, Kind, Result, Trial, attempt


@dataclass(frozen=True, slots=True)
class BrokenBuild:
    """What is broken, and where a trial of which kind must see it."""

    name: str
    changes: tuple[Change, ...]
    kind: Kind
    points: Callable[[Bench], list[str]]

    @property
    def needs_power(self) -> bool:
        """Whether only a power cut shows it."""
        return self.kind is Kind.CUT


def _after_commits(bench: Bench) -> list[str]:
    """When the ledger has just committed: a file of the catalogue was synchronised, and something else follows."""
    steps = bench.control.steps
    return [
        after.name
        for step, after in pairwise(steps)
        if step.call == "fdatasync" and step.path.startswith("home/catalogue") and not after.path.startswith("home/catalogue")
    ] + [steps[-1].name]


def _flips(bench: Bench) -> list[str]:
    return [trial.point for trial in plan.flips(bench)]


BUILDS = (
    BrokenBuild("no fsync in the copy engine", builds.NO_FSYNC, Kind.CUT, _after_commits),
    BrokenBuild("no fsync in the ledger", builds.NO_FSYNC_OF_THE_LOG, Kind.CUT, _after_commits),
    BrokenBuild("no comparison after the re-read", builds.NO_REREAD, Kind.FLIP, _flips),
    BrokenBuild("an entry left out", builds.NO_ENTRY, Kind.NOTHING, lambda _bench: ["end:1"]),
)


def escaped(bench: Bench, folder: Path, seed: int, *, power: bool) -> bool:
    """Try every broken build; whether one was not caught."""
    missed = False
    for build in BUILDS:
        if build.needs_power and not power:
            print(f"broken build: {build.name}: not tried without power loss")
            continue
        caught = _first_problem(build, bench, folder, seed)
        missed |= caught is None
        if caught is None:
            print(f"broken build: {build.name}: NOT CAUGHT by {len(build.points(bench))} trials")
        else:
            print(f"broken build: {build.name}: caught by {caught.trial.name}: {caught.problems[0][:160]}")
    return missed


def _first_problem(build: BrokenBuild, bench: Bench, folder: Path, seed: int) -> Result | None:
    here = folder / f"broken {build.name}"
    here.mkdir()
    tree = builds.make(here / "build", build.changes)
    with Runner(tree) as runner:
        for point in build.points(bench):
            result = attempt(Trial(bench.scenario, build.kind, point), bench, runner, here, seed, keep=False)
            if result.problems:
                return result
    return None
