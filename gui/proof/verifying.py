"""Verification: everything held against the log, with a result that names the first fault and goes to it; head of the log, witnesses, keys.

It goes on while other pages are looked at; only another person at this window ends it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QGridLayout, QWidget

from gui.here import Here
from gui.link import Problem
from gui.look import kind
from gui.parts.basics import Picture, button, column, holding, label, line_edit, row, scrolled
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, Row
from gui.parts.progress import Meter
from gui.parts.report import write_new
from gui.proof.listing import Listing
from gui.screen import Key, Screen
from station.commands import Answer, Progress
from station.commands.keys import ListKeys
from station.commands.log import ShowCheckpoint, Verify

_ENTRY = re.compile(r"(?:entry|checkpoint):(\d+)/(\d+)")
_OBJECTS = frozenset({"clip", "docking", "device", "alarm", "sheet", "key"})
MOST = 64 << 10
"""Bytes of a checkpoint's file; a genuine one has some hundred."""


def place_of(subject: str) -> dict[str, Any] | None:
    """What the page of the log is to show of a fault's subject; None where it has nothing of it."""
    found = _ENTRY.match(subject)
    if found is not None:
        return {"place": (int(found[1]), int(found[2]))}
    of, _, name = subject.partition(":")
    if of == "manifest":
        return {"subject": f"docking:{name}"}
    if of in _OBJECTS or subject in {"settings", "station"}:
        return {"subject": subject}
    return None


class Verification(Screen):
    """The page."""

    KEYS = (
        Key("Ctrl+Return", "key-verify", "verify"),
        Key("Ctrl+G", "key-fault", "to_fault"),
        Key("Ctrl+S", "key-checkpoint", "save_checkpoint"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.verdict: dict[str, Any] | None = None
        self._long = here.link.asker()
        self._whose = here.person
        self._kept: list[tuple[str, bytes]] = []
        self._note: str | None = None
        self.anchor = line_edit(here, "verify-anchor")
        self._kept_count = label(here, of="muted")
        self.start = button(here, "verify-now", self.verify, "primary", "verify")
        self.meter = Meter(here, self.leave)
        self.meter.hide()
        self.problems = Listing(here, "verify-problems", self._problem_columns(), lambda one: (one["kind"], one["subject"]))
        self.problems.opened.connect(self._go)
        self.problems.setMinimumHeight(here.theme.px(132))
        self.keys = Listing(here, "verify-keys", self._key_columns(), lambda one: one["key"])
        self.keys.setMinimumHeight(here.theme.px(132))
        self._banner = self._made_banner()
        self._found, self._counts = self._made_found()
        inner = QWidget()
        inner.setLayout(
            column(
                self._banner,
                row(
                    self.start,
                    self.anchor,
                    button(here, "verify-add", self.add_checkpoint, picture="plus"),
                    self._kept_count,
                    free=1,
                ),
                self.meter,
                self._found,
                holding(self._made_head(), "card"),
                holding(column(label(here, "verify-keys", "heading"), self.keys, margins=(14, 10, 14, 12)), "card"),
                None,
                space=12,
            )
        )
        self.setLayout(
            column(
                label(here, "page-verify", "title"),
                label(here, "page-verify-about", "muted", wrap=True),
                scrolled(inner),
                margins=(16, 12, 16, 16),
                free=2,
            )
        )
        self._show_verdict(None)

    def _made_banner(self) -> QWidget:
        here = self.here
        self._picture = Picture(here, "verify", "muted", 36)
        self._heading = label(here, of="heading", wrap=True)
        self._more = label(here, wrap=True)
        self._when = label(here, of="muted")
        self._count = label(here, of="muted")
        self.go_button = button(here, "verify-go", self.to_fault, "danger", "right")
        return holding(
            row(
                self._picture,
                column(self._heading, self._more, row(self._when, self._count, None), space=3),
                self.go_button,
                space=14,
                margins=(14, 12, 14, 12),
                free=1,
            ),
            "card",
        )

    def _made_found(self) -> tuple[QWidget, QGridLayout]:
        here = self.here
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        self._notes = label(here, of="muted", wrap=True)
        self._notes_word = label(here, "verify-notes", "heading")
        made = holding(
            column(
                self.problems,
                label(here, "verify-checked", "heading"),
                grid,
                self._notes_word,
                self._notes,
                margins=(14, 10, 14, 12),
            ),
            "card",
        )
        return made, grid

    def _made_head(self) -> Any:  # a layout
        here = self.here
        self._size = label(here, wrap=True)
        self._root = label(here, of="fixed", wrap=True)
        self._witnesses = label(here, of="muted", wrap=True)
        self.save_button = button(here, "verify-save", self.save_checkpoint, picture="export")
        return column(
            row(label(here, "verify-head", "heading"), None, self.save_button),
            self._size,
            self._root,
            self._witnesses,
            label(here, "verify-head-more", "muted", wrap=True),
            space=4,
            margins=(14, 10, 14, 12),
        )

    # What the frame calls

    def entered(self, **_what: Any) -> None:
        self.back()

    def back(self) -> None:
        self.asks.ask("head", ShowCheckpoint(), self._head_came, self.here.frame.complain)
        self.asks.ask("keys", ListKeys(), self._keys_came)

    def left(self) -> None:
        super().left()
        if self.here.person != self._whose:
            self._long.drop()

    def first(self) -> QWidget:
        return self.start

    # What keys do

    def verify(self) -> None:
        """Begin, unless it is under way."""
        if self._long.asking("verify"):
            return
        anchor = "".join(self.anchor.text().lower().split())
        command = Verify(tuple(self._kept), (anchor,) if anchor else ())
        self.start.setEnabled(False)
        self.meter.begin("verify-running")
        self._long.ask("verify", command, self._verified, self._failed, self._progressed)

    def leave(self) -> None:
        """Wait no more."""
        self._long.drop("verify")
        self._over()
        self.here.frame.say("verify-left", "info")

    def to_fault(self) -> None:
        """Where the first fault is."""
        if self.verdict is not None and self.verdict["problems"]:
            self._go(self.verdict["problems"][0])

    def add_checkpoint(self) -> None:
        """A checkpoint that was kept elsewhere is held against the log, too."""
        chosen, _ = QFileDialog.getOpenFileNames(self.here.frame.over(), self.here.words("verify-add"))
        for one in chosen:
            self.hold_against(Path(one))

    def hold_against(self, path: Path) -> None:
        """Take a kept checkpoint along."""
        try:
            with path.open("rb") as file:
                note = file.read(MOST)
        except OSError as error:
            self.here.frame.say("save-failed", "bad", why=error.strerror or "")
            return
        self._kept.append((path.name, note))
        self.here.words.put(self._kept_count, "verify-kept", n=len(self._kept))

    def save_checkpoint(self) -> None:
        """The current head, to be kept elsewhere."""
        if self._note is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(self.here.frame.over(), self.here.words("verify-save"), "checkpoint.txt")
        if chosen:
            try:
                write_new(Path(chosen), self._note.encode())
            except OSError as error:
                self.here.frame.say("save-failed", "bad", why=error.strerror or "")
            else:
                self.here.frame.say("saved", "good", path=chosen)

    # What comes

    def _progressed(self, progress: Progress) -> None:
        self.meter.tell(Progress("vault", progress.subject, progress.done, progress.total))

    def _over(self) -> None:
        self.meter.hide()
        self.start.setEnabled(True)

    def _failed(self, problem: Problem) -> None:
        self._over()
        self.here.frame.complain(problem)

    def _verified(self, answer: Answer) -> None:
        self._over()
        self._show_verdict(answer.document)
        if self.verdict is not None and self.verdict["problems"]:
            self.go_button.setFocus()

    def _show_verdict(self, verdict: Any) -> None:
        words = self.here.words
        self.verdict = verdict
        problems = [] if verdict is None else verdict["problems"]
        self._found.setVisible(verdict is not None)
        self.problems.setVisible(bool(problems))
        self.problems.show_rows(problems)
        self.go_button.setVisible(bool(problems) and place_of(problems[0]["subject"]) is not None)
        tone = None if verdict is None else "bad" if problems else "good"
        kind(self._heading, "heading", tone)
        if verdict is None:
            self._picture.show_icon("verify", "muted")
            words.put(self._heading, "verify-never")
            words.put(self._more, "verify-never-more")
            words.plainly(self._when, "")
            words.plainly(self._count, "")
            return
        now = datetime.now(UTC).isoformat()
        words.follow(self._when, "setText", lambda one: one.setText(words("verify-at", at=words.moment(now))))
        if problems:
            first = problems[0]
            self._picture.show_icon("cross", "bad")
            words.follow(self._heading, "setText", lambda one: one.setText(words.word("problem", first["kind"])))
            told = {"subject": words.or_none(first["subject"]), "detail": words.or_none(first["detail"])}
            words.follow(
                self._more, "setText", lambda one: one.setText(f"{words('verify-bad-more', **told)}\n{words('verify-keep')}")
            )
            words.put(self._count, "verify-faults", n=len(problems))
        else:
            self._picture.show_icon("shield", "good")
            words.put(self._heading, "verify-good")
            words.put(self._more, "verify-good-anchored" if verdict["anchored"] else "verify-good-consistent")
            words.plainly(self._count, "")
        words.follow(self._found, "counts", lambda _one: self._show_counts(verdict))

    def _show_counts(self, verdict: Any) -> None:
        while (item := self._counts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        words = self.here.words
        for number, (what, count) in enumerate(verdict["checked"].items()):
            name = label(self.here, of="muted")
            name.setText(words.word("checked", what))
            shown = label(self.here)
            shown.setText(words.bytes(count) if what == "bytes" else words.number(count))
            at, side = divmod(number, 3)
            self._counts.addWidget(name, at, 2 * side)
            self._counts.addWidget(shown, at, 2 * side + 1)
        notes = [f"{words.word('note', one['kind'])}: {words.or_none(one['subject'])}" for one in verdict["notes"]]
        self._notes_word.setVisible(bool(notes))
        self._notes.setText("\n".join(notes))

    def _go(self, problem: Row) -> None:
        place = place_of(problem["subject"])
        if place is not None:
            self.here.frame.go("custody", **place)

    def _head_came(self, answer: Answer) -> None:
        head: Any = answer.document
        words = self.here.words
        self._note = head["note"]
        words.put(self._size, "verify-size", n=words.number(head["size"]), origin=words.or_none(head["origin"]))
        words.plainly(self._root, f"{head['root'][:32]}\n{head['root'][32:]}")
        names = ", ".join(words.or_none(one["witness"]) for one in head["cosignatures"])
        if names:
            words.put(self._witnesses, "verify-witnesses", names=names)
        else:
            words.put(self._witnesses, "verify-unwitnessed")

    def _keys_came(self, answer: Answer) -> None:
        document: Any = answer.document
        self.keys.show_rows(document["keys"])

    def _problem_columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme
        return (
            Column("kind", "verify-kind", lambda one: toned(theme, words.word("problem", one["kind"]), "cross", "bad"), 300),
            Column("subject", "verify-subject", lambda one: words.or_none(one["subject"]), 260),
            Column("detail", "verify-detail", lambda one: words.or_none(one["detail"]), 300),
        )

    def _key_columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            if one["revoked_at"] is None:
                return toned(theme, words("verify-key-in-force"), "check", "good")
            return toned(theme, f"{words.word('ending', one['reason'])}, {words.moment(one['revoked_at'])}", "refuse", "quiet")

        return (
            Column("role", "verify-key-role", lambda one: words.word("keyrole", one["role"]), 170),
            Column("key", "verify-key", lambda one: f"{one['key'][:16]}…", 160),
            Column("from", "verify-key-from", lambda one: words.moment(one["introduced_at"]), 222),
            Column("until", "verify-key-until", lambda one: words.moment(one["not_after"], seconds=False, offset=False), 150),
            Column("state", "verify-key-state", state, 200),
        )
