"""Acts of delivery: what the far end acknowledged."""

from __future__ import annotations

from sqlalchemy import insert

from evidence.canonical import JsonObject, canonical, digest
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import Act, Draft
from evidence.ids import ReceiptId


def received(
    commit: Commit, receipt: ReceiptId, subject: str, sent: JsonObject, body: JsonObject, *, proof: str, trial: bool
) -> None:
    """A store confirmed that it holds a clip or a docking's index. ``sent`` says what went where; ``body`` is the receipt."""
    text = canonical(body)
    commit.append(Draft(Act.SENT, subject, sent))
    commit.append(
        Draft(Act.RECEIVED, subject, {"receipt": receipt, "receipt_sha256": digest(text), "proof": proof, "trial": trial})
    )
    commit.connection.execute(
        insert(schema.receipt).values(station=commit.station, id=receipt, subject=subject, body=text.decode(), at=commit.utc)
    )
