"""The page of a device: what it is, who has it, its clock and how that drifted, when it is full, and everything the log says of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QFormLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from evidence.access import Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.look import kind
from gui.parts.basics import button, chip, column, holding, icon_button, label, row, scrolled
from gui.parts.chart import Chart, Series
from gui.parts.states import Stage
from gui.running.alarm_said import bounds
from gui.running.device_asked import ask_to_issue, ask_to_retire, ask_to_return
from gui.running.devices import STATES, holder
from gui.running.facts import Text, say
from gui.screen import Key, Screen
from station.commands import AdmitDevice, ShowDevice
from station.commands.space import Forecast
from station.messages import plain

FACTS = ("make", "model", "serial", "with", "registered", "seen", "slot", "note", "clock", "full")
_HEADS = ("device-at", "device-act", "device-by", "device-what")


class Device(Screen):
    """The page."""

    KEYS = (
        Key("Ctrl+I", "key-device-hand", "hand_over"),
        Key("Alt+Left", "key-device-back", "to_list"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self._key: str | None = None
        self._told: dict[str, Any] = {}
        self._forecast: dict[str, Any] | None = None
        self._title = label(here, of="title")
        self._state = chip(here)
        self.issue = button(here, "devices-issue-short", self.hand_over, "primary", "hand")
        self.back_in = button(here, "devices-return-short", self.hand_over, "primary", "hand")
        self.admit = button(here, "devices-admit", self._admit, "primary", "check")
        self.retire = button(here, "devices-retire-short", self._retire, picture="refuse")
        self._facts: dict[str, QLabel] = {}
        form = QFormLayout()
        form.setContentsMargins(16, 12, 16, 12)
        form.setHorizontalSpacing(16)
        for name in FACTS:
            self._facts[name] = label(here, wrap=True)
            form.addRow(label(here, f"devices-{name}", "muted"), self._facts[name])
        self.drift = Chart(here, bars=False, unit=" s")
        self._drift = holding(
            column(label(here, "device-drift", "heading"), self.drift, margins=(16, 12, 16, 12), free=1), "card"
        )
        inner = QWidget()
        inner.setLayout(column(holding(form, "card"), self._drift, None, space=12))
        left = scrolled(inner)
        left.setMinimumWidth(here.theme.px(360))
        self.history = QTableWidget(0, len(_HEADS))
        here.words.put(self.history, "device-history", "setAccessibleName")
        self.history.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.history.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.history.setTabKeyNavigation(False)
        self.history.setShowGrid(False)
        self.history.setWordWrap(False)
        self.history.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.history.verticalHeader().hide()
        for at, width in enumerate((150, 130, 70, 160)):
            self.history.setColumnWidth(at, here.theme.px(width))
        self.history.horizontalHeader().setSectionResizeMode(len(_HEADS) - 1, QHeaderView.ResizeMode.Stretch)
        body = QWidget()
        body.setLayout(row(left, column(label(here, "device-history", "heading"), self.history, free=1), space=14))
        beside = body.layout()
        assert isinstance(beside, QBoxLayout)
        beside.setStretch(0, 2)
        beside.setStretch(1, 3)
        self.stage = Stage(here, body, self.back)
        self.setLayout(
            column(
                row(
                    icon_button(here, "device-to-list", self.to_list, "left"),
                    self._title,
                    self._state,
                    None,
                    self.issue,
                    self.back_in,
                    self.admit,
                    self.retire,
                ),
                self.stage,
                margins=(16, 12, 16, 16),
                space=12,
                free=1,
            )
        )
        here.words.changed.connect(self._show_history)
        self._buttons()

    def entered(self, device: str | None = None, **_what: Any) -> None:
        if device is not None and device != self._key:
            self._key, self._told, self._forecast = device, {}, None
        self.back()

    def back(self) -> None:
        if self._key is None:
            self.here.words.put(self._title, "page-device")
            self.stage.empty("device-none", "device-none-more", ("device-to-list", self.to_list), picture="device")
            return
        if not self._told:
            self.stage.looking()
        self.asks.ask("device", ShowDevice(self._key), lambda answer: self._came(answer.document), self._wrong)
        self.asks.ask("forecast", Forecast(), lambda answer: self._forecast_came(answer.document))

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name in {"device", "docking", "alarm"} for one in changes):
            self.back()

    def to_list(self) -> None:
        """Back to the registry."""
        self.here.frame.go("registry")

    def hand_over(self) -> None:
        """It is issued, or comes back."""
        if self._told and self._told["state"] == "in-service" and self.here.may(Permission.ISSUE_DEVICES):
            ask = ask_to_issue if self._told["issued_to"] is None else ask_to_return
            ask(self.here, self.asks, self._told["key"], self._again)

    def _retire(self) -> None:
        ask_to_retire(self.here, self.asks, self._told["key"], self._again)

    def _admit(self) -> None:
        key = self._told["key"]

        def done(_answer: object) -> None:
            self.here.frame.say("devices-admitted", "good", device=key)
            self.back()

        self.asks.ask("act", AdmitDevice(key), done, self.here.frame.complain)

    def _again(self, _key: str) -> None:
        self.back()

    def _wrong(self, problem: Problem) -> None:
        if not self._told or not problem.unreachable:
            self.stage.failed(problem)

    def _buttons(self) -> None:
        state, issued = self._told.get("state"), self._told.get("issued_to")
        may_issue, may = self.here.may(Permission.ISSUE_DEVICES), self.here.may(Permission.MANAGE_DEVICES)
        self.issue.setVisible(may_issue and state == "in-service" and issued is None)
        self.back_in.setVisible(may_issue and state == "in-service" and issued is not None)
        self.admit.setVisible(may and state in {"quarantined", "retired"})
        self.retire.setVisible(may and state in {"in-service", "quarantined"})
        self._state.setVisible(state is not None)

    def _forecast_came(self, document: dict[str, Any]) -> None:
        self._forecast = next((one for one in document["devices"] if one["device"] == self._key), {})
        if self._told:
            self._show()

    def _came(self, device: dict[str, Any]) -> None:
        self._told = device
        self._show()
        self._show_history()
        self.stage.content()

    def _show(self) -> None:
        words, device = self.here.words, self._told
        words.plainly(self._title, plain(device["key"]))
        words.follow(self._state, "setText", lambda one: one.setText(words.word("device", device["state"])))
        tone = STATES.get(device["state"], ("unknown", "quiet"))[1]
        kind(self._state, "chip", None if tone == "quiet" else tone)
        self._buttons()
        texts: dict[str, Text] = {
            **{name: partial(words.or_none, device[name]) for name in ("make", "model", "serial", "note")},
            "with": self._with,
            "registered": lambda: words.moment(device["registered_at"]),
            "seen": lambda: words.moment(device["last_seen_at"]),
            "slot": lambda: words.or_none(device["last_slot"]),
            "clock": self._clock,
            "full": self._full,
        }
        for name, text in texts.items():
            say(self.here, self._facts[name], text)
        wrong = bool(device["clock"] and device["clock"]["wrong"])
        kind(self._facts["clock"], "", "bad" if wrong else None)

    def _with(self) -> str:
        words, device = self.here.words, self._told
        if device["issued_to"] is None:
            return holder(words, device)
        return words("device-issued-since", who=holder(words, device), at=words.moment(device["issued_at"], seconds=False))

    def _clock(self) -> str:
        words, clock = self.here.words, self._told["clock"]
        if clock is None:
            return words("device-clock-none")
        told = {"at": words.moment(clock["station_at"]), "basis": words(f"clock-by-{clock['basis']}"), **bounds(words, clock)}
        return words("device-clock-is-wrong" if clock["wrong"] else "device-clock-is", **told)

    def _full(self) -> str:
        words, found = self.here.words, self._forecast
        if found is None:
            return words("loading")
        if not found:
            return words("device-full-unknown")
        room = words("device-room", free=words.bytes(found["free_bytes"]), total=words.bytes(found["total_bytes"]))
        when = words.day(found["full_at"]) if found["full_at"] else words.word("outlook", found["outlook"])
        return words("device-full", room=room, when=when)

    def _show_history(self) -> None:
        if not self._told:
            return
        words, entries = self.here.words, self._told["history"]
        self.history.setHorizontalHeaderLabels([words(code) for code in _HEADS])
        self.history.setRowCount(len(entries))
        for at, entry in enumerate(reversed(entries)):
            told = (
                words.moment(entry["when"]["utc"], seconds=False, offset=False),
                words.word("act", entry["type"]),
                words.or_none(entry["personal"].get("actor") or entry["actor"].get("system")),
                self._what(entry),
            )
            for number, text in enumerate(told):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.history.setItem(at, number, item)
        measured = [(entry["when"]["utc"], clock) for entry in entries if (clock := _clock_of(entry)) is not None]
        self._drift.setVisible(len(measured) > 1)
        labels = [words.moment(at, seconds=False, offset=False)[5:10] for at, _ in measured]
        series = [
            Series(words(f"device-drift-{side}"), tuple(_seconds(clock[f"at_{side}_ms"]) for _, clock in measured))
            for side in ("least", "most")
        ]
        self.drift.show_figures(words("device-drift"), labels, series)

    def _what(self, entry: Mapping[str, Any]) -> str:
        words, what = self.here.words, entry["what"]
        parts = []
        if (officer := entry["personal"].get("officer")) is not None:
            parts.append(plain(officer))
        if (clock := _clock_of(entry)) is not None:
            parts.append(words("device-ahead", **bounds(words, clock)))
        if entry["type"] == "alarm-raised":
            parts.append(words.word("alarm", what["kind"]))
        if entry["type"] == "sealed":
            parts.append(words("device-sealed", clips=words("count-clips", n=what["clips"]), size=words.bytes(what["bytes"])))
        if entry["type"] == "device-changed":
            parts.append(", ".join(plain(one["field"]) for one in what["changes"]))
        return ", ".join(part for part in parts if part) or words("none")


def _clock_of(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an entry measured of the clock, where it did."""
    clock = entry["what"].get("clock")
    return clock if isinstance(clock, dict) and "at_least_ms" in clock else None


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else abs(milliseconds) / 1000
