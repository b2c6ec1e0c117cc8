"""The station's side of the copy engine: the handle of the one copy worker, and the stream of events of each job.

::

    with CopyWorker([vault]) as worker:
        with worker.submit(CopyJob(docking, root, tasks)) as stream:
            for event in stream:
                if isinstance(event, Placed):
                    ...  # commit to the ledger
                    stream.acknowledge(event.group)

A job that is not acknowledged comes to rest after a few groups, and ends only once all are acknowledged.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from evidence.errors import Fault
from ingest.copying.facts import CopyJob, CopyLimits, Event, JobEnded
from ingest.copying.wire import (
    Acknowledge,
    Begin,
    Channel,
    Ended,
    FromWorker,
    HasPlaced,
    MoreTasks,
    Open,
    Pause,
    Progressed,
    Resume,
    Stop,
    Tasks,
    ToWorker,
    from_worker,
)
from ingest.errors import IngestError, WorkerLost
from ingest.vault import Vault

_ROOT = Path(__file__).resolve().parents[2]


class CopyStream:
    """The events of one job, for one thread to iterate over; the last is :class:`JobEnded`, whatever happens.

    As a context manager it stops the job when left early.
    """

    def __init__(self, worker: CopyWorker, job: CopyJob) -> None:
        self._worker = worker
        self._job = job
        self._sent = 0
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._over = False

    def __iter__(self) -> Iterator[Event]:
        while not self._over:
            event = self._events.get()
            self._over = isinstance(event, JobEnded)
            yield event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._over:
            self._worker.stop(self._job.docking)

    def acknowledge(self, group: str) -> None:
        """The ledger has the files of this group: the vault need not explain them any more."""
        self._worker.tell(Acknowledge(self._job.docking, group))

    def pause(self) -> None:
        """Read no further for now, from the next block on."""
        self._worker.pause(self._job.docking)

    def resume(self) -> None:
        """Read on."""
        self._worker.resume(self._job.docking)

    def stop(self) -> None:
        """End the job after the block being read. A job of the same docking goes on from there."""
        self._worker.stop(self._job.docking)

    def deliver(self, event: Event) -> None:
        """Called by the worker's handle."""
        self._events.put(event)

    def next_tasks(self, limit: int) -> Tasks:
        """Called by the worker's handle: the tasks not sent yet."""
        tasks = self._job.tasks[self._sent : self._sent + limit]
        self._sent += len(tasks)
        return Tasks(self._job.docking, tasks, last=self._sent >= len(self._job.tasks))


class CopyWorker:
    """The one child process that does all reading and writing of footage. Its methods may be called from any thread.

    ``vaults`` has one entry, or two: the second is filled and verified in the same pass. Once lost or closed, a worker does not
    start again: make another.
    """

    def __init__(self, vaults: Sequence[Vault], limits: CopyLimits | None = None) -> None:
        self._vaults = tuple(vault.root for vault in vaults)
        self._limits = limits or CopyLimits()
        self._streams: dict[str, CopyStream] = {}
        self._lock = threading.Lock()
        self._lost: WorkerLost | None = None
        self._channel: Channel | None = None
        self._keeper: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Start the child, and go on while it gets ready; if it cannot be started, every job ends with ``WorkerLost``."""
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        self.tell(Open(self._vaults, self._limits))
        # The child is killed when the thread that started it ends (prctl(2)), so that thread is one that lives as long as the
        # worker: the one that listens to it.
        self._keeper = threading.Thread(target=self._keep, args=(self._channel, theirs), name="copy worker", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """Let the child bring its jobs to a point from which they can be continued, and end it."""
        if self._channel is None or self._keeper is None:
            return
        self._channel.hang_up()
        self._keeper.join(self._limits.end_seconds + 1)
        if self._keeper.is_alive() and self._process is not None:
            self._process.kill()  # hangs in the read of a dying disk
            self._keeper.join()
        self._channel.close()
        self._channel = self._keeper = None

    @property
    def process(self) -> int | None:
        """The child's process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def lost(self) -> bool:
        """Whether the child has ended by itself: another worker is needed."""
        return self._lost is not None

    @property
    def busy(self) -> bool:
        """Whether it has jobs."""
        with self._lock:
            return bool(self._streams)

    def submit(self, job: CopyJob) -> CopyStream:
        """Begin a job; several may run at once, one of each docking. Raises :class:`ingest.errors.WorkerLost`."""
        stream = CopyStream(self, job)
        with self._lock:
            if self._lost is not None or self._channel is None:
                raise WorkerLost(**(self._lost.fields if self._lost else {"status": None}))
            if job.docking in self._streams:
                raise ValueError(f"docking {job.docking} is being copied")
            self._streams[job.docking] = stream
        self.tell(Begin(job.docking, job.root, job.double_read, job.sm3))
        self.tell(stream.next_tasks(self._limits.tasks_per_message))
        return stream

    def pause(self, docking: str) -> None:
        """Read no further for now, from the next block on."""
        self.tell(Pause(docking))

    def resume(self, docking: str) -> None:
        """Read on."""
        self.tell(Resume(docking))

    def stop(self, docking: str) -> None:
        """End a job after the block being read. A job of the same docking goes on from there."""
        self.tell(Stop(docking))

    def stop_all(self) -> None:
        """End every job after the block being read."""
        with self._lock:
            dockings = list(self._streams)
        for docking in dockings:
            self.stop(docking)

    def tell(self, message: ToWorker) -> None:
        """Send the child a message. When it is gone every stream learns that on its own."""
        channel = self._channel
        if channel is not None:
            try:
                channel.tell(message)
            except OSError:
                return

    # On the keeper's thread

    def _keep(self, channel: Channel, theirs: socket.socket) -> None:
        status = None
        try:
            status = self._listen(channel, theirs)
        finally:
            with self._lock:
                self._lost = WorkerLost(status=status)
                streams, self._streams = list(self._streams.values()), {}
            for stream in streams:
                stream.deliver(JobEnded(fault=WorkerLost(status=status)))

    def _listen(self, channel: Channel, theirs: socket.socket) -> int | None:
        with theirs:
            arguments = [sys.executable, "-P", "-m", "ingest.copying.worker", str(theirs.fileno()), str(os.getpid())]
            # Nothing of the station's environment: settings may hold passwords.
            environment = {"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"}
            try:
                self._process = process = subprocess.Popen(
                    arguments, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL
                )
            except OSError:
                return None
        with process:
            try:
                while (message := channel.receive()) is not None:
                    self._hear(from_worker.decode(message))
            except BaseException:
                process.kill()
                raise
            return process.wait()

    def _hear(self, message: FromWorker) -> None:
        with self._lock:
            stream = self._streams.get(message.docking)
            if isinstance(message, Ended):
                self._streams.pop(message.docking, None)
        if stream is None:
            return
        match message:
            case MoreTasks():
                self.tell(stream.next_tasks(self._limits.tasks_per_message))
            case Progressed() | HasPlaced():
                stream.deliver(message.event)
            case Ended():
                fault = None if message.code is None else _fault(message.code, message.fields)
                stream.deliver(JobEnded(message.stopped, fault))


def _fault(code: str, fields: dict[str, str | int | None]) -> Fault:
    """The fault a worker's job ended with."""
    known: list[type[IngestError]] = [IngestError]
    for kind in known:
        known.extend(kind.__subclasses__())
    found = next((kind for kind in known if kind.code == code), IngestError)
    return found(**fields)
