"""A short list that comes whole: keys, approvals, people, settings. Columns as of a paged table; the row one stands on stays when it is read anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from gui.here import Here
from gui.parts.cells import Cell
from gui.parts.paged import Column, Row

_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.DecorationRole,
    Qt.ItemDataRole.ForegroundRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
)


class Listing(QTableWidget):
    """The list. ``key`` names a row."""

    opened = Signal(object)
    """A row was opened, by Enter or a double click."""
    stood = Signal(object)
    """The row one stands on, or None."""

    def __init__(self, here: Here, name: str, columns: Sequence[Column], key: Callable[[Row], object]) -> None:
        """``name``: the code of what it is called."""
        super().__init__(0, len(columns))
        self._here, self.columns, self._key_of = here, tuple(columns), key
        self.rows: list[Row] = []
        here.words.put(self, name, "setAccessibleName")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table, as everywhere
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.currentCellChanged.connect(self._stood)
        self.cellActivated.connect(lambda row, _column: self._open(row))
        here.words.follow(self, "rows", lambda _one: self._fill())
        here.theme.changed.connect(self._fill)
        for number, column in enumerate(self.columns):
            self.setColumnWidth(number, here.theme.px(column.width))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """These are the rows from now on."""
        before = self.current()
        was = None if before is None else self._key_of(before)
        self.rows = list(rows)
        self._fill()
        keys = [self._key_of(one) for one in self.rows]
        at = keys.index(was) if was in keys else 0
        self.blockSignals(True)  # Qt's own signature
        self.setCurrentCell(at if self.rows else -1, 0)
        self.blockSignals(False)  # Qt's own signature
        self._stood()

    def current(self) -> Row | None:
        """The row one stands on."""
        at = self.currentRow()
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers():
            self._open(self.currentRow())
            return
        super().keyPressEvent(event)

    def _stood(self, *_: object) -> None:
        self.stood.emit(self.current())

    def _open(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            self.opened.emit(self.rows[row])

    def _fill(self) -> None:
        px = self._here.theme.px
        self.verticalHeader().setDefaultSectionSize(px(28))
        self.setHorizontalHeaderLabels([self._here.words(one.word) for one in self.columns])
        self.setRowCount(len(self.rows))
        for at, row in enumerate(self.rows):
            for number, column in enumerate(self.columns):
                self.setItem(at, number, _item(column, column.show(row)))


def _item(column: Column, shown: str | Cell) -> QTableWidgetItem:
    made = QTableWidgetItem()
    cell = shown if isinstance(shown, Cell) else Cell(shown)
    for role in _ROLES:
        value = cell.role(role)
        if value is not None:
            made.setData(role, value)
    sideways = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    made.setTextAlignment(sideways | Qt.AlignmentFlag.AlignVCenter)
    return made
