"""Every clip that one may see, in the order they were taken: the plain list, and the pattern for others."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import button, column, label, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.screen import Key, Screen
from station.commands import ListClips

STATES = {
    "verified": ("check", "good"),
    "copied": ("wait", "info"),
    "empty": ("empty", "quiet"),
    "damaged": ("incident", "warn"),
    "unreadable": ("cross", "bad"),
}


class Clips(Screen):
    """The list."""

    KEYS = (Key("Ctrl+K", "key-columns", "choose_columns"), Key("Ctrl+P", "player-play-clip", "play"))

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        words = here.words
        self.model = PagedModel(self.asks, self._columns(), words, self)
        self.table = Table(here, here.kept, self.model, "clips", many=True)
        self.stage = Stage(here, self.table, self.back)
        self._count = label(here, of="muted")
        self.setLayout(
            column(
                row(
                    label(here, "page-clips", "title"),
                    None,
                    self._count,
                    button(here, "columns", self.choose_columns, picture="columns"),
                ),
                label(here, "page-clips-about", "muted", wrap=True),
                self.stage,
                margins=(16, 12, 16, 16),
                free=2,
            )
        )
        self.table.opened.connect(self._open)
        self.model.begun.connect(self._begun)
        self.model.rowsInserted.connect(self._counted)
        self.model.went_wrong.connect(self._wrong)

    def entered(self, **_what: Any) -> None:
        self.stage.looking()
        self.model.show(Source(lambda after, limit: ListClips(after=after, limit=limit), rows="clips"))

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name in {"clip", "docking"} for one in changes):
            self.model.reload()

    def first(self) -> QWidget:
        return self.table

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def play(self) -> None:
        """Open the clip that is chosen."""
        found = self.table.current()
        if found is not None:
            self._open(found)

    def _open(self, row: Row) -> None:
        self.here.frame.go("player", clip=row["id"])

    def _begun(self) -> None:
        if self.model.rowCount() == 0:
            self.stage.empty("clips-empty", "clips-empty-more", picture="film")
        else:
            self.stage.content()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(0)
        self._counted()

    def _counted(self) -> None:
        known = self.model.count_known
        self.here.words.put(
            self._count, "count-rows" if known else "count-rows-more", n=max(0, self.model.rowCount() - (not known))
        )

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            picture, tone = STATES.get(one["state"], ("unknown", "quiet"))
            return toned(theme, words.word("act", one["state"]), picture, tone)

        return (
            Column("taken_at", "clips-taken-at", lambda one: words.moment(one["taken_at"]), 232),
            Column("recorded_at", "clips-recorded-at", lambda one: words.moment(one["recorded_at"]), 232),
            Column("officer", "clips-officer", lambda one: words.or_none(one["recorded_by"] or one["officer"]), 110),
            Column("device", "clips-device", lambda one: words.or_none(one["device"]), 150, at_first=False),
            Column("path", "clips-path", lambda one: words.or_none(one["path"]), 200),
            Column("duration", "clips-duration", lambda one: words.duration(one["duration"]), 80, right=True),
            Column("size", "clips-size", lambda one: words.bytes(one["size"]), 90, right=True),
            Column("category", "clips-category", lambda one: words.or_none(one["category"]), 130),
            Column("case", "clips-case", lambda one: words.or_none(one["case"]), 130),
            Column("sha256", "clips-sha256", lambda one: one["sha256"], 200, at_first=False),
            Column("state", "clips-state", state, 140),
        )
