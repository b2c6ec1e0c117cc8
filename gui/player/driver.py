"""Driving an engine by frames: shuttle, step, and seek in two phases; which frame is on the screen is read from what the engine shows.

Rules kept here:

* while a place is dragged, the key frame before it is shown at once, and the exact frame once it rests;
* one seek is under way at a time, and only the newest of those that wait follows it;
* backwards is steps by the clock: no engine is ever told to play at a rate of 0 or below;
* what goes fast is shown by the light copy, where the other one is too heavy for it; standing still, it is the other one again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from gui.player.engine import Engine
from gui.player.frames import Index, Times

RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
FAST = 4.0
"""From here on the light copy is played."""
SETTLES_MS = 160
BACK_MS = 100
LATE_MS = 1500
"""After so long a seek that shows nothing is given up."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file to play. ``of``: which one (``original``, ``working-copy``, ``proxy``, a derivative); ``heavy``: too much to be played fast."""

    of: str
    address: str
    heavy: bool = False


class Driver(QObject):
    """What plays a clip."""

    changed = Signal()
    """Place, rate or copy."""
    pictured = Signal(QImage)
    failed = Signal()

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        engine.pictured, engine.ended, engine.failed = self._came, self._ended, self.failed.emit
        self.index: Index | None = None
        self.length_us = 0
        self.place_us = 0
        self.rate = 0.0
        self.main: Copy | None = None
        self.light: Copy | None = None
        self.now: Copy | None = None
        self._zero: int | None = None
        self._rest = 0
        self._asked: int | None = None
        self._next: int | None = None
        self._since = 0.0
        self._settle = self._timer(SETTLES_MS, self._settled, once=True)
        self._back = self._timer(BACK_MS, self._step_back)
        self._late = self._timer(LATE_MS, self._arrived, once=True)

    def _timer(self, interval: int, does: Callable[[], None], *, once: bool = False) -> QTimer:
        made = QTimer(self)
        made.setInterval(interval)
        made.setSingleShot(once)
        made.timeout.connect(does)
        return made

    # What is played

    def open(self, main: Copy, light: Copy | None, index: Index | None, length_us: int, at_us: int = 0) -> None:
        """Stand at a place of a clip. ``length_us``: what is known of it where there is no index."""
        self.halt()
        self.main, self.light, self.index = main, light, index
        self.length_us = length_us if index is None else index.times.middle(len(index.times) - 1)
        self.place_us = at_us
        self._take(main)

    def close(self) -> None:
        """Nothing is played any more."""
        self.halt()
        self.main = self.light = self.now = self.index = None
        self._engine.close()

    def halt(self) -> None:
        """Nothing moves by itself; what was asked is forgotten."""
        for timer in (self._settle, self._back, self._late):
            timer.stop()
        self.rate, self._asked, self._next = 0.0, None, None

    def _take(self, copy: Copy) -> None:
        self.now, self._zero, self._asked, self._next = copy, None, None, None
        self._engine.open(copy.address)

    def renewed(self, main: Copy, light: Copy | None) -> None:
        """The same files at other addresses: go on where it stands."""
        self.main, self.light = main, light
        self.halt()
        self._take(main)
        self.changed.emit()

    # Where it stands

    @property
    def frame(self) -> int | None:
        """The number of the frame that is shown, from 0; None where no index says it."""
        return None if self.index is None else self.index.times.nearest(self.place_us)

    @property
    def pts(self) -> int | None:
        """Its time stamp in the original."""
        return None if self.index is None else self.index.pts[self.index.times.nearest(self.place_us)]

    def _times(self) -> Times | None:
        return None if self.index is None or self.now is None else self.index.times_in(self.now.of)

    # What is asked for

    def toggle(self) -> None:
        """Play, or stand still."""
        if self.rate:
            self.stop()
        else:
            if self.place_us >= self.length_us - 100_000:
                self.seek_us(0)
            self.go(1.0)

    def stop(self) -> None:
        """Stand still on the frame that is shown."""
        if self.rate:
            self.go(0.0)

    def shuttle(self, way: int) -> None:
        """J and L: begin in that direction, and each time again twice as fast."""
        faster = [one for one in RATES if one > abs(self.rate)]
        self.go(way * (1.0 if self.rate * way <= 0 else faster[0] if faster else RATES[-1]))

    def go(self, rate: float) -> None:
        """At this rate from now on; below 0 backwards, 0: stand still."""
        if not self._engine.plays:
            return
        self._settle.stop()
        self.rate = rate
        self._since = monotonic()
        wanted = (
            self.light
            if abs(rate) >= FAST and self.light is not None and self.main is not None and self.main.heavy
            else self.main
        )
        if rate <= 0:
            self._engine.pause()
        if wanted is not None and wanted is not self.now:
            self._take(wanted)
        elif rate > 0:
            self._engine.play(rate)
        elif self.frame is not None:
            self.seek(self.frame)
        self._engine.mute(abs(rate) != 1.0)
        if rate < 0:
            self._back.start()
        else:
            self._back.stop()
        self.changed.emit()

    def step(self, by: int) -> None:
        """So many frames on or back, standing still."""
        self.stop()
        if self.index is None:
            self.seek_us(self.place_us + by * 40_000)  # without time stamps a step is a step in time, and no number is shown
            return
        frame = self._target_frame()
        self.seek(min(max(0, frame + by), len(self.index.times) - 1))

    def _target_frame(self) -> int:
        """Where it will stand when what was asked is shown: steps that come faster than pictures count all the same."""
        target = self._next if self._next is not None else self._asked
        return target if target is not None and self.index is not None else self.frame or 0

    def skip(self, us: int) -> None:
        """So far on or back."""
        self.seek_us(self.place_us + us)

    def seek_us(self, us: int) -> None:
        """Show what is on the screen so long after the first frame."""
        us = min(max(0, us), self.length_us)
        self._move(us if self.index is None else self.index.times.at(us))

    def seek(self, frame: int) -> None:
        """Show a frame."""
        self._move(frame)

    def drag(self, us: int) -> None:
        """Somebody looks for a place: something near it now, the place itself once it rests."""
        us = min(max(0, us), self.length_us)
        if self.rate:
            self.go(0.0)
        self._rest = us
        self._settle.start()
        if self.index is not None:
            self._move(self.index.key_before(self.index.times.at(us)))

    def settle(self) -> None:
        """It rests."""
        if self._settle.isActive():
            self._settle.stop()
            self._settled()

    def _settled(self) -> None:
        self.seek_us(self._rest)

    # What becomes of it

    def _move(self, target: int) -> None:
        """``target``: a frame; without an index a moment in microseconds."""
        if self._asked is not None:
            self._next = target
            return
        self._asked = target
        times = self._times()
        self._late.start()
        self._engine.seek((self._zero or 0) + (target if times is None else times.middle(target)))

    def _came(self, image: QImage, us: int) -> None:
        if self.now is None:
            return
        if self._zero is None:
            self._begun(image, us)
            return
        times, index = self._times(), self.index
        shown = us - self._zero
        self.place_us = shown if times is None or index is None else index.times.starts[times.nearest(shown)]
        self.pictured.emit(image)
        self._arrived()
        self.changed.emit()

    def _begun(self, image: QImage, us: int) -> None:
        """The first picture of a file: its time line is known now, whatever stands at its 0 (sound often begins before the picture)."""
        self._zero = us
        if self.place_us == 0:
            self.pictured.emit(image)
        rate, place = self.rate, self.place_us
        self.seek_us(place)
        if rate > 0:
            self._engine.play(rate)

    def _arrived(self) -> None:
        self._late.stop()
        following, self._asked, self._next = self._next, None, None
        if following is not None:
            self._move(following)

    def _step_back(self) -> None:
        now = monotonic()
        passed, self._since = now - self._since, now
        if self._asked is not None:
            self._since -= passed  # the picture before is not there yet: this time counts for the next one
            return
        self.seek_us(round(self.place_us + self.rate * passed * 1_000_000))
        if self.place_us <= 0:
            self.go(0.0)

    def _ended(self) -> None:
        self.rate = 0.0
        if self.index is not None:
            self.seek(len(self.index.times) - 1)  # some files end on black: the last frame is what there is to see
        self.changed.emit()
