"""Keys to touch: numbers, and letters where a badge has them. What is touched goes into the line that the pad belongs to."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QWidget

from gui.look import kind
from gui.parts.basics import Looks

NUMBERS = ("123", "456", "789", "<0=")
LETTERS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM._<")
KEY_PIXELS = 72
"""A fingertip's width and more (touch targets, WCAG 2.2, 2.5.5: 44 at least)."""


class Pad(QWidget):
    """A pad. ``<`` takes back, ``=`` is done."""

    done = Signal()

    def __init__(self, looks: Looks, line: QLineEdit, *, letters: bool = False) -> None:
        super().__init__()
        self._looks, self._line = looks, line
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        self._keys: list[QPushButton] = []
        self.letters = letters
        looks.theme.changed.connect(self._size)
        self._make()

    def into(self, line: QLineEdit) -> None:
        """What is touched goes into another line."""
        self._line = line

    def switch(self) -> None:
        """Letters, or numbers again."""
        self.letters = not self.letters
        self._make()

    def _make(self) -> None:
        for key in self._keys:
            self._grid.removeWidget(key)
            key.deleteLater()
        self._keys = []
        for row, characters in enumerate(LETTERS if self.letters else NUMBERS):
            for column, character in enumerate(characters):
                self._grid.addWidget(self._key(character), row, column)
        self._size()

    def _key(self, character: str) -> QPushButton:
        made = QPushButton()
        kind(made, "touch")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the line keeps it, for a reader and for a keyboard
        if character in "<=":
            code = {"<": "pad-back", "=": "pad-done"}[character]
            self._looks.words.plainly(made, {"<": "⌫", "=": "↵"}[character])
            self._looks.words.name(made, code)
        else:
            self._looks.words.plainly(made, character)
            self._looks.words.plainly(made, character, "setAccessibleName")
        made.clicked.connect(lambda _checked=False: self._touched(character))
        self._keys.append(made)
        return made

    def _touched(self, character: str) -> None:
        if character == "<":
            self._line.backspace()
        elif character == "=":
            self.done.emit()
        else:
            self._line.insert(character)

    def _size(self) -> None:
        pixels = self._looks.theme.px(KEY_PIXELS)
        for key in self._keys:
            key.setFixedSize(pixels if not self.letters else max(pixels * 5 // 6, 56), pixels)
            key.setStyleSheet("padding: 0;")
