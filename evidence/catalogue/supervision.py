"""What supervision counts from: dockings, clips, devices and the log's own marks, in time. Frozen rows out, nothing written.

All of one :class:`Supervision` is read on one connection, so as of one head of the log; :attr:`Supervision.statements` keeps the questions in
the words in which the database was asked, so that a figure can name them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, func, select

from evidence.catalogue import schema
from evidence.catalogue.reaching import docking_seen, seen
from evidence.custody.entry import SUBJECT_STATION, Act, rfc3339
from evidence.ids import StationId
from evidence.learned import learned
from evidence.reach import Reach

PAGE = 1000


class _When(msgspec.Struct):
    utc: str
    boot: str
    mono_ns: str


class _Dated(msgspec.Struct):
    """Of an entry only when it was written: the rest is passed over."""

    when: _When


_DATED: Final = msgspec.json.Decoder(learned(_Dated))


@dataclass(frozen=True, slots=True)
class Visit:
    """A docking. ``acquisition`` as it stands in the log: slot, clock, how the bytes came."""

    docking: str
    device: str
    source: str
    officer: str | None
    state: str
    opened_at: str
    acquisition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A clip with the docking that first took it. ``officer``: who recorded, as far as anybody says."""

    clip: str
    docking: str
    device: str
    officer: str | None
    taken_at: str
    recorded_at: str | None
    duration_ms: int | None
    category: str
    case_number: str | None
    incident: str | None
    importance: str | None


@dataclass(frozen=True, slots=True)
class Marked:
    """An entry of the log with its moment and ``what`` it says."""

    at: str
    subject: str
    what: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Boot:
    """The machine was started: the last entry before it, and when it came up by its own clock (moments RFC 3339)."""

    last_before: str
    up_at: str


class Supervision:
    """Questions about one station on one open connection."""

    def __init__(self, connection: Connection, station: StationId, reach: Reach | None = None) -> None:
        """``reach``: of which clips and dockings somebody may know; None: of all."""
        self._reach = reach
        self._connection = connection
        self._station = station
        self.statements: list[str] = []

    def opened(self, since: str, until: str) -> Iterator[str]:
        """When each docking was opened from a moment on and before another, whoever may know of it, oldest first."""
        table = schema.docking
        mine = (table.c.station == self._station) & (table.c.opened_at >= since) & (table.c.opened_at < until)
        yield from (row.opened_at for row in self._rows(select(table.c.opened_at).where(mine).order_by(table.c.opened_at)))

    def visits(self, since: str, until: str) -> Iterator[Visit]:
        """Dockings that were opened from a moment on and before another, oldest first."""
        table = schema.docking
        wanted = (
            select(
                table.c.id, table.c.device, table.c.source, table.c.officer, table.c.state, table.c.opened_at, table.c.acquisition
            )
            .where(table.c.station == self._station, table.c.opened_at >= since, table.c.opened_at < until)
            .where(docking_seen(self._reach))
            .order_by(table.c.opened_at, table.c.id)
        )
        for row in self._rows(wanted):
            told = msgspec.json.decode(row.acquisition)
            yield Visit(row.id, row.device, row.source, row.officer, row.state, row.opened_at, told)

    def clips(self, since: str, until: str) -> Iterator[Recorded]:
        """Clips that dockings of a time first took, in the order they were taken, a page at a time. Moments as in :meth:`visits`."""
        clip, docking = schema.clip, schema.docking
        wanted = (
            select(
                clip.c.id,
                clip.c.docking,
                docking.c.device,
                func.coalesce(clip.c.recorded_by, docking.c.officer).label("officer"),
                *(clip.c[name] for name in ("taken_at", "recorded_at", "duration_ms")),
                *(clip.c[name] for name in ("category", "case_number", "incident", "importance")),
            )
            .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
            .where(clip.c.station == self._station, docking.c.opened_at >= since, docking.c.opened_at < until)
            .where(seen(self._reach))
            .order_by(clip.c.id)
            .limit(PAGE)
        )
        self._remember(wanted)
        after = _first_id(since)  # an id is never older than the moment of its commit
        while page := self._connection.execute(wanted.where(clip.c.id > after)).all():
            for row in page:
                yield Recorded(
                    *(row.id, row.docking, row.device, row.officer, row.taken_at, row.recorded_at),
                    None if row.duration_ms is None else int(row.duration_ms),
                    *(row.category, row.case_number, row.incident, row.importance),
                )
            after = page[-1].id

    def incidents_with_footage(self) -> dict[str, int]:
        """How many clips each incident has that has any."""
        clip = schema.clip
        wanted = (
            select(clip.c.incident, func.count())
            .where(clip.c.station == self._station, clip.c.incident.is_not(None))
            .group_by(clip.c.incident)
        )
        return {incident: int(count) for incident, count in self._rows(wanted)}

    def last_docked(self) -> dict[str, str]:
        """When each device was docked last."""
        table = schema.docking
        wanted = (
            select(table.c.device, func.max(table.c.opened_at)).where(table.c.station == self._station).group_by(table.c.device)
        )
        return {device: at for device, at in self._rows(wanted)}  # noqa: C416  # a Row is no pair to the type checker

    def told_of_station(self, act: Act, since: str, until: str) -> Iterator[Marked]:
        """Entries of one act about the station itself, in the order of the log."""
        entry = schema.custody_entry
        wanted = (
            select(entry.c.at, entry.c.subject, entry.c.body)
            .where(entry.c.station == self._station, entry.c.subject == SUBJECT_STATION, entry.c.type == act.value)
            .where(entry.c.at >= since, entry.c.at < until)
            .order_by(entry.c.epoch, entry.c.seq)
        )
        yield from map(_marked, self._rows(wanted))

    def told_of_dockings(self, act: Act, since: str, until: str) -> Iterator[Marked]:
        """Entries of one act about dockings that were opened in a time (see :meth:`visits`), the oldest docking first."""
        entry, docking = schema.custody_entry, schema.docking
        wanted = (
            select(entry.c.at, entry.c.subject, entry.c.body)
            .join_from(docking, entry, (entry.c.station == docking.c.station) & (entry.c.subject == "docking:" + docking.c.id))
            .where(docking.c.station == self._station, docking.c.opened_at >= since, docking.c.opened_at < until)
            .where(entry.c.type == act.value)
            .order_by(docking.c.opened_at, entry.c.epoch, entry.c.seq)
        )
        yield from map(_marked, self._rows(wanted))

    def told_of_devices(self, acts: Collection[Act]) -> Iterator[Marked]:
        """Entries of some acts about devices of the registry, by device and then in the order of the log."""
        entry, device = schema.custody_entry, schema.device
        wanted = (
            select(entry.c.at, entry.c.subject, entry.c.body)
            .join_from(device, entry, (entry.c.station == device.c.station) & (entry.c.subject == "device:" + device.c.id))
            .where(device.c.station == self._station, entry.c.type.in_(sorted(act.value for act in acts)))
            .order_by(device.c.key, entry.c.epoch, entry.c.seq)
        )
        yield from map(_marked, self._rows(wanted))

    def first_erased(self, devices: Collection[str]) -> dict[str, str]:
        """When the station first erased something on each of these devices; those that it never did are left out."""
        entry, docking = schema.custody_entry, schema.docking
        wanted = (
            select(docking.c.device, func.min(entry.c.at))
            .join_from(docking, entry, (entry.c.station == docking.c.station) & (entry.c.subject == "docking:" + docking.c.id))
            .where(docking.c.station == self._station, docking.c.device.in_(sorted(devices)))
            .where(entry.c.type == Act.ERASE_ENDED.value)
            .group_by(docking.c.device)
        )
        return {device: at for device, at in self._rows(wanted)}  # noqa: C416  # a Row is no pair to the type checker

    def boots(self, since: str, until: str) -> Iterator[Boot]:
        """Every time the machine was started between two entries of a time, as the entries themselves show it."""
        entry, before = schema.custody_entry, None
        for epoch, first, last in self._spans(since, until):
            wanted = (
                select(entry.c.body)
                .where(entry.c.station == self._station, entry.c.epoch == epoch, entry.c.seq.between(first, last))
                .order_by(entry.c.seq)
            )
            for row in self._rows(wanted):
                when = _DATED.decode(row.body).when
                if before is not None and when.boot != before.boot:
                    yield Boot(before.utc, _up_at(when))
                before = when

    def head_over(self, epoch: int, seq: int) -> tuple[int, str] | None:
        """Size and root of the first checkpoint that covers an entry."""
        table = schema.checkpoint
        row = self._connection.execute(
            select(table.c.size, table.c.root)
            .where(table.c.station == self._station, table.c.epoch == epoch, table.c.size > seq)
            .order_by(table.c.size)
            .limit(1)
        ).first()
        return None if row is None else (int(row.size), row.root)

    def _spans(self, since: str, until: str) -> Iterator[tuple[int, int, int]]:
        """Of each log the first and the last entry of a time, found in its order: a log has no index by time."""
        entry = schema.custody_entry
        sizes = (
            select(entry.c.epoch, func.max(entry.c.seq)).where(entry.c.station == self._station).group_by(entry.c.epoch)
        ).order_by(entry.c.epoch)
        for epoch, newest in self._connection.execute(sizes).all():
            first, end = (self._first_seq(epoch, int(newest) + 1, moment) for moment in (since, until))
            if first < end:
                yield epoch, max(0, first - 1), end - 1

    def _first_seq(self, epoch: int, size: int, moment: str) -> int:
        entry = schema.custody_entry
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            at = self._connection.execute(
                select(entry.c.at).where(entry.c.station == self._station, entry.c.epoch == epoch, entry.c.seq == middle)
            ).scalar_one()
            low, high = (low, middle) if at >= moment else (middle + 1, high)
        return low

    def _rows(self, wanted: Select[Any]) -> Iterator[Any]:
        self._remember(wanted)
        with self._connection.execute(wanted, execution_options={"yield_per": PAGE}) as found:
            yield from found

    def _remember(self, wanted: Select[Any]) -> None:
        text = " ".join(str(wanted).split())
        if text not in self.statements:
            self.statements.append(text)


def _marked(row: Any) -> Marked:  # noqa: ANN401  # a row of moment, subject and body
    return Marked(row.at, row.subject, msgspec.json.decode(row.body)["what"])


def _first_id(moment: str) -> str:
    """What every UUIDv7 of this moment, or a later one, is greater than."""
    milliseconds = max(0, int(datetime.fromisoformat(moment).timestamp() * 1000))
    text = f"{milliseconds & 0xFFFFFFFFFFFF:012x}"
    return f"{text[:8]}-{text[8:]}-"


def _up_at(when: _When) -> str:
    """When the machine came up: the entry's time less the time that it had run."""
    return rfc3339(round(datetime.fromisoformat(when.utc).timestamp() * 1e6) * 1000 - int(when.mono_ns))
