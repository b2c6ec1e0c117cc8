"""New files that a person asked for: whole or not at all, never over something that is there."""

from __future__ import annotations

import os
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


def check_folder(folder: Path) -> None:
    """Said before any work is done for it: nothing could be written there. Raises :class:`TargetUnusable`."""
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise TargetUnusable(path=str(folder), error="the folder is not there or cannot be written")


def write_new(path: Path, data: bytes) -> None:
    """Write a small file that is not there yet. Raises :class:`TargetExists`, :class:`TargetUnusable`."""
    try:
        if not durable.place_new(path, data, 0o444):
            raise TargetExists(path=str(path))
    except OSError as error:
        raise TargetUnusable(path=str(path), error=error.strerror) from error
