"""Text that a part draws itself: cut with an ellipsis where it does not fit, and told to whoever looks for cut texts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout

Witness = Callable[[str, bool], None]
_witnesses: list[Witness] = []


def watched(witness: Witness) -> Callable[[], None]:
    """Tell somebody of each text that is drawn, and whether it was cut. Returns what ends it. For the screenshots' checks."""
    _witnesses.append(witness)
    return lambda: _witnesses.remove(witness)


def draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    font: QFont,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    *,
    may_cut: bool = False,
) -> None:
    """One line of text. ``may_cut``: it is somebody's own, of any length, and stands whole elsewhere."""
    metrics = QFontMetricsF(font)
    fits = metrics.horizontalAdvance(text) <= rect.width() + 0.5
    shown = text if fits else metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    for witness in _witnesses:
        witness(text, not (fits or may_cut))
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, align, shown)


def draw_lines(painter: QPainter, rect: QRectF, text: str, font: QFont, colour: QColor) -> None:
    """As many lines of a text as there is room for; the last one ends in an ellipsis where there is more. It stands whole elsewhere."""
    layout = QTextLayout(text, font)
    high = QFontMetricsF(font).lineSpacing()
    lines = max(1, int(rect.height() // high))
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) < lines and (line := layout.createLine()).isValid():
        line.setLineWidth(rect.width())
        starts.append(line.textStart())
    layout.endLayout()
    for number, start in enumerate(starts):
        said = text[start:] if number == len(starts) - 1 else text[start : starts[number + 1]]
        where = QRectF(rect.left(), rect.top() + number * high, rect.width(), high)
        draw_text(painter, where, said.strip(), font, colour, may_cut=True)
