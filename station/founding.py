"""The first administrator: made where the home lies, by who owns it, before anybody has an account; and never again."""

from __future__ import annotations

from evidence.access import Role
from evidence.catalogue import doors
from evidence.catalogue.acts import people as acts
from evidence.catalogue.people import accounts_begun
from evidence.catalogue.sheets import Sheets
from evidence.errors import Exit
from evidence.people import Person, parse_badge
from station import people, pins
from station.home import StationError
from station.rooms import Rooms
from station.signing_in import digest_of


class AdministratorThere(StationError):
    """There are accounts already: who may manage people does so. No fields."""

    code = "administrator-there"
    status = Exit.REFUSED


def make_administrator(rooms: Rooms, badge: str, secret: str) -> str:
    """Make an administrator with a PIN or password of his own: the badge as it is kept.

    Somebody who was entered before becomes one. Raises :class:`AdministratorThere`, :class:`~evidence.people.BadgeUnfit`,
    :class:`~station.pins.SecretTooEasy`.
    """
    known = parse_badge(badge)
    pins.check_fit(secret, known)
    if people.accounts(rooms):
        raise AdministratorThere
    rooms.prepare_to_write()
    people.make_key(rooms.home)
    digest = people.keyed(rooms.home)
    phc = pins.hashed(secret, people.pepper(rooms.home))
    with rooms.queries() as queries:
        unit = queries.unit()
    with rooms.ledger.commit() as commit:
        if accounts_begun(Sheets(commit.connection, commit.station)):
            raise AdministratorThere
        row = acts.people(commit, digest).of_badge(known)
        person = Person(known, Role.ADMINISTRATOR, unit, secret=digest_of(phc))
        if row is None:
            of = acts.entered(commit, digest, person, rooms.operator)
        else:
            of = row.id
            acts.changed(commit, digest, row, person, "made-administrator", rooms.operator)
        doors.set_credential(commit.connection, commit.station, of, phc)
    return known
