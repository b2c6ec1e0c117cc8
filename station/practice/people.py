"""Who works at the made-up station: badge numbers with roles, and PINs by chance for those who sign in. Nobody's name.

The PINs are made anew each time, told once, and are good for a home of practice alone: nothing here touches a home that is there already. All but the
administrator's must be changed at the first sign-in, as PINs are that one person hands to another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from station import pins
from station.commands.people import AddPerson, ResetPin, RoleName
from station.founding import make_administrator
from station.practice.month import CLERK, OFFICERS, SUPERVISOR
from station.rooms import Rooms

ADMINISTRATOR, SECOND_SUPERVISOR, AUDITOR = "900001", "100102", "300101"
ROLES: dict[str, RoleName] = {
    SUPERVISOR: "supervisor",
    SECOND_SUPERVISOR: "supervisor",
    CLERK: "clerk",
    AUDITOR: "auditor",
    **dict.fromkeys(OFFICERS, get_args(RoleName)[0]),
}
SIGNING_IN = (SUPERVISOR, SECOND_SUPERVISOR, CLERK, AUDITOR, *OFFICERS[:2])
"""Who gets a PIN; two of each role that has to agree with somebody else, and two officers."""


def enter(rooms: Rooms, ask: Callable[[Any], Any]) -> list[dict[str, str]]:
    """Everybody, and the PINs. From here on nobody acts in the home without signing in. ``ask`` has a command done."""
    pin = pins.initial_pin(ADMINISTRATOR)
    make_administrator(rooms, ADMINISTRATOR, pin)
    for badge, role in ROLES.items():
        ask(AddPerson(badge, role))
    told = [{"badge": badge, "role": str(ROLES[badge]), "pin": str(ask(ResetPin(badge))["pin"])} for badge in SIGNING_IN]
    return [{"badge": ADMINISTRATOR, "role": "administrator", "pin": pin}, *told]
