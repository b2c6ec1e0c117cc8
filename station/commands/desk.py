"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Untag:
    """Take a tag back. ``entry``: where it stands in the log, as ``EPOCH/NUMBER`` or the number in the newest log.

    ``whole``: with everything else that its command tagged. ``anyway``: also where something else changed the field since.
    """

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "tagging:untag"
    entry: str
    whole: bool = False
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Everything that was ever said of a clip, field by field."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "tagging:history"
    clip: str


COMMANDS: tuple[type[Command], ...] = (Untag, ShowHistory)
