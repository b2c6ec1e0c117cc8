"""The table of roles and permissions, written down a second time: a change of it must be made in both places."""

from __future__ import annotations

import pytest

from evidence.access import (
    APPROVERS,
    PERMISSIONS,
    VISITOR,
    Guarded,
    Permission,
    PermissionDenied,
    Role,
    allowed,
    check,
    may_approve,
)
from evidence.custody.entry import STATION, Actor
from evidence.errors import Exit
from evidence.reach import Reach

TABLE = {  # officer, clerk, supervisor, administrator, auditor
    Permission.SIGN_IN: "y y y y y",
    Permission.OWN_SESSION: "y y y y y",
    Permission.COLLECT: "y y y y n",
    Permission.READ_STATION: "y y y y y",
    Permission.READ_CLIPS: "y y y y y",
    Permission.PLAY: "y y y n y",
    Permission.TAG: "n y y n n",
    Permission.MANAGE_CATEGORIES: "n n y n n",
    Permission.READ_CASES: "n y y n y",
    Permission.MANAGE_CASES: "n y y n n",
    Permission.EXPORT: "n y y n n",
    Permission.SEND: "n y y y n",
    Permission.ERASE: "n n y n n",
    Permission.READ_LOG: "n n y y y",
    Permission.VERIFY: "n n y y y",
    Permission.READ_SETTINGS: "n n y y y",
    Permission.CHANGE_SETTINGS: "n n n y n",
    Permission.RECOVER: "n n n y n",
    Permission.MANAGE_KEYS: "n n n y n",
    Permission.READ_DEVICES: "n y y y y",
    Permission.ISSUE_DEVICES: "n y y y n",
    Permission.MANAGE_DEVICES: "n n y y n",
    Permission.READ_ALARMS: "n y y y y",
    Permission.ACKNOWLEDGE_ALARMS: "n n y y n",
    Permission.READ_FIGURES: "n n y y y",
    Permission.GIVE_INDEX: "n n y y n",
    Permission.DRAW_SAMPLES: "n n y n y",
    Permission.READ_PEOPLE: "n n y y y",
    Permission.MANAGE_PEOPLE: "n n n y n",
    Permission.ASK_APPROVAL: "y y y y y",
    Permission.GIVE_APPROVAL: "n n y y n",
    Permission.READ_KEEPING: "n y y y y",
    Permission.PLACE_HOLDS: "n y y n n",
    Permission.LIFT_HOLDS: "n n y n n",
    Permission.CHANGE_RULES: "n n y n n",
    Permission.DISPOSE: "n n y n n",
    Permission.REDACT: "n y y n n",
    Permission.RUN_FEEDS: "n y y y n",
}
ROLES = (Role.OFFICER, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(Permission)
    assert set(ROLES) == set(Role) == set(PERMISSIONS)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_says(role: Role, permission: Permission) -> None:
    told = TABLE[permission].split()[ROLES.index(role)] == "y"
    actor = Actor("somebody", role.value, Reach(units=None))
    if told:
        check(actor, permission)
    else:
        with pytest.raises(PermissionDenied) as caught:
            check(actor, permission)
        assert caught.value.fields == {"role": role.value, "permission": permission.value}
        assert caught.value.status is Exit.REFUSED


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ROLES)
def test_while_nobody_has_an_account_the_administrator_may_everything_and_the_others_what_the_table_says(
    role: Role, permission: Permission
) -> None:
    told = TABLE[permission].split()[ROLES.index(role)] == "y"
    assert allowed(Actor("operator", role.value), permission) is (told or role is Role.ADMINISTRATOR)


@pytest.mark.parametrize("permission", Permission)
def test_who_is_not_signed_in_may_sign_in_and_nothing_else(permission: Permission) -> None:
    assert allowed(VISITOR, permission) is (permission is Permission.SIGN_IN)


def test_every_act_that_needs_a_second_person_has_somebody_who_may_agree() -> None:
    assert set(APPROVERS) == set(Guarded)
    for act, roles in APPROVERS.items():
        assert roles
        assert Role.OFFICER not in roles
        assert all(Permission.GIVE_APPROVAL in PERMISSIONS[role] for role in roles), act


@pytest.mark.parametrize("act", [Guarded.DISPOSE, Guarded.DISCLOSE, Guarded.LIFT_HOLD, Guarded.OPEN_RESTRICTED])
def test_no_administrator_decides_about_evidence(act: Guarded) -> None:
    assert not may_approve(Actor("somebody", "administrator", Reach(units=None)), act)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ["", "root", "Administrator", "administrator ", "station"])
def test_an_unknown_role_may_nothing(role: str, permission: Permission) -> None:
    with pytest.raises(PermissionDenied):
        check(Actor("somebody", role), permission)


def test_the_station_itself_is_no_role_that_may_command() -> None:
    with pytest.raises(PermissionDenied):
        check(STATION, Permission.READ_CLIPS)
