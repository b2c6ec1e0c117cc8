"""When is something that is being dropped whole? Pure: snapshots and the clock are passed in.

Whole is what nobody has open for writing and what has not changed for the quiet time, or what a marker names. A folder is
judged as one: all its files have to be quiet together. What was handed out is not handed out again unless it changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DropRules:
    """When a drop counts as whole.

    ``quiet_s`` seconds without a change; ``marker`` the suffix of the file that names a whole drop (``x.mp4.done`` for
    ``x.mp4``); ``only_marked`` takes nothing without one; ``polling`` for network folders, which send no events;
    ``rescan_s`` seconds between looks at everything, for events that were lost.
    """

    quiet_s: float = 10.0
    marker: str = ".done"
    only_marked: bool = False
    polling: bool = False
    rescan_s: float = 60.0


@dataclass(frozen=True, slots=True)
class FileState:
    """One regular file: path relative to the drop folder, size in bytes, modification time, inode."""

    path: bytes
    size: int
    mtime_ns: int
    inode: int


Snapshot = tuple[FileState, ...]


class Verdict(StrEnum):
    """What is to be done with a drop."""

    READY = "ready"
    HANDED_OUT = "handed-out"
    EMPTY = "empty"
    OPEN = "open"
    UNMARKED = "unmarked"
    CHANGING = "changing"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A drop that is not whole yet: why, and since when (the clock's seconds) it has not changed."""

    name: bytes
    why: Verdict
    since: float


class Settling:
    """Remembers when each drop last changed, and what was handed out."""

    def __init__(self, rules: DropRules) -> None:
        self._rules = rules
        self._seen: dict[bytes, tuple[Snapshot, float]] = {}
        self._handed_out: dict[bytes, Snapshot] = {}
        self._waiting: dict[bytes, Waiting] = {}

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """Drops that are not whole yet, by name."""
        return tuple(self._waiting[name] for name in sorted(self._waiting))

    def judge(self, name: bytes, snapshot: Snapshot, *, is_open: bool, marked: bool, now: float) -> Verdict:
        """The verdict on a drop as it looks now. READY is said once; ``forget`` makes it possible again."""
        if self._handed_out.get(name) == snapshot:
            return Verdict.HANDED_OUT
        before = self._seen.get(name)
        since = before[1] if before is not None and before[0] == snapshot else now
        self._seen[name] = (snapshot, since)
        verdict = self._verdict(snapshot, since, is_open=is_open, marked=marked, now=now)
        if verdict is Verdict.READY:
            self._handed_out[name] = snapshot
            self._seen.pop(name)
            self._waiting.pop(name, None)
        else:
            self._waiting[name] = Waiting(name, verdict, since)
        return verdict

    def _verdict(self, snapshot: Snapshot, since: float, *, is_open: bool, marked: bool, now: float) -> Verdict:
        if not snapshot:
            return Verdict.EMPTY
        if is_open:
            return Verdict.OPEN
        if marked:
            return Verdict.READY
        if self._rules.only_marked:
            return Verdict.UNMARKED
        return Verdict.READY if now - since >= self._rules.quiet_s else Verdict.CHANGING

    def gone(self, name: bytes) -> None:
        """The drop was taken away or renamed."""
        for memory in (self._seen, self._handed_out, self._waiting):
            memory.pop(name, None)

    def forget(self, name: bytes) -> None:
        """Hand this drop out again: what was to be done with it failed."""
        self._handed_out.pop(name, None)
