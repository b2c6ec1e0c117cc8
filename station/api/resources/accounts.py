"""People: signing in and out, who acts, and who has an account."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import given, members
from station.api.resources.form import Asked, Form, Id, Moment, Operation, Shape, Text
from station.api.resources.proof import Nothing
from station.commands.people import (
    AddPerson,
    ChangePerson,
    DisablePerson,
    EnablePerson,
    Grant,
    ListPeople,
    ListUnits,
    ResetPin,
    RevokeGrant,
    RoleName,
    SetUnit,
    SignIn,
    SignOut,
    WhoAmI,
)

Badge = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[^\\x00]*$")]
Secret = Annotated[str, Meta(min_length=1, max_length=256, pattern="^[^\\x00]*$")]


class Person(Shape):
    """Somebody who is entered: nothing that opens a door."""

    id: Id
    badge: str
    name: str | None
    role: RoleName
    unit: str | None
    state: str
    doors: list[str]
    initial_until: Moment | None
    units: list[str]
    cases: list[str]
    sensitivities: list[str]
    source: str | None
    changed_at: Moment


class PersonWithPin(Person):
    """Somebody, and the PIN that was made for him by chance: told this once, to be changed at the first sign-in."""

    pin: str


class Unit(Shape):
    """A unit, and which it stands below."""

    code: str
    parent: str | None
    name: str | None


class Session(Shape):
    """A session. ``session`` is the secret to send as ``X-Evidence-Session`` from now on; it is told this once."""

    session: str
    door: str
    ends_at: Moment
    person: Person


class Acting(Shape):
    """Who acts, and how far that reaches; null where there is no bound."""

    badge: str | None
    role: str
    signed_in: bool
    units: list[str] | None
    cases: list[str] | None
    sensitivities: list[str] | None


class SignedOut(Shape):
    """Whose session ended."""

    badge: str | None
    everywhere: bool


class Credentials(Form):
    """Badge and PIN or password, or the number of a card and the PIN. ``new_secret``: that is the PIN from now on.

    Over TLS with the certificate of a person: nothing, the certificate signs in.
    """

    badge: Badge | UnsetType = UNSET
    card: Secret | UnsetType = UNSET
    secret: Secret | UnsetType = UNSET
    new_secret: Secret | UnsetType = UNSET


class Leaving(Form):
    """The session that ends; ``everywhere``: all that one has."""

    session: Secret
    everywhere: bool = False


class PersonNew(Form):
    """Somebody to enter, who has no way to sign in yet."""

    badge: Badge
    role: RoleName
    name: Text | UnsetType = UNSET
    unit: Text | UnsetType = UNSET


class PersonChange(Form):
    """What of somebody is to be otherwise. What is left out stays, an empty text clears it.

    ``card``: the number that a reader types. ``certificate``: an X.509 client certificate (PEM), with which he signs in over TLS.
    """

    role: RoleName | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    unit: Text | UnsetType = UNSET
    card: Annotated[str, Meta(max_length=256, pattern="^[^\\x00]*$")] | UnsetType = UNSET
    certificate: Annotated[str, Meta(max_length=20_000, pattern="^[^\\x00]*$")] | UnsetType = UNSET


Words = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64, pattern="^[^\\x00]*$")]], Meta(max_length=100)]


class Reaching(Form):
    """Units, cases and sensitivities whose clips somebody sees besides his own, or sees no more."""

    units: Words | UnsetType = UNSET
    cases: Words | UnsetType = UNSET
    sensitivities: Words | UnsetType = UNSET


class UnitPut(Form):
    """Which unit it stands below (left out: none), and its name."""

    parent: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET


class PersonState(Form):
    """Whether somebody may sign in."""

    state: Literal["active", "disabled"]
    reason: Text | UnsetType = UNSET


def sign_in(asked: Asked) -> SignIn:
    """What was typed, as a command."""
    body = asked.body
    return SignIn(given(body.badge), given(body.card), given(body.secret), given(body.new_secret))


def _turn(asked: Asked) -> DisablePerson | EnablePerson:
    if asked.body.state == "disabled":
        return DisablePerson(asked.path["badge"], given(asked.body.reason))
    return EnablePerson(asked.path["badge"])


def _change(asked: Asked) -> ChangePerson:
    told = members(asked.body)
    if "certificate" in told:
        told["certificate"] = told["certificate"].encode()
    return ChangePerson(asked.path["badge"], **told)


OPERATIONS = (
    Operation(
        *("POST", "/v1/sessions", "signIn", "Sign in", "people:write"),
        command=sign_in,
        body=Credentials,
        answers=Session,
        status=201,
        special="sign-in",
    ),
    Operation(
        *("POST", "/v1/sessions/end", "signOut", "Sign out", "people:write"),
        command=lambda asked: SignOut(asked.body.session, everywhere=asked.body.everywhere),
        body=Leaving,
        answers=SignedOut,
    ),
    Operation(
        *("GET", "/v1/me", "whoAmI", "Who acts, and how far that reaches", "people:read"),
        command=lambda _asked: WhoAmI(),
        answers=Acting,
    ),
    Operation(
        *("GET", "/v1/users", "listUsers", "Everybody, in the order they were entered", "people:read"),
        command=lambda _asked: ListPeople(),
        answers=Person,
        rows="people",
        key="id",
    ),
    Operation(
        *("POST", "/v1/users", "addUser", "Enter somebody", "people:write"),
        command=lambda asked: AddPerson(asked.body.badge, asked.body.role, given(asked.body.name), given(asked.body.unit)),
        body=PersonNew,
        answers=Person,
        status=201,
    ),
    Operation(
        *("PUT", "/v1/users/{badge}/state", "turnUser", "Disable somebody, or enable him again", "people:write"),
        command=_turn,
        body=PersonState,
        answers=Person,
    ),
    Operation(
        *("PATCH", "/v1/users/{badge}", "changeUser", "Change what is known of somebody, his card or his certificate"),
        scope="people:write",
        command=_change,
        body=PersonChange,
        answers=Person,
    ),
    Operation(
        *(
            "POST",
            "/v1/users/{badge}/pin",
            "resetPin",
            "Make a PIN for somebody, by chance; it ends his sessions",
            "people:write",
        ),
        command=lambda asked: ResetPin(asked.path["badge"]),
        body=Nothing,
        answers=PersonWithPin,
        status=201,
    ),
    Operation(
        *("POST", "/v1/users/{badge}/grants", "grant", "Let somebody see more", "people:write"),
        command=lambda asked: Grant(asked.path["badge"], **members(asked.body)),
        body=Reaching,
        answers=Person,
    ),
    Operation(
        *("POST", "/v1/users/{badge}/grants/revocation", "revokeGrant", "Take back what was granted", "people:write"),
        command=lambda asked: RevokeGrant(asked.path["badge"], **members(asked.body)),
        body=Reaching,
        answers=Person,
    ),
    Operation(
        *("GET", "/v1/units", "listUnits", "Units, and which stands below which", "people:read"),
        command=lambda _asked: ListUnits(),
        answers=Unit,
        rows="units",
        key="code",
    ),
    Operation(
        *("PUT", "/v1/units/{unit}", "setUnit", "Enter a unit, or put it below another", "people:write"),
        command=lambda asked: SetUnit(asked.path["unit"], **members(asked.body)),
        body=UnitPut,
        answers=Unit,
    ),
)
