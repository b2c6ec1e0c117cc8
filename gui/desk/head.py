"""The head of the desk: which station this is and how it stands with it, undo and redo, language, colours, who is signed in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from gui.link import Link, LinkState
from gui.look import kind
from gui.parts.basics import Looks, Picture, button, icon_button, label, row
from gui.parts.icons import icon
from gui.undo import Undo

_STATES = {
    LinkState.CONNECTING: ("reload", "muted", None),
    LinkState.CONNECTED: ("link", "good", None),
    LinkState.RECONNECTING: ("reload", "warn", "warn"),
    LinkState.OFFLINE: ("link-off", "bad", "bad"),
}


class Head(QFrame):
    """The bar at the top."""

    wants_language = Signal()
    wants_theme = Signal()
    wants_out = Signal()

    def __init__(self, looks: Looks, link: Link, undo: Undo) -> None:
        super().__init__()
        self._looks, self._link, self._undo = looks, link, undo
        kind(self, "bar")
        self._picture = Picture(looks, "link", "muted", 18)
        self._state = label(looks, "link-connecting")
        self.undo = icon_button(looks, "undo", undo.undo, "undo")
        self.redo = icon_button(looks, "redo", undo.redo, "redo")
        self.language = button(looks, "language-next", self.wants_language.emit, "flat", "globe")
        looks.words.put(self.language, "key-language", "setAccessibleName")
        self.colours = icon_button(looks, "key-theme", self.wants_theme.emit, "moon")
        self._who = label(looks)
        self.out = button(looks, "sign-out", self.wants_out.emit, "flat", "sign-out")
        self.setLayout(
            row(
                label(looks, "program", "heading"),
                self._picture,
                self._state,
                None,
                self.undo,
                self.redo,
                self.language,
                self.colours,
                Picture(looks, "person", "muted", 18),
                self._who,
                self.out,
                margins=(14, 6, 10, 6),
            )
        )
        link.state_changed.connect(lambda _state: self._show_state())
        link.person_changed.connect(self._show_person)
        undo.changed.connect(self._show_undo)
        looks.words.changed.connect(self._show_undo)
        looks.theme.changed.connect(self._show_theme)
        self._show_state()
        self._show_person()
        self._show_undo()
        self._show_theme()

    def _show_state(self) -> None:
        picture, colour, tone = _STATES[self._link.state]
        self._picture.show_icon(picture, colour)
        self._looks.words.put(self._state, f"link-{self._link.state.value}")
        kind(self._state, "" if tone else "muted", tone)

    def _show_person(self) -> None:
        person, words = self._link.person, self._looks.words
        self.out.setVisible(person is not None and person.signed_in)
        if person is None:
            words.plainly(self._who, "")
            return
        name = person.name or person.badge
        words.follow(
            self._who,
            "setText",
            lambda one: one.setText(" · ".join(filter(None, (name or words("person-operator"), words(f"role-{person.role}"))))),
        )

    def _show_undo(self) -> None:
        for one, code, what in ((self.undo, "undo", self._undo.next_undo), (self.redo, "redo", self._undo.next_redo)):
            one.setEnabled(what is not None)
            if what is None:
                self._looks.words.name(one, code)
            else:
                self._looks.words.name(one, f"{code}-what", what=what)

    def _show_theme(self) -> None:
        self.colours.setIcon(icon(self._looks.theme, "sun" if self._looks.theme.name == "dark" else "moon"))
