"""Receipts that something may lean on: those in the catalogue that the log bears out, word for word.

A row that somebody edited proves nothing here: its bytes must have the digest of its ``received`` entry, and proof and trial are
those of the entry and of the body alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from evidence.canonical import canonical, digest
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Act, subject_clip
from evidence.ids import ClipId
from uploader import receipts
from uploader.errors import ReceiptUnreadable
from uploader.receipts import Receipt

AT_ONCE = 500
"""Subjects that are asked for together."""


def receipts_of(queries: Queries, clips: Iterable[ClipId]) -> dict[ClipId, list[Receipt]]:
    """The receipts of clips that the log bears out, the newest first. A clip without one is left out."""
    found: dict[ClipId, list[Receipt]] = {}
    for some in _portions(clips):
        subjects = {subject_clip(clip): clip for clip in some}
        logged = {
            entry.body["what"]["receipt"]: (entry.body["subject"], entry.body["what"])
            for entry in queries.entries(*subjects)
            if entry.body["type"] == Act.RECEIVED.value
        }
        for row in queries.receipts(*subjects):
            subject, what = logged.get(row.id, ("", {}))
            body = canonical(row.body)
            if subject != row.subject or what["receipt_sha256"] != digest(body):
                continue
            try:
                receipt = receipts.read(body)
            except ReceiptUnreadable:
                continue
            if (receipt.id, receipt.subject, receipt.proof.value, receipt.trial) == (
                row.id,
                subject,
                what["proof"],
                what["trial"],
            ):
                found.setdefault(subjects[subject], []).insert(0, receipt)
    return found


def _portions(clips: Iterable[ClipId]) -> Iterator[list[ClipId]]:
    left = iter(dict.fromkeys(clips))
    while some := list(islice(left, AT_ONCE)):
        yield some
