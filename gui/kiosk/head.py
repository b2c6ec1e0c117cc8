"""The kiosk's head: which station, the clock and whether it is right, room in days, the line and what waits; language, and who is there."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel

from gui.link import Link, LinkState
from gui.look import kind
from gui.parts.basics import Looks, Picture, button, label, row
from ingest.errors import ZoneUnknown
from ingest.times import station_zone

FEW_DAYS = 7
"""With less room than this the head says so in its colour."""


class Head(QFrame):
    """The bar at the top. :meth:`tell` gets what ``/glance`` says."""

    wants_language = Signal()
    wants_out = Signal()

    def __init__(self, looks: Looks, link: Link) -> None:
        super().__init__()
        self._looks, self._link = looks, link
        kind(self, "bar")
        self._ahead = timedelta()
        self._name: QLabel = label(looks, "program", "heading")
        self._time: QLabel = label(looks, of="title")
        self._clock_picture, self._clock = Picture(looks, "clock", "muted", 22), label(looks)
        self._disk_picture, self._disk = Picture(looks, "disk", "muted", 22), label(looks)
        self._line_picture, self._line = Picture(looks, "link", "muted", 22), label(looks)
        self._who = label(looks, of="heading")
        self.language = button(looks, "language-next", self.wants_language.emit, "touch", "globe")
        self.out = button(looks, "kiosk-lock", self.wants_out.emit, "touch", "sign-out")
        self.setLayout(
            row(
                self._name,
                None,
                self._time,
                *(self._clock_picture, self._clock),
                None,
                *(self._disk_picture, self._disk),
                None,
                *(self._line_picture, self._line),
                None,
                self._who,
                self.out,
                self.language,
                margins=(14, 6, 10, 6),
            )
        )
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._show_time)
        self._tick.start()
        link.state_changed.connect(lambda _state: self._show_link())
        link.person_changed.connect(self._show_person)
        looks.words.changed.connect(self._show_time)
        self._show_time()
        self._show_link()
        self._show_person()

    def tell(self, glance: dict[str, Any]) -> None:
        """How the station is."""
        words = self._looks.words
        with suppress(ZoneUnknown):  # then moments stay in UTC, and say so
            words.live_in(station_zone(glance["time_zone"]))
        self._ahead = datetime.fromisoformat(glance["now"]) - datetime.now(UTC)
        words.plainly(self._name, f"{glance['unit']} · {glance['station']}")
        right = glance["clock"] == "synchronised"
        self._stand(self._clock_picture, self._clock, "clock" if right else "clock-wrong", "" if right else "warn")
        words.put(self._clock, f"kiosk-clock-{glance['clock']}")
        vault = glance["vault"]
        free, days = words.bytes(vault["free_bytes"]), vault["days"]
        few = days is not None and days < FEW_DAYS
        self._stand(self._disk_picture, self._disk, "disk", "bad" if few else "")
        if days is None:
            words.put(self._disk, "kiosk-storage", free=free)
        else:
            words.follow(
                self._disk,
                "setText",
                lambda one: one.setText(words("kiosk-storage-days", free=free, days=words("count-days", n=days))),
            )
        self._glance = glance
        self._show_link()

    _glance: dict[str, Any] | None = None

    def _show_link(self) -> None:
        words, state = self._looks.words, self._link.state
        if state is not LinkState.CONNECTED or self._glance is None:
            self._stand(self._line_picture, self._line, "reload" if state is LinkState.RECONNECTING else "link-off", "warn")
            words.put(self._line, f"link-{state.value}")
            return
        line = self._glance["line"]
        tone = "warn" if line in {"failing", "stopped"} else ""
        self._stand(self._line_picture, self._line, "link-off" if line in {"failing", "none"} else "upload", tone)
        words.put(self._line, f"kiosk-line-{line}", n=words.number(self._glance["queue"]["items"]))

    def _stand(self, picture: Picture, text: QLabel, name: str, tone: str) -> None:
        picture.show_icon(name, tone or "muted")
        kind(text, "heading", tone or None)

    def _show_time(self) -> None:
        now = datetime.now(UTC) + self._ahead
        local = now.astimezone(self._looks.words.zone)
        self._looks.words.plainly(self._time, f"{local:%H:%M:%S}")

    def _show_person(self) -> None:
        person = self._link.person
        there = person is not None and person.signed_in
        self.out.setVisible(there)
        self._who.setVisible(there)
        if person is not None:
            self._looks.words.plainly(self._who, person.name or person.badge or "")
