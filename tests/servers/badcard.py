"""A card that misbehaves: a FUSE file system whose files have unreadable ranges, change while they are read, or answer
differently the second time.

The file system runs in a child of its own. ``BadFile.hold_at`` makes it stop in the middle of a read until the test says go
on, so that a test can act at a known moment, and apply a change at that moment.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.pieces import missing

LONGEST = 1 << 24
MTIME_NS = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class BadFile:
    """One file. Its bytes are those of ``content(seed, size)``.

    ``bad``: (offset, length) ranges whose reads fail with EIO. ``unstable_from``: reads from this one of the file's opens on
    (counted from 1) see one byte changed. ``hold_at``: the first read that reaches this offset waits for ``go()``; then
    ``then_size``, ``then_gone`` or ``then_mtime_ns`` come true. ``endless``: it never ends.
    """

    size: int
    seed: int = 1
    bad: tuple[tuple[int, int], ...] = ()
    unstable_after: int | None = None
    hold_at: int | None = None
    then_size: int | None = None
    then_gone: bool = False
    then_mtime_ns: int | None = None
    endless: bool = False


@cache
def _random_bytes(seed: int) -> bytes:
    return random.Random(seed).randbytes(LONGEST)


def content(seed: int, size: int) -> bytes:
    """The first ``size`` bytes of what this seed gives, at most 16 MiB."""
    return _random_bytes(seed)[:size]


class MountedCard:
    """A mounted bad card."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self.path = path
        self._process = process

    def wait_held(self) -> None:
        """Wait until a read is being held."""
        assert self._process.stdout is not None
        assert self._process.stdout.read(1) == b"h"

    def go(self) -> None:
        """Let the held read go on."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"g")
        self._process.stdin.flush()

    def pull(self) -> None:
        """The card goes away, as if pulled."""
        self._process.kill()
        self._process.wait()


@contextmanager
def mounted(files: dict[str, BadFile], where: Path, *, direct: bool = False) -> Iterator[MountedCard]:
    """Mount a bad card with these files (relative paths). ``direct``: its reads never go through the page cache."""
    fusermount = shutil.which("fusermount3") or missing("fusermount3 (Debian package fuse3)")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        missing("access to /dev/fuse")
    where.mkdir(parents=True, exist_ok=True)
    specification = json.dumps({path: asdict(file) for path, file in files.items()})
    arguments = [sys.executable, "-m", "tests.servers.badcard", str(where), "direct" if direct else "cached", specification]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
    try:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"m", "the bad card did not mount"
        yield MountedCard(where, process)
    finally:
        process.kill()
        subprocess.run([fusermount, "-u", "-z", str(where)], check=True)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


class _Card:
    """The file system's operations, in the child."""

    use_ns = True

    def __init__(self, files: dict[str, BadFile]) -> None:
        self._files = {f"/{path}": file for path, file in files.items()}
        self._folders = {"/"} | {path[:end] for path in self._files for end in range(1, len(path)) if path[end] == "/"}
        self._bytes = {path: content(file.seed, file.size) for path, file in self._files.items()}
        self._reached: set[str] = set()
        self._held: dict[str, threading.Event] = {}
        self._reads: dict[str, int] = {}
        self._lock = threading.Lock()

    def init(self, path: str) -> None:
        os.write(1, b"m")

    def _size(self, path: str) -> int:
        file = self._files[path]
        return file.then_size if path in self._reached and file.then_size is not None else file.size

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        if path in self._folders:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, "st_mtime": MTIME_NS}
        file = self._files.get(path)
        if file is None or (path in self._reached and file.then_gone):
            raise OSError(errno.ENOENT, "")
        changed = path in self._reached and file.then_mtime_ns is not None
        mtime = file.then_mtime_ns if changed else MTIME_NS
        return {"st_mode": stat.S_IFREG | 0o444, "st_nlink": 1, "st_size": self._size(path), "st_mtime": mtime}

    def readdir(self, path: str, fh: int) -> list[str]:
        prefix = path.rstrip("/") + "/"
        inside = {name[len(prefix) :].split("/")[0] for name in self._files if name.startswith(prefix)}
        return [".", "..", *sorted(inside)]

    def open(self, path: str, flags: int) -> int:
        return 0

    def release(self, path: str, fh: int) -> int:
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        file = self._files[path]
        self._hold(path, offset + size)
        for start, length in file.bad:
            if start < offset + size and offset < start + length:
                raise OSError(errno.EIO, "")
        data = self._bytes[path]
        if file.endless:
            return bytes(size)
        found = data[offset : min(offset + size, self._size(path))]
        if offset == 0 and file.unstable_after is not None:
            with self._lock:
                self._reads[path] = self._reads.get(path, 0) + 1
            if self._reads[path] > file.unstable_after:
                return bytes([found[0] ^ 1]) + found[1:]
        return found

    def _hold(self, path: str, until: int) -> None:
        file = self._files[path]
        if file.hold_at is None or until <= file.hold_at:
            return
        with self._lock:
            first = path not in self._held
            released = self._held.setdefault(path, threading.Event())
        if first:
            os.write(1, b"h")
            os.read(0, 1)
            self._reached.add(path)
            released.set()
        released.wait()  # the kernel reads ahead: what comes after waits too


def _serve(where: str, direct: str, specification: str) -> None:
    import mfusepy

    files = {path: BadFile(**spec) for path, spec in json.loads(specification).items()}
    operations = type("BadCard", (_Card, mfusepy.Operations), {})(files)
    options: dict[str, Any] = {"attr_timeout": 0, "entry_timeout": 0}
    if direct == "direct":
        options["direct_io"] = True
    mfusepy.FUSE(operations, where, foreground=True, ro=True, **options)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
