"""Running a program and measuring it: seconds, what it read from disks, what memory its whole tree held.

Reads from disks are those of the process and of every child it waited for (getrusage(2), ``ru_inblock``, in units of 512
bytes): what came out of the page cache does not count, so they show whether a re-read reached the medium.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SAMPLE_SECONDS = 0.02
TAIL = 2000


class Failed(Exception):
    """A program of the benchmark ended otherwise than it should: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that ran to its end. ``peak_rss``: most memory resident in its tree at once; 0 where nobody looked."""

    status: int
    seconds: float
    cpu_seconds: float
    read_bytes: int
    peak_rss: int
    output: bytes
    diagnostics: bytes


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    group: Path | None = None,
    watch_memory: bool = False,
    statuses: Sequence[int] = (0,),
) -> Ran:
    """Run a program to its end. ``group``: the ``cgroup.procs`` of a control group to run it in.

    Raises :class:`Failed` for an exit status that is not among ``statuses``.
    """
    words = [os.fspath(word) for word in command]
    if group is not None:
        words = ["sh", "-c", 'echo $$ >"$0" && exec "$@"', os.fspath(group), *words]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as diagnostics:
        begun = time.monotonic()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=diagnostics, env=environment)
        try:
            with _watched(child.pid, watch_memory) as peak:
                _, wait_status, used = os.wait4(child.pid, 0)
                seconds = time.monotonic() - begun
        except BaseException:
            child.kill()
            child.wait()
            raise
        child.returncode = os.waitstatus_to_exitcode(wait_status)
        ran = Ran(
            child.returncode,
            seconds,
            used.ru_utime + used.ru_stime,
            used.ru_inblock * 512,
            peak[0],
            _all(output),
            _all(diagnostics),
        )
    if ran.status not in statuses:
        said = (ran.diagnostics + ran.output)[-TAIL:].decode(errors="replace")
        died = f"died of {signal.Signals(-ran.status).name}" if ran.status < 0 else f"ended with {ran.status}"
        raise Failed(f"{words[0]} … {words[-1]} {died}:\n{said}")
    return ran


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@contextmanager
def _watched(root: int, wanted: bool) -> Iterator[list[int]]:
    peak = [0]
    if not wanted:
        yield peak
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], tree_rss(root))

    watcher = threading.Thread(target=look, name="memory")
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def tree_rss(root: int) -> int:
    """Bytes resident in a process and all below it, pages that they share counted in each of them.

    A child between vfork(2) and execve(2) is left out: it has no memory yet but its parent's, which is counted.
    """
    total, waiting = 0, [(root, b"")]
    while waiting:
        process, parents = waiting.pop()
        with suppress(OSError):  # it ended meanwhile
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            if command == parents:
                continue
            fields = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
            total += int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in os.listdir(f"/proc/{process}/task"):
                with suppress(OSError):
                    children = Path(f"/proc/{process}/task/{task}/children").read_text(encoding="ascii").split()
                    waiting += [(int(child), command) for child in children]
    return total
