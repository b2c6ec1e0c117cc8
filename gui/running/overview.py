"""How the station is, on one page: what needs somebody today, each with the way to where it is dealt with; and the facts behind it.

What is shown is what the station says of itself. Clock, room and queue are asked again every minute in nobody's name, so that a window left
open keeps no session alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import button, column, holding, label, row, scrolled
from gui.parts.states import Stage
from gui.running.facts import Fact, Need, Way
from gui.screen import Screen
from gui.words import Words
from station.commands import Status
from station.messages import plain

FEW_DAYS = 14
"""From here on the disk is somebody's business."""
AGAIN_MS = 60_000
DOWN = frozenset({"failing", "stopped"})
ALARMS = Way("alarms", "overview-to-alarms")
DEVICES = Way("registry", "overview-to-devices")
UPLOADS = Way("uploads", "overview-to-uploads")
BOARD = Way("board", "overview-to-board")
LOG = Way("custody", "overview-to-log")
SETTINGS = Way("settings", "overview-to-settings")


class Overview(Screen):
    """The page."""

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self._status: dict[str, Any] = {}
        self._glance: dict[str, Any] = {}
        self._health: dict[str, Any] = {}
        self._where = label(here, of="muted")
        self._needs = QVBoxLayout()
        self._needs.setSpacing(2)
        self.clock = Fact(here, "overview-clock", "clock")
        self.disk = Fact(here, "overview-disk", "disk", UPLOADS)
        self.queue = Fact(here, "overview-queue", "queue", UPLOADS)
        self.log = Fact(here, "overview-log", "log", LOG)
        self.elsewhere = Fact(here, "overview-elsewhere", "shield", LOG)
        self.check = Fact(here, "overview-check", "verify")
        facts = QGridLayout()
        facts.setSpacing(12)
        for number, one in enumerate((self.clock, self.disk, self.queue, self.log, self.elsewhere, self.check)):
            facts.addWidget(one, number // 3, number % 3)
        for number in range(3):
            facts.setColumnStretch(number, 1)
        inner = QWidget()
        inner.setLayout(
            column(
                holding(column(label(here, "overview-needs", "heading"), self._needs, space=8, margins=(16, 12, 16, 14)), "card"),
                facts,
                None,
                space=12,
            )
        )
        self.stage = Stage(here, scrolled(inner), self.back)
        self.setLayout(
            column(
                row(label(here, "page-overview", "title"), None, button(here, "reload", self.back, picture="reload")),
                self._where,
                self.stage,
                margins=(16, 12, 16, 16),
                free=2,
            )
        )
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._look)
        here.words.changed.connect(self._in_other_words)

    def entered(self, **_what: Any) -> None:
        self.back()
        self._again.start()

    def left(self) -> None:
        self._again.stop()
        super().left()

    def back(self) -> None:
        if not self._status:
            self.stage.looking()
        self.asks.ask("status", Status(), lambda answer: self._told(answer.document), self._wrong)
        self.asks.get("health", "/health", self._felt, self._wrong)
        self._look()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name != "slot" for one in changes):
            self.back()

    def _look(self) -> None:
        self.asks.get("glance", "/glance", self._glanced, self._wrong, open_to_all=True)

    def _in_other_words(self) -> None:
        if self._again.isActive():
            QTimer.singleShot(0, self, self.back)  # the station's own sentences come in the language in which it is asked

    def _told(self, status: dict[str, Any]) -> None:
        self._status = status
        self._show()

    def _felt(self, health: dict[str, Any]) -> None:
        self._health = health
        self._show()

    def _glanced(self, glance: dict[str, Any]) -> None:
        self._glance = glance
        self._show()

    def _wrong(self, problem: Problem) -> None:
        if not self._status or not problem.unreachable:  # what was known stays, and the head says that nobody answers
            self.stage.failed(problem)

    def _show(self) -> None:
        if not (self._status and self._glance and self._health):
            return
        words, glance = self.here.words, self._glance
        words.follow(
            self._where,
            "setText",
            lambda one: one.setText(
                words(
                    "overview-where",
                    station=plain(glance["station"]),
                    unit=plain(glance["unit"]),
                    at=words.moment(glance["now"]),
                )
            ),
        )
        while (item := self._needs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        needs = list(self._what_needs_somebody())
        for one in needs or [Need(self.here, "good", lambda: words("overview-nothing"), None)]:
            self._needs.addWidget(one)
        self._show_running()
        self._show_proof()
        self.stage.content()

    def _what_needs_somebody(self) -> Iterator[Need]:
        """Worst first."""
        words, status, glance = self.here.words, self._status, self._glance
        for check in self._health["checks"]:
            if check["outcome"] != "passes":
                tone = "bad" if check["outcome"] == "stops" else "warn"
                yield Need(self.here, tone, partial(str, check["message"]), None)
        for one in self._health["rooms"]:
            if one["state"] in {"failing", "stopped"}:
                yield Need(self.here, "bad", partial(_room, words, one), None)
        counted: tuple[tuple[str, str, int, Way], ...] = (
            ("bad", "overview-need-alarms", glance["alarms"], ALARMS),
            ("warn", "overview-need-quarantined", status["devices"].get("quarantined", 0), DEVICES),
            ("warn", "overview-need-dockings", len(status["open_dockings"]), BOARD),
            ("warn", "overview-need-line", glance["queue"]["items"] if glance["line"] in DOWN else 0, UPLOADS),
        )
        for tone, code, count, way in counted:
            if count:
                yield Need(self.here, tone, partial(words, code, n=count), way)
        days = glance["vault"]["days"]
        if days is not None and days < FEW_DAYS:
            yield Need(self.here, "bad", lambda: words("overview-need-disk", n=days), UPLOADS)
        if not status["settings_accepted"]:
            yield Need(self.here, "warn", lambda: words("overview-need-settings"), SETTINGS)
        if glance["clock"] != "synchronised" and all(one["code"] != "clock-doubtful" for one in self._health["checks"]):
            yield Need(self.here, "warn", lambda: words("overview-need-clock"), None)
        if status["log"]["witnessed"] is None and status["log"]["cosigned"] is None:
            yield Need(self.here, "warn", lambda: words("overview-need-elsewhere"), LOG)

    def _show_running(self) -> None:
        words, glance = self.here.words, self._glance
        clock, right = self._status["clock"], glance["clock"] == "synchronised"

        def about_clock() -> str:
            if clock["drift_ms"] is not None:
                return words("overview-drift", ms=words.number(clock["drift_ms"]), at=words.moment(clock["drift_at"]))
            if clock["set_at"] is not None:
                return words("overview-set", ms=words.number(clock["set_by_ms"]), at=words.moment(clock["set_at"]))
            return words("overview-clock-never")

        self.clock.tell(
            lambda: words.word("clock", glance["clock"]),
            about_clock,
            "good" if right else "warn",
            "clock" if right else "clock-wrong",
        )
        vault, queue = glance["vault"], glance["queue"]
        few = vault["days"] is not None and vault["days"] < FEW_DAYS
        self.disk.tell(
            lambda: (
                words.bytes(vault["free_bytes"])
                if vault["days"] is None
                else words("overview-days", days=words("count-days", n=vault["days"]))
            ),
            lambda: (
                words("overview-outlook", outlook=words.word("outlook", vault["outlook"]))
                if vault["days"] is None
                else words("overview-free", free=words.bytes(vault["free_bytes"]))
            ),
            "bad" if few else "",
        )
        stuck = bool(queue["items"]) and glance["line"] in DOWN
        self.queue.tell(
            lambda: words("overview-items", n=queue["items"]),
            lambda: words("overview-line", bytes=words.bytes(queue["bytes"]), line=words(f"overview-line-{glance['line']}")),
            "warn" if stuck else "",
        )

    def _show_proof(self) -> None:
        words, log = self.here.words, self._status["log"]
        self.log.tell(
            lambda: words("overview-entries", n=log["size"]),
            lambda: words("overview-root", root=log["root"][:16], origin=plain(log["origin"])),
        )
        held = max(log["witnessed"] or 0, log["cosigned"] or 0)
        self.elsewhere.tell(
            lambda: words("overview-at", n=held) if held else words("overview-none-elsewhere"),
            lambda: words("overview-behind", n=log["size"] - held) if held else words("overview-none-elsewhere-more"),
            "" if held else "warn",
        )
        checks = self._health["checks"]
        wrong = [one for one in checks if one["outcome"] != "passes"]
        self.check.tell(
            lambda: words("overview-passed", n=len(checks) - len(wrong), total=len(checks)),
            lambda: words("overview-since", at=words.moment(self._health["started_at"])),
            "warn" if wrong else "good" if checks else "",
            "incident" if wrong else "verify",
        )


def _room(words: Words, room: dict[str, Any]) -> str:
    """A part of the service that does not work, in the station's words where it says why."""
    fault = room["fault"]
    why = plain(fault["message"]) if fault is not None else words("overview-room-stopped")
    return words("overview-room-failing", room=plain(room["room"]), why=why)
