"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListApprovals:
    """Approvals, newest first: those that wait for somebody, or ``everything`` that was ever asked for."""

    permission: ClassVar[Permission] = Permission.ASK_APPROVAL
    handler: ClassVar[str] = "approvals:list_approvals"
    everything: bool = False


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Ask that a second person agrees to an act. ``subject``: as the log names it (``clip:…``, ``sheet:…``, ``key:…``, ``setting:…``, ``station``)."""

    permission: ClassVar[Permission] = Permission.ASK_APPROVAL
    handler: ClassVar[str] = "approvals:ask"
    act: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class GiveApproval:
    """Agree to what somebody else asked for."""

    permission: ClassVar[Permission] = Permission.GIVE_APPROVAL
    handler: ClassVar[str] = "approvals:give"
    approval: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseApproval:
    """Decline what somebody else asked for, or take one's own question back."""

    permission: ClassVar[Permission] = Permission.ASK_APPROVAL
    handler: ClassVar[str] = "approvals:refuse"
    approval: str
    note: str | None = None


COMMANDS: tuple[type[Command], ...] = (ListApprovals, AskApproval, GiveApproval, RefuseApproval)
