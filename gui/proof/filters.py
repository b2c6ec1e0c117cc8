"""The filters of the custody log: object, act, person, time. What they say is a command; nothing is filtered here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QFrame

from gui.here import Here
from gui.parts.basics import button, line_edit, row
from station.commands.log import Custody
from station.vocabulary import ACTS

WAIT_MS = 350
"""What one types is looked for when one stops."""
KINDS = ("clip", "docking", "device", "alarm", "sheet", "key", "station", "settings")
TIMES = ("log-any-time", "log-today", "log-week", "log-month", "log-days")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    subject: str | None = None
    acts: tuple[str, ...] = ()
    person: str | None = None
    since: str | None = None
    until: str | None = None

    def command(self, after: str | None, limit: int, *, newest_first: bool) -> Custody:
        """The command of a page of it."""
        return Custody(None, after, limit, self.subject, self.acts, self.person, self.since, self.until, newest_first)


class Filters(QFrame):
    """One line of filters."""

    changed = Signal()

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self.kind = QComboBox()
        self.id = line_edit(here, "log-filter-id")
        self.act = QComboBox()
        self.person = line_edit(here, "log-filter-who")
        self.time = QComboBox()
        self.since, self.until = QDateEdit(), QDateEdit()
        names = {self.kind: "log-filter-object", self.act: "log-filter-act", self.time: "log-filter-time"}
        for one, code in (*names.items(), (self.since, "log-from-day"), (self.until, "log-to-day")):
            here.words.name(one, code)
        for day in (self.since, self.until):
            day.setCalendarPopup(True)
            day.setDisplayFormat("yyyy-MM-dd")
            day.setDate(QDate.currentDate())
            day.hide()
        self.clear_button = button(here, "log-clear", self.clear, "flat", "cross")
        self.setLayout(row(self.kind, self.id, self.act, self.person, self.time, self.since, self.until, None, self.clear_button))
        self.id.setMinimumWidth(here.theme.px(150))
        self.person.setMaximumWidth(here.theme.px(120))
        here.words.follow(self, "choices", lambda _one: self._choices())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT_MS)
        self._soon.timeout.connect(self._tell)
        for combo in (self.kind, self.act, self.time):
            combo.currentIndexChanged.connect(self._tell)
        for line in (self.id, self.person):
            line.textEdited.connect(lambda _text: self._soon.start())
            line.returnPressed.connect(self._tell)
        for day in (self.since, self.until):
            day.dateChanged.connect(self._tell)
        self._look()

    def _choices(self) -> None:
        words = self._here.words
        acts = sorted(ACTS, key=words)
        told: dict[QComboBox, list[tuple[str, str | None]]] = {
            self.kind: [(words("log-any-object"), None), *((words(f"object-{one}"), one) for one in KINDS)],
            self.act: [(words("log-any-act"), None), *((words(one), one.removeprefix("act-")) for one in acts)],
            self.time: [(words(one), one) for one in TIMES],
        }
        for combo, choices in told.items():
            chosen = combo.currentData()
            combo.blockSignals(True)  # Qt's own signature
            combo.clear()
            for text, data in choices:
                combo.addItem(text, data)
            combo.setCurrentIndex(max(0, combo.findData(chosen)))
            combo.blockSignals(False)  # Qt's own signature

    def wanted(self) -> Wanted:
        """What they say now."""
        of, name = self.kind.currentData(), self.id.text().strip()
        subject = of if not name else name if of is None or ":" in name else f"{of}:{name}"
        act = self.act.currentData()
        since, until = self._times()
        return Wanted(subject, () if act is None else (act,), self.person.text().strip() or None, since, until)

    def said(self) -> str:
        """The same for people, for the head of a report."""
        told = [one.currentText() for one in (self.kind, self.act, self.time) if one.currentIndex() > 0]
        told += [one.text().strip() for one in (self.id, self.person) if one.text().strip()]
        if self.time.currentData() == "log-days":
            told.append(
                f"{self.since.date().toString(Qt.DateFormat.ISODate)} – {self.until.date().toString(Qt.DateFormat.ISODate)}"
            )
        return ", ".join(told)

    def show_object(self, subject: str) -> None:
        """One object, and nothing else."""
        self._empty()
        self.id.setText(subject)
        self._tell()

    def show_person(self, badge: str) -> None:
        """One person, and nothing else."""
        self._empty()
        self.person.setText(badge)
        self._tell()

    def clear(self) -> None:
        """No filter."""
        self._empty()
        self._tell()

    def _empty(self) -> None:
        for combo in (self.kind, self.act, self.time):
            combo.blockSignals(True)  # Qt's own signature
            combo.setCurrentIndex(0)
            combo.blockSignals(False)  # Qt's own signature
        self.id.clear()
        self.person.clear()

    def _tell(self, *_: object) -> None:
        self._soon.stop()
        self._look()
        self.changed.emit()

    def _look(self) -> None:
        days = self.time.currentData() == "log-days"
        self.since.setVisible(days)
        self.until.setVisible(days)
        self.clear_button.setVisible(self.wanted() != Wanted())

    def _times(self) -> tuple[str | None, str | None]:
        """Days of the station's zone, as moments without an offset, which the station reads in its own zone."""
        named = self.time.currentData()
        today = datetime.now(self._here.words.zone).date()
        if named == "log-days":
            first, last = (
                datetime.fromisoformat(one.date().toString(Qt.DateFormat.ISODate)).date() for one in (self.since, self.until)
            )
            return f"{first}T00:00:00", f"{last + timedelta(days=1)}T00:00:00"
        back = {"log-today": 0, "log-week": 6, "log-month": 29}.get(named)
        return (None if back is None else f"{today - timedelta(days=back)}T00:00:00"), None
