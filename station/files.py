"""New files that a person asked for: whole or not at all, never over something that is there."""

from __future__ import annotations

from pathlib import Path

from evidence.errors import Exit
from station import durable
from station.home import StationError


class TargetExists(StationError):
    """A file of that name is there already. Fields: ``path``."""

    code = "target-exists"
    status = Exit.REFUSED


class TargetUnusable(StationError):
    """The target cannot be written. Fields: ``path``, ``error``."""

    code = "target-unusable"
    status = Exit.REFUSED


def write_new(path: Path, data: bytes) -> None:
    """Write a small file that is not there yet. Raises :class:`TargetExists`, :class:`TargetUnusable`."""
    try:
        if not durable.place_new(path, data, 0o444):
            raise TargetExists(path=str(path))
    except OSError as error:
        raise TargetUnusable(path=str(path), error=error.strerror) from error
