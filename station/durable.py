"""Writing a small file so that a power cut leaves the old one, the new one or none, never half of one.

Temporary file in the same folder, fsync, rename, fsync of the folder.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_DRAFT = re.compile(r"\..+\.([0-9]+)\.new")
"""A file on its way to its name, and the process that writes it."""


def place_new(path: Path, data: bytes, mode: int) -> bool:
    """Write a file that must not be there yet; returns False, and changes nothing, when it is."""
    draft = _draft(path, data, mode)
    try:
        os.link(draft, path)  # unlike rename, link never replaces what is there
    except FileExistsError:
        return False
    finally:
        draft.unlink()
        sync_folder(path.parent)
    return True


def replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file in place of what may be there."""
    draft = _draft(path, data, mode)
    draft.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path, mode: int) -> None:
    """Make a folder, and those above it, so that they outlive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent, 0o755)
    with suppress(FileExistsError):
        path.mkdir(mode)
    sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove the drafts that processes left which are no more."""
    for draft in folder.glob(".*.new"):
        found = _DRAFT.fullmatch(draft.name)
        if found is not None and not Path("/proc", found[1]).exists():
            draft.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft(path: Path, data: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        draft.unlink()  # left by a power cut; its process id came round again
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft
