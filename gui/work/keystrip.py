"""The categories that have a key, as buttons with their key, and the choice of which they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QComboBox, QFormLayout, QPushButton, QWidget

from gui.here import Here
from gui.parts.asking import Asking
from gui.parts.basics import button, holding, icon_button, label, row
from gui.parts.flow import Flow
from gui.work.categories import Categories

KEYS = 9


class KeyStrip(QWidget):
    """Nine buttons."""

    def __init__(self, here: Here, categories: Categories, give: Callable[[int], object]) -> None:
        """``give``: what the button of a number (from 1) does."""
        super().__init__()
        self._here, self._categories = here, categories
        self._buttons: list[QPushButton] = [
            button(here, "key-category", partial(give, n), "flat", n=n) for n in range(1, KEYS + 1)
        ]
        strip = holding(Flow(*self._buttons, space=0))
        self.setLayout(
            row(label(here, "keys-name", "muted"), strip, icon_button(here, "keys-choose", self.choose, "gear"), free=1)
        )
        categories.changed.connect(self._show)
        here.words.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        codes = self._categories.keys()
        for n, made in enumerate(self._buttons, 1):
            made.setVisible(n <= len(codes))
            if n <= len(codes):
                text = self._here.words("keys-one", n=n, name=self._categories.name(codes[n - 1]))
                self._here.words.plainly(made, text.replace("&", "&&"))
                self._here.words.plainly(made, text, "setAccessibleName")

    def choose(self) -> None:
        """Which categories have a key."""
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        boxes: list[QComboBox] = []
        now = self._categories.keys()
        for n in range(1, KEYS + 1):
            box = QComboBox()
            box.setMaxVisibleItems(24)
            box.addItem(self._here.words("none"), None)
            for code, depth in self._categories.given():
                box.addItem("\u2003" * (depth - 1) + self._categories.name(code), code)
            box.setCurrentIndex(max(0, box.findData(now[n - 1])) if n <= len(now) else 0)
            self._here.words.put(box, "key-category", "setAccessibleName", n=n)
            form.addRow(label(self._here, "key-category", n=n), box)
            boxes.append(box)

        def agreed(_reason: str) -> None:
            self._categories.choose_keys([box.currentData() for box in boxes if box.currentData() is not None])

        Asking(self._here, "keys-choose", "keys-choose-more", "save", agreed, body=holding(form)).open()
