"""The registry of devices: every camera and recorder, who has it, and those that wait to be admitted before anything else."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import button, column, holding, label, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.running.device_asked import ask_about_new
from gui.running.facts import say
from gui.screen import Key, Screen
from gui.words import Words
from station.commands import ListDevices
from station.httpclient import HttpClient
from station.messages import plain

STRIDE = 1000
STATES = {"in-service": ("check", "good"), "quarantined": ("unknown", "warn"), "retired": ("refuse", "quiet")}


class Devices(Screen):
    """The list."""

    KEYS = (Key("Ctrl+N", "key-device-add", "add"), Key("Ctrl+K", "key-columns", "choose_columns"))

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.model = PagedModel(self.asks, self._columns(), here.words, self)
        self.table = Table(here, here.kept, self.model, "registry")
        self.stage = Stage(here, self.table, self.back)
        self._count = label(here, of="muted")
        self._strange = QVBoxLayout()
        self._strange.setSpacing(4)
        self._waiting = holding(
            column(label(here, "devices-waiting", "heading"), self._strange, margins=(16, 10, 16, 12)), "card"
        )
        self._waiting.hide()
        head = row(label(here, "page-registry", "title"), None, self._count)
        if here.may(Permission.MANAGE_DEVICES):
            head.addWidget(button(here, "devices-add", self.add, picture="plus"))
        head.addWidget(button(here, "columns", self.choose_columns, picture="columns"))
        self.setLayout(
            column(
                head,
                label(here, "page-registry-about", "muted", wrap=True),
                self._waiting,
                self.stage,
                margins=(16, 12, 16, 16),
                free=3,
            )
        )
        self.model.begun.connect(self._begun)
        self.model.rowsInserted.connect(self._counted)
        self.model.went_wrong.connect(self._wrong)
        self.table.opened.connect(lambda one: self.show_device(one["key"]))

    def entered(self, **_what: Any) -> None:
        self.stage.looking()
        self.model.show(Source(ListDevices, rows="devices", key="key"))
        self._look_for_strange()

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()
        self._look_for_strange()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name in {"device", "docking"} for one in changes):
            self.model.reload()
            self._look_for_strange()

    def first(self) -> QWidget:
        return self.table

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def show_device(self, key: str) -> None:
        """The page of a device."""
        self.here.frame.go("device", device=key)

    def add(self) -> None:
        """Register a device."""
        if self.here.may(Permission.MANAGE_DEVICES):
            ask_about_new(self.here, self.asks, self.show_device)

    def _look_for_strange(self) -> None:
        """A registry has some hundred devices: they are looked through on a thread."""
        self.asks.work("strange", lambda client, _report: _quarantined(client), self._show_strange)

    def _show_strange(self, found: list[Row]) -> None:
        while (item := self._strange.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        words = self.here.words
        for one in found:
            said = label(self.here, wrap=True)
            say(self.here, said, partial(_strange, words, one))
            open_it = button(self.here, "devices-look", partial(self.show_device, one["key"]))
            line = holding(row(said, open_it, free=0))
            self._strange.addWidget(line)
        self._waiting.setVisible(bool(found))

    def _begun(self) -> None:
        if self.model.rowCount() == 0:
            way = ("devices-add", self.add) if self.here.may(Permission.MANAGE_DEVICES) else None
            self.stage.empty("devices-none", "devices-none-more", way, picture="device")
        else:
            self.stage.content()
            if not self.table.selectionModel().hasSelection():
                self.table.selectRow(max(0, self.table.currentIndex().row()))
        self._counted()

    def _counted(self) -> None:
        self.here.words.put(self._count, "devices-count", n=self.model.rowCount())

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            picture, tone = STATES.get(one["state"], ("unknown", "quiet"))
            return toned(theme, words.word("device", one["state"]), picture, tone)

        return (
            Column("key", "devices-key", lambda one: words.or_none(one["key"]), 180),
            Column("state", "devices-state", state, 170),
            Column("with", "devices-with", lambda one: holder(words, one), 160),
            Column("make", "devices-make", lambda one: words.or_none(one["make"]), 110),
            Column("model", "devices-model", lambda one: words.or_none(one["model"]), 110),
            Column("serial", "devices-serial", lambda one: words.or_none(one["serial"]), 120),
            Column("slot", "devices-slot", lambda one: words.or_none(one["last_slot"]), 70, at_first=False),
            Column("seen", "devices-seen", lambda one: words.moment(one["last_seen_at"], seconds=False, offset=False), 150),
        )


def holder(words: Words, one: Row) -> str:
    """Who has a device: whoever it was issued to, otherwise whose own it is."""
    if one["issued_to"] is not None:
        return words("device-has", officer=plain(one["issued_to"]))
    if one["assigned_to"] is not None:
        return words("device-own", officer=plain(one["assigned_to"]))
    return words("none")


def _strange(words: Words, one: Row) -> str:
    return words("devices-waiting-line", key=plain(one["key"]), at=words.moment(one["last_seen_at"] or one["registered_at"]))


def _quarantined(client: HttpClient) -> list[Row]:
    found: list[Row] = []
    after: str | None = None
    while True:
        page: Any = client.call(ListDevices(after, STRIDE), lambda _progress: None).document
        found += [one for one in page["devices"] if one["state"] == "quarantined"]
        after = page["next"]
        if after is None:
            return found
