"""The station's keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command

KeyRole = Literal["seal", "seal-gm", "log"]


@dataclass(frozen=True, slots=True)
class ListKeys:
    """Every key that the log introduced, and those that wait to come into force."""

    permission: ClassVar[Permission] = Permission.READ_LOG
    handler: ClassVar[str] = "keys:list_keys"


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Make the key that is to succeed the one of a role, in a file or in a token; one that lies there already is taken."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:init"
    role: KeyRole
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class RequestCertificate:
    """A certificate signing request by the key that waits."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:csr"
    role: KeyRole


@dataclass(frozen=True, slots=True)
class ImportCertificates:
    """Certificates for keys that wait, and their authority's chain: names of files with their PEM content."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:import_certificates"
    certificates: tuple[tuple[str, bytes], ...]
    chain: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class RotateKey:
    """The key that waits comes into force, and the one of before ends, in one ledger commit."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:rotate"
    role: KeyRole
    reason: Literal["superseded", "lost", "compromised"] = "superseded"


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """A key signs no more. ``key``: its id, or the beginning of it."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:revoke"
    key: str
    reason: Literal["superseded", "ceased", "lost", "compromised"]


COMMANDS: tuple[type[Command], ...] = (ListKeys, MakeKey, RequestCertificate, ImportCertificates, RotateKey, RevokeKey)
