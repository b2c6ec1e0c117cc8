"""The table of roles and permissions, written down a second time: a change of it must be made in both places."""

from __future__ import annotations

import pytest

from evidence.access import PERMISSIONS, Permission, PermissionDenied, Role, check
from evidence.custody.entry import STATION, Actor
from evidence.errors import Exit

TABLE = {  # officer, clerk, supervisor, administrator, auditor
    Permission.COLLECT: "y y y y n",
    Permission.READ_CLIPS: "y y y y y",
    Permission.TAG: "n y y y n",
    Permission.EXPORT: "n y y y n",
    Permission.SEND: "n y y y n",
    Permission.ERASE: "n n y y n",
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
}
ROLES = (Role.OFFICER, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(Permission)
    assert set(ROLES) == set(Role) == set(PERMISSIONS)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_says(role: Role, permission: Permission) -> None:
    allowed = TABLE[permission].split()[ROLES.index(role)] == "y"
    actor = Actor("somebody", role.value)
    if allowed:
        check(actor, permission)
    else:
        with pytest.raises(PermissionDenied) as caught:
            check(actor, permission)
        assert caught.value.fields == {"role": role.value, "permission": permission.value}
        assert caught.value.status is Exit.REFUSED


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ["", "root", "Administrator", "administrator ", "station"])
def test_an_unknown_role_may_nothing(role: str, permission: Permission) -> None:
    with pytest.raises(PermissionDenied):
        check(Actor("somebody", role), permission)


def test_the_station_itself_is_no_role_that_may_command() -> None:
    with pytest.raises(PermissionDenied):
        check(STATION, Permission.READ_CLIPS)
