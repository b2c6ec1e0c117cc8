"""What is to be sent, as rows: frozen values that the catalogue's outbox and the uploader share. No disk, network or clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from evidence.ids import Digest, UploadId


class UploadKind(StrEnum):
    """What an object is."""

    MANIFEST = "manifest"
    SIGNATURE = "signature"
    SIGNATURE_GM = "signature-gm"
    LISTING = "listing"
    RECORDS = "records"
    FOOTAGE = "footage"
    LOCK = "lock"
    """No object: what keeps one that is there from being removed is to be looked at again, because a tag, a hold or a rule changed."""


class UploadState(StrEnum):
    """Where an upload stands. ``sending`` only informs: what was being sent when the power went is simply due again."""

    WAITING = "waiting"
    SENDING = "sending"
    DONE = "done"


class Rank(IntEnum):
    """What goes first."""

    INDEX = 0
    FOOTAGE = 1


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An object to be sent: about whom (``clip:…`` or ``docking:…``), under which key, and what it must be when it arrives."""

    id: UploadId
    kind: UploadKind
    subject: str
    object_key: str
    size: int
    sha256: Digest

    @property
    def rank(self) -> Rank:
        return Rank.FOOTAGE if self.kind in (UploadKind.FOOTAGE, UploadKind.LOCK) else Rank.INDEX


@dataclass(frozen=True, slots=True)
class QueuedUpload:
    """A row of the queue. Sizes in bytes, moments RFC 3339 in UTC; ``token`` names the unfinished upload at the store."""

    id: UploadId
    kind: UploadKind
    subject: str
    object_key: str
    size: int
    sha256: Digest
    rank: Rank
    state: UploadState
    attempts: int
    next_try_at: str
    reason: str | None
    token: str | None
    part_size: int | None
    queued_at: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object: number from 1, place and size in bytes, SHA-256 and MD5 of its bytes in lowercase hex."""

    number: int
    offset: int
    size: int
    sha256: Digest
    md5: str


@dataclass(frozen=True, slots=True)
class JournalledPart:
    """A part that was about to be sent, or was: ``etag`` is what the store answered."""

    part: Part
    etag: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Uploads that wait for the same reason: how many, how many bytes, and when the first is tried again."""

    reason: str | None
    count: int
    bytes: int
    next_try_at: str
