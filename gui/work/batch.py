"""The panel beside a list: what the clips that are chosen have of each tag, with counts, and what all of them are to have.

A field that is left as it is stays as it is on every clip. Everything that is given goes as one command, and is taken back as one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QWidget

from evidence.reach import Sensitivity
from gui.here import Here
from gui.look import kind
from gui.parts.basics import button, column, holding, label, row, scrolled
from gui.parts.paged import Row
from gui.work.categories import UNCLASSIFIED, Categories
from station.commands import Tag

WIDTH = 316
MOST = 10_000
"""Clips that are tagged at once."""


class Field(NamedTuple):
    """A tag: its member of a row, the name that the command has for it, whether its values are chosen from a list."""

    row: str
    command: str
    listed: bool = False


FIELDS = (
    Field("case", "case_number"),
    Field("category", "category", listed=True),
    Field("note", "note"),
    Field("incident", "incident"),
    Field("importance", "importance", listed=True),
    Field("recorded_by", "officer"),
    Field("place", "location"),
    Field("sensitivity", "sensitivity", listed=True),
)
_STAYS, _CLEARS = None, ""


class Batch(QFrame):
    """The panel. ``wanted`` hands over the members of a :class:`~station.commands.Tag`."""

    wanted = Signal(object)
    left = Signal()
    """Escape: back to the list."""

    def __init__(self, here: Here, categories: Categories) -> None:
        super().__init__()
        self.here, self._categories = here, categories
        kind(self, "card")
        words = here.words
        self._rows: list[Row] = []
        self._total = 0
        self._numbers: dict[str, str] = {}
        self._heading = label(here, "batch-none", "heading", wrap=True)
        self._values: dict[str, QLabel] = {}
        self.edits: dict[str, QComboBox] = {}
        parts: list[QWidget] = []
        for field in FIELDS:
            name = label(here, f"tag-{field.row}", "muted")
            shown = self._values[field.row] = label(here, wrap=True)
            edit = self.edits[field.row] = QComboBox()
            edit.setEditable(not field.listed)
            edit.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            edit.setMaxVisibleItems(20)
            edit.setMinimumContentsLength(8)
            edit.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            words.put(edit, f"tag-{field.row}", "setAccessibleName")
            line = edit.lineEdit()
            if line is not None:
                words.put(line, "batch-stays", "setPlaceholderText")
                words.put(line, f"tag-{field.row}", "setAccessibleName")
                line.textEdited.connect(self._look)
                line.returnPressed.connect(self.give)
                edit.setCompleter(None)  # type: ignore[arg-type]  # what is typed is not bent to what stands there
            edit.activated.connect(self._picked)
            parts.append(holding(column(row(name, shown, free=1, space=10), edit, space=3)))
        inner = QWidget()
        inner.setLayout(column(*parts, None, space=9, margins=(0, 0, 6, 0)))
        self.same = button(here, "batch-same", self.give_same, picture="copy")
        words.put(self.same, "batch-same-more", "setToolTip")
        self.go = button(here, "batch-give", self.give, "primary", n=0)
        self.undo_all = button(here, "batch-as-before", self.clear, "flat")
        self._few = label(here, of="muted", wrap=True)
        self._few.hide()
        self.setLayout(
            column(
                self._heading,
                self._few,
                scrolled(inner),
                self.same,
                row(self.undo_all, None, self.go),
                margins=(12, 10, 12, 12),
                free=2,
            )
        )
        here.theme.changed.connect(self._size)
        words.changed.connect(self._show)
        categories.changed.connect(self._show)
        self._size()
        self._show()

    # What the screen calls

    def show_rows(self, rows: list[Row], total: int) -> None:
        """These are chosen; ``total`` of them, if not all are known yet."""
        self._rows, self._total = rows, total
        self._show()

    @property
    def rows(self) -> list[Row]:
        """What is chosen, as far as it is known."""
        return self._rows

    def know(self, numbers: dict[str, str]) -> None:
        """How incidents are called."""
        self._numbers |= numbers
        self._show()

    def unknown_incidents(self) -> list[str]:
        """Incidents of the clips chosen whose number nobody told yet."""
        return [one for one in dict.fromkeys(row["incident"] for row in self._rows) if one and one not in self._numbers]

    def take_focus(self, field: str = "case") -> None:
        """The keyboard goes to a field."""
        self.edits[field].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def clear(self) -> None:
        """Every field stays as it is on each clip."""
        for edit in self.edits.values():
            edit.setCurrentIndex(-1 if edit.isEditable() else 0)
            edit.clearEditText()
        self._look()

    def given(self) -> dict[str, str]:
        """What is to be given, by the names of the command."""
        found: dict[str, str] = {}
        for field in FIELDS:
            edit = self.edits[field.row]
            at = edit.currentIndex()
            if edit.isEditable() and (at < 0 or edit.currentText() != edit.itemText(at)):
                text = edit.currentText().strip()
                if text:
                    found[field.command] = text
            elif at >= 0 and edit.itemData(at) is not _STAYS:
                found[field.command] = edit.itemData(at)
        return found

    def give(self) -> None:
        """All that are chosen get what was given."""
        given = self.given()
        if given and self._rows:
            self.wanted.emit(given)

    def give_same(self) -> None:
        """All that are chosen get what the clip before the first of them has, but for what is given here."""
        if self._rows:
            self.wanted.emit({**self.given(), "same_as": "previous"})

    # How it shows

    def _show(self) -> None:
        words, total = self.here.words, self._total
        if total:
            words.put(self._heading, "batch-chosen", n=total)
        else:
            words.put(self._heading, "batch-none")
        if len(self._rows) < total:
            words.put(self._few, "batch-reading" if total <= MOST else "batch-too-many", n=total)
        self._few.setVisible(len(self._rows) < total)
        for field in FIELDS:
            counts = Counter(_value(row, field.row) for row in self._rows)
            self._show_values(field, counts)
            self._offer(field, counts)
        self._look()

    def _show_values(self, field: Field, counts: Counter[str | None]) -> None:
        words, shown = self.here.words, self._values[field.row]
        told = [self.value_text(field.row, value) for value, _ in counts.most_common(3)]
        if len(counts) > 1:
            told = [
                words("find-counted", value=text, count=str(count))
                for text, (_, count) in zip(told, counts.most_common(3), strict=True)
            ]
        rest = len(counts) - len(told)
        if rest > 0:
            told.append(words("batch-others", n=rest))
        words.plainly(shown, ", ".join(told))
        kind(shown, "muted" if counts.keys() <= {None} else "")

    def value_text(self, field: str, value: str | None) -> str:
        """A value as people read it."""
        words = self.here.words
        if value is None:
            return words("batch-empty")
        if field == "category":
            return self._categories.name(value)
        if field == "incident":
            return words.or_none(self._numbers.get(value, "…" + value[-6:]))
        if field in {"importance", "sensitivity"}:
            return words.word(field, value)
        text = words.or_none(value)
        return text if len(text) <= 40 else text[:39] + "…"

    def _offer(self, field: Field, counts: Counter[str | None]) -> None:
        """What may be chosen. What was given before stays given."""
        edit, words = self.edits[field.row], self.here.words
        at = edit.currentIndex()
        before = (edit.itemData(at) if at >= 0 else _STAYS, edit.currentText() if edit.isEditable() else "")
        edit.blockSignals(True)
        edit.clear()
        if field.listed:
            edit.addItem(words("batch-stays"), _STAYS)
            for listed, depth in self._listed(field.row):
                edit.addItem("\u2003" * (depth - 1) + self.value_text(field.row, listed), listed)
        else:
            for value, count in counts.most_common(10):
                if value is not None:
                    edit.addItem(
                        words("find-counted", value=self.value_text(field.row, value), count=str(count)),
                        self._typed(field.row, value),
                    )
        if any(value is not None for value in counts):
            edit.addItem(words("batch-clear"), _CLEARS)
        found = -1 if before[0] is _STAYS else edit.findData(before[0])
        edit.setCurrentIndex(found if found >= 0 else -1 if edit.isEditable() else 0)
        if edit.isEditable() and found < 0:
            edit.setEditText(before[1] if before[0] is _STAYS else "")
        edit.blockSignals(False)

    def _typed(self, field: str, value: str) -> str:
        return self._numbers.get(value, value) if field == "incident" else value

    def _listed(self, field: str) -> list[tuple[str, int]]:
        if field == "category":
            return self._categories.given()
        return [(one, 1) for one in (("1", "2", "3") if field == "importance" else [one.value for one in Sensitivity])]

    def _picked(self, _at: int) -> None:
        self._look()

    def _look(self) -> None:
        ready = bool(self._rows) and len(self._rows) == self._total
        words = self.here.words
        words.put(self.go, "batch-give", n=self._total)
        words.put(self.go, "batch-give", "setAccessibleName", n=self._total)
        self.go.setEnabled(ready and bool(self.given()))
        self.same.setEnabled(ready)
        self.undo_all.setEnabled(bool(self.given()))

    def _size(self) -> None:
        self.setFixedWidth(self.here.theme.px(WIDTH))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)


def command(clips: list[str], members: dict[str, Any]) -> Tag:
    """The command of what a panel wants."""
    return Tag(tuple(clips), **members)


def _value(row: Row, field: str) -> str | None:
    value = row[field]
    if value is None or value == "" or (field == "category" and value == UNCLASSIFIED):
        return None
    return str(value)
