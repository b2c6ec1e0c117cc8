"""Speaking in the language chosen: texts by code, moments in the station's zone, sizes and durations, and texts that stay with their widgets."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import shiboken6
from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator, Signal
from PySide6.QtWidgets import QApplication, QWidget

from gui.words.tables import COUNTED, WORDS
from station import vocabulary
from station.messages import PHRASES, plain

LANGUAGES = ("en", "zh")
_LOCALES = {"en": QLocale("en_GB"), "zh": QLocale("zh_CN")}
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Words(QObject):
    """The language of the window."""

    changed = Signal()

    def __init__(self, language: str = "en", zone: tzinfo = UTC, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.language = language if language in LANGUAGES else "en"
        self.zone = zone
        self._bound: weakref.WeakKeyDictionary[QObject, dict[str, Callable[[], None]]] = weakref.WeakKeyDictionary()
        self._qt: QTranslator | None = None
        self._install()

    # Texts

    def __call__(self, code: str, **fields: Any) -> str:
        """A text. With a field ``n`` it may be one that is counted. Raises ``KeyError`` for a code that no table has."""
        if code in COUNTED:
            one, several, zh = COUNTED[code]
            number = int(str(fields["n"]))
            text = zh if self.language == "zh" else one if number == 1 else several
            return text.format(**{**fields, "n": self.number(number)})
        pair = WORDS.get(code) or PHRASES.get(code)
        if pair is None:
            raise KeyError(code)
        return self.pick(pair).format(**fields)

    def pick(self, pair: tuple[str, str]) -> str:
        """The one of a pair (English, Chinese) that is wanted now."""
        return pair[1] if self.language == "zh" else pair[0]

    def known(self, code: str) -> bool:
        """Whether a table has this code."""
        return code in WORDS or code in COUNTED or code in PHRASES

    def word(self, prefix: str, code: str | None) -> str:
        """The word for a stable code of the station (``act-tagged``); the code itself, made plain, where a later version said it."""
        if code is None:
            return self("none")
        whole = f"{prefix}-{code}"
        for table in (WORDS, PHRASES, *_VOCABULARY):
            if whole in table:
                return self.pick(table[whole])
        return plain(code)

    # Values

    def number(self, number: float) -> str:
        """A whole number with its thousands apart."""
        return f"{number:,.0f}".replace(",", " ")

    def bytes(self, size: int | None) -> str:
        """A size with three digits that say something."""
        if size is None:
            return self("none")
        if size < 1000:
            return f"{size} B"
        power = min(len(_UNITS) - 1, int(math.log10(size) // 3))
        value = size / 1000**power
        return f"{value:.{0 if value >= 100 else 1}f} {_UNITS[power]}"

    def duration(self, seconds: float | None) -> str:
        """Hours, minutes and seconds, as a clock shows them."""
        if seconds is None:
            return self("none")
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def moment(self, utc: str | None, *, seconds: bool = True, offset: bool = True) -> str:
        """A moment of the station (RFC 3339, UTC) in the station's zone, with its offset."""
        found = self.local(utc)
        if found is None:
            return self("none")
        text = found.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
        return f"{text} {_offset(found)}" if offset else text

    def day(self, utc: str | None) -> str:
        """The day of a moment in the station's zone, with the day of the week."""
        found = self.local(utc)
        if found is None:
            return self("none")
        return f"{found:%Y-%m-%d} {_LOCALES[self.language].dayName(found.isoweekday(), QLocale.FormatType.ShortFormat)}"

    def local(self, utc: str | None) -> datetime | None:
        """A moment in the station's zone."""
        return None if not utc else datetime.fromisoformat(utc).astimezone(self.zone)

    def or_none(self, value: object) -> str:
        """Untrusted text as one line; a dash where there is nothing."""
        return self("none") if value is None or value == "" else plain(value)

    # Widgets

    def put(self, widget: QObject, code: str, into: str = "setText", **fields: Any) -> None:
        """Give a widget a text that follows the language. ``into``: the method that takes it, once a kind of text and widget."""
        self.follow(widget, into, lambda one: getattr(one, into)(self(code, **fields)))

    def name(self, widget: QWidget, code: str, **fields: Any) -> None:
        """What a widget without a text of its own is called, for whoever hears the window and for whoever hovers."""
        self.put(widget, code, "setAccessibleName", **fields)
        self.put(widget, code, "setToolTip", **fields)

    def follow(self, widget: QObject, what: str, show: Callable[[Any], None]) -> None:
        """Show something now, and again when the language or the zone changes. ``what``: replaces what was followed under that name."""
        held = weakref.ref(widget)

        def again() -> None:
            found = held()
            if found is not None and shiboken6.isValid(found):
                show(found)

        self._bound.setdefault(widget, {})[what] = again
        again()

    def plainly(self, widget: QObject, text: str, into: str = "setText") -> None:
        """Give a widget a text that is the same in both languages: a number, somebody's own words."""
        self._bound.get(widget, {}).pop(into, None)
        getattr(widget, into)(text)

    # Switching

    def speak(self, language: str) -> None:
        """Speak another language from now on."""
        if language not in LANGUAGES or language == self.language:
            return
        self.language = language
        self._install()
        self._again()

    def live_in(self, zone: tzinfo) -> None:
        """Show moments in this zone from now on."""
        if str(zone) != str(self.zone):
            self.zone = zone
            self._again()

    def _again(self) -> None:
        for bound in list(self._bound.values()):
            for show in list(bound.values()):
                show()
        self.changed.emit()

    def _install(self) -> None:
        QLocale.setDefault(_LOCALES[self.language])
        app = QApplication.instance()
        if app is None:
            return
        if self._qt is not None:
            app.removeTranslator(self._qt)
            self._qt = None
        if self.language == "zh":  # English is Qt's own
            translator = QTranslator(self)
            if translator.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
                app.installTranslator(translator)
                self._qt = translator


_VOCABULARY: tuple[Mapping[str, tuple[str, str]], ...] = tuple(
    table for name, table in vars(vocabulary).items() if name.isupper() and isinstance(table, dict)
)


def _offset(moment: datetime) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
