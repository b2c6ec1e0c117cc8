"""The store that the settings name, opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from evidence.errors import Exit
from station.home import StationError
from station.rooms import Rooms
from uploader.stores import Store


class StoreNotSet(StationError):
    """The S3 store is chosen and a setting for it is empty. Fields: ``name``."""

    code = "store-not-set"
    status = Exit.USAGE


HASTE_SECONDS = 3.0


@contextmanager
def open_store(rooms: Rooms, *, hasty: bool = False) -> Iterator[Store]:
    """The store, closed when done. ``hasty`` gives up on a silent line within seconds: collecting must not wait for it.

    Raises :class:`StoreNotSet` and faults about its credentials; asks nothing of the store yet.
    """
    if rooms.settings.store == "folder":
        from uploader.stores.folder import Folder, FolderOptions

        yield Folder(rooms.home.store, rooms.draw, FolderOptions())
        return
    with _s3(rooms, HASTE_SECONDS if hasty else None) as store:
        yield store


@contextmanager
def _s3(rooms: Rooms, haste: float | None) -> Iterator[Store]:
    from uploader import credentials
    from uploader.http import Http, HttpLimits, Trust
    from uploader.sigv4 import Scope
    from uploader.stores.s3 import S3, S3Options

    settings = rooms.settings
    for name in ("store_endpoint", "store_bucket"):
        if not getattr(settings, name):
            raise StoreNotSet(name=name)
    keys = credentials.load(os.environ, rooms.home.root / settings.store_credentials_file)
    limits = HttpLimits() if haste is None else HttpLimits(connect=haste, silence=haste)
    trust = Trust(
        ca_file=_in_home(rooms, settings.store_ca_file),
        certificate=_in_home(rooms, settings.store_client_certificate),
        key=_in_home(rooms, settings.store_client_key),
    )
    with Http(settings.store_endpoint, settings.store_bucket, limits, trust, settings.store_parts_in_flight) as http:
        scope = Scope(settings.store_region)
        options = S3Options(
            part_size=settings.store_part_size, streams=settings.store_parts_in_flight, read_back=settings.store_read_back
        )
        yield S3(http, settings.store_bucket, scope, keys, lambda: datetime.now(UTC), options)


def _in_home(rooms: Rooms, path: str) -> str:
    """A path of the settings: relative ones lie in the home, which can be moved."""
    return str(rooms.home.root / path) if path else ""


def retain_until(rooms: Rooms) -> datetime | None:
    """Until when the store is to lock what is sent now."""
    days = rooms.settings.store_retention_days
    return datetime.now(UTC) + timedelta(days=days) if days else None
