"""A copy of a clean home in the hands of somebody who has root and none of the keys, and ``verify`` looking at it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.campaigns.tampering.command import Breaking, Said, must, run
from tests.campaigns.tampering.homes import STATION, Pattern, clone

ORIGIN = f"evidence-station/{STATION}/1"


class NothingTouched(Exception):
    """An attack that changed nothing: a mistake of the campaign, which would pass for a silent verifier."""


class Victim:
    """The copy. ``alone``: nothing from outside is given, and the store has no checkpoints any more."""

    def __init__(self, pattern: Pattern, folder: Path, *, alone: bool = False) -> None:
        self.pattern = pattern
        self.home, self.second = folder / "home", folder / "second"
        self.folder = folder
        self.alone = alone
        self.anchors: tuple[str, ...] = () if alone else (pattern.anchor,)
        self.checkpoints: list[Path] = [] if alone else [*pattern.kept]
        self.witnesses: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        clone(pattern.home, self.home)
        clone(pattern.second, self.second)
        if alone:
            shutil.rmtree(self.far)

    @staticmethod
    @contextmanager
    def look(pattern: Pattern) -> Iterator[sqlite3.Connection]:
        """The clean home's catalogue, to make cases from what it holds. Nothing is written, no companion file made."""
        with closing(sqlite3.connect(f"file:{pattern.home / 'catalogue.sqlite3'}?immutable=1", uri=True)) as connection:
            yield connection

    @property
    def far(self) -> Path:
        """Where the checkpoints lie in the store."""
        return self.home / "store" / "checkpoints"

    @property
    def settings(self) -> dict[str, str]:
        return {"EVIDENCE_STATION_SECOND_VAULT": str(self.second), **self.environment}

    def verify(self, broken: Breaking | None = None) -> Said:
        given = [part for anchor in self.anchors for part in ("--anchor", anchor)]
        given += [part for file in self.checkpoints for part in ("--checkpoint", str(file))]
        given += [part for witness in self.witnesses for part in ("--witness", witness)]
        return run(self.home, "verify", *given, settings=self.settings, broken=broken)

    def run(self, *arguments: str, broken: Breaking | None = None) -> Said:
        """Any other command on this home."""
        return run(self.home, *arguments, settings=self.settings, broken=broken)

    def must(self, *arguments: str) -> dict[str, Any]:
        """Another command, which has to succeed."""
        return must(self.home, *arguments, settings=self.settings)

    # -- the catalogue --

    @property
    def catalogue(self) -> Path:
        return self.home / "catalogue.sqlite3"

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.catalogue, isolation_level=None)) as connection:
            yield connection

    def sql(self, statement: str, *values: object) -> int:
        """Edit the catalogue. How many rows that touched. Raises :class:`NothingTouched`."""
        with self.database() as connection:
            touched = connection.execute(statement, values).rowcount
        if touched < 1:
            raise NothingTouched(statement)
        return touched

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database() as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:  # noqa: ANN401  # whatever the column holds
        """The first column of the first row."""
        with self.database() as connection:
            found = connection.execute(query, values).fetchone()
        if found is None:
            raise NothingTouched(query)
        return found[0]

    # -- files --

    def blob(self, digest: str, *, second: bool = False) -> Path:
        return (self.second if second else self.home / "vault") / "blobs" / digest[:2] / digest

    def own(self, path: Path) -> Path:
        """Make a file this copy's own, so that changing it changes nothing else."""
        content, mode = path.read_bytes(), path.stat().st_mode
        path.unlink()
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def edit(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        """Change a file's bytes in its place. Raises :class:`NothingTouched`."""
        before = path.read_bytes()
        after = change(before)
        if after == before:
            raise NothingTouched(str(path))
        self.own(path).write_bytes(after)

    def restore(self, backup: Path, *, store: bool = False) -> None:
        """Put a backup in the place of everything, but for the store, which lies elsewhere in earnest."""
        for entry in list(self.home.iterdir()):
            if entry.name != "store" or store:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.rmtree(self.second)
        clone(backup / "second", self.second)
        kept = self.folder / "store"
        if not store:
            (self.home / "store").rename(kept)
        self.home.rmdir()
        clone(backup / "home", self.home)
        if not store:
            shutil.rmtree(self.home / "store", ignore_errors=True)
            kept.rename(self.home / "store")

    # -- what must not change --

    def fingerprint(self) -> dict[str, str]:
        """Everything under the home and the second vault: kind, mode, size, time of change, bytes."""
        return {**state_of(self.home), **{f"second:{path}": state for path, state in state_of(self.second).items()}}


def state_of(root: Path) -> dict[str, str]:
    """Every path under a folder with all there is to know of it but the time it was read."""
    found = {}
    for folder, names, files in os.walk(root):
        for name in [*names, *files, "."]:
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            state = f"{stat.filemode(facts.st_mode)} {facts.st_mtime_ns}"
            if stat.S_ISREG(facts.st_mode):
                with open(path, "rb") as file:
                    state += f" {facts.st_size} {hashlib.file_digest(file, 'sha256').hexdigest()}"
            elif stat.S_ISLNK(facts.st_mode):
                state += f" {os.readlink(path)}"
            found[os.path.relpath(path, root)] = state
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Paths that are not as they were."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
