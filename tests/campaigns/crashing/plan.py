"""Which trials a campaign makes: every step of an undisturbed run, or a sample that leaves no kind of step out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from tests.campaigns.crashing.steps import TAKES_SPACE, Step
from tests.campaigns.crashing.trials import Bench, Kind, Trial

_TWO_PROCESSES = frozenset(("ingest", "two-vaults", "drop", "seal"))
_INSTANTS = 12


def full(bench: Bench, seed: int, *, power: bool) -> list[Trial]:
    """Every step killed; every telling one failed in each way, killed again while it recovers, and cut from power."""
    steps, draw = bench.control.steps, random.Random(f"{seed} {bench.scenario.name}")
    telling = _telling(steps)
    trials = _at(bench, Kind.KILL, steps)
    trials += _at(bench, Kind.EIO, telling)
    trials += _at(bench, Kind.ENOSPC, (step for step in telling if step.call in TAKES_SPACE))
    rare = _of_each_shape(telling, draw, 2)
    for kind in (Kind.DEAD, Kind.FULL, Kind.AGAIN):
        trials += _at(bench, kind, rare)
    if bench.scenario.name in _TWO_PROCESSES:
        trials += _at(bench, Kind.ONE, rare)
    trials += flips(bench)
    trials += _instants(bench, Kind.KILL, draw, _INSTANTS)
    if power:
        trials += _at(bench, Kind.CUT, _of_each_shape(telling, draw, 3))
        trials += _instants(bench, Kind.CUT, draw, _INSTANTS)
    return trials


def quick(bench: Bench, seed: int, *, power: bool) -> list[Trial]:
    """A few trials of every kind."""
    steps, draw = bench.control.steps, random.Random(f"{seed} {bench.scenario.name}")
    rare = _of_each_shape(_telling(steps), draw, 1)
    trials = _at(bench, Kind.KILL, _some(draw, rare, 7))
    trials += _at(bench, Kind.EIO, _some(draw, rare, 3))
    trials += _at(bench, Kind.FULL, _some(draw, [step for step in rare if step.call in TAKES_SPACE], 2))
    trials += _at(bench, Kind.AGAIN, _some(draw, rare, 2))
    if bench.scenario.name in _TWO_PROCESSES:
        trials += _at(bench, Kind.ONE, _some(draw, rare, 1))
    trials += flips(bench)[:1]
    trials += _instants(bench, Kind.KILL, draw, 2)
    if power:
        trials += _at(bench, Kind.CUT, _some(draw, rare, 2))
        trials += _instants(bench, Kind.CUT, draw, 1)
    return trials


def _at(bench: Bench, kind: Kind, steps: Iterable[Step]) -> list[Trial]:
    return [Trial(bench.scenario, kind, step.name) for step in steps]


def _telling(steps: Sequence[Step]) -> list[Step]:
    """Without the inside of long runs of alike steps: the pages of one transaction, of which only first and last tell something."""
    return [
        step
        for before, step, after in zip([None, *steps], steps, [*steps[1:], None], strict=False)
        if step.call != "pwrite64"
        or before is None
        or after is None
        or (before.call, before.path) != (step.call, step.path)
        or (after.call, after.path) != (step.call, step.path)
    ]


def _of_each_shape(steps: Sequence[Step], draw: random.Random, number: int) -> list[Step]:
    shapes: dict[str, list[Step]] = {}
    for step in steps:
        shapes.setdefault(step.shape, []).append(step)
    return [step for alike in shapes.values() for step in _some(draw, alike, number)]


def _some(draw: random.Random, steps: Sequence[Step], number: int) -> list[Step]:
    return draw.sample(list(steps), min(number, len(steps)))


def flips(bench: Bench) -> list[Trial]:
    """Copies in progress change when they are about to be synchronised: after they were written, before they are read back."""
    if bench.scenario.name == "seal":
        return []  # its card is gone: what changes there cannot be taken again
    about = (step for step in bench.control.steps if step.call in ("fsync", "fdatasync", "syncfs") and _holds_copies(step.path))
    return _at(bench, Kind.FLIP, about)


def _holds_copies(path: str) -> bool:
    return path.endswith((".part", "/vault", "second")) or ("/partial/" in path and "." not in path.rpartition("/")[2])


def _instants(bench: Bench, kind: Kind, draw: random.Random, number: int) -> list[Trial]:
    return [Trial(bench.scenario, kind, f"at:{draw.uniform(0.0, bench.control.took):.4f}") for _ in range(number)]
