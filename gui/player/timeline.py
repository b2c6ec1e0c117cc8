"""The clip from its beginning to its end: filmstrip, waveform, marks, and where it stands. Dragging seeks; hovering shows what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.parts.basics import Looks
from gui.parts.drawing import draw_text

STRIP, WAVE, RULE = 56, 40, 20
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class Strip:
    """Small pictures of a clip: all in one, and when each is."""

    whole: QPixmap
    size: tuple[int, int]
    columns: int
    at_us: tuple[int, ...]

    @classmethod
    def read(cls, jpeg: bytes, document: dict[str, Any]) -> Strip:
        """From the station's picture and its index."""
        whole = QPixmap()
        whole.loadFromData(jpeg)
        times = tuple(one["at_ms"] * 1000 for one in document["pictures"])
        return cls(whole, (document["width"], document["height"]), document["columns"], times)

    def near(self, us: int) -> QPixmap:
        """The picture that is next before a moment."""
        number = max((at for at, one in enumerate(self.at_us) if one <= us), default=0)
        wide, high = self.size
        return self.whole.copy(number % self.columns * wide, number // self.columns * high, wide, high)


def peaks(document: dict[str, Any]) -> tuple[list[tuple[int, int]], float]:
    """Lowest and highest of each piece of sound (audiowaveform, version 2), and how many seconds a piece is."""
    data = document["data"]
    return list(zip(data[::2], data[1::2], strict=True)), document["samples_per_pixel"] / document["sample_rate"]


class Timeline(QWidget):
    """The line."""

    sought = Signal(int)
    """Somebody drags over a moment."""
    rested = Signal()
    """The drag is over."""
    hovered = Signal(int)
    """The pointer is over a moment; below 0: not any more."""
    played = Signal()

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self.length_us = 0
        self.place_us = 0
        self.strip: Strip | None = None
        self._peaks: list[tuple[int, int]] = []
        self._piece_s = 0.0
        self.range_us: tuple[int | None, int | None] = (None, None)
        self.marks_us: tuple[int, ...] = ()
        self._hover = -1.0
        self._tiles: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        looks.words.put(self, "player-timeline", "setAccessibleName")
        looks.theme.changed.connect(self._anew)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(400, self._looks.theme.px(STRIP + WAVE + RULE))

    def show_clip(self, length_us: int, strip: Strip | None, wave: dict[str, Any] | None) -> None:
        """What there is of a clip."""
        self.length_us, self.strip = length_us, strip
        self._peaks, self._piece_s = ([], 0.0) if wave is None else peaks(wave)
        self._anew()

    def stand(self, place_us: int) -> None:
        """Where it stands."""
        if place_us != self.place_us:
            self.place_us = place_us
            self.update()

    def _anew(self) -> None:
        self._tiles = None
        self.updateGeometry()
        self.update()

    def x_of(self, us: int) -> float:
        """Where a moment is drawn."""
        return us / self.length_us * (self.width() - 1) if self.length_us else 0.0

    def us_at(self, x: float) -> int:
        """The moment at a place."""
        return round(min(max(x / max(1, self.width() - 1), 0.0), 1.0) * self.length_us)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        theme, painter = self._looks.theme, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        if self._tiles is None or self._tiles.size() != self.size():
            self._tiles = self._drawn()
        painter.drawPixmap(0, 0, self._tiles)
        self._draw_range(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_marks(painter)
        if self._hover >= 0:
            painter.setPen(QPen(theme.colour("muted"), 1))
            painter.drawLine(QPointF(self._hover, 0), QPointF(self._hover, self.height()))
        x = self.x_of(self.place_us)
        painter.setPen(QPen(theme.colour("bad"), theme.px(2)))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(QPen(theme.colour("focus" if self.hasFocus() else "faint"), theme.px(2) if self.hasFocus() else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _drawn(self) -> QPixmap:
        """What does not move: strip, waveform and ruler."""
        theme = self._looks.theme
        made = QPixmap(self.size())
        made.fill(theme.colour("surface"))
        painter = QPainter(made)
        high, wave, rule = theme.px(STRIP), theme.px(WAVE), theme.px(RULE)
        painter.fillRect(QRectF(0, 0, self.width(), high), theme.colour("raised"))
        if self.strip is not None and not self.strip.whole.isNull():
            wide = max(1, round(high * self.strip.size[0] / self.strip.size[1]))
            for left in range(0, self.width(), wide):
                picture = self.strip.near(self.us_at(left + wide / 2))
                painter.drawPixmap(QRectF(left, 0, wide, high), picture, QRectF(picture.rect()))
        else:
            draw_text(
                painter,
                QRectF(theme.px(10), 0, self.width() - theme.px(20), high),
                self._looks.words("player-no-strip"),
                theme.font(12),
                theme.colour("muted"),
            )
        self._draw_wave(painter, high, wave)
        self._draw_rule(painter, high + wave, rule)
        painter.end()
        return made

    def _draw_wave(self, painter: QPainter, top: int, high: int) -> None:
        theme = self._looks.theme
        middle = top + high / 2
        painter.setPen(QPen(theme.colour("faint"), 1))
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        if not self._peaks or not self.length_us:
            return
        painter.setPen(QPen(theme.colour("accent"), 1))
        each = self.length_us / 1_000_000 / self._piece_s / self.width()
        loudest = max(1, *(max(-low, top) for low, top in self._peaks))
        for x in range(self.width()):
            part = self._peaks[int(x * each) : max(int(x * each) + 1, int((x + 1) * each))]
            if part:
                low, up = min(one for one, _ in part), max(one for _, one in part)
                half = (high / 2 - 2) / loudest
                painter.drawLine(QPointF(x, middle - up * half), QPointF(x, middle - low * half))

    def _draw_rule(self, painter: QPainter, top: int, high: int) -> None:
        theme, seconds = self._looks.theme, self.length_us / 1_000_000
        if not seconds:
            return
        least = seconds * theme.px(80) / max(1, self.width())
        step = next((one for one in _STEPS_S if one >= least), _STEPS_S[-1])
        at = 0
        while at <= seconds:
            x = self.x_of(at * 1_000_000)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, top + theme.px(5)))
            room = QRectF(x + theme.px(3), top, theme.px(76), high)
            if room.right() <= self.width():
                draw_text(painter, room, self._looks.words.duration(at), theme.font(11), theme.colour("muted"))
            at += step

    def _draw_range(self, painter: QPainter) -> None:
        first, last = self.range_us
        if first is None and last is None:
            return
        theme = self._looks.theme
        left = 0.0 if first is None else self.x_of(first)
        right = float(self.width()) if last is None else self.x_of(last)
        shade = theme.colour("ground")
        shade.setAlpha(190)
        high = theme.px(STRIP + WAVE)
        for part in (QRectF(0, 0, left, high), QRectF(right, 0, self.width() - right, high)):
            painter.fillRect(part, shade)
        for x, there in ((left, first is not None), (right, last is not None)):
            if there:
                painter.fillRect(QRectF(x - 1, 0, theme.px(3), self.height()), theme.colour("accent"))

    def _draw_marks(self, painter: QPainter) -> None:
        theme = self._looks.theme
        size, y = theme.px(6), theme.px(STRIP)
        painter.setPen(QPen(theme.colour("surface"), 1))
        painter.setBrush(theme.colour("warn_solid"))
        for one in self.marks_us:
            x = self.x_of(one)
            painter.drawPolygon(
                QPolygonF([QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)])
            )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if event.button() is Qt.MouseButton.LeftButton:
            self.sought.emit(self.us_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        self._hover = event.position().x()
        self.hovered.emit(self.us_at(self._hover))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self.us_at(self._hover))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if event.button() is Qt.MouseButton.LeftButton:
            self.rested.emit()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802  # Qt's own name
        self._hover = event.position().x()
        self.hovered.emit(self.us_at(self._hover))

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802  # Qt's own name
        self._hover = -1.0
        self.hovered.emit(-1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Space:
            self.played.emit()
        else:
            super().keyPressEvent(event)
