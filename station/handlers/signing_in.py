"""Signing in and out, and who one is."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.custody.entry import Actor
from evidence.people import parse_badge
from station import signing_in
from station.commands import Answer, Report
from station.commands.people import SignIn, SignOut, WhoAmI
from station.handlers.people import person_json
from station.rooms import Rooms
from station.signing_in import SignedIn


def sign_in(rooms: Rooms, command: SignIn, _actor: Actor, _report: Report) -> Answer:
    """By a card if one is given, else by a badge. The answer has the session, which nobody gets to see again."""
    if command.card is not None:
        came = signing_in.by_card(rooms, command.card.strip(), command.secret)
    else:
        came = signing_in.by_pin(rooms, parse_badge(command.badge or "-"), command.secret or "", command.new_secret)
    return Answer(came_in(came))


def came_in(came: SignedIn) -> dict[str, Json]:
    """Who came in, with the session."""
    return {"session": came.session, "door": came.door.value, "ends_at": came.ends_at, "person": person_json(came.row)}


def sign_out(rooms: Rooms, command: SignOut, actor: Actor, _report: Report) -> Answer:
    """End it."""
    signing_in.sign_out(rooms, command.session, actor, everywhere=command.everywhere)
    return Answer({"badge": actor.person, "everywhere": command.everywhere})


def who_am_i(_rooms: Rooms, _command: WhoAmI, actor: Actor, _report: Report) -> Answer:
    """The actor, and his reach. Null where there is no bound."""
    reach = actor.reach
    units: Json = None if reach is None or reach.units is None else [*sorted(reach.units)]
    sensitivities: Json = None if reach is None or reach.sensitivities is None else [*sorted(reach.sensitivities)]
    cases: Json = None if reach is None else [*sorted(reach.cases)]
    return Answer(
        {
            "badge": actor.person,
            "role": actor.role,
            "signed_in": reach is not None,
            "units": units,
            "cases": cases,
            "sensitivities": sensitivities,
        }
    )
