"""What lies behind the doors by which people sign in: hashes of PINs, sessions, and how often somebody tried. All of it operational.

It proves nothing and decides nothing alone: a hash counts when its digest stands on the person's sheet, a session when its seal was made with the
home's own key. Nothing of it is in the log, so no reader of the log, no package and no store gets a hash to try PINs on. Losing it costs new PINs
and new sign-ins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, delete, insert, select, update

from evidence.catalogue import schema
from evidence.ids import SheetId, StationId

FREE_TRIES = 4
"""Tries that cost no waiting."""
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 900
"""No wait is longer: whoever the account belongs to gets a try, however often others try."""
FORGOTTEN_SECONDS = 86_400
"""Tries that are older count no more."""

_credential, _session, _tries = schema.credential, schema.session, schema.sign_in_try


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session. ``seal`` binds secret, person and beginning to the home's key. Moments RFC 3339 in UTC."""

    id: str
    person: SheetId
    seal: str
    door: str
    begun_at: str
    seen_at: str
    ended_at: str | None


def credential(connection: Connection, station: StationId, person: SheetId) -> str | None:
    """The hash of a person's PIN, as a PHC string."""
    mine = (_credential.c.station == station) & (_credential.c.person == person)
    return connection.execute(select(_credential.c.phc).where(mine)).scalar()


def set_credential(connection: Connection, station: StationId, person: SheetId, phc: str | None) -> None:
    """Put a hash in the place of the one of before, or none."""
    connection.execute(delete(_credential).where(_credential.c.station == station, _credential.c.person == person))
    if phc is not None:
        connection.execute(insert(_credential).values(station=station, person=person, phc=phc))


def begin_session(connection: Connection, station: StationId, row: SessionRow) -> None:
    """Keep a session."""
    connection.execute(
        insert(_session).values(
            station=station,
            id=row.id,
            person=row.person,
            seal=row.seal,
            door=row.door,
            begun_at=row.begun_at,
            seen_at=row.seen_at,
            ended_at=row.ended_at,
        )
    )


def session(connection: Connection, station: StationId, of: str) -> SessionRow | None:
    """A session by its id."""
    row = connection.execute(select(_session).where(_session.c.station == station, _session.c.id == of)).first()
    if row is None:
        return None
    return SessionRow(row.id, SheetId(row.person), row.seal, row.door, row.begun_at, row.seen_at, row.ended_at)


def seen(connection: Connection, station: StationId, of: str, at: str) -> None:
    """Somebody does something in a session."""
    connection.execute(update(_session).where(_session.c.station == station, _session.c.id == of).values(seen_at=at))


def end_session(connection: Connection, station: StationId, of: str, at: str) -> None:
    """A session is over."""
    mine = (_session.c.station == station) & (_session.c.id == of) & _session.c.ended_at.is_(None)
    connection.execute(update(_session).where(mine).values(ended_at=at))


def forget_sessions(connection: Connection, station: StationId, before: str) -> None:
    """Sessions that began before can serve nobody any more, and go."""
    connection.execute(delete(_session).where(_session.c.station == station, _session.c.begun_at < before))


def begin_try(connection: Connection, station: StationId, who: str, utc: str) -> tuple[int, int]:
    """Count a try before it is made, so that a power cut gives none away and a crowd at once gets no more: seconds to wait instead (0: try).

    With it, how many were turned away since the last try that was made.
    """
    now = datetime.fromisoformat(utc)
    old = _moment(now - timedelta(seconds=FORGOTTEN_SECONDS))
    connection.execute(delete(_tries).where(_tries.c.station == station, _tries.c.last_at < old))
    mine = (_tries.c.station == station) & (_tries.c.who == who)
    row = connection.execute(select(_tries).where(mine).with_for_update()).first()
    if row is None:
        values = {"failures": 1, "turned_away": 0, "next_at": utc, "last_at": utc}
        connection.execute(insert(_tries).values(station=station, who=who, **values))
        return 0, 0
    if utc < row.next_at:
        connection.execute(update(_tries).where(mine).values(turned_away=row.turned_away + 1))
        return _seconds_until(now, row.next_at), 0
    failures = row.failures + 1
    next_at = _moment(now + timedelta(seconds=wait_after(failures)))
    connection.execute(update(_tries).where(mine).values(failures=failures, turned_away=0, next_at=next_at, last_at=utc))
    return 0, row.turned_away


def wait_after(failures: int) -> int:
    """Seconds to wait after so many tries that failed: none, then twice as long each time, and never longer than a quarter of an hour."""
    if failures <= FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << min(failures - FREE_TRIES - 1, 10))


def forget_tries(connection: Connection, station: StationId, *who: str) -> None:
    """Somebody came in, or is let try again."""
    connection.execute(delete(_tries).where(_tries.c.station == station, _tries.c.who.in_(who)))


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _seconds_until(now: datetime, moment: str) -> int:
    return max(1, ceil((datetime.fromisoformat(moment) - now).total_seconds()))
