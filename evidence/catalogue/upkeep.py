"""Operational rows that upkeep writes: when a blob was last re-read. No evidence changes here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, update

from evidence.catalogue import schema
from evidence.catalogue.connect import writing
from evidence.ids import StationId


def blobs_verified(engine: Engine, station: StationId, digests: Sequence[str], at: str) -> None:
    """These blobs were re-read from the medium and are what they should be, as of ``at``."""
    blob = schema.blob
    with writing(engine) as connection:
        connection.execute(update(blob).where(blob.c.station == station, blob.c.sha256.in_(digests)).values(last_verified_at=at))
