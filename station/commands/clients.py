"""Other systems that may call: let in, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListClients:
    """Every system that was ever let in. A page as in :class:`~station.commands.clips.ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_SETTINGS
    handler: ClassVar[str] = "clients:list_clients"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class AdmitClient:
    """Let a system in. ``certificate``: ``sha256:`` and the fingerprint of one, or ``subject:`` and a name (RFC 4514)."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "clients:admit"
    name: str
    certificate: str
    role: str
    scopes: tuple[str, ...]
    rate: int = 600
    units: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RevokeClient:
    """A system is let in no more, from now on."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "clients:revoke"
    name: str
    reason: str


COMMANDS: tuple[type[Command], ...] = (ListClients, AdmitClient, RevokeClient)
