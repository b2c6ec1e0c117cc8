"""Controls of the campaign itself: builds that are broken on purpose, each of which a trial must catch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.campaigns.crashing import builds, plan
from tests.campaigns.crashing.builds import Change
from tests.campaigns.crashing.running import Runner
from tests.campaigns.crashing.steps import Step
from tests.campaigns.crashing.trials import Bench, Kind, Result, Trial, attempt, undisturbed
from tests.campaigns.stopping import Stop


@dataclass(frozen=True, slots=True)
class BrokenBuild:
    """What is broken, and where a trial of which kind must see it."""

    name: str
    changes: tuple[Change, ...]
    kind: Kind
    points: Callable[[Sequence[Step]], list[str]]
    scenario: str = "ingest"
    in_quick: bool = True
    own_steps: bool = False
    """Whether the points are among the steps that the broken build itself takes undisturbed; else among those of the sound one."""

    @property
    def needs_power(self) -> bool:
        """Whether only a power cut shows it."""
        return self.kind is Kind.CUT


def _after_commits(steps: Sequence[Step]) -> list[str]:
    """When the ledger has just committed: a file of the catalogue was synchronised, and something else follows."""
    return [
        after.name
        for step, after in pairwise(steps)
        if step.call == "fdatasync" and step.path.startswith("home/catalogue") and not after.path.startswith("home/catalogue")
    ] + [steps[-1].name]


def _between_commits(steps: Sequence[Step]) -> list[str]:
    """The step after each one that makes a commit of the catalogue durable."""
    return [after.name for step, after in pairwise(steps) if step.call == "fdatasync" and step.path.startswith("home/catalogue")]


def _copies(steps: Sequence[Step]) -> list[str]:
    return [step.name for step in plan.copies(steps)]


def _unlinked(steps: Sequence[Step]) -> list[str]:
    """The step after each one that takes a blob out of the vault."""
    return [after.name for step, after in pairwise(steps) if step.call == "unlink" and "/blobs/" in step.path]


def _of_calls(*calls: str) -> Callable[[Sequence[Step]], list[str]]:
    return lambda steps: [step.name for step in steps if step.call in calls]


BUILDS = (
    BrokenBuild("no fsync in the copy engine", builds.NO_FSYNC, Kind.CUT, _after_commits),
    BrokenBuild("no fsync in the ledger", builds.NO_FSYNC_OF_THE_LOG, Kind.CUT, _after_commits),
    BrokenBuild("no comparison after the re-read", builds.NO_REREAD, Kind.FLIP, _copies),
    BrokenBuild("an entry left out", builds.NO_ENTRY, Kind.NOTHING, lambda _steps: ["end:1"]),
    BrokenBuild("a stamp given up before it is kept", builds.GIVEN_UP, Kind.KILL, _between_commits, "stamp", own_steps=True),
    BrokenBuild("a rotation in two commits", builds.TWO_COMMITS, Kind.KILL, _between_commits, "key-rotate", own_steps=True),
    BrokenBuild("a rotation that knows no rerun", builds.NO_RERUN, Kind.KILL, _after_commits, "key-rotate", in_quick=False),
    BrokenBuild("a package written in its place", builds.IN_PLACE, Kind.KILL, _of_calls("fsync"), "package"),
    BrokenBuild(
        "no fsync in the package",
        builds.NO_FSYNC_OF_PACKAGES,
        Kind.CUT,
        lambda steps: [steps[-1].name],
        "package",
        in_quick=False,
    ),
    BrokenBuild("a witness that answers first", builds.ANSWER_FIRST, Kind.KILL, _of_calls("openat"), "witness"),
    BrokenBuild("no fsync in the witness", builds.NO_FSYNC_OF_SMALL_FILES, Kind.CUT, _of_calls("openat"), "witness"),
    BrokenBuild(
        "a hold that is found in another commit", builds.FOUND_LATER, Kind.KILL, _between_commits, "hold", own_steps=True
    ),
    BrokenBuild("an approval spent before the act", builds.SPENT_BEFORE, Kind.KILL, _between_commits, "approval", own_steps=True),
    BrokenBuild(
        "no fsync of the people's key", builds.NO_FSYNC_OF_SMALL_FILES, Kind.CUT, _after_commits, "people", in_quick=False
    ),
    BrokenBuild("an index that counts as taken", builds.TAKEN_WHEN_GIVEN, Kind.KILL, _after_commits, "index", in_quick=False),
    BrokenBuild(
        "a disposal that removes before its entry", builds.GONE_BEFORE_ITS_ENTRY, Kind.KILL, _unlinked, "dispose", own_steps=True
    ),
)


def escaped(
    benches: Mapping[str, Bench], tree: Path, folder: Path, seed: int, stop: Stop, jobs: int, *, power: bool, quick: bool
) -> bool:
    """Try every broken build that a scenario at hand must see, made of the sound one; whether one was not caught."""

    def tried(build: BrokenBuild) -> tuple[str, bool]:
        if build.needs_power and not power:
            return "not tried without power loss", False
        caught, tries = _first_problem(build, benches[build.scenario], tree, folder, seed, stop)
        if caught is None and stop.asked():
            return "not tried to the end", False
        if caught is None:
            return f"NOT CAUGHT by {tries} trials", True
        return f"caught by {caught.trial.name}: {caught.problems[0][:160]}", False

    here = [build for build in BUILDS if build.scenario in benches and (build.in_quick or not quick)]
    with ThreadPoolExecutor(jobs) as threads:
        outcomes = list(threads.map(tried, here))
    for build, (told, _) in zip(here, outcomes, strict=True):
        print(f"broken build: {build.name}: {told}")
    return any(missed for _, missed in outcomes)


def _first_problem(
    build: BrokenBuild, bench: Bench, sound: Path, folder: Path, seed: int, stop: Stop
) -> tuple[Result | None, int]:
    """The first trial that sees it, and how many were made."""
    if stop.asked():
        return None, 0
    here = folder / f"broken {build.name}"
    here.mkdir()
    tree = builds.broken(sound, here / "build", build.changes)
    with Runner(tree) as runner:
        points = build.points(undisturbed(bench, runner, here) if build.own_steps else bench.control.steps)
        for tried, point in enumerate(points, 1):
            if stop.asked():
                return None, tried
            result = attempt(Trial(bench.scenario, build.kind, point), bench, runner, here, seed, keep=False)
            if result.problems:
                return result, tried
    return None, len(points)
