"""Rows of an older system's table, read one after another and held to the files they speak of. What does not fit is refused, by row.

Nothing grows with the table but eight bytes a row, by which a file that is named twice is found.
"""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path

from evidence.errors import Exit, Fault
from station.brought.mapping import TAGS, Mapping, columns_of
from station.home import StationError

LIMIT_CELL = 32_768
DEVICE_CHARACTERS = 128
"""As the catalogue holds them."""
BLOCK = 1 << 20


class MetadataUnreadable(StationError):
    """The table cannot be read. Fields: ``path``, ``rule``."""

    code = "metadata-unreadable"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Row:
    """A file with what the older system said of it. ``path`` relative to the folder, as bytes; empty texts are left out."""

    number: int
    path: bytes
    size: int
    device: str | None
    tags: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is left behind: its number (the header is 1), what it names, and the rule that it breaks."""

    number: int
    path: str
    rule: str


class Seen:
    """Which paths were named: a digest of eight bytes each."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def add(self, path: bytes) -> bool:
        """Whether it is new."""
        mark = _mark(path)
        if mark in self._known:
            return False
        self._known.add(mark)
        return True

    def __contains__(self, path: bytes) -> bool:
        return _mark(path) in self._known


def rows(
    folder: bytes, metadata: Path, mapping: Mapping, seen: Seen, checked: Callable[[dict[str, str]], object]
) -> Iterator[Row | Refused]:
    """Every row, as it comes. ``checked`` raises a fault for tags that cannot be. Raises :class:`MetadataUnreadable`."""
    wanted = columns_of(mapping)
    encoding = "utf-8-sig" if mapping.table.encoding.lower() in {"utf-8", "utf8"} else mapping.table.encoding
    try:
        with metadata.open(encoding=encoding, newline="") as file:
            reader = csv.DictReader(file, delimiter=mapping.table.delimiter, strict=True)
            missing = set(wanted.values()) - set(reader.fieldnames or ())
            if missing:
                raise MetadataUnreadable(path=str(metadata), rule=f"a column {min(missing)!r} in the first line")
            for number, cells in enumerate(reader, 2):
                # Not csv.field_size_limit: that is the whole process's, and other tables have bounds of their own.
                if any(isinstance(cell, str) and len(cell) > LIMIT_CELL for cell in cells.values()):
                    raise MetadataUnreadable(path=str(metadata), rule=f"line {number}: at most {LIMIT_CELL} characters in a cell")
                yield _row(number, cells, wanted, folder, seen, checked)
    except OSError as error:
        raise MetadataUnreadable(path=str(metadata), rule=error.strerror or "cannot be read") from error
    except (UnicodeError, csv.Error) as error:
        raise MetadataUnreadable(path=str(metadata), rule=f"{error}") from error


def _row(
    number: int,
    cells: dict[str, str],
    wanted: dict[str, str],
    folder: bytes,
    seen: Seen,
    checked: Callable[[dict[str, str]], object],
) -> Row | Refused:
    if None in cells or None in cells.values():
        return Refused(number, "", "as many cells as the header has")
    told = {name: cells[column].strip() for name, column in wanted.items()}
    shown = told["path"][:256]
    path = os.fsencode(told["path"].replace("\\", "/"))
    parts = path.split(b"/")
    if not path or path.startswith(b"/") or b"\0" in path or any(part in {b"", b".", b".."} for part in parts):
        return Refused(number, shown, "a path below the folder")
    facts = _facts(folder, parts)
    if facts is None:
        return Refused(number, shown, "a file that is there, and no link on the way to it")
    if not seen.add(path):
        return Refused(number, shown, "a file is named once")
    device = told.get("device") or None
    if device is not None and len(device) > DEVICE_CHARACTERS:
        return Refused(number, shown, f"device: at most {DEVICE_CHARACTERS} characters")
    tags = {name: told[name] for name in TAGS if told.get(name)}
    try:
        checked(tags)
    except Fault as fault:
        return Refused(number, shown, f"{fault.code}: {', '.join(f'{name} {value}' for name, value in fault.fields.items())}")
    digest = told.get("sha256", "").lower()
    whole = os.path.join(folder, path)  # noqa: PTH118  # a path is bytes here: it may be any file name
    if digest and digest != _digest(whole):
        return Refused(number, shown, "the file has the digest that the table says")
    claims = {name.removeprefix("claim:"): value for name, value in told.items() if name.startswith("claim:") and value}
    if digest:
        claims["sha256"] = digest
    return Row(number, path, facts.st_size, device, tags, claims)


def _facts(folder: bytes, parts: list[bytes]) -> os.stat_result | None:
    """The file's facts when it is a file, and every folder on the way is a folder."""
    path = folder
    facts: os.stat_result | None = None
    for place, part in enumerate(parts, 1):
        path = os.path.join(path, part)  # noqa: PTH118  # a path is bytes here: it may be any file name
        try:
            facts = os.lstat(path)
        except (OSError, ValueError):
            return None
        if not (stat.S_ISREG if place == len(parts) else stat.S_ISDIR)(facts.st_mode):
            return None
    return facts


def _digest(path: bytes) -> str:
    hasher = sha256()
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a path is bytes here: it may be any file name
            while block := file.read(BLOCK):
                hasher.update(block)
    except OSError:
        return ""
    return hasher.hexdigest()


def _mark(path: bytes) -> int:
    return int.from_bytes(blake2b(path, digest_size=8).digest())
