"""Which trials a campaign makes: every step of an undisturbed run, or a sample that leaves no kind of step out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from tests.campaigns.crashing.steps import TAKES_SPACE, Step
from tests.campaigns.crashing.trials import Bench, Kind, Trial

_TWO_PROCESSES = frozenset(("ingest", "two-vaults", "drop", "seal"))
_SAMPLED = {
    **dict.fromkeys(("settings", "tag", "erase", "dispose"), (2, 1, 1, 1)),
    **dict.fromkeys(("stamp", "key-init", "key-import", "key-rotate", "key-revoke", "witness", "cosign"), (1, 1, 1, 0)),
    **dict.fromkeys(("people", "hold", "approval", "index"), (1, 0, 1, 0)),
    "package": (1, 0, 1, 0),  # seconds each
}
"""Of these the quick plan tries so many steps with SIGKILL, an I/O error, a power cut, and a recovery that is struck, too.

Of the others, where most steps are, it tries a few with everything.
"""


def every(bench: Bench, seed: int, *, power: bool) -> list[Trial]:
    """Every step disturbed in every way: hours."""
    steps, draw = bench.control.steps, _drawer(bench, seed)
    kinds = [Kind.KILL, Kind.EIO, Kind.DEAD, Kind.AGAIN]
    kinds += [Kind.ONE] if bench.scenario.name in _TWO_PROCESSES else []
    kinds += [Kind.CUT] if power else []
    trials = [trial for kind in kinds for trial in _at(bench, kind, steps)]
    trials += [trial for kind in (Kind.ENOSPC, Kind.FULL) for trial in _at(bench, kind, _space(steps))]
    return trials + flips(bench) + _instants(bench, draw, 100, power=power)


def full(bench: Bench, seed: int, *, power: bool) -> list[Trial]:
    """Killed at every telling step, but of many alike at six; the other disturbances at one or two of each kind of step."""
    draw = _drawer(bench, seed)
    telling = _telling(bench.control.steps)
    trials = _at(bench, Kind.KILL, _of_each_shape(telling, draw, 6))
    trials += _at(bench, Kind.EIO, _of_each_shape(telling, draw, 1))
    trials += _at(bench, Kind.ENOSPC, _some(draw, _of_each_shape(_space(telling), draw, 1), 30))
    trials += _at(bench, Kind.DEAD, _some(draw, _of_each_shape(telling, draw, 1), 15))
    trials += _at(bench, Kind.FULL, _some(draw, _of_each_shape(_space(telling), draw, 1), 15))
    trials += _at(bench, Kind.AGAIN, _some(draw, _of_each_shape(telling, draw, 2), 25))
    if bench.scenario.name in _TWO_PROCESSES:
        trials += _at(bench, Kind.ONE, _some(draw, _of_each_shape(telling, draw, 1), 20))
    trials += flips(bench)
    if power:
        trials += _at(bench, Kind.CUT, _some(draw, _of_each_shape(telling, draw, 1), 40))
    return trials + _instants(bench, draw, 10, power=power)


def quick(bench: Bench, seed: int, *, power: bool) -> list[Trial]:
    """A few trials of every kind."""
    draw = _drawer(bench, seed)
    rare = _of_each_shape(_telling(bench.control.steps), draw, 1)
    if bench.scenario.name in _SAMPLED:
        kills, errors, cuts, recoveries = _SAMPLED[bench.scenario.name]
        trials = _at(bench, Kind.KILL, _some(draw, rare, kills)) + _at(bench, Kind.EIO, _some(draw, rare, errors))
        trials += _at(bench, Kind.AGAIN, _some(draw, rare, recoveries))
        return trials + (_at(bench, Kind.CUT, _some(draw, rare, cuts)) if power else [])
    trials = _at(bench, Kind.KILL, _some(draw, rare, 3))
    trials += _at(bench, Kind.EIO, _some(draw, rare, 1))
    trials += _at(bench, Kind.FULL, _some(draw, _space(rare), 1))
    trials += _at(bench, Kind.AGAIN, _some(draw, rare, 1))
    if bench.scenario.name in _TWO_PROCESSES:
        trials += _at(bench, Kind.ONE, _some(draw, rare, 1))
    trials += flips(bench)[:1]
    if power:
        trials += _at(bench, Kind.CUT, _some(draw, rare, 1))
    return trials + _instants(bench, draw, 1, power=power)


def _drawer(bench: Bench, seed: int) -> random.Random:
    return random.Random(f"{seed} {bench.scenario.name}")


def _space(steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if step.call in TAKES_SPACE]


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
    return _at(bench, Kind.FLIP, copies(bench.control.steps))


def copies(steps: Iterable[Step]) -> list[Step]:
    """The steps that make copies durable."""
    return [step for step in steps if step.call in ("fsync", "fdatasync", "syncfs") and _holds_copies(step.path)]


def _holds_copies(path: str) -> bool:
    return path.endswith((".part", "/vault", "second")) or ("/partial/" in path and "." not in path.rpartition("/")[2])


def _instants(bench: Bench, draw: random.Random, number: int, *, power: bool) -> list[Trial]:
    kinds = [Kind.KILL, Kind.CUT] if power else [Kind.KILL]
    took = bench.control.took
    return [Trial(bench.scenario, kind, f"at:{draw.uniform(0.0, took):.4f}") for kind in kinds for _ in range(number)]
