"""Acts of time stamping: what an authority attested."""

from __future__ import annotations

from sqlalchemy import insert

from evidence.canonical import Json, digest
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import SUBJECT_STATION, Act, Draft
from evidence.ids import Digest


def time_stamped(
    commit: Commit,
    covers: str,
    authority: str,
    message_sha256: Digest,
    response: bytes,
    token_at: str,
    drift_ms: int | None = None,
) -> str:
    """An authority attested that a message existed (RFC 3161). ``covers`` and ``response`` as FORMATS.md says; returns the stamp's id.

    ``drift_ms`` is how far the station's clock was ahead of the token's time when the answer came; negative: behind; None: not measured.
    """
    stamp = commit.new_id()
    what: dict[str, Json] = {
        "stamp": stamp,
        "covers": covers,
        "authority": authority,
        "message_sha256": message_sha256,
        "response_sha256": digest(response),
        "token_at": token_at,
        "drift_ms": drift_ms,
    }
    subject = covers if covers.startswith("docking:") else SUBJECT_STATION
    commit.append(Draft(Act.TIME_STAMPED, subject, what))
    commit.connection.execute(
        insert(schema.time_stamp).values(
            station=commit.station,
            id=stamp,
            covers=covers,
            authority=authority,
            message_sha256=message_sha256,
            response=response,
            token_at=token_at,
            at=commit.utc,
        )
    )
    return stamp
