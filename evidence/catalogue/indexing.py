"""The index that a city's platform gets: what it is made of, and which records it has. All that is kept here is operational."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, literal, select, update

from evidence.catalogue import schema
from evidence.ids import StationId

PAGE = 1000
_given = schema.index_given


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A clip as the index needs it. ``given``: digest of the record that the platform said it has; None: it said of none."""

    clip: str
    path: bytes
    device: str
    serial: str | None
    officer: str | None
    state: str
    size: int
    sha256: str
    taken_at: str
    recorded_at: str | None
    duration_ms: int | None
    importance: str | None
    case_number: str | None
    received: bool
    evicted: bool
    disposed: bool
    given: str | None


class Indexing:
    """The index of one station, on one open connection: a reading one, or a commit's own."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station

    def rows(self) -> Iterator[IndexRow]:
        """Every clip of a sealed docking, in the order they were taken, a page at a time."""
        clip, docking, device, receipt, blob = schema.clip, schema.docking, schema.device, schema.receipt, schema.blob
        received = (
            select(receipt.c.id)
            .where(receipt.c.station == clip.c.station, receipt.c.subject == literal("clip:") + clip.c.id)
            .correlate(clip)
            .exists()
        )
        wanted = (
            select(
                *(clip.c[name] for name in ("id", "path", "device", "state", "size", "sha256", "taken_at", "recorded_at")),
                *(clip.c[name] for name in ("duration_ms", "importance", "case_number", "disposed_at")),
                func.coalesce(clip.c.recorded_by, docking.c.officer).label("officer"),
                device.c.serial,
                received.label("received"),
                blob.c.evicted_at,
                _given.c.accepted_sha256,
            )
            .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
            .outerjoin(device, (device.c.station == clip.c.station) & (device.c.key == clip.c.device))
            .outerjoin(blob, (blob.c.station == clip.c.station) & (blob.c.sha256 == clip.c.sha256))
            .outerjoin(_given, (_given.c.station == clip.c.station) & (_given.c.clip == clip.c.id))
            .where(clip.c.station == self._station, docking.c.state == "sealed")
            .order_by(clip.c.id)
            .limit(PAGE)
        )
        after = ""
        while page := self._connection.execute(wanted.where(clip.c.id > after)).all():
            for row in page:
                yield IndexRow(
                    clip=row.id,
                    path=bytes(row.path),
                    device=row.device,
                    serial=row.serial,
                    officer=row.officer,
                    state=row.state,
                    size=int(row.size),
                    sha256=row.sha256,
                    taken_at=row.taken_at,
                    recorded_at=row.recorded_at,
                    duration_ms=None if row.duration_ms is None else int(row.duration_ms),
                    importance=row.importance,
                    case_number=row.case_number,
                    received=bool(row.received),
                    evicted=row.evicted_at is not None,
                    disposed=row.disposed_at is not None,
                    given=row.accepted_sha256,
                )
            after = page[-1].id

    def give(self, batch: str, records: Iterable[tuple[str, str]]) -> None:
        """Records were put into a batch: ``(clip, digest)``. Until the platform says so, it does not have them."""
        for clip, record in records:
            mine = (_given.c.station == self._station) & (_given.c.clip == clip)
            done = self._connection.execute(update(_given).where(mine).values(record_sha256=record, batch=batch))
            if not done.rowcount:
                self._connection.execute(
                    insert(_given).values(station=self._station, clip=clip, record_sha256=record, batch=batch)
                )

    def accepted(self, batch: str, clips: Iterable[str]) -> int:
        """The platform has these records of a batch: how many that were of it."""
        count, wanted = 0, list(clips)
        for begin in range(0, len(wanted), PAGE):
            mine = (_given.c.station == self._station) & (_given.c.batch == batch)
            done = self._connection.execute(
                update(_given)
                .where(mine, _given.c.clip.in_(wanted[begin : begin + PAGE]))
                .values(accepted_sha256=_given.c.record_sha256)
            )
            count += done.rowcount
        return count

    def has_batch(self, batch: str) -> bool:
        """Whether the newest record of some clip was given in a batch."""
        mine = select(_given.c.clip).where(_given.c.station == self._station, _given.c.batch == batch).limit(1)
        return self._connection.execute(mine).first() is not None
