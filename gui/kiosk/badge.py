"""Badge and PIN by touch: a line each, and a pad for whichever one writes in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.kiosk.sheet import Sheet
from gui.link import Link, Person, Problem
from gui.parts.basics import Looks, button, column, label, line_edit, row
from gui.parts.pad import Pad
from station.commands.people import SignIn


class BadgeSheet(Sheet):
    """Who is there. A card that was read comes as ``card``."""

    def __init__(self, looks: Looks, over: QWidget, link: Link, card: str | None = None) -> None:
        super().__init__(looks, over)
        self._link, self._card = link, card
        looks.words.put(self.heading, "sign-in")
        self.badge: QLineEdit = line_edit(looks, "sign-in-badge", "touch")
        self.secret: QLineEdit = line_edit(looks, "sign-in-pin", "touch", secret=True)
        self.new: QLineEdit = line_edit(looks, "sign-in-new-pin", "touch", secret=True)
        self.new.hide()
        self.said = label(looks, wrap=True, tone="bad")
        self.said.hide()
        self.pad = Pad(looks, self.badge)
        self.pad.done.connect(self.go_on)
        self.letters = button(looks, "kiosk-letters", self._switch, "touch")
        self.enter = button(looks, "sign-in", self.go_on, "touch-primary", "check")
        for one in (self.badge, self.secret, self.new):
            one.installEventFilter(self)
            one.returnPressed.connect(self.go_on)
        left = column(
            label(looks, "sign-in-badge"),
            self.badge,
            label(looks, "sign-in-pin"),
            self.secret,
            self.new,
            self.said,
            label(looks, "sign-in-card", "muted", wrap=True),
            None,
            row(self.letters, self.enter),
            space=8,
        )
        both = row(left, column(self.pad, None), space=26, free=0)
        self.body.addLayout(both)
        self.badge.setVisible(card is None)
        if card is not None:
            self._try()
        else:
            self.badge.setFocus()

    def go_on(self) -> None:
        """To the next line, or in."""
        if self._card is None and not self.badge.text().strip():
            self.badge.setFocus()
        elif not self.secret.text():
            self.secret.setFocus()
        elif self.new.isVisible() and not self.new.text():
            self.new.setFocus()
        else:
            self._try()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if isinstance(watched, QLineEdit) and event.type() is QEvent.Type.FocusIn:
            self.pad.into(watched)
        return super().eventFilter(watched, event)

    def _switch(self) -> None:
        self.pad.switch()
        self.looks.words.put(self.letters, "kiosk-numbers" if self.pad.letters else "kiosk-letters")

    def _try(self) -> None:
        secret, new = self.secret.text() or None, self.new.text() or None
        self.enter.setEnabled(False)
        command = SignIn(None, self._card, secret, new) if self._card else SignIn(self.badge.text().strip(), None, secret, new)
        self._link.sign_in(command, self._in, self._refused)

    def _in(self, _person: Person) -> None:
        self.leave()

    def _refused(self, problem: Problem) -> None:
        words = self.looks.words
        self.enter.setEnabled(True)
        if problem.code == "pin-must-change":
            words.put(self.said, "sign-in-new")
            self.new.show()
            self.new.setFocus()
        elif self._card is not None and not self.secret.text():
            words.put(self.said, "sign-in-card-pin")
            self.secret.setFocus()
        else:
            if problem.code == "sign-in-locked":
                seconds = float(problem.fields.get("seconds", 0))
                words.follow(self.said, "setText", lambda one: one.setText(words("sign-in-wait", time=words.duration(seconds))))
            else:
                words.follow(self.said, "setText", lambda one: one.setText(problem.text(words.language)))
            self.secret.clear()
            self.secret.setFocus()
        self.said.show()
