"""Where the command line keeps who is signed in: a file of the user's own, one a home, gone when the machine's session ends if it can be.

``EVIDENCE_STATION_SESSION`` goes before it. A file that others may read, or that somebody else owns, is none of ours.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from station import durable
from station.home import Home

VARIABLE = "EVIDENCE_STATION_SESSION"
LONGEST = 256


def place(home: Home) -> Path:
    """The file: below ``XDG_RUNTIME_DIR``, else ``XDG_STATE_HOME``, else ``~/.local/state``."""
    runtime, state = os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("XDG_STATE_HOME")
    base = Path(runtime or state or Path.home() / ".local" / "state")
    name = sha256(os.fsencode(home.root.resolve())).hexdigest()[:16]
    return base / "evidence-station" / f"{name}.session"


def found(home: Home) -> str | None:
    """The session of this user in a home, if there is one."""
    if given := os.environ.get(VARIABLE):
        return given[:LONGEST]
    try:
        handle = os.open(place(home), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, RuntimeError):  # RuntimeError: this user has no home folder
        return None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
            return None
        return file.read(LONGEST).decode("ascii", "replace").strip() or None


def keep(home: Home, session: str) -> Path:
    """Keep a session in place of the one of before; returns where."""
    path = place(home)
    with home.faults():
        durable.make_folder(path.parent, 0o700)
        durable.replace(path, f"{session}\n".encode(), 0o600)
    return path


def forget(home: Home) -> None:
    """Keep none any more."""
    with suppress(FileNotFoundError):
        place(home).unlink()
