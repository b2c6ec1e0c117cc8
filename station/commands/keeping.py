"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from evidence.retention import HoldOn
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListRules:
    """Every rule in force."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "keeping:list_rules"


@dataclass(frozen=True, slots=True)
class ShowRule:
    """One rule with its versions."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "keeping:show_rule"
    name: str


@dataclass(frozen=True, slots=True)
class AddRule:
    """Another rule. ``period`` as ``15d``, ``6m`` or ``permanent``; ``law``: what allows it to be shorter than six months.

    ``preview`` only shows what it would make due; ``confirmed`` makes it although it makes something due at once.
    """

    permission: ClassVar[Permission] = Permission.CHANGE_RULES
    handler: ClassVar[str] = "keeping:add_rule"
    name: str
    period: str
    clause: str
    category: str | None = None
    besides: tuple[str, ...] = ()
    importance: str | None = None
    unit: str | None = None
    law: str | None = None
    preview: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """Another version of a rule; what is None stays, an empty text clears. ``besides`` replaces what was left out of it."""

    permission: ClassVar[Permission] = Permission.CHANGE_RULES
    handler: ClassVar[str] = "keeping:change_rule"
    name: str
    period: str | None = None
    clause: str | None = None
    category: str | None = None
    besides: tuple[str, ...] | None = None
    importance: str | None = None
    unit: str | None = None
    law: str | None = None
    reason: str | None = None
    preview: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class RetireRule:
    """A rule counts no more."""

    permission: ClassVar[Permission] = Permission.CHANGE_RULES
    handler: ClassVar[str] = "keeping:retire_rule"
    name: str
    law: str | None = None
    reason: str | None = None
    preview: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ListHolds:
    """The holds in force, or all that there ever were."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "holding:list_holds"
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Suspend disposal of a clip, a case, an incident, a device's hours or an officer's footage; also of what is still to come.

    ``since`` and ``until`` (RFC 3339) bound the hours of a device.
    """

    permission: ClassVar[Permission] = Permission.PLACE_HOLDS
    handler: ClassVar[str] = "holding:place"
    on: HoldOn
    value: str
    clause: str
    reason: str
    asked_by: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class RebuildHolds:
    """Make the holds anew from the log alone."""

    permission: ClassVar[Permission] = Permission.RECOVER
    handler: ClassVar[str] = "holding:rebuild"


@dataclass(frozen=True, slots=True)
class ListDue:
    """What is due, why and since when, the oldest first. ``after``: ``next`` of the page before."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "keeping:due"
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class LiftHold:
    """Ask that a hold be lifted; asked by somebody else once more, it is."""

    permission: ClassVar[Permission] = Permission.LIFT_HOLDS
    handler: ClassVar[str] = "holding:lift"
    hold: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListDisposals:
    """Disposals, newest first. ``open_only``: those of which something may still come."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "disposing:list_disposals"
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class ShowDisposal:
    """One disposal with every copy that it names, and its history."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "disposing:show"
    disposal: str


@dataclass(frozen=True, slots=True)
class AskDisposal:
    """Ask that clips be disposed of, or (none named) as many of the oldest that are due as ``all_due`` says.

    ``waiver``: who takes it upon himself, and why, that footage goes which no store holds for good.
    """

    permission: ClassVar[Permission] = Permission.DISPOSE
    handler: ClassVar[str] = "disposing:ask"
    clips: tuple[str, ...]
    reason: str
    all_due: int = 0
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class ApproveDisposal:
    """Agree to a disposal as the second person; the time in which it can be undone begins."""

    permission: ClassVar[Permission] = Permission.DISPOSE
    handler: ClassVar[str] = "disposing:approve"
    disposal: str


@dataclass(frozen=True, slots=True)
class UndoDisposal:
    """Take a disposal back before its first copy goes."""

    permission: ClassVar[Permission] = Permission.DISPOSE
    handler: ClassVar[str] = "disposing:undo"
    disposal: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunDisposals:
    """Carry out the disposals whose time has come, and finish what was interrupted."""

    permission: ClassVar[Permission] = Permission.DISPOSE
    handler: ClassVar[str] = "disposing:run"


@dataclass(frozen=True, slots=True)
class CheckDisposals:
    """Hold every disposal in the log against the rules: two people, a receipt or a waiver, no case and no hold."""

    permission: ClassVar[Permission] = Permission.VERIFY
    handler: ClassVar[str] = "disposing:check"


@dataclass(frozen=True, slots=True)
class PrintCertificate:
    """The certificate of a disposal that was carried out: a PDF at ``target``, and the same as the answer."""

    permission: ClassVar[Permission] = Permission.READ_KEEPING
    handler: ClassVar[str] = "disposing:certificate"
    disposal: str
    target: bytes


COMMANDS: tuple[type[Command], ...] = (
    ListRules,
    ShowRule,
    AddRule,
    ChangeRule,
    RetireRule,
    ListHolds,
    PlaceHold,
    LiftHold,
    RebuildHolds,
    ListDue,
    ListDisposals,
    ShowDisposal,
    AskDisposal,
    ApproveDisposal,
    UndoDisposal,
    RunDisposals,
    CheckDisposals,
    PrintCertificate,
)
