"""The desk's window: it shows pages, makes menus of their keys, and says what is to be said. It knows no page's content."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QStackedWidget, QWidget

from evidence.errors import Exit
from gui.desk.head import Head
from gui.desk.keycard import KeyCard
from gui.desk.side import Side
from gui.desk.sign_in import SigningIn
from gui.here import Here, may
from gui.kept import Kept
from gui.link import Change, Link, LinkState, Person, Problem
from gui.pages import PAGES
from gui.pages import page as named
from gui.parts.basics import column, row
from gui.parts.states import Stage
from gui.parts.toast import Toast
from gui.screen import Key, Screen
from gui.theme import Theme
from gui.undo import Undo
from gui.words import Words
from ingest.errors import ZoneUnknown
from ingest.times import station_zone

KEYS: tuple[Key, ...] = (
    Key("?", "key-help", "show_keys"),
    Key("Ctrl+Z", "key-undo", "undo"),
    Key("Ctrl+Y", "key-redo", "redo"),
    Key("F5", "key-reload", "reload"),
    Key("F6", "key-pages", "to_pages"),
    Key("Ctrl++", "key-larger", "larger"),
    Key("Ctrl+-", "key-smaller", "smaller"),
    Key("Ctrl+L", "key-language", "switch_language"),
    Key("Ctrl+D", "key-theme", "switch_theme"),
    Key("Ctrl+Shift+Q", "key-sign-out", "sign_out"),
    Key("Ctrl+Q", "key-quit", "quit"),
)
_MENU_OF = {
    "key-undo": "menu-edit",
    "key-redo": "menu-edit",
    "key-help": "menu-help",
}
_TOUCHES = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress, QEvent.Type.Wheel})
IDLE_MS = 15 * 60_000
"""Until the station says how long a session may be idle."""
_MENUS = ("menu-go", "menu-do", "menu-edit", "menu-view", "menu-help")


class Desk(QMainWindow):
    """The window."""

    def __init__(self, link: Link, words: Words, theme: Theme, kept: Kept) -> None:
        super().__init__()
        self.link, self.words, self.theme, self.kept = link, words, theme, kept
        self._undo = Undo(link, self)
        self.here = Here(link, words, theme, kept, self._undo, self)
        self._asks = link.asker()
        self._screens: dict[str, Screen] = {}
        self._now: str | None = None
        words.put(self, "program", "setWindowTitle")
        self._head = Head(self, link, self._undo)
        self._side = Side(self, self.go)
        self._stack = QStackedWidget()
        body = QWidget()
        body.setLayout(row(self._side, self._stack, space=0))
        self._inside = QWidget()
        self._inside.setProperty("kind", "page")
        self._inside.setLayout(column(self._head, body, space=0, free=1))
        self.sign_in = SigningIn(self, link)
        self._waiting = Stage(self, QWidget(), self._ask_who)
        self._whole = QStackedWidget()
        for one in (self._waiting, self.sign_in, self._inside):
            self._whole.addWidget(one)
        self.setCentralWidget(self._whole)
        self.toast = Toast(self, self._whole)
        self._menus: list[QMenu] = []
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self.link.lock)
        self._connect()
        self._make_menus()
        self.resize(1280, 800)
        self._waiting.looking()

    def _connect(self) -> None:
        self._head.wants_language.connect(self.switch_language)
        self._head.wants_theme.connect(self.switch_theme)
        self._head.wants_out.connect(self.sign_out)
        self.link.back.connect(self._back)
        self.link.state_changed.connect(self._stands)
        self.link.expired.connect(self._expired)
        self.link.changed.connect(self._heard)
        self.link.person_changed.connect(self._somebody)
        self.sign_in.came_in.connect(self._inside_now)
        self._undo.told.connect(lambda code, what: self.say(code, "good" if what else "info", **({"what": what} if what else {})))
        self._undo.failed.connect(self.complain)
        self.words.changed.connect(self._make_menus)
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    # What screens call

    def go(self, page: str, **what: Any) -> None:
        """Show a page."""
        found = named(page)
        if not may(self.link.person, found.permission):
            return
        if self._now is not None and self._now != page:
            self._screens[self._now].left()
        screen = self._screens.get(page)
        if screen is None:
            screen = self._screens[page] = found.made(self.here)
            self._stack.addWidget(screen)
        self._now = page
        self._stack.setCurrentWidget(screen)
        self._side.stand_on(page)
        self._make_menus()
        screen.entered(**what)
        first = screen.first()
        (first or screen).setFocus()

    def say(self, code: str, tone: str = "info", act: tuple[str, Callable[[], object]] | None = None, **fields: Any) -> None:
        """Say something for a while."""
        self.toast.say(code, tone, act, **fields)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong."""
        self.toast.complain(problem)

    def over(self) -> QWidget:
        """The window itself."""
        return self

    @property
    def screen_now(self) -> Screen | None:
        """The screen that is shown."""
        return None if self._now is None else self._screens[self._now]

    # What keys do

    def show_keys(self) -> None:
        """The key card."""
        screen = self.screen_now
        own = [] if screen is None else [(key.keys, key.word) for key, _ in screen.shortcuts()]
        KeyCard(self, self, own, [(key.keys, key.word) for key in KEYS]).open()

    def undo(self) -> None:
        """Take the last thing back."""
        self._undo.undo()

    def redo(self) -> None:
        """Do it again."""
        self._undo.redo()

    def reload(self) -> None:
        """Ask anew for what is shown."""
        if self.screen_now is not None:
            self.screen_now.back()

    def to_pages(self) -> None:
        """The keyboard goes to the list of pages."""
        self._side.take_focus()

    def larger(self) -> None:
        """A step larger."""
        self._scaled(1)

    def smaller(self) -> None:
        """A step smaller."""
        self._scaled(-1)

    def switch_language(self) -> None:
        """The other language."""
        self.words.speak("en" if self.words.language == "zh" else "zh")
        self.link.language = self.words.language
        self.kept.put("language", self.words.language)

    def switch_theme(self) -> None:
        """The other colours."""
        self.theme.look("light" if self.theme.name == "dark" else "dark")
        self.kept.put("theme", self.theme.name)

    def sign_out(self) -> None:
        """End the session. What stood on the pages is gone with it."""
        if self.link.person is not None and self.link.person.signed_in:
            self.link.sign_out()

    def quit(self) -> None:
        """Close the window."""
        self.close()

    def _scaled(self, by: int) -> None:
        self.theme.step(by)
        self.kept.put("scale", self.theme.scale)

    # Who is there

    def _back(self) -> None:
        self._asks.get("glance", "/glance", self._lives, open_to_all=True)
        if self.link.person is None:
            self._ask_who()
        elif self.screen_now is not None:
            self.screen_now.back()

    def _lives(self, glance: dict[str, Any]) -> None:
        """Moments are shown in the station's own zone, wherever this window stands."""
        with suppress(ZoneUnknown):  # then they stay in UTC, and say so
            self.words.live_in(station_zone(glance["time_zone"]))
        self._idle.setInterval(round(glance["session_idle_minutes"] * 60_000))
        self._idle.start()

    def _ask_who(self) -> None:
        self._waiting.looking()
        self.link.who(self._known, self._waiting.failed)

    def _known(self, person: Person | None) -> None:
        if person is None:
            self._ask_in()
        else:
            self._inside_now()

    def _somebody(self) -> None:
        """Another person acts: the pages of the one before are gone."""
        for screen in self._screens.values():
            screen.left()
            self._stack.removeWidget(screen)
            screen.deleteLater()
        self._screens, self._now = {}, None
        person = self.link.person
        self._side.show_pages(one for one in PAGES if may(person, one.permission))
        self._make_menus()
        if person is None and self.link.state is not LinkState.CONNECTING:
            self._ask_in()

    def _ask_in(self, *, over: bool = False) -> None:
        self._whole.setCurrentWidget(self.sign_in)
        self.sign_in.begin(over=over)

    def _expired(self) -> None:
        self._ask_in(over=True)

    def _inside_now(self) -> None:
        self._whole.setCurrentWidget(self._inside)
        self.toast.raise_()
        if self._now is not None:
            self._screens[self._now].back()  # whoever signs in again goes on where he was
            return
        first = next((one for one in PAGES if one.listed and may(self.link.person, one.permission)), None)
        if first is not None:
            self.go(first.name)

    def _stands(self, state: str) -> None:
        if state == LinkState.OFFLINE.value and self.link.person is None and self._whole.currentWidget() is self._waiting:
            self._waiting.failed(Problem("service-unreachable", Exit.UNREACHABLE))

    def _heard(self, changes: tuple[Change, ...]) -> None:
        if self.screen_now is not None:
            self.screen_now.heard(changes)

    # Menus: an entry for every key

    def _make_menus(self) -> None:
        bar = self.menuBar()
        bar.clear()
        for old in self._menus:
            old.clear()  # at once: until it is gone its keys would mean two things
            old.deleteLater()
        self._menus = []
        for action in self.actions():
            self.removeAction(action)
            action.deleteLater()
        bar.setVisible(self.link.person is not None)
        made = {name: QMenu(self.words(name), bar) for name in _MENUS}
        self._menus = list(made.values())
        pages = [one for one in PAGES if one.listed and may(self.link.person, one.permission)]
        for number, one in enumerate(pages, 1):
            keys = f"Alt+{number}" if number < 10 else ""
            made["menu-go"].addAction(self._action(self.words(one.word), keys, partial(self.go, one.name)))
        screen = self.screen_now
        for key, does in () if screen is None else screen.shortcuts():
            made["menu-do"].addAction(self._action(self.words(key.word), key.keys, does))
        for key in KEYS:
            menu = made[_MENU_OF.get(key.word, "menu-view")]
            menu.addAction(self._action(self.words(key.word), key.keys, getattr(self, key.does)))
        for menu in self._menus:
            if menu.actions():
                bar.addMenu(menu)

    def _action(self, text: str, keys: str, does: Callable[[], object]) -> QAction:
        made = QAction(text, self)
        if keys:
            made.setShortcut(QKeySequence(keys))
        made.triggered.connect(lambda _checked=False: does())
        self.addAction(made)  # its key counts where no menu is shown, too: at the sign-in
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if event.type() in _TOUCHES:
            self._idle.start()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's own name
        if self.screen_now is not None:
            self.screen_now.left()
        self.kept.write()
        self._idle.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        super().closeEvent(event)
