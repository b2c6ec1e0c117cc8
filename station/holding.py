"""Who has a home open: one service alone, or one-shot commands side by side, never both.

The lock is ``flock`` on ``run/service.lock``: exclusive for the service, shared for a command, let go by the kernel when its process
dies. So a file that a killed service left behind means nothing, and only the lock says that a service runs. The file is locked
through a descriptor that only reads: who may read the home may hold it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evidence.errors import Exit
from station.home import Home, HomeUnusable, StationError

POLL_SECONDS = 0.05
"""Between two looks at a lock that somebody else holds; flock itself knows no time-out."""


class HomeHeld(StationError):
    """Another process has the home open. Fields: ``home``, ``pid`` (None when the kernel does not say), ``program``."""

    code = "home-held"
    status = Exit.REFUSED


def prepare(home: Home) -> None:
    """Make the lock's file. Raises ``OSError``."""
    os.close(_lock_file(home))


@contextmanager
def shared(home: Home) -> Iterator[bool]:
    """Hold a home for one command. False, and nothing is held, while the service has it."""
    handle = _opened(home)
    if handle is None:
        yield True  # nobody may write to this home, or it is none: there is no service in it either
        return
    try:
        yield _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def for_command(home: Home) -> Iterator[None]:
    """Hold a home for what the service does for nobody, such as ``init``. Raises :class:`HomeHeld`."""
    with shared(home) as held:
        if not held:
            with home.faults():
                handle = _lock_file(home)
            try:
                holder = _holder(handle)
            finally:
                os.close(handle)
            pid = None if holder is None else holder[0]
            raise HomeHeld(home=str(home.root), pid=pid, program=_program(pid))
        yield


@contextmanager
def alone(home: Home, patience: float) -> Iterator[None]:
    """Hold a home for the service. Commands under way are waited for, ``patience`` seconds; another service is not.

    Raises :class:`HomeHeld` with who holds it, and :class:`~station.home.HomeUnusable`.
    """
    with home.faults():
        handle = _lock_file(home)
    try:
        until = time.monotonic() + patience
        while not _locked(handle, fcntl.LOCK_EX):
            holder = _holder(handle)
            if time.monotonic() >= until or (holder is not None and holder[1]):
                pid = None if holder is None else holder[0]
                raise HomeHeld(home=str(home.root), pid=pid, program=_program(pid))
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _lock_file(home: Home) -> int:
    """The lock's file, made where it is not there yet; what root makes belongs to the home's owner, as the service does."""
    path = home.run / "service.lock"
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    owner = home.root.stat()
    with suppress(FileExistsError):
        home.run.mkdir(0o750)
        _give(home.run, owner)
    handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
    _give(path, owner)
    return handle


def _give(path: Path, owner: os.stat_result) -> None:
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)


def _opened(home: Home) -> int | None:
    if not home.settings.exists():
        return None
    try:
        return _lock_file(home)
    except OSError as error:
        if (home.run / "service.lock").exists():
            raise HomeUnusable(path=str(home.run / "service.lock"), error=error.strerror) from error
        return None


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: int) -> tuple[int, bool] | None:
    """Process id of a holder, and whether it holds alone, as the kernel lists them (proc(5), "/proc/locks")."""
    facts = os.fstat(handle)
    mine = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        words = line.split()
        if "->" not in words and len(words) > 5 and words[1] == "FLOCK" and words[5] == mine and int(words[4]) > 0:
            return int(words[4]), words[3] == "WRITE"
    return None


def _program(pid: int | None) -> str:
    if pid is None:
        return "?"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "?"
    told = b" ".join(word for word in words if word).decode(errors="replace")
    return told[:120] or "?"
