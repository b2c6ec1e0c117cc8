"""Every case that one may know of, the newest first; opening one, and going to one by its number."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.link import Problem
from gui.look import kind
from gui.parts.asking import Asking
from gui.parts.basics import button, column, holding, label, line_edit, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.screen import Key, Screen
from station.commands import Answer
from station.commands.desk import ListCases, OpenCase

STATES = {"open": ("case", "info"), "closed": ("check", "quiet"), "merged": ("right", "quiet")}
PEOPLE = 4
"""People that a row names; their number follows."""


class Cases(Screen):
    """The list."""

    KEYS = (Key("Ctrl+N", "key-open-case", "open_one"), Key("Ctrl+K", "key-columns", "choose_columns"))

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.model = PagedModel(self.asks, self._columns(), here.words, self)
        self.table = Table(here, here.kept, self.model, "cases")
        self.stage = Stage(here, self.table, self.back)
        self.state: str | None = None
        self.number = line_edit(here, "cases-go")
        self.number.setMinimumWidth(here.theme.px(260))
        self.number.returnPressed.connect(self._to_number)
        self._group = QButtonGroup(self)
        chips = [self._chip(code, state) for code, state in _FILTERS]
        opening = button(here, "cases-open-one", self.open_one, "primary", picture="plus")
        opening.setVisible(here.may(Permission.MANAGE_CASES))
        self.setLayout(
            column(
                row(label(here, "page-cases", "title"), None, self.number, opening),
                label(here, "page-cases-about", "muted", wrap=True),
                row(*chips, None, button(here, "columns", self.choose_columns, picture="columns")),
                self.stage,
                margins=(16, 12, 16, 16),
                free=3,
            )
        )
        self.model.begun.connect(self._begun)
        self.model.went_wrong.connect(self._wrong)
        self.table.opened.connect(lambda one: here.frame.go("case", case=one["id"]))

    def entered(self, **_what: Any) -> None:
        self.stage.looking()
        state = self.state
        self.model.show(Source(lambda after, limit: ListCases(state=state, after=after, limit=limit), rows="cases"))

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()

    def first(self) -> QWidget:
        return self.table

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def open_one(self) -> None:
        """Open a case."""
        if not self.here.may(Permission.MANAGE_CASES):
            return
        number, title = line_edit(self.here, "cases-number"), line_edit(self.here, "cases-title")
        body = holding(column(number, title))

        def said(_reason: str) -> None:
            wanted = OpenCase(number.text().strip(), title.text().strip())
            self.asks.ask("open", wanted, self._opened, self.here.frame.complain)

        asking = Asking(self.here, "case-new", "case-new-more", "case-new-do", said, body=body)
        asking.yes.setEnabled(False)
        for one in (number, title):
            one.textChanged.connect(lambda _text: asking.yes.setEnabled(bool(number.text().strip() and title.text().strip())))
            one.returnPressed.connect(asking.yes.click)
        asking.no.setDefault(False)
        asking.open()
        number.setFocus()

    def _opened(self, answer: Answer) -> None:
        document: Any = answer.document
        self.here.frame.say("case-opened-now", "good", number=document["number"])
        self.here.frame.go("case", case=document["id"])

    def _chip(self, code: str, state: str | None) -> QPushButton:
        made = button(self.here, code, partial(self._choose, state))
        kind(made, "chip")
        made.setCheckable(True)
        made.setChecked(state is None)
        self._group.addButton(made)
        return made

    def _choose(self, state: str | None) -> None:
        self.state = state
        self.entered()

    def _to_number(self) -> None:
        number = self.number.text().strip()
        if number:
            self.here.frame.go("case", case=number)

    def _begun(self) -> None:
        if self.model.rowCount():
            self.stage.content()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(0)
        elif self.state is not None:
            self.stage.empty("cases-none-so", picture="case")
        else:
            may = self.here.may(Permission.MANAGE_CASES)
            self.stage.empty("cases-empty", "cases-empty-more", ("cases-open-one", self.open_one) if may else None, "case")

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            return toned(theme, words.word("case", one["state"]), *STATES.get(one["state"], ("unknown", "quiet")))

        def people(one: Row) -> str:
            named = [f"{words.word('party', who['role'])} {words.or_none(who['name'])}" for who in one["people"][:PEOPLE]]
            more = len(one["people"]) - len(named)
            return ", ".join(named) + (f" +{more}" if more else "") or words("none")

        def sensitive(one: Row) -> str:
            return words.word("sensitivity", one["sensitivity"])

        return (
            Column("number", "cases-number", lambda one: words.or_none(one["number"]), 190),
            Column("title", "cases-title", lambda one: words.or_none(one["title"]), 240),
            Column("state", "cases-state", state, 100),
            Column("people", "cases-people", people, 240),
            Column("unit", "cases-unit", lambda one: words.or_none(one["unit"]), 80),
            Column("sensitivity", "sensitivity", sensitive, 120, at_first=False),
            Column("changed_at", "cases-changed", lambda one: words.moment(one["changed_at"], seconds=False), 180),
        )


_FILTERS: tuple[tuple[str, str | None], ...] = (
    ("cases-all", None),
    ("cases-only-open", "open"),
    ("cases-only-closed", "closed"),
    ("cases-only-merged", "merged"),
)
