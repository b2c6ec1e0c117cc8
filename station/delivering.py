"""What the courier needs of a station: bytes out of vault and catalogue, receipts into the ledger, a clock."""

from __future__ import annotations

import fcntl
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import BinaryIO

from evidence.catalogue import outbox
from evidence.catalogue.acts import delivery
from evidence.catalogue.keeping import Keeping
from evidence.catalogue.ledger import Commit
from evidence.catalogue.outbox import Outbox
from evidence.errors import Exit
from evidence.ids import ClipId, Digest, DockingId, ReceiptId
from evidence.uploads import QueuedUpload, UploadKind
from ingest.vault import Vault
from station.home import StationError
from station.locking import StationKeeper, wanted_lock
from station.rooms import Rooms
from station.startup import check_not_turned_back
from station.storing import open_store
from uploader import keys, moments
from uploader.courier import Checkpoint, Courier, CourierLimits, Progress
from uploader.receipts import Receipt
from uploader.stores import Store


class CourierBusy(StationError):
    """Another upload of this station is under way. Fields: ``home``."""

    code = "courier-busy"
    status = Exit.REFUSED


class StationSources:
    """The bytes to send: footage from the vault, the index from the catalogue."""

    def __init__(self, rooms: Rooms, vault: Vault) -> None:
        self._rooms = rooms
        self._vault = vault

    def open(self, upload: QueuedUpload) -> BinaryIO:
        """What is to be sent, seekable, at its start."""
        if upload.kind is UploadKind.FOOTAGE:
            return self._vault.open_blob(Digest(upload.sha256))
        docking = DockingId(upload.subject.removeprefix("docking:"))
        with self._rooms.queries() as queries:
            manifest = queries.manifest(docking) or (b"", b"")
            match upload.kind:
                case UploadKind.MANIFEST:
                    return io.BytesIO(manifest[0])
                case UploadKind.SIGNATURE:
                    return io.BytesIO(manifest[1])
                case UploadKind.SIGNATURE_GM:
                    return io.BytesIO(queries.signature_gm(docking) or b"")
                case UploadKind.LISTING:
                    return io.BytesIO(queries.listing(docking) or b"")
                case UploadKind.RECORDS:
                    return io.BytesIO(keys.bundle(queries.records(docking)))
                case UploadKind.LOCK:
                    return io.BytesIO()

    def checkpoint(self) -> Checkpoint:
        """The newest signed head of the log."""
        with self._rooms.queries() as queries:
            head = queries.head()
        return Checkpoint(head.origin, head.epoch, head.size, head.note)


class LedgerAcknowledge:
    """Receipts into the ledger: entries, receipt and the queue's row in one commit."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def __call__(self, upload: QueuedUpload, receipt: Receipt) -> None:
        with self._rooms.ledger.commit() as commit:
            delivery.received(
                commit,
                ReceiptId(receipt.id),
                upload.subject,
                receipt.sent(),
                receipt.body(),
                proof=receipt.proof.value,
                trial=receipt.trial,
            )
            outbox.done(commit.connection, commit.station, upload.id)
            if upload.kind is UploadKind.FOOTAGE and self._beyond(commit, receipt):
                clip = ClipId(upload.subject.removeprefix("clip:"))
                outbox.review_locks(commit.connection, commit.station, [clip], commit.utc, commit.new_id)

    def _beyond(self, commit: Commit, receipt: Receipt) -> bool:
        """Whether the store has to keep it for longer than it was asked to at first."""
        wanted = wanted_lock(Keeping(commit.connection, commit.station), receipt.sha256, commit.utc)
        if wanted is None or receipt.retain_until is None:
            return False  # a store that locks nothing at first is not asked to later, but by a tag or a hold
        return wanted.hold or (wanted.until is not None and wanted.until > moments.read(receipt.retain_until))


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def pause(self, seconds: float, stop: Event) -> None:
        """Wait so long, or until ``stop`` is set."""
        stop.wait(seconds)


@contextmanager
def courier_of(rooms: Rooms, patience: float, told: Callable[[Progress], None]) -> Iterator[tuple[Courier, Store]]:
    """The station's one courier, with the store it goes to. Nothing is sent for a log that was turned back.

    Raises :class:`CourierBusy`, :class:`~station.startup.LogTurnedBack` and faults of the store.
    """
    days = rooms.settings.store_retention_days
    limits = CourierLimits(patience=patience, retention=timedelta(days=days) if days else None)
    waiting = Outbox(rooms.catalogue, rooms.station)
    with only_courier(rooms), open_store(rooms) as store:
        check_not_turned_back(rooms)
        sources, acknowledge = StationSources(rooms, Vault(rooms.home.vault)), LedgerAcknowledge(rooms)
        keeper = StationKeeper(rooms)
        clock = SystemClock()
        yield Courier(rooms.station, store, waiting, sources, acknowledge, clock, rooms.draw, limits, told, keeper), store


@contextmanager
def only_courier(rooms: Rooms) -> Iterator[None]:
    """Hold the station's uploads for this process alone; the kernel lets go when it dies. Raises :class:`CourierBusy`."""
    with rooms.home.faults():
        handle = os.open(rooms.home.root / "courier.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CourierBusy(home=str(rooms.home.root)) from error
        yield
    finally:
        os.close(handle)
