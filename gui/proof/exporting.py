"""A table of the log as a file: read to its end on a thread, made into CSV or PDF there, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from PySide6.QtWidgets import QFileDialog, QWidget

from gui.here import Here
from gui.link import Asker, Problem
from gui.parts.paged import STRIDE, Column, Row, Source
from gui.parts.report import Report, csv_bytes, pdf_bytes, write_new
from station.commands import Progress
from station.httpclient import HttpClient

Kind = Literal["csv", "pdf"]
PDF_ROWS = 5000
"""Of a PDF at most: about 200 pages, more is read by no one and takes minutes."""


def ask_path(here: Here, over: QWidget, name: str, kind: Kind) -> Path | None:
    """Where it is to go; None: nowhere."""
    suffix = f"{name}.{kind}"
    chosen, _ = QFileDialog.getSaveFileName(over, here.words("save-as"), str(Path.home() / suffix), f"*.{kind}")
    return Path(chosen) if chosen else None


def export(
    asks: Asker,
    here: Here,
    path: Path,
    kind: Kind,
    source: Source,
    columns: Sequence[Column],
    head: Callable[[int], tuple[str, tuple[str, ...], str]],
    told: Callable[[int, bool], object],
    failed: Callable[[Problem], None],
    report: Callable[[Progress], None],
) -> None:
    """Write what a source has. ``head`` gets the number of rows and makes title, lines below it and the foot; ``told`` gets it, and whether it was cut off."""
    names = tuple(here.words(one.word) for one in columns)

    def work(client: HttpClient, say: Callable[[Progress], None]) -> tuple[int, bool] | str:
        rows: list[tuple[str, ...]] = []
        after: str | None = None
        most = PDF_ROWS if kind == "pdf" else None
        while True:
            answer: Any = client.call(source.command(after, STRIDE)).document
            rows += [tuple(_text(one, row) for one in columns) for row in answer[source.rows]]
            after = answer["next"]
            say(Progress("walk", source.rows, len(rows), 0))
            if after is None or (most is not None and len(rows) >= most):
                break
        cut = most is not None and (after is not None or len(rows) > most)
        title, lines, foot = head(len(rows[:most]))
        made = Report(title, lines, names, rows[:most], foot)
        try:
            write_new(path, csv_bytes(made) if kind == "csv" else pdf_bytes(made))
        except OSError as error:
            return error.strerror or type(error).__name__
        return len(made.rows), cut

    def done(found: tuple[int, bool] | str) -> None:
        if isinstance(found, str):
            here.frame.say("save-failed", "bad", why=found)
            told(0, False)  # nothing was written, and nothing cut off
        else:
            told(*found)

    asks.work("export", work, done, failed, report)


def _text(column: Column, row: Row) -> str:
    shown = column.show(row)
    return shown if isinstance(shown, str) else shown.text
