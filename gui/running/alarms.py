"""The alarm inbox: what nobody has looked at yet, what each rests on, to whom it was handed on, and the word that somebody looked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QLabel, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.look import kind
from gui.parts.basics import button, chip, column, holding, label, row, scrolled
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, PagedModel, Row, Source
from gui.parts.states import Stage
from gui.parts.table import Table
from gui.running.alarm_said import about, rule, what
from gui.running.facts import Text, Way, say
from gui.screen import Key, Screen
from station.commands import AcknowledgeAlarm, ListAlarms
from station.commands.supervising import ListEscalations, ListFigures


class Alarms(Screen):
    """The inbox."""

    KEYS = (
        Key("Ctrl+Return", "key-acknowledge", "acknowledge"),
        Key("Ctrl+O", "key-alarm-thing", "to_device"),
        Key("Ctrl+E", "key-alarms-all", "switch"),
        Key("Ctrl+K", "key-columns", "choose_columns"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self._open_only = True
        self._alarm: Row | None = None  # stays while the list is asked anew
        self._escalations: list[Row] = []
        self._rules: dict[str, Any] | None = None
        self.model = PagedModel(self.asks, self._columns(), here.words, self)
        self.table = Table(here, here.kept, self.model, "alarms")
        self.detail = Detail(here, self.acknowledge, self.to_device)
        self._count = label(here, of="muted")
        self._filters = QButtonGroup(self)
        self._filters.setExclusive(False)  # Tab comes to both
        chips = []
        for code, only in (("alarms-open-only", True), ("alarms-all", False)):
            made = button(here, code, partial(self.show_open, only), "chip")
            made.setCheckable(True)
            made.setChecked(only)
            self._filters.addButton(made)
            chips.append(made)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(self.table)
        both.addWidget(self.detail)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        both.setSizes([640, 400])
        self.stage = Stage(here, both, self.back)
        self.setLayout(
            column(
                row(label(here, "page-alarms", "title"), None, self._count, *chips),
                label(here, "page-alarms-about", "muted", wrap=True),
                self.stage,
                margins=(16, 12, 16, 16),
                free=2,
            )
        )
        self.model.begun.connect(self._begun)
        self.model.rowsInserted.connect(self._counted)
        self.model.went_wrong.connect(self._wrong)
        self.table.stood.connect(self._stood)
        self.table.opened.connect(lambda _row: self.detail.note.setFocus())

    def entered(self, **_what: Any) -> None:
        self.show_open(self._open_only)

    def show_open(self, only: bool) -> None:
        """Show those that nobody acknowledged, or all."""
        self._open_only = only
        for one, wanted in zip(self._filters.buttons(), (True, False), strict=True):
            one.setChecked(wanted is only)
        self.stage.looking()
        self._alarm = None
        self.detail.show_alarm(None, [], None)
        self.model.show(Source(lambda after, limit: ListAlarms(only, after, limit), rows="alarms"))
        self._beside()

    def switch(self) -> None:
        """The other of the two."""
        self.show_open(not self._open_only)

    def back(self) -> None:
        self.stage.looking()
        self.model.reload()
        self._beside()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name == "alarm" for one in changes):
            self.model.reload()
            self._beside()

    def first(self) -> QWidget:
        return self.table

    def choose_columns(self) -> None:
        """Which columns are shown."""
        self.table.choose_columns()

    def acknowledge(self) -> None:
        """Say that the alarm one stands on was looked at."""
        alarm = self._alarm
        if alarm is None or alarm["acknowledged_at"] is not None or not self.here.may(Permission.ACKNOWLEDGE_ALARMS):
            return
        note = self.detail.note.toPlainText().strip() or None

        def done(_answer: object) -> None:
            self.detail.note.clear()
            self.here.frame.say("alarms-acknowledged", "good", what=what(self.here.words, alarm))
            self.model.reload()
            self.table.setFocus()

        self.asks.ask("acknowledge", AcknowledgeAlarm(alarm["id"], note), done, self.here.frame.complain)

    def to_device(self) -> None:
        """To the device that the alarm is about."""
        alarm = self._alarm
        device = None if alarm is None else alarm["fields"].get("device")
        way = Way("device", "alarms-to-device", {"device": device})
        if device is not None and way.open_to(self.here):
            way.go(self.here)

    def _beside(self) -> None:
        """What stands beside an alarm and is no part of it."""
        self.asks.ask("escalations", ListEscalations(), self._escalated)
        if self.here.may(Permission.READ_FIGURES):
            self.asks.ask("rules", ListFigures(), self._ruled)

    def _escalated(self, answer: Any) -> None:
        self._escalations = answer.document["escalations"]
        self._stood(self._alarm)

    def _ruled(self, answer: Any) -> None:
        self._rules = answer.document["rules"]
        self._stood(self._alarm)

    def _stood(self, alarm: Row | None) -> None:
        if alarm is None and self.model.rowCount() > 0:
            return  # it is being asked for anew
        self._alarm = alarm
        mine = [one for one in self._escalations if alarm is not None and one["alarm"] == alarm["id"]]
        self.detail.show_alarm(alarm, mine, self._rules)

    def _begun(self) -> None:
        if self.model.rowCount() == 0:
            self._alarm = None
            code = "alarms-none-open" if self._open_only else "alarms-none"
            self.stage.empty(code, f"{code}-more", picture="check" if self._open_only else "alarm")
        else:
            self.stage.content()
            if not self.table.selectionModel().hasSelection():
                self.table.selectRow(max(0, self.table.currentIndex().row()))
            self._stood(self.table.current())
        self._counted()

    def _counted(self) -> None:
        self.here.words.put(self._count, "alarms-count", n=self.model.rowCount())

    def _wrong(self, problem: Problem) -> None:
        if self.model.rowCount() == 0 or not problem.unreachable:
            self.stage.failed(problem)

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            if one["acknowledged_at"] is None:
                return toned(theme, words("alarms-is-open"), "alarm", "bad")
            return toned(theme, words("alarms-is-seen"), "check", "good")

        return (
            Column("raised_at", "alarms-raised-at", lambda one: words.moment(one["raised_at"], seconds=False, offset=False), 140),
            Column("kind", "alarms-what", lambda one: what(words, one), 210),
            Column("device", "alarms-device", lambda one: words.or_none(one["fields"].get("device")), 120),
            Column("about", "alarms-about", lambda one: about(words, one), 260, at_first=False),
            Column("state", "alarms-state", state, 100),
        )


class Detail(QWidget):
    """One alarm, whole."""

    def __init__(self, here: Here, acknowledge: Callable[[], object], to_device: Callable[[], object]) -> None:
        super().__init__()
        self._here = here
        self.setMinimumWidth(here.theme.px(320))
        self._choose = label(here, "alarms-choose", "muted", wrap=True)
        self._what = label(here, of="heading", wrap=True)
        self._state = chip(here, "alarms-is-open", "bad")
        self._lines: dict[str, QLabel] = {}
        self._headings: dict[str, QLabel] = {}
        body = QVBoxLayout()
        body.setSpacing(2)
        for code in ("alarms-raised-at", "alarms-about", "alarms-rule", "alarms-handed-on", "alarms-seen"):
            heading = label(here, code, "muted")
            heading.setContentsMargins(0, 8, 0, 0)
            self._lines[code] = label(here, wrap=True)
            self._headings[code] = heading
            body.addWidget(heading)
            body.addWidget(self._lines[code])
        self._device = button(here, "alarms-to-device", to_device, picture="device")
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(here.theme.px(84))
        here.words.put(self.note, "alarms-note", "setAccessibleName")
        here.words.put(self.note, "alarms-note", "setPlaceholderText")
        self._acknowledge = button(here, "alarms-acknowledge", acknowledge, "primary", "check")
        self._act = QWidget()
        self._act.setLayout(column(self.note, row(None, self._acknowledge)))
        inner = QWidget()
        inner.setLayout(
            column(
                row(self._what, self._state, free=0),
                body,
                row(self._device, None, margins=(0, 10, 0, 0)),
                None,
                margins=(16, 14, 16, 8),
            )
        )
        self._whole = holding(column(scrolled(inner), holding(column(self._act, margins=(16, 4, 16, 14))), free=0), "card")
        self.setLayout(column(self._choose, self._whole, margins=(8, 0, 0, 0)))
        self.show_alarm(None, [], None)

    def show_alarm(self, alarm: Row | None, escalations: list[Row], rules: dict[str, Any] | None) -> None:
        """Show this one."""
        self._choose.setVisible(alarm is None)
        self._whole.setVisible(alarm is not None)
        if alarm is None:
            return
        words = self._here.words
        is_open = alarm["acknowledged_at"] is None
        words.follow(self._what, "setText", lambda one: one.setText(what(words, alarm)))
        words.put(self._state, "alarms-is-open" if is_open else "alarms-is-seen")
        kind(self._state, "chip", "bad" if is_open else "good")

        def handed() -> str:
            return "\n".join(
                words(
                    "alarms-handed-on-line",
                    at=words.moment(one["at"], seconds=False),
                    role=words(f"escalation-to-{one['to']}"),
                    minutes=words.number(one["after_minutes"]),
                )
                for one in escalations
            ) or words("alarms-not-handed-on")

        def seen() -> str:
            by = words("alarms-seen-by", at=words.moment(alarm["acknowledged_at"]), who=words.or_none(alarm["acknowledged_by"]))
            return "\n".join([by, *([words.or_none(alarm["note"])] if alarm["note"] else [])])

        texts: dict[str, Text] = {
            "alarms-raised-at": lambda: words.moment(alarm["raised_at"]),
            "alarms-about": lambda: about(words, alarm),
            "alarms-rule": lambda: rule(words, alarm, rules),
            "alarms-handed-on": handed,
            **({} if is_open else {"alarms-seen": seen}),
        }
        for one in (self._headings["alarms-seen"], self._lines["alarms-seen"]):
            one.setVisible(not is_open)
        for code, text in texts.items():
            say(self._here, self._lines[code], text)
        self._act.setVisible(is_open and self._here.may(Permission.ACKNOWLEDGE_ALARMS))
        device = alarm["fields"].get("device")
        self._device.setVisible(device is not None and Way("device", "alarms-to-device").open_to(self._here))
