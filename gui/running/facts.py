"""A card with one fact of the station: an icon, what it is, the figure, a sentence, and the way to the page behind it; and where such ways lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy

from gui.here import Here
from gui.look import kind
from gui.pages import PAGES
from gui.parts.basics import Picture, button, column, label, row

Text = Callable[[], str]
"""A text, made anew whenever the language changes."""


def say(here: Here, line: QLabel, text: Text) -> None:
    """Show a text from now on, in whatever language is spoken."""
    here.words.follow(line, "setText", lambda one: one.setText(text()))


@dataclass(frozen=True, slots=True)
class Way:
    """A page to go to, and what to show there. ``word``: the code of the button's text."""

    page: str
    word: str
    what: dict[str, Any] = field(default_factory=dict)

    def open_to(self, here: Here) -> bool:
        """Whether there is such a page and this person has it."""
        return any(one.name == self.page and here.may(one.permission) for one in PAGES)

    def go(self, here: Here) -> None:
        """There."""
        here.frame.go(self.page, **self.what)


class Fact(QFrame):
    """The card."""

    def __init__(self, here: Here, word: str, picture: str, way: Way | None = None) -> None:
        super().__init__()
        self._here, self._name = here, picture
        kind(self, "card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._picture = Picture(here, picture, "muted", 20)
        self._figure: QLabel = label(here, of="title", wrap=True)
        self._more: QLabel = label(here, of="muted", wrap=True)
        self._more.setAlignment(Qt.AlignmentFlag.AlignTop)
        head = row(self._picture, label(here, word, "muted"), None)
        if way is not None and way.open_to(here):
            to = button(here, "open", partial(way.go, here), "flat")
            here.words.put(to, way.word, "setAccessibleName")
            here.words.put(to, way.word, "setToolTip")
            head.addWidget(to)
        self.setLayout(column(head, self._figure, self._more, space=4, margins=(14, 8, 14, 12), free=2))

    def tell(self, figure: Text, more: Text, tone: str = "", picture: str | None = None) -> None:
        """Show this. ``tone``: what it means, where it means something; then ``picture`` says so, too."""
        self._picture.show_icon(picture or self._name, tone or "muted")
        kind(self._figure, "title", tone or None)
        say(self._here, self._figure, figure)
        say(self._here, self._more, more)


class Need(QFrame):
    """A line of what needs somebody: how bad it is, what it is, and the way to where it is dealt with."""

    def __init__(self, here: Here, tone: str, text: Text, way: Way | None) -> None:
        super().__init__()
        picture = {"bad": "cross", "warn": "incident", "good": "check"}.get(tone, "info")
        said = label(here, wrap=True)
        say(here, said, text)
        parts = [Picture(here, picture, tone, 18), said]
        layout = row(*parts, space=10, margins=(0, 2, 0, 2), free=1)
        if way is not None and way.open_to(here):
            layout.addWidget(button(here, way.word, partial(way.go, here)))
        self.setLayout(layout)
