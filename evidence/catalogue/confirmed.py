"""Whether a store has what belongs to a clip, as an expression of SQL: asked by every list of clips, and by the search index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, literal, select

from evidence.catalogue import schema
from evidence.facts import ClipState
from evidence.ids import StationId


def confirmed(station: StationId) -> Any:  # noqa: ANN401  # SQL expressions have no narrower public type
    """True for a clip that a receipt covers.

    An empty file has no footage to send: it is at the store when the records of its docking are.
    """
    clip, receipt = schema.clip, schema.receipt
    mine = select(receipt.c.id).where(receipt.c.station == station)
    records = receipt.c.body.like(literal('%"object_key":"%/records/') + clip.c.docking + ".jsonl%")
    return case(
        (
            clip.c.state == ClipState.EMPTY.value,
            mine.where(receipt.c.subject == "docking:" + clip.c.docking, records).correlate(clip).exists(),
        ),
        else_=mine.where(receipt.c.subject == "clip:" + clip.c.id).correlate(clip).exists(),
    )
