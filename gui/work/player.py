"""A clip frame by frame: picture, time line, and keys. What is looked at is asked of the station, which writes down each look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget

from gui.here import Here
from gui.link import Problem
from gui.look import kind
from gui.parts.asking import ask_approval, ask_reason
from gui.parts.basics import button, chip, column, holding, icon_button, label, row
from gui.parts.states import Stage
from gui.player import engine as engines
from gui.player import opening, stills
from gui.player.driver import RATES, Driver
from gui.player.engine import Engine, NoEngine
from gui.player.opening import Opened
from gui.player.picture import Picture
from gui.player.strip_engine import StripEngine
from gui.player.timeline import Strip, Timeline
from gui.screen import Key, Screen

SECOND = 1_000_000
LIGHT_STEP = 20
AHEAD_S = 60
"""So long before tickets end, others are asked for."""


class Player(Screen):
    """One clip."""

    KEYS = (
        Key("K", "player-play", "toggle"),
        Key("J", "player-back", "backwards"),
        Key("L", "player-forth", "forwards"),
        Key("[", "player-slower", "slower"),
        Key("]", "player-faster", "faster"),
        Key(",", "player-frame-back", "frame_back"),
        Key(".", "player-frame-forth", "frame_forth"),
        Key("Shift+Left", "player-second-back", "second_back"),
        Key("Shift+Right", "player-second-forth", "second_forth"),
        Key("Home", "player-first", "to_first"),
        Key("End", "player-last", "to_last"),
        Key("I", "player-in", "mark_in"),
        Key("O", "player-out", "mark_out"),
        Key("X", "player-unmark", "unmark"),
        Key("S", "player-snapshot", "snapshot"),
        Key("Shift+S", "player-cut", "cut_out"),
        Key("R", "player-turn", "turn"),
        Key("B", "player-lighter", "lighter"),
        Key("Shift+B", "player-darker", "darker"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.clip: str | None = None
        self._at_us = 0
        self._reason: str | None = None
        self._opened: Opened | None = None
        self._why_not: str | None = None
        try:
            self._engine: Engine = engines.made()
        except NoEngine as error:
            self._engine, self._why_not = StripEngine(), str(error)
        self.driver = Driver(self._engine, self)
        self.picture = Picture(here)
        self.timeline = Timeline(here)
        self._name = label(here, "page-player", "title")
        self._copy = chip(here)
        self._clock = label(here, of="heading")
        self._place = label(here, of="muted")
        self._number = label(here, of="heading")
        self._rate = chip(here, "player-still", "quiet")
        self._range = label(here, of="muted")
        self._view = label(here, of="muted")
        self._hover = _Hover(here, self)
        self.stage = Stage(here, self._content(), self._open)
        self.setLayout(column(row(self._name, self._copy, None), self.stage, margins=(16, 12, 16, 16), free=1))
        self._renewal = QTimer(self)
        self._renewal.setSingleShot(True)
        self._renewal.timeout.connect(self._renew)
        self._copy.hide()
        self._connect()
        self._nothing()

    def _content(self) -> QWidget:
        here = self.here
        clock = row(self._clock, self._place, None, self._number)
        transport = row(
            icon_button(here, "player-back", self.backwards, "rewind"),
            icon_button(here, "player-frame-back", self.frame_back, "left"),
            icon_button(here, "player-play", self.toggle, "play"),
            icon_button(here, "player-frame-forth", self.frame_forth, "right"),
            icon_button(here, "player-forth", self.forwards, "forward"),
            self._rate,
            self._view,
            None,
            self._range,
            icon_button(here, "player-in", self.mark_in, "mark-in"),
            icon_button(here, "player-out", self.mark_out, "mark-out"),
            icon_button(here, "player-cut", self.cut_out, "scissors"),
            icon_button(here, "player-turn", self.turn, "redo"),
            icon_button(here, "player-darker", self.darker, "moon"),
            icon_button(here, "player-lighter", self.lighter, "sun"),
            button(here, "player-snapshot", self.snapshot, picture="camera"),
            space=6,
        )
        return holding(column(self.picture, clock, self.timeline, transport, free=0))

    def _connect(self) -> None:
        self.picture.pressed.connect(self.toggle)
        self.timeline.played.connect(self.toggle)
        self.timeline.sought.connect(self.driver.drag)
        self.timeline.rested.connect(self.driver.settle)
        self.timeline.hovered.connect(self._hovered)
        self.driver.pictured.connect(self._pictured)
        self.driver.changed.connect(self._stands)
        self.driver.failed.connect(self._unplayable)
        self.here.words.changed.connect(self._stands)

    # Coming and going

    def entered(self, clip: str | None = None, **_what: Any) -> None:
        if clip is not None and clip != self.clip:
            self.clip, self._reason, self._at_us = clip, None, 0
            self._open()
        elif self.clip is None:
            self._nothing()
        elif self._opened is None:
            self._open()

    def left(self) -> None:
        self.driver.stop()
        self._hover.hide()
        super().left()

    def back(self) -> None:
        if self.clip is not None:
            self._at_us = self.driver.place_us  # go on where it stood, by another look
            self._open()

    def first(self) -> QWidget:
        return self.picture

    def _nothing(self) -> None:
        way = ("player-to-clips", lambda: self.here.frame.go("clips"))
        self.stage.empty("player-none", "player-none-more", way, picture="film")

    def _open(self) -> None:
        clip, reason, station = self.clip, self._reason, self.here.link.station
        if clip is None:
            return
        self._close()
        self.stage.looking()
        self.asks.work(
            "open",
            lambda client, report: opening.opened(client, station.find().url, clip, reason, report),
            self._came,
            self._wrong,
        )

    def _close(self) -> None:
        self._opened = None
        self._renewal.stop()
        self.driver.close()
        self.picture.show_image(QImage())
        self.timeline.marks_us, self.timeline.range_us = (), (None, None)

    def _came(self, found: Opened) -> None:
        self._opened = found
        words = self.here.words
        words.plainly(self._name, words.or_none(found.clip["path"]))
        self._show_beside(found)
        self._say_what_is_wrong()
        self.stage.content()
        length = round((found.clip["duration"] or 0) * SECOND)
        self.driver.open(found.main, found.light, found.index, length, self._at_us)
        self.timeline.show_clip(self.driver.length_us, self.timeline.strip, found.wave)
        self._renew_before(found)
        self._stands()
        self._make_missing(found)

    def _show_beside(self, found: Opened) -> None:
        strip = None if found.strip is None else Strip.read(*found.strip)
        if isinstance(self._engine, StripEngine):
            self._engine.strip = strip
        self.timeline.show_clip(self.driver.length_us, strip, found.wave)

    def _make_missing(self, found: Opened) -> None:
        """What is not there yet is made while the clip plays. Not for an auditor: each look of his takes an approval."""
        if self._reason is not None or found.clip["kept_in"] != "vault":
            return
        for what in found.missing:
            self._make(found, what)

    def _make(self, found: Opened, what: str) -> None:
        clip = found.clip["id"]
        self.asks.work(what, lambda client, _report: opening.made_later(client, clip, what, found), self._show_beside)

    def _wrong(self, problem: Problem) -> None:
        if problem.code == "reason-needed":
            self.stage.failed(problem, ("player-open", self._ask_why))
            self._ask_why()
        elif problem.code == "approval-missing" and {"act", "subject"} <= problem.fields.keys():
            act, subject = str(problem.fields["act"]), str(problem.fields["subject"])
            self.stage.failed(problem, ("approval-ask", lambda: ask_approval(self.here, act, subject)))
        else:
            self.stage.failed(problem)

    def _ask_why(self) -> None:
        def said(reason: str) -> None:
            self._reason = reason
            self._open()

        ask_reason(self.here, "player-why", "player-why-more", "player-open", said)

    # Tickets end

    def _renew_before(self, found: Opened) -> None:
        left = datetime.fromisoformat(found.expires_at) - datetime.now(UTC)
        self._renewal.start(max(1, round(left.total_seconds()) - AHEAD_S) * 1000)

    def _renew(self) -> None:
        found, reason, station = self._opened, self._reason, self.here.link.station
        if found is None or not self.isVisible():
            self._close()  # whoever comes back looks again, and that is written down
            return
        self.asks.work(
            "renew",
            lambda client, _report: opening.renewed(client, station.find().url, found, reason),
            self._renewed,
            self._wrong,
        )

    def _renewed(self, found: Opened) -> None:
        self.driver.renewed(found.main, found.light)
        self._renew_before(found)

    # What is shown

    def _pictured(self, image: QImage) -> None:
        self.picture.show_image(image)

    def _stands(self) -> None:
        words, driver, found = self.here.words, self.driver, self._opened
        if found is None:
            self._copy.hide()
            return
        self.timeline.stand(driver.place_us)
        at, length = driver.place_us, driver.length_us
        words.plainly(self._clock, self._moment(at))
        words.put(self._place, "player-time", at=clock_of(at), length=clock_of(length))
        frame = driver.frame
        if frame is None or driver.index is None:
            words.plainly(self._number, "")
        else:
            words.put(self._number, "player-frame", frame=words.number(frame + 1), frames=words.number(len(driver.index.times)))
        if driver.rate:
            words.put(self._rate, "player-rate", rate=f"{driver.rate:g}")
        else:
            words.put(self._rate, "player-still")
        kind(self._rate, "chip", "info" if driver.rate else "quiet")
        if driver.now is not None:
            words.put(self._copy, f"player-of-{driver.now.of}")
            self._copy.show()

    def _moment(self, us: int) -> str:
        """The frame's moment in the station's zone, as far as the clip says when it began."""
        assert self._opened is not None
        began = self._opened.clip["recorded_at"]
        if began is None:
            return self.here.words("player-no-clock")
        moment = datetime.fromisoformat(began) + timedelta(microseconds=us)
        day, _, offset = self.here.words.moment(moment.isoformat()).rpartition(" ")
        return f"{day}.{moment.microsecond // 1000:03} {offset}"

    def _say_what_is_wrong(self) -> None:
        words, found = self.here.words, self._opened
        if self._why_not is not None:
            words.follow(self.picture, "say", lambda one: one.say(words("player-no-engine", why=self._why_not)))
        elif found is not None and found.index is None:
            words.follow(self.picture, "say", lambda one: one.say(words("player-no-index")))
        else:
            words.plainly(self.picture, "", "say")

    def _unplayable(self) -> None:
        """The engine gave up: what the strip shows is left, and the exact frame from the station."""
        words = self.here.words
        words.put(self.picture, "player-unplayable", "say")
        if self.timeline.strip is not None:
            self.picture.show_image(self.timeline.strip.near(self.driver.place_us).toImage())

    def _hovered(self, us: int) -> None:
        if us < 0 or self._opened is None:
            self._hover.hide()
        else:
            self._hover.show_at(self.timeline, us)

    # What keys do

    def toggle(self) -> None:
        """Play, or stand still."""
        self.driver.toggle()

    def backwards(self) -> None:
        """Backwards; again: faster."""
        self.driver.shuttle(-1)

    def forwards(self) -> None:
        """Forwards; again: faster."""
        self.driver.shuttle(1)

    def slower(self) -> None:
        """The next rate below."""
        self._rated(-1)

    def faster(self) -> None:
        """The next rate above."""
        self._rated(1)

    def _rated(self, by: int) -> None:
        rate = self.driver.rate
        if not rate:
            self.driver.go(RATES[0] if by < 0 else 1.0)
            return
        place = min(max(RATES.index(abs(rate)) + by, 0), len(RATES) - 1)
        self.driver.go(RATES[place] * (1 if rate > 0 else -1))

    def frame_back(self) -> None:
        """One frame back."""
        self.driver.step(-1)

    def frame_forth(self) -> None:
        """One frame on."""
        self.driver.step(1)

    def second_back(self) -> None:
        """A second back."""
        self.driver.skip(-SECOND)

    def second_forth(self) -> None:
        """A second on."""
        self.driver.skip(SECOND)

    def to_first(self) -> None:
        """The first frame."""
        self.driver.seek_us(0)

    def to_last(self) -> None:
        """The last frame."""
        self.driver.seek_us(self.driver.length_us)

    def mark_in(self) -> None:
        """The range begins with this frame."""
        last = self.timeline.range_us[1]
        place = self.driver.place_us
        self._ranged(place, None if last is not None and last < place else last)

    def mark_out(self) -> None:
        """The range ends with this frame."""
        first = self.timeline.range_us[0]
        place = self.driver.place_us
        self._ranged(None if first is not None and first > place else first, place)

    def unmark(self) -> None:
        """No range."""
        self._ranged(None, None)

    def _ranged(self, first: int | None, last: int | None) -> None:
        self.timeline.range_us = (first, last)
        self.timeline.update()
        if first is None and last is None:
            self.here.words.plainly(self._range, "")
        else:
            dash = self.here.words("none")
            shown = [dash if one is None else clock_of(one) for one in (first, last)]
            self.here.words.put(self._range, "player-range", first=shown[0], last=shown[1])

    def snapshot(self) -> None:
        """The frame that is shown, taken from the original by the station."""
        if self.clip is not None and self._opened is not None:
            stills.snapshot(self.here, self.asks, self.clip, self._named(self.driver.place_us))

    def cut_out(self) -> None:
        """The range, as a file."""
        first, last = self.timeline.range_us
        if self.clip is None or first is None or last is None:
            self.here.frame.say("player-no-range", "info")
            return
        stills.cut_out(self.here, self.asks, self.clip, self._named(first), self._named(last))

    def _named(self, us: int) -> str:
        """A frame as the station names it: by its time stamp in the original."""
        index = self.driver.index
        return f"{us // 1000}ms" if index is None else f"pts:{index.pts[index.times.nearest(us)]}"

    def turn(self) -> None:
        """A quarter to the right, for the eye."""
        self.picture.turn()
        self._viewed()

    def lighter(self) -> None:
        """Lighter, for the eye."""
        self.picture.lit(self.picture.light + LIGHT_STEP)
        self._viewed()

    def darker(self) -> None:
        """Darker, for the eye."""
        self.picture.lit(self.picture.light - LIGHT_STEP)
        self._viewed()

    def _viewed(self) -> None:
        picture, words = self.picture, self.here.words
        parts = [f"{picture.turned}°"] * bool(picture.turned) + [f"{picture.light:+d} %"] * bool(picture.light)
        words.plainly(self._view, "  ".join(parts))
        words.put(self._view, "player-view-only", "setToolTip")


class _Hover(QLabel):
    """What lies under the pointer on the time line: the strip's picture and the moment."""

    def __init__(self, here: Here, parent: QWidget) -> None:
        super().__init__(parent)
        self._here, self._page = here, parent
        self._text = label(here, of="chip")
        self._text.setParent(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, line: Timeline, us: int) -> None:
        """Show what is there at a moment, above the line."""
        words, parent = self._here.words, self._page
        words.plainly(self._text, clock_of(us))
        self._text.adjustSize()
        above = line.mapTo(parent, QPoint(round(line.x_of(us)), 0))
        top = above.y() - self._text.height() - 4
        if line.strip is not None and not line.strip.whole.isNull():
            picture = line.strip.near(us)
            self.setPixmap(picture)
            self.resize(picture.size())
            top -= picture.height()
            self.move(_within(above.x() - picture.width() // 2, picture.width(), parent), top)
            self.show()
            self.raise_()
            top += picture.height()
        self._text.move(_within(above.x() - self._text.width() // 2, self._text.width(), parent), top + 2)
        self._text.show()
        self._text.raise_()

    def hide(self) -> None:
        """Both."""
        self._text.hide()
        super().hide()


def _within(x: int, width: int, parent: QWidget) -> int:
    return min(max(0, x), parent.width() - width)


def clock_of(us: int) -> str:
    """Hours, minutes, seconds and milliseconds."""
    milliseconds = us // 1000
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
