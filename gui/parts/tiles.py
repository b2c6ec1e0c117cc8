"""The board: a tile a port, in a grid that fits the room there is; state by colour and icon and word, bytes left and time left.

A tile draws itself; what changes draws one tile. A tap, Enter and Space open it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QWidget

from gui.parts.basics import Looks
from gui.parts.drawing import draw_lines, draw_text
from gui.parts.icons import paint_icon
from gui.words import Words
from station.messages import FAULTS, PHRASES, fault_text, phrase, plain

LOOKS: dict[str, tuple[str, str]] = {
    "empty": ("empty", "quiet"),
    "identifying": ("search", "info"),
    "unknown": ("unknown", "warn"),
    "waiting": ("wait", "info"),
    "copying": ("copy", "info"),
    "verifying": ("verify", "info"),
    "safe-to-take": ("check", "good"),
    "do-not-pull": ("hand", "bad"),
    "error": ("incident", "bad"),
}
"""Icon and tone of each state."""
FLAGS = {"charging": "bolt", "clock-wrong": "clock-wrong", "battery": "battery", "important": "important"}
Slot = Mapping[str, Any]


def reason_text(words: Words, slot: Slot) -> str | None:
    """Why a slot shows what it shows, in the station's own words."""
    code = slot["reason"]
    if code is None:
        return None
    try:
        if code in FAULTS:
            return fault_text(code, slot["fields"], words.language)
        if code in PHRASES:
            return phrase(code, words.language, **{name: plain(value) for name, value in slot["fields"].items()})
    except (KeyError, IndexError):
        return plain(code)
    return plain(code)


class Tile(QAbstractButton):
    """One port."""

    def __init__(self, looks: Looks, slot: Slot) -> None:
        super().__init__()
        self._looks = looks
        self.slot = slot
        self._flash = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_slot(slot)

    def show_slot(self, slot: Slot) -> None:
        """Show this from now on."""
        self.slot = slot
        words = self._looks.words
        said = [words("tile-name", slot=slot["slot"], state=words(f"tile-{slot['state']}")), *self._lines()]
        self.setAccessibleName(", ".join(said))
        self.update()

    def flash(self, *, on: bool) -> None:
        """Drawn the other way round, for what has to be noticed."""
        if on != self._flash:
            self._flash = on
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(200), self._looks.theme.px(150))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(120), self._looks.theme.px(92))

    def _lines(self) -> list[str]:
        """What it says below the state: of whom, and how long still, or why."""
        slot, words = self.slot, self._looks.words
        lines = []
        if slot["officer"]:
            lines.append(plain(slot["officer"]))
        elif slot["device"]:
            lines.append(plain(slot["device"]))
        if slot["bytes_left"] is not None and slot["state"] in {"copying", "verifying", "waiting"}:
            left = words("tile-left", left=words.bytes(slot["bytes_left"]))
            if slot["seconds_left"] is not None:
                left = f"{left} · {words('tile-time', time=words.duration(slot['seconds_left']))}"
            lines.append(left)
        elif (reason := reason_text(words, slot)) is not None:
            lines.append(reason)
        elif slot["state"] == "safe-to-take":
            lines.append(words("tile-all-checked"))
        return lines

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        theme, words, slot = self._looks.theme, self._looks.words, self.slot
        picture, tone = LOOKS.get(slot["state"], ("unknown", "warn"))
        ground, text = theme.colour(f"{tone}_solid"), theme.colour(f"on_{tone}")
        if self._flash:
            ground, text = text, ground
        px = theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground if not self.isDown() else ground.darker(120))
        painter.drawRoundedRect(whole, px(10), px(10))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), px(3)))
            painter.drawRoundedRect(whole.adjusted(1, 1, -1, -1), px(10), px(10))
            painter.setPen(QPen(text, px(1)))
            painter.drawRoundedRect(whole.adjusted(px(3), px(3), -px(3), -px(3)), px(8), px(8))
        inner = whole.adjusted(px(10), px(7), -px(10), -px(8))
        grown = min(max(0.85, min(inner.height() / px(126), inner.width() / px(178))), 2.0)  # as large as the tile lets it be
        self._paint_head(painter, inner, text, grown)
        word = words(f"tile-{slot['state']}")
        top, high = inner.top() + px(20 * grown), px(46 * grown)
        paint_icon(painter, picture, QRectF(inner.left(), top, high, high), text, 2.4)
        left = inner.left() + high + px(8)
        font = _fitting(theme.font(25 * grown, bold=True), word, inner.right() - left)
        draw_text(painter, QRectF(left, top, inner.right() - left, high), word, font, text)
        y, line_high = top + high + px(3), px(19 * grown)
        first, *others = self._lines() or [""]
        draw_text(painter, QRectF(inner.left(), y, inner.width(), line_high), first, theme.font(15 * grown), text, may_cut=True)
        rest = QRectF(inner.left(), y + line_high, inner.width(), inner.bottom() - y - line_high)
        for line in others[:1]:
            draw_lines(painter, rest, line, theme.font(15 * grown), text)
        self._paint_bar(painter, inner, text)
        painter.end()

    def _paint_head(self, painter: QPainter, inner: QRectF, text: QColor, grown: float) -> None:
        theme, px = self._looks.theme, self._looks.theme.px
        number = f"{self.slot['slot']:02}"
        high, side = px(20 * grown), px(17 * grown)
        draw_text(
            painter, QRectF(inner.left(), inner.top(), px(60 * grown), high), number, theme.font(16 * grown, bold=True), text
        )
        right = inner.right()
        for flag in self.slot["flags"]:
            right -= px(21 * grown)
            paint_icon(painter, FLAGS.get(flag, "info"), QRectF(right, inner.top() + px(1), side, side), text)

    def _paint_bar(self, painter: QPainter, inner: QRectF, text: QColor) -> None:
        slot, px = self.slot, self._looks.theme.px
        if slot["bytes_left"] is None or not slot["bytes_total"] or slot["state"] not in {"copying", "verifying"}:
            return
        share = 1 - slot["bytes_left"] / slot["bytes_total"]
        bar = QRectF(inner.left(), inner.bottom() - px(7), inner.width(), px(7))
        painter.setPen(QPen(text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(bar, px(3), px(3))
        painter.setBrush(text)
        painter.drawRoundedRect(
            QRectF(bar.left(), bar.top(), bar.width() * min(max(share, 0.0), 1.0), bar.height()), px(3), px(3)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        super().mouseReleaseEvent(event)
        self.update()


class Tiles(QWidget):
    """All tiles."""

    tapped = Signal(int)
    """A slot's number."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self.tiles: dict[int, Tile] = {}
        self._columns = 0
        looks.theme.changed.connect(self._again)
        looks.words.changed.connect(self._again)

    def show_slots(self, slots: Iterable[Slot], *, whole: bool) -> None:
        """Show these; ``whole``: and no others."""
        found = {int(one["slot"]): one for one in slots}
        new = found.keys() - self.tiles.keys()
        gone = self.tiles.keys() - found.keys() if whole else set()
        for number in gone:
            self.tiles.pop(number).deleteLater()
        for number, slot in found.items():
            if number in self.tiles:
                self.tiles[number].show_slot(slot)
            else:
                tile = self.tiles[number] = Tile(self._looks, slot)
                tile.clicked.connect(lambda _checked=False, number=number: self.tapped.emit(number))
        if new or gone:
            self._columns = 0
            self._arrange()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(560), self._looks.theme.px(380))  # whatever the grid was like before it knew its room

    def resizeEvent(self, event: Any) -> None:  # noqa: N802  # Qt's own name
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns}
        step = by.get(Qt.Key(event.key()))
        order = sorted(self.tiles)
        here = next((at for at, number in enumerate(order) if self.tiles[number].hasFocus()), None)
        if step is None or here is None or not 0 <= here + step < len(order):
            super().keyPressEvent(event)
            return
        self.tiles[order[here + step]].setFocus(Qt.FocusReason.TabFocusReason)

    def _arrange(self) -> None:
        columns = _columns(len(self.tiles), self.width(), self.height())
        if not self.tiles or columns == self._columns:
            return
        self._columns = columns
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        before: Tile | None = None
        for at, number in enumerate(sorted(self.tiles)):
            tile = self.tiles[number]
            self._grid.addWidget(tile, at // columns, at % columns)
            self._grid.setRowStretch(at // columns, 1)
            self._grid.setColumnStretch(at % columns, 1)
            if before is not None:
                QWidget.setTabOrder(before, tile)
            before = tile

    def _again(self) -> None:
        for tile in self.tiles.values():
            tile.show_slot(tile.slot)


def _columns(tiles: int, width: int, height: int) -> int:
    """How many columns make tiles whose form is nearest to four by three, with few holes."""
    if tiles == 0:
        return 1

    def unfit(columns: int) -> float:
        rows = math.ceil(tiles / columns)
        form = (width / columns) / max(1.0, height / rows) / (4 / 3)
        return abs(math.log(form)) + (rows * columns - tiles) / tiles  # a hole is as bad as a form that is off

    return min(range(1, tiles + 1), key=unfit)


def _fitting(font: QFont, text: str, width: float) -> QFont:
    """The font, smaller where the text would not fit: the state's word is never cut."""
    made = QFont(font)
    while made.pixelSize() > 10 and QFontMetricsF(made).horizontalAdvance(text) > width:
        made.setPixelSize(made.pixelSize() - 1)
    return made
