"""A part of a page: rows that came with the page's own answer, or why there are none."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.here import Here
from gui.parts.basics import column
from gui.parts.listed import ListedModel
from gui.parts.paged import Column, Row
from gui.parts.states import Stage
from gui.parts.table import Table


class Part(QWidget):
    """A table, or why it is empty."""

    def __init__(self, here: Here, name: str, columns: tuple[Column, ...], none: tuple[str, str | None, str]) -> None:
        """``name``: what it is called, and under which its columns are kept; ``none``: heading, sentence and picture while it has no rows."""
        super().__init__()
        self._none = none
        self.model = ListedModel(here.link.asker(), columns, here.words, self)
        self.table = Table(here, here.kept, self.model, name)
        self.stage = Stage(here, self.table, lambda: None)
        self.setLayout(column(self.stage))

    def show_rows(self, rows: list[Row]) -> None:
        """Show these."""
        self.model.show_rows(rows)
        if rows:
            self.stage.content()
        else:
            heading, more, picture = self._none
            self.stage.empty(heading, more, picture=picture)
