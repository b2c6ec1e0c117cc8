"""Reading the files of a card: only ever read, once from front to back, whatever the card does meanwhile.

Rules it keeps:

* every component of a path is opened from the folder above it and never through a symbolic link, and what is opened must be
  a regular file: a card that swaps a directory for a link after it was listed leads nowhere;
* access times stay as they are where the system allows it (``O_NOATIME``);
* what was read leaves the page cache again, so that a 64 GB card does not push everything else out of memory;
* bytes that cannot be read are narrowed down to pieces of 4 KiB, zero-filled in their place and recorded; what can be read
  is. Failing reads have a budget, since a dying card takes a fraction of a second for each: then the rest is recorded as
  unreadable instead of tried;
* a failing read is the card's fault only if the card is still there: otherwise :class:`ingest.errors.CardGone`. Reads begin to
  fail a moment before the kernel says that a device is gone, and files of a pulled FAT card are simply not found: so after the
  first failure the device has to go on being there for a while.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ingest.copying.facts import Change, CopyLimits, CopyTask, Gaps, Reason
from ingest.errors import CardGone
from ingest.listing import Card

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FORGET_EVERY = 8 << 20
_GONE = (errno.ENODEV, errno.ENOTCONN, errno.ESTALE, errno.ENOMEDIUM, errno.ESHUTDOWN)
_REASONS = {
    errno.ENOENT: Reason.VANISHED,
    errno.ENOTDIR: Reason.REPLACED,
    errno.ELOOP: Reason.REPLACED,
    errno.EINVAL: Reason.REPLACED,
    errno.EISDIR: Reason.REPLACED,
    errno.EACCES: Reason.NOT_PERMITTED,
    errno.EPERM: Reason.NOT_PERMITTED,
}


class NotTaken(Exception):
    """A listed file that cannot be opened as what it was listed as."""

    def __init__(self, reason: Reason, error: str) -> None:
        self.reason = reason
        self.error = error
        super().__init__(reason, error)


class Patience:
    """Time that may still be spent in failing reads: of a file, and of the whole job."""

    def __init__(self, limits: CopyLimits) -> None:
        self._limits = limits
        self._job_seconds = limits.bad_seconds_per_job
        self._file_seconds = 0.0
        self._file_reads = 0

    def new_file(self) -> None:
        """A file begins."""
        self._file_seconds = self._limits.bad_seconds_per_file
        self._file_reads = self._limits.bad_reads_per_file

    def spend(self, seconds: float) -> None:
        """A read failed after ``seconds``."""
        self._file_reads -= 1
        self._file_seconds -= seconds
        self._job_seconds -= seconds

    @property
    def over(self) -> bool:
        """Whether the rest of this file is not to be tried."""
        return self._file_reads <= 0 or self._file_seconds <= 0 or self._job_seconds <= 0


class Presence:
    """Whether a card is still there when something on it fails."""

    def __init__(self, card: Card, limits: CopyLimits, clock: Callable[[], float], pause: Callable[[float], None]) -> None:
        self._card = card
        self._seconds = limits.gone_seconds
        self._clock = clock
        self._pause = pause
        self._last_failure = float("-inf")

    def check(self, error: OSError) -> None:
        """Raise :class:`~ingest.errors.CardGone` if an error means that the source is gone, rather than that it is bad."""
        check_not_gone(self._card, error)
        if self._card.block_device is not None and self._clock() - self._last_failure > self._seconds:
            until = self._clock() + self._seconds
            while self._clock() < until:
                self._pause(self._seconds / 10)
                check_not_gone(self._card, error)
        self._last_failure = self._clock()


class CardReader:
    """Opens the files of one card for one job. ``clock`` counts seconds."""

    def __init__(
        self,
        card: Card,
        limits: CopyLimits,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._card = card
        self._limits = limits
        self._clock = clock
        self._presence = Presence(card, limits, clock, pause)
        self._patience = Patience(limits)
        self._folder: tuple[list[bytes], int] | None = None
        self._ahead: tuple[bytes, int] | None = None

    def close(self) -> None:
        """Let go of what is held open."""
        for held in (self._folder, self._ahead):
            if held is not None:
                os.close(held[1])
        self._folder = self._ahead = None

    def expect(self, task: CopyTask) -> None:
        """Let the system fetch a small file while the one before it is worked on.

        Without it, thousands of small files wait for the card one by one. What goes wrong here is met again by ``open``.
        """
        with suppress(OSError):
            descriptor = self._open(task.path)
            self._ahead = (task.path, descriptor)
            os.posix_fadvise(descriptor, 0, task.size, os.POSIX_FADV_WILLNEED)

    @contextmanager
    def open(self, task: CopyTask) -> Iterator[CardFile]:
        """A listed file. Raises :class:`NotTaken`, :class:`ingest.errors.CardGone`."""
        try:
            descriptor = self._taken_ahead(task.path)
            if descriptor is None:
                descriptor = self._open(task.path)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                raise
            self._presence.check(error)
            name = errno.errorcode.get(error.errno or 0, "EIO")
            raise NotTaken(_REASONS.get(error.errno or 0, Reason.READ_ERROR), name) from error
        self._patience.new_file()
        try:
            file = CardFile(self._presence, task, descriptor, self._limits, self._patience, self._clock)
            yield file
            file.forget()
        finally:
            os.close(descriptor)

    def _taken_ahead(self, path: bytes) -> int | None:
        if self._ahead is None:
            return None
        (expected, descriptor), self._ahead = self._ahead, None
        if expected == path:
            return descriptor
        os.close(descriptor)
        return None

    def _open(self, path: bytes) -> int:
        *folders, name = path.split(b"/")
        if any(part in (b"", b".", b"..") for part in (*folders, name)) or b"\0" in path:
            raise OSError(errno.EINVAL, "no path below a card")
        directory = self._enter(folders)
        try:
            descriptor = os.open(name, _FILE | os.O_NOATIME, dir_fd=directory)
        except PermissionError:  # O_NOATIME is for the owner and root only
            descriptor = os.open(name, _FILE, dir_fd=directory)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file")
        return descriptor

    def _enter(self, folders: list[bytes]) -> int:
        """The folder a path lies in; held open, since the next file mostly lies there too."""
        if self._folder is not None:
            if self._folder[0] == folders:
                return self._folder[1]
            os.close(self._folder[1])
            self._folder = None
        current = os.dup(self._card.descriptor)
        for folder in folders:
            above = current
            try:
                current = os.open(folder, _FOLDER, dir_fd=above)
            finally:
                os.close(above)
        self._folder = (folders, current)
        return current


class PatientFile(ABC):
    """One open file of any source, read once from front to back.

    ``gaps`` collects what could not be read; ``error`` the errno's name of the first failure. How bytes come is for the kinds of
    source to say; what is done about bytes that do not come is the same for all.
    """

    resumable = True
    """Whether reading may begin in the middle."""

    def __init__(
        self, task: CopyTask, size: int, mtime_ns: int, limits: CopyLimits, patience: Patience, clock: Callable[[], float]
    ) -> None:
        self._task = task
        self._piece = limits.bad_piece_bytes
        self._patience = patience
        self._clock = clock
        self._forgotten = 0
        self.size = size
        self.mtime_ns = mtime_ns
        self._end = max(task.size, size) + limits.growth_bytes
        self.gaps = Gaps()
        self.error: str | None = None
        self.gave_up = False
        self.read_bytes = 0

    @abstractmethod
    def _read(self, block: memoryview, offset: int) -> int:
        """Up to a block of bytes from ``offset``; 0 at the end. Raises ``OSError``."""

    @abstractmethod
    def _check_not_gone(self, error: OSError) -> None:
        """Raise :class:`ingest.errors.CardGone` if an error means that the source is no longer there."""

    @abstractmethod
    def changed(self, read_until: int) -> Change | None:
        """How the file differs from the inventory, after ``read_until`` bytes were read. Raises ``CardGone``."""

    def forget(self, until: int = 0) -> None:
        """Let what was read leave the page cache: up to ``until``, or all."""
        self._forgotten = until

    def fill(self, block: memoryview, offset: int) -> int:
        """Fill a block from ``offset``; fewer bytes only at the end of the file. Unreadable pieces are zero bytes.

        Raises :class:`ingest.errors.CardGone`.
        """
        block = block[: max(0, self._end - offset)]
        done = 0
        careful = False
        while done < len(block) and not self.gave_up:
            # Once a read failed, the rest of the block is read in pieces: asking for much again would make the kernel
            # retry the same bad sector again and again.
            at = offset + done
            length = min(len(block) - done, self._piece - at % self._piece) if careful else len(block) - done
            began = self._clock()
            try:
                count = self._read(block[done : done + length], at)
            except OSError as error:
                self._patience.spend(self._clock() - began)
                self._check_not_gone(error)
                self.error = self.error or errno.errorcode.get(error.errno or 0, "EIO")
                if not careful:
                    careful = True
                    continue
                length = min(length, self.size - at)
                if length <= 0:
                    break  # unreadable beyond its own end: that is the end
                block[done : done + length] = bytes(length)
                self.gaps.add(at, length)
                self.gave_up = self._patience.over
                count = length
            else:
                if count == 0:
                    break
                self.read_bytes += count
            done += count
        if self.gave_up:
            done = self._give_up(block, offset, done)
        if offset + done - self._forgotten >= _FORGET_EVERY:
            self.forget(offset + done)
        return done

    def _give_up(self, block: memoryview, offset: int, done: int) -> int:
        if self.read_bytes == 0:
            return 0  # nothing to keep: no point in storing a file full of zero bytes
        rest = max(0, min(len(block) - done, self.size - offset - done))
        if rest:
            block[done : done + rest] = bytes(rest)
            self.gaps.add(offset + done, rest)
        return done + rest

    def resume(self, offset: int, unreadable: tuple[tuple[int, int], ...]) -> None:
        """The bytes before ``offset`` were read by an earlier job, but for what it found unreadable."""
        self.gaps.ranges.extend(unreadable)
        self.read_bytes = offset - self.gaps.total
        self.error = errno.errorcode[errno.EIO] if unreadable else None
        self._forgotten = offset

    @property
    def reason(self) -> Reason | None:
        """Why this file is not whole, if it is not."""
        if self.gave_up:
            return Reason.ERROR_BUDGET
        return Reason.READ_ERROR if self.gaps.ranges or (self.error and not self.read_bytes) else None

    def begin_again(self) -> None:
        """Read from the source itself again, not from what the system remembers; what failed before is forgotten too."""
        self.forget()
        self.gaps = Gaps()
        self.error = None
        self.gave_up = False
        self.read_bytes = 0
        self._patience.new_file()


class CardFile(PatientFile):
    """One open file of a file system."""

    def __init__(
        self,
        presence: Presence,
        task: CopyTask,
        descriptor: int,
        limits: CopyLimits,
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        facts = os.fstat(descriptor)
        super().__init__(task, facts.st_size, facts.st_mtime_ns, limits, patience, clock)
        self._presence = presence
        self._descriptor = descriptor
        self._linked = facts.st_nlink > 0  # some FUSE file systems never count links
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def _read(self, block: memoryview, offset: int) -> int:
        return os.preadv(self._descriptor, [block], offset)

    def _check_not_gone(self, error: OSError) -> None:
        self._presence.check(error)

    def forget(self, until: int = 0) -> None:
        os.posix_fadvise(
            self._descriptor, self._forgotten if until else 0, until and until - self._forgotten, os.POSIX_FADV_DONTNEED
        )
        super().forget(until)

    def changed(self, read_until: int) -> Change | None:
        try:
            facts = os.fstat(self._descriptor)
        except OSError as error:
            self._presence.check(error)
            return Change.REMOVED
        # What lies in the copy decides, then what the file system says: a read may end early, or go on past the old end.
        for size in (read_until, facts.st_size):
            if size != self._task.size:
                return Change.GREW if size > self._task.size else Change.SHRANK
        if self._linked and facts.st_nlink == 0:
            return Change.REMOVED
        if (self.mtime_ns, facts.st_mtime_ns) != (self._task.mtime_ns, self._task.mtime_ns):
            return Change.TOUCHED
        return None


def check_not_gone(card: Card, error: OSError) -> None:
    """Raise ``CardGone`` if an error means that the source is no longer there, rather than that it is bad."""
    card.check_present()
    if error.errno in _GONE:
        name = errno.errorcode[error.errno]
        raise CardGone(path=os.fsdecode(card.root), error=name) from error
