"""Files that the service makes for a caller, on their way out: written into the home, fetched once, removed.

The service may run as another user than its caller and, under systemd, sees neither that person's folders nor may write there. So a command
that writes files does its work in ``run/outgoing/ID/``, where what the caller said about the real place is imitated (something is there
already, the folder is closed): it refuses as it would there, and the paths in what it answers are turned back into the caller's.
"""

from __future__ import annotations

import os
import tarfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from evidence.errors import Fault
from station.commands import Answer, Command, Export, Package, PrintShift, PrintSlip
from station.commands.keeping import PrintCertificate
from station.home import Home
from station.receiving import target_of
from station.wire import Place

WRITING = (Export, Package, PrintSlip, PrintShift, PrintCertificate)
SECONDS = 3600.0
"""How long files wait to be fetched."""
FETCH_SECONDS = 5.0
"""Within which a client that is there begins to fetch them; what takes longer is under way by then."""
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Detour:
    """A command on its way around: the same one with a path in the home."""

    id: str
    command: Command
    asked: bytes
    target: Path

    def answer(self, answer: Answer) -> Answer:
        """What it answers, with the caller's paths."""
        return Answer(self._turned(answer.document), answer.status)

    def fault(self, fault: Fault) -> Fault:
        """What it refuses with, with the caller's paths."""
        return type(fault)(**{name: self._turned(value) for name, value in fault.fields.items()})

    def _turned(self, value: Any) -> Any:  # noqa: ANN401  # what JSON can hold
        mine = str(self.target)
        if isinstance(value, str) and (value == mine or value.startswith(mine + "/")):
            return os.fsdecode(self.asked) + value[len(mine) :]
        if isinstance(value, dict):
            return {key: self._turned(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._turned(inner) for inner in value]
        return value


class Outgoing:
    """The folder of files that wait to be fetched."""

    def __init__(self, home: Home) -> None:
        self._folder = home.run / "outgoing"
        rmtree(self._folder, ignore_errors=True)  # an earlier service's: nobody knows their names any more
        self._folder.mkdir(0o700)
        self._making: set[str] = set()

    def detour(self, command: Command, place: Place | None) -> Detour | None:
        """Where a command is to write instead; None for one that writes nothing for its caller."""
        if not isinstance(command, WRITING):
            return None
        self._sweep()
        place = place or Place()
        asked = target_of(command)
        name = uuid.uuid4().hex
        folder = self._folder / name
        self._making.add(name)
        folder.mkdir(0o700)
        target = folder / (own if (own := Path(os.fsdecode(asked)).name) not in {"", ".."} else "target")
        if place.closed:
            target = folder / "closed" / target.name
        elif isinstance(command, Export):
            target.mkdir(0o700)
            for known, data in place.present.items():
                if "/" not in known and known not in {"", ".", ".."}:
                    (target / known).write_bytes(data)
        elif place.taken:
            target.touch()
        written = os.fsencode(target)
        if isinstance(command, Export | Package):
            return Detour(name, replace(command, folder=written), asked, target)
        return Detour(name, replace(command, target=written), asked, target)

    def drop(self, name: str) -> None:
        """Remove what was made under a name."""
        self._making.discard(name)
        rmtree(self._folder / name, ignore_errors=True)

    def waits(self, name: str) -> bool:
        """Whether something was made under a name, and nobody fetched it yet."""
        return len(name) == 32 and name.isalnum() and name.isascii() and (self._folder / name).is_dir()

    def ready(self, name: str) -> None:
        """What was made under a name is whole: from now on it waits to be fetched."""
        os.utime(self._folder / name)
        self._making.discard(name)

    def wait(self, seconds: float) -> None:
        """Give those who were just answered the time to fetch their files."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(age < FETCH_SECONDS for _, age in self._ages()):
            time.sleep(0.05)

    def stream(self, name: str) -> Iterator[bytes]:
        """What was made, as a tar archive; it is removed when all of it was read, or the reader left."""
        try:
            self.ready(name)  # again: it is being fetched
            (target,) = (self._folder / name).iterdir()
            for path in (target, *sorted(target.rglob("*"))):
                yield from _member(path, str(path.relative_to(target)))
            yield bytes(2 * tarfile.BLOCKSIZE)
        finally:
            self.drop(name)

    def _sweep(self) -> None:
        for folder, age in self._ages():
            if age > SECONDS:
                rmtree(folder, ignore_errors=True)

    def _ages(self) -> Iterator[tuple[Path, float]]:
        """Seconds since each was made; what is still being made, or has just been fetched, is left out."""
        for one in [one for one in self._folder.iterdir() if one.name not in self._making]:
            with suppress(FileNotFoundError):
                yield one, time.time() - one.stat().st_mtime


def _member(path: Path, name: str) -> Iterator[bytes]:
    info = tarfile.TarInfo(name)
    facts = path.stat()
    info.mode = facts.st_mode & 0o777
    if path.is_dir():
        info.type = tarfile.DIRTYPE
    else:
        info.size = facts.st_size
    yield info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    if info.isreg():
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
        yield bytes(-info.size % tarfile.BLOCKSIZE)
