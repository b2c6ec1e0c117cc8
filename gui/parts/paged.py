"""A table model over a list that comes in pages by key: a million rows, of which a few thousand are in memory.

What is known of the list is its anchors: behind which key a page begins. The first page is asked at once, others when they are looked at; what
was looked at longest ago is forgotten first. A jump to where no anchor is known yet walks there on a thread, in the largest pages there are, and
remembers every anchor on its way; or is there at once where the source can say the key of any row (``place``), or knows them all (``anchors``).

Where the source can count, the scroll bar tells the truth from the start; otherwise the list grows as it is read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from gui.link import Asker, Problem
from gui.parts.cells import Cell
from station.commands import Command, Progress
from station.httpclient import HttpClient

PAGE = 200
"""Rows of a page in memory."""
STRIDE = 1000
"""Rows of a page on a walk: the most that the station gives (station/paged.py)."""
KEPT_PAGES = 64
Index = QModelIndex | QPersistentModelIndex
Row = dict[str, Any]
KEY_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``show`` makes a cell's text of a row; ``sort``: the name of the order by it, where the source has one."""

    name: str
    word: str
    show: Callable[[Row], str | Cell]
    width: int = 120
    right: bool = False
    at_first: bool = True
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from. ``command`` makes the command of a page from a key and a number of rows.

    ``rows``: the member of its answer that holds them. ``key``: the member of a row that names it. ``count``: how many there are, from an
    answer; None where nobody counts. ``place``: the key behind which the row of a number begins, where that can be computed.
    ``anchors``: all keys, every ``PAGE`` rows, asked once on a thread.
    """

    command: Callable[[str | None, int], Command]
    rows: str
    key: str = "id"
    count: Callable[[Any], int | None] | None = None
    place: Callable[[int], str | None] | None = None
    anchors: Callable[[HttpClient], list[str]] | None = None


class _Page(NamedTuple):
    number: int
    rows: list[Row]
    following: str | None
    document: Any


class PagedModel(QAbstractTableModel):
    """Rows of a source."""

    begun = Signal()
    """The first page is here: ``count_known`` and ``rowCount`` say what is known."""
    went_wrong = Signal(object)
    """A :class:`~gui.link.Problem`; :meth:`reload` tries again."""
    walked = Signal(int)
    """A walk has come to this row."""

    def __init__(
        self, asker: Asker, columns: Sequence[Column], header: Callable[[str], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self.columns = tuple(columns)
        self._header = header
        self._source: Source | None = None
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._anchors: dict[int, str | None] = {0: None}
        self._total = 0
        self.count_known = False
        self._last: int | None = None
        self._wanted: int | None = None
        self._asked: int | None = None
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._ask_wanted)

    # What screens call

    def show(self, source: Source) -> None:
        """Show this list from its beginning."""
        self._source = source
        self.beginResetModel()
        self._forget()
        self._total, self.count_known = 0, False
        self.endResetModel()
        self._fetch(0)

    def reload(self) -> None:
        """Ask anew for what may have changed. What is on the screen stays until its answer is there."""
        if self._source is None:
            return
        self._forget()
        self._fetch(0)

    def row(self, number: int) -> Row | None:
        """A row, when it is in memory."""
        page = self._pages.get(number // PAGE)
        at = number % PAGE
        return page[at] if page is not None and at < len(page) else None

    def amend(self, changed: Callable[[Row], Row | None]) -> None:
        """Rows in memory get members anew, where ``changed`` has some for them: what was done here shows at once and moves nothing."""
        for number, page in self._pages.items():
            found = [(at, new) for at, row in enumerate(page) if (new := changed(row))]
            for at, new in found:
                page[at] = {**page[at], **new}
            if found:
                first, last = (number * PAGE + at for at in (found[0][0], found[-1][0]))
                self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def retranslate(self) -> None:
        """The language, the zone or the look changed: every text is asked for anew."""
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._total:
            self.dataChanged.emit(self.index(0, 0), self.index(self._total - 1, len(self.columns) - 1))

    # What views call

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  # Qt's own signature
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  # Qt's own signature
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802  # Qt's own name
        if orientation is Qt.Orientation.Vertical:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._header(column.word)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _align(column)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role not in _ROLES:
            return None
        row = self.row(index.row())
        if row is None:
            self._want(index.row())
            return "…" if role == Qt.ItemDataRole.DisplayRole else None
        number = index.row() // PAGE
        self._pages.move_to_end(number)
        if role == KEY_ROLE:
            assert self._source is not None
            return row[self._source.key]
        if role == ROW_ROLE:
            return row
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _align(column)
        shown = column.show(row)
        if isinstance(shown, Cell):
            return shown.role(role)
        return shown if role in _TEXTS else None

    # How pages come

    def _want(self, row: int) -> None:
        self._wanted = row // PAGE
        if not self._turn.isActive():
            self._turn.start()

    def _ask_wanted(self) -> None:
        number, self._wanted = self._wanted, None
        if number is None or number in self._pages or number == self._asked:
            return
        self._fetch(number)

    def _forget(self) -> None:
        self._asker.drop("page")
        self._pages.clear()
        self._anchors = {0: None}
        self._last = self._asked = self._wanted = None

    def _fetch(self, number: int) -> None:
        source, anchors = self._source, self._anchors
        assert source is not None, "a list is shown before it is scrolled"
        self._asked = number
        self._asker.work(
            "page",
            lambda client, report: _read(client, source, anchors, number, report),
            self._came,
            self._failed,
            lambda progress: self.walked.emit(progress.done),
        )

    def _failed(self, problem: Problem) -> None:
        self._asked = None
        self.went_wrong.emit(problem)

    def _came(self, page: _Page) -> None:
        assert self._source is not None
        self._asked = None
        self._pages[page.number] = page.rows
        self._pages.move_to_end(page.number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        if page.following is not None:
            self._anchors[page.number + 1] = page.following
        self._grow(page)
        first, last = page.number * PAGE, page.number * PAGE + len(page.rows) - 1
        if page.rows:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        if page.number == 0:
            self.begun.emit()

    def _grow(self, page: _Page) -> None:
        """How many rows there are, as far as that is known now."""
        assert self._source is not None
        read = page.number * PAGE + len(page.rows)
        counted = None if self._source.count is None else self._source.count(page.document)
        if page.following is None:
            total, self.count_known, self._last = read, True, page.number
        elif self._last is not None and page.number < self._last:
            total = self._total
        elif counted is not None and counted > read:
            total, self.count_known = counted, True
        else:
            furthest = max(self._anchors)
            total = max(
                self._total if page.number else 0, furthest * PAGE + 1
            )  # one more, by which a view asks for the next page
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()


_TEXTS = frozenset({Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole})
_ROLES = _TEXTS | {
    Qt.ItemDataRole.DecorationRole,
    Qt.ItemDataRole.ForegroundRole,
    Qt.ItemDataRole.TextAlignmentRole,
    KEY_ROLE,
    ROW_ROLE,
}


def _align(column: Column) -> int:
    sideways = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return int(sideways | Qt.AlignmentFlag.AlignVCenter)


def _read(
    client: HttpClient, source: Source, anchors: dict[int, str | None], number: int, report: Callable[[Progress], None]
) -> _Page:
    """A page, on a worker's thread. ``anchors`` is added to, one key at a time, which threads may do."""
    if number not in anchors and source.place is not None:
        anchors[number] = source.place(number * PAGE)
    if number not in anchors and source.anchors is not None:
        anchors.update(enumerate(source.anchors(client), 1))
    if number not in anchors:
        _walk(client, source, anchors, number, report)
    if number not in anchors:  # the list ends before
        number = max(anchors)
    answer: Any = client.call(source.command(anchors[number], PAGE)).document
    return _Page(number, answer[source.rows], answer["next"], answer)


def _walk(
    client: HttpClient, source: Source, anchors: dict[int, str | None], number: int, report: Callable[[Progress], None]
) -> None:
    """Go on from the last anchor before a page, in strides, until the page's own is known or the list ends."""
    per_stride = STRIDE // PAGE
    at = max(known for known in anchors if known < number)
    while at < number:
        limit = STRIDE if number - at >= per_stride else PAGE
        answer: Any = client.call(source.command(anchors[at], limit)).document
        if answer["next"] is None:
            if limit == PAGE:
                return
            per_stride = number - at + 1  # the last stride holds the end: page by page from here
            continue
        at += limit // PAGE
        anchors[at] = answer["next"]
        report(Progress("walk", source.rows, at * PAGE, number * PAGE))
