"""A table to look at: fixed rows, columns that are chosen, moved and sized by hand and kept so, all of it by keyboard too."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from gui.parts.basics import Looks
from gui.parts.paged import PagedModel, Row


class Keeping(Protocol):
    """Where a person's own choices are kept."""

    def get(self, name: str, otherwise: Any = None) -> Any: ...  # what JSON can hold
    def put(self, name: str, value: object) -> None: ...


class Table(QTableView):
    """Rows of a :class:`~gui.parts.paged.PagedModel`. ``name``: under which its columns are kept."""

    opened = Signal(object)
    """A row was opened, by Enter or a double click."""
    stood = Signal(object)
    """The row one stands on, or None."""
    sorting = Signal(str, bool)
    """Asked for an order, ascending or not."""

    def __init__(self, looks: Looks, kept: Keeping, model: PagedModel, name: str, *, many: bool = False) -> None:
        super().__init__()
        self._looks, self._kept, self._name = looks, kept, f"columns.{name}"
        self.paged = model
        self.setModel(model)
        looks.words.put(self, f"page-{name}" if looks.words.known(f"page-{name}") else name, "setAccessibleName")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        choose = QAbstractItemView.SelectionMode
        self.setSelectionMode(choose.ExtendedSelection if many else choose.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table, as everywhere
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSectionsClickable(any(one.sort for one in model.columns))
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self.choose_columns(header.mapToGlobal(at)))
        header.sectionClicked.connect(self._sort_by)
        self._order: tuple[str, bool] | None = None
        self._restore()
        header.sectionMoved.connect(self._keep)
        header.sectionResized.connect(self._keep)
        looks.theme.changed.connect(self._look)
        looks.words.changed.connect(model.retranslate)
        self.activated.connect(self._activated)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.stood.emit(self.current()))
        model.dataChanged.connect(self._came)
        self._look()

    # What screens call

    def current(self) -> Row | None:
        """The row one stands on."""
        index = self.currentIndex()
        return self.paged.row(index.row()) if index.isValid() else None

    def chosen(self) -> list[Row]:
        """The rows that are chosen, in their order; those of them that are in memory."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [row for row in map(self.paged.row, rows) if row is not None]

    def choose_columns(self, at: QPoint | None = None) -> None:
        """The menu of columns."""
        menu = QMenu(self)
        for number, column in enumerate(self.paged.columns):
            one = QAction(self._looks.words(column.word), menu)
            one.setCheckable(True)
            one.setChecked(not self.isColumnHidden(number))
            one.toggled.connect(lambda on, number=number: self._show_column(number, on))
            menu.addAction(one)
        menu.addSeparator()
        menu.addAction(self._looks.words("columns-reset"), self._reset)
        menu.popup(at if at is not None else self.mapToGlobal(self.rect().topLeft()))

    # What Qt calls

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers():
            row = self.current()
            if row is not None:
                self.opened.emit(row)
                return
        super().keyPressEvent(event)

    def _activated(self, index: Any) -> None:  # a model index
        row = self.paged.row(index.row())
        if row is not None:
            self.opened.emit(row)

    def _came(self, first: Any, last: Any, _roles: object = None) -> None:  # model indices
        here = self.currentIndex()
        if here.isValid() and first.row() <= here.row() <= last.row():
            self.stood.emit(self.current())

    def _look(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._looks.theme.px(28))
        self.verticalHeader().setMinimumSectionSize(self._looks.theme.px(28))
        self.paged.retranslate()

    # Columns

    def _restore(self) -> None:
        state = self._kept.get(self._name)
        if state and self.horizontalHeader().restoreState(QByteArray.fromBase64(state["header"].encode())):
            if state["columns"] == [one.name for one in self.paged.columns]:
                return
            self.horizontalHeader().reset()  # a later version has other columns
        self._at_first()

    def _at_first(self) -> None:
        header = self.horizontalHeader()
        for number, column in enumerate(self.paged.columns):
            header.moveSection(header.visualIndex(number), number)
            self.setColumnHidden(number, not column.at_first)
            self.setColumnWidth(number, self._looks.theme.px(column.width))

    def _reset(self) -> None:
        self._at_first()
        self._keep()

    def _show_column(self, number: int, on: bool) -> None:  # what a signal hands over
        shown = sum(not self.isColumnHidden(one) for one in range(len(self.paged.columns)))
        if on or shown > 1:  # one stays: a table without columns has no way back
            self.setColumnHidden(number, not on)
            self._keep()

    def _keep(self, *_: object) -> None:
        state = bytes(self.horizontalHeader().saveState().toBase64().data()).decode()
        self._kept.put(self._name, {"columns": [one.name for one in self.paged.columns], "header": state})

    def _sort_by(self, number: int) -> None:
        sort = self.paged.columns[number].sort
        if sort is None:
            return
        ascending = self._order == (sort, False)
        self._order = (sort, ascending)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(number, Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder)
        self.sorting.emit(sort, ascending)
