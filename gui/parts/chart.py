"""Charts of two kinds, bars and lines, drawn by hand: sharp at every size, in the theme's colours, and with a name that says their figures.

Series are told apart by colour and by form (a dash pattern, a hatching), because colour alone tells nothing to some.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.parts.basics import Looks
from gui.parts.drawing import draw_text

_COLOURS = ("info", "warn", "good", "bad")
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_HATCHES = (Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.Dense5Pattern, Qt.BrushStyle.FDiagPattern)


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind, one for each label of the chart; None: nobody knows that one."""

    name: str
    values: tuple[float | None, ...]


def nice_step(largest: float, steps: int = 4) -> float:
    """A round distance between lines of a grid that holds figures up to ``largest``."""
    if largest <= 0:
        return 1.0
    rough = largest / steps
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= rough)


class Chart(QWidget):
    """Bars or lines over labels. Its figures are told by its accessible name, so it says what it shows to whoever does not see it."""

    def __init__(self, looks: Looks, *, bars: bool = True, unit: str = "") -> None:
        super().__init__()
        self._looks, self._bars, self._unit = looks, bars, unit
        self._labels: tuple[str, ...] = ()
        self._series: tuple[Series, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        looks.theme.changed.connect(self.update)

    def show_figures(self, title: str, labels: Sequence[str], series: Sequence[Series]) -> None:
        """Show these. ``title``: what they are, in the language spoken."""
        self._labels, self._series = tuple(labels), tuple(series)
        told = [
            f"{one.name}: "
            + ", ".join(
                f"{name} {'–' if value is None else f'{value:g}'}" for name, value in zip(labels, one.values, strict=True)
            )
            for one in series
        ]
        self.setAccessibleName("; ".join([title, *told]))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(420), self._looks.theme.px(220))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(240), self._looks.theme.px(140))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        known = [value for one in self._series for value in one.values if value is not None]
        step = nice_step(max(known, default=0.0))
        top = step * max(1, math.ceil(max(known, default=0.0) / step))
        area = self._frame(painter, top, step)
        if self._labels:
            if self._bars:
                self._draw_bars(painter, area, top)
            else:
                self._draw_lines(painter, area, top)
        painter.end()

    def _frame(self, painter: QPainter, top: float, step: float) -> QRectF:
        """Grid, figures, labels and legend; returns where the series go."""
        theme, px = self._looks.theme, self._looks.theme.px
        font, text = theme.font(12), theme.colour("muted")
        legend = px(20) if len(self._series) > 1 else 0
        area = QRectF(px(52), px(8) + legend, self.width() - px(60), self.height() - px(34) - legend)
        at = area.left()
        for number, one in enumerate(self._series if legend else ()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._brush(number))
            painter.drawRect(QRectF(at, px(4), px(12), px(12)))
            draw_text(painter, QRectF(at + px(16), 0, px(140), px(20)), one.name, font, theme.colour("text"))
            at += px(160)
        lines = round(top / step)
        for number in range(lines + 1):
            y = area.bottom() - area.height() * number / lines
            painter.setPen(QPen(theme.colour("faint"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            figure = f"{step * number:g}{self._unit}"
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            draw_text(painter, QRectF(0, y - px(8), px(46), px(16)), figure, font, text, right)
        every = max(1, math.ceil(len(self._labels) * px(56) / max(1.0, area.width())))
        for number, name in enumerate(self._labels):
            if number % every == 0:
                width = area.width() / len(self._labels)
                middle = area.left() + width * (number + 0.5)
                where = QRectF(middle - width * every / 2, area.bottom() + px(4), width * every, px(18))
                draw_text(painter, where, name, font, text, Qt.AlignmentFlag.AlignCenter, may_cut=True)
        return area

    def _draw_bars(self, painter: QPainter, area: QRectF, top: float) -> None:
        slot = area.width() / len(self._labels)
        wide = min(slot * 0.8 / max(1, len(self._series)), self._looks.theme.px(48))
        for number, one in enumerate(self._series):
            painter.setPen(QPen(self._colour(number), 1))
            painter.setBrush(self._brush(number))
            for at, value in enumerate(one.values):
                if value is not None:
                    high = area.height() * value / top
                    left = area.left() + slot * (at + 0.5) + wide * (number - len(self._series) / 2)
                    painter.drawRect(QRectF(left, area.bottom() - high, wide - 1, high))

    def _draw_lines(self, painter: QPainter, area: QRectF, top: float) -> None:
        slot = area.width() / len(self._labels)
        for number, one in enumerate(self._series):
            painter.setPen(QPen(self._colour(number), self._looks.theme.px(2), _DASHES[number % len(_DASHES)]))
            before: QPointF | None = None
            for at, value in enumerate(one.values):
                here = (
                    None
                    if value is None
                    else QPointF(area.left() + slot * (at + 0.5), area.bottom() - area.height() * value / top)
                )
                if here is not None and before is not None:
                    painter.drawLine(before, here)
                elif here is not None:
                    painter.drawPoint(here)
                before = here  # a gap stays a gap

    def _colour(self, number: int) -> QColor:
        return self._looks.theme.colour(_COLOURS[number % len(_COLOURS)])

    def _brush(self, number: int) -> QBrush:
        return QBrush(self._colour(number), _HATCHES[number % len(_HATCHES)])
