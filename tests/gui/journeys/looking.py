"""``python -m tests.gui.journeys.looking [ARGUMENT…]``: the program ``evidence-station gui``, and beside it eyes that tell what is to be seen where.

The eyes look and never act: a line on stdin is answered on stdout with a list of what is visible (words, accessible name, place on the screen). What a journey
does goes through the screen, as with people.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSocketNotifier, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMainWindow, QWidget

import gui.app

TEXTS = ("text", "title", "toPlainText", "currentText")
ROWS = 200
"""Of a table; more are on no screen."""


def _words(widget: QWidget) -> str:
    for name in TEXTS:
        told = getattr(widget, name, None)
        if callable(told) and not isinstance(widget, QAbstractItemView) and isinstance(said := told(), str) and said:
            return said
    return ""


def _place(widget: QWidget, rect: QRect) -> list[int]:
    corner = widget.mapToGlobal(QPoint(rect.x(), rect.y()))
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def _rows(view: QAbstractItemView) -> list[dict[str, Any]]:
    model, port = view.model(), view.viewport()
    found = []
    for row in range(min(model.rowCount(), ROWS)):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            rect = view.visualRect(index)
            text = model.data(index, Qt.ItemDataRole.DisplayRole)
            if text and rect.isValid() and port.rect().intersects(rect):
                found.append({"kind": "cell", "words": str(text), "name": "", "row": row, "place": _place(port, rect)})
    return found


def _on_top(widget: QWidget, rect: QRect) -> bool:
    """Whether its middle is its own: nothing lies over it, and a press there reaches it."""
    there = QApplication.widgetAt(widget.mapToGlobal(rect.center()))
    return there is not None and (there is widget or widget.isAncestorOf(there))


def seen() -> list[dict[str, Any]]:
    """Everything visible that says something, and that nothing lies over."""
    found: list[dict[str, Any]] = []
    for widget in QApplication.allWidgets():
        if not widget.isVisible() or (region := widget.visibleRegion()).isEmpty() or not _on_top(widget, region.boundingRect()):
            continue
        if isinstance(widget, QAbstractItemView):
            found += _rows(widget)
        words, name = _words(widget), widget.accessibleName()
        if words or name:
            found.append(
                {
                    "kind": type(widget).__name__,
                    "words": words,
                    "name": name,
                    "enabled": widget.isEnabled(),
                    "focus": widget.hasFocus(),
                    "place": _place(widget, region.boundingRect()),
                }
            )
    return found


class Eyes(QObject):
    """Answers a line with what is to be seen."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._asked = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._asked.activated.connect(self._answer)

    def _answer(self) -> None:
        if not sys.stdin.readline():
            self._asked.setEnabled(False)
            QApplication.quit()
            return
        print(json.dumps(seen()), flush=True)


def main() -> None:
    """Become the window."""
    made = gui.app.window_of

    def watched(*arguments: Any, **options: Any) -> QMainWindow:  # noqa: ANN401 - those of the function that it stands for
        window = made(*arguments, **options)
        window._eyes = Eyes(window)  # type: ignore[attr-defined]  # lives as long as the window
        return window

    gui.app.window_of = watched
    gui.app.main()


if __name__ == "__main__":
    main()
