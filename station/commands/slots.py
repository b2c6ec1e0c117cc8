"""Which USB port is which slot of the dock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListSlots:
    """Which port is which slot."""

    permission: ClassVar[Permission] = Permission.READ_SETTINGS
    handler: ClassVar[str] = "slots:list_slots"


@dataclass(frozen=True, slots=True)
class LearnSlot:
    """A port is a slot from now on. Without a number: the slot it is already, or the lowest free number."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "slots:learn"
    port: str
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class ForgetSlot:
    """A slot is no slot any more."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "slots:forget"
    slot: int


COMMANDS: tuple[type[Command], ...] = (ListSlots, LearnSlot, ForgetSlot)
