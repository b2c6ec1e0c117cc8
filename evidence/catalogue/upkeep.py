"""Operational rows that upkeep writes: when a blob was last re-read, where a device was last seen. No evidence changes here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, update

from evidence.catalogue import schema
from evidence.catalogue.connect import writing
from evidence.ids import DeviceKey, StationId


def blobs_verified(engine: Engine, station: StationId, digests: Sequence[str], at: str) -> None:
    """These blobs were re-read from the medium and are what they should be, as of ``at``."""
    blob = schema.blob
    with writing(engine) as connection:
        connection.execute(update(blob).where(blob.c.station == station, blob.c.sha256.in_(digests)).values(last_verified_at=at))


def device_seen(engine: Engine, station: StationId, key: DeviceKey, at: str, slot: int | None) -> None:
    """A device of the registry was docked, in this slot if it was one."""
    device = schema.device
    with writing(engine) as connection:
        connection.execute(
            update(device).where(device.c.station == station, device.c.key == key).values(last_seen_at=at, last_slot=slot)
        )
