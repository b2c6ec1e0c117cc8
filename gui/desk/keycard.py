"""The key card: every key of the page one is on, and of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from gui.parts.basics import Looks, button, column, label, row, scrolled

Line = tuple[str, str]
"""Keys as Qt writes them, and the code of what they do."""


class KeyCard(QDialog):
    """Shown by ``?``; any of Escape, Enter and ``?`` closes it."""

    def __init__(self, looks: Looks, over: QWidget, page: Sequence[Line], everywhere: Sequence[Line]) -> None:
        super().__init__(over)
        looks.words.put(self, "key-help", "setWindowTitle")
        inner = QWidget()
        parts: list[QWidget] = []
        for heading, lines in (("key-card", page), ("key-card-everywhere", everywhere)):
            if lines:
                parts += [label(looks, heading, "heading"), _lines(looks, lines)]
        inner.setLayout(column(*parts, None, space=10, margins=(8, 8, 8, 8)))
        close = button(looks, "close", self.accept, "primary")
        close.setDefault(True)
        self.setLayout(column(scrolled(inner), row(None, close), margins=(16, 16, 16, 12)))
        self.resize(looks.theme.px(520), min(over.height() - 60, looks.theme.px(560)))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        close.setFocus()


def _lines(looks: Looks, lines: Sequence[Line]) -> QWidget:
    made, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 8)
    grid.setHorizontalSpacing(18)
    grid.setColumnStretch(1, 1)
    for number, (keys, word) in enumerate(lines):
        cap = label(looks, of="chip")
        looks.words.plainly(cap, QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText))
        grid.addWidget(cap, number, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label(looks, word), number, 1)
    made.setLayout(grid)
    return made
