"""The durable steps of a program: the system calls that change what a disk holds, and which file each is about."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from tests.campaigns.crashing import seccomp
from tests.campaigns.crashing.seccomp import Stopped

_AT_FDCWD = -100
_CREATES = os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class _Call:
    """A system call: where its arguments have the file it is about (the last of them, for calls with two)."""

    name: str
    descriptor: int | None = None
    folder: int | None = None
    path: int | None = None
    when: tuple[int, int] | None = None


_CALLS = {
    1: _Call("write", descriptor=0),
    2: _Call("open", path=0, when=(1, _CREATES)),
    18: _Call("pwrite64", descriptor=0),
    20: _Call("writev", descriptor=0),
    40: _Call("sendfile", descriptor=0),
    74: _Call("fsync", descriptor=0),
    75: _Call("fdatasync", descriptor=0),
    76: _Call("truncate", path=0),
    77: _Call("ftruncate", descriptor=0),
    82: _Call("rename", path=1),
    83: _Call("mkdir", path=0),
    84: _Call("rmdir", path=0),
    85: _Call("creat", path=0),
    86: _Call("link", path=1),
    87: _Call("unlink", path=0),
    88: _Call("symlink", path=1),
    90: _Call("chmod", path=0),
    91: _Call("fchmod", descriptor=0),
    257: _Call("openat", folder=0, path=1, when=(2, _CREATES)),
    258: _Call("mkdirat", folder=0, path=1),
    263: _Call("unlinkat", folder=0, path=1),
    264: _Call("renameat", folder=2, path=3),
    265: _Call("linkat", folder=2, path=3),
    266: _Call("symlinkat", folder=1, path=2),
    268: _Call("fchmodat", folder=0, path=1),
    277: _Call("sync_file_range", descriptor=0),
    285: _Call("fallocate", descriptor=0),
    296: _Call("pwritev", descriptor=0),
    306: _Call("syncfs", descriptor=0),
    316: _Call("renameat2", folder=2, path=3),
    326: _Call("copy_file_range", descriptor=2),
    328: _Call("pwritev2", descriptor=0),
}

WATCHED = {number: call.when for number, call in _CALLS.items()}
"""For :func:`seccomp.install`."""

TAKES_SPACE = frozenset(
    (
        *("write", "pwrite64", "writev", "pwritev", "pwritev2", "fsync", "fdatasync", "syncfs", "fallocate", "ftruncate"),
        *("open", "openat", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat"),
    )
)
"""Calls that a full disk can refuse."""

_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{8,}|[0-9]+")


@dataclass(frozen=True, slots=True)
class Step:
    """One durable step: the ``number``-th ``call`` of a run, about ``path`` below the folder under watch.

    ``process`` is the group of threads that makes it.
    """

    call: str
    number: int
    path: str
    process: int

    @property
    def name(self) -> str:
        """How ``--only`` names it."""
        return f"{self.call}:{self.number}"

    @property
    def shape(self) -> str:
        """Call and path with everything that differs from run to run left out: alike steps have equal shapes."""
        return f"{self.call} {shape_of(self.path)}"


def shape_of(path: str) -> str:
    """A path with ids, digests and numbers as ``#``."""
    return _VARIABLE.sub("#", path)


class StepReader:
    """Turns stopped calls into steps, and counts them."""

    def __init__(self, folder: str) -> None:
        self._folder = folder + "/"
        self._counts: dict[str, int] = {}

    def read(self, stopped: Stopped) -> Step | None:
        """The step that a stopped call is, or None when it is about no file below the folder."""
        call = _CALLS[stopped.number]
        try:
            path = _path(call, stopped)
            if not path.startswith(self._folder):
                return None
            process = _process(stopped.thread)
        except (OSError, ValueError):
            return None  # it was killed while it waited
        number = self._counts[call.name] = self._counts.get(call.name, 0) + 1
        return Step(call.name, number, path.removeprefix(self._folder), process)


def _path(call: _Call, stopped: Stopped) -> str:
    proc = f"/proc/{stopped.thread}"
    if call.path is None:
        return os.readlink(f"{proc}/fd/{stopped.arguments[call.descriptor or 0] & 0xFFFFFFFF}")
    named = os.fsdecode(seccomp.text_at(stopped.thread, stopped.arguments[call.path]))
    if named.startswith("/"):
        return named
    folder = _AT_FDCWD if call.folder is None else (stopped.arguments[call.folder] & 0xFFFFFFFF)
    there = os.readlink(f"{proc}/cwd" if folder in (_AT_FDCWD, _AT_FDCWD & 0xFFFFFFFF) else f"{proc}/fd/{folder}")
    return os.path.join(there, named)


def _process(thread: int) -> int:
    with open(f"/proc/{thread}/status", encoding="utf-8", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Tgid:"))
