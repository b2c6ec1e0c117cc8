"""The sheet of one slot: whose camera, how long still, why it waits; and, for whoever is signed in, the files that were taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.kiosk.sheet import Sheet
from gui.link import Problem
from gui.parts.basics import Picture, button, chip, column, holding, label, row, scrolled
from gui.parts.tiles import LOOKS, reason_text
from station.commands import Answer, ListClips, Tag

FILES = 100
"""Shown at most: a sheet is looked at for twenty seconds."""
MOST_IMPORTANT = "1"
"""Of 1 to 3."""


class SlotSheet(Sheet):
    """One slot. :meth:`show_slot` when it changes."""

    def __init__(self, here: Here, over: QWidget, slot: Mapping[str, Any]) -> None:
        super().__init__(here, over)
        self._here = here
        self._asks = here.link.asker()
        self._acts = here.link.asker()  # what was done is done, also when the sheet is closed at once
        self._docking: str | None = None
        self._clips: list[dict[str, Any]] = []
        self.slot = slot
        self._picture = Picture(here, "empty", "muted", 40)
        self._state = chip(here)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(18)
        self._files = QVBoxLayout()
        self._files.setSpacing(6)
        self._files.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._files)
        self._hint = label(here, "kiosk-sheet-sign-in", "muted", wrap=True)
        self.important = button(here, "kiosk-important-all", self._mark_all, "touch", "important")
        self.body.addLayout(row(self._picture, self._state, None))
        self.body.addLayout(self._facts)
        self.body.addWidget(self._hint)
        self.body.addWidget(scrolled(inner), 1)
        self.body.addLayout(row(None, self.important))
        here.link.person_changed.connect(self._ask)
        self._gone = False
        self.closed.connect(self._end)
        self.show_slot(slot)
        self._ask()

    def show_slot(self, slot: Mapping[str, Any]) -> None:
        """Show this from now on."""
        words = self.looks.words
        again = slot["docking"] != self.slot["docking"] or slot["state"] != self.slot["state"]
        self.slot = slot
        words.put(self.heading, "kiosk-sheet", slot=slot["slot"])
        picture, tone = LOOKS.get(slot["state"], ("unknown", "warn"))
        self._picture.show_icon(picture, "muted" if tone == "quiet" else tone)
        words.put(self._state, f"tile-{slot['state']}")
        self._state.setProperty("tone", tone)
        self._state.style().unpolish(self._state)
        self._state.style().polish(self._state)
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for code, text in self._known():
            value = label(self.looks, of="heading", wrap=True)
            words.plainly(value, text)
            self._facts.addRow(label(self.looks, code, "muted"), value)
        if again:
            self._ask()

    def _known(self) -> list[tuple[str, str]]:
        slot, words = self.slot, self.looks.words
        found = []
        for code, name in (("kiosk-sheet-officer", "officer"), ("kiosk-sheet-device", "device")):
            if slot[name]:
                found.append((code, words.or_none(slot[name])))
        if slot["bytes_left"] is not None:
            left = words.bytes(slot["bytes_left"])
            if slot["seconds_left"] is not None:
                left = f"{left} · {words('tile-time', time=words.duration(slot['seconds_left']))}"
            found.append(("kiosk-sheet-left", left))
        if (why := reason_text(words, slot)) is not None:
            found.append(("kiosk-sheet-why", why))
        if slot["since"]:
            found.append(("kiosk-sheet-since", words.moment(slot["since"], offset=False)))
        return found

    # The files

    def _ask(self) -> None:
        may = self._here.may(Permission.READ_CLIPS)
        docking = self.slot["docking"]
        self._hint.setVisible(not may or docking is None)
        self.looks.words.put(self._hint, "kiosk-sheet-no-docking" if docking is None else "kiosk-sheet-sign-in")
        self.important.setVisible(False)
        if may and docking is not None:
            self._asks.ask("files", ListClips(docking=docking, limit=FILES), self._came, self._wrong)

    def _came(self, answer: Answer) -> None:
        document: Any = answer.document
        self._clips = document["clips"]
        while self._files.count() > 1:
            item = self._files.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.deleteLater()
        for at, one in enumerate(self._clips):
            self._files.insertWidget(at, self._file(one))
        self.important.setVisible(bool(self._clips) and self._here.may(Permission.TAG))

    def _file(self, clip: dict[str, Any]) -> QWidget:
        words = self.looks.words
        line = label(self.looks, of="heading")
        at = words.moment(clip["recorded_at"] or clip["taken_at"], offset=False)
        words.put(line, "kiosk-file", at=at, length=words.duration(clip["duration"]), size=words.bytes(clip["size"]))
        below = label(self.looks, of="muted")
        if clip["incident"] is None:
            words.put(below, "kiosk-file-no-incident")
        else:
            words.put(below, "kiosk-file-incident", incident=words.or_none(clip["incident"]))
        parts: list[QWidget] = [Picture(self.looks, "film", "muted", 30), holding(column(line, below, space=2))]
        if clip["importance"] == MOST_IMPORTANT:
            parts.append(Picture(self.looks, "important", "warn", 22))
            parts.append(label(self.looks, "kiosk-important", tone="warn"))
        return holding(row(*parts, None, margins=(10, 6, 10, 6)), "card")

    def _mark_all(self) -> None:
        clips = tuple(one["id"] for one in self._clips)
        self._acts.ask("mark", Tag(clips, importance=MOST_IMPORTANT), self._marked, self._here.frame.complain)

    def _marked(self, _answer: Answer) -> None:
        self._here.frame.say("kiosk-important-done", "good")
        if not self._gone:
            self._ask()

    def _end(self) -> None:
        self._gone = True
        self._asks.drop()

    def _wrong(self, problem: Problem) -> None:
        self._here.frame.complain(problem)
