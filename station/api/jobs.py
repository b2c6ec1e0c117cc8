"""Long work that somebody began over the API: it goes on when he leaves, and can be looked at until an hour after its end.

What it answers is kept here and nowhere else: what matters of it stands in the log, and a service that was restarted knows no job.
"""

from __future__ import annotations

import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from evidence.errors import Exit, Fault
from station import wire
from station.api.callers import Caller
from station.api.desk import Desk
from station.api.faults import status_of
from station.commands import Command, Progress
from station.home import StationError
from station.messages import fault_text

RUNNING = 8
KEPT = 64


class NoSuchJob(StationError):
    """No work of this caller has that id, or it ended long ago. Fields: ``job``."""

    code = "no-such-job"
    status = Exit.USAGE


class TooManyJobs(StationError):
    """As much long work is under way as there may be at a time. Fields: ``limit``."""

    code = "too-many-jobs"
    status = Exit.REFUSED


@dataclass(slots=True)
class Job:
    """One piece of work."""

    id: str
    command: str
    caller: Caller
    language: Literal["en", "zh"]
    started_at: str
    ended_at: str | None = None
    progress: Progress | None = None
    answer: Any = None
    exit: int | None = None
    files: str | None = None
    problem: dict[str, Any] | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def document(self) -> dict[str, Any]:
        """As the API shows it."""
        told = self.progress
        return {
            "id": self.id,
            "command": self.command,
            "state": "running" if self.ended_at is None else "done" if self.problem is None else "failed",
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "progress": None
            if told is None
            else {"what": told.what, "subject": told.subject, "done": told.done, "total": told.total},
            "answer": self.answer,
            "exit": self.exit,
            "files": None if self.files is None else f"/v1/files/{self.files}",
            "problem": self.problem,
        }


class Jobs:
    """All work of one service."""

    def __init__(self, desk: Desk, now: Callable[[], str]) -> None:
        self._desk = desk
        self._now = now
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def begin(self, command: Command, caller: Caller, language: Literal["en", "zh"]) -> Job:
        """Begin a command. Raises :class:`TooManyJobs`."""
        job = Job(str(uuid.uuid4()), wire.name_of(type(command)), caller, language, self._now())
        with self._lock:
            if sum(one.ended_at is None for one in self._jobs.values()) >= RUNNING:
                raise TooManyJobs(limit=RUNNING)
            for old in [one.id for one in self._jobs.values() if one.ended_at is not None][: max(0, len(self._jobs) + 1 - KEPT)]:
                del self._jobs[old]
            self._jobs[job.id] = job
        threading.Thread(target=self._work, args=(job, command), name=f"job {job.command}", daemon=True).start()
        return job

    def of(self, caller: Caller, job: str) -> Job:
        """One that this caller began. Raises :class:`NoSuchJob`."""
        with self._lock:
            found = self._jobs.get(job)
        if found is None or (found.caller.actor, found.caller.client) != (caller.actor, caller.client):
            raise NoSuchJob(job=job)
        return found

    def files(self, caller: Caller, name: str) -> None:
        """Whether this caller's work made files of that name. Raises :class:`NoSuchJob`."""
        with self._lock:
            mine = [one for one in self._jobs.values() if one.files == name]
        if not mine or (mine[0].caller.actor, mine[0].caller.client) != (caller.actor, caller.client):
            raise NoSuchJob(job=name)

    def _work(self, job: Job, command: Command) -> None:
        def report(progress: Progress) -> None:
            job.progress = progress

        try:
            answer, job.files = self._desk.carry_out(command, None, job.language, report, job.caller.actor)
            job.answer, job.exit = answer.document, int(answer.status)
        except Fault as fault:
            job.problem = _problem(fault, job.language)
        except Exception as error:  # noqa: BLE001  # the edge: whatever it was, who asks gets a document
            traceback.print_exc(file=sys.stderr)
            job.problem = _problem(Fault(error=type(error).__name__), job.language)
        job.ended_at = self._now()
        job.ended.set()


def _problem(fault: Fault, language: str) -> dict[str, Any]:
    return wire.problem(fault, fault_text(fault.code, fault.fields, language), status_of(fault))
