"""Signing in, by badge and PIN or by card: over the whole window, while nobody is signed in or when a session is over.

A card reader is a keyboard that types a number and Enter into whatever has the focus. A number that came faster than people type is a card's.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.link import Link, Person, Problem
from gui.parts.basics import Looks, Picture, button, column, holding, label, line_edit, row
from station.commands.people import SignIn

READER_SECONDS = 0.05
"""Between two characters of a reader; people take longer."""
CARD_CHARACTERS = 6
"""A card's number has at least so many."""


class Typed:
    """Whether what stands in a line was typed by a reader."""

    def __init__(self) -> None:
        self._last = 0.0
        self._fast = 0

    def key(self) -> None:
        """A character came."""
        now = time.monotonic()
        self._fast = self._fast + 1 if now - self._last < READER_SECONDS else 0
        self._last = now

    def by_reader(self, text: str) -> bool:
        """Whether all of it came fast."""
        return len(text) >= CARD_CHARACTERS and self._fast >= len(text) - 1


class SigningIn(QWidget):
    """Badge and PIN."""

    came_in = Signal()

    def __init__(self, looks: Looks, link: Link) -> None:
        super().__init__()
        self._looks, self._link = looks, link
        self.setProperty("kind", "page")
        self._card: str | None = None
        self._typed = Typed()
        self._again = label(looks, "sign-in-again", wrap=True, tone="warn")
        self.badge: QLineEdit = line_edit(looks, "sign-in-badge")
        self.secret: QLineEdit = line_edit(looks, "sign-in-pin", secret=True)
        self.new: QLineEdit = line_edit(looks, "sign-in-new-pin", secret=True)
        self.new_again: QLineEdit = line_edit(looks, "sign-in-new-pin-again", secret=True)
        self._new_why = label(looks, "sign-in-new", wrap=True)
        self.wrong = label(looks, wrap=True, tone="bad")
        self.enter = button(looks, "sign-in", self.sign_in, "primary")
        self._hint = label(looks, "sign-in-card", "muted", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        for one in (self.badge, self.secret, self.new, self.new_again):
            one.setMaxLength(256)
            one.returnPressed.connect(self._entered)
        self.badge.installEventFilter(self)
        self.wrong.setWordWrap(True)
        title = label(looks, "program", "title", wrap=True)
        card = holding(
            column(
                row(Picture(looks, "shield", "accent", 36), title, None, space=12),
                self._again,
                _named(looks, "sign-in-badge", self.badge),
                _named(looks, "sign-in-pin", self.secret),
                self._new_why,
                self._first(_named(looks, "sign-in-new-pin", self.new)),
                self._second(_named(looks, "sign-in-new-pin-again", self.new_again)),
                self.wrong,
                self.enter,
                self._hint,
                space=12,
                margins=(28, 24, 28, 24),
            ),
            "card",
        )
        card.setFixedWidth(looks.theme.px(420))
        looks.theme.changed.connect(lambda: card.setFixedWidth(looks.theme.px(420)))
        self.setLayout(column(None, row(None, card, None), None))
        self.begin()

    def _first(self, part: QWidget) -> QWidget:
        self._new_part = part
        return part

    def _second(self, part: QWidget) -> QWidget:
        self._again_part = part
        return part

    def begin(self, *, over: bool = False) -> None:
        """Ask anew. ``over``: because a session ended."""
        self._card = None
        keep = self._link.person.badge if over and self._link.person is not None else None
        self._again.setVisible(over)
        self.badge.setText(keep or "")
        self._show_new(on=False)
        for one in (self.secret, self.new, self.new_again):
            one.clear()
        self.wrong.hide()
        self.enter.setEnabled(True)
        (self.secret if keep else self.badge).setFocus()

    def sign_in(self) -> None:
        """Try what stands there."""
        badge, secret = self.badge.text().strip(), self.secret.text()
        if self._card is None and not (badge and secret):
            self._say("sign-in-incomplete")
            return
        new = None
        if self._new_part.isVisible():
            if not self.new.text() or self.new.text() != self.new_again.text():
                self._say("sign-in-differs")
                return
            new = self.new.text()
        self.enter.setEnabled(False)
        self.wrong.hide()
        card = self._card
        command = SignIn(card=card, secret=secret or None, new_secret=new) if card else SignIn(badge, None, secret, new)
        self._link.sign_in(command, self._in, self._refused)

    def _entered(self) -> None:
        if self.sender() is self.badge:
            text = self.badge.text().strip()
            if self._typed.by_reader(text):
                self._card = text
                self.badge.clear()
                self.secret.setFocus()
                self.sign_in()  # the settings may waive the PIN
            else:
                self.secret.setFocus()
        else:
            self.sign_in()

    def _in(self, _person: Person) -> None:
        self.begin()
        self.came_in.emit()

    def _refused(self, problem: Problem) -> None:
        words = self._looks.words
        self.enter.setEnabled(True)
        if problem.code == "pin-must-change":
            self._show_new(on=True)
            self.new.setFocus()
            return
        if self._card is not None and not self.secret.text():
            self._say("sign-in-card-pin", tone="info")
            self.secret.setFocus()
            return
        self._card = None
        self.secret.clear()
        if problem.code == "sign-in-locked":
            seconds = float(problem.fields.get("seconds", 0))
            words.follow(self.wrong, "setText", lambda one: one.setText(words("sign-in-wait", time=words.duration(seconds))))
        else:
            words.follow(self.wrong, "setText", lambda one: one.setText(problem.text(words.language)))
        self.wrong.setProperty("tone", "bad")
        self._shown()
        self.secret.setFocus()

    def _say(self, code: str, tone: str = "bad") -> None:
        self._looks.words.put(self.wrong, code)
        self.wrong.setProperty("tone", tone)
        self._shown()

    def _shown(self) -> None:
        self.wrong.style().unpolish(self.wrong)
        self.wrong.style().polish(self.wrong)
        self.wrong.show()

    def _show_new(self, *, on: bool) -> None:
        for one in (self._new_why, self._new_part, self._again_part):
            one.setVisible(on)
        self._hint.setVisible(not on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if watched is self.badge and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.text():
            self._typed.key()
        return False


def _named(looks: Looks, code: str, edit: QLineEdit) -> QWidget:
    name = label(looks, code)
    name.setBuddy(edit)
    return holding(column(name, edit, space=4))
