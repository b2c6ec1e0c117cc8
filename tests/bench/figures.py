"""Figures: series of runs, bounds on them, and the table that shows both."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one contender, in the order they were made. In seconds unless ``unit`` says otherwise."""

    name: str
    values: tuple[float, ...]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def less(self, other: Series, name: str) -> Series:
        """These runs with another's median taken off, never below nothing."""
        return Series(name, tuple(max(0.0, value - other.median) for value in self.values), self.unit)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure against its limit; for ``at_least`` more is better."""

    what: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        return f"{self.what}: {self.value:.3f} ({'at least' if self.at_least else 'at most'} {self.limit:g})"


@dataclass(frozen=True, slots=True)
class Bound:
    """What is promised. Of several ratios one is enough."""

    ratios: tuple[Ratio, ...]

    @property
    def kept(self) -> bool:
        return any(ratio.kept for ratio in self.ratios)

    def __str__(self) -> str:
        return f"{'kept  ' if self.kept else 'MISSED'}  {' or '.join(map(str, self.ratios))}"


def at_most(what: str, value: float, limit: float) -> Bound:
    """A bound from above."""
    return Bound((Ratio(what, value, limit),))


def at_least(what: str, value: float, limit: float) -> Bound:
    """A bound from below."""
    return Bound((Ratio(what, value, limit, at_least=True),))


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: what was compared on what, and how it came out. ``reference`` names the series others are shown against."""

    name: str
    about: str
    series: tuple[Series, ...]
    bounds: tuple[Bound, ...] = ()
    reference: str | None = None
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Series:
        return next(one for one in self.series if one.name == name)

    @property
    def kept(self) -> bool:
        return all(bound.kept for bound in self.bounds)

    def document(self) -> dict[str, object]:
        """For programs."""
        return {
            "case": self.name,
            "about": self.about,
            "series": {one.name: {"unit": one.unit, "median": one.median, "runs": one.values} for one in self.series},
            "bounds": [
                {
                    "kept": bound.kept,
                    "any_of": [{"what": one.what, "value": one.value, "limit": one.limit} for one in bound.ratios],
                }
                for bound in self.bounds
            ],
            "notes": self.notes,
            **self.facts,
        }


def alternate(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Series]:
    """Run all contenders once, then all again: what changes about the machine meanwhile meets all of them."""
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            say(f"  round {number + 1} of {rounds}: {name}")
            runs[name].append(run())
    return {name: Series(name, tuple(values)) for name, values in runs.items()}


def say(line: str) -> None:
    """Progress, for people."""
    print(line, file=sys.stderr, flush=True)


def show(case: Case) -> None:
    """Print a case as a table."""
    print(f"\n{case.name}: {case.about}")
    width = max([len(one.name) for one in case.series], default=0)
    reference = None if case.reference is None else case[case.reference]
    for one in case.series:
        share = "" if reference is None else f"  {one.median / reference.median:6.3f} x"
        spread = f"{min(one.values):.3f}–{max(one.values):.3f}"
        print(f"  {one.name:{width}}  {one.median:10.3f} {one.unit:3}  {spread:>21}  n={len(one.values)}{share}")
    for bound in case.bounds:
        print(f"  {bound}")
    for note in case.notes:
        print(f"  note: {note}")


def conclude(cases: Sequence[Case], machine: Mapping[str, object], file: str | None) -> int:
    """Write the figures where they were asked for. The exit status: 0 when every bound was kept, else 1."""
    missed = [f"{case.name}: {bound}" for case in cases for bound in case.bounds if not bound.kept]
    if file is not None:
        document = {"machine": machine, "kept": not missed, "cases": [case.document() for case in cases]}
        Path(file).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{'every bound was kept' if not missed else f'{len(missed)} bound(s) MISSED:'}")
    for line in missed:
        print(f"  {line}")
    return 1 if missed else 0
