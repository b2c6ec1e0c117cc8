"""A copy in progress in one vault, and the journal that lets it be continued after a power cut.

``<position>.part`` holds the bytes, ``<position>.journal`` how far they were proved: a head that names the source, then a
line for each checkpoint, written only once the bytes before it were durable **and read back from the medium**. Each line
begins with 16 hex digits of its own SHA-256, so a torn or damaged line, and what follows it, counts as not written.

Nothing here is believed on resuming: the prefix is read from the medium again and must give the journalled digest; where it
does not, the checkpoint before it is tried, and at last the file begins anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from ingest.copying.medium import ALIGNMENT, Digesting, no_direct, open_medium
from ingest.copying.syscalls import reserve
from ingest.vault import Vault, sync_folder

_CHECK = 16
_WORKING_MODE = 0o600
_FINISHED_MODE = 0o440


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Which source the partial copy is of, as it stood when the copy began. Another one is not mixed into it."""

    path: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class JournalMark:
    """The first ``offset`` bytes were durable, and gave ``sha256`` when read from the medium; ``unreadable`` as copied.

    ``sm3`` is their second digest, where the job took it.
    """

    offset: int
    sha256: str
    unreadable: tuple[tuple[int, int], ...]
    sm3: str | None = None


# Made once: msgspec crashes when two jobs have it learn the members of a type at the same time.
_HEAD = msgspec.json.Decoder(JournalHead)
_MARK = msgspec.json.Decoder(JournalMark)


@dataclass(frozen=True, slots=True)
class Resumption:
    """How far a partial copy is proved: ``digesting`` has taken the first ``offset`` bytes."""

    offset: int
    digesting: Digesting
    unreadable: tuple[tuple[int, int], ...]


class Partial:
    """One file's copy in progress in one vault. Each of its methods is called by one thread at a time."""

    def __init__(self, vault: Vault, docking: str, position: int) -> None:
        self.vault = vault
        stem = os.path.join(vault.docking_folder(docking), b"%d" % position)
        self.path = stem + b".part"
        self._journal_path = stem + b".journal"
        self._descriptor = -1
        self._direct = False
        self._reserved = 0
        self._journalled = False

    # Bytes

    def create(self, size: int, *, direct: bool) -> None:
        """Begin anew, with ``size`` bytes reserved when ``direct`` (large) ones are coming. Raises the vault's faults."""
        with self.vault.faults(size):
            self._remove()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._open(flags, direct=direct)
            if direct and size:
                self._reserve(size)

    def _reserve(self, size: int) -> None:
        try:
            self._reserved = size if reserve(self._descriptor, size) else 0
        except OSError:
            self.close()
            self._remove()  # what could be had of the space would be missing elsewhere
            raise

    def reopen(self) -> None:
        """Go on with what is there. Raises the vault's faults."""
        with self.vault.faults():
            os.chmod(self.path, _WORKING_MODE)  # it may have been finished, and interrupted before it was placed
            self._open(os.O_WRONLY | os.O_CLOEXEC, direct=True)
            self._reserved = os.fstat(self._descriptor).st_size
            self._journalled = True

    def _open(self, flags: int, *, direct: bool) -> None:
        try:
            self._descriptor = os.open(self.path, flags | os.O_DIRECT if direct else flags, _WORKING_MODE)
            self._direct = direct
        except OSError as error:
            if not direct or not no_direct(error):
                raise
            self._descriptor = os.open(self.path, flags & ~os.O_EXCL, _WORKING_MODE)  # the failed open may have created it

    def write(self, offset: int, data: memoryview) -> None:
        """Write bytes at an offset; only the last ones of a file may be no multiple of 4096. Raises the vault's faults."""
        with self.vault.faults(max(len(data), self._reserved - offset)):
            if self._direct and len(data) % ALIGNMENT:
                whole = len(data) // ALIGNMENT * ALIGNMENT
                self._write_all(offset, data[:whole])
                fcntl.fcntl(self._descriptor, fcntl.F_SETFL, 0)
                self._direct = False
                offset, data = offset + whole, data[whole:]
            self._write_all(offset, data)

    def _write_all(self, offset: int, data: memoryview) -> None:
        while data:
            count = os.pwrite(self._descriptor, data, offset)
            offset, data = offset + count, data[count:]

    def finish(self, size: int) -> None:
        """All ``size`` bytes are written. Raises the vault's faults."""
        with self.vault.faults():
            if self._reserved > size:
                os.ftruncate(self._descriptor, size)
            os.fchmod(self._descriptor, _FINISHED_MODE)
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the copy and its journal. Raises the vault's faults."""
        self.close()
        with self.vault.faults():
            self._remove()

    def placed(self) -> None:
        """The copy lies under its final name: the journal has nothing more to say. Raises the vault's faults."""
        if self._journalled:
            with self.vault.faults(), suppress(FileNotFoundError):
                os.unlink(self._journal_path)

    def _remove(self) -> None:
        for path in (self._journal_path, self.path):
            with suppress(FileNotFoundError):
                os.unlink(path)

    # Journal

    def journal(self, head: JournalHead, mark: JournalMark) -> None:
        """Record a checkpoint, durably. Raises the vault's faults."""
        with self.vault.faults():
            descriptor = os.open(self._journal_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                line = _line(mark) if self._journalled else _line(head) + _line(mark)
                os.write(descriptor, line)
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
            if not self._journalled:
                sync_folder(os.path.dirname(self.path))
                self._journalled = True

    def resumptions(self, head: JournalHead, block: memoryview, *, sm3: bool = False) -> dict[int, Resumption]:
        """Every checkpoint that still holds, by its offset, if this is a copy of that source. Raises the vault's faults.

        ``sm3``: take that digest too, of the bytes that lie here; one that an earlier job journalled must agree.
        """
        with self.vault.faults():
            found, marks = self._read_journal()
            if found != head or not marks:
                return {}
            proved = {}
            with suppress(FileNotFoundError), open_medium(self.path) as file:
                digesting, at = Digesting.begin(sm3=sm3), 0
                for mark in sorted(marks, key=lambda mark: mark.offset):
                    at = file.feed(digesting, at, mark.offset, block)
                    if at != mark.offset:
                        break
                    if digesting.give(mark.sha256, mark.sm3):
                        proved[at] = Resumption(at, digesting.copy(), mark.unreadable)
            return proved

    def _read_journal(self) -> tuple[JournalHead | None, list[JournalMark]]:
        try:
            with open(self._journal_path, "rb") as file:
                untrusted_lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None, []
        texts = []
        for untrusted_line in untrusted_lines:
            check, _, text = untrusted_line.partition(b" ")
            if check != _check(text):
                break
            texts.append(text)
        try:
            return (_HEAD.decode(texts[0]) if texts else None), [_MARK.decode(text) for text in texts[1:]]
        except msgspec.MsgspecError:
            return None, []  # written by another version of this program


def _check(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_CHECK].encode("ascii")


def _line(entry: JournalHead | JournalMark) -> bytes:
    text = msgspec.json.encode(entry)
    return _check(text) + b" " + text + b"\n"
