"""Acts on people and units: entered, changed; signed in, turned away, signed out.

Rules kept here: a badge, a card and a certificate are one person's; the first who gets an account is an administrator, and one who can sign in
remains; nobody changes his own rights.
"""

from __future__ import annotations

from evidence.access import Role
from evidence.catalogue import doors
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.people import People, PersonRow, UnitRow, accounts_begun
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit
from evidence.facts import check_text
from evidence.ids import SheetId
from evidence.people import KIND, NAME_CHARACTERS, UNIT_CHARACTERS, UNIT_KIND, Keyed, Person, PersonState


class PersonKnown(EvidenceError):
    """Somebody has that badge, card or certificate. Fields: ``what``."""

    code = "person-known"
    status = Exit.USAGE


class FirstAdministrator(EvidenceError):
    """The first account is an administrator's. No fields."""

    code = "first-administrator"
    status = Exit.REFUSED


class LastAdministrator(EvidenceError):
    """After this nobody could manage people any more. Fields: ``badge``."""

    code = "last-administrator"
    status = Exit.REFUSED


class OwnRights(EvidenceError):
    """Nobody changes his own rights. Fields: ``badge``."""

    code = "own-rights"
    status = Exit.REFUSED


def people(commit: Commit, keyed: Keyed) -> People:
    """People as a commit sees them."""
    return People(Sheets(commit.connection, commit.station), keyed)


def entered(commit: Commit, keyed: Keyed, person: Person, actor: Actor) -> SheetId:
    """Somebody new. Raises :class:`PersonKnown`, :class:`FirstAdministrator`, :class:`~evidence.facts.TextUnfit`."""
    _check(commit, keyed, None, person)
    return written(commit, Sheet(KIND, person.said, person.kept, person.found_by(keyed)), "entered", actor)


def changed(
    commit: Commit, keyed: Keyed, row: PersonRow, person: Person, did: str, actor: Actor, *, reason: str | None = None
) -> None:
    """Somebody is not what he was. ``did``: a word of the vocabulary.

    Raises as :func:`entered`, and :class:`LastAdministrator`, :class:`OwnRights`.
    """
    before = row.person
    if actor.person == before.badge and _rights(before) != _rights(person):
        raise OwnRights(badge=before.badge)
    _check(commit, keyed, row, person)
    if (
        _manages(before)
        and not _manages(person)
        and not any(_manages(one.person) for one in people(commit, keyed).everyone() if one.id != row.id)
    ):
        raise LastAdministrator(badge=before.badge)
    sheet = Sheet(KIND, person.said, person.kept, person.found_by(keyed))
    written(commit, sheet, did, actor, of=row.id, version=row.version, reason=reason)
    if person.secret is None:
        doors.set_credential(commit.connection, commit.station, row.id, None)


def unit_set(commit: Commit, row: UnitRow | None, code: str, parent: str | None, name: str | None, actor: Actor) -> SheetId:
    """A unit, and the one above it. Raises :class:`~evidence.facts.TextUnfit`."""
    for label, text in (("unit", code), ("parent", parent or ""), ("name", name or "")):
        check_text(label, text, UNIT_CHARACTERS)
    sheet = Sheet(UNIT_KIND, {"code": code, "parent": parent, "name": name}, None, (("code", code),))
    if row is None:
        return written(commit, sheet, "entered", actor)
    return written(commit, sheet, "changed", actor, of=row.id, version=row.version)


def _check(commit: Commit, keyed: Keyed, row: PersonRow | None, person: Person) -> None:
    check_text("name", person.name or "", NAME_CHARACTERS)
    check_text("unit", person.unit, UNIT_CHARACTERS)
    known = people(commit, keyed)
    own = None if row is None else row.id
    others = {
        "badge": known.of_badge(person.badge),
        "card": None if person.card is None else known.of_card(person.card),
        "certificate": None if person.certificate is None else known.of_certificate(person.certificate),
    }
    for what, other in others.items():
        if other is not None and other.id != own:
            raise PersonKnown(what=what)
    if person.has_account and not _manages(person) and not accounts_begun(Sheets(commit.connection, commit.station)):
        raise FirstAdministrator


def _rights(person: Person) -> tuple[object, ...]:
    return (person.role, person.unit, person.state, person.units, person.cases, person.sensitivities)


def _manages(person: Person) -> bool:
    return person.role is Role.ADMINISTRATOR and person.state is PersonState.ACTIVE and person.has_account
