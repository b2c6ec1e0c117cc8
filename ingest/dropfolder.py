"""The drop folder: what interview-room recorders and other systems put there is handed out once it is whole.

Rules it keeps:

* one drop is one entry of the folder, a file or a subfolder with all below it;
* events only say where to look; whether a drop is whole is decided by looking (``settling.py``), so a lost event costs
  time and nothing else, and what lay there before the start is found like everything else;
* "closed" is asked of the kernel: a read lease is granted only while nobody has the file open for writing. Where the
  kernel will not say (another owner's file without CAP_LEASE, a network folder), the close events have to do;
* nothing in the folder is changed or removed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import queue
import signal
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from ingest.errors import DropFolderMissing, DropFolderUnwatchable
from ingest.settling import DropRules, FileState, Settling, Snapshot, Verdict, Waiting

# Not among them: opened and closed-without-writing, which our own looking causes.
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
_LONGEST_PAUSE = 1.0
_UNCLOSED_TIMES = 6
"""Quiet times after which a written file counts as closed without an event: the event may be lost, or was a change of mode."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A whole drop. ``paths`` are its regular files relative to ``root``, sorted; ``marker`` the file that named it."""

    root: bytes
    name: bytes
    paths: tuple[bytes, ...]
    marker: bytes | None


class DropFolder:
    """Watches one folder. A context manager; one thread asks it for what is ready."""

    def __init__(self, root: bytes, rules: DropRules | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = os.path.realpath(root)
        self._rules = rules or DropRules()
        self._clock = clock
        self._settling = Settling(self._rules)
        self._events: queue.SimpleQueue[FileSystemEvent | None] = queue.SimpleQueue()
        self._written: dict[bytes, float] = {}
        self._pending: set[bytes] = set()
        self._last_scan: float | None = None
        self._closing = threading.Event()
        self._observer: BaseObserver | None = None

    def __enter__(self) -> Self:
        """Begin to watch. Raises :class:`DropFolderMissing`, :class:`DropFolderUnwatchable`."""
        self._names()
        observer = PollingObserver(timeout=_LONGEST_PAUSE) if self._rules.polling else Observer()
        observer.schedule(_Enqueue(self._events), os.fsdecode(self._root), recursive=True, event_filter=_EVENTS)
        try:
            observer.start()
        except OSError as error:
            raise DropFolderUnwatchable(path=os.fsdecode(self._root), error=_name(error)) from error
        self._observer = observer
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop watching."""
        self.close()
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    def close(self) -> None:
        """End a running :meth:`next` from another thread."""
        self._closing.set()
        self._events.put(None)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What is there and not whole yet, with the reason."""
        return self._settling.waiting

    def forget(self, name: bytes) -> None:
        """Hand a drop out again, because taking it failed."""
        self._settling.forget(name)
        self._pending.add(name)

    def next(self, timeout_s: float) -> tuple[Ready, ...]:
        """What became whole, as soon as something is; nothing after ``timeout_s`` seconds or :meth:`close`.

        Raises :class:`DropFolderMissing` when the folder went away.
        """
        end = time.monotonic() + timeout_s
        while not self._closing.is_set():
            ready = self.look()
            left = end - time.monotonic()
            if ready or left <= 0:
                return ready
            if self._pending:
                self._closing.wait(min(left, _LONGEST_PAUSE, max(0.01, self._rules.quiet_s / 4)))
            else:
                with suppress(queue.Empty):
                    self._note(self._events.get(timeout=min(left, self._rules.rescan_s)))
        return ()

    def look(self) -> tuple[Ready, ...]:
        """What is whole by the clock's present time. Raises :class:`DropFolderMissing`."""
        with suppress(queue.Empty):
            while True:
                self._note(self._events.get_nowait())
        now = self._clock()
        names = self._names()
        if self._last_scan is None or now - self._last_scan >= self._rules.rescan_s:
            self._last_scan = now
            self._pending |= names
        ready = [drop for name in sorted(self._pending) if (drop := self._look_at(name, names, now)) is not None]
        return tuple(ready)

    def _look_at(self, name: bytes, names: set[bytes], now: float) -> Ready | None:
        marker = name + os.fsencode(self._rules.marker)
        if name not in names or self._is_marker(name, names):
            self._settling.gone(name)
            self._pending.discard(name)
            return None
        snapshot = tuple(sorted(_snapshot(self._root, name), key=lambda file: file.path))
        is_open = any(self._is_open(file.path) for file in snapshot)
        verdict = self._settling.judge(name, snapshot, is_open=is_open, marked=marker in names, now=now)
        if verdict in (Verdict.READY, Verdict.HANDED_OUT):
            self._pending.discard(name)
        if verdict is not Verdict.READY:
            return None
        return Ready(self._root, name, tuple(file.path for file in snapshot), marker if marker in names else None)

    def _is_marker(self, name: bytes, names: set[bytes]) -> bool:
        """Only beside what it names: any other file with that suffix is a drop like all others."""
        suffix = os.fsencode(self._rules.marker)
        return bool(suffix) and name.endswith(suffix) and name[: -len(suffix)] in names

    def _is_open(self, path: bytes) -> bool:
        asked = _open_for_writing(os.path.join(self._root, path))
        if asked is not None:
            return asked
        written = self._written.get(path)
        return written is not None and self._clock() - written < _UNCLOSED_TIMES * self._rules.quiet_s

    def _names(self) -> set[bytes]:
        try:
            return set(os.listdir(self._root))
        except OSError as error:
            raise DropFolderMissing(path=os.fsdecode(self._root), error=_name(error)) from error

    def _note(self, event: FileSystemEvent | None) -> None:
        if event is None:
            return
        source = self._relative(event.src_path)
        if isinstance(event, FileModifiedEvent):
            self._written[source] = self._clock()
        elif not event.is_directory:
            self._written.pop(source, None)
        for path in (source, self._relative(event.dest_path) if event.dest_path else b""):
            if path:
                first = path.split(b"/", 1)[0]
                self._pending |= {first, first.removesuffix(os.fsencode(self._rules.marker))}

    def _relative(self, path: bytes | str) -> bytes:
        full = os.fsencode(path)
        return full[len(self._root) + 1 :] if full.startswith(self._root + b"/") else b""


class _Enqueue(FileSystemEventHandler):
    """The observer's thread does no more than this: a slow handler would lose events."""

    def __init__(self, events: queue.SimpleQueue[FileSystemEvent | None]) -> None:
        self._events = events

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._events.put(event)


def _snapshot(root: bytes, path: bytes) -> Snapshot:
    """All regular files at or below a path. What vanishes while we look is no longer part of the drop."""
    try:
        facts = os.lstat(os.path.join(root, path))
        if stat.S_ISREG(facts.st_mode):
            return (FileState(path, facts.st_size, facts.st_mtime_ns, facts.st_ino),)
        if not stat.S_ISDIR(facts.st_mode):
            return ()
        names = os.listdir(os.path.join(root, path))
    except OSError:
        return ()
    return tuple(file for name in names for file in _snapshot(root, path + b"/" + name))


def _open_for_writing(path: bytes) -> bool | None:
    """Whether anybody has a file open for writing; None when the kernel will not say (fcntl(2), "Leases")."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # A writer that comes while we hold the lease breaks it by a signal, and SIGIO would end this process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK) else None
    else:
        return False
    finally:
        os.close(descriptor)


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
