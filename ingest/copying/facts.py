"""What is asked of the copy engine, and what it answers.

Plain values, shared by the station's process and the copy worker. Paths are the exact bytes of the card, relative and
"/"-separated; sizes and offsets are bytes; digests are lowercase hex SHA-256; times are nanoseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from evidence.errors import Fault

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class CopyTask:
    """One file to take, as the card inventory lists it. ``position`` names it within its docking."""

    position: int
    path: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class CopyJob:
    """The files of one docking still to take.

    ``docking`` names the work in progress: a job with the same name continues what an interrupted one left.
    Without a ``root`` nothing is read: only what an interrupted job was about to place is placed.
    ``double_read`` reads every file of the source twice and compares. ``sm3``: a second digest of every file, of the same pass.
    """

    docking: str
    root: bytes | None
    tasks: tuple[CopyTask, ...]
    double_read: bool = False
    sm3: bool = False


class State(StrEnum):
    """What became of a file. The first three lie in the vault (an empty one has no bytes to lie there)."""

    VERIFIED = "verified"
    EMPTY = "empty"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    """Not one byte could be had."""


class Reason(StrEnum):
    """Why a file is not ``verified``."""

    READ_ERROR = "read-error"
    """The source refused some of its bytes; ``unreadable`` says which."""
    ERROR_BUDGET = "error-budget"
    """So many read errors, or such slow ones, that the rest was not tried any more; ``unreadable`` covers it."""
    SOURCE_UNSTABLE = "source-unstable"
    """A second read of the source gave other bytes than the first."""
    VANISHED = "vanished"
    """Listed in the inventory, and gone since."""
    REPLACED = "replaced"
    """What lies there now is no regular file, or is reached only through a symbolic link."""
    NOT_PERMITTED = "not-permitted"


class Change(StrEnum):
    """How a source file differed from the inventory once it had been read. All that could be read was taken."""

    GREW = "grew"
    SHRANK = "shrank"
    TOUCHED = "touched"
    """Same size, other modification time."""
    REMOVED = "removed"
    """Unlinked while it was read."""


class Medium(StrEnum):
    """How the re-read of the copy got below the page cache. In both cases no page of it was resident before."""

    DIRECT = "direct"
    """``O_DIRECT``."""
    COLD_CACHE = "cold-cache"
    """fsync, ``POSIX_FADV_DONTNEED``, then an ordinary read: the file system knows no ``O_DIRECT``."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file.

    ``size`` and ``sha256`` are those of the bytes in the vault, unreadable ranges filled with zero bytes in their place
    (None: nothing was stored). ``second_sha256`` is the digest of the second read of the source, if there was one.
    ``resumed_at`` is how many bytes an earlier attempt had copied, proved again from the medium and not read from the
    source again. ``existed``: the vault held these bytes already, and they were proved again from the medium.
    ``replaced_damaged``: what lay under this name had other bytes; it is in quarantine now and this copy took its place.
    ``vaults`` counts the verified copies. ``error`` is the name of the errno (``EIO``) behind ``reason``. ``media``: whether the
    first bytes are those of film, sound or picture; None when this job did not read them. ``sm3`` is the second digest of the same
    bytes as ``sha256``, where the job asked for it.
    """

    position: int
    path: bytes
    state: State
    size: int
    sha256: str | None
    started_ns: int
    ended_ns: int
    reason: Reason | None = None
    error: str | None = None
    second_sha256: str | None = None
    unreadable: tuple[tuple[int, int], ...] = ()
    resumed_at: int = 0
    changed: Change | None = None
    existed: bool = False
    replaced_damaged: bool = False
    medium: Medium | None = None
    vaults: int = 0
    media: bool | None = None
    sm3: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a docking stands, at most five times a second: the file being read, and its and the job's bytes so far."""

    position: int
    file_bytes: int
    job_bytes: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Files that are in the vault for good: durable, re-read from the medium, under their final names.

    Once the ledger has them, ``CopyStream.acknowledge(group)``. After a crash between the two the same files come again
    (same docking, same positions): committing them is idempotent.
    """

    group: str
    files: tuple[FileOutcome, ...]


@dataclass(frozen=True, slots=True)
class JobEnded:
    """The last event of a job. Without ``stopped`` and ``fault`` every task has had its outcome.

    With ``fault`` (the vault filled up, the card was pulled, the worker died, …) or when stopped, the work in progress is
    kept, and a job for the same docking continues it.
    """

    stopped: bool = False
    fault: Fault | None = None


Event = Progress | Placed | JobEnded


@dataclass(frozen=True, slots=True)
class CopyLimits:
    """Bounds and time-outs of the copy engine. Chosen by measurement: see the package's docstring."""

    block_bytes: int = MEBIBYTE
    """One read, one write, one hash update."""
    pool_blocks: int = 48
    """Blocks of all jobs together."""
    job_blocks: int = 12
    """Blocks one job may have under way, if the pool has them."""
    checkpoint_bytes: int = 128 * MEBIBYTE
    """How much of a big file may be lost to a power cut. A multiple of ``block_bytes``."""
    group_bytes: int = 64 * MEBIBYTE
    group_files: int = 512
    group_seconds: float = 1.0
    """No file waits longer than this for others to be synchronised together with it."""
    open_groups: int = 4
    """Groups read but not yet acknowledged; reading waits for the slowest, so that memory and intents stay bounded."""
    progress_seconds: float = 0.2
    bad_piece_bytes: int = 4096
    """What is given up at a time where the source cannot be read."""
    bad_reads_per_file: int = 4096
    bad_seconds_per_file: float = 60.0
    bad_seconds_per_job: float = 600.0
    """Time spent in failing reads before the rest of a file counts as unreadable. A bad sector costs 0.2 s and more."""
    growth_bytes: int = 256 * MEBIBYTE
    """How far a file may grow while it is read before the rest is left; ``changed`` says that it grew."""
    end_seconds: float = 10.0
    """What the worker is given to bring its work to a resumable point when it is closed."""
    tasks_per_message: int = 256


@dataclass(slots=True)
class Gaps:
    """The unreadable ranges of one file while it is read, adjacent ones merged."""

    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, offset: int, length: int) -> None:
        if self.ranges:
            last, size = self.ranges[-1]
            if last + size == offset:
                self.ranges[-1] = (last, size + length)
                return
        self.ranges.append((offset, length))

    @property
    def total(self) -> int:
        return sum(length for _, length in self.ranges)
