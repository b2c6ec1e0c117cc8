"""The custody log: every entry, the newest first; filters; the entry one stands on, with what changed and its proof; as CSV and PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import button, column, label, row
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.progress import Meter
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.proof.entry import EntrySheet
from gui.proof.exporting import PDF_ROWS, Kind, ask_path, export
from gui.proof.filters import Filters, Wanted
from gui.proof.telling import act, object_of, who
from gui.screen import Key, Screen
from station.commands import Answer
from station.commands.log import ShowCheckpoint

ABOVE = 5
"""Entries that are shown above the one that one came for."""


class CustodyLog(Screen):
    """The list, and one entry of it."""

    KEYS = (
        Key("Ctrl+F", "key-search", "to_filters"),
        Key("Ctrl+O", "key-log-object", "only_object"),
        Key("Ctrl+Backspace", "key-log-clear", "clear"),
        Key("Ctrl+R", "key-log-order", "turn"),
        Key("Ctrl+S", "key-log-csv", "save_csv"),
        Key("Ctrl+P", "key-log-pdf", "save_pdf"),
        Key("Ctrl+K", "key-columns", "choose_columns"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.model = PagedModel(self.asks, self._columns(), here.words, self)
        self.table = Table(here, here.kept, self.model, "custody")
        self.stage = Stage(here, self.table, self.back)
        self.filters = Filters(here)
        self.sheet = EntrySheet(here, self.asks)
        self.meter = Meter(here, self._leave_export)
        self.meter.hide()
        self._newest_first = True
        self._place: tuple[int, int] | None = None
        self._count = label(here, of="muted")
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.stage)
        split.addWidget(self.sheet)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 1)
        self.sheet.setMinimumWidth(here.theme.px(376))
        split.setSizes([here.theme.px(700), here.theme.px(400)])
        self.setLayout(
            column(
                row(
                    label(here, "page-custody", "title"),
                    None,
                    self._count,
                    button(here, "as-csv", self.save_csv, picture="export"),
                    button(here, "as-pdf", self.save_pdf, picture="print"),
                    button(here, "columns", self.choose_columns, picture="columns"),
                ),
                label(here, "page-custody-about", "muted", wrap=True),
                self.filters,
                self.meter,
                split,
                margins=(16, 12, 16, 16),
                free=4,
            )
        )
        self.model.begun.connect(self._begun)
        self.model.rowsInserted.connect(self._counted)
        self.model.went_wrong.connect(self._wrong)
        self.table.stood.connect(self.sheet.show_entry)
        self.filters.changed.connect(self._narrowed)
        self.sheet.only_object.connect(self.filters.show_object)
        self.sheet.only_person.connect(self.filters.show_person)

    def entered(self, **what: Any) -> None:
        """``subject``: only this object. ``person``: only what he did. ``place``: at this entry, its epoch and number."""
        self._place = what.get("place")
        if self._place is not None:
            self._newest_first = True
            self.filters.clear()
        elif "subject" in what:
            self.filters.show_object(what["subject"])
        elif "person" in what:
            self.filters.show_person(what["person"])
        else:
            self._look()

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()

    def heard(self, changes: tuple[Change, ...]) -> None:
        at_top = self.table.verticalScrollBar().value() == 0
        if self._newest_first and at_top and any(one.name != "slot" for one in changes):
            self.model.reload()  # who reads further down keeps his place

    def first(self) -> QWidget:
        return self.table

    # What keys do

    def to_filters(self) -> None:
        """The keyboard goes to the first filter."""
        self.filters.kind.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def only_object(self) -> None:
        """Nothing but the object of the entry one stands on."""
        if self.sheet.entry is not None:
            self.filters.show_object(self.sheet.entry["subject"])

    def clear(self) -> None:
        """No filter."""
        self._place = None
        self.filters.clear()

    def turn(self) -> None:
        """The other way round."""
        self._newest_first = not self._newest_first
        self._look()

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def save_csv(self) -> None:
        """The filtered log as CSV."""
        self._ask_path("csv")

    def save_pdf(self) -> None:
        """The filtered log as PDF."""
        self._ask_path("pdf")

    # The list

    def _source(self) -> Source:
        wanted, newest = self.filters.wanted(), self._newest_first
        begin = None if self._place is None else json.dumps([self._place[0], self._place[1] + ABOVE])

        def numbered(document: Any) -> int | None:
            """The newest entry of a whole log says how many there are, where it is the only log."""
            rows = document["entries"]
            if wanted != Wanted() or begin or not newest or not rows or rows[0]["epoch"] != 1:
                return None
            return max(self.model.rowCount() - 1, int(rows[0]["seq"]) + 1)

        return Source(
            lambda after, limit: wanted.command(after or begin, limit, newest_first=newest),
            rows="entries",
            key="id",
            count=numbered,
        )

    def _narrowed(self) -> None:
        if self.filters.wanted() != Wanted():
            self._place = None
        self._look()

    def _look(self) -> None:
        self.stage.looking()
        self.sheet.show_entry(None)
        self.model.show(self._source())

    def _begun(self) -> None:
        if self.model.rowCount() == 0:
            self.stage.empty("log-empty", "log-empty-more", ("log-clear", self.clear), picture="log")
            self.sheet.show_entry(None)
        else:
            self.stage.content()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(self._row_of_place())
            else:
                self.sheet.show_entry(self.table.current())
        self._counted()

    def _row_of_place(self) -> int:
        """The row that one came for, or where it would stand."""
        if self._place is None:
            return 0
        for at in range(min(self.model.rowCount(), ABOVE + 1)):
            one = self.model.row(at)
            if one is not None and (one["epoch"], one["seq"]) <= self._place:
                return at
        return 0

    def _counted(self) -> None:
        if self._place is not None:
            self.here.words.put(self._count, "log-from-place", place="/".join(map(str, self._place)))
            return
        known = self.model.count_known
        rows = max(0, self.model.rowCount() - (not known))
        self.here.words.put(self._count, "log-entries" if known else "count-rows-more", n=rows)

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    # As a file

    def _ask_path(self, kind: Kind) -> None:
        path = ask_path(self.here, self.here.frame.over(), "custody", kind)
        if path is not None:
            self.export_to(path, kind)

    def export_to(self, path: Path, kind: Kind) -> None:
        """Write what the filters leave, to a new file."""
        self.meter.begin("log-exporting")

        def came(answer: Answer) -> None:
            self._export(path, kind, answer.document)

        self.asks.ask("export", ShowCheckpoint(), came, self._not_exported)

    def _export(self, path: Path, kind: Kind, checkpoint: Any) -> None:
        words, said = self.here.words, self.filters.said()
        station = str(checkpoint["origin"])

        def head(rows: int) -> tuple[str, tuple[str, ...], str]:
            whole = words("log-export-head", station=station, size=words.number(checkpoint["size"]), root=checkpoint["root"])
            told = (whole, *([words("log-export-filters", filters=said)] if said else []))
            return words("log-export-title"), told, words("log-export-foot", n=words.number(rows))

        def told(rows: int, cut: bool) -> None:  # what an export hands over
            self.meter.hide()
            if rows:
                self.here.frame.say("saved", "good", path=str(path))
            if cut:
                self.here.frame.say("log-export-long", "warn", n=words.number(PDF_ROWS))

        columns = [one for one in self.model.columns if kind == "csv" or one.at_first]
        export(self.asks, self.here, path, kind, self._source(), columns, head, told, self._not_exported, self.meter.tell)

    def _not_exported(self, problem: Problem) -> None:
        self.meter.hide()
        self.here.frame.complain(problem)

    def _leave_export(self) -> None:
        self.asks.drop("export")
        self.meter.hide()

    def left(self) -> None:
        self.meter.hide()
        super().left()

    def _columns(self) -> tuple[Column, ...]:
        words = self.here.words

        def role(one: Row) -> str:
            return words.word("role", one["actor"]["role"]) if "role" in one["actor"] else words("none")

        return (
            Column("at", "log-at", lambda one: words.moment(one["when"]["utc"]), 222),
            Column("act", "log-act", lambda one: act(words, one), 150),
            Column("object", "log-object", lambda one: object_of(words, one), 150),
            Column("who", "log-who", lambda one: who(words, one), 84),
            Column("role", "log-role", role, 130, at_first=False),
            Column("place", "log-place", lambda one: f"{one['epoch']}/{one['seq']}", 70, right=True),
            Column("id", "log-id", lambda one: words.or_none(one["subject"]), 330, at_first=False),
            Column("clock", "log-clock", lambda one: words.word("clock", one["when"]["clock"]), 130, at_first=False),
            Column("previous", "log-previous", lambda one: words.or_none(one["prev"]), 300, at_first=False),
        )
