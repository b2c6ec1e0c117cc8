"""Undo and redo: what was done at this window and how it is taken back, which is again a command and again in the log.

Only what can be taken back is remembered (tags and what is like them). Custody itself is never undone; a correcting entry follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from gui.link import Asker, Link, Problem
from station.commands import Answer, Command

STEPS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done. ``what``: a text for people; ``back`` takes it back; ``forth`` does it again; ``after`` shows it.

    ``forth`` and ``back`` are made from the answer of before, because what undoes an act names its entry in the log: ``again`` gets the
    answer of ``forth`` and makes the next step of it.
    """

    what: str
    back: Command
    forth: Command
    again: Callable[[Answer], Step]
    after: Callable[[], None] = lambda: None


class Undo(QObject):
    """The steps of whoever is signed in."""

    changed = Signal()
    told = Signal(str, str)
    """A text's code, and what was undone or redone."""
    failed = Signal(object)

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asker: Asker = link.asker()
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._busy = False
        link.person_changed.connect(self.forget)

    @property
    def next_undo(self) -> str | None:
        """What would be undone."""
        return self._done[-1].what if self._done and not self._busy else None

    @property
    def next_redo(self) -> str | None:
        """What would be done again."""
        return self._undone[-1].what if self._undone and not self._busy else None

    def did(self, step: Step) -> None:
        """Something was done: it can be undone, and what was undone before cannot be redone any more."""
        self._done = [*self._done[1 - STEPS :], step]
        self._undone = []
        self.changed.emit()

    def forget(self) -> None:
        """Somebody else acts."""
        self._asker.drop()
        self._done, self._undone, self._busy = [], [], False
        self.changed.emit()

    def undo(self) -> None:
        """Take the last step back."""
        if self._busy:
            return
        if not self._done:
            self.told.emit("nothing-to-undo", "")
            return
        step = self._done[-1]

        def done(_answer: Answer) -> None:
            self._done.pop()
            self._undone.append(step)
            self._settled(step, "undone")

        self._begin(step.back, done)

    def redo(self) -> None:
        """Do again what was undone last."""
        if self._busy:
            return
        if not self._undone:
            self.told.emit("nothing-to-redo", "")
            return
        step = self._undone[-1]

        def done(answer: Answer) -> None:
            self._undone.pop()
            self._done.append(step.again(answer))
            self._settled(step, "redone")

        self._begin(step.forth, done)

    def _begin(self, command: Command, done: Callable[[Answer], None]) -> None:
        self._busy = True
        self.changed.emit()
        self._asker.ask("undo", command, done, self._went_wrong)

    def _settled(self, step: Step, code: str) -> None:
        self._busy = False
        step.after()
        self.changed.emit()
        self.told.emit(code, step.what)

    def _went_wrong(self, problem: Problem) -> None:
        self._busy = False
        self.changed.emit()
        self.failed.emit(problem)
