"""What a screen is: a widget with a few calls, made when it is first shown, that knows :class:`~gui.here.Here` and nothing of other screens.

The frame calls :meth:`Screen.entered` when it is shown and :meth:`Screen.left` when another one is; then answers that still come are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from gui.here import Here
from gui.link import Change


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a screen. ``keys``: as Qt writes them (``Ctrl+B``, ``/``); ``word``: what menu and key card say; ``does``: the method's name.

    A key that a line edit understands (a letter, Ctrl+Z) is the line's while one writes in it.
    """

    keys: str
    word: str
    does: str


class Screen(QWidget):
    """A screen."""

    KEYS: tuple[Key, ...] = ()

    def __init__(self, here: Here) -> None:
        super().__init__()
        self.here = here
        self.asks = here.link.asker()
        self.setProperty("kind", "page")

    def entered(self, **what: Any) -> None:
        """It is shown from now on. ``what``: what is to be shown of it, as whoever goes there says."""

    def left(self) -> None:
        """It is shown no more. What overrides this calls it, too."""
        self.asks.drop()

    def back(self) -> None:
        """The station answers again: ask anew for what is shown."""

    def heard(self, changes: tuple[Change, ...]) -> None:
        """Something changed at the station."""

    def first(self) -> QWidget | None:
        """What gets the keyboard when it is shown; None: whatever comes first."""
        return None

    def shortcuts(self) -> tuple[tuple[Key, Callable[[], object]], ...]:
        """Its keys with what they do."""
        return tuple((key, getattr(self, key.does)) for key in self.KEYS)
