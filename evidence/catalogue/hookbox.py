"""What other systems are to be told, as rows: made from the log itself, entry by entry, from where the last look ended.

So nothing that happens at the station waits for another system, and none of it has to know that there is one; a power cut between an entry and
its row loses nothing, because the place in the log moves on with the row, in one transaction. All of it is operational.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from evidence.catalogue import schema
from evidence.catalogue.connect import reading, writing
from evidence.ids import StationId

PAGE = 500
_hook, _cursor, _entry = schema.webhook, schema.webhook_cursor, schema.custody_entry


class HookState(StrEnum):
    """Where a notice stands; one that was taken has no row any more."""

    WAITING = "waiting"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on its way out. Moments RFC 3339 in UTC; ``body``: the JSON that is sent; ``reason``: the last fault's code and rule."""

    id: str
    event: str
    body: str
    state: HookState
    attempts: int
    next_try_at: str
    reason: str | None
    queued_at: str


Event = tuple[str, str]
"""The name of an event, and the JSON that is sent."""


class HookBox:
    """The notices of one station."""

    def __init__(self, engine: Engine, station: StationId) -> None:
        self._engine = engine
        self._station = station

    def collect(self, made: Callable[[Mapping[str, Any], str], Event | None], new_id: Callable[[], str], now: str) -> int:
        """Look through what the log has got since the last look: how many notices that made.

        ``made`` says of an entry (decoded) under which event, and as what, it is told, given the id of the notice. The first look begins at the
        log's end: another system is told what happens from then on.
        """
        count = 0
        with writing(self._engine) as connection:
            place = self._place(connection)
            for row in connection.execute(
                select(_entry.c.epoch, _entry.c.seq, _entry.c.body)
                .where(_entry.c.station == self._station)
                .where((_entry.c.epoch > place[0]) | ((_entry.c.epoch == place[0]) & (_entry.c.seq >= place[1])))
                .order_by(_entry.c.epoch, _entry.c.seq)
                .limit(PAGE)
            ).all():
                place = (row.epoch, int(row.seq) + 1)
                notice = new_id()
                event = made(msgspec.json.decode(row.body), notice)
                if event is not None:
                    self._add(connection, notice, event, now)
                    count += 1
            connection.execute(update(_cursor).where(_cursor.c.station == self._station).values(epoch=place[0], size=place[1]))
        return count

    def add(self, notice: str, event: Event, now: str) -> None:
        """A notice that no entry caused."""
        with writing(self._engine) as connection:
            self._add(connection, notice, event, now)

    def due(self, now: str) -> Notice | None:
        """The notice that is to be sent next, the oldest first; None when none is due."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(_hook)
                .where(_hook.c.station == self._station, _hook.c.state == HookState.WAITING.value, _hook.c.next_try_at <= now)
                .order_by(_hook.c.next_try_at, _hook.c.id)
                .limit(1)
            ).first()
        return None if row is None else _notice(row)

    def behind(self) -> bool:
        """Whether the log has entries that were not looked through."""
        with reading(self._engine) as connection:
            place = connection.execute(select(_cursor.c.epoch, _cursor.c.size).where(_cursor.c.station == self._station)).first()
            return place is None or _end(connection, self._station) != (place.epoch, int(place.size))

    def all(self) -> list[Notice]:
        """Everything that was not taken yet, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(_hook).where(_hook.c.station == self._station).order_by(_hook.c.queued_at, _hook.c.id)
            ).all()
        return [_notice(row) for row in rows]

    def taken(self, notice: str) -> None:
        """The other system has it."""
        with writing(self._engine) as connection:
            connection.execute(delete(_hook).where(self._one(notice)))

    def failed(self, notice: str, reason: str, next_try_at: str | None) -> None:
        """An attempt came to nothing: count it, say why, and when the next one may be; None: there will be none by itself."""
        state = HookState.DEAD if next_try_at is None else HookState.WAITING
        values: dict[str, Any] = {"state": state.value, "attempts": _hook.c.attempts + 1, "reason": reason}
        if next_try_at is not None:
            values["next_try_at"] = next_try_at
        with writing(self._engine) as connection:
            connection.execute(update(_hook).where(self._one(notice)).values(**values))

    def again(self, notice: str | None, now: str) -> int:
        """Somebody asked to try once more, the dead ones too: one, or all of them. How many that is."""
        mine = _hook.c.station == self._station if notice is None else self._one(notice)
        with writing(self._engine) as connection:
            done = connection.execute(
                update(_hook).where(mine).values(state=HookState.WAITING.value, attempts=0, next_try_at=now)
            )
        return done.rowcount

    def _add(self, connection: Connection, notice: str, event: Event, now: str) -> None:
        values = {"id": notice, "event": event[0], "body": event[1], "state": HookState.WAITING.value, "attempts": 0}
        connection.execute(insert(_hook).values(station=self._station, next_try_at=now, queued_at=now, **values))

    def _place(self, connection: Connection) -> tuple[int, int]:
        row = connection.execute(select(_cursor.c.epoch, _cursor.c.size).where(_cursor.c.station == self._station)).first()
        if row is not None:
            return row.epoch, int(row.size)
        epoch, size = _end(connection, self._station)
        connection.execute(insert(_cursor).values(station=self._station, epoch=epoch, size=size))
        return epoch, size

    def _one(self, notice: str) -> Any:  # noqa: ANN401  # SQL conditions have no narrower public type
        return (_hook.c.station == self._station) & (_hook.c.id == notice)


def _end(connection: Connection, station: StationId) -> tuple[int, int]:
    """The number of the newest log, and how many entries it has."""
    row = connection.execute(
        select(_entry.c.epoch, func.max(_entry.c.seq))
        .where(_entry.c.station == station)
        .group_by(_entry.c.epoch)
        .order_by(_entry.c.epoch.desc())
        .limit(1)
    ).first()
    return (1, 0) if row is None else (row.epoch, int(row[1]) + 1)


def _notice(row: Row[Any]) -> Notice:
    return Notice(row.id, row.event, row.body, HookState(row.state), row.attempts, row.next_try_at, row.reason, row.queued_at)
