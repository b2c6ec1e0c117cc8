"""One docking being copied: a thread reads, lanes hash and write, a thread proves and places.

Reading never waits for proving unless that falls ``open_groups`` behind. While a big file is still being read, what is
already durable of it is read back, so at its end only the last checkpoint's worth remains to be proved.

However a job ends (done, stopped, the vault full, the card pulled), what was read until then is brought to a point from which
a job of the same docking goes on.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from queue import SimpleQueue

from evidence.errors import Fault
from evidence.facts import EMPTY_DIGEST
from ingest import mediatype
from ingest.copying.buffers import BlockPool, Share
from ingest.copying.facts import CopyLimits, CopyTask, Event, FileOutcome, JobEnded, Placed, Progress, Reason, State
from ingest.copying.items import Block, Checkpoint, EndOfFile, FileInHand, Group, LetGo, SecondBlock
from ingest.copying.lanes import Item, Lanes
from ingest.copying.partial import JournalHead, Partial
from ingest.copying.placing import Placer
from ingest.copying.reading import CardFile, CardReader, NotTaken
from ingest.errors import CopyBroken
from ingest.listing import open_card
from ingest.vault import Vault


class _Interrupted(Exception):
    """The job is to end now: it was stopped, or something failed."""


class Job:
    """One job. ``run`` does it; the other methods are called meanwhile from other threads."""

    def __init__(
        self,
        docking: str,
        root: bytes | None,
        *,
        double_read: bool,
        sm3: bool,
        vaults: Sequence[Vault],
        pool: BlockPool,
        limits: CopyLimits,
        emit: Callable[[Event], None],
        next_tasks: Callable[[], Iterator[CopyTask]],
    ) -> None:
        self.docking = docking
        self._root = root
        self._double_read = double_read
        self._sm3 = sm3
        self._vaults = vaults
        self._pool = pool
        self._limits = limits
        self._emit = emit
        self._tasks = next_tasks
        self._changed = threading.Condition()
        self._paused = False
        self._stopped = False
        self._fault: Fault | None = None
        self._open_groups: set[str] = set()
        # below: the reading thread's own
        self._group: Group | None = None
        self._job_bytes = 0
        self._reported = float("-inf")
        # handed to the proving thread
        self._to_prove: SimpleQueue[Checkpoint | Group | None] = SimpleQueue()
        self._placer = Placer(vaults, docking, limits.block_bytes)

    # From other threads

    def pause(self) -> None:
        """Read no further for now; what was read is still placed."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Read on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def stop(self) -> None:
        """End, after the block being read, at a point from which it can be continued."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def acknowledged(self, group: str) -> None:
        """The ledger has this group, and its intent is gone."""
        with self._changed:
            self._open_groups.discard(group)
            self._changed.notify_all()

    def fail(self, error: Exception) -> None:
        """Something went wrong on one of the job's threads; the first one counts."""
        if not isinstance(error, Fault):
            traceback.print_exception(error)
            broken = CopyBroken(detail=repr(error))
            broken.__cause__ = error
            error = broken
        with self._changed:
            self._fault = self._fault or error
            self._changed.notify_all()

    # The job

    def run(self) -> None:
        """Copy everything; ends with :class:`JobEnded`, whatever happens."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - becomes the fault the job ends with
            self.fail(error)
        finally:
            self._placer.close()
        self._emit(JobEnded(stopped=self._stopped and self._fault is None, fault=self._fault))

    def _run(self) -> None:
        self._placer.open()
        settled: set[int] = set()
        for group, files in self._placer.settle():
            settled.update(outcome.position for outcome in files)
            with self._changed:
                self._open_groups.add(group)
            self._emit(Placed(group, files))
        if self._root is not None:
            self._copy(self._root, settled)
        with self._changed:
            self._changed.wait_for(lambda: not self._open_groups or self._stopped or self._fault)
            done = not (self._stopped or self._fault)
        if done:
            for vault in self._vaults:
                vault.clear(self.docking)

    def _copy(self, root: bytes, settled: AbstractSet[int]) -> None:
        proving = threading.Thread(target=self._prove, name=f"prove {self.docking}", daemon=True)
        proving.start()
        try:
            with open_card(root) as card, self._pool.share() as share:
                lanes = Lanes(len(self._vaults), self.fail, self.docking, sm3=self._sm3)
                reader = CardReader(card, self._limits)
                try:
                    left = (task for task in self._tasks() if task.position not in settled)
                    for task, following in _with_following(left):
                        self._take(task, following, reader, share, lanes)
                    self._close_group(lanes)
                except _Interrupted:
                    self._close_group(lanes)
                except Fault as fault:
                    self.fail(fault)
                    self._close_group(lanes)
                finally:
                    reader.close()
                    lanes.close()
        finally:
            self._to_prove.put(None)
            proving.join()

    def _control(self, task: CopyTask, file_bytes: int) -> None:
        """Between two blocks: report, wait while paused, leave when interrupted."""
        now = time.monotonic()
        if now - self._reported >= self._limits.progress_seconds:
            self._reported = now
            self._emit(Progress(task.position, file_bytes, self._job_bytes))
        with self._changed:
            self._changed.wait_for(lambda: not self._paused or self._stopped or self._fault)
            if self._stopped or self._fault:
                raise _Interrupted

    # Reading

    def _take(self, task: CopyTask, following: CopyTask | None, reader: CardReader, share: Share, lanes: Lanes) -> None:
        self._control(task, 0)
        began = time.time_ns()
        try:
            with reader.open(task) as source:
                if following is not None and following.size <= share.block_bytes:
                    reader.expect(following)
                self._read(task, source, share, lanes)
        except NotTaken as refusal:
            self._leave(_nothing(task, began, State.UNREADABLE, refusal.reason, refusal.error), lanes)

    def _read(self, task: CopyTask, source: CardFile, share: Share, lanes: Lanes) -> None:
        head = JournalHead(task.path, source.size, source.mtime_ns)
        partials = [Partial(vault, self.docking, task.position) for vault in self._vaults]
        file = FileInHand(task, head, partials, sm3=self._sm3)
        begun = self._resume(file, source, share)
        offset = checkpoint = file.resumed_at
        try:
            while True:
                self._control(task, offset)
                self._close_group_if_due(lanes)
                buffer = share.take()
                count = 0
                try:
                    count = source.fill(buffer, offset)
                finally:
                    if count == 0:
                        share.give_back(buffer)
                if count and offset == 0:
                    file.media = mediatype.by_content(bytes(buffer[: min(count, mediatype.HEAD_BYTES)]))
                if count and not begun:
                    for partial in file.partials:
                        partial.create(source.size, direct=source.size > share.block_bytes)
                    begun = True
                if count:
                    self._pass(
                        Block(file, offset, buffer[:count], buffer, share), lanes, small=offset + count < share.block_bytes
                    )
                    offset += count
                    self._job_bytes += count
                if count < share.block_bytes:
                    break
                if offset - checkpoint >= self._limits.checkpoint_bytes:
                    checkpoint = offset
                    self._checkpoint(file, source, offset, lanes)
        except BaseException:
            if begun:
                if offset > checkpoint:
                    self._checkpoint(file, source, offset, lanes)
                lanes.put(LetGo(file))
            raise
        self._end(file, source, offset, share, lanes, begun=begun)

    def _resume(self, file: FileInHand, source: CardFile, share: Share) -> bool:
        """Go on where an earlier job left this file, if all vaults prove the same prefix of it."""
        buffer = share.take()
        try:
            proved = [partial.resumptions(file.head, buffer, sm3=self._sm3) for partial in file.partials]
        finally:
            share.give_back(buffer)
        common = set.intersection(*(set(found) for found in proved))
        if not common:
            return False
        best = proved[0][max(common)]
        file.resume(best.offset, best.digesting, best.unreadable)
        source.resume(best.offset, best.unreadable)
        for partial in file.partials:
            partial.reopen()
        self._job_bytes += best.offset
        return True

    def _end(self, file: FileInHand, source: CardFile, size: int, share: Share, lanes: Lanes, *, begun: bool) -> None:
        nothing = source.error is not None and source.read_bytes == 0
        if begun:
            self._pass(EndOfFile(file, size, keep=not nothing), lanes, small=size < share.block_bytes)
        if nothing or not begun:
            state = State.UNREADABLE if nothing else State.EMPTY
            reason = source.reason if nothing else None
            outcome = _nothing(file.task, file.started_ns, state, reason, source.error)
            self._leave(replace(outcome, changed=source.changed(size)), lanes)
            return
        file.size = size
        file.unreadable = tuple(source.gaps.ranges)
        file.reason = source.reason
        file.error = source.error
        file.changed = source.changed(size)
        if self._double_read:
            self._read_again(file, source, share, lanes)
        group = self._open_group(lanes)
        group.files.append(file)
        group.bytes += size - file.resumed_at

    def _pass(self, item: Item, lanes: Lanes, *, small: bool) -> None:
        if not small:
            lanes.put(item)
            return
        try:
            lanes.at_once(item)
        except Exception:
            self._group = None  # a vault that fails now has not got the files before this one either, until they are synchronised
            raise

    def _read_again(self, file: FileInHand, source: CardFile, share: Share, lanes: Lanes) -> None:
        source.begin_again()
        offset, count = 0, share.block_bytes
        while count == share.block_bytes:
            self._control(file.task, offset)
            buffer = share.take()
            try:
                count = source.fill(buffer, offset)
            except BaseException:
                share.give_back(buffer)
                raise
            lanes.put(SecondBlock(file, offset, buffer[:count], buffer, share))
            offset += count

    def _checkpoint(self, file: FileInHand, source: CardFile, offset: int, lanes: Lanes) -> None:
        lanes.put(Checkpoint(file, offset, tuple(source.gaps.ranges), self._to_prove.put))

    # Groups

    def _leave(self, outcome: FileOutcome, lanes: Lanes) -> None:
        self._open_group(lanes).outcomes.append(outcome)

    def _open_group(self, lanes: Lanes) -> Group:
        self._close_group_if_due(lanes)
        if self._group is None:
            with self._changed:
                self._changed.wait_for(
                    lambda: len(self._open_groups) < self._limits.open_groups or self._stopped or self._fault is not None
                )
                name = os.urandom(8).hex()
                self._open_groups.add(name)
            self._group = Group(name, self._to_prove.put)
        return self._group

    def _close_group_if_due(self, lanes: Lanes) -> None:
        group, limits = self._group, self._limits
        if group is not None and (
            len(group) >= limits.group_files
            or group.bytes >= limits.group_bytes
            or time.monotonic() - group.opened >= limits.group_seconds
        ):
            self._close_group(lanes)

    def _close_group(self, lanes: Lanes) -> None:
        if self._group is not None:
            lanes.put(self._group)
            self._group = None

    # Proving

    def _prove(self) -> None:
        failed = False
        while (item := self._to_prove.get()) is not None:
            if failed or item.broken:
                continue
            try:
                if isinstance(item, Checkpoint):
                    self._placer.checkpoint(item)
                else:
                    self._emit(Placed(item.name, self._placer.place(item)))
            except Exception as error:  # noqa: BLE001 - becomes the fault the job ends with
                failed = True
                self.fail(error)


def _with_following(tasks: Iterator[CopyTask]) -> Iterator[tuple[CopyTask, CopyTask | None]]:
    """Each task with the one after it."""
    task = next(tasks, None)
    while task is not None:
        following = next(tasks, None)
        yield task, following
        task = following


def _nothing(task: CopyTask, started_ns: int, state: State, reason: Reason | None, error: str | None) -> FileOutcome:
    """The outcome of a file that leaves nothing in the vault."""
    return FileOutcome(
        position=task.position,
        path=task.path,
        state=state,
        size=0,
        sha256=EMPTY_DIGEST if state is State.EMPTY else None,
        started_ns=started_ns,
        ended_ns=time.time_ns(),
        reason=reason,
        error=error,
    )
