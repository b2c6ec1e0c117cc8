"""The queue as the courier sees it, and the decisions about trying again.

The rows themselves live in the catalogue (``evidence/catalogue/outbox.py``), whose order is: the index of a docking before
its footage, index before footage, the older first. The decisions here are functions of values: clock and randomness are
passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec

from evidence.canonical import canonical
from evidence.ids import UploadId
from evidence.uploads import Backlog, JournalledPart, Part, QueuedUpload
from uploader.errors import ObjectFault, UploadError


class Queue(Protocol):
    """The rows of one station's queue, and the journal of parts. Every change is durable when the call returns."""

    def claim(self, now: str) -> QueuedUpload | None: ...
    def next_due(self) -> str | None: ...
    def opened(self, upload: UploadId, token: str, part_size: int) -> None: ...
    def gone(self, upload: UploadId) -> None: ...
    def parts(self, upload: UploadId) -> tuple[JournalledPart, ...]: ...
    def sending(self, upload: UploadId, part: Part) -> None: ...
    def sent(self, upload: UploadId, number: int, etag: str) -> None: ...
    def failed(self, upload: UploadId, reason: str, next_try_at: str) -> None: ...
    def hasten(self, now: str) -> None: ...
    def put_back(self, upload: UploadId) -> None: ...
    def tokens(self) -> frozenset[str]: ...
    def backlog(self) -> tuple[Backlog, ...]: ...
    def witnessed(self, epoch: int, size: int, store: str, at: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How long to wait before trying again. Seconds."""

    first: float = 1.0
    longest: float = 900.0
    after_alarm: float = 3600.0
    """A person has to look first; trying at once would only repeat the alarm."""


def delay(fault: UploadError, attempts: int, jitter: float, limits: RetryLimits) -> float:
    """Seconds until the next try after ``attempts`` earlier ones: doubling, and spread by ``jitter`` (0 to 1) over its upper half.

    Stations of a city lose the same link at the same moment; the spread keeps them from returning together.
    """
    if fault.alarm and isinstance(fault, ObjectFault):
        return limits.after_alarm
    whole = min(limits.longest, limits.first * 2.0 ** min(attempts, 32))
    return whole * (0.5 + jitter / 2)


def reason_of(fault: UploadError) -> str:
    """What the row says about why it waits: canonical JSON of the fault's code and fields."""
    return canonical({**fault.fields, "code": fault.code}).decode()


def code_of(reason: str | None) -> str | None:
    """The fault's code in a row's reason."""
    if reason is None:
        return None
    found: str = msgspec.json.decode(reason)["code"]
    return found
