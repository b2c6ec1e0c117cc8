"""The picture: what the engine shows, painted by ourselves, turned and lit for the eye alone. Nothing of that is in any file."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.parts.basics import Looks
from gui.parts.drawing import draw_text

LIGHTEST = 100


class Picture(QWidget):
    """One picture, as large as there is room."""

    pressed = Signal()
    """A click, or the space bar: play, or stand still."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._image = QImage()
        self.turned = 0
        self.light = 0
        self._said = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(looks.theme.px(320), looks.theme.px(180))
        looks.words.put(self, "player-picture", "setAccessibleName")

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's own name
        return QSize(self._looks.theme.px(640), self._looks.theme.px(360))

    @property
    def image(self) -> QImage:
        """What is shown, as it is in the file."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Another picture."""
        self._image = image
        self.update()

    def say(self, text: str) -> None:
        """A line over the picture: why it stands still, or that it is none of the clip itself."""
        self._said = text
        self.update()

    def turn(self) -> None:
        """A quarter to the right."""
        self.turned = (self.turned + 90) % 360
        self.update()

    def lit(self, light: int) -> None:
        """Lighter (up to 100) or darker (down to -100)."""
        self.light = max(-LIGHTEST, min(LIGHTEST, light))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#000000"))
        if not self._image.isNull():
            where = self._where()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            image = self._image.transformed(QTransform().rotate(self.turned)) if self.turned else self._image
            painter.drawImage(where, image)
            if self.light:
                self._light(painter, where)
        theme = self._looks.theme
        if self._said:
            bar = QRectF(0, 0, self.width(), theme.px(28))
            painter.fillRect(bar, QColor(0, 0, 0, 190))
            draw_text(
                painter,
                bar.adjusted(theme.px(12), 0, -theme.px(12), 0),
                self._said,
                theme.font(13),
                QColor("#ffffff"),
                may_cut=True,
            )
        if self.hasFocus():
            painter.setPen(theme.colour("focus"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _where(self) -> QRectF:
        size = self._image.size()
        if self.turned % 180:
            size = size.transposed()
        fit = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        at = QPoint((self.width() - fit.width()) // 2, (self.height() - fit.height()) // 2)
        return QRectF(at, fit)

    def _light(self, painter: QPainter, where: QRectF) -> None:
        """Lighter is a gain, so that black stays black and what lies in the dark comes out; darker is less of everything."""
        modes = QPainter.CompositionMode
        if self.light > 0:
            painter.setCompositionMode(modes.CompositionMode_ColorDodge)
            grey = round(self.light / LIGHTEST * 217)
        else:
            painter.setCompositionMode(modes.CompositionMode_Multiply)
            grey = 255 + round(self.light / LIGHTEST * 204)
        painter.fillRect(where, QColor(grey, grey, grey))
        painter.setCompositionMode(modes.CompositionMode_SourceOver)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if event.button() is Qt.MouseButton.LeftButton:
            self.pressed.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Space:
            self.pressed.emit()
        else:
            super().keyPressEvent(event)
