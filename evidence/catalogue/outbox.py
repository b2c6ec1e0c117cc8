"""The queue of uploads as rows: written in the transaction of the fact that causes them, so a power cut loses none.

Everything here is operational: losing it costs sending again, never proof. The rules of order:

* the index of a docking (manifest, signature, listing, records) goes before any footage of it;
* what is index goes before what is footage, then the older first;
* nothing is tried before its ``next_try_at``.

One courier works for a station at a time. A row that was being sent when the power went is simply due again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, literal, select, update

from evidence.catalogue import schema
from evidence.catalogue.connect import reading, writing
from evidence.catalogue.queries import keyset
from evidence.ids import ClipId, Digest, StationId, UploadId
from evidence.uploads import Backlog, JournalledPart, NewUpload, Part, QueuedUpload, Rank, UploadKind, UploadState

LOOKED_AT = 500
"""Clips that are asked for together."""
_upload, _part, _witnessed, _cosignature = schema.upload, schema.upload_part, schema.witnessed, schema.cosignature


def enqueue(connection: Connection, station: StationId, uploads: Iterable[NewUpload], at: str) -> None:
    """Queue uploads in the caller's transaction. ``at`` (RFC 3339) is when they were queued and may first be tried."""
    rows = [
        {
            "station": station,
            "id": one.id,
            "kind": one.kind.value,
            "subject": one.subject,
            "object_key": one.object_key,
            "size": one.size,
            "sha256": one.sha256,
            "rank": int(one.rank),
            "state": UploadState.WAITING.value,
            "attempts": 0,
            "next_try_at": at,
            "queued_at": at,
        }
        for one in uploads
    ]
    if rows:
        connection.execute(insert(_upload), rows)


def done(connection: Connection, station: StationId, upload: UploadId) -> None:
    """Mark an upload as acknowledged, in the transaction that writes its receipt. Its journal is dropped."""
    connection.execute(delete(_part).where(_part.c.station == station, _part.c.upload == upload))
    connection.execute(
        update(_upload)
        .where(_upload.c.station == station, _upload.c.id == upload)
        .values(state=UploadState.DONE.value, reason=None, store_upload=None, part_size=None)
    )


def review_locks(connection: Connection, station: StationId, clips: Sequence[ClipId], at: str, new_id: Callable[[], str]) -> None:
    """Have the locks of clips looked at that the store has, in the transaction of the fact that may change them; each content once."""
    clip, waits = schema.clip, _upload.alias("waits")
    for some in (clips[first : first + LOOKED_AT] for first in range(0, len(clips), LOOKED_AT)):
        contents = select(clip.c.sha256).where(clip.c.station == station, clip.c.id.in_(some))
        queued = (
            select(waits.c.id)
            .where(
                waits.c.station == _upload.c.station,
                waits.c.object_key == _upload.c.object_key,
                waits.c.kind == UploadKind.LOCK.value,
                waits.c.state == UploadState.WAITING.value,
            )
            .correlate(_upload)
            .exists()
        )
        sent = select(_upload.c.subject, _upload.c.object_key, _upload.c.sha256).where(
            _upload.c.station == station,
            _upload.c.kind == UploadKind.FOOTAGE.value,
            _upload.c.state == UploadState.DONE.value,
            _upload.c.sha256.in_(contents),
            ~queued,
        )
        rows = {row.object_key: row for row in connection.execute(sent.order_by(_upload.c.id))}
        enqueue(
            connection,
            station,
            [
                NewUpload(UploadId(new_id()), UploadKind.LOCK, row.subject, row.object_key, 0, Digest(row.sha256))
                for row in rows.values()
            ],
            at,
        )


def unsent(connection: Connection, station: StationId, sha256: str) -> list[QueuedUpload]:
    """What waits to be sent of a content."""
    mine = (_upload.c.station == station) & (_upload.c.sha256 == sha256) & (_upload.c.state != UploadState.DONE.value)
    sent = mine & (_upload.c.kind != UploadKind.LOCK.value)
    return [_queued(row) for row in connection.execute(select(_upload).where(sent).order_by(_upload.c.id))]


def withdraw(connection: Connection, station: StationId, sha256: str) -> None:
    """Nothing of a content is to be sent any more, in the transaction that disposes of it."""
    for one in unsent(connection, station, sha256):
        connection.execute(delete(_part).where(_part.c.station == station, _part.c.upload == one.id))
    mine = (_upload.c.station == station) & (_upload.c.sha256 == sha256) & (_upload.c.state != UploadState.DONE.value)
    connection.execute(delete(_upload).where(mine))


class Outbox:
    """The queue of one station."""

    def __init__(self, engine: Engine, station: StationId) -> None:
        self._engine = engine
        self._station = station

    def claim(self, now: str) -> QueuedUpload | None:
        """The upload that is to be tried next, marked as being sent; None when nothing is due at ``now``."""
        with writing(self._engine) as connection:
            row = connection.execute(
                select(_upload)
                .where(self._undone(), _upload.c.next_try_at <= now, ~self._index_is_missing())
                .order_by(_upload.c.rank, _upload.c.queued_at, _upload.c.id)
                .limit(1)
            ).first()
            if row is None:
                return None
            connection.execute(self._change(row.id).values(state=UploadState.SENDING.value))
            return _queued(row)

    def next_due(self) -> str | None:
        """When the next upload may be tried; None when all is done. One that waits for its index does not count."""
        with reading(self._engine) as connection:
            found: str | None = connection.execute(
                select(func.min(_upload.c.next_try_at)).where(self._undone(), ~self._index_is_missing())
            ).scalar()
            return found

    def opened(self, upload: UploadId, token: str, part_size: int) -> None:
        """The store opened an upload: journal its name, and forget the parts of an earlier one."""
        with writing(self._engine) as connection:
            connection.execute(delete(_part).where(_part.c.station == self._station, _part.c.upload == upload))
            connection.execute(self._change(upload).values(store_upload=token, part_size=part_size))

    def gone(self, upload: UploadId) -> None:
        """The store no longer knows the upload: forget its name and its parts."""
        with writing(self._engine) as connection:
            connection.execute(delete(_part).where(_part.c.station == self._station, _part.c.upload == upload))
            connection.execute(self._change(upload).values(store_upload=None, part_size=None))

    def parts(self, upload: UploadId) -> tuple[JournalledPart, ...]:
        """The journal of an upload, by part number."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(_part).where(_part.c.station == self._station, _part.c.upload == upload).order_by(_part.c.number)
            ).all()
        return tuple(
            JournalledPart(Part(row.number, int(row.offset), int(row.size), Digest(row.sha256), row.md5), row.etag)
            for row in rows
        )

    def sending(self, upload: UploadId, part: Part) -> None:
        """A part is about to be sent."""
        with writing(self._engine) as connection:
            connection.execute(delete(_part).where(self._this_part(upload, part.number)))
            connection.execute(
                insert(_part).values(
                    station=self._station,
                    upload=upload,
                    number=part.number,
                    offset=part.offset,
                    size=part.size,
                    sha256=part.sha256,
                    md5=part.md5,
                )
            )

    def sent(self, upload: UploadId, number: int, etag: str) -> None:
        """The store acknowledged a part."""
        with writing(self._engine) as connection:
            connection.execute(update(_part).where(self._this_part(upload, number)).values(etag=etag))

    def failed(self, upload: UploadId, reason: str, next_try_at: str) -> None:
        """An attempt came to nothing: count it, say why, and when the next one may be."""
        with writing(self._engine) as connection:
            connection.execute(
                self._change(upload).values(
                    state=UploadState.WAITING.value, attempts=_upload.c.attempts + 1, reason=reason, next_try_at=next_try_at
                )
            )

    def hasten(self, now: str) -> None:
        """Somebody asked to try at once: everything that waits for its next try is due."""
        with writing(self._engine) as connection:
            connection.execute(update(_upload).where(self._undone(), _upload.c.next_try_at > now).values(next_try_at=now))

    def put_back(self, upload: UploadId) -> None:
        """Sending was stopped on request: not an attempt that failed."""
        with writing(self._engine) as connection:
            connection.execute(self._change(upload).values(state=UploadState.WAITING.value))

    def tokens(self) -> frozenset[str]:
        """Names of the unfinished uploads at the store that the journal knows."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(_upload.c.store_upload).where(self._undone(), _upload.c.store_upload.is_not(None)))
            return frozenset(str(token) for (token,) in rows)

    def backlog(self) -> tuple[Backlog, ...]:
        """What is not done yet, summed up by reason (None: not tried yet)."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(_upload.c.reason, func.count(), func.sum(_upload.c.size), func.min(_upload.c.next_try_at))
                .where(self._undone())
                .group_by(_upload.c.reason)
                .order_by(_upload.c.reason)
            ).all()
        return tuple(Backlog(reason, int(count), int(size), soonest) for reason, count, size, soonest in rows)

    def queued(self, after: Sequence[str | int] = (), limit: int | None = None) -> Sequence[QueuedUpload]:
        """Every upload that is not done, in the order in which they would go. ``after``: behind this rank, moment and id."""
        order = (_upload.c.rank, _upload.c.queued_at, _upload.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(keyset(select(_upload).where(self._undone()), order, after, limit)).all()
        return [_queued(row) for row in rows]

    def witnessed(self, epoch: int, size: int, store: str, at: str) -> None:
        """A checkpoint lies far away."""
        mine = and_(
            _witnessed.c.station == self._station,
            _witnessed.c.epoch == epoch,
            _witnessed.c.size == size,
            _witnessed.c.store == store,
        )
        with writing(self._engine) as connection:
            connection.execute(delete(_witnessed).where(mine))
            connection.execute(insert(_witnessed).values(station=self._station, epoch=epoch, size=size, store=store, at=at))

    def cosigned(self, epoch: int, size: int, witness: str, line: str, at: str) -> None:
        """A witness cosigned a checkpoint: its signature line, in place of an earlier one over the same head."""
        mine = and_(
            _cosignature.c.station == self._station,
            _cosignature.c.epoch == epoch,
            _cosignature.c.size == size,
            _cosignature.c.witness == witness,
        )
        with writing(self._engine) as connection:
            connection.execute(delete(_cosignature).where(mine))
            connection.execute(
                insert(_cosignature).values(station=self._station, epoch=epoch, size=size, witness=witness, line=line, at=at)
            )

    def _undone(self) -> ColumnElement[bool]:
        return and_(
            _upload.c.station == self._station, _upload.c.state.in_([UploadState.WAITING.value, UploadState.SENDING.value])
        )

    def _index_is_missing(self) -> ColumnElement[bool]:
        """Whether a row is footage of a docking whose index has not all arrived."""
        index, clip = _upload.alias("index_upload"), schema.clip
        return and_(
            _upload.c.rank == int(Rank.FOOTAGE),
            select(index.c.id)
            .join_from(
                clip, index, and_(index.c.station == clip.c.station, index.c.subject == literal("docking:") + clip.c.docking)
            )
            .where(
                clip.c.station == _upload.c.station,
                clip.c.id == func.substr(_upload.c.subject, len("clip:") + 1),
                index.c.rank == int(Rank.INDEX),
                index.c.state != UploadState.DONE.value,
            )
            .correlate(_upload)
            .exists(),
        )

    def _change(self, upload: UploadId) -> Any:  # noqa: ANN401  # SQLAlchemy's Update has no narrower public type
        return update(_upload).where(_upload.c.station == self._station, _upload.c.id == upload)

    def _this_part(self, upload: UploadId, number: int) -> ColumnElement[bool]:
        return and_(_part.c.station == self._station, _part.c.upload == upload, _part.c.number == number)


def _queued(row: Row[Any]) -> QueuedUpload:
    return QueuedUpload(
        UploadId(row.id),
        UploadKind(row.kind),
        row.subject,
        row.object_key,
        int(row.size),
        Digest(row.sha256),
        Rank(row.rank),
        UploadState(row.state),
        row.attempts,
        row.next_try_at,
        row.reason,
        row.store_upload,
        row.part_size if row.part_size is None else int(row.part_size),
        row.queued_at,
    )
