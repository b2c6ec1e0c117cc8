"""What a home holds in the end, and what it had committed when it was struck.

Read from outside, with nothing of the product but its formats: the catalogue as an SQLite file, the vault and the store as folders.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from sqlalchemy import create_engine

from evidence.catalogue import schema
from tests.campaigns.crashing.steps import shape_of

_WAL_HEADER, _FRAME_HEADER = 32, 24  # sqlite.org/fileformat2.html, section 4.1
_CATALOGUE = "catalogue.sqlite3"
_DRAWN = re.compile(r"-[0-9a-f]{8}(?=\.key\.pem)")
"""What is drawn by chance in the name of a key's file."""


@dataclass(frozen=True, slots=True)
class EndState:
    """All that must be as after an undisturbed run. Ids, times and numbers of log entries differ from run to run and are left out."""

    clips: tuple[tuple[object, ...], ...]
    sightings: frozenset[tuple[object, ...]]
    footage: Counter[tuple[object, ...]]
    index: frozenset[tuple[object, ...]]
    receipts: frozenset[tuple[object, ...]]
    keys: Counter[tuple[object, ...]]
    stamps: Counter[tuple[object, ...]]
    cosigned: frozenset[tuple[object, ...]]
    sheets: Counter[tuple[object, ...]]
    found_by: Counter[tuple[object, ...]]
    given: Counter[tuple[object, ...]]
    heads: frozenset[str]
    unsealed: int
    blobs: dict[str, str]
    objects: Counter[str]
    settings: str
    files: Counter[str]

    def differences(self, other: EndState) -> list[str]:
        """What is otherwise here than in ``other``, which is as it should be."""
        found = []
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if mine != theirs:
                found.append(f"{one.name}: {_difference(mine, theirs)}")
        return found


@dataclass(frozen=True, slots=True)
class Committed:
    """What the ledger holds at an instant: entries in order of the log, dockings by their state, blobs that clips need."""

    entries: tuple[bytes, ...] = ()
    sealed: frozenset[str] = frozenset()
    uploads_done: frozenset[str] = frozenset()
    tables: bool = field(default=False)

    def lost_in(self, later: Committed) -> list[str]:
        """What of it ``later`` no longer holds."""
        lost = []
        if later.entries[: len(self.entries)] != self.entries:
            kept = sum(1 for one, other in zip(self.entries, later.entries, strict=False) if one == other)
            lost.append(f"{len(self.entries)} entries were committed, {kept} of them are left")
        if not self.sealed <= later.sealed:
            lost.append(f"sealed dockings are gone: {sorted(self.sealed - later.sealed)}")
        if not self.uploads_done <= later.uploads_done:
            lost.append(f"{len(self.uploads_done - later.uploads_done)} receipts are gone")
        return lost


def _difference(mine: object, theirs: object) -> str:
    if isinstance(mine, Counter) and isinstance(theirs, Counter):
        return f"{_some(mine - theirs)} too many, {_some(theirs - mine)} missing"
    if isinstance(mine, dict) and isinstance(theirs, dict):
        wrong = {key for key in mine.keys() & theirs.keys() if mine[key] != theirs[key]}
        return (
            f"{_some(mine.keys() - theirs.keys())} too many, {_some(theirs.keys() - mine.keys())} missing, {_some(wrong)} wrong"
        )
    if isinstance(mine, str | int):
        return f"{mine!r} instead of {theirs!r}"
    here, there = set(mine), set(theirs)  # type: ignore[call-overload]  # tuples and sets of tuples
    if here == there:
        return "some of them more than once"
    return f"{_some(here - there)} too many, {_some(there - here)} missing"


def _some(things: object) -> str:
    listed = sorted(things, key=str)  # type: ignore[call-overload]  # any collection
    return str(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def end_state(home: Path, *vaults: Path, outputs: Iterable[Path] = ()) -> EndState:
    """Read a home that nobody works on any more, with the vaults that lie outside it, and folders that were written from it.

    The home of a witness has no catalogue, but heads.
    """
    with _opened(home / _CATALOGUE) as rows:
        clips = sorted(
            rows.execute("SELECT hex(path), size, sha256, state, category, case_number, note, disposed_at IS NULL FROM clip")
        )
        sightings = frozenset(rows.execute("SELECT position, state, sha256, size FROM sighting"))
        footage = Counter(rows.execute("SELECT sha256, state FROM upload WHERE rank = 1"))
        # of each docking, of each subject: a docking that was sealed when it was struck is followed by a second one of the same card
        index = frozenset(_by_subject(rows.execute("SELECT subject, kind, state FROM upload WHERE rank = 0")))
        receipts = frozenset(rows.execute("SELECT substr(subject, 1, 4), count(*) FROM receipt GROUP BY subject"))
        keys = Counter(_keys(rows))
        stamps: Counter[tuple[object, ...]] = Counter(
            (_covered(one), by, "kept") for one, by in rows.execute("SELECT covers, authority FROM time_stamp")
        )
        stamps += Counter(
            (_covered(one), by, "awaited") for one, by in rows.execute("SELECT covers, authority FROM stamp_request")
        )
        cosigned = frozenset(rows.execute("SELECT witness, size = (SELECT max(size) FROM checkpoint) FROM cosignature"))
        sheets = Counter(_sheets(rows))
        found_by = Counter(rows.execute("SELECT kind, name FROM sheet_index"))
        given = Counter(rows.execute("SELECT record_sha256 IS NULL, accepted_sha256 IS NULL FROM index_given"))
        unsealed: int = rows.execute("SELECT count(*) FROM docking WHERE state != 'sealed'").fetchone()[0]
    files: Counter[str] = Counter()
    blobs: dict[str, str] = {}
    objects: Counter[str] = Counter()
    for root, top in [(home, ""), *((vault, "vault/") for vault in vaults), *((output, "") for output in outputs)]:
        for path, status in _below(root):
            name = top + path
            if name.startswith("vault/blobs/") and name.count("/") == 3:
                blobs[f"{root.name}: {name}"] = f"{status.st_mode & 0o7777:o} {_sha256(root / path)}"
            elif name.startswith("store/") and not name.startswith("store/.partial/"):
                if not name.startswith("store/checkpoints/"):  # one for each run that reached the store
                    objects[shape_of(name) if "/blobs/" not in name else name] += 1
            elif not name.startswith(_CATALOGUE + "-"):
                files[f"{shape_of(name)} {status.st_mode & 0o7777:o}"] += 1
    settings = _DRAWN.sub("-#", (home / "station.toml").read_text(encoding="utf-8")) if (home / "station.toml").exists() else ""
    heads = frozenset(path.read_text(encoding="utf-8") for path in home.glob("heads/[!.]*"))
    return EndState(
        clips=tuple(clips),
        sightings=sightings,
        footage=footage,
        index=index,
        receipts=receipts,
        keys=keys,
        stamps=stamps,
        cosigned=cosigned,
        sheets=sheets,
        found_by=found_by,
        given=given,
        heads=heads,
        unsealed=unsealed,
        blobs=blobs,
        objects=objects,
        settings=settings,
        files=files,
    )


def _keys(rows: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """Role and reasons of the end of every key."""
    ended: dict[str, list[str]] = {}
    for subject, body in rows.execute("SELECT subject, body FROM custody_entry WHERE type = 'key-revoked' ORDER BY epoch, seq"):
        ended.setdefault(subject, []).append(json.loads(body)["what"]["reason"])
    for key, role, revoked in rows.execute("SELECT id, role, revoked_at IS NOT NULL FROM signing_key"):
        yield role, bool(revoked), *ended.get(f"key:{key}", ())


def _sheets(rows: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """Kind, version and state of every sheet, and what was done to it, in order."""
    steps: dict[str, list[str]] = {}
    for subject, body in rows.execute("SELECT subject, body FROM custody_entry WHERE type = 'recorded' ORDER BY epoch, seq"):
        steps.setdefault(subject, []).append(json.loads(body)["what"]["did"])
    for sheet, kind, version, said in rows.execute("SELECT id, kind, version, said FROM sheet"):
        yield kind, version, json.loads(said).get("state"), *steps.get(f"sheet:{sheet}", ())


def _covered(covers: str) -> str:
    return "seal" if covers.startswith("docking:") else "checkpoint"


def _by_subject(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[object, ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for subject, *rest in rows:
        found.setdefault(subject, []).append(tuple(rest))
    yield from (tuple(sorted(one)) for one in found.values())


def wrong_blobs(home: Path, *vaults: Path) -> list[str]:
    """Blobs whose bytes are not what their name says, and clips without one."""
    wrong = []
    with _opened(home / _CATALOGUE) as rows:
        needed = {row[0] for row in rows.execute("SELECT DISTINCT sha256 FROM clip WHERE size > 0 AND disposed_at IS NULL")}
    for vault in (home / "vault", *vaults):
        held = {path.name: path for path in vault.glob("blobs/*/*")}
        wrong += [f"no blob {name} in {vault.name}" for name in needed - held.keys()]
        wrong += [f"{path}: other bytes than its name says" for name, path in held.items() if _sha256(path) != name]
    return wrong


def sheet_said(home: Path, sheet: str) -> dict[str, object]:
    """What a sheet says; nothing there is touched."""
    with _opened(home / _CATALOGUE) as rows:
        row = rows.execute("SELECT said FROM sheet WHERE id = ?", (sheet,)).fetchone()
    return {} if row is None else dict(json.loads(row[0]))


def sheets_of(home: Path, kind: str) -> list[str]:
    """The sheets of a kind; nothing there is touched."""
    with _opened(home / _CATALOGUE) as rows:
        return [row[0] for row in rows.execute("SELECT id FROM sheet WHERE kind = ?", (kind,))]


def cosignatures(home: Path) -> list[tuple[int, str, str]]:
    """Size and note of every checkpoint that a witness cosigned, and its line."""
    with _opened(home / _CATALOGUE) as rows:
        joined = "SELECT size, note, line FROM cosignature JOIN checkpoint USING (station, epoch, size)"
        return [(size, note, line) for size, note, line in rows.execute(joined)]


def committed(home: Path, *, live: bool = False) -> Committed:
    """What the ledger has committed; nothing there is touched.

    ``live``: a program has it open, and counts as committed what that shows to readers. Else the write-ahead log alone
    decides, as it does for whoever opens it next.
    """
    if not (home / _CATALOGUE).exists():
        return Committed()
    with _opened(home / _CATALOGUE, live=live) as rows:
        try:
            return Committed(
                tuple(row[0] for row in rows.execute("SELECT body FROM custody_entry ORDER BY epoch, seq")),
                frozenset(row[0] for row in rows.execute("SELECT id FROM docking WHERE state = 'sealed'")),
                frozenset(row[0] for row in rows.execute("SELECT id FROM receipt")),
                tables=True,
            )
        except sqlite3.DatabaseError:
            return Committed()  # its tables are not there yet


@contextmanager
def _opened(catalogue: Path, *, live: bool = False) -> Iterator[sqlite3.Connection]:
    """A copy of a catalogue with its write-ahead log; ``live``: with as much of it as readers see at this moment.

    Where there is none, as in the home of a witness, it has the tables, and nothing in them.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.sqlite3")
        if catalogue.exists():
            shutil.copyfile(catalogue, copy)
        else:
            schema.metadata.create_all(create_engine(f"sqlite:///{copy}"))
        wal = _with_suffix(catalogue, "-wal")
        if wal.exists():
            data = wal.read_bytes()
            end = _visible(_with_suffix(catalogue, "-shm"), len(data)) if live else len(data)
            _with_suffix(copy, "-wal").write_bytes(data[:end])
        with closing(sqlite3.connect(copy)) as rows:
            yield rows


def _visible(shm: Path, length: int) -> int:
    """How many bytes of the log the index in shared memory makes visible (sqlite.org/walformat.html, section 2.1)."""
    try:
        header = shm.read_bytes()[:48]
    except FileNotFoundError:
        return length
    if len(header) < 48 or not header[12]:
        return length  # no index: whoever opens it next goes by the log alone
    size, frames = struct.unpack_from("=HI", header, 14)
    return _WAL_HEADER + int(frames) * (_FRAME_HEADER + (65536 if size == 1 else int(size)))


def _with_suffix(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _below(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder, names, files in os.walk(root):
        for name in files + [name for name in names if not os.listdir(os.path.join(folder, name))]:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), os.lstat(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
