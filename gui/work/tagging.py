"""Tagging from the window: the command, what is said of it, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.here import Here
from gui.link import Asker, Problem
from gui.undo import Step
from station.commands import Answer, Tag
from station.commands.desk import Untag

Told = Callable[[dict[str, Any]], None]


class Tagging:
    """Tags clips for one screen."""

    def __init__(self, here: Here, asks: Asker, tagged: Told, after: Callable[[], None]) -> None:
        """``tagged`` gets what the station answered; ``after``: something was undone or redone."""
        self._here, self._asks, self._tagged, self._after = here, asks, tagged, after

    def tag(self, command: Tag, done: Callable[[], None] = lambda: None, failed: Callable[[Problem], None] | None = None) -> None:
        """Have clips tagged. One after the other: what was asked first is answered first."""
        if self._asks.asking("tag"):
            self._here.frame.say("tag-waits", "info")
            return

        def came(answer: Answer) -> None:
            document: Any = answer.document
            if not document["changed"]:
                self._here.frame.say("tagged-nothing")
            else:
                step = self._step(command, document)
                self._here.undo.did(step)
                self._here.frame.say("tagged", "good", ("undo", self._here.undo.undo), n=document["changed"])
            self._tagged(document)
            done()

        self._asks.ask("tag", command, came, failed or self._here.frame.complain)

    def _step(self, command: Tag, document: dict[str, Any]) -> Step:
        """What was done, and its way back: by the entry of its first change, with all of its commit."""

        def again(answer: Answer) -> Step:
            told: Any = answer.document
            return self._step(command, told)

        what = self._here.words("tagged", n=document["changed"])
        return Step(what, Untag(str(document["entry"]), whole=True), command, again, self._after)
