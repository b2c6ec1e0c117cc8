"""People as the open home knows them: the key that their digests and seals are made with, who somebody is, and who leaves with the roster."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from evidence.access import APPROVERS, Guarded, Role
from evidence.catalogue.acts import people as acts
from evidence.catalogue.acts.people import LastAdministrator
from evidence.catalogue.ledger import Commit
from evidence.catalogue.people import People, PersonRow, accounts_begun
from evidence.custody.entry import Actor, subject_sheet
from evidence.errors import Exit
from evidence.ids import SheetId
from evidence.people import DESK, Keyed, Person, PersonState
from station import approvals, durable
from station.home import Home, StationError
from station.rooms import Rooms

KEY_BYTES = 32
LEAVERS = 3
"""So many may leave at once, of a larger roster a tenth and of a smaller one half: more is a file that was cut short, until somebody says that it is not."""
OPENED_ALONE = frozenset({Role.OFFICER})
"""Roles whose doors one administrator may open: what they can do alters nothing and agrees to nothing."""


class NoSuchPerson(StationError):
    """Nobody has that badge. Fields: ``badge``."""

    code = "no-such-person"
    status = Exit.USAGE


class PeopleKeyMissing(StationError):
    """There are accounts, and the key that their digests were made with is gone. Fields: ``path``."""

    code = "people-key-missing"
    status = Exit.REFUSED


class TooManyLeave(StationError):
    """A roster leaves out more people than leave at once. Fields: ``count``, ``limit``."""

    code = "too-many-leave"
    status = Exit.REFUSED


def make_key(home: Home) -> None:
    """Make the key, if it is not there yet; it is never overwritten. Raises as files do."""
    with home.faults():
        durable.place_new(home.keys / "people.key", secrets.token_bytes(KEY_BYTES), 0o400)


def people_key(home: Home) -> bytes:
    """The key. Raises :class:`PeopleKeyMissing`, and as files do."""
    path = home.keys / "people.key"
    with home.faults():
        try:
            key = path.read_bytes()
        except FileNotFoundError as error:
            raise PeopleKeyMissing(path=str(path)) from error
    if len(key) != KEY_BYTES:
        raise PeopleKeyMissing(path=str(path))
    return key


def keyed(home: Home) -> Keyed:
    """The station's keyed digest of values that could be guessed: HMAC-SHA-256 (RFC 2104), under the name of what the value is."""
    key = people_key(home)

    def made(what: str, value: str) -> str:
        return hmac.new(key, f"{what}\0{value}".encode(errors="surrogatepass"), sha256).hexdigest()

    return made


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate."""
    return sha256(der).hexdigest()


@contextmanager
def reading_people(rooms: Rooms) -> Iterator[People]:
    """People on one snapshot. Raises :class:`PeopleKeyMissing`."""
    digest = keyed(rooms.home)
    with rooms.sheets() as sheets:
        yield People(sheets, digest)


def accounts(rooms: Rooms) -> bool:
    """Whether anybody has an account: from then on nobody acts without a session."""
    with rooms.sheets() as sheets:
        return accounts_begun(sheets)


def found(people: People, badge: str) -> PersonRow:
    """Who has a badge. Raises :class:`NoSuchPerson`."""
    row = people.of_badge(badge)
    if row is None:
        raise NoSuchPerson(badge=badge)
    return row


def with_second_person(commit: Commit, digest: Keyed, of: SheetId, actor: Actor) -> None:
    """Spend an approval for raising somebody's rights, if there is anybody who could have given it.

    The first administrator has nobody beside him; from the first other person on who may agree, he needs one. Raises ``ApprovalMissing``.
    """
    if actor.reach is None:
        return
    could = APPROVERS[Guarded.RAISE_RIGHTS]
    others = (
        one
        for one in acts.people(commit, digest).everyone()
        if one.id != of and one.person.badge != actor.person and one.person.role in could
    )
    if any(one.person.has_account and one.person.state is PersonState.ACTIVE for one in others):
        approvals.required(commit, Guarded.RAISE_RIGHTS.value, subject_sheet(of), actor)


def enrolled(commit: Commit, digest: Keyed, badge: str, name: str | None, unit: str, roster: str, actor: Actor) -> SheetId:
    """A roster knows somebody: entered as an officer, or what is known of him brought up to date. Who left comes back as disabled as he was."""
    row, wanted = enrolment(acts.people(commit, digest), badge, name, unit, roster)
    if row is None:
        return acts.entered(commit, digest, wanted, actor)
    if wanted != row.person:
        acts.changed(commit, digest, row, wanted, "enrolled", actor)
    return row.id


def enrolment(known: People, badge: str, name: str | None, unit: str, roster: str) -> tuple[PersonRow | None, Person]:
    """Who has a badge that a roster lists, if anybody has, and what he would be by it."""
    row = known.of_badge(badge)
    if row is None:
        return None, Person(badge, Role.OFFICER, unit, name, source=roster)
    return row, replace(row.person, name=name or row.person.name, unit=unit, source=roster)


def leaving(known: People, present: Collection[str], roster: str) -> tuple[list[PersonRow], int]:
    """Whom a roster knew and does not name any more, and how many may leave at once. ``present``: the badges that it names now."""
    mine = [one for one in known.everyone() if one.person.source == roster != DESK]
    active = [one for one in mine if one.person.state is PersonState.ACTIVE]
    named = set(present)
    limit = min(max(LEAVERS, len(active) // 10), max(1, len(active) // 2))
    return [one for one in active if one.person.badge not in named], limit


def leavers(
    commit: Commit, digest: Keyed, present: Collection[str], roster: str, actor: Actor, *, sure: bool = False
) -> list[str]:
    """Disable whom a roster knew and does not name any more: their badges. Who was entered at the desk stays, and so does the last administrator.

    ``present``: the badges that it names now. Raises :class:`TooManyLeave` unless somebody is ``sure``.
    """
    rows, limit = leaving(acts.people(commit, digest), present, roster)
    if len(rows) > limit and not sure:
        raise TooManyLeave(count=len(rows), limit=limit)
    left = []
    for row in rows:
        gone = replace(row.person, state=PersonState.DISABLED, ended_before=commit.utc)
        try:
            acts.changed(commit, digest, row, gone, "left", actor)
        except LastAdministrator:
            continue
        left.append(row.person.badge)
    return left


def pepper(home: Home) -> bytes:
    """The secret that goes into every hash of a PIN: derived from the key, so that one use of it says nothing of another."""
    return hmac.new(people_key(home), b"pin", sha256).digest()


def session_seal(home: Home, secret: str, person: str, begun_at: str) -> str:
    """What binds a session's secret, person and beginning to the key."""
    text = f"session\0{secret}\0{person}\0{begun_at}".encode()
    return hmac.new(people_key(home), text, sha256).hexdigest()


def random_secret() -> str:
    """256 random bits, as text."""
    return secrets.token_urlsafe(32)
