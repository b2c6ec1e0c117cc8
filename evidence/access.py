"""Who may do what: one table of roles and permissions, asked before every command and query; and the acts that one person may not do alone.

A permission says what; a person's reach (:mod:`evidence.reach`) says on which clips. While nobody has an account the actor is the operator that
the settings name, in the role they give, without a reach: then the administrator may everything. From the first account on an administrator runs
the station and its people, and touches neither evidence nor log.
"""

from __future__ import annotations

from enum import StrEnum

from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit


class Permission(StrEnum):
    """What a command or query needs."""

    SIGN_IN = "sign-in"
    """What whoever is not signed in may: sign in."""
    OWN_SESSION = "own-session"
    """Knowing who one is, and signing out."""
    COLLECT = "collect"
    READ_STATION = "read-station"
    """How the station is: nothing of it names a clip's people."""
    READ_CLIPS = "read-clips"
    PLAY = "play"
    TAG = "tag"
    MANAGE_CATEGORIES = "manage-categories"
    READ_CASES = "read-cases"
    """Cases and incidents, with their people, as far as the reach goes."""
    MANAGE_CASES = "manage-cases"
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
    READ_PEOPLE = "read-people"
    MANAGE_PEOPLE = "manage-people"
    ASK_APPROVAL = "ask-approval"
    GIVE_APPROVAL = "give-approval"
    READ_KEEPING = "read-keeping"
    """Rules, holds, what is due, disposals."""
    PLACE_HOLDS = "place-holds"
    LIFT_HOLDS = "lift-holds"
    CHANGE_RULES = "change-rules"
    DISPOSE = "dispose"
    """Asking for, approving and carrying out the removal of every copy; always two people."""
    READ_FIGURES = "read-figures"
    GIVE_INDEX = "give-index"
    """Handing the index of all clips to the city's platform."""
    DRAW_SAMPLES = "draw-samples"
    RUN_FEEDS = "run-feeds"
    """Reading dispatch records and rosters from where they come."""
    REDACT = "redact"
    """Writing down what is hidden in a copy, making it, and completing what somebody else made with one's word."""


class Role(StrEnum):
    """A role at the station."""

    OFFICER = "officer"
    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


VISITOR = Actor(None, "visitor")
"""Who is not signed in, once there are accounts."""

_EVERYONE = frozenset({Permission.SIGN_IN, Permission.OWN_SESSION, Permission.READ_STATION, Permission.ASK_APPROVAL})
_REGISTRY = _EVERYONE | {Permission.READ_DEVICES, Permission.READ_ALARMS}
_READING = _REGISTRY | {
    Permission.READ_KEEPING,
    Permission.READ_CLIPS,
    Permission.READ_LOG,
    Permission.VERIFY,
    Permission.READ_SETTINGS,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: _EVERYONE | {Permission.COLLECT, Permission.READ_CLIPS, Permission.PLAY},
    Role.CLERK: _REGISTRY
    | {Permission.RUN_FEEDS}
    | {Permission.COLLECT, Permission.READ_CLIPS, Permission.PLAY, Permission.TAG, Permission.EXPORT, Permission.SEND}
    | {Permission.ISSUE_DEVICES, Permission.READ_KEEPING, Permission.PLACE_HOLDS}
    | {Permission.READ_CASES, Permission.MANAGE_CASES, Permission.REDACT},
    Role.SUPERVISOR: _READING
    | {Permission.RUN_FEEDS}
    | {Permission.COLLECT, Permission.PLAY, Permission.TAG, Permission.EXPORT, Permission.SEND, Permission.ERASE}
    | {Permission.ISSUE_DEVICES, Permission.MANAGE_DEVICES, Permission.ACKNOWLEDGE_ALARMS}
    | {Permission.PLACE_HOLDS, Permission.LIFT_HOLDS, Permission.CHANGE_RULES, Permission.DISPOSE}
    | {Permission.READ_CASES, Permission.MANAGE_CASES, Permission.MANAGE_CATEGORIES, Permission.REDACT}
    | {Permission.READ_PEOPLE, Permission.GIVE_APPROVAL, Permission.READ_FIGURES, Permission.DRAW_SAMPLES}
    | {Permission.GIVE_INDEX},
    Role.ADMINISTRATOR: _READING
    | {Permission.RUN_FEEDS}
    | {Permission.COLLECT, Permission.SEND, Permission.CHANGE_SETTINGS, Permission.RECOVER, Permission.MANAGE_KEYS}
    | {Permission.ISSUE_DEVICES, Permission.MANAGE_DEVICES, Permission.ACKNOWLEDGE_ALARMS}
    | {Permission.READ_PEOPLE, Permission.MANAGE_PEOPLE, Permission.GIVE_APPROVAL, Permission.READ_FIGURES}
    | {Permission.GIVE_INDEX},
    Role.AUDITOR: _READING
    | {Permission.PLAY, Permission.READ_CASES, Permission.READ_PEOPLE, Permission.READ_FIGURES, Permission.DRAW_SAMPLES},
}
"""The table. An administrator has neither ``play``, ``tag``, ``export`` nor ``erase``; an auditor's ``play`` needs an approval."""


class Guarded(StrEnum):
    """Acts that need a second person: an approval, asked for by who does it and given by somebody else."""

    DISPOSE = "dispose"
    DISCLOSE = "disclose"
    """A redacted copy (its sheet) may be given away in place of the original."""
    LIFT_HOLD = "lift-hold"
    OPEN_RESTRICTED = "open-restricted"
    """One look at a clip whose sensitivity was not granted."""
    PLAY = "play"
    """One play of a clip by an auditor."""
    ROTATE_KEY = "rotate-key"
    REVOKE_KEY = "revoke-key"
    RECOVER = "recover"
    WEAKEN_SETTING = "weaken-setting"
    RAISE_RIGHTS = "raise-rights"
    """Making somebody an administrator or auditor, and granting a sensitivity."""


_OF_EVIDENCE = frozenset({Role.SUPERVISOR})
_OF_STATION = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
APPROVERS: dict[Guarded, frozenset[Role]] = {
    Guarded.DISPOSE: _OF_EVIDENCE,
    Guarded.DISCLOSE: _OF_EVIDENCE,
    Guarded.LIFT_HOLD: _OF_EVIDENCE,
    Guarded.OPEN_RESTRICTED: _OF_EVIDENCE,
    Guarded.PLAY: _OF_STATION,
    Guarded.ROTATE_KEY: _OF_STATION,
    Guarded.REVOKE_KEY: _OF_STATION,
    Guarded.RECOVER: _OF_STATION,
    Guarded.WEAKEN_SETTING: _OF_STATION,
    Guarded.RAISE_RIGHTS: _OF_STATION,
}
"""Who may give an approval for an act. One that concerns a clip is given only by who sees that clip."""


class PermissionDenied(EvidenceError):
    """The actor's role does not allow this. Fields: ``role``, ``permission``."""

    code = "permission-denied"
    status = Exit.REFUSED


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role has a permission. An unknown role has none."""
    if actor.role not in set(Role):
        return actor == VISITOR and permission is Permission.SIGN_IN
    role = Role(actor.role)
    return permission in PERMISSIONS[role] or (role is Role.ADMINISTRATOR and actor.reach is None)


def check(actor: Actor, permission: Permission) -> None:
    """Raise :class:`PermissionDenied` unless :func:`allowed`."""
    if not allowed(actor, permission):
        raise PermissionDenied(role=actor.role, permission=permission.value)


def may_approve(actor: Actor, act: Guarded) -> bool:
    """Whether the actor's role may give an approval for an act."""
    return actor.role in APPROVERS[act]
