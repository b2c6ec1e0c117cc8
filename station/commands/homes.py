"""The home: how it is, its settings, its recovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Status:
    """How the station is."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "overview:status"


@dataclass(frozen=True, slots=True)
class SettingsCommand:
    """Show, set or accept settings."""

    handler: ClassVar[str] = "configuration:settings"
    verb: Literal["show", "set", "accept"]
    name: str | None = None
    value: str | None = None

    @property
    def permission(self) -> Permission:
        """Showing is reading; the other two change."""
        return Permission.READ_SETTINGS if self.verb == "show" else Permission.CHANGE_SETTINGS


@dataclass(frozen=True, slots=True)
class Recover:
    """Begin a new epoch after a restore."""

    permission: ClassVar[Permission] = Permission.RECOVER
    handler: ClassVar[str] = "proof:recover"
    reason: str
    checkpoints: tuple[tuple[str, bytes], ...] = ()


COMMANDS: tuple[type[Command], ...] = (Status, SettingsCommand, Recover)
