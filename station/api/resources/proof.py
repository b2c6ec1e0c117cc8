"""What proves: the custody log, its head, receipts, verification, packages; and what is on its way to the store."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from station.api.resources.evidence import given
from station.api.resources.form import Asked, Digest, Form, Id, Moment, Operation, Shape, Text
from station.commands import Custody, ListReceipts, ListUploads, Package, Scrub, ShowCheckpoint, Upload, Verify


class Entry(Shape):
    """An entry of the custody log, with the personal values that its commitments stand for."""

    epoch: int
    v: int
    seq: int
    id: Id
    type: str
    subject: str
    actor: dict[str, Any]
    what: dict[str, Any]
    when: dict[str, Any]
    prev: str | None
    salt: str
    personal: dict[str, str]


class Cosignature(Shape):
    """What a witness said of a head."""

    witness: str
    line: str


class Checkpoint(Shape):
    """The signed head of the log (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: Digest
    note: str
    vkey: str
    cosignatures: list[Cosignature]


class Receipt(Shape):
    """What the store confirmed."""

    id: Id
    at: Moment
    subject: str
    store: str
    kind: str
    object_key: str
    version: str | None
    sha256: Digest
    size: int
    checksum: str
    proof: str
    stored_at: str | None
    confirmed_at: Moment
    retain_until: str | None


class Waiting(Shape):
    """What waits to be sent, and why."""

    id: Id
    kind: str
    subject: str
    object_key: str
    size: int
    state: Literal["waiting", "sending"]
    attempts: int
    next_try_at: Moment
    reason: str | None
    detail: dict[str, Any] | None


class AboutClip(Form):
    """About one clip only."""

    clip: Id | UnsetType = UNSET


class Nothing(Form):
    """No member is needed."""


class Anchored(Form):
    """What is known from elsewhere: fingerprints of the station's authority (SHA-256, hex)."""

    anchors: Annotated[list[Digest], Meta(max_length=16)] = field(default_factory=list)


class Budget(Form):
    """How many bytes to re-read at most; left out: as the settings say."""

    budget: Annotated[float, Meta(ge=0, le=1 << 50, multiple_of=1)] | UnsetType = UNSET


class PackageWanted(Form, kw_only=True):
    """What is to go into a court package: the clips of a case, or the clips named."""

    case_number: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")] | UnsetType = UNSET
    clips: Annotated[list[Id], Meta(max_length=5000)] = field(default_factory=list)
    purpose: Text | UnsetType = UNSET
    disclosure: bool = False
    playable: bool = False


def _package(asked: Asked) -> Package:
    body = asked.body
    return Package(
        b"/package",  # it is fetched as an archive: where it will lie is the caller's affair
        given(body.case_number),
        tuple(body.clips),
        given(body.purpose),
        disclosure=body.disclosure,
        playable=body.playable,
    )


OPERATIONS = (
    Operation(
        *("GET", "/v1/custody", "listCustody", "The custody log, whole or about one clip", "custody:read"),
        command=lambda asked: Custody(given(asked.query.clip), asked.after, asked.limit),
        query=AboutClip,
        answers=Entry,
        rows="entries",
    ),
    Operation(
        *("GET", "/v1/checkpoint", "showCheckpoint", "The current signed head of the log", "custody:read"),
        command=lambda _asked: ShowCheckpoint(),
        answers=Checkpoint,
    ),
    Operation(
        *("GET", "/v1/receipts", "listReceipts", "What the store confirmed, oldest first", "uploads:read"),
        command=lambda asked: ListReceipts(given(asked.query.clip), asked.after, asked.limit),
        query=AboutClip,
        answers=Receipt,
        rows="receipts",
    ),
    Operation(
        *("GET", "/v1/uploads", "listUploads", "What waits to be sent, in the order in which it would go", "uploads:read"),
        command=lambda asked: ListUploads(asked.after, asked.limit),
        answers=Waiting,
        rows="uploads",
    ),
    Operation(
        *("POST", "/v1/uploads", "sendNow", "Send what is due now", "uploads:write"),
        command=lambda _asked: Upload(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/verification", "verify", "Check everything against the log", "verification:write"),
        command=lambda asked: Verify(anchors=tuple(asked.body.anchors)),
        body=Anchored,
        job=True,
    ),
    Operation(
        *("POST", "/v1/scrub", "scrub", "Re-read what was not re-read for longest", "verification:write"),
        command=lambda asked: Scrub(None if asked.body.budget is UNSET else int(asked.body.budget)),
        body=Budget,
        job=True,
    ),
    Operation(
        *("POST", "/v1/packages", "makePackage", "Make a court package, to be fetched as a tar archive", "packages:write"),
        command=_package,
        body=PackageWanted,
        job=True,
    ),
)
