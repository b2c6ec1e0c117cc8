"""Which recorders can be controlled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListRecorders:
    """Which families of recorders can be controlled, and on what that claim rests."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "recorders:list_recorders"


COMMANDS: tuple[type[Command], ...] = (ListRecorders,)
