"""Every vaulted byte, read again from the medium and hashed.

* A blob is named by its SHA-256: other bytes under a name are ``vault-digest``, none are ``vault-missing``. Where entries say which
  SM3 it has, that is taken in the same pass; another one is ``vault-digest``, too.
* A blob of which the log does not speak is ``vault-extra``, unless an interrupted docking's intent explains it or the log
  came to speak of it while the vault was read.
* Reading bypasses the page cache (``O_DIRECT``, else the cached pages are dropped first), and overlaps with hashing: one
  block is read while the one before it is hashed. Memory is two blocks a worker.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from evidence.verify.compare import VAULTED, Vaulted, aligned
from evidence.verify.gm import Sm3
from evidence.verify.spool import Spool
from evidence.verify.verdict import Findings, Kind, NoteKind

BLOCK = 2 << 20
"""Bytes a read asks for; a multiple of every sector and page size."""
BATCH_BYTES = 4 << 20
BATCH_BLOBS = 32
"""Small blobs are handed to a worker together: handing over costs as much as hashing a hundred kilobytes."""
WORKERS_A_CORE = 2
"""While one waits for the medium, another hashes."""

_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch


Batch = list[tuple[str, str, list[str]]]
"""Paths, digests and said SM3s of blobs that one worker reads."""


@dataclass(frozen=True, slots=True)
class Found:
    """A name in the vault where a blob belongs."""

    path: str
    regular: bool
    size: int


@dataclass(frozen=True, slots=True)
class Unequal:
    """A blob that is not what its name says. ``gone``: it cannot even be found."""

    detail: str
    gone: bool = False


class Vault:
    """One vault folder, looked at."""

    def __init__(self, root: Path, number: int) -> None:
        """``number``: 1 for the home's own, 2 for the second."""
        self.root = root
        self.number = number
        self.strays: list[str] = []
        """What lies among the blobs and cannot be one, as paths within the vault."""

    def blobs(self) -> Iterator[tuple[str, Found]]:
        """Every blob by ascending digest."""
        top = self.root / "blobs"
        for folder in _names(top):
            if not re.fullmatch("[0-9a-f]{2}", folder) or (top / folder).is_symlink() or not (top / folder).is_dir():
                self.strays.append(_shown(f"blobs/{folder}"))
                continue
            with os.scandir(top / folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            for entry in entries:
                try:
                    name, about = entry.name, entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # set aside meanwhile: the log decides whether it is missed
                if _DIGEST(name) and name[:2] == folder:
                    yield name, Found(f"{top}/{folder}/{name}", stat.S_ISREG(about.st_mode), about.st_size)
                else:
                    self.strays.append(_shown(f"blobs/{folder}/{name}"))


class VaultCheck:
    """Compares vaults with what the log says they hold."""

    def __init__(self, spool: Spool, findings: Findings, threads: int, tell: Callable[[int], None]) -> None:
        """``tell`` is called with bytes as they are read, from any thread."""
        self._spool = spool
        self._findings = findings
        self._reader = BlobReader(tell)
        self._threads = threads
        self.unexplained: list[tuple[Vault, str]] = []
        """Blobs of which the log did not speak when it was read."""
        self.missed: list[tuple[Vault, str, str]] = []
        """Blobs that the log says lie there and do not, with what was found instead."""

    def check(self, vault: Vault) -> None:
        """Every blob of one vault."""
        workers = self._threads * WORKERS_A_CORE
        waiting: deque[tuple[Batch, Future[list[Unequal | None]]]] = deque()
        batch, held = Batch(), 0
        with ThreadPoolExecutor(workers, "vault", self._reader.prepare) as pool:
            expected = self._spool.groups(VAULTED, Vaulted)
            for digest, (said, found) in aligned(expected, vault.blobs()):
                wanted = bool(said) and said[0][-1].vaults >= vault.number
                if wanted and not found and said[0][-1].uncovered is not None:
                    self._problem(Kind.VAULT_MISSING, vault, digest, said[0][-1].uncovered)
                    continue
                if found and said and said[0][-1].vaults == 0:
                    self._findings.note(
                        NoteKind.EVICTED_STILL_THERE, f"blob:{digest}", "the next eviction or disposal removes it"
                    )
                if found and found[0].regular and said:
                    batch.append((found[0].path, digest, said[0][-1].sm3))
                    held += found[0].size
                    if held >= BATCH_BYTES or len(batch) >= BATCH_BLOBS:
                        waiting.append((batch, pool.submit(self._reader.check_all, batch)))
                        batch, held = Batch(), 0
                elif found and not said:
                    self.unexplained.append((vault, digest))
                elif wanted:
                    self.missed.append((vault, digest, "not a regular file" if found else "no file of this name"))
                while len(waiting) > workers * 4:
                    self._settle(vault, *waiting.popleft())
            waiting.append((batch, pool.submit(self._reader.check_all, batch)))
            while waiting:
                self._settle(vault, *waiting.popleft())
        for stray in vault.strays:
            self._problem(Kind.VAULT_EXTRA, vault, stray, "no blob has such a name")

    def judge_missed(self, evicted: frozenset[str]) -> None:
        """Name the blobs that are not there and that the log as it is by now has not let go of."""
        for vault, digest, detail in self.missed:
            if digest not in evicted:
                self._problem(Kind.VAULT_MISSING, vault, digest, detail)

    def judge_unexplained(self, explained: frozenset[str], spoken_of: frozenset[str]) -> None:
        """Name the blobs that neither an intent nor the log as it is by now explains."""
        for vault, digest in self.unexplained:
            if digest in explained:
                self._findings.note(
                    NoteKind.NOT_YET_IN_LOG, f"blob:{digest}", "an interrupted docking placed it and will account for it"
                )
            elif digest not in spoken_of:
                self._problem(Kind.VAULT_EXTRA, vault, digest, "the log does not speak of it")

    def _settle(self, vault: Vault, batch: Batch, outcome: Future[list[Unequal | None]]) -> None:
        for (_, digest, _), unequal in zip(batch, outcome.result(), strict=True):
            if unequal is None or not unequal.gone:
                self._findings.checked["blobs"] += 1
            if unequal is not None and unequal.gone:
                self.missed.append((vault, digest, unequal.detail))
            elif unequal is not None:
                self._problem(Kind.VAULT_DIGEST, vault, digest, unequal.detail)

    def _problem(self, kind: Kind, vault: Vault, name: str, detail: str) -> None:
        subject = name if vault.number == 1 else f"second:{name}"
        self._findings.problem(kind, subject, detail)


class BlobReader:
    """Reads and hashes files; one pair of buffers and one reading thread for each worker that calls it."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._own = threading.local()

    def prepare(self) -> None:
        """Give the calling worker its buffers."""
        self._own.buffers = [memoryview(mmap.mmap(-1, BLOCK)), memoryview(mmap.mmap(-1, BLOCK))]  # page-aligned, as O_DIRECT asks
        self._own.ahead = ThreadPoolExecutor(1, "vault-read")

    def check_all(self, batch: Batch) -> list[Unequal | None]:
        """Read several blobs, one after the other."""
        return [self.check(path, digest, sm3) for path, digest, sm3 in batch]

    def check(self, path: str, digest: str, sm3: Sequence[str] = ()) -> Unequal | None:
        """Read one blob; None when its bytes are what its name and every entry about it say."""
        try:
            descriptor = _open(path)
        except OSError as error:
            return Unequal(f"cannot be opened: {error.strerror}", gone=error.errno in (errno.ENOENT, errno.ELOOP))
        try:
            second = Sm3() if sm3 else None
            found = self._digest(descriptor, second)
        except OSError as error:
            return Unequal(f"cannot be read: {error.strerror}")
        finally:
            os.close(descriptor)
        if found != digest:
            return Unequal(f"its bytes have the digest {found}")
        if second is not None and [*sm3] != [taken := second.hexdigest()]:
            return Unequal(f"its bytes have the SM3 {taken}, and entries say {', '.join(sm3)}")
        return None

    def _digest(self, descriptor: int, second: Sm3 | None) -> str:
        running = sha256()
        size = os.fstat(descriptor).st_size
        one, other = self._own.buffers
        if size <= BLOCK:  # handing a small file to another thread costs more than it gains
            count = os.preadv(descriptor, [one], 0) if size else 0
            running.update(one[:count])
            if second is not None:
                second.update(one[:count])
            self._tell(count)
            return running.hexdigest()
        ahead: ThreadPoolExecutor = self._own.ahead
        offset = 0
        pending = ahead.submit(os.preadv, descriptor, [one], 0)
        while count := pending.result():
            offset += count
            filled, one, other = one, other, one
            if offset < size:
                pending = ahead.submit(os.preadv, descriptor, [one], offset)
            running.update(filled[:count])
            if second is not None:
                second.update(filled[:count])
            self._tell(count)
            if offset >= size:
                break
        return running.hexdigest()


def _open(path: str) -> int:
    """Open for reading below the page cache where the file system can, and without following a link."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        descriptor = os.open(path, flags)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ENOENT, "not a regular file")
    return descriptor


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        return []


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
