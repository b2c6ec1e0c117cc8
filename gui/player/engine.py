"""What plays: the small interface behind which an engine stands, and the one there is.

An engine shows frames of one file at a time. It is told moments on the file's own time line, in microseconds, and says of each picture when it begins
there; which frame that is, is not its business. Another one (mpv, PyAV) takes the place of Qt's by these few calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtGui import QImage

Pictured = Callable[[QImage, int], None]
"""A picture, and when it begins on the file's time line, in microseconds."""


class Engine(Protocol):
    """One file that is played. Every call comes from the window's thread, and what it tells comes there."""

    plays: bool
    """Whether it can go on by itself; one that cannot shows single pictures."""
    pictured: Pictured
    ended: Callable[[], None]
    """It played to the end."""
    failed: Callable[[], None]
    """The file cannot be played, or not any more."""

    def open(self, address: str) -> None:
        """Take another file, stand at its beginning and show that."""

    def close(self) -> None:
        """Let go of it."""

    def seek(self, us: int) -> None:
        """Show what is on the screen at this moment."""

    def play(self, rate: float) -> None:
        """Go on by itself. ``rate`` above 0."""

    def pause(self) -> None:
        """Stand still."""

    def mute(self, quiet: bool) -> None:
        """With or without sound."""


class NoEngine(Exception):  # it says what there is not
    """No engine can be had here; what is missing is the text."""


def made() -> Engine:
    """The engine of this machine. Raises :class:`NoEngine`."""
    try:
        from gui.player.qt_engine import QtEngine
    except ImportError as error:  # Qt's own parts beyond the essential ones are a package of their own
        raise NoEngine(str(error)) from error
    return QtEngine()
