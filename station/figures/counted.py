"""A figure that was counted: its rows, what is behind it, and where it comes from; as a JSON document and as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.canonical import Json
from evidence.catalogue.queries import LogHead
from station.figures.facts import MEASURES, Count, Figure, Tally
from station.figures.outages import Outage
from station.figures.period import Period
from station.messages import phrase

VERSION = 1
"""Of the rules by which figures are counted; every figure names it."""
COLUMNS = ("unit", "officer", "counted", "flagged", "excluded", "unsure", "worst")


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure, as of one head of the log. ``statements``: the questions, in the words in which the database was asked."""

    figure: Figure
    period: Period
    parameters: Mapping[str, Json]
    statements: Sequence[str]
    head: LogHead
    tally: Tally
    outages: Sequence[Outage]

    def rows(self) -> list[tuple[str, str | None, Count]]:
        """Unit, officer and what was counted of him, in order."""
        return [(unit, officer or None, count) for (unit, officer), count in sorted(self.tally.rows.items())]

    def document(self, items: int) -> dict[str, Json]:
        """As answers show it, with so many single findings."""
        shown = self.tally.items[: max(0, items)]
        rows: list[Json] = [{"unit": unit, "officer": officer, **count.document()} for unit, officer, count in self.rows()]
        return {
            "figure": self.figure.value,
            "measure": MEASURES[self.figure].value,
            "period": {**self.period.document()},
            "total": self.tally.total.document(),
            "rows": rows,
            "items": [one.document() for one in shown],
            "items_left_out": len(self.tally.items) - len(shown) + self.tally.left_out,
            "outages": [one.document() for one in self.outages],
            "query": {
                "name": self.figure.value,
                "version": VERSION,
                "parameters": self.parameters,
                "statements": list(self.statements),
            },
            "log": self.log(),
        }

    def log(self) -> dict[str, Json]:
        """The head of the log that it is as of."""
        return {"origin": self.head.origin, "epoch": self.head.epoch, "size": self.head.size, "root": self.head.root}

    def table(self, language: str) -> tuple[list[str], list[list[str | int | None]]]:
        """A line an officer; each names the head of the log."""
        heads = [phrase(f"figure-head-{name}", language) for name in (*COLUMNS, "log")]
        place = f"{self.head.origin} {self.head.size} {self.head.root}"
        return heads, [[*cells(unit, officer, count, language), place] for unit, officer, count in self.rows()]


def cells(unit: str, officer: str | None, count: Count, language: str) -> list[str | int | None]:
    """A line of the table."""
    excluded, unsure = because(count.excluded, language), because(count.unsure, language)
    return [unit, officer, count.counted, count.flagged, excluded, unsure, count.worst]


def because(counts: Mapping[str, int], language: str) -> str:
    """Counts by reason, in words."""
    return "; ".join(f"{phrase(f'figure-because-{reason}', language)}: {count}" for reason, count in sorted(counts.items()))
