"""Room on cards and in the vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Erase:
    """Erase what the records allow from a card that is mounted for writing; not ``confirmed``: say what would go."""

    permission: ClassVar[Permission] = Permission.ERASE
    handler: ClassVar[str] = "space:erase"
    docking: str
    path: bytes
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Evict:
    """Let go of local copies that the store holds, until the disk has room again; ``dry_run``: say which would go."""

    permission: ClassVar[Permission] = Permission.ERASE
    handler: ClassVar[str] = "space:evict"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """Fetch the bytes of clips that lie in the store alone."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "space:recall"
    clips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When cameras and the vault's disk are full, and whether the line catches up."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "space:forecast"


COMMANDS: tuple[type[Command], ...] = (Erase, Evict, Recall, Forecast)
