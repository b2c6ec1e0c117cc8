"""Receipts of a store, written into a station's ledger as the courier writes them, without a store."""

from __future__ import annotations

from collections.abc import Iterable

from evidence.canonical import digest
from evidence.catalogue.acts import delivery
from evidence.catalogue.queries import ClipRow
from evidence.custody.entry import subject_clip
from evidence.ids import ReceiptId
from station.rooms import Rooms
from uploader import keys
from uploader.receipts import Receipt
from uploader.stores import Proof, StoreKind


def clips_of(rooms: Rooms) -> dict[str, ClipRow]:
    """The clips with bytes, by their path as text."""
    with rooms.queries() as queries:
        return {row.path.decode("utf-8", "replace"): row for row in queries.clips() if row.size}


def confirm(rooms: Rooms, rows: Iterable[ClipRow], *, proof: Proof = Proof.COMPOSITE, kind: StoreKind = StoreKind.STORE) -> None:
    """A store says that it holds these clips."""
    for row in rows:
        with rooms.ledger.commit() as commit:
            receipt = Receipt(
                id=commit.new_id(),
                subject=subject_clip(row.id),
                store="s3:far.example/evidence",
                kind=kind,
                object_key=keys.blob(rooms.station, digest(b"")).replace(digest(b""), row.sha256),
                version="1",
                sha256=row.sha256,
                size=row.size,
                checksum="-",
                etag=None,
                part_size=None,
                proof=proof,
                stored_at=None,
                confirmed_at=commit.utc,
                retain_until=None,
            )
            delivery.received(
                commit,
                ReceiptId(receipt.id),
                receipt.subject,
                receipt.sent(),
                receipt.body(),
                proof=receipt.proof.value,
                trial=receipt.trial,
            )
