"""The catalogue: every clip that one may see, searched, filtered, and tagged one by one or many at once, all of it by keyboard.

A list that is worked on does not move by itself: what was tagged stays where it stood until one looks again, and what is new at the station is
told beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import QItemSelectionRange, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.pages import there
from gui.parts.basics import button, column, label, row
from gui.parts.paged import PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.screen import Key, Screen
from gui.work.batch import MOST, Batch, command
from gui.work.categories import Categories
from gui.work.columns import clip_columns
from gui.work.finder import Finder
from gui.work.keystrip import KEYS as NUMBERS
from gui.work.keystrip import KeyStrip
from gui.work.tagging import Tagging
from station.commands import Tag
from station.commands.desk import ShowIncident
from station.commands.searching import OrderName, Search
from station.httpclient import HttpClient

STRIDE = 1000
SETTLE_MS = 120
"""A selection that still grows is not counted."""
_MEMBER = {"case_number": "case"}
"""A row calls this field otherwise than the log does."""
NUMBERED = 5
"""Incidents whose number is asked for, of those that a selection has."""


class Clips(Screen):
    """The catalogue. What follows it has another ``NAME``, begins with another search, and may go on after each tag."""

    NAME: ClassVar[str] = "clips"
    FIRST: ClassVar[str] = ""
    ASCENDING: ClassVar[bool] = False
    GOES_ON: ClassVar[bool] = False
    KEYS = (
        Key("/", "key-search", "search"),
        Key("Ctrl+B", "key-batch", "batch"),
        Key("F2", "key-note", "note"),
        Key("Ctrl+S", "key-save-search", "save_search"),
        Key("Ctrl+P", "key-play", "play"),
        Key("Ctrl+K", "key-columns", "choose_columns"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.categories = Categories(here, self)
        self.finder = Finder(here, self.asks, self.categories)
        self.model = PagedModel(self.asks, clip_columns(here, self.categories), here.words, self)
        self.table = Table(here, here.kept, self.model, self.NAME, many=True)
        self.stage = Stage(here, self.table, self.back)
        self.panel = Batch(here, self.categories)
        self.keys = KeyStrip(here, self.categories, self.give_category)
        self.tagging = Tagging(here, self.asks, self._tagged, self._look_again)
        self._may_tag = here.may(Permission.TAG)
        self._order: tuple[OrderName, bool] = ("recorded", self.ASCENDING)
        self._count = label(here, of="muted")
        self._chosen = label(here, of="muted")
        self._news = button(here, "clips-news", self.back, "chip", "reload")
        self._stand_on: str | None = None
        self._put_together()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._gather)
        self._connect()

    def _put_together(self) -> None:
        here = self.here
        self._news.hide()
        self.panel.setVisible(False)
        self.keys.setVisible(self._may_tag)
        batch = button(here, "clips-batch", self.batch, picture="tag")
        batch.setVisible(self._may_tag)
        self.setLayout(
            column(
                row(
                    label(here, f"page-{self.NAME}", "title"),
                    self._count,
                    self._chosen,
                    self._news,
                    None,
                    batch,
                    button(here, "columns", self.choose_columns, picture="columns"),
                    space=12,
                ),
                self.finder,
                row(self.stage, self.panel, space=10, free=0),
                self.keys,
                margins=(16, 12, 16, 10),
                free=2,
            )
        )

    def _connect(self) -> None:
        self.finder.asked.connect(lambda _text: self._look(anew=True))
        self.model.begun.connect(self._begun)
        self.model.rowsInserted.connect(self._counted)
        self.model.rowsRemoved.connect(self._counted)
        self.model.went_wrong.connect(self._wrong)
        self.model.dataChanged.connect(lambda *_: self._settle.start())
        self.table.opened.connect(self._open)
        self.table.sorting.connect(self._sort)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._settle.start())
        self.panel.wanted.connect(self._give)
        self.panel.left.connect(self.table.setFocus)
        self.categories.changed.connect(self.model.retranslate)

    # What the frame calls

    def entered(self, **what: Any) -> None:
        self.categories.ask()
        text = what.get("query")
        if text is not None or self.stage.state == "new":
            self.finder.put(self.FIRST if text is None else str(text))
        else:
            self.back()

    def back(self) -> None:
        self.stage.looking()
        self._look(anew=False)

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name in {"clip", "docking"} for one in changes):
            if self.model.rowCount() == 0:
                self._look(anew=False)
            elif any(one.name == "docking" for one in changes):
                self._news.show()

    def first(self) -> QWidget:
        return self.table

    def shortcuts(self) -> tuple[tuple[Key, Callable[[], object]], ...]:
        numbers = [
            (Key(str(n), f"key-category-{n}", "give_category"), partial(self.give_category, n)) for n in range(1, NUMBERS + 1)
        ]
        return (*super().shortcuts(), *(numbers if self._may_tag else ()))

    # What keys do

    def search(self) -> None:
        """Into the search box."""
        self.finder.box.setFocus()
        self.finder.box.selectAll()

    def save_search(self) -> None:
        """Keep what is looked for."""
        self.finder.save()

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def batch(self) -> None:
        """The panel, and again to close it."""
        if not self._may_tag:
            return
        at = QApplication.focusWidget()
        show = not (self.panel.isVisible() and at is not None and self.panel.isAncestorOf(at))
        self.panel.setVisible(show)
        if show:
            self._gather()
            self.panel.take_focus()
        else:
            self.table.setFocus()

    def note(self) -> None:
        """Write a note for what is chosen."""
        if self._may_tag:
            self.panel.setVisible(True)
            self._gather()
            self.panel.take_focus("note")

    def play(self) -> None:
        """Watch the clip one stands on."""
        one = self.table.current()
        if one is not None and there("player"):
            self.here.frame.go("player", clip=one["id"])

    def give_category(self, number: int) -> None:
        """All that are chosen get the category of a key."""
        codes = self.categories.keys()
        if number <= len(codes):
            self._give({"category": codes[number - 1]})

    # The list

    def _look(self, *, anew: bool) -> None:
        current = self.table.current()
        self._stand_on = None if anew or current is None else current["id"]
        self._news.hide()
        text, (order, ascending) = self.finder.text, self._order

        def page(after: str | None, limit: int) -> Search:
            return Search(text, order=order, ascending=ascending, limit=limit, after=after, count=after is None)

        def count(document: Any) -> int | None:
            told = document["count"]
            return told["number"] if told is not None and told["exact"] else None

        self.model.show(Source(page, rows="clips", count=count))

    def _look_again(self) -> None:
        self._look(anew=False)

    def _begun(self) -> None:
        self.finder.understood()
        if self.model.rowCount() == 0:
            self._nothing()
        else:
            self.stage.content()
            found = next((at for at in range(min(self.model.rowCount(), STRIDE)) if self._id(at) == self._stand_on), 0)
            self.table.selectRow(found)
        self._counted()
        self._settle.start()

    def _nothing(self) -> None:
        if self.finder.text:
            self.stage.empty("clips-none-found", "clips-none-found-more", ("clips-all", lambda: self.finder.put("")), "search")
        else:
            self.stage.empty("clips-empty", "clips-empty-more", picture="film")

    def _id(self, at: int) -> str | None:
        one = self.model.row(at)
        return None if one is None else str(one["id"])

    def _counted(self) -> None:
        known, rows = self.model.count_known, self.model.rowCount()
        words = self.here.words
        if known or rows <= 1:
            words.put(self._count, "count-clips", n=rows)
        else:
            words.put(self._count, "count-clips-more", n=MOST)

    def _wrong(self, problem: Problem) -> None:
        self._settle.start()
        if self.finder.misunderstood(problem):
            self.stage.empty("clips-not-understood", "clips-not-understood-more", picture="search")
            self.here.words.plainly(self._count, "")
        elif self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _sort(self, order: OrderName, ascending: bool) -> None:  # what a signal hands over
        self._order = (order, ascending)
        self._look(anew=False)

    def _open(self, one: Row) -> None:
        if there("clip"):
            self.here.frame.go("clip", clip=one["id"])

    # What is chosen

    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.table.selectionModel().selection()
        return [selection.at(number) for number in range(selection.count())]

    def _rows(self) -> list[int]:
        return sorted(at for one in self._ranges() for at in range(one.top(), min(one.bottom(), one.top() + MOST) + 1))

    def _total(self) -> int:
        return sum(one.height() for one in self._ranges())

    def _gather(self) -> None:
        """Tell the panel what is chosen; rows that are not in memory are read first."""
        total = self._total()
        if total > 1:
            self.here.words.put(self._chosen, "count-chosen", n=total)
        else:
            self.here.words.plainly(self._chosen, "")
        if not self.panel.isVisible():
            return
        numbers = self._rows()
        rows = [one for one in map(self.model.row, numbers) if one is not None]
        self.panel.show_rows(rows, total)
        self._ask_numbers()
        if rows and len(rows) < total <= MOST:
            self._read(numbers, total)

    def _read(self, numbers: list[int], total: int) -> None:
        text, (order, ascending) = self.finder.text, self._order

        def read(client: HttpClient, _report: object) -> list[Row]:
            found: list[Row] = []
            after: str | None = None
            while len(found) <= numbers[-1]:
                command_ = Search(text, order=order, ascending=ascending, limit=STRIDE, after=after, count=False)
                answer: Any = client.call(command_).document
                found += answer["clips"]
                after = answer["next"]
                if after is None:
                    break
            return [found[at] for at in numbers if at < len(found)]

        self.asks.work("chosen", read, lambda rows: self.panel.show_rows(rows, total))

    def _ask_numbers(self) -> None:
        unknown = self.panel.unknown_incidents()[:NUMBERED]
        if not unknown or not self.here.may(Permission.READ_CASES):
            return

        def ask(client: HttpClient, _report: object) -> dict[str, str]:
            told: dict[str, str] = {}
            for one in unknown:
                document: Any = client.call(ShowIncident(one, limit=1)).document
                told[one] = document["number"] or one
            return told

        self.asks.work("numbers", ask, self.panel.know)

    # Tagging

    def _give(self, members: dict[str, Any]) -> None:
        if not self._may_tag:
            return
        rows = self.panel.rows if self.panel.isVisible() else self.table.chosen()
        if not rows or len(rows) < self._total():
            self.here.frame.say("tag-unread" if rows else "tag-nothing-chosen", "warn")
            return
        made: Tag = command([one["id"] for one in rows], members)
        self.tagging.tag(made, self.panel.clear)

    def _tagged(self, document: dict[str, Any]) -> None:
        """What was tagged stays where it stands, and shows what it has now."""
        if document["left_out"]:
            self._look(anew=False)
            return
        changes = {
            one["id"]: {_MEMBER.get(change["field"], change["field"]): change["new"] for change in one["changes"]}
            for one in document["tagged"]
        }
        self.model.amend(lambda one: changes.get(one["id"]))
        self.finder.understood()
        self._gather()
        if self.GOES_ON and self._total() == 1:
            self._go_on()

    def _go_on(self) -> None:
        at = self.table.currentIndex().row() + 1
        if at < self.model.rowCount():
            self.table.selectRow(at)
