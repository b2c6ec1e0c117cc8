"""Sending, time stamps, cosignatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Upload:
    """Send what waits. ``until_idle`` goes on until nothing is due; otherwise one pass."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "delivery:upload"
    until_idle: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """Fetch the time stamps that wait. ``until_idle`` goes on until nothing is due; otherwise one pass."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "stamping:stamp"
    until_idle: bool = False


@dataclass(frozen=True, slots=True)
class ListStamps:
    """Time stamps, those that wait and those that were given; ``docking``: of one docking only."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "stamping:stamps"
    docking: str | None = None


@dataclass(frozen=True, slots=True)
class ListReceipts:
    """What the store confirmed. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "delivery:receipts"
    clip: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ListUploads:
    """What waits to be sent, and why. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "delivery:uploads"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Cosign:
    """Ask the witnesses of the settings to cosign the current head."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "delivery:cosign"


COMMANDS: tuple[type[Command], ...] = (Upload, Stamp, ListStamps, ListReceipts, ListUploads, Cosign)
