"""The station's keys as the writer knows them: which are in force, so that no other ever signs.

The log alone decides: a key is in force from the commit that introduces it to the commit that revokes it. What is asked here
is asked inside the commit that is to be signed, under the lock of its log.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from evidence.catalogue import schema
from evidence.errors import EvidenceError, Exit
from evidence.ids import KeyId, StationId

_KEY = schema.signing_key


class KeyNotInForce(EvidenceError):
    """A key that the log does not know in this role, or has revoked, was to sign. Fields: ``key``, ``role``."""

    code = "key-not-in-force"
    status = Exit.REFUSED


def certificate_in_force(connection: Connection, station: StationId, key: KeyId, role: str) -> bytes:
    """The certificate (DER) of a key that may sign now. Raises :class:`KeyNotInForce`."""
    found = connection.execute(
        select(_KEY.c.certificate).where(
            _KEY.c.station == station, _KEY.c.id == key, _KEY.c.role == role, _KEY.c.revoked_at.is_(None)
        )
    ).scalar()
    if found is None:
        raise KeyNotInForce(key=key, role=role)
    return bytes(found)


def check_log_key(connection: Connection, station: StationId, key: KeyId, ended_here: frozenset[str]) -> None:
    """Whether a key may sign the head of this commit, in which the keys ``ended_here`` are revoked. Raises :class:`KeyNotInForce`.

    A key's last signature may be the one under its own end: so the key of before vouches for the one after it. A log that has
    introduced no log key yet is being made.
    """
    mine = (_KEY.c.station == station) & (_KEY.c.role == "log")
    rows = connection.execute(select(_KEY.c.id, _KEY.c.revoked_at).where(mine)).all()
    if rows and not any(row.id == key and (row.revoked_at is None or row.id in ended_here) for row in rows):
        raise KeyNotInForce(key=key, role="log")
