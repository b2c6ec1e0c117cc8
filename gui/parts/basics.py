"""Small parts, made with their text, icon and accessible name at once, so that none of the three is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.look import kind
from gui.parts.icons import icon, pixmap
from gui.theme import Theme
from gui.words import Words


class Looks(Protocol):
    """What a part needs to speak and to look."""

    @property
    def words(self) -> Words: ...
    @property
    def theme(self) -> Theme: ...


def label(
    looks: Looks, code: str | None = None, of: str = "", *, wrap: bool = False, tone: str | None = None, **fields: Any
) -> QLabel:
    """A text. ``of``: its kind (``title``, ``heading``, ``muted``, ``fixed``). What is selected can be copied."""
    made = QLabel()
    kind(made, of, tone)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)  # what comes from cards and people is text, never markup
    if code is not None:
        looks.words.put(made, code, **fields)
    return made


def chip(looks: Looks, code: str | None = None, tone: str | None = None, **fields: Any) -> QLabel:
    """A word on a ground of its tone."""
    made = label(looks, code, "chip", tone=tone, **fields)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def button(
    looks: Looks, code: str, pressed: Callable[[], object], of: str = "", picture: str | None = None, **fields: Any
) -> QPushButton:
    """A button with a word, and an icon if one is named. ``of``: its kind."""
    made = QPushButton()
    kind(made, of)
    made.setAutoDefault(False)
    looks.words.put(made, code, **fields)
    looks.words.put(made, code, "setAccessibleName", **fields)
    if picture is not None:
        token = {"primary": "on_accent", "danger": "on_bad", "touch-primary": "on_accent"}.get(of, "text")
        pictured(looks, made, picture, token, 28 if of.startswith("touch") else 16)
    made.clicked.connect(lambda _checked=False: pressed())
    return made


def icon_button(looks: Looks, code: str, pressed: Callable[[], object], picture: str, **fields: Any) -> QToolButton:
    """A button that is an icon alone: its word is its tip and its name."""
    made = QToolButton()
    kind(made, "flat")
    looks.words.name(made, code, **fields)
    pictured(looks, made, picture, "text", 18)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.clicked.connect(lambda _checked=False: pressed())
    return made


def pictured(looks: Looks, widget: QPushButton | QToolButton, picture: str, token: str, pixels: int) -> None:
    """Give a button an icon that follows the theme."""

    def show(*_: object) -> None:
        widget.setIcon(icon(looks.theme, picture, token))
        size = looks.theme.px(pixels)
        widget.setIconSize(QSize(size, size))

    show()
    looks.theme.changed.connect(show, Qt.ConnectionType.AutoConnection)
    widget.destroyed.connect(lambda: _disconnect(looks.theme, show))


def _disconnect(theme: Theme, show: Callable[..., None]) -> None:
    try:
        theme.changed.disconnect(show)
    except (RuntimeError, TypeError):
        return  # the theme went first


class Picture(QLabel):
    """An icon that stands by itself. It says nothing: the word beside it does."""

    def __init__(self, looks: Looks, name: str, token: str = "text", pixels: int = 24) -> None:  # noqa: S107  # the name of a colour
        super().__init__()
        self._looks, self._name, self._token, self._pixels = looks, name, token, pixels
        looks.theme.changed.connect(self._show)
        self._show()

    def show_icon(self, name: str, token: str) -> None:
        """Another icon from now on."""
        self._name, self._token = name, token
        self._show()

    def _show(self) -> None:
        size = self._looks.theme.px(self._pixels)
        self.setPixmap(pixmap(self._name, size, self._looks.theme.colour(self._token), self.devicePixelRatioF()))
        self.setFixedSize(size, size)


def line_edit(looks: Looks, code: str, of: str = "", *, secret: bool = False) -> QLineEdit:
    """A line to type into; its name stands in it while it is empty."""
    made = QLineEdit()
    kind(made, of)
    looks.words.put(made, code, "setAccessibleName")
    looks.words.put(made, code, "setPlaceholderText")
    if secret:
        made.setEchoMode(QLineEdit.EchoMode.Password)
        made.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
    return made


def row(
    *parts: QWidget | QLayout | None, space: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0), free: int | None = None
) -> QHBoxLayout:
    """Parts beside each other. None: what is free goes there. ``free``: the number of the part that takes it."""
    made = QHBoxLayout()
    _fill(made, parts, space, margins, free)
    return made


def column(
    *parts: QWidget | QLayout | None, space: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0), free: int | None = None
) -> QVBoxLayout:
    """Parts below each other. None: what is free goes there. ``free``: the number of the part that takes it."""
    made = QVBoxLayout()
    _fill(made, parts, space, margins, free)
    return made


def _fill(
    made: QBoxLayout,
    parts: tuple[QWidget | QLayout | None, ...],
    space: int,
    margins: tuple[int, int, int, int],
    free: int | None,
) -> None:
    made.setSpacing(space)
    made.setContentsMargins(*margins)
    for part in parts:
        if part is None:
            made.addStretch(1)
        elif isinstance(part, QLayout):
            made.addLayout(part)
        else:
            made.addWidget(part)
    if free is not None:
        made.setStretch(free, 1)


def holding(layout: QLayout, of: str | None = None) -> QFrame:
    """A frame with a layout in it. ``of``: its kind (``card``, ``bar``, ``side``)."""
    made = QFrame()
    if of is not None:
        kind(made, of)
    made.setLayout(layout)
    return made


def scrolled(inner: QWidget) -> QScrollArea:
    """Something that is as high as it wants to be, in what room there is."""
    made = QScrollArea()
    inner.setProperty("kind", "scrolled")
    made.setWidget(inner)
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made
