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
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import ChildMissing, ChildTimedOut, ChildTooTalkative


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one child may use: seconds on the clock and of CPU, bytes of address space, of output and of diagnostics."""

    wall_s: float = 20.0
    cpu_s: int = 10
    address_space: int = 1 << 30
    output: int = 1 << 20
    diagnostics: int = 64 << 10


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
            "--fsize=0",
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


def run_bounded(command: Sequence[str], bounds: Bounds, confinement: Confinement) -> Finished:
    """Run a program to its end and return what it wrote.

    Raises :class:`~ingest.errors.ChildMissing`, :class:`~ingest.errors.ChildTimedOut`,
    :class:`~ingest.errors.ChildTooTalkative`; the child and all it started are dead by then.
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
        try:
            output, diagnostics = _collect(child, command[0], bounds, started + bounds.wall_s)
            _await(child, command[0], bounds, started + bounds.wall_s)
        finally:
            # Not yet reaped, so the group's number cannot have passed to somebody else.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return Finished(child.wait(), output, diagnostics, time.monotonic() - started)


def _collect(child: subprocess.Popen[bytes], program: str, bounds: Bounds, deadline: float) -> tuple[bytes, bytes]:
    if child.stdout is None or child.stderr is None:
        raise ValueError("the child has no pipes")
    written = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    limits = {child.stdout.fileno(): bounds.output, child.stderr.fileno(): bounds.diagnostics}
    with selectors.DefaultSelector() as selector:
        for descriptor in written:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise ChildTimedOut(program=program, seconds=int(bounds.wall_s))
            for key, _ in ready:
                block = os.read(key.fd, 65536)
                written[key.fd] += block
                if not block:
                    selector.unregister(key.fd)
                elif len(written[key.fd]) > limits[key.fd]:
                    raise ChildTooTalkative(program=program, limit=limits[key.fd])
    return bytes(written[child.stdout.fileno()]), bytes(written[child.stderr.fileno()])


def _await(child: subprocess.Popen[bytes], program: str, bounds: Bounds, deadline: float) -> None:
    """Wait until the child has ended, without reaping it. It may have closed its pipes and live on."""
    descriptor = os.pidfd_open(child.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise ChildTimedOut(program=program, seconds=int(bounds.wall_s))
    finally:
        os.close(descriptor)


def program_version(program: str, bounds: Bounds, confinement: Confinement) -> str:
    """First line of ``program -version``, for the record of what made a reading. Raises as :func:`run_bounded`."""
    finished = run_bounded([program, "-version"], bounds, confinement)
    return finished.output.split(b"\n", 1)[0].decode("utf-8", "replace")[:200]


def file_argument(path: Path) -> str:
    """A path as ffmpeg's programs take it: with its protocol, so that a name with a colon is no other protocol."""
    return f"file:{os.fspath(path)}"
