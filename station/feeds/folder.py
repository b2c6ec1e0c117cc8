"""The drop folder of a feed: files that are whole are read once and kept, in ``taken`` or ``refused``, with a report beside each.

A file is whole when nobody wrote to it for the settling time. What is no ordinary file (a link, a pipe, a folder) is left alone. A power cut
between the commit and the move leaves the file where it was: it is read again, changes nothing, and is moved then.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evidence.canonical import JsonObject
from station import durable
from station.feeds.delimited import LIMIT_BYTES

TAKEN, REFUSED = "taken", "refused"
FILES = 1000
"""So many files of a folder are looked at in one run."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that is whole. ``untrusted_bytes`` is one byte longer than may be where the file is."""

    path: Path
    untrusted_bytes: bytes


def whole(folder: Path, pattern: str, settle_seconds: float, now: float) -> Iterator[Dropped]:
    """The files of a folder that are whole, the oldest first. ``now``: seconds since 1970. Raises ``OSError`` where it cannot be read."""
    with os.scandir(folder) as entries:
        found = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in entries
            if not entry.name.startswith(".") and fnmatchcase(entry.name, pattern) and entry.is_file(follow_symlinks=False)
        ]
    for mtime_ns, name in sorted(found)[:FILES]:
        if now - mtime_ns / 1e9 >= settle_seconds:
            path = folder / name
            untrusted_bytes = _read(path)
            if untrusted_bytes is not None:
                yield Dropped(path, untrusted_bytes)


def _read(path: Path) -> bytes | None:
    """None: it changed into something else meanwhile, or while it was read."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            return None
        data = file.read(LIMIT_BYTES + 1)
        after = os.fstat(handle)
        return data if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) else None


def keep(dropped: Dropped, into: str, stamp: str, report: JsonObject) -> Path:
    """Move a file that was read to where such are kept, its report beside it; nothing there is overwritten. Raises ``OSError``."""
    folder = dropped.path.parent / into
    durable.make_folder(folder, 0o750)
    base, number = f"{stamp}-{dropped.path.name}", 0
    while (target := folder / (base if not number else f"{number}-{base}")).exists():
        number += 1
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    durable.replace(target.with_name(target.name + ".report.json"), text.encode(), 0o640)
    dropped.path.rename(target)
    durable.sync_folder(folder)
    durable.sync_folder(dropped.path.parent)
    return target
