"""The home of a station: one folder that can be moved, with no absolute path inside."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence.errors import Exit, Fault


class StationError(Fault):
    """Base of the faults of this package."""


class NoHome(StationError):
    """There is no station at that place. Fields: ``home``."""

    code = "no-home"
    status = Exit.USAGE


class HomeUnusable(StationError):
    """A file of the home cannot be read or written. Fields: ``path``, ``error``."""

    code = "home-unusable"
    status = Exit.REFUSED


class NoSuchDocking(StationError):
    """No docking of this station has that id. Fields: ``docking``."""

    code = "no-such-docking"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie in a home."""

    root: Path

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Translate the operating system's errors of a block that works on the home's own files."""
        try:
            yield
        except OSError as error:
            path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(self.root)
            raise HomeUnusable(path=path, error=error.strerror) from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """One process at a time makes the home or changes its settings; another one waits. The lock goes with its process."""
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.root / "station.toml"

    @property
    def catalogue(self) -> Path:
        """The embedded catalogue."""
        return self.root / "catalogue.sqlite3"

    @property
    def keys(self) -> Path:
        """Keys and certificates."""
        return self.root / "keys"

    @property
    def vault(self) -> Path:
        """The vault."""
        return self.root / "vault"

    @property
    def derived(self) -> Path:
        """What was made from footage for viewing, by digest. Beside the vault, never in it."""
        return self.root / "derived"

    @property
    def store(self) -> Path:
        """The embedded folder store."""
        return self.root / "store"

    @property
    def run(self) -> Path:
        """What only matters while something runs: the lock, and where the service listens."""
        return self.root / "run"

    @property
    def profiles(self) -> Path:
        """Profiles that an administrator added."""
        return self.root / "profiles"

    @property
    def feeds(self) -> Path:
        """Mapping files of feeds, one each, and how far each was read."""
        return self.root / "feeds"

    @property
    def matching(self) -> Path:
        """How far the matcher has looked."""
        return self.root / "matching.json"

    def certificate(self, role: str) -> Path:
        """First certificate of a role: ``ca``, ``seal`` or ``log``. The catalogue has all of them."""
        return self.keys / ("ca.pem" if role == "ca" else f"{role}.crt.pem")

    def next_key(self, role: str) -> Path:
        """What says where the key lies that waits to succeed the one of a role."""
        return self.keys / f"next-{role}.json"

    def next_certificate(self, role: str) -> Path:
        """The certificate of the key that waits, once it has one."""
        return self.keys / f"next-{role}.crt.pem"

    def private_key(self, role: str) -> Path:
        """First private key of a role, when it lies in a file."""
        return self.keys / f"{role}.key.pem"
