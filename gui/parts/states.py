"""The four ways in which a screen has nothing to show yet: it looks, there is nothing, it did not work, nobody answers.

A :class:`Stage` holds what is shown and these four, and one method shows each. A wait is shown only when it takes longer than a moment.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QPushButton, QStackedLayout, QWidget

from gui.link import Problem
from gui.parts.basics import Looks, Picture, button, column, label, row

PATIENCE_MS = 250
"""Before it says that it looks: what comes sooner does not flicker."""


class Said(QWidget):
    """A picture, a heading, a sentence, and a way on, in the middle of the room there is."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._picture = Picture(looks, "info", "muted", 48)
        self._heading: QLabel = label(looks, of="heading", wrap=True)
        self._more: QLabel = label(looks, of="muted", wrap=True)
        self._way: QPushButton = button(looks, "again", self._go, picture="reload")
        self._on: Callable[[], object] | None = None
        for one in (self._heading, self._more):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            one.setMinimumWidth(looks.theme.px(420))
        self.setLayout(
            column(
                None,
                row(None, self._picture, None),
                row(None, self._heading, None),
                row(None, self._more, None),
                row(None, self._way, None),
                None,
                space=10,
            )
        )

    def say(
        self,
        picture: tuple[str, str],
        heading: str,
        more: str | None = None,
        way: tuple[str, Callable[[], object]] | None = None,
        problem: Problem | None = None,
    ) -> None:
        """Say something: codes of texts, or a problem in the station's own words."""
        words = self._looks.words
        self._picture.show_icon(*picture)
        words.put(self._heading, heading)
        if problem is not None:
            words.follow(self._more, "setText", lambda one: one.setText(problem.text(words.language)))
        elif more is not None:
            words.put(self._more, more)
        else:
            words.plainly(self._more, "")
        self._more.setVisible(problem is not None or more is not None)
        self._way.setVisible(way is not None)
        self._on = None if way is None else way[1]
        if way is not None:
            words.put(self._way, way[0])
            words.put(self._way, way[0], "setAccessibleName")

    def _go(self) -> None:
        if self._on is not None:
            self._on()


class Stage(QWidget):
    """What a screen shows, or why it shows nothing."""

    def __init__(self, looks: Looks, content: QWidget, again: Callable[[], object]) -> None:
        """``again``: what asks anew."""
        super().__init__()
        self._content, self._again = content, again
        self._said = Said(looks)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(content)
        self._layout.addWidget(self._said)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._looks_on)
        self.state = "new"

    def _stand(self, state: str) -> None:
        self._patience.stop()
        self.state = state
        self._layout.setCurrentWidget(self._content if state == "content" else self._said)

    def content(self) -> None:
        """Show what there is."""
        self._stand("content")

    def looking(self) -> None:
        """Something was asked; after a moment that is said."""
        if self.state != "loading" and not self._patience.isActive():
            self._patience.start()

    def _looks_on(self) -> None:
        self._said.say(("reload", "muted"), "loading")
        self._stand("loading")

    def empty(
        self,
        heading: str = "empty",
        more: str | None = None,
        way: tuple[str, Callable[[], object]] | None = None,
        picture: str = "empty",
    ) -> None:
        """There is nothing."""
        self._said.say((picture, "muted"), heading, more, way)
        self._stand("empty")

    def failed(self, problem: Problem, way: tuple[str, Callable[[], object]] | None = None) -> None:
        """It did not work; or, where nobody answered, that. ``way``: the way on, where it is another than to try again."""
        if problem.unreachable:
            self._said.say(("link-off", "warn"), "offline", "offline-more", ("again", self._again))
            self._stand("offline")
        else:
            self._said.say(("incident", "bad"), "failed", None, way or ("again", self._again), problem)
            self._stand("error")
