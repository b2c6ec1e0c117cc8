"""A desk for the courier's tests: the real queue in a real catalogue, sources in a folder, receipts as rows.

What a station does around the courier is done here in its plainest form: a receipt and the end of its upload are one transaction.
Everything is in one folder, so that another process can go on where a killed one left off.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from threading import Event
from typing import BinaryIO

from sqlalchemy import Engine, func, insert, select

from evidence.canonical import digest
from evidence.catalogue import outbox, schema
from evidence.catalogue.connect import connect, reading, writing
from evidence.ids import Digest, DockingId, StationId, UploadId, origin, uuid7
from evidence.uploads import NewUpload, QueuedUpload, UploadKind
from uploader import keys, moments, receipts
from uploader.courier import Checkpoint, Courier, CourierLimits, Progress
from uploader.queue import RetryLimits
from uploader.receipts import Receipt
from uploader.stores import Store

STATION = StationId("station-7")
ORIGIN = origin(STATION, 1)
MIB = 1 << 20
LIMITS = CourierLimits(retry=RetryLimits(first=0.2, longest=5, after_alarm=3600), patience=6, troubles=5)


def footage(size: int, seed: int = 1) -> bytes:
    """Bytes that nothing compresses or guesses."""
    return Random(seed).randbytes(size)


@dataclass(slots=True)
class FakeClock:
    """Real dates, for signatures and locks; pausing only moves it on."""

    ahead: timedelta = timedelta()
    pauses: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()

    def pause(self, seconds: float, stop: Event) -> None:
        self.pauses.append(seconds)
        self.ahead += timedelta(seconds=seconds)


@dataclass(slots=True)
class Desk:
    """One station's queue, sources and receipts."""

    folder: Path
    engine: Engine
    queue: outbox.Outbox
    clock: FakeClock = field(default_factory=FakeClock)
    random: Random = field(default_factory=Random)
    progress: list[Progress] = field(default_factory=list)
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    root: str = "as it was"
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def dock(self, docking: str, clips: dict[str, bytes]) -> None:
        """A docking is sealed: its index and its clips are queued, in one transaction."""
        index = {
            UploadKind.MANIFEST: keys.manifest(STATION, DockingId(docking)),
            UploadKind.SIGNATURE: keys.signature(STATION, DockingId(docking)),
            UploadKind.LISTING: keys.listing(STATION, DockingId(docking)),
            UploadKind.RECORDS: keys.records(STATION, DockingId(docking)),
        }
        uploads = [self._new(kind, f"docking:{docking}", key, f"{kind} of {docking}\n".encode()) for kind, key in index.items()]
        for clip, data in clips.items():
            uploads.append(self._new(UploadKind.FOOTAGE, f"clip:{clip}", keys.blob(STATION, digest(data)), data))
        with writing(self.engine) as connection:
            outbox.enqueue(connection, STATION, uploads, moments.written(self.clock.now()))
            for clip, data in clips.items():
                connection.execute(insert(schema.clip).values(_clip(clip, docking, data)))

    def courier(self, store: Store, limits: CourierLimits = LIMITS) -> Courier:
        return Courier(
            STATION, store, self.queue, self, self.acknowledge, self.clock, self.random.randbytes, limits, self.progress.append
        )

    def open(self, upload: QueuedUpload) -> BinaryIO:
        return self.source(upload.object_key).open("rb")

    def source(self, key: str) -> Path:
        """Where the bytes of an object lie."""
        return self.folder / "sources" / key.replace("/", "_")

    def checkpoint(self) -> Checkpoint:
        """A head that grows with each receipt."""
        with reading(self.engine) as connection:
            size = 10 + int(connection.execute(select(func.count()).select_from(schema.receipt)).scalar_one())
        return Checkpoint(ORIGIN, 1, size, note(size, self.root))

    def acknowledge(self, upload: QueuedUpload, receipt: Receipt) -> None:
        with writing(self.engine) as connection:
            connection.execute(
                insert(schema.receipt).values(
                    station=STATION,
                    id=receipt.id,
                    subject=receipt.subject,
                    body=receipt.canonical().decode(),
                    at=receipt.confirmed_at,
                )
            )
            outbox.done(connection, STATION, upload.id)
        self.acknowledged.append((upload.kind.value, upload.subject))

    def receipts(self) -> list[Receipt]:
        """The receipts so far, oldest first."""
        with reading(self.engine) as connection:
            rows = (
                connection.execute(select(schema.receipt.c.body).order_by(schema.receipt.c.at, schema.receipt.c.id))
                .scalars()
                .all()
            )
        return [receipts.read(body) for body in rows]

    def receipt_of(self, clip: str) -> Receipt:
        """The one receipt of a clip."""
        (found,) = [receipt for receipt in self.receipts() if receipt.subject == f"clip:{clip}"]
        return found

    def _new(self, kind: UploadKind, subject: str, key: str, data: bytes) -> NewUpload:
        self.source(key).parent.mkdir(exist_ok=True)
        self.source(key).write_bytes(data)
        number = next(self._numbers)
        upload = UploadId(uuid7(number * 1_000_000, self.random.randbytes(8)))
        return NewUpload(upload, kind, subject, key, len(data), digest(data))


@contextmanager
def desk_at(folder: Path, url: str) -> Iterator[Desk]:
    """A desk in a folder; its catalogue is made where it is not there."""
    engine = connect(url)
    with writing(engine) as connection:
        schema.metadata.create_all(connection)
    try:
        yield Desk(folder, engine, outbox.Outbox(engine, STATION))
    finally:
        engine.dispose()


def note(size: int, root: str, signature: str = "signature") -> str:
    """A checkpoint in its form; nobody here checks its signature."""
    return f"{ORIGIN}\n{size}\n{b64encode(sha256(root.encode()).digest()).decode()}\n\n— {ORIGIN} {b64encode(signature.encode()).decode()}\n"


def _clip(clip: str, docking: str, data: bytes) -> dict[str, object]:
    return {
        "station": STATION,
        "id": clip,
        "device": "unidentified",
        "path": clip.encode(),
        "sha256": Digest(digest(data)),
        "size": len(data),
        "state": "verified",
        "docking": docking,
        "taken_at": "2026-11-21T10:00:00.000000Z",
        "category": "unclassified",
    }
