"""The copy worker: the one child process that reads footage and writes it into the vault.

Started by :class:`ingest.copying.client.CopyWorker` as ``python -P -m ingest.copying.worker DESCRIPTOR PARENT``. It knows
neither catalogue nor keys. It dies with its parent: by PR_SET_PDEATHSIG when that is killed, in good order when that hangs up.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue

from evidence.errors import Fault
from ingest.copying.buffers import BlockPool
from ingest.copying.facts import CopyTask, Event, JobEnded, Placed, Progress
from ingest.copying.job import Job
from ingest.copying.syscalls import die_with_parent
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
    to_worker,
)
from ingest.vault import Vault


class _Running:
    """A job on its threads, and the tasks that have come for it."""

    def __init__(self, begin: Begin, worker: Worker) -> None:
        self._docking = begin.docking
        self._worker = worker
        self._chunks: SimpleQueue[Tasks | None] = SimpleQueue()
        self.job = Job(
            begin.docking,
            begin.root,
            double_read=begin.double_read,
            sm3=begin.sm3,
            vaults=worker.vaults,
            pool=worker.pool,
            limits=worker.limits,
            emit=self._emit,
            next_tasks=self._tasks,
        )
        self.thread = threading.Thread(target=self._run, name=f"read {begin.docking}", daemon=True)

    def more(self, tasks: Tasks) -> None:
        self._chunks.put(tasks)

    def stop(self) -> None:
        self.job.stop()
        self._chunks.put(None)

    def _run(self) -> None:
        self.job.run()

    def _tasks(self) -> Iterator[CopyTask]:
        while (chunk := self._chunks.get()) is not None:
            if not chunk.last:
                self._worker.send(MoreTasks(self._docking))  # the next ones come while these are worked on
            yield from chunk.tasks
            if chunk.last:
                return

    def _emit(self, event: Event) -> None:
        match event:
            case Progress():
                self._worker.send(Progressed(self._docking, event))
            case Placed():
                self._worker.send(HasPlaced(self._docking, event))
            case JobEnded(stopped, fault):
                self._worker.ended(self._docking)
                code, fields = (None, {}) if fault is None else (fault.code, fault.fields)
                self._worker.send(Ended(self._docking, stopped, code, fields))


class Worker:
    """All jobs of this process."""

    def __init__(self, channel: Channel, untrusted_opening: bytes) -> None:
        opening = to_worker.decode(untrusted_opening)
        if not isinstance(opening, Open):
            raise TypeError("the first message opens the vaults")
        self._channel = channel
        self.limits = opening.limits
        self.vaults = [Vault(root) for root in opening.vaults]
        self.pool = BlockPool(self.limits.block_bytes, self.limits.pool_blocks, self.limits.job_blocks)
        self._running: dict[str, _Running] = {}

    def send(self, message: FromWorker) -> None:
        """Tell the station; when it is gone, the main thread is about to notice, too."""
        with suppress(OSError):
            self._channel.send(message)

    def ended(self, docking: str) -> None:
        """A job has ended; the name is free for the next."""
        self._running.pop(docking, None)

    def serve(self) -> None:
        """Do as the station says until it hangs up, then bring the jobs to a point from which they can be continued."""
        while (untrusted_message := self._channel.receive()) is not None:
            self._obey(to_worker.decode(untrusted_message))
        deadline = time.monotonic() + self.limits.end_seconds
        running = list(self._running.values())
        for one in running:
            one.stop()
        for one in running:
            one.thread.join(max(0.0, deadline - time.monotonic()))

    def _obey(self, message: ToWorker) -> None:
        if isinstance(message, Open):
            raise TypeError("the vaults are open")
        if isinstance(message, Begin):
            running = self._running[message.docking] = _Running(message, self)
            running.thread.start()
            return
        if isinstance(message, Acknowledge):
            self._drop_intent(message.docking, message.group)
        running_or_none = self._running.get(message.docking)
        if running_or_none is None:
            return  # it ended while the message was on its way
        match message:
            case Tasks():
                running_or_none.more(message)
            case Pause():
                running_or_none.job.pause()
            case Resume():
                running_or_none.job.resume()
            case Stop():
                running_or_none.stop()
            case Acknowledge():
                running_or_none.job.acknowledged(message.group)

    def _drop_intent(self, docking: str, group: str) -> None:
        for vault in self.vaults:
            try:
                vault.drop_intent(docking, group)
            except Fault as fault:  # it will be settled again, to the same end
                sys.stderr.write(f"copy worker: intent {group} stays: {fault}\n")


def main() -> None:
    """Entry point of the child."""
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died before it could take us along
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the station, which tells us what it wants
    channel = Channel(socket.socket(fileno=descriptor))
    untrusted_opening = channel.receive()
    if untrusted_opening is not None:
        Worker(channel, untrusted_opening).serve()
    sys.stderr.flush()
    os._exit(0)  # threads that hang in a dead disk's read are left behind


if __name__ == "__main__":
    main()
