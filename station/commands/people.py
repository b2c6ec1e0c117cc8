"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

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


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign in by badge and PIN or password, or by the number of a card, and the PIN if the settings ask for it.

    ``new_secret``: that is the PIN from now on; one that somebody else made must be changed so.
    """

    permission: ClassVar[Permission] = Permission.SIGN_IN
    handler: ClassVar[str] = "signing_in:sign_in"
    badge: str | None = None
    card: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    new_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignOut:
    """End a session of one's own; ``everywhere``: all that one has."""

    permission: ClassVar[Permission] = Permission.OWN_SESSION
    handler: ClassVar[str] = "signing_in:sign_out"
    session: str = field(repr=False)
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Who acts, and how far that reaches."""

    permission: ClassVar[Permission] = Permission.OWN_SESSION
    handler: ClassVar[str] = "signing_in:who_am_i"


RoleName = Literal["officer", "clerk", "supervisor", "administrator", "auditor"]


@dataclass(frozen=True, slots=True)
class ListPeople:
    """Everybody, in the order they were entered."""

    permission: ClassVar[Permission] = Permission.READ_PEOPLE
    handler: ClassVar[str] = "people:list_people"


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Enter somebody, who has no way to sign in yet. ``unit``: the station's, if none is given."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:add"
    badge: str
    role: RoleName
    name: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Change what is known of somebody. None leaves a member alone, an empty text or no bytes clear it.

    ``card``: the number that a reader types. ``certificate``: an X.509 client certificate, PEM or DER.
    """

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:change"
    badge: str
    role: RoleName | None = None
    name: str | None = None
    unit: str | None = None
    card: str | None = field(default=None, repr=False)
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class DisablePerson:
    """Somebody signs in no more, and every session of his is over."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:disable"
    badge: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EnablePerson:
    """Somebody who was disabled may sign in again, with a new PIN."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:enable"
    badge: str


@dataclass(frozen=True, slots=True)
class ResetPin:
    """Make a PIN by chance for somebody, to be changed at the first sign-in. It ends his sessions, and the waiting after tries that failed."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:reset_pin"
    badge: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Let somebody see more: clips of units, of cases, and of sensitivities."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:grant"
    badge: str
    units: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RevokeGrant:
    """Take back what was granted."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:revoke"
    badge: str
    units: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListUnits:
    """Units, and which stands below which."""

    permission: ClassVar[Permission] = Permission.READ_PEOPLE
    handler: ClassVar[str] = "people:list_units"


@dataclass(frozen=True, slots=True)
class SetUnit:
    """Enter a unit, or put it below another. None: it stands at the top."""

    permission: ClassVar[Permission] = Permission.MANAGE_PEOPLE
    handler: ClassVar[str] = "people:set_unit"
    code: str
    parent: str | None = None
    name: str | None = None


COMMANDS: tuple[type[Command], ...] = (
    ListApprovals,
    AskApproval,
    GiveApproval,
    RefuseApproval,
    SignIn,
    SignOut,
    WhoAmI,
    ListPeople,
    AddPerson,
    ChangePerson,
    DisablePerson,
    EnablePerson,
    ResetPin,
    Grant,
    RevokeGrant,
    ListUnits,
    SetUnit,
)
