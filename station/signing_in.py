"""Signing in by one of three doors, and who acts in a session.

Rules kept here (OWASP ASVS 5.0, chapters 6 and 7; NIST SP 800-63B):

* nobody is told which part was wrong: an unknown badge, a wrong PIN, a leaver and a PIN whose time is over get the same answer after the same work; the
  log says which it was, and never what was typed;
* a try is counted before it is made; after four that failed each waits longer, up to a quarter of an hour and no longer. Each door counts for itself, so
  whoever is kept out at one by somebody else's tries has the others;
* a session is a random secret of which only a seal is kept, made with the home's own key; it ends when it was idle or lasted too long, when it
  is ended, and when the person's rights or PIN change by somebody else's hand;
* a sheet that is not what the log says, or a hash whose digest the sheet does not have, opens nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from evidence.access import VISITOR
from evidence.canonical import Json
from evidence.catalogue import doors
from evidence.catalogue.acts import people as acts
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.connect import reading, writing
from evidence.catalogue.doors import SessionRow
from evidence.catalogue.people import People, PersonRow, accounts_begun
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import SUBJECT_STATION, Actor, subject_sheet
from evidence.errors import Exit
from evidence.ids import SheetId
from evidence.people import Door, PersonState
from station import people, pins
from station.home import StationError
from station.rooms import Rooms

SEEN_SECONDS = 60
"""A session's last use is written down at most this often."""


class NoAccounts(StationError):
    """Nobody has an account: whoever types acts as the operator. No fields."""

    code = "no-accounts"
    status = Exit.REFUSED


class NotSignedIn(StationError):
    """There are accounts, and whoever asks is not signed in, or not any more. No fields."""

    code = "not-signed-in"
    status = Exit.REFUSED


class SignInRefused(StationError):
    """That is nobody, or not the PIN. No fields: which it was is not told."""

    code = "sign-in-refused"
    status = Exit.REFUSED


class SignInLocked(StationError):
    """Too many tries. Fields: ``seconds``, until the next one is heard."""

    code = "sign-in-locked"
    status = Exit.REFUSED


class PinMustChange(StationError):
    """The PIN is right, and somebody else made it: another one has to be given with it. No fields."""

    code = "pin-must-change"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who came in. ``session`` is the secret that he carries from now on; it is kept nowhere."""

    session: str
    row: PersonRow
    door: Door
    ends_at: str


def by_pin(rooms: Rooms, badge: str, secret: str, new_secret: str | None = None) -> SignedIn:
    """By badge and PIN or password. With ``new_secret`` that is the PIN from now on.

    Raises :class:`NoAccounts`, :class:`SignInRefused`, :class:`SignInLocked`, :class:`PinMustChange`, :class:`~station.pins.SecretTooEasy`.
    """
    return _by_secret(rooms, Door.PIN, badge, lambda known: known.of_badge(badge), secret, new_secret)


def by_card(rooms: Rooms, card: str, secret: str | None) -> SignedIn:
    """By the number that a card reader typed, and the PIN unless the setting ``card_pin`` waives it. Raises as :func:`by_pin`."""
    digest = "" if not accounts_here(rooms) else people.keyed(rooms.home)("card", card)
    wanted = secret if rooms.settings.card_pin else None
    if rooms.settings.card_pin and secret is None:
        wanted = ""
    return _by_secret(rooms, Door.CARD, digest, lambda known: known.of_card(digest), wanted, None)


def by_certificate(rooms: Rooms, der: bytes) -> SignedIn:
    """By an X.509 client certificate (DER) that TLS has verified: its chain, and that the client has the key. For the API.

    Here it is looked whose it is, and whether its time is now. Raises :class:`NoAccounts`, :class:`SignInRefused`.
    """
    from cryptography.x509 import load_der_x509_certificate

    if not accounts_here(rooms):
        raise NoAccounts
    mark = people.fingerprint(der)
    with people.reading_people(rooms) as known:
        row = known.of_certificate(mark)
    now = rooms.clock().unix_ns / 1e9
    found = load_der_x509_certificate(der)
    in_time = found.not_valid_before_utc.timestamp() <= now <= found.not_valid_after_utc.timestamp()
    if row is None or row.person.state is not PersonState.ACTIVE or not in_time:
        why = "unknown" if row is None else "disabled" if in_time else "out-of-date"
        _refused(rooms, row, Door.CERTIFICATE, why, 0)
        raise SignInRefused
    return _come_in(rooms, row, Door.CERTIFICATE, None)


def _by_secret(
    rooms: Rooms, door: Door, typed: str, find: Callable[[People], PersonRow | None], secret: str | None, new_secret: str | None
) -> SignedIn:
    if not accounts_here(rooms):
        raise NoAccounts
    digest = people.keyed(rooms.home)
    with reading(rooms.catalogue) as connection:
        row = find(People(Sheets(connection, rooms.station), digest))
        phc = None if row is None else doors.credential(connection, rooms.station, row.id)
    who = digest("try", f"{door} {typed if row is None else row.id}")
    with writing(rooms.catalogue) as connection:
        wait, turned_away = doors.begin_try(connection, rooms.station, who, rooms.clock().utc)
    if wait:
        raise SignInLocked(seconds=wait)
    why = _why_not(rooms, row, phc, secret)
    if row is None or why is not None:
        _refused(rooms, row, door, why or "unknown", turned_away)
        raise SignInRefused
    if new_secret is None and row.person.initial_until is not None and secret is not None:
        _let_try(rooms, who)
        raise PinMustChange
    if new_secret is not None:
        _let_try(rooms, who)
        pins.check_fit(new_secret, row.person.badge)
        if secret is not None and pins.plain(new_secret) == pins.plain(secret):
            raise pins.SecretTooEasy
    return _come_in(rooms, row, door, new_secret, who)


def _why_not(rooms: Rooms, row: PersonRow | None, phc: str | None, secret: str | None) -> str | None:
    """Why somebody does not come in; the same work is done whatever it is."""
    bound = row is not None and phc is not None and row.person.secret == digest_of(phc)
    right = secret is None or pins.matches(secret, phc if bound else None, people.pepper(rooms.home))
    if row is None:
        return "unknown"
    if row.person.state is not PersonState.ACTIVE:
        return "disabled"
    if secret is not None and not bound:
        return "no-pin" if phc is None else "hash-differs"
    if not right:
        return "wrong"
    if row.person.initial_until is not None and rooms.clock().utc >= row.person.initial_until:
        return "too-late"
    return None


def _refused(rooms: Rooms, row: PersonRow | None, door: Door, why: str, turned_away: int) -> None:
    rooms.prepare_to_write()
    subject = SUBJECT_STATION if row is None else subject_sheet(row.id)
    told: dict[str, Json] = {"door": door.value, "why": why, "turned_away": turned_away}
    with rooms.ledger.commit() as commit:
        noted(commit, subject, "sign-in-refused", VISITOR, what=told)


def _come_in(rooms: Rooms, row: PersonRow, door: Door, new_secret: str | None, who: str | None = None) -> SignedIn:
    digest = people.keyed(rooms.home)
    secret = people.random_secret()
    phc = None if new_secret is None else pins.hashed(new_secret, people.pepper(rooms.home))
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        actor = Actor(row.person.badge, row.person.role.value)
        if phc is not None:
            changed = replace(row.person, secret=digest_of(phc), initial_until=None, ended_before=commit.utc)
            acts.changed(commit, digest, row, changed, "pin-changed", actor)
            doors.set_credential(commit.connection, commit.station, row.id, phc)
        seal = people.session_seal(rooms.home, secret, row.id, commit.utc)
        made = SessionRow(commit.new_id(), row.id, seal, door.value, commit.utc, commit.utc, None)
        noted(commit, subject_sheet(row.id), "signed-in", actor, what={"door": door.value, "session": made.id})
        doors.begin_session(commit.connection, commit.station, made)
        doors.forget_sessions(commit.connection, commit.station, _before(commit.utc, hours=rooms.settings.session_hours))
        if who is not None:
            doors.forget_tries(commit.connection, commit.station, who)
    return SignedIn(f"{made.id}.{secret}", row, door, _before(made.begun_at, hours=-rooms.settings.session_hours))


def _let_try(rooms: Rooms, who: str) -> None:
    """Who has the right PIN failed at nothing."""
    with writing(rooms.catalogue) as connection:
        doors.forget_tries(connection, rooms.station, who)


def digest_of(phc: str) -> str:
    """What a person's sheet says of the hash of his PIN."""
    return sha256(phc.encode()).hexdigest()


def accounts_here(rooms: Rooms) -> bool:
    """Whether anybody has an account."""
    return people.accounts(rooms)


def acting(rooms: Rooms, session: str | None, certificate: bytes | None = None) -> Actor:
    """Who acts: the operator while nobody has an account; otherwise whoever the session is. Raises :class:`NotSignedIn`.

    ``certificate`` (DER), with which somebody came over TLS: then nobody is the operator, and the session is one that this certificate began.
    """
    with rooms.sheets() as sheets:
        if not accounts_begun(sheets) and certificate is None:
            return rooms.operator
        row = None if session is None else _session(rooms, sheets, session)
        actor = None if row is None else _actor(rooms, sheets, row, certificate)
        if row is None or actor is None:
            raise NotSignedIn
    if rooms.clock().utc >= _before(row.seen_at, seconds=-SEEN_SECONDS):
        with writing(rooms.catalogue) as connection:
            doors.seen(connection, rooms.station, row.id, rooms.clock().utc)
    return actor


def still(rooms: Rooms, session: str, certificate: bytes | None = None) -> Actor | None:
    """Who acts in the session of an id, whose secret was seen before; None: it is over. A look is no use: what is idle stays so."""
    with rooms.sheets() as sheets:
        if not accounts_begun(sheets):
            return rooms.operator if certificate is None else None
        row = doors.session(sheets.connection, rooms.station, session[:64])
        return None if row is None or not _lasts(rooms, row) else _actor(rooms, sheets, row, certificate)


def bearer(rooms: Rooms, der: bytes) -> PersonRow | None:
    """Whose certificate (DER) this is, disabled or not; None: nobody's, or nobody has an account."""
    if not accounts_here(rooms):
        return None
    with people.reading_people(rooms) as known:
        return known.of_certificate(people.fingerprint(der))


def actor_of(rooms: Rooms, session: str | None, *, signing_in: bool) -> Actor:
    """As :func:`acting`; who only wants to sign in is a visitor."""
    if signing_in and accounts_here(rooms):
        return VISITOR
    return acting(rooms, session)


def sign_out(rooms: Rooms, session: str, actor: Actor, *, everywhere: bool) -> None:
    """End a session of one's own, or all that one has. Raises :class:`NotSignedIn`."""
    if not accounts_here(rooms):
        raise NoAccounts
    with rooms.sheets() as sheets:
        row = _session(rooms, sheets, session)
        person = None if row is None else People(sheets, people.keyed(rooms.home)).of_id(row.person)
        if row is None or person is None or person.person.badge != actor.person:
            raise NotSignedIn
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        if everywhere:
            ended = replace(person.person, ended_before=commit.utc)
            acts.changed(commit, people.keyed(rooms.home), person, ended, "sessions-ended", actor)
        noted(commit, subject_sheet(SheetId(row.person)), "signed-out", actor, what={"session": row.id})
        doors.end_session(commit.connection, commit.station, row.id, commit.utc)


def _session(rooms: Rooms, sheets: Sheets, session: str) -> SessionRow | None:
    """The session of a secret, while it lasts."""
    of, _, secret = session.partition(".")
    row = doors.session(sheets.connection, rooms.station, of[:64])
    if row is None or not secret:
        return None
    if not hmac.compare_digest(people.session_seal(rooms.home, secret, row.person, row.begun_at), row.seal):
        return None
    return row if _lasts(rooms, row) else None


def _lasts(rooms: Rooms, row: SessionRow) -> bool:
    """Whether a session was neither ended nor idle too long, nor is older than one may be."""
    now = rooms.clock().utc
    idle = now >= _before(row.seen_at, seconds=-60 * rooms.settings.session_idle_minutes)
    over = now >= _before(row.begun_at, hours=-rooms.settings.session_hours)
    return row.ended_at is None and not idle and not over and now >= row.begun_at


def _actor(rooms: Rooms, sheets: Sheets, row: SessionRow, certificate: bytes | None) -> Actor | None:
    """Whose session that is, with what he may see now; None for nobody, and for one that this certificate did not begin."""
    known = People(sheets, people.keyed(rooms.home))
    person = known.of_id(row.person)
    if person is None or not _holds(row, person):
        return None
    if certificate is not None and (row.door, person.person.certificate) != (Door.CERTIFICATE, people.fingerprint(certificate)):
        return None
    return person.person.actor(known.parents())


def _holds(row: SessionRow, person: PersonRow) -> bool:
    ended = person.person.ended_before
    return person.person.state is PersonState.ACTIVE and (ended is None or row.begun_at >= ended)


def _before(utc: str, *, hours: int = 0, seconds: int = 0) -> str:
    """A moment so much earlier, or later where the figure is negative."""
    earlier = datetime.fromisoformat(utc).astimezone(UTC) - timedelta(hours=hours, seconds=seconds)
    return earlier.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
