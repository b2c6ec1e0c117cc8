"""How far long work is: what it does, how much is done of how much, about how long it still takes; and a way to wait no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QFrame, QProgressBar

from gui.look import kind
from gui.parts.basics import Looks, button, column, label, row
from gui.words import Words
from station.commands import Progress
from station.messages import PHRASES

HALF_LIFE = 5.0
"""Seconds after which a speed counts half: an average over all that was is wrong when the disk is busy now."""


class Meter(QFrame):
    """Progress of one piece of work. Its bar has never a percentage alone: the numbers stand beside it."""

    def __init__(self, looks: Looks, cancel: Callable[[], object]) -> None:
        super().__init__()
        self._looks = looks
        kind(self, "card")
        self._what = label(looks, "loading", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        looks.words.put(self._bar, "progress-name", "setAccessibleName")
        self._numbers = label(looks, of="muted")
        self._cancel = button(looks, "cancel", cancel)
        self.setLayout(column(self._what, self._bar, row(self._numbers, None, self._cancel), margins=(14, 10, 14, 10)))
        self._begun()

    def _begun(self) -> None:
        self._bar.setRange(0, 0)
        self._at: tuple[str, float, int] | None = None
        self._speed: float | None = None
        self._looks.words.plainly(self._numbers, "")

    def begin(self, code: str = "loading", **fields: Any) -> None:
        """Something begins."""
        self._begun()
        self._looks.words.put(self._what, code, **fields)
        self.show()

    def tell(self, progress: Progress) -> None:
        """It has come so far."""
        words, now = self._looks.words, time.monotonic()
        if f"progress-{progress.what}" in PHRASES:
            words.follow(self._what, "setText", lambda one: one.setText(_stage(words, progress)))
        if self._at is None or self._at[0] != progress.what:
            self._speed = None
        elif now - self._at[1] > 0.05 and progress.done > self._at[2]:
            speed = (progress.done - self._at[2]) / (now - self._at[1])
            weight = 0.5 ** ((now - self._at[1]) / HALF_LIFE)
            self._speed = speed if self._speed is None else self._speed * weight + speed * (1 - weight)
        self._at = (progress.what, now, progress.done)
        self._bar.setRange(0, 1000 if progress.total else 0)
        self._bar.setValue(round(1000 * progress.done / progress.total) if progress.total else 0)
        big = progress.total >= 1 << 20
        show = words.bytes if big else words.number
        done, total, left = show(progress.done), show(progress.total), show(progress.total - progress.done)
        if self._speed:
            seconds = (progress.total - progress.done) / self._speed
            words.follow(
                self._numbers,
                "setText",
                lambda one: one.setText(words("progress-left", left=left, time=words.duration(seconds))),
            )
        else:
            words.put(self._numbers, "progress-of", done=done, total=total)


def _stage(words: Words, progress: Progress) -> str:
    """The station's own sentence about a stage."""
    left = max(0, progress.total - progress.done)
    shown = {name: words.bytes(value) for name, value in (("done", progress.done), ("total", progress.total), ("left", left))}
    counted = {"done_items": progress.done, "total_items": progress.total}
    return words(f"progress-{progress.what}", subject=progress.subject, **shown, **counted)
