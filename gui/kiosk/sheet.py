"""A sheet over the kiosk's board: large, with one way back that is always at the same place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gui.look import kind
from gui.parts.basics import Looks, button, column, label, row


class Sheet(QWidget):
    """Covers its parent; a tap beside it, Escape and its button close it."""

    closed = Signal()

    def __init__(self, looks: Looks, over: QWidget) -> None:
        super().__init__(over)
        self.looks = looks
        self._over = over
        self.heading: QLabel = label(looks, of="title", wrap=True)
        self.close_button = button(looks, "back", self.leave, "touch", "back")
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        self.card = QFrame(self)
        kind(self.card, "card")
        self.card.setLayout(
            column(row(self.heading, self.close_button, free=0), self.body, space=14, margins=(22, 16, 22, 20), free=1)
        )
        over.installEventFilter(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fit()

    def leave(self) -> None:
        """Go back to the board."""
        self.hide()
        self.closed.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if watched is self._over and event.type() is QEvent.Type.Resize:
            self._fit()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's own name
        if not self.card.geometry().contains(event.position().toPoint()):
            self.leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 150))
        painter.end()

    def _fit(self) -> None:
        self.setGeometry(self._over.rect())
        edge = self.looks.theme.px(28)
        wide = min(self.width() - 2 * edge, self.looks.theme.px(1180))
        high = min(self.height() - 2 * edge, self.looks.theme.px(820))
        self.card.setGeometry((self.width() - wide) // 2, (self.height() - high) // 2, wide, high)
