"""The courier: takes what is queued to the store, and brings receipts back.

Repeats: claim a row, send, have it confirmed, acknowledge. Each step is durable before the next, so that a courier killed at any
instant is followed by one that goes on. Rules:

* the index of a docking and a checkpoint of the log are at the store before any footage of it goes;
* a checkpoint goes first and last in every run; one that the store contradicts ends the run before anything is sent;
* a fault of one object does not stop the others; a fault of the store or the link ends the run after some patience;
* one courier works for a station at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import BinaryIO, Protocol

from evidence.errors import Exit, worst
from evidence.ids import ReceiptId, StationId, uuid7
from evidence.uploads import Backlog, QueuedUpload, Rank, UploadKind
from uploader import keys, moments, queue, receipts, witness
from uploader.errors import ObjectFault, Stopped, StoreFault, StoreRefused, UploadError, VaultUnreadable
from uploader.queue import Queue, RetryLimits
from uploader.receipts import Receipt
from uploader.sending import Sending
from uploader.stores import Lock, Store

_CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed head of the log: where it lies in the log, and the note."""

    origin: str
    epoch: int
    size: int
    note: str


class Sources(Protocol):
    """Where the bytes come from."""

    def open(self, upload: QueuedUpload) -> BinaryIO:
        """What is to be sent, seekable, at its start. Raises ``OSError``."""
        ...

    def checkpoint(self) -> Checkpoint:
        """The newest signed head of the log."""
        ...


class Acknowledge(Protocol):
    """Writes what a receipt says into the ledger and marks its upload as done, in one transaction."""

    def __call__(self, upload: QueuedUpload, receipt: Receipt) -> None: ...


class Keeper(Protocol):
    """Knows how long the store has to keep what it has."""

    def wanted(self, upload: QueuedUpload, store: str) -> tuple[str | None, Lock] | None:
        """The version of an object and what is to keep it; None where it is not (any more) that store's."""
        ...

    def kept(self, upload: QueuedUpload, version: str | None, made: Lock) -> None:
        """Write what the store says now into the ledger and mark the row as done, in one transaction. A store that locks nothing says so."""
        ...


class Clock(Protocol):
    """Time as the courier needs it."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def pause(self, seconds: float, stop: Event) -> None:
        """Wait so long, or until ``stop`` is set."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an object is. Bytes handed to the link may still have to go again."""

    upload: QueuedUpload
    bytes_done: int


@dataclass(frozen=True, slots=True)
class CourierLimits:
    """How long the courier tries and how long the store is to keep.

    ``patience`` is the longest wait, in seconds, for the next try inside a run, and ``troubles`` the number of faults of store or
    link in a row after which a run ends. ``retention`` is None where nothing is to be locked.
    """

    retry: RetryLimits = field(default_factory=RetryLimits)
    patience: float = 20.0
    troubles: int = 5
    progress_interval: float = 0.2
    retention: timedelta | None = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to. ``faults`` are those that still stand; ``waiting`` sums up what is not done, by reason."""

    received: int
    bytes_received: int
    witnessed: int | None
    waiting: tuple[Backlog, ...]
    faults: tuple[UploadError, ...]
    stopped: bool

    @property
    def status(self) -> Exit:
        """The exit status that this calls for."""
        if self.faults:
            return worst([fault.status for fault in self.faults])
        return Exit.PARTIAL if self.waiting else Exit.OK


@dataclass(slots=True)
class _Run:
    received: int = 0
    bytes_received: int = 0
    witnessed: int | None = None
    index_arrived: bool = False
    troubles: int = 0
    trouble: StoreFault | None = None
    faults: dict[str, UploadError] = field(default_factory=dict)

    def in_touch(self) -> None:
        """The store answered as it should: earlier trouble is over."""
        self.troubles, self.trouble = 0, None


class Courier:
    """Takes one station's queue to one store."""

    def __init__(
        self,
        station: StationId,
        store: Store,
        rows: Queue,
        sources: Sources,
        acknowledge: Acknowledge,
        clock: Clock,
        draw: Callable[[int], bytes],
        limits: CourierLimits = CourierLimits(),
        on_progress: Callable[[Progress], None] | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self._keeper = keeper
        self._station = station
        self._store = store
        self._queue = rows
        self._sources = sources
        self._acknowledge = acknowledge
        self._clock = clock
        self._draw = draw
        self._limits = limits
        self._on_progress = on_progress
        self._stop = Event()

    def stop(self) -> None:
        """End the run at the next part border; safe from any thread. What was sent stays at the store and counts."""
        self._stop.set()

    def run_until_idle(self, *, hasten: bool = False) -> Summary:
        """Send until all is done, nothing is due within the patience, the store is in trouble, or somebody asks to stop.

        ``hasten`` tries at once what waits for its next try, as a person who asks expects. Raises only what is no fault of
        sending: one of the catalogue or the ledger.
        """
        run = _Run()
        if hasten:
            self._queue.hasten(self._now())
        going = True
        while going and not self._stop.is_set():
            try:
                going = self._step(run)
            except StoreFault as fault:
                going = self._bore(run, fault)
        if run.trouble is None and not run.faults.get(_CHECKPOINT) and not self._stop.is_set():
            self._close(run)
        faults = (*run.faults.values(), *([run.trouble] if run.trouble is not None else []))
        return Summary(run.received, run.bytes_received, run.witnessed, self._queue.backlog(), faults, self._stop.is_set())

    def _step(self, run: _Run) -> bool:
        """Do one thing. False when there is nothing more to do, or nothing may be done. Raises ``StoreFault``."""
        if run.witnessed is None and not self._witness(run):
            return False
        upload = self._queue.claim(self._now())
        if upload is None:
            return self._waited()
        if upload.rank is Rank.FOOTAGE and run.index_arrived:
            if not self._witness(run):
                self._queue.put_back(upload.id)
                return False
            run.index_arrived = False
        if upload.kind is UploadKind.LOCK:
            self._keep(run, upload)
        else:
            self._deliver(run, upload)
        return True

    def _keep(self, run: _Run, upload: QueuedUpload) -> None:
        """Have the store keep an object for as long as it is wanted now. One that does not allow it stops nothing else."""
        assert self._keeper is not None, "a queue with locks in it comes with who knows them"
        wanted = self._keeper.wanted(upload, self._store.name)
        try:
            made = Lock() if wanted is None else self._store.lock(upload.object_key, *wanted)
        except UploadError as fault:
            self._queue.failed(upload.id, queue.reason_of(fault), self._next_try(fault, upload.attempts))
            if isinstance(fault, StoreFault) and not isinstance(fault, StoreRefused):
                raise
            run.faults[upload.id] = fault
            return
        run.in_touch()
        self._keeper.kept(upload, None if wanted is None else wanted[0], made)
        run.faults.pop(upload.id, None)

    def _deliver(self, run: _Run, upload: QueuedUpload) -> None:
        try:
            with self._opened(upload) as source:
                sending = Sending(self._store, self._queue, upload, self._retain_until(upload), self._told(upload), self._stop)
                delivered = sending.deliver(source)
        except Stopped:
            self._queue.put_back(upload.id)
            return
        except UploadError as fault:
            self._queue.failed(upload.id, queue.reason_of(fault), self._next_try(fault, upload.attempts))
            if isinstance(fault, StoreFault):
                raise
            run.in_touch()
            run.faults[upload.id] = fault
            return
        run.in_touch()
        now = self._clock.now()
        receipt_id = ReceiptId(uuid7(int(now.timestamp() * 1e9), self._draw(8)))
        receipt = receipts.make(receipt_id, upload, self._store, delivered.content, delivered.confirmed, moments.written(now))
        self._acknowledge(upload, receipt)
        run.faults.pop(upload.id, None)
        run.received += 1
        run.bytes_received += receipt.size
        run.index_arrived |= upload.rank is Rank.INDEX

    def _witness(self, run: _Run) -> bool:
        """Leave the newest checkpoint at the store. False when the store contradicts it: then nothing more may be sent."""
        head = self._sources.checkpoint()
        if head.size == run.witnessed:
            return True
        now = self._clock.now()
        retention = self._limits.retention
        try:
            witness.put_checkpoint(self._store, head.origin, head.size, head.note, now + retention if retention else None)
        except ObjectFault as fault:
            run.faults[_CHECKPOINT] = fault
            return False
        self._queue.witnessed(head.epoch, head.size, self._store.name, moments.written(now))
        run.witnessed = head.size
        run.in_touch()
        return True

    def _close(self, run: _Run) -> None:
        """The last acts of a run: a checkpoint over its receipts, and no unfinished upload that nobody remembers."""
        try:
            self._witness(run)
            remembered = self._queue.tokens()
            for prefix in keys.prefixes(self._station):
                for key, token in self._store.unfinished(prefix):
                    if token not in remembered:
                        self._store.abort(key, token)
        except StoreFault as fault:
            run.trouble = fault

    def _bore(self, run: _Run, fault: StoreFault) -> bool:
        """Whether to go on after a fault of the store or the link; waits a little when so."""
        run.trouble = fault
        run.troubles += 1
        if not fault.passing or run.troubles >= self._limits.troubles:
            return False
        self._clock.pause(queue.delay(fault, run.troubles - 1, self._jitter(), self._limits.retry), self._stop)
        return True

    def _waited(self) -> bool:
        """Wait for the next upload that is due, if that is soon. Whether there is one."""
        due = self._queue.next_due()
        if due is None:
            return False
        seconds = (moments.read(due) - self._clock.now()).total_seconds()
        if seconds > self._limits.patience:
            return False
        self._clock.pause(max(0.0, seconds), self._stop)
        return True

    def _opened(self, upload: QueuedUpload) -> BinaryIO:
        try:
            return self._sources.open(upload)
        except OSError as error:
            raise VaultUnreadable(object_key=upload.object_key, reason=error.strerror or type(error).__name__) from error

    def _retain_until(self, upload: QueuedUpload) -> datetime | None:
        """Counted from when it was queued, so that resuming asks for the same date."""
        if self._limits.retention is None:
            return None
        until = moments.read(upload.queued_at) + self._limits.retention
        now = self._clock.now()
        return until if until > now else now + self._limits.retention

    def _next_try(self, fault: UploadError, attempts: int) -> str:
        seconds = queue.delay(fault, attempts, self._jitter(), self._limits.retry)
        return moments.written(self._clock.now() + timedelta(seconds=seconds))

    def _jitter(self) -> float:
        return int.from_bytes(self._draw(4)) / (1 << 32)

    def _now(self) -> str:
        return moments.written(self._clock.now())

    def _told(self, upload: QueuedUpload) -> Callable[[int], None]:
        """Counts bytes from several streams, and passes them on a few times a second."""
        lock, done, last = threading.Lock(), 0, float("-inf")

        def told(more: int) -> None:
            nonlocal done, last
            if self._on_progress is None:
                return
            with lock:
                done = min(done + more, upload.size)
                now = self._clock.monotonic()
                if now - last >= self._limits.progress_interval or done == upload.size:
                    last = now
                    self._on_progress(Progress(upload, done))

        return told
