"""What every command has, and what the station says to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from evidence.access import Permission
from evidence.canonical import JsonObject
from evidence.errors import Exit


class Command(Protocol):
    """Something to ask of the station: a frozen dataclass of text, numbers and lists."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    handler: ClassVar[str]
    """``module:function`` in ``station.handlers``. Named, not imported: ``status`` must not wait for what ``ingest`` needs."""

    @property
    def permission(self) -> Permission:
        """What the actor's role must allow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the station says: one JSON document, and the exit status it stands for."""

    document: JsonObject
    status: Exit = Exit.OK


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is; at most five a second. ``what`` names the stage by a phrase code, bytes or items done of a total."""

    what: str
    subject: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Who is told of progress."""


def silent(_progress: Progress) -> None:
    """Report to nobody."""
