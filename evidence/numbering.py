"""Gaps and resets in the numbers that a recorder gives its files. Pure.

A missing number is a fact worth signing: somebody may have deleted a clip before docking. It is no more than a fact:
many recorders spend a number on a photo or on a file that never got its first frame.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class BreakKind(StrEnum):
    """How the numbers break off."""

    GAP = "gap"
    """Numbers are missing between two neighbours."""
    RESET = "reset"
    """A later file has a lower number: the counter was set back, or the clock was."""
    WRAP = "wrap"
    """The counter ran over (9999 to 0 or 1)."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """One file with the number its name holds.

    ``series`` says what counts together (folder, device, day: the profile decides); ``digits`` is the width of the
    number in the name, 0 when it is not padded; ``order`` sorts by time and may be equal for all.
    """

    series: str
    number: int
    digits: int
    order: int
    position: int


@dataclass(frozen=True, slots=True)
class Break:
    """One break: after number ``after`` (at ``after_position``) comes ``before``, with ``missing`` numbers between."""

    kind: BreakKind
    series: str
    after: int
    before: int
    missing: int
    after_position: int
    before_position: int

    def document(self) -> dict[str, str | int]:
        """As it stands in the inventory entry of the log."""
        return {
            "kind": self.kind.value,
            "series": self.series,
            "after": self.after,
            "before": self.before,
            "missing": self.missing,
            "after_position": self.after_position,
            "before_position": self.before_position,
        }


def numbering(files: Iterable[Numbered]) -> tuple[Break, ...]:
    """Every gap, reset and overrun, by series and then in order of time. Equal numbers (chapters, sidecars) count once."""
    by_series: dict[str, list[Numbered]] = defaultdict(list)
    for file in files:
        by_series[file.series].append(file)
    found: list[Break] = []
    for series in sorted(by_series):
        ordered = sorted(by_series[series], key=lambda file: (file.order, file.number, file.position))
        found += [broken for before, after in pairwise(ordered) if (broken := _break(before, after)) is not None]
    return tuple(found)


def _break(earlier: Numbered, later: Numbered) -> Break | None:
    step = later.number - earlier.number
    if step in (0, 1):
        return None
    if step > 1:
        kind, missing = BreakKind.GAP, step - 1
    elif earlier.digits and earlier.number == 10**earlier.digits - 1 and later.number in (0, 1):
        kind, missing = BreakKind.WRAP, 0
    else:
        kind, missing = BreakKind.RESET, 0
    return Break(kind, later.series, earlier.number, later.number, missing, earlier.position, later.position)
