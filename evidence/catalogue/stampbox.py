"""The queue of time stamps as rows: one for each seal or checkpoint and authority that is to attest it.

A docking's rows are written in the commit that seals it, so a power cut loses none. All of it is operational: losing a row costs a
token, never evidence. What was attested has no row any more; the row goes in the commit that keeps the token, so that nothing is
attested twice by the same authority, however many processes ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, func, insert, select, update

from evidence.catalogue import schema
from evidence.catalogue.connect import reading, writing
from evidence.custody.entry import Act
from evidence.ids import StationId

_request, _stamp, _checkpoint, _entry = schema.stamp_request, schema.time_stamp, schema.checkpoint, schema.custody_entry
DOCKING = "docking:"
"""How ``covers`` begins when it names a docking's seal; all else is a checkpoint."""


@dataclass(frozen=True, slots=True)
class StampRequest:
    """A time stamp that is still to be fetched. Moments RFC 3339 in UTC; ``reason``: the last fault as canonical JSON."""

    covers: str
    authority: str
    attempts: int
    next_try_at: str
    reason: str | None
    queued_at: str


def enqueue(connection: Connection, station: StationId, covers: str, authorities: Iterable[str], at: str) -> None:
    """Ask each of the authorities for a stamp, in the caller's transaction. ``at`` is when it was asked for and may first be tried."""
    rows = [
        {
            "station": station,
            "covers": covers,
            "authority": authority,
            "attempts": 0,
            "next_try_at": at,
            "queued_at": at,
        }
        for authority in authorities
    ]
    if rows:
        connection.execute(insert(_request), rows)


def done(connection: Connection, station: StationId, covers: str, authority: str) -> bool:
    """Take a request out, in the transaction that keeps its token. False when another process has done it already."""
    mine = and_(_request.c.station == station, _request.c.covers == covers, _request.c.authority == authority)
    return connection.execute(delete(_request).where(mine)).rowcount == 1


class StampBox:
    """The queue of one station."""

    def __init__(self, engine: Engine, station: StationId) -> None:
        self._engine = engine
        self._station = station

    def waiting(self) -> list[StampRequest]:
        """Everything that waits: seals before checkpoints, of the seals the older first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(_request).where(_request.c.station == self._station)).all()
        found = [_requested(row) for row in rows]
        return sorted(found, key=lambda one: (not one.covers.startswith(DOCKING), one.queued_at, one.covers, one.authority))

    def failed(self, one: StampRequest, reason: str, next_try_at: str) -> None:
        """An attempt came to nothing: count it, say why, and when the next one may be."""
        with writing(self._engine) as connection:
            connection.execute(
                update(_request)
                .where(self._one(one.covers, one.authority))
                .values(attempts=_request.c.attempts + 1, reason=reason, next_try_at=next_try_at)
            )

    def want_checkpoint(self, epoch: int, origin: str, authority: str, not_since: str, now: str) -> None:
        """Ask an authority for a stamp over the newest checkpoint, unless it gave one after ``not_since`` or nothing happened since.

        A checkpoint of the same log that still waits for this authority gives way to the newest, which covers all that it covered.
        """
        with writing(self._engine) as connection:
            newest = connection.execute(
                select(func.max(_checkpoint.c.size)).where(_checkpoint.c.station == self._station, _checkpoint.c.epoch == epoch)
            ).scalar_one()
            covers = f"{origin}/{newest}"
            waiting = connection.execute(
                select(_request.c.covers).where(
                    _request.c.station == self._station,
                    _request.c.authority == authority,
                    _request.c.covers.startswith(f"{origin}/", autoescape=True),
                )
            ).scalar()
            if waiting is not None:
                if waiting != covers:
                    connection.execute(update(_request).where(self._one(waiting, authority)).values(covers=covers, queued_at=now))
            elif self._due(connection, epoch, origin, authority, not_since, now):
                enqueue(connection, self._station, covers, [authority], now)

    def _due(self, connection: Connection, epoch: int, origin: str, authority: str, not_since: str, now: str) -> bool:
        last = connection.execute(
            select(_stamp.c.covers, _stamp.c.at)
            .where(
                _stamp.c.station == self._station,
                _stamp.c.authority == authority,
                ~_stamp.c.covers.startswith(DOCKING),
                _stamp.c.at <= now,  # one that lies ahead was kept before the clock was set back, and says nothing
            )
            .order_by(_stamp.c.at.desc())
            .limit(1)
        ).first()
        if last is None:
            return True
        log, _, size = last.covers.rpartition("/")
        if last.at > not_since:
            return False
        later = select(_entry.c.seq).where(
            _entry.c.station == self._station,
            _entry.c.epoch == epoch,
            _entry.c.seq >= (int(size) if log == origin else 0),
            _entry.c.type != Act.TIME_STAMPED.value,
        )
        return connection.execute(later.limit(1)).first() is not None

    def _one(self, covers: str, authority: str) -> Any:  # noqa: ANN401  # a SQL condition has no narrower public type
        return and_(_request.c.station == self._station, _request.c.covers == covers, _request.c.authority == authority)


def _requested(row: Row[Any]) -> StampRequest:
    return StampRequest(row.covers, row.authority, row.attempts, row.next_try_at, row.reason, row.queued_at)
