"""People and units: list, add, change, disable, enable, reset a PIN, grant, revoke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from evidence.access import Role
from evidence.canonical import Json
from evidence.catalogue import doors
from evidence.catalogue.acts import people as acts
from evidence.catalogue.connect import writing
from evidence.catalogue.ledger import Commit
from evidence.catalogue.people import People, PersonRow
from evidence.certificates import CertificateUnfit
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import SheetId
from evidence.people import Door, Person, PersonState, parse_badge
from evidence.reach import Sensitivity, below
from station import people, pins
from station.commands import Answer, Report
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
    SetUnit,
)
from station.home import StationError
from station.rooms import Rooms
from station.signing_in import digest_of

INITIAL_HOURS = 72
"""How long a PIN that somebody else made may wait to be changed."""
CARD_CHARACTERS = (4, 64)


class GrantUnfit(StationError):
    """That cannot be granted. Fields: ``what``, ``rule``."""

    code = "grant-unfit"
    status = Exit.USAGE


class CardUnfit(StationError):
    """That is no card's number. Fields: ``rule``."""

    code = "card-unfit"
    status = Exit.USAGE


class UnitUnfit(StationError):
    """A unit cannot stand there. Fields: ``unit``, ``parent``."""

    code = "unit-unfit"
    status = Exit.USAGE


def list_people(rooms: Rooms, _command: ListPeople, _actor: Actor, _report: Report) -> Answer:
    """Everybody."""
    if not (rooms.home.keys / "people.key").exists():
        with rooms.sheets() as sheets:
            if next(sheets.sheets("person"), None) is None:
                return Answer({"people": []})
    with people.reading_people(rooms) as known:
        found: list[Json] = [person_json(row) for row in known.everyone()]
    return Answer({"people": found})


def add(rooms: Rooms, command: AddPerson, actor: Actor, _report: Report) -> Answer:
    """Somebody without a door."""
    with rooms.queries() as queries:
        unit = queries.unit() if command.unit is None else command.unit
    person = Person(parse_badge(command.badge), Role(command.role), unit, command.name or None)
    rooms.prepare_to_write()
    people.make_key(rooms.home)
    with rooms.ledger.commit() as commit:
        acts.entered(commit, people.keyed(rooms.home), person, actor)
    return _answer(rooms, person.badge)


def change(rooms: Rooms, command: ChangePerson, actor: Actor, _report: Report) -> Answer:
    """Change members. Another role, and a door of whoever could alter or agree to something, takes a second person."""

    def changed(commit: Commit, row: PersonRow) -> Person:
        before = row.person
        wanted = before
        if command.role is not None:
            wanted = replace(wanted, role=Role(command.role))
        if command.name is not None:
            wanted = replace(wanted, name=command.name or None)
        if command.unit is not None:
            wanted = replace(wanted, unit=command.unit)
        if command.card is not None:
            wanted = replace(wanted, card=_card(rooms, command.card))
        if command.certificate is not None:
            wanted = replace(wanted, certificate=_certificate(command.certificate))
        doors_before, doors_now = (before.card, before.certificate), (wanted.card, wanted.certificate)
        opens = any(now is not None and now != old for old, now in zip(doors_before, doors_now, strict=True))
        raised = wanted.role is not before.role and wanted.has_account
        if (opens or raised) and {before.role, wanted.role} - people.OPENED_ALONE:
            people.with_second_person(commit, people.keyed(rooms.home), row.id, actor)
        if wanted.role is not before.role or doors_now != doors_before:
            wanted = replace(wanted, ended_before=commit.utc)
        return wanted

    return _change(rooms, command.badge, actor, "changed", changed)


def disable(rooms: Rooms, command: DisablePerson, actor: Actor, _report: Report) -> Answer:
    """Out. Whoever may agree to something is not removed from beside an administrator by him alone."""

    def changed(commit: Commit, row: PersonRow) -> Person:
        if row.person.role not in people.OPENED_ALONE and row.person.has_account:
            people.with_second_person(commit, people.keyed(rooms.home), row.id, actor)
        return replace(row.person, state=PersonState.DISABLED, ended_before=commit.utc)

    return _change(rooms, command.badge, actor, "disabled", changed, reason=command.reason)


def enable(rooms: Rooms, command: EnablePerson, actor: Actor, _report: Report) -> Answer:
    """In again: without the PIN of before, which may be known to somebody by now."""

    def changed(commit: Commit, row: PersonRow) -> Person:
        if row.person.role not in people.OPENED_ALONE and row.person.has_account:
            people.with_second_person(commit, people.keyed(rooms.home), row.id, actor)
        return replace(row.person, state=PersonState.ACTIVE, secret=None, initial_until=None, ended_before=commit.utc)

    return _change(rooms, command.badge, actor, "enabled", changed)


def reset_pin(rooms: Rooms, command: ResetPin, actor: Actor, _report: Report) -> Answer:
    """A PIN by chance. It is told once, here."""
    people.make_key(rooms.home)
    badge = parse_badge(command.badge)
    pin = pins.initial_pin(badge)
    phc = pins.hashed(pin, people.pepper(rooms.home))

    def changed(commit: Commit, row: PersonRow) -> Person:
        if row.person.role not in people.OPENED_ALONE:
            people.with_second_person(commit, people.keyed(rooms.home), row.id, actor)
        until = (datetime.fromisoformat(commit.utc) + timedelta(hours=INITIAL_HOURS)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        doors.set_credential(commit.connection, commit.station, row.id, phc)
        return replace(row.person, secret=digest_of(phc), initial_until=until, ended_before=commit.utc)

    answer = _change(rooms, badge, actor, "pin-reset", changed)
    forget_tries(rooms, SheetId(str(answer.document["id"])))
    return Answer({**answer.document, "pin": pin})


def grant(rooms: Rooms, command: Grant, actor: Actor, _report: Report) -> Answer:
    """More to see. A sensitivity takes a second person."""
    _check_grants(command.units, command.cases, command.sensitivities)

    def changed(commit: Commit, row: PersonRow) -> Person:
        before = row.person
        if set(command.sensitivities) - before.sensitivities:
            people.with_second_person(commit, people.keyed(rooms.home), row.id, actor)
        return replace(
            before,
            units=before.units | set(command.units),
            cases=before.cases | set(command.cases),
            sensitivities=before.sensitivities | set(command.sensitivities),
        )

    return _change(rooms, command.badge, actor, "granted", changed)


def revoke(rooms: Rooms, command: RevokeGrant, actor: Actor, _report: Report) -> Answer:
    """Less to see, at once."""

    def changed(_commit: Commit, row: PersonRow) -> Person:
        before = row.person
        return replace(
            before,
            units=before.units - set(command.units),
            cases=before.cases - set(command.cases),
            sensitivities=before.sensitivities - set(command.sensitivities),
        )

    return _change(rooms, command.badge, actor, "revoked", changed)


def list_units(rooms: Rooms, _command: ListUnits, _actor: Actor, _report: Report) -> Answer:
    """The units that were entered."""
    with rooms.sheets() as sheets:
        units: list[Json] = [
            {"code": one.code, "parent": one.parent, "name": one.name}
            for one in People(sheets, lambda _what, value: value).units()
        ]
    return Answer({"units": units})


def set_unit(rooms: Rooms, command: SetUnit, actor: Actor, _report: Report) -> Answer:
    """Put a unit in its place. Raises :class:`UnitUnfit`: two that stood below each other would see each other's clips."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        known = acts.people(commit, lambda _what, value: value)
        if command.parent and command.parent in below(frozenset({command.code}), known.parents()):
            raise UnitUnfit(unit=command.code, parent=command.parent)
        row = next((one for one in known.units() if one.code == command.code), None)
        acts.unit_set(commit, row, command.code, command.parent or None, command.name or None, actor)
    return Answer({"code": command.code, "parent": command.parent or None, "name": command.name or None})


def forget_tries(rooms: Rooms, person: SheetId) -> None:
    """Somebody may try again at once, at every door."""
    digest = people.keyed(rooms.home)
    with writing(rooms.catalogue) as connection:
        doors.forget_tries(connection, rooms.station, *(digest("try", f"{door} {person}") for door in Door))


def person_json(row: PersonRow) -> dict[str, Json]:
    """A person as every answer shows him: nothing that opens a door."""
    one = row.person
    ways: list[Json] = [door.value for door in one.doors]
    units: list[Json] = [*sorted(one.units)]
    cases: list[Json] = [*sorted(one.cases)]
    sensitivities: list[Json] = [*sorted(one.sensitivities)]
    return {
        "id": row.id,
        "badge": one.badge,
        "name": one.name,
        "role": one.role.value,
        "unit": one.unit,
        "state": one.state.value,
        "doors": ways,
        "initial_until": one.initial_until,
        "units": units,
        "cases": cases,
        "sensitivities": sensitivities,
        "source": one.source,
        "changed_at": row.at,
    }


def _change(
    rooms: Rooms,
    badge: str,
    actor: Actor,
    did: str,
    changed: Callable[[Commit, PersonRow], Person],
    *,
    reason: str | None = None,
) -> Answer:
    wanted = parse_badge(badge)
    rooms.prepare_to_write()
    people.make_key(rooms.home)
    digest = people.keyed(rooms.home)
    with rooms.ledger.commit() as commit:
        row = people.found(acts.people(commit, digest), wanted)
        after = changed(commit, row)
        if after != row.person:
            acts.changed(commit, digest, row, after, did, actor, reason=reason)
    return _answer(rooms, wanted)


def _answer(rooms: Rooms, badge: str) -> Answer:
    with people.reading_people(rooms) as known:
        return Answer(person_json(people.found(known, badge)))


def _check_grants(units: tuple[str, ...], cases: tuple[str, ...], sensitivities: tuple[str, ...]) -> None:
    if unknown := set(sensitivities) - set(Sensitivity):
        raise GrantUnfit(what=min(unknown), rule=", ".join(Sensitivity))
    for one in (*units, *cases):
        if not one.strip() or len(one) > 64:
            raise GrantUnfit(what=one[:64], rule="1 to 64 characters")


def _card(rooms: Rooms, number: str) -> str | None:
    if not number.strip():
        return None
    low, high = CARD_CHARACTERS
    if not low <= len(number.strip()) <= high or not number.strip().isprintable():
        raise CardUnfit(rule=f"{low} to {high} printable characters")
    return people.keyed(rooms.home)("card", number.strip())


def _certificate(given: bytes) -> str | None:
    if not given:
        return None
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        pem = given.lstrip().startswith(b"-----")
        found = x509.load_pem_x509_certificate(given) if pem else x509.load_der_x509_certificate(given)
    except ValueError as error:
        raise CertificateUnfit(path="certificate", rule="an X.509 certificate, PEM or DER") from error
    return people.fingerprint(found.public_bytes(Encoding.DER))
