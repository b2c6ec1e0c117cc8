"""Footage of several cameras on one time line, drawn by hand, with what each camera's clock leaves open.

A bar is a clip where its own clock puts it. The pale ground around it is where it can lie by the station's clock; an arrow where nothing bounds a
side. A band is an incident. Up and down go from camera to camera, left and right from clip to clip, Home and End to the first and the last,
plus and minus draw nearer and away, 0 shows everything, Enter opens; the pointer does the same. What one stands on is told by the description.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.parts.basics import Looks
from gui.parts.drawing import draw_text

DAY = 86_400
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY, 7 * DAY, 28 * DAY)
"""Seconds between ticks that people can read off."""
LEAST_SECONDS = 4.0
"""The nearest one can come."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HATCH = Qt.BrushStyle.BDiagPattern


def seconds_of(utc: str | None) -> float | None:
    """A moment of the station (RFC 3339) as seconds since 1970."""
    return None if utc is None else datetime.fromisoformat(utc).timestamp()


@dataclass(frozen=True, slots=True)
class Bar:
    """A clip on a lane. Moments are seconds since 1970.

    ``told``: where its own clock puts its beginning; ``low`` and ``high``: the interval in which it began by the station's clock, None where
    nothing bounds that side; ``says``: everything of it in the language spoken.
    """

    key: str
    lane: str
    told: float | None
    low: float | None
    high: float | None
    length: float
    says: Callable[[], str]
    tone: str = "info"

    @property
    def at(self) -> float | None:
        """Where it is drawn: as told, but within the bounds. None: nobody knows anything."""
        told = self.told if self.told is not None else self.high if self.high is not None else self.low
        if told is None:
            return None
        if self.low is not None and told < self.low:
            return self.low
        return self.high if self.high is not None and told > self.high else told


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch behind all lanes: an incident. ``end`` None: it may go on. ``name``: what stands below it."""

    name: str
    begin: float
    end: float | None
    says: Callable[[], str]


class TimeLine(QWidget):
    """Lanes of bars."""

    stood = Signal(object)
    """The key of the bar one stands on, or None."""
    opened = Signal(str)

    def __init__(self, looks: Looks, name: str) -> None:
        """``name``: the code of what it is called."""
        super().__init__()
        self._looks, self._name = looks, name
        self._bars: tuple[Bar, ...] = ()
        self._bands: tuple[Band, ...] = ()
        self._lanes: tuple[str, ...] = ()
        self._left, self._span = 0.0, 60.0
        self._top = 0
        self._now: str | None = None
        self._pulled: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        looks.theme.changed.connect(self.update)
        looks.words.changed.connect(self._tell)
        self._tell()

    # What screens call

    def show_bars(self, bars: Sequence[Bar], bands: Sequence[Band] = ()) -> None:
        """Show these. What one stood on stays, where it is there still."""
        fresh = not self._bars
        self._bars = tuple(sorted((one for one in bars if one.at is not None), key=lambda one: (one.at or 0.0, one.key)))
        self._bands = tuple(bands)
        self._lanes = tuple(dict.fromkeys(one.lane for one in self._bars))
        if self._now not in {one.key for one in self._bars}:
            self._now = None
        if fresh or self._now is None:
            self.fit()
        self._tell()
        self.update()

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is drawn, by time. A clip of which no moment is known is not."""
        return self._bars

    @property
    def now(self) -> str | None:
        """The key of the bar one stands on."""
        return self._now

    def stand_on(self, key: str | None) -> None:
        """Stand on a bar, and come where it is seen. One that is not drawn: on none."""
        bar = self._bar(key)
        if (None if bar is None else bar.key) == self._now:
            return
        self._now = None if bar is None else bar.key
        if bar is not None:
            self._come_to(bar)
        self._tell()
        self.update()
        self.stood.emit(self._now)

    def fit(self) -> None:
        """Everything, with what little of the doubts there is room for."""
        moments = [moment for one in self._bars for moment in (one.at, (one.at or 0.0) + one.length) if moment is not None] + [
            moment for one in self._bands for moment in (one.begin, one.end) if moment is not None
        ]
        if not moments:
            return
        first, last = min(moments), max(moments)
        room = max(last - first, LEAST_SECONDS)
        doubts = [moment for one in self._bars for moment in (one.low, None if one.high is None else one.high + one.length)]
        near = (first - room / 2, last + room / 2)  # a doubt of days does not make footage of minutes a dot
        moments += [moment for moment in doubts if moment is not None and near[0] <= moment <= near[1]]
        first, last = min(moments), max(moments)
        margin = max((last - first) * 0.04, 1.0)
        self._left, self._span = first - margin, last - first + 2 * margin
        self.update()

    def zoom(self, factor: float, about: float | None = None) -> None:
        """Nearer (below 1) or away; ``about``: a moment that stays where it is."""
        bar = self._bar(self._now)
        if about is None:
            about = self._left + self._span / 2 if bar is None or bar.at is None else bar.at + bar.length / 2
        span = min(max(self._span * factor, LEAST_SECONDS), 400 * DAY)
        self._left = about - (about - self._left) * span / self._span
        self._span = span
        self.update()

    def step(self, by: int, *, lane: bool = False) -> None:
        """The next bar of all, or (``lane``) the nearest one of the next lane."""
        if not self._bars:
            return
        bar = self._bar(self._now)
        if bar is None:
            self.stand_on(self._bars[0 if by > 0 or lane else -1].key)
            return
        if not lane:
            at = [one.key for one in self._bars].index(bar.key)
            self.stand_on(self._bars[min(max(at + by, 0), len(self._bars) - 1)].key)
            return
        number = min(max(self._lanes.index(bar.lane) + by, 0), len(self._lanes) - 1)
        others = [one for one in self._bars if one.lane == self._lanes[number]]
        self.stand_on(min(others, key=lambda one: abs((one.at or 0.0) - (bar.at or 0.0))).key)

    # What Qt calls

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        px = self._looks.theme.px
        return QSize(px(640), px(64) + px(36) * min(max(len(self._lanes), 2), 8))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        px = self._looks.theme.px
        return QSize(px(320), px(64) + 2 * px(36))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        does: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: lambda: self.step(-1),
            Qt.Key.Key_Right: lambda: self.step(1),
            Qt.Key.Key_Up: lambda: self.step(-1, lane=True),
            Qt.Key.Key_Down: lambda: self.step(1, lane=True),
            Qt.Key.Key_Home: lambda: self.step(-len(self._bars)),
            Qt.Key.Key_End: lambda: self.step(len(self._bars)),
            Qt.Key.Key_Plus: lambda: self.zoom(0.5),
            Qt.Key.Key_Equal: lambda: self.zoom(0.5),
            Qt.Key.Key_Minus: lambda: self.zoom(2.0),
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_PageUp: lambda: self._move(-self._span / 2),
            Qt.Key.Key_PageDown: lambda: self._move(self._span / 2),
            Qt.Key.Key_Return: self._open,
            Qt.Key.Key_Enter: self._open,
        }
        found = does.get(event.key())
        plain = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if found is None or plain:
            super().keyPressEvent(event)
        else:
            found()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        self._pulled = event.position()
        bar = self._under(event.position())
        if bar is not None:
            self.stand_on(bar.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if self._pulled is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._move(-(event.position().x() - self._pulled.x()) * self._span / max(1.0, self._area().width()))
            self._pulled = event.position()
        else:
            over = self._under(event.position()) is not None
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        self._pulled = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if self._under(event.position()) is not None:
            self._open()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  # Qt's own name
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            share = (event.position().x() - self._area().left()) / max(1.0, self._area().width())
            self.zoom(0.8 if turned > 0 else 1.25, self._left + self._span * share)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or len(self._lanes) <= self._room():
            self._move(-math.copysign(self._span / 10, turned))
        else:
            self._top = min(max(self._top - (1 if turned > 0 else -1), 0), len(self._lanes) - self._room())
            self.update()
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            bar = self._under(QPointF(event.pos()))
            if bar is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), bar.says(), self)
            return True
        return super().event(event)

    # How it is drawn

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, area = self._looks.theme, self._area()
        self._draw_lanes(painter, area)
        painter.save()
        painter.setClipRect(area.adjusted(0, 0, 0, theme.px(20)))
        for band in self._bands:
            self._draw_band(painter, area, band)
        painter.restore()
        self._draw_ticks(painter, area)
        painter.save()
        painter.setClipRect(area)
        for bar in self._bars:
            if bar.key != self._now:
                self._draw_bar(painter, area, bar)
        now = self._bar(self._now)
        if now is not None:
            self._draw_bar(painter, area, now)
        painter.restore()
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), theme.px(2)))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _draw_lanes(self, painter: QPainter, area: QRectF) -> None:
        theme, px = self._looks.theme, self._looks.theme.px
        for number in range(self._room()):
            lane = self._top + number
            if lane >= len(self._lanes):
                break
            where = QRectF(area.left(), area.top() + number * self._high(), area.width(), self._high())
            painter.setPen(QPen(theme.colour("faint"), 1))
            painter.drawLine(where.bottomLeft(), where.bottomRight())
            name = QRectF(px(10), where.top(), area.left() - px(18), self._high())
            draw_text(painter, name, self._lanes[lane], theme.font(13), theme.colour("text"), _RIGHT, may_cut=True)
        left_out = len(self._lanes) - self._room()
        if left_out > 0:
            said = self._looks.words("line-more-lanes", n=left_out)
            where = QRectF(px(10), area.bottom() + px(2), area.left() - px(18), px(18))
            draw_text(painter, where, said, theme.font(12), theme.colour("muted"), _RIGHT, may_cut=True)

    def _draw_ticks(self, painter: QPainter, area: QRectF) -> None:
        theme, px = self._looks.theme, self._looks.theme.px
        step = next((one for one in STEPS if one * area.width() / self._span >= px(84)), STEPS[-1])
        day_before: object = None
        for moment, local in self._ticks(step):
            x = self._x(area, moment)
            painter.setPen(QPen(theme.colour("faint"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, self._below(area)))
            if x + px(4) > area.right() or x < area.left():
                continue
            where = QRectF(x - px(40), area.top() - px(20), px(80), px(16))
            if step < DAY:
                text = local.strftime("%H:%M:%S" if step < 60 else "%H:%M")
                draw_text(painter, where, text, theme.font(12), theme.colour("muted"), Qt.AlignmentFlag.AlignCenter)
            if local.date() != day_before:
                upper = where.translated(0, -px(16)) if step < DAY else where
                text = local.strftime("%Y-%m-%d")
                draw_text(painter, upper, text, theme.font(12, bold=True), theme.colour("muted"), Qt.AlignmentFlag.AlignCenter)
                day_before = local.date()
        zone = datetime.fromtimestamp(self._left, self._looks.words.zone).strftime("%z")
        where = QRectF(px(10), area.top() - px(20), area.left() - px(18), px(16))
        said = self._looks.words("line-zone", offset=f"{zone[:3]}:{zone[3:5]}")
        draw_text(painter, where, said, theme.font(12), theme.colour("muted"), _RIGHT)

    def _ticks(self, step: int) -> Iterator[tuple[float, datetime]]:
        """Moments of the axis, counted from a midnight of the station's zone."""
        zone = self._looks.words.zone
        first = datetime.fromtimestamp(self._left, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if step >= DAY:
            days = 0
            while (at := (first + timedelta(days=days))).timestamp() < self._left + self._span:
                yield at.timestamp(), at
                days += step // DAY
            return
        begin = first.timestamp()
        moment = begin + math.ceil((self._left - begin) / step) * step
        while moment < self._left + self._span:
            yield moment, datetime.fromtimestamp(moment, zone)
            moment += step

    def _draw_band(self, painter: QPainter, area: QRectF, band: Band) -> None:
        theme, px = self._looks.theme, self._looks.theme.px
        left = self._x(area, band.begin)
        right = area.right() if band.end is None else max(self._x(area, band.end), left + px(3))
        ground = theme.colour("warn_solid")
        ground.setAlpha(46)
        below = self._below(area)
        painter.fillRect(QRectF(left, area.top(), right - left, below - area.top()), ground)
        painter.setPen(QPen(theme.colour("warn"), px(2)))
        painter.drawLine(QPointF(left, area.top()), QPointF(left, below))
        if band.end is not None:
            painter.drawLine(QPointF(right, area.top()), QPointF(right, below))
        where = QRectF(max(left, area.left()), below + px(2), px(160), px(18))
        if left <= area.right() and right >= area.left():
            draw_text(painter, where, band.name, theme.font(12), theme.colour("warn"), may_cut=True)

    def _draw_bar(self, painter: QPainter, area: QRectF, bar: Bar) -> None:
        theme, px = self._looks.theme, self._looks.theme.px
        row = self._lanes.index(bar.lane) - self._top
        if not 0 <= row < self._room():
            return
        top = area.top() + row * self._high()
        whole = self._extent(area, bar)
        pale = theme.colour(bar.tone)
        pale.setAlpha(110)
        doubt = QRectF(whole.left(), top + px(12), whole.width(), self._high() - px(24))
        painter.setPen(QPen(theme.colour(bar.tone), 1, Qt.PenStyle.DotLine))
        painter.setBrush(QBrush(pale, _HATCH))
        painter.drawRect(doubt)
        middle = doubt.center().y()
        if bar.low is None:
            self._arrow(painter, bar, QPointF(max(whole.left(), area.left()) + px(1), middle), 1)
        if bar.high is None:
            self._arrow(painter, bar, QPointF(min(whole.right(), area.right()) - px(1), middle), -1)
        solid = self._solid(area, bar, top)
        painter.setPen(QPen(theme.colour("surface"), 1))
        painter.setBrush(theme.colour(bar.tone))
        painter.drawRoundedRect(solid, px(3), px(3))
        if bar.key == self._now:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("text"), px(2)))
            painter.drawRoundedRect(solid.adjusted(-px(3), -px(3), px(3), px(3)), px(5), px(5))

    def _arrow(self, painter: QPainter, bar: Bar, tip: QPointF, way: int) -> None:
        px = self._looks.theme.px
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._looks.theme.colour(bar.tone))
        back = tip.x() + way * px(8)
        painter.drawPolygon(QPolygonF([tip, QPointF(back, tip.y() - px(5)), QPointF(back, tip.y() + px(5))]))

    # Where things are

    def _high(self) -> int:
        """A lane's height: what there is, within what looks like a lane."""
        px = self._looks.theme.px
        return min(max(int(self._area().height() / max(1, len(self._lanes))), px(36)), px(60))

    def _below(self, area: QRectF) -> float:
        """Where the last lane ends."""
        return area.top() + self._high() * max(1, min(self._room(), len(self._lanes)))

    def _area(self) -> QRectF:
        px = self._looks.theme.px
        return QRectF(px(170), px(42), max(1.0, self.width() - px(182)), max(1.0, self.height() - px(64)))

    def _room(self) -> int:
        """Lanes that are seen at a time."""
        return max(1, int(self._area().height() // self._high()))

    def _x(self, area: QRectF, moment: float) -> float:
        return area.left() + (moment - self._left) / self._span * area.width()

    def _solid(self, area: QRectF, bar: Bar, top: float) -> QRectF:
        px = self._looks.theme.px
        assert bar.at is not None, "what has no moment is not drawn"
        left = self._x(area, bar.at)
        return QRectF(left, top + px(8), max(bar.length / self._span * area.width(), px(6)), self._high() - px(16))

    def _extent(self, area: QRectF, bar: Bar) -> QRectF:
        """All of the line where it can lie, as far as it is shown."""
        left = area.left() if bar.low is None else self._x(area, bar.low)
        right = area.right() if bar.high is None else self._x(area, bar.high + bar.length)
        left, right = max(left, area.left() - 4), min(right, area.right() + 4)
        return QRectF(left, area.top(), max(0.0, right - left), area.height())

    def _under(self, at: QPointF) -> Bar | None:
        area, px = self._area(), self._looks.theme.px
        lane = int((at.y() - area.top()) // self._high()) + self._top
        if not area.contains(at) or not 0 <= lane < len(self._lanes):
            return None
        near = [one for one in self._bars if one.lane == self._lanes[lane]]
        away = [(_away(self._solid(area, one, 0.0), at.x()), one) for one in near]
        nearest = min(away, key=lambda one: one[0], default=None)
        return None if nearest is None or nearest[0] > px(6) else nearest[1]

    def _bar(self, key: str | None) -> Bar | None:
        return next((one for one in self._bars if one.key == key), None)

    def _come_to(self, bar: Bar) -> None:
        assert bar.at is not None, "what has no moment is not drawn"
        if not self._left <= bar.at <= self._left + self._span - min(bar.length, self._span / 2):
            self._left = bar.at + bar.length / 2 - self._span / 2
        lane = self._lanes.index(bar.lane)
        self._top = min(max(self._top, lane - self._room() + 1), lane)

    def _move(self, by: float) -> None:
        self._left += by
        self.update()

    def _open(self) -> None:
        if self._now is not None:
            self.opened.emit(self._now)

    def _tell(self) -> None:
        words = self._looks.words
        self.setAccessibleName(f"{words(self._name)}: {words('count-clips', n=len(self._bars))}")
        bar = self._bar(self._now)
        said = [band.says() for band in self._bands] if bar is None else [bar.says()]
        self.setAccessibleDescription("; ".join(said))


def _away(rect: QRectF, x: float) -> float:
    return max(rect.left() - x, x - rect.right(), 0.0)
