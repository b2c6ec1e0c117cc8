"""The kiosk's window: the board, full screen, with a head and a foot, and sheets that lie over it for a while.

Rules kept here: whoever walks away leaves nothing behind (after a minute without a touch the sheets close and the session ends); a card reader is
heard wherever the focus is; what needs somebody flashes, once a second, and is heard; no footage is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMainWindow, QWidget

from gui.desk.sign_in import CARD_CHARACTERS, READER_SECONDS
from gui.here import Here
from gui.kept import Kept
from gui.kiosk.badge import BadgeSheet
from gui.kiosk.head import Head
from gui.kiosk.help import HelpSheet
from gui.kiosk.sheet import Sheet
from gui.kiosk.slot import SlotSheet
from gui.kiosk.sound import LOOK, READY, Sounds
from gui.link import Change, Link, Problem
from gui.look import kind
from gui.parts.basics import button, column, holding, label, row
from gui.parts.states import Stage
from gui.parts.tiles import Tiles
from gui.parts.toast import Toast
from gui.theme import Theme
from gui.undo import Undo
from gui.words import Words

IDLE_MS = 60_000
GLANCE_MS = 15_000
FLASH_MS = 500
BUSY = frozenset({"identifying", "waiting", "copying", "verifying", "do-not-pull"})
TROUBLE = frozenset({"error", "unknown"})


class Kiosk(QMainWindow):
    """The window."""

    def __init__(self, link: Link, words: Words, theme: Theme, kept: Kept) -> None:
        super().__init__()
        self.link, self.words, self.theme, self.kept = link, words, theme, kept
        self.here = Here(link, words, theme, kept, Undo(link, self), self)
        self._asks = link.asker()
        self._sounds = Sounds(self)
        self._sheet: Sheet | None = None
        self._typed, self._typed_at = "", 0
        words.put(self, "program", "setWindowTitle")
        self.head = Head(self, link)
        self.tiles = Tiles(self)
        self.stage = Stage(self, self.tiles, self._ask)
        self._totals: dict[str, QLabel] = {name: label(self, of="heading") for name in ("busy", "ready", "trouble", "free")}
        self.badge = button(self, "kiosk-badge", self.ask_badge, "touch-primary", "badge")
        self.help = button(self, "kiosk-help", self.show_help, "touch", "help")
        foot = holding(row(*self._totals.values(), None, self.help, self.badge, space=22, margins=(14, 6, 10, 6)), "bar")
        whole = QWidget()
        kind(whole, "page")
        board = holding(column(self.stage, margins=(10, 8, 10, 8)))
        whole.setLayout(column(self.head, board, foot, space=0, free=1))
        self._whole = whole
        self.setCentralWidget(whole)
        self.toast = Toast(self, whole)
        self._connect()
        self.resize(1280, 800)
        self.setMinimumSize(1024, 640)
        self.stage.looking()

    def _connect(self) -> None:
        self.tiles.tapped.connect(self.show_slot)
        self.head.wants_language.connect(self.switch_language)
        self.head.wants_out.connect(self.leave)
        self.link.back.connect(self._ask)
        self.link.changed.connect(self._heard)
        self.link.expired.connect(self._close_sheet)
        self.link.person_changed.connect(self._show_who)
        self._idle = self._timer(IDLE_MS, self.leave, once=True)
        self._glance = self._timer(GLANCE_MS, self._ask_glance)
        self._flash = self._timer(FLASH_MS, self._turn_flash)
        self._flashing = False
        self._glance.start()
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def _timer(self, milliseconds: int, does: Callable[[], object], *, once: bool = False) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(once)
        made.setInterval(milliseconds)
        made.timeout.connect(does)
        return made

    # What sheets call

    def go(self, page: str, **what: Any) -> None:
        """The board is the only page."""

    def say(self, code: str, tone: str = "info", act: tuple[str, Callable[[], object]] | None = None, **fields: Any) -> None:
        """Say something for a while."""
        self.toast.say(code, tone, act, **fields)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong."""
        self.toast.complain(problem)

    def over(self) -> QWidget:
        """The window itself."""
        return self

    # What people do

    def switch_language(self) -> None:
        """The other language."""
        self.words.speak("en" if self.words.language == "zh" else "zh")
        self.link.language = self.words.language

    def ask_badge(self, card: str | None = None) -> None:
        """Ask who is there."""
        self._open(BadgeSheet(self, self._whole, self.link, card))

    def show_help(self) -> None:
        """What the colours mean."""
        self._open(HelpSheet(self, self._whole))

    def show_slot(self, number: int) -> None:
        """The sheet of a slot."""
        tile = self.tiles.tiles.get(number)
        if tile is not None:
            self._open(SlotSheet(self.here, self._whole, tile.slot))

    def leave(self) -> None:
        """Whoever was there is done, or has gone."""
        self._close_sheet()
        if self.link.person is not None and self.link.person.signed_in:
            self.link.sign_out()

    def _open(self, sheet: Sheet) -> None:
        self._close_sheet()
        self._sheet = sheet
        sheet.closed.connect(self._sheet_gone)
        sheet.show()
        sheet.raise_()
        self.toast.raise_()
        sheet.setFocus()
        self._idle.start()

    def _close_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.leave()

    def _sheet_gone(self) -> None:
        self._sheet = None

    def _show_who(self) -> None:
        there = self.link.person is not None and self.link.person.signed_in
        self.badge.setVisible(not there)
        if there:
            self._idle.start()

    # What the station says

    def _ask(self) -> None:
        self.stage.looking()
        self._asks.get("slots", "/slots", self._came, self.stage.failed, open_to_all=True)
        self._ask_glance()
        self.link.who(lambda _person: None)

    def _ask_glance(self) -> None:
        self._asks.get("glance", "/glance", self.head.tell, open_to_all=True)

    def _came(self, document: dict[str, Any]) -> None:
        self.tiles.show_slots(document["slots"], whole=True)
        if document["slots"]:
            self.stage.content()
        else:
            self.stage.empty("board-none", "board-none-more", picture="plug")
        self._slots_changed(())

    def _heard(self, changes: tuple[Change, ...]) -> None:
        before = {number: tile.slot for number, tile in self.tiles.tiles.items()}
        slots = {int(one.document["slot"]): one.document for one in changes if one.name == "slot"}
        if not slots:
            return
        self.tiles.show_slots(slots.values(), whole=False)
        self._slots_changed([(before.get(number), slot) for number, slot in slots.items()])
        if isinstance(self._sheet, SlotSheet) and (shown := slots.get(int(self._sheet.slot["slot"]))) is not None:
            self._sheet.show_slot(shown)

    def _slots_changed(self, changed: Any) -> None:  # pairs of a slot before and now
        slots = [tile.slot for tile in self.tiles.tiles.values()]
        states = [one["state"] for one in slots]
        counted = {
            "busy": sum(one in BUSY for one in states),
            "ready": states.count("safe-to-take"),
            "trouble": sum(_troubled(one) for one in slots),
            "free": states.count("empty"),
        }
        for name, number in counted.items():
            self.words.put(self._totals[name], f"kiosk-{name}", n=number)
            kind(self._totals[name], "heading", "bad" if name == "trouble" and number else None)
        for was, now in changed:
            if was is None or was["state"] == now["state"]:
                continue
            if _troubled(now):
                self._sounds.play(LOOK)
            elif now["state"] == "safe-to-take":
                self._sounds.play(READY)
        if counted["trouble"] and not self._flash.isActive():
            self._flash.start()
        elif not counted["trouble"]:
            self._flash.stop()
            self._flashing = True
            self._turn_flash()

    def _turn_flash(self) -> None:
        self._flashing = not self._flashing
        for tile in self.tiles.tiles.values():
            tile.flash(on=self._flashing and _troubled(tile.slot))

    # Touch, keys and a reader, wherever they go

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's own name
        if event.type() in _TOUCHES and self._idle.isActive():
            self._idle.start()
        focus = QApplication.focusWidget() or self  # what it leaves goes to its parents, and would be read once more
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and watched is focus and self.isActiveWindow():
            return self._read(event)
        return False

    def _read(self, event: QKeyEvent) -> bool:
        """A reader types faster than people, and ends with Enter."""
        now = event.timestamp()
        if now - self._typed_at > READER_SECONDS * 1000:
            self._typed = ""
        self._typed_at = now
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            card, self._typed = self._typed, ""
            if len(card) >= CARD_CHARACTERS:
                focus = QApplication.focusWidget()
                if isinstance(focus, QLineEdit):
                    focus.clear()
                self.ask_badge(card)
                return True
        else:
            self._typed += event.text()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's own name
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        for timer in (self._idle, self._glance, self._flash):
            timer.stop()
        self._asks.drop()
        super().closeEvent(event)


_TOUCHES = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress})


def _troubled(slot: Mapping[str, Any]) -> bool:
    return slot["state"] in TROUBLE or slot["reason"] == "pulled-early"
