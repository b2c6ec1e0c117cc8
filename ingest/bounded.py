"""Running a program that reads hostile files: bounded in time, memory, output, and cut off from the network.

The bounds are set by util-linux programs that start one another by exec (unshare, prlimit, setpriv, nice, ionice), so
that nothing of ours runs between fork and exec of a process that has threads. The child is a process group of its own,
killed as a whole before it is reaped: no grandchild survives, and no foreign process is ever hit.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ingest.errors import ChildMissing, ChildStopped, ChildTimedOut, ChildTooTalkative

LOOK_SECONDS = 0.25
"""How often whoever holds the reins of a child is asked."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one child may use: seconds on the clock and of CPU, bytes of address space, of output and of diagnostics.

    ``file``: bytes of a file that it may write; none for a child that reads what came from outside.
    """

    wall_s: float = 20.0
    cpu_s: int = 10
    address_space: int = 1 << 30
    output: int = 1 << 20
    diagnostics: int = 64 << 10
    file: int = 0


class Rein(Enum):
    """What a child is to do now. While it waits it is stopped, and its time on the clock does not run."""

    GO = "go"
    WAIT = "wait"
    END = "end"


Sink = Callable[[bytes], None]
"""Takes a child's output as it comes, so that it need not fit into memory."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A child that ended by itself. ``status`` is its exit status, negative for the signal that killed it."""

    status: int
    output: bytes
    diagnostics: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Confinement:
    """What this system lets us put around a child. ``without_network`` says whether a network namespace is among it."""

    namespace: tuple[str, ...]

    @property
    def without_network(self) -> bool:
        """Whether the child has no network at all; if not, only its own options keep it from using one."""
        return bool(self.namespace)

    @classmethod
    def detect(cls) -> Confinement:
        """Try a network namespace as we are, then inside a user namespace; neither is allowed in every container."""
        unshare = shutil.which("unshare")
        if unshare is not None:
            for options in (("--net",), ("--user", "--net")):
                tried = subprocess.run(
                    [unshare, *options, "--", "true"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=10,
                    check=False,
                )
                if tried.returncode == 0:
                    return cls((unshare, *options, "--"))
        return cls(())

    def around(self, command: Sequence[str], bounds: Bounds) -> list[str]:
        """The command with its bounds before it. setpriv comes after unshare, which would reset the death signal."""
        return [
            *self.namespace,
            "prlimit",
            f"--as={bounds.address_space}",
            f"--cpu={bounds.cpu_s}",
            f"--fsize={bounds.file}",
            "--core=0",
            "--nofile=64",
            "--",
            "nice",
            "-n",
            "10",
            "ionice",
            "-c",
            "3",
            "setpriv",
            "--no-new-privs",
            "--pdeathsig",
            "KILL",
            *command,
        ]


def run_bounded(
    command: Sequence[str],
    bounds: Bounds,
    confinement: Confinement,
    sink: Sink | None = None,
    reins: Callable[[], Rein] | None = None,
) -> Finished:
    """Run a program to its end and return what it wrote; with a ``sink`` that takes the output, and the answer has none.

    ``reins`` is asked a few times a second what the child is to do. Raises :class:`~ingest.errors.ChildMissing`,
    :class:`~ingest.errors.ChildTimedOut`, :class:`~ingest.errors.ChildTooTalkative`, :class:`~ingest.errors.ChildStopped`, and what
    the sink raises; the child and all it started are dead by then.
    """
    program = shutil.which(command[0])
    if program is None:
        raise ChildMissing(program=command[0])
    started = time.monotonic()
    try:
        child = subprocess.Popen(
            confinement.around([program, *command[1:]], bounds),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise ChildMissing(program="prlimit") from error
    with child:
        watch = _Watch(child, command[0], bounds, reins)
        try:
            watch.look()  # also before the first wait: a child may be done before the next look
            output, diagnostics = _collect(child, watch, sink)
            _await(child, watch)
        finally:
            # Not yet reaped, so the group's number cannot have passed to somebody else.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return Finished(child.wait(), output, diagnostics, time.monotonic() - started)


class _Watch:
    """The clock of one child, which stands while the child is made to wait."""

    def __init__(self, child: subprocess.Popen[bytes], program: str, bounds: Bounds, reins: Callable[[], Rein] | None) -> None:
        self.program, self.bounds = program, bounds
        self._child, self._reins = child, reins
        self._deadline = time.monotonic() + bounds.wall_s

    def seconds(self) -> float:
        """How long the child may be waited for before it is looked at again."""
        left = max(0.0, self._deadline - time.monotonic())
        return left if self._reins is None else min(left, LOOK_SECONDS)

    def look(self) -> None:
        """Obey the reins; end a child that is out of time. Raises."""
        rein = Rein.GO if self._reins is None else self._reins()
        if rein is Rein.WAIT:
            rein = self._hold()
        if rein is Rein.END:
            raise ChildStopped(program=self.program)
        if time.monotonic() >= self._deadline:
            raise ChildTimedOut(program=self.program, seconds=int(self.bounds.wall_s))

    def _hold(self) -> Rein:
        assert self._reins is not None
        began, rein = time.monotonic(), Rein.WAIT
        os.killpg(self._child.pid, signal.SIGSTOP)
        try:
            while rein is Rein.WAIT:
                time.sleep(LOOK_SECONDS)
                rein = self._reins()
        finally:
            os.killpg(self._child.pid, signal.SIGCONT)
            self._deadline += time.monotonic() - began
        return rein


def _collect(child: subprocess.Popen[bytes], watch: _Watch, sink: Sink | None) -> tuple[bytes, bytes]:
    if child.stdout is None or child.stderr is None:
        raise ValueError("the child has no pipes")
    out, told = child.stdout.fileno(), child.stderr.fileno()
    written = {out: bytearray(), told: bytearray()}
    counts = {out: 0, told: 0}
    limits = {out: watch.bounds.output, told: watch.bounds.diagnostics}
    with selectors.DefaultSelector() as selector:
        for descriptor in written:
            selector.register(descriptor, selectors.EVENT_READ)
        looked = time.monotonic()
        while selector.get_map():
            ready = selector.select(watch.seconds())
            if not ready or time.monotonic() - looked >= LOOK_SECONDS:
                watch.look()
                looked = time.monotonic()
            for key, _ in ready:
                block = os.read(key.fd, 65536)
                counts[key.fd] += len(block)
                if not block:
                    selector.unregister(key.fd)
                elif counts[key.fd] > limits[key.fd]:
                    raise ChildTooTalkative(program=watch.program, limit=limits[key.fd])
                elif sink is not None and key.fd == out:
                    sink(block)
                else:
                    written[key.fd] += block
    return bytes(written[out]), bytes(written[told])


def _await(child: subprocess.Popen[bytes], watch: _Watch) -> None:
    """Wait until the child has ended, without reaping it. It may have closed its pipes and live on."""
    descriptor = os.pidfd_open(child.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while not selector.select(watch.seconds()):
                watch.look()
    finally:
        os.close(descriptor)


def program_version(program: str, bounds: Bounds, confinement: Confinement) -> str:
    """First line of ``program -version``, for the record of what made a reading. Raises as :func:`run_bounded`."""
    finished = run_bounded([program, "-version"], bounds, confinement)
    return finished.output.split(b"\n", 1)[0].decode("utf-8", "replace")[:200]


def file_argument(path: Path) -> str:
    """A path as ffmpeg's programs take it: with its protocol, so that a name with a colon is no other protocol."""
    return f"file:{os.fspath(path)}"
