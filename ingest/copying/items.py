"""What passes the lanes of a job: blocks of a file, the end of a file, checkpoints and groups.

A :class:`FileInHand` is one file between its first block and its place in the vault. The reading thread makes it, the lanes
work on it, the proving thread ends it; each field says who writes it, and the order of the lanes keeps them apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ingest.copying.buffers import Share
from ingest.copying.facts import Change, CopyTask, FileOutcome, Reason, State
from ingest.copying.lanes import Item
from ingest.copying.medium import Digesting, Hasher, new_hasher, new_sm3
from ingest.copying.partial import JournalHead, Partial


class Proof:
    """How much of a copy has been read back from the medium, and the digests of it. Belongs to the proving thread."""

    def __init__(self, digesting: Digesting, offset: int) -> None:
        self.digesting = digesting
        self.offset = offset


class FileInHand:
    """One file on its way. ``partials`` and ``proofs`` have one entry for each vault."""

    def __init__(self, task: CopyTask, head: JournalHead, partials: Sequence[Partial], *, sm3: bool = False) -> None:
        self.task = task
        self.head = head
        self.partials = partials
        self.started_ns = time.time_ns()
        # by the reading thread
        self.size = 0
        self.unreadable: tuple[tuple[int, int], ...] = ()
        self.reason: Reason | None = None
        self.error: str | None = None
        self.changed: Change | None = None
        self.resumed_at = 0
        self.media: bool | None = None
        # by the hashing lane
        self.hasher: Hasher = new_hasher()
        self.second_hasher: Hasher | None = None
        # by the lane that takes SM3
        self.sm3: Hasher | None = new_sm3() if sm3 else None
        # by the proving thread
        self.proofs = [Proof(Digesting.begin(sm3=sm3), 0) for _ in partials]

    def resume(self, offset: int, digesting: Digesting, unreadable: tuple[tuple[int, int], ...]) -> None:
        """Go on after a proved prefix."""
        self.resumed_at = offset
        self.unreadable = unreadable
        taken = digesting.copy()
        self.hasher, self.sm3 = taken.sha256, taken.sm3
        self.proofs = [Proof(digesting.copy(), offset) for _ in self.partials]

    def outcome(self) -> FileOutcome:
        """What is known once all lanes are done with it; the proving thread completes it."""
        sha256 = self.hasher.hexdigest()
        second = None if self.second_hasher is None else self.second_hasher.hexdigest()
        reason = Reason.SOURCE_UNSTABLE if second is not None and second != sha256 else self.reason
        now = time.time_ns()
        return FileOutcome(
            position=self.task.position,
            path=self.task.path,
            state=State.DAMAGED if reason else State.VERIFIED,
            size=self.size,
            sha256=sha256,
            started_ns=self.started_ns,
            ended_ns=now,
            reason=reason,
            error=self.error,
            second_sha256=second,
            unreadable=self.unreadable,
            resumed_at=self.resumed_at,
            changed=self.changed,
            media=self.media,
            sm3=None if self.sm3 is None else self.sm3.hexdigest(),
        )


class Block(Item):
    """Bytes of a file at an offset."""

    def __init__(self, file: FileInHand, offset: int, data: memoryview, buffer: memoryview, share: Share) -> None:
        super().__init__()
        self._file = file
        self._offset = offset
        self._data = data
        self._buffer = buffer
        self._share = share

    def hash(self) -> None:
        self._file.hasher.update(self._data)

    def hash_sm3(self) -> None:
        if self._file.sm3 is not None:
            self._file.sm3.update(self._data)

    def write(self, vault: int) -> None:
        self._file.partials[vault].write(self._offset, self._data)

    def completed(self) -> None:
        self._share.give_back(self._buffer)


class SecondBlock(Block):
    """Bytes of the second read of a source: only hashed."""

    def hash(self) -> None:
        if self._file.second_hasher is None:
            self._file.second_hasher = new_hasher()
        self._file.second_hasher.update(self._data)

    def hash_sm3(self) -> None:
        pass

    def write(self, vault: int) -> None:
        pass


class EndOfFile(Item):
    """All bytes of a file have passed; ``keep=False``: there is nothing worth keeping."""

    def __init__(self, file: FileInHand, size: int, *, keep: bool) -> None:
        super().__init__()
        self._file = file
        self._size = size
        self._keep = keep

    def write(self, vault: int) -> None:
        partial = self._file.partials[vault]
        if self._keep:
            partial.finish(self._size)
        else:
            partial.discard()

    def completed(self) -> None:
        for partial in self._file.partials:
            partial.close()  # a lane that failed has not


class LetGo(Item):
    """A file will not be read to its end this time: its copies wait for a later job."""

    def __init__(self, file: FileInHand) -> None:
        super().__init__()
        self._file = file

    def completed(self) -> None:
        for partial in self._file.partials:
            partial.close()


class Checkpoint(Item):
    """So far a file may be continued, once the proving thread has read it back. ``sha256`` and ``sm3`` are of what was read."""

    def __init__(
        self, file: FileInHand, offset: int, unreadable: tuple[tuple[int, int], ...], hand_over: Callable[[Checkpoint], None]
    ) -> None:
        super().__init__()
        self.file = file
        self.offset = offset
        self.unreadable = unreadable
        self.sha256 = ""
        self.sm3: str | None = None
        self._hand_over = hand_over

    def hash(self) -> None:
        self.sha256 = self.file.hasher.hexdigest()

    def hash_sm3(self) -> None:
        self.sm3 = None if self.file.sm3 is None else self.file.sm3.hexdigest()

    def completed(self) -> None:
        self._hand_over(self)


class Group(Item):
    """Files that are made durable, proved and placed together. ``outcomes`` are those that leave nothing in the vault."""

    def __init__(self, name: str, hand_over: Callable[[Group], None]) -> None:
        super().__init__()
        self.name = name
        self.files: list[FileInHand] = []
        self.outcomes: list[FileOutcome] = []
        self.bytes = 0
        self.opened = time.monotonic()
        self._hand_over = hand_over

    def __len__(self) -> int:
        return len(self.files) + len(self.outcomes)

    def completed(self) -> None:
        self._hand_over(self)
