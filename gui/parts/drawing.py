"""Text that a part draws itself: cut with an ellipsis where it does not fit, and told to whoever looks for cut texts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

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
