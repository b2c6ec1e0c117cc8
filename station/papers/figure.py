"""A figure on paper: what was counted, a chart of what was flagged, a line an officer, and where it comes from."""

from __future__ import annotations

from datetime import datetime

from evidence.ids import StationId
from station.figures.counted import COLUMNS, Counted, because, cells
from station.messages import PHRASES
from station.papers.document import Bilingual, Language, Paper, Sheet

BARS = 20
"""Officers that the chart shows: those with the most; the table has them all."""


def printed(counted: Counted, station: StationId, first: Language) -> bytes:
    """The paper as PDF (A4). Raises ``FontMissing``."""
    title = _words(f"figure-{counted.figure.value}")
    made_at = datetime.fromisoformat(str(counted.parameters["as_of"]))
    paper = Paper(Sheet.A4, title, station, made_at, first=first)
    total, days = counted.tally.total, counted.period.document()
    paper.facts(
        [
            (Bilingual("Days", "日期"), f"{days['from']} – {days['until']} ({days['zone']})"),
            (_words("figure-head-counted"), str(total.counted)),
            (_words("figure-head-flagged"), str(total.flagged)),
            (_words("figure-head-excluded"), because(total.excluded, first) or "0"),
            (_words("figure-head-unsure"), because(total.unsure, first) or "0"),
        ]
    )
    flagged = [(f"{unit}  {officer or '–'}", count.flagged) for unit, officer, count in counted.rows() if count.flagged]
    if flagged:
        paper.heading(_words("figure-head-flagged"))
        paper.bars(sorted(flagged, key=lambda one: (-one[1], one[0]))[:BARS])
    paper.heading(Bilingual("By unit and officer", "按单位和民警"))
    rows = [["–" if one is None else str(one) for one in cells(*row, first)] for row in counted.rows()]
    paper.table([_words(f"figure-head-{name}") for name in COLUMNS], rows, [3, 3, 2, 2, 4, 4, 2])
    paper.heading(Bilingual("Where it comes from", "数据来源"))
    head = counted.head
    paper.facts(
        [
            (Bilingual("Log", "日志"), head.origin),
            (Bilingual("Entries", "条数"), str(head.size)),
            (Bilingual("Root", "根"), head.root),
        ]
    )
    for name, value in counted.parameters.items():
        paper.plain(f"{name} = {'–' if value is None else value}", small=True)
    for statement in counted.statements:
        paper.plain(statement, small=True)
    return paper.data()


def _words(code: str) -> Bilingual:
    return Bilingual(*PHRASES[code])
