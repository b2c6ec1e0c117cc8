"""The signed heads of the log: every checkpoint's form, signature and root, and that no commit lacks its own.

Signatures whose root is already seen to be right are checked on other threads; where one decides what is genuine it is
checked at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from evidence.ids import StationId, origin
from evidence.verify.keys import Keyring
from evidence.verify.rows import Rows
from evidence.verify.signednote import Checkpoint, NotACheckpoint, PublicKey, parse, signed_by
from evidence.verify.verdict import Findings, Kind

Row = tuple[Any, ...]
"""``(epoch, size, root, note)`` as stored."""

_Unchecked = tuple[int, int, Checkpoint, PublicKey]
"""Size, number among the heads, what it says, who should have signed."""

_BATCH = 64
_WAITING = 32


class Heads:
    """The rows of ``checkpoint``, taken as the log reaches their sizes."""

    def __init__(self, rows: Rows, station: StationId, keyring: Keyring, findings: Findings, pool: ThreadPoolExecutor) -> None:
        self._rows = rows.each("checkpoint", ("epoch", "size", "root", "note"))
        self._next: Row | None = next(self._rows, None)
        self._station = station
        self._keyring = keyring
        self._findings = findings
        self._pool = pool
        self._batch: list[_Unchecked] = []
        self._waiting: deque[Future[list[tuple[int, int]]]] = deque()
        self._ordinals: dict[int, int] = {}
        self._bad: dict[int, str] = {}
        self._without: list[int] = []
        self._count = 0
        self._covered = 0
        self._exact = 0
        self._before = 0
        self._orphans: set[int] = set()
        self.claimed = 0
        """Largest size that a head beyond the end of the log claims, proven or not."""
        self.unproven_from: dict[int, int] = {}
        """By epoch: size of the first head that proves nothing."""

    def upto(self, epoch: int, size: int) -> Iterator[Row]:
        """The head of exactly this size, if there is one. Heads that the log jumped over are only checked for their form."""
        while self._next is not None and self._comes_before(self._next, epoch, size + 1):
            row, self._next = self._next, next(self._rows, None)
            if row[0] != epoch:
                self._orphan(row)
                continue
            self._covered = max(self._covered, row[1])
            if row[1] == size:
                self._before, self._exact = self._exact, size
                yield row
            else:
                self.check(row, origin(self._station, epoch), None, None, certain=True)

    def check(self, row: Row, log_origin: str, root: bytes | None, at: tuple[str, str] | None, *, certain: bool) -> bytes | None:
        """The root that this head signs, or None when it proves nothing (and that is remembered).

        Unless ``certain`` is asked for, a signature over the very root that was computed is checked later.
        """
        epoch, size, stored_root, untrusted_note = row
        self._count += 1
        self._findings.checked["checkpoints"] += 1
        try:
            checkpoint = parse(untrusted_note.encode("utf-8", "surrogateescape") if isinstance(untrusted_note, str) else b"")
        except NotACheckpoint as error:
            self._refuse(size, str(error))
            return None
        if checkpoint.origin != log_origin or checkpoint.size != size:
            self._refuse(size, "a head of another log or size")
            return None
        if stored_root != checkpoint.root.hex():
            self._refuse(size, "its column root is not the note's")
        key = self._keyring.checkpoint_key(checkpoint, (epoch, self._before), (epoch, size - 1))
        if key is None or key.public is None:
            self._stranger(epoch, checkpoint)
            return None
        if at is not None:
            key.used(*at)
        if certain or root != checkpoint.root:
            if signed_by(checkpoint, key.public):
                return checkpoint.root
            self._refuse(size, "its signature does not hold")
            return None
        self._batch.append((size, self._count, checkpoint, key.public))
        if len(self._batch) >= _BATCH:
            self._send()
        return checkpoint.root

    def commit_ended(self, epoch: int, size: int) -> None:
        """The next entry bears another moment, so a commit ended here and must have left a head."""
        del epoch
        if self._exact != size:
            self._without.append(size)

    def beyond(self, epoch: int, size: int) -> int | None:
        """The largest well signed head of this epoch that counts more entries than there are."""
        largest: int | None = None
        self.claimed = 0
        while self._next is not None and self._comes_before(self._next, epoch + 1, 0):
            row, self._next = self._next, next(self._rows, None)
            if row[0] != epoch:
                self._orphan(row)
                continue
            self._covered = self.claimed = max(self._covered, row[1])
            if self.check(row, origin(self._station, epoch), None, None, certain=True) is not None:
                largest = row[1]
        return largest if largest is not None and largest > size else None

    def close(self, epoch: int, size: int) -> bool:
        """The log of an epoch ended: name what is wrong with its heads. Whether they cover all entries."""
        self._send()
        while self._waiting:
            self._receive()
        whole = self._covered >= size
        if not whole:
            self._findings.problem(Kind.LOG_ALTERED, f"entry:{epoch}/{self._covered}-{size - 1}", "no signed head covers them")
            self._unproven(epoch, self._covered + 1)
        for head in (head for head in self._without if head < self._covered):
            self._findings.problem(Kind.LOG_MISSING, f"checkpoint:{epoch}/{head}", "a commit ended here and left no signed head")
        for bad, reason in _joined(self._bad, self._ordinals):
            self._findings.problem(Kind.LOG_ALTERED, f"checkpoint:{epoch}/{bad}", reason)
        if self._bad:
            self._unproven(epoch, min(self._bad))
        self._ordinals, self._bad, self._without = {}, {}, []
        self._covered = self._exact = self._before = 0
        return whole

    def epochs_without_entries(self, known: Iterable[int]) -> list[int]:
        """Epochs that have heads and no entries. Reads what is left."""
        while self._next is not None:
            self._orphan(self._next)
            self._next = next(self._rows, None)
        return sorted(self._orphans - set(known))

    def _comes_before(self, row: Row, epoch: int, size: int) -> bool:
        if type(row[0]) is not int or type(row[1]) is not int:
            self._findings.problem(Kind.LOG_ALTERED, f"checkpoint:{row[0]!r}/{row[1]!r}", "a row without a number")
            self._next = next(self._rows, None)
            return self._next is not None and self._comes_before(self._next, epoch, size)
        return (row[0], row[1]) < (epoch, size)

    def _orphan(self, row: Row) -> None:
        if type(row[0]) is int:
            self._orphans.add(row[0])

    def _refuse(self, size: int, reason: str) -> None:
        self._ordinals[size] = self._count
        self._bad.setdefault(size, reason)

    def _stranger(self, epoch: int, checkpoint: Checkpoint) -> None:
        self._unproven(epoch, checkpoint.size)
        if self._keyring.any_key(checkpoint) is not None:
            self._refuse(checkpoint.size, "signed by a key that was not in force")
        elif not self._keyring.lacks_certificate("log"):
            self._findings.problem(
                Kind.FOREIGN_KEY,
                self._keyring.stored_name(checkpoint),
                f"signs heads of epoch {epoch} from size {checkpoint.size} on, and the log never introduced it",
            )

    def _unproven(self, epoch: int, size: int) -> None:
        self.unproven_from[epoch] = min(size, self.unproven_from.get(epoch, size))

    def _send(self) -> None:
        if self._batch:
            self._waiting.append(self._pool.submit(_unsigned, self._batch))
            self._batch = []
        while len(self._waiting) > _WAITING:
            self._receive()

    def _receive(self) -> None:
        for size, ordinal in self._waiting.popleft().result():
            self._ordinals[size] = ordinal
            self._bad.setdefault(size, "its signature does not hold")


def _unsigned(batch: list[_Unchecked]) -> list[tuple[int, int]]:
    return [(size, ordinal) for size, ordinal, checkpoint, key in batch if not signed_by(checkpoint, key)]


def _joined(bad: dict[int, str], ordinals: dict[int, int]) -> list[tuple[str, str]]:
    """Bad heads that follow each other and break the same rule, as one."""
    found: list[tuple[int, int, int, str]] = []
    for size in sorted(bad):
        ordinal, reason = ordinals[size], bad[size]
        if found and found[-1][2] + 1 == ordinal and found[-1][3] == reason:
            found[-1] = (found[-1][0], size, ordinal, reason)
        else:
            found.append((size, size, ordinal, reason))
    return [(str(first) if first == last else f"{first}-{last}", reason) for first, last, _, reason in found]
