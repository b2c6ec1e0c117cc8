"""Every incident, by its beginning; those without footage; going to one by its number."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from gui.here import Here
from gui.link import Problem
from gui.look import kind
from gui.parts.basics import button, column, label, line_edit, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.screen import Key, Screen
from station.commands.desk import ListIncidents
from station.commands.matching import ListWithoutFootage


class Incidents(Screen):
    """The list."""

    KEYS = (Key("Ctrl+K", "key-columns", "choose_columns"),)

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.model = PagedModel(self.asks, self._columns(), here.words, self)
        self.table = Table(here, here.kept, self.model, "incidents")
        self.stage = Stage(here, self.table, self.back)
        self.bare = False
        self.number = line_edit(here, "incidents-go")
        self.number.setMinimumWidth(here.theme.px(260))
        self.number.returnPressed.connect(self._to_number)
        self._group = QButtonGroup(self)
        self.chips = [self._chip("incidents-all", bare=False), self._chip("incidents-bare", bare=True)]
        self.setLayout(
            column(
                row(label(here, "page-incidents", "title"), None, self.number),
                label(here, "page-incidents-about", "muted", wrap=True),
                row(*self.chips, None, button(here, "columns", self.choose_columns, picture="columns")),
                self.stage,
                margins=(16, 12, 16, 16),
                free=3,
            )
        )
        self.model.begun.connect(self._begun)
        self.model.went_wrong.connect(self._wrong)
        self.table.opened.connect(lambda one: here.frame.go("incident", incident=one["id"]))

    def entered(self, **_what: Any) -> None:
        self.stage.looking()
        if self.bare:
            self.model.show(Source(lambda after, limit: ListWithoutFootage(after=after, limit=limit), rows="incidents"))
        else:
            self.model.show(Source(lambda after, limit: ListIncidents(after=after, limit=limit), rows="incidents"))

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()

    def first(self) -> QWidget:
        return self.table

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def _chip(self, code: str, *, bare: bool) -> QPushButton:
        made = button(self.here, code, partial(self._choose, bare=bare))
        kind(made, "chip")
        made.setCheckable(True)
        made.setChecked(not bare)
        self._group.addButton(made)
        return made

    def _choose(self, *, bare: bool) -> None:
        self.bare = bare
        self.entered()

    def _to_number(self) -> None:
        number = self.number.text().strip()
        if number:
            self.here.frame.go("incident", incident=number)

    def _begun(self) -> None:
        if self.model.rowCount():
            self.stage.content()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(0)
        elif self.bare:
            self.stage.empty("incidents-all-covered", picture="check")
        else:
            self.stage.empty("incidents-empty", "incidents-empty-more", picture="incident")

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def end(one: Row) -> str:
            return words("incident-goes-on") if one["ends_at"] is None else words.moment(one["ends_at"], offset=False)

        def proposed(one: Row) -> str | Cell:
            found = one.get("proposed")
            return toned(theme, words.number(found), "unknown", "warn") if found else words("none")

        return (
            Column("number", "incidents-number", lambda one: words.or_none(one["number"]), 150),
            Column("begins_at", "incidents-begin", lambda one: words.moment(one["begins_at"]), 224),
            Column("ends_at", "incidents-end", end, 164),
            Column("place", "incidents-place", lambda one: words.or_none(one.get("place")), 190),
            Column("category", "incidents-category", lambda one: words.or_none(one["category"]), 130),
            Column("officers", "incidents-officers", lambda one: words.or_none(", ".join(one["officers"])), 130),
            Column("proposed", "incidents-proposed", proposed, 100, at_first=False),
            Column("source", "incidents-source", lambda one: source_of(self.here, one), 110, at_first=False),
        )


def source_of(here: Here, one: Row) -> str:
    """Where a record came from."""
    return here.words("incidents-desk") if one["source"] == "desk" else here.words.or_none(one["source"])
