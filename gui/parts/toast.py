"""What is said for a while at the lower edge, with a way to take it back; and a problem, which stays until it is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from gui.link import Problem
from gui.look import kind
from gui.parts.basics import Looks, Picture, button, label, row

SECONDS = 6.0
LONGER = 10.0
"""With a button on it: whoever wants to press it has to get there."""
_PICTURES = {"good": "check", "warn": "incident", "bad": "incident", "info": "info", "quiet": "info"}


class Toast(QFrame):
    """One at a time, over the lower edge of its parent; a new one takes the place of the old."""

    def __init__(self, looks: Looks, over: QWidget) -> None:
        super().__init__(over)
        self._looks = looks
        self._over = over
        self._picture = Picture(looks, "info", "on_info", 20)
        self._text: QLabel = label(looks, wrap=True)
        self._act: QPushButton = button(looks, "undo", self._do)
        self._close = button(looks, "close", self.hide)
        self._does: Callable[[], object] | None = None
        layout = row(self._picture, self._text, self._act, self._close, space=10, margins=(14, 8, 10, 8), free=1)
        self._layout = layout
        self.setLayout(layout)
        self._over_soon = QTimer(self)
        self._over_soon.setSingleShot(True)
        self._over_soon.timeout.connect(self._gone)
        over.installEventFilter(self)
        self.hide()

    def say(self, code: str, tone: str = "info", act: tuple[str, Callable[[], object]] | None = None, **fields: Any) -> None:
        """Say a text."""
        self._looks.words.put(self._text, code, **fields)
        self._show(tone, act, stays=False)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong, until it is closed."""
        words = self._looks.words
        words.follow(self._text, "setText", lambda one: one.setText(problem.text(words.language)))
        self._show("warn" if problem.unreachable else "bad", None, stays=True)

    def _show(self, tone: str, act: tuple[str, Callable[[], object]] | None, *, stays: bool) -> None:
        tone = tone if tone != "quiet" else "info"
        kind(self, "banner", tone)
        self.style().unpolish(self._text)
        self.style().polish(self._text)
        self._picture.show_icon(_PICTURES[tone], f"on_{tone}")
        self._act.setVisible(act is not None)
        self._does = None if act is None else act[1]
        if act is not None:
            self._looks.words.put(self._act, act[0])
            self._looks.words.put(self._act, act[0], "setAccessibleName")
        self.setAccessibleName(self._text.text())
        self._place()
        self.show()
        self.raise_()
        if stays:
            self._over_soon.stop()
        else:
            self._over_soon.start(round((LONGER if act else SECONDS) * 1000))

    def _do(self) -> None:
        does, self._does = self._does, None
        self.hide()
        if does is not None:
            does()

    def _gone(self) -> None:
        if self.underMouse() or self._act.hasFocus() or self._close.hasFocus():
            self._over_soon.start(1000)  # somebody is about to press it
        else:
            self.hide()

    def _place(self) -> None:
        width = min(self._over.width() - 40, self._looks.theme.px(720))
        self.setFixedWidth(max(200, width))
        layout = self._layout
        height = layout.heightForWidth(self.width()) if layout.hasHeightForWidth() else self.sizeHint().height()
        self.setFixedHeight(max(height, self._looks.theme.px(44)))
        self.move((self._over.width() - self.width()) // 2, self._over.height() - self.height() - self._looks.theme.px(20))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if watched is self._over and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
