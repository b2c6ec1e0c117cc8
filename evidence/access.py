"""Who may do what: one table of roles and permissions, asked before every command and query.

Accounts come with case work; until then the actor is the operator that the settings name, in the role they give.
"""

from __future__ import annotations

from enum import StrEnum

from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit


class Permission(StrEnum):
    """What a command or query needs."""

    COLLECT = "collect"
    READ_CLIPS = "read-clips"
    TAG = "tag"
    EXPORT = "export"
    SEND = "send"
    ERASE = "erase"
    """Removing copies: files from a card, and from the vault what the store holds."""
    READ_LOG = "read-log"
    VERIFY = "verify"
    READ_SETTINGS = "read-settings"
    CHANGE_SETTINGS = "change-settings"
    RECOVER = "recover"
    MANAGE_KEYS = "manage-keys"
    READ_DEVICES = "read-devices"
    ISSUE_DEVICES = "issue-devices"
    MANAGE_DEVICES = "manage-devices"
    READ_ALARMS = "read-alarms"
    ACKNOWLEDGE_ALARMS = "acknowledge-alarms"


class Role(StrEnum):
    """A role at the station."""

    OFFICER = "officer"
    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


_REGISTRY = frozenset({Permission.READ_DEVICES, Permission.READ_ALARMS})
_READING = _REGISTRY | {Permission.READ_CLIPS, Permission.READ_LOG, Permission.VERIFY, Permission.READ_SETTINGS}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset({Permission.COLLECT, Permission.READ_CLIPS}),
    Role.CLERK: _REGISTRY
    | {Permission.COLLECT, Permission.READ_CLIPS, Permission.TAG, Permission.EXPORT, Permission.SEND, Permission.ISSUE_DEVICES},
    Role.SUPERVISOR: _READING
    | {Permission.COLLECT, Permission.TAG, Permission.EXPORT, Permission.SEND, Permission.ERASE}
    | {Permission.ISSUE_DEVICES, Permission.MANAGE_DEVICES, Permission.ACKNOWLEDGE_ALARMS},
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.AUDITOR: _READING,
}


class PermissionDenied(EvidenceError):
    """The actor's role does not allow this. Fields: ``role``, ``permission``."""

    code = "permission-denied"
    status = Exit.REFUSED


def check(actor: Actor, permission: Permission) -> None:
    """Raise :class:`PermissionDenied` unless the actor's role has the permission. An unknown role has none."""
    if actor.role not in set(Role) or permission not in PERMISSIONS[Role(actor.role)]:
        raise PermissionDenied(role=actor.role, permission=permission.value)
