"""What a screen may know: the door, the words, the look, what is kept, and how to say, ask and go. Nothing else is handed to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtWidgets import QWidget

from evidence.access import Permission, allowed
from evidence.custody.entry import Actor
from evidence.reach import Reach
from gui.kept import Kept
from gui.link import Link, Person, Problem
from gui.theme import Theme
from gui.undo import Undo
from gui.words import Words


class Frame(Protocol):
    """The window that a screen stands in: the desk or the kiosk."""

    def go(self, page: str, **what: Any) -> None:
        """Show another page, and tell it what to show."""

    def say(self, code: str, tone: str = "info", act: tuple[str, Callable[[], object]] | None = None, **fields: Any) -> None:
        """Say something for a while, with a button if ``act`` (its word, what it does) is there."""

    def complain(self, problem: Problem) -> None:
        """Say what went wrong, in the station's words, until it is closed."""

    def over(self) -> QWidget:
        """The window that a dialog belongs to."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a screen is."""

    link: Link
    words: Words
    theme: Theme
    kept: Kept
    undo: Undo
    frame: Frame

    @property
    def person(self) -> Person | None:
        """Who acts."""
        return self.link.person

    def may(self, permission: Permission | None) -> bool:
        """Whether it is worth showing: by the station's own table. The station decides again when it is asked."""
        return may(self.link.person, permission)


def may(person: Person | None, permission: Permission | None) -> bool:
    """Whether somebody's role has a permission. Without accounts the operator acts, for whom there is no bound."""
    if permission is None:
        return True
    if person is None:
        return False
    reach = Reach() if person.signed_in else None
    return allowed(Actor(person.badge, person.role, reach), permission)
