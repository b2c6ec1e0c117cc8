"""Reading a file of the vault from the medium: below the page cache, so that it proves something about the disk.

The rule is the same with and without ``O_DIRECT``: first no page of the range may be resident (fsync, ``POSIX_FADV_DONTNEED``,
asked of mincore), then it is read. So it also holds on file systems that accept ``O_DIRECT`` and quietly read through the
cache all the same (ext4 with data=journal, compressed btrfs), and one that keeps its files in memory is refused.

One exception: a blob that somebody else is reading at this moment keeps pages in memory that nobody can evict. ``O_DIRECT``
does not use them, so there it counts alone.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ingest.copying.facts import MEBIBYTE, Medium
from ingest.copying.syscalls import resident_bytes

ALIGNMENT = 4096
"""``O_DIRECT`` wants memory, offset and length in multiples of the device's block, at most this on any disk in use."""
_EVICTION_PAUSES = (0.0, 0.001, 0.01, 0.1, 0.5)
"""Seconds between attempts: a page under writeback, or just looked at, goes at the next."""


class Resident(Exception):
    """Pages of the file stay in memory: it cannot be read from the medium here."""


class Hasher(Protocol):
    """What hashlib gives."""

    def update(self, data: memoryview, /) -> None: ...
    def copy(self) -> Hasher: ...
    def hexdigest(self) -> str: ...


class Taking(Protocol):
    """What bytes that were read are given to."""

    def update(self, data: memoryview, /) -> None: ...


def new_hasher() -> Hasher:
    """A SHA-256 of nothing yet."""
    return hashlib.sha256()


def new_sm3() -> Hasher:
    """An SM3 of nothing yet."""
    from evidence.sm3 import Sm3  # loads the cryptography, which only a job in the suite gm needs

    return Sm3()


class Digesting:
    """The digests of the same bytes: SHA-256 and, where it is wanted, SM3."""

    def __init__(self, sha256: Hasher, sm3: Hasher | None) -> None:
        self.sha256 = sha256
        self.sm3 = sm3

    @classmethod
    def begin(cls, *, sm3: bool) -> Digesting:
        """Of nothing yet."""
        return cls(new_hasher(), new_sm3() if sm3 else None)

    def update(self, data: memoryview, /) -> None:
        """Take more bytes."""
        self.sha256.update(data)
        if self.sm3 is not None:
            self.sm3.update(data)

    def copy(self) -> Digesting:
        """Others that go on from here."""
        return Digesting(self.sha256.copy(), None if self.sm3 is None else self.sm3.copy())

    def give(self, sha256: str, sm3: str | None) -> bool:
        """Whether these are the digests so far; an SM3 that was not taken, or is not known, decides nothing."""
        if self.sm3 is not None and sm3 is not None and self.sm3.hexdigest() != sm3:
            return False
        return self.sha256.hexdigest() == sha256


class MediumFile:
    """A file of the vault, open for reading from the medium. ``medium`` says how."""

    def __init__(self, descriptor: int, medium: Medium, *, shared: bool) -> None:
        self.descriptor = descriptor
        self.medium = medium
        self.size = os.fstat(descriptor).st_size
        self._shared = shared

    def feed(self, hasher: Taking, start: int, end: int, block: memoryview) -> int:
        """Hash the bytes from ``start`` (a multiple of 4096) to ``end``; where it came to, short if the file is.

        ``block`` is page-aligned memory to read into. Raises :class:`Resident`, ``OSError``.
        """
        self._evict(start, end)
        at = start
        while at < end:
            wanted = min(len(block), end - at)
            count = os.preadv(self.descriptor, [block[: -(-wanted // ALIGNMENT) * ALIGNMENT]], at)
            if count == 0:
                break
            count = min(count, wanted)
            hasher.update(block[:count])
            at += count
        if self.medium is Medium.COLD_CACHE:
            os.posix_fadvise(self.descriptor, start, end - start, os.POSIX_FADV_DONTNEED)
        return at

    def _evict(self, start: int, end: int) -> None:
        length = -(-(end - start) // ALIGNMENT) * ALIGNMENT
        for pause in _EVICTION_PAUSES:
            # The whole file: a folio that reaches beyond the range would stay, were only the range named.
            os.posix_fadvise(self.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            if resident_bytes(self.descriptor, start, length) == 0:
                return
            time.sleep(pause)
            os.fsync(self.descriptor)
        if not (self._shared and self.medium is Medium.DIRECT):
            raise Resident


@contextmanager
def open_medium(path: bytes, *, shared: bool = False, direct: bool = True) -> Iterator[MediumFile]:
    """A file of the vault. ``shared``: others may be reading it. ``direct=False`` does without ``O_DIRECT``.

    Raises ``OSError``.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    medium = Medium.DIRECT if direct else Medium.COLD_CACHE
    try:
        descriptor = os.open(path, flags | os.O_DIRECT if direct else flags)
    except OSError as error:
        if not direct or not no_direct(error):
            raise
        descriptor, medium = os.open(path, flags), Medium.COLD_CACHE
    try:
        yield MediumFile(descriptor, medium, shared=shared)
    finally:
        os.close(descriptor)


def no_direct(error: OSError) -> bool:
    """Whether an ``open`` failed because the file system knows no ``O_DIRECT`` (open(2))."""
    return error.errno == errno.EINVAL


def aligned_block(size: int = MEBIBYTE) -> memoryview:
    """Page-aligned memory to read into."""
    return memoryview(mmap.mmap(-1, size))


def digest_from_medium(path: bytes, block: memoryview | None = None) -> tuple[str, int, Medium]:
    """SHA-256 of a whole file as the medium gives it, its size, and how it was read. For ``verify`` and the scrub too.

    Raises :class:`Resident`, ``OSError``.
    """
    hasher = new_hasher()
    with open_medium(path, shared=True) as file:
        read = file.feed(hasher, 0, file.size, aligned_block() if block is None else block)
        return hasher.hexdigest(), read, file.medium
