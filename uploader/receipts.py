"""Receipts: what, where, in which version, with which digest, when, kept until when, and how the far end agreed.

A receipt is made of a store's confirmation and of nothing else, so there is none without the far end's agreement. Its body
is canonical JSON; its digest stands in the custody log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from evidence.canonical import Json, canonical
from evidence.ids import Digest, ReceiptId
from evidence.learned import learned
from evidence.uploads import QueuedUpload
from uploader.errors import ReceiptUnreadable
from uploader.stores import Confirmed, Content, Proof, Store, StoreKind

_Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Receipt(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The far end holds an object. Sizes in bytes; moments RFC 3339 in UTC.

    ``checksum`` is the S3 checksum of the stored object; with ``part_size`` anybody who has the file can recompute it.
    ``stored_at`` is the store's date, ``confirmed_at`` this station's; ``retain_until`` is the store's lock.
    """

    v: Literal[1] = 1
    id: str
    subject: str
    store: str
    kind: StoreKind
    object_key: str
    version: str | None
    sha256: _Hex
    size: int
    checksum: str
    etag: str | None
    part_size: int | None
    proof: Proof
    stored_at: str | None
    confirmed_at: str
    retain_until: str | None

    @property
    def trial(self) -> bool:
        """Whether it comes from a store for trying things out."""
        return self.kind is StoreKind.TRIAL

    def permits_release(self) -> bool:
        """Whether erasing, evicting or disposing may lean on it: never on a trial store, never on samples."""
        return self.kind is StoreKind.STORE and self.proof in {Proof.COMPOSITE, Proof.FULL}

    def content(self) -> Content:
        """What the store must still hold for this receipt to be worth anything."""
        return _Received(self.size, Digest(self.sha256), (), self.checksum)

    def body(self) -> dict[str, Json]:
        """The receipt as JSON, in the form that is stored and logged."""
        return {
            "v": self.v,
            "id": self.id,
            "subject": self.subject,
            "store": self.store,
            "kind": self.kind.value,
            "object_key": self.object_key,
            "version": self.version,
            "sha256": self.sha256,
            "size": self.size,
            "checksum": self.checksum,
            "etag": self.etag,
            "part_size": self.part_size,
            "proof": self.proof.value,
            "stored_at": self.stored_at,
            "confirmed_at": self.confirmed_at,
            "retain_until": self.retain_until,
        }

    def canonical(self) -> bytes:
        """The canonical bytes of the body."""
        return canonical(self.body())

    def sent(self) -> dict[str, Json]:
        """What the custody entry ``sent`` says (``evidence/FORMATS.md``)."""
        return {
            "store": self.store,
            "object_key": self.object_key,
            "sha256": self.sha256,
            "size": self.size,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class _Received(Content):
    """A content whose checksum is on record, so that it is not computed from parts again."""

    recorded: str = ""

    @property
    def checksum(self) -> str:
        return self.recorded


def make(receipt: ReceiptId, upload: QueuedUpload, store: Store, content: Content, confirmed: Confirmed, now: str) -> Receipt:
    """The receipt of an upload that the store confirmed."""
    if (content.sha256, content.size) != (upload.sha256, upload.size) or (confirmed.size, confirmed.checksum) != (
        content.size,
        content.checksum,
    ):
        raise ValueError("a receipt is only made of what was to be sent and what was confirmed")
    return Receipt(
        id=receipt,
        subject=upload.subject,
        store=store.name,
        kind=store.kind,
        object_key=upload.object_key,
        version=confirmed.version,
        sha256=Digest(content.sha256),
        size=content.size,
        checksum=confirmed.checksum,
        etag=confirmed.etag,
        part_size=content.parts[0].size if content.parts else None,
        proof=confirmed.proof,
        stored_at=confirmed.stored_at,
        confirmed_at=now,
        retain_until=confirmed.retain_until,
    )


_RECEIPT: Final = learned(Receipt)


def read(untrusted_body: bytes | str) -> Receipt:
    """A receipt from its stored body. Raises :class:`~uploader.errors.ReceiptUnreadable`."""
    try:
        return msgspec.json.decode(untrusted_body, type=_RECEIPT)
    except msgspec.MsgspecError as error:
        raise ReceiptUnreadable(rule=str(error)) from error
