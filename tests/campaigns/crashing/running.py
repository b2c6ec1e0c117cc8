"""Running one command of one build, watched at its durable steps and disturbed at one of them."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from tests.campaigns.crashing import seccomp
from tests.campaigns.crashing.steps import TAKES_SPACE, Step, StepReader

CHECKOUT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 240.0
"""No command of the campaign takes this long, on a machine that others use too: one that does hangs."""


class Kill(Exception):
    """Raised by a disturbance: these processes end now. ``process`` is one of them, or None for all."""

    def __init__(self, process: int | None = None) -> None:
        super().__init__()
        self.process = process


class Disturbance(Protocol):
    """What happens to a run."""

    happened: bool
    """Whether it did: a run may end before its moment comes."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen: later steps need not be looked at."""

    def meet(self, step: Step) -> int | None:
        """A step is about to be taken. Returns the error number that it is to fail with; None lets it be. May raise :class:`Kill`."""

    def seconds(self) -> float | None:
        """After so many seconds it strikes, and all processes are killed."""

    def strike(self) -> None:
        """That moment has come."""


@dataclass(slots=True)
class Undisturbed:
    """Nothing happens."""

    happened: bool = False

    @property
    def over(self) -> bool:
        return self.happened

    def meet(self, step: Step) -> int | None:
        return None

    def seconds(self) -> float | None:
        return None

    def strike(self) -> None:
        pass


@dataclass(slots=True)
class KillAt(Undisturbed):
    """SIGKILL instead of a step: to all processes, or only to the one that was to take it."""

    name: str = ""
    alone: bool = False

    def meet(self, step: Step) -> int | None:
        if step.name == self.name and not self.happened:
            self.happened = True
            raise Kill(step.process if self.alone else None)
        return None


@dataclass(slots=True)
class KillAfter(Undisturbed):
    """SIGKILL to all processes at an instant, once something was done."""

    after: float = 0.0
    act: Callable[[], None] = lambda: None

    def seconds(self) -> float | None:
        return self.after

    def strike(self) -> None:
        self.act()


@dataclass(slots=True)
class FailAt(Undisturbed):
    """A step fails with an error number, not carried out. With ``on`` every later step of its kind fails as well."""

    name: str = ""
    error: int = errno.EIO
    on: bool = False

    @property
    def over(self) -> bool:
        return self.happened and not self.on

    def meet(self, step: Step) -> int | None:
        if step.name == self.name:
            self.happened = True
            return self.error
        if self.on and self.happened and (self.error != errno.ENOSPC or step.call in TAKES_SPACE):
            return self.error
        return None


@dataclass(slots=True)
class ActAt(Undisturbed):
    """Something is done at a step, before it is taken. It may raise :class:`Kill`."""

    name: str = ""
    act: Callable[[Step], None] = lambda _step: None

    def meet(self, step: Step) -> int | None:
        if step.name == self.name and not self.happened:
            self.happened = True
            self.act(step)
        return None


@dataclass(slots=True)
class Ran:
    """What became of a command. ``status`` is negative for the signal that killed it."""

    arguments: tuple[str, ...]
    status: int = 0
    output: bytes = b""
    diagnostics: str = ""
    steps: list[Step] = field(default_factory=list)
    took: float = 0.0
    hung: bool = False

    @property
    def document(self) -> dict[str, Any] | None:
        """The one JSON document that it printed, whole; None when there is none."""
        try:
            found = json.loads(self.output)
        except ValueError:
            return None
        return found if isinstance(found, dict) and self.output.endswith(b"\n") else None

    def told(self) -> str:
        """For a report: how it ended and what it said last."""
        said = self.output.decode(errors="replace").strip()[-400:] + " | " + self.diagnostics.strip()[-600:]
        return f"{' '.join(self.arguments)}: status {self.status}{' (hung)' if self.hung else ''}: {said}"


Visit = Callable[[IO[bytes]], Mapping[str, Any]]
"""What clients do with a server while it runs, given what it prints; returns what they came to, which counts as the run's answer."""


class _Visitors(threading.Thread):
    """The clients of one run of a server. When they are done, or nobody serves them any more, they ask it to stop."""

    def __init__(self, visit: Visit, printed: int, process: int) -> None:
        super().__init__(name="visitors")
        self._visit = visit
        self._printed = printed
        self._process = process
        self.document: Mapping[str, Any] = {}
        self.broke: BaseException | None = None

    def run(self) -> None:
        with os.fdopen(self._printed, "rb") as printed:
            try:
                self.document = self._visit(printed)
            except BaseException as error:  # noqa: BLE001  # a thread hands over whatever went wrong; it is raised where it is joined
                self.broke = error
            finally:
                with suppress(ProcessLookupError):
                    os.kill(self._process, signal.SIGTERM)
                printed.read()  # until it has ended


class Runner:
    """Runs the commands of one build, one at a time. A context manager; each thread of the campaign has its own."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self._channel: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.campaigns.crashing.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # who stops the campaign stops no trial in its middle
                env={"PYTHONPATH": f"{self.tree}{os.pathsep}{CHECKOUT}", "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            )
        self._channel = ours
        ours.settimeout(LIMIT_SECONDS + 10)
        if not ours.recv(1 << 16):
            raise RuntimeError("the build cannot be imported")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._server is not None:
            self._server.wait(10)

    def run(
        self,
        folder: Path,
        arguments: Sequence[str],
        settings: Mapping[str, str],
        disturbance: Disturbance | None = None,
        visit: Visit | None = None,
    ) -> Ran:
        """Run one command; steps are those about files below ``folder``. Without a disturbance it is not watched at all.

        ``visit`` is for a command that serves until it is stopped.
        """
        assert self._channel is not None
        ran = Ran(tuple(arguments))
        request = json.dumps(
            {"arguments": list(arguments), "environment": _environment(settings), "watched": disturbance is not None}
        )
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as diagnostics:
            printed, told = os.pipe() if visit is not None else (-1, os.dup(output.fileno()))
            began = time.monotonic()
            socket.send_fds(self._channel, [request.encode()], [told, diagnostics.fileno()])
            os.close(told)
            hello, listeners, _, _ = socket.recv_fds(self._channel, 1 << 16, 1)
            process = json.loads(hello)["process"]
            visitors = None if visit is None else _Visitors(visit, printed, process)
            if visitors is not None:
                visitors.start()
            if disturbance is not None:
                try:
                    _watch(listeners[0], process, disturbance, StepReader(str(folder)), ran, began)
                except BaseException:
                    _kill(process)
                    raise
                finally:
                    os.close(listeners[0])
            ran.status = json.loads(self._channel.recv(1 << 16))["status"]
            ran.took = time.monotonic() - began
            output.seek(0)
            ran.output = output.read()
            if visitors is not None:
                visitors.join(LIMIT_SECONDS)
                if visitors.broke is not None:
                    raise visitors.broke
                ran.output = json.dumps(visitors.document).encode() + b"\n"
            diagnostics.seek(0)
            ran.diagnostics = diagnostics.read().decode(errors="replace")
        return ran


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    # An empty PATH: no ffprobe, whose absence changes no outcome and whose runs take most of the time.
    return {"PATH": "/nonexistent", "LC_ALL": "C.UTF-8", **settings}


def _watch(listener: int, process: int, disturbance: Disturbance, steps: StepReader, ran: Ran, began: float) -> None:
    """Serve a run until all its processes are gone."""
    after = disturbance.seconds()
    deadline = began + (LIMIT_SECONDS if after is None else after)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        if not ready:
            if after is None or disturbance.happened:
                ran.hung = True
            else:
                disturbance.happened = True
                disturbance.strike()
            _kill(process)
            deadline = time.monotonic() + LIMIT_SECONDS
            continue
        if not ready[0][1] & select.POLLIN:
            return  # nobody is left
        stopped = seccomp.receive(listener)
        if stopped is None:
            continue
        step = None if disturbance.over else steps.read(stopped)
        if step is None:
            seccomp.go_on(listener, stopped)
            continue
        ran.steps.append(step)
        try:
            error = disturbance.meet(step)
        except Kill as kill:
            _kill(process, kill.process)
            if kill.process is None:
                continue
            error = None
        if error is None:
            seccomp.go_on(listener, stopped)
        else:
            seccomp.fail(listener, stopped, error)


def _kill(group: int, process: int | None = None) -> None:
    with suppress(ProcessLookupError):
        if process is None:
            os.killpg(group, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGKILL)
