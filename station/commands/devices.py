"""Cameras and recorders of the station, and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from evidence.facts import SourceKind
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListDevices:
    """The registry of devices, by key. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_DEVICES
    handler: ClassVar[str] = "devices:list_devices"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowDevice:
    """One device with its history from the log."""

    permission: ClassVar[Permission] = Permission.READ_DEVICES
    handler: ClassVar[str] = "devices:show"
    device: str


@dataclass(frozen=True, slots=True)
class AddDevice:
    """Register a device, in service from now on."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:add"
    device: str
    kind: SourceKind
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    assigned_to: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeDevice:
    """Change what is registered of a device. None leaves a member alone, an empty text clears it."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:change"
    device: str
    kind: SourceKind | None = None
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    assigned_to: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AdmitDevice:
    """A device goes into service: out of quarantine, or back from retirement. The next docking takes it."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:admit"
    device: str


@dataclass(frozen=True, slots=True)
class RetireDevice:
    """A device goes out of service; a docking of it is refused, and an alarm."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:retire"
    device: str


@dataclass(frozen=True, slots=True)
class IssueDevice:
    """An officer takes a pooled device (领用). ``clock``: what its display shows now, local ISO 8601."""

    permission: ClassVar[Permission] = Permission.ISSUE_DEVICES
    handler: ClassVar[str] = "devices:issue"
    device: str
    officer: str
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnDevice:
    """A pooled device comes back (归还). ``clock`` as in :class:`IssueDevice`."""

    permission: ClassVar[Permission] = Permission.ISSUE_DEVICES
    handler: ClassVar[str] = "devices:take_back"
    device: str
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class ListAlarms:
    """Alarms, oldest first; ``open_only``: those that nobody acknowledged. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_ALARMS
    handler: ClassVar[str] = "alarms:list_alarms"
    open_only: bool = False
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    """A person has looked at an alarm."""

    permission: ClassVar[Permission] = Permission.ACKNOWLEDGE_ALARMS
    handler: ClassVar[str] = "alarms:acknowledge"
    alarm: str
    note: str | None = None


COMMANDS: tuple[type[Command], ...] = (
    ListDevices,
    ShowDevice,
    AddDevice,
    ChangeDevice,
    AdmitDevice,
    RetireDevice,
    IssueDevice,
    ReturnDevice,
    ListAlarms,
    AcknowledgeAlarm,
)
