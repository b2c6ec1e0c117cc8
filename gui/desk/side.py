"""The list of pages at the left: what this person's role may see, in groups, each page an icon and a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from gui.look import kind
from gui.pages import GROUPS, Page
from gui.parts.basics import Looks, button, column, label, scrolled


class Side(QFrame):
    """Pages to go to. Tab comes to the one that is shown and leaves it again, arrow keys move between them."""

    def __init__(self, looks: Looks, go: Callable[[str], object]) -> None:
        super().__init__()
        self._looks, self._go = looks, go
        kind(self, "side")
        self._buttons: dict[str, QPushButton] = {}
        self._now = ""
        self._inner = QWidget()
        self._layout = QVBoxLayout(self._inner)
        self._layout.setSpacing(2)
        self._layout.setContentsMargins(8, 10, 8, 10)
        outer = scrolled(self._inner)
        outer.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        looks.words.put(self, "navigation", "setAccessibleName")
        self.setLayout(column(outer))
        looks.theme.changed.connect(self._size)
        self._size()

    def show_pages(self, pages: Iterable[Page]) -> None:
        """These are the pages from now on."""
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._buttons = {}
        found = [one for one in pages if one.listed]
        for group in GROUPS:
            members = [one for one in found if one.group == group]
            if members:
                heading = label(self._looks, f"group-{group}", "muted")
                heading.setContentsMargins(8, 8, 0, 2)
                self._layout.addWidget(heading)
            for page in members:
                made = button(self._looks, page.word, partial(self._go, page.name), "nav", page.picture)
                made.setCheckable(True)
                made.installEventFilter(self)
                self._buttons[page.name] = made
                self._layout.addWidget(made)
        self._layout.addStretch(1)

    def stand_on(self, name: str) -> None:
        """A page is shown."""
        self._now = name
        for one, made in self._buttons.items():
            made.setChecked(one == name)
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus if one == name else Qt.FocusPolicy.ClickFocus)

    def take_focus(self) -> None:
        """The keyboard goes to the page that is shown."""
        found = self._buttons.get(self._now)
        if found is not None:
            found.setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.KeyPress:
            return False
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        order = list(self._buttons.values())
        here = next((at for at, one in enumerate(order) if one is watched), None)
        if step is None or here is None:
            return False
        order[(here + step) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _size(self) -> None:
        self.setFixedWidth(self._looks.theme.px(208))
