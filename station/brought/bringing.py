"""Footage of an older system on its way in: a docking for each handful of files of one device, by the ordinary way of every drop.

Rules kept here:

* what is taken is listed, copied, re-read and sealed like any other footage; the docking says that it was brought along, from which table, and by which
  mapping, both by digest. That the bytes are those of then, nobody here has seen, and nothing says so;
* what the older system said is kept as what it said: who recorded, case and category are tags by whoever brings it, everything else stands word for
  word on a sheet. Times of the table are claims: the manifest has what names, containers and file systems say;
* a handful is known by its files and what was said of them. One that was brought is passed over, so an import that was cut off goes on where it stopped;
* nothing grows with the number of files but eight bytes each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from evidence.canonical import Json, canonical, digest
from evidence.catalogue.acts import desk
from evidence.catalogue.acts.desk import Field
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.queries import DockingRow
from evidence.custody.entry import Actor
from evidence.facts import DockingState, SourceKind
from evidence.ids import ClipId, DockingId
from evidence.inventory import decode
from ingest.visit import Asked, Means, Opening, visit
from station.brought.rows import Refused, Row
from station.commands import Tag
from station.rooms import Rooms
from station.tags import check_category, wanted

SHEET = "brought-along"
MEMBER = "brought_along"
"""In a docking's acquisition: what came from an older system (``figures`` leave it out)."""
WINDOW = 5000
"""Rows that are put in order by device at a time."""
HANDFUL = 500
"""Files in one docking at most."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where footage is brought from. Digests of the table and the mapping as they were given."""

    folder: bytes
    metadata_sha256: str
    mapping_sha256: str
    system: str
    source: SourceKind


def handfuls(found: Iterator[Row | Refused], refused: Callable[[Refused], None]) -> Iterator[list[Row]]:
    """Rows by device, in an order that depends on the table alone. ``refused`` is told of every other one."""
    while window := list(islice(found, WINDOW)):
        by_device: dict[str, list[Row]] = {}
        for one in window:
            if isinstance(one, Refused):
                refused(one)
            else:
                by_device.setdefault(one.device or "", []).append(one)
        for device in sorted(by_device):
            rows = by_device[device]
            for begin in range(0, len(rows), HANDFUL):
                yield rows[begin : begin + HANDFUL]


def key_of(origin: Origin, rows: list[Row]) -> str:
    """By what a handful is known."""
    told: list[Json] = [[os.fsencode(row.path).hex(), str(row.size), row.device, row.tags, row.claims] for row in rows]
    return digest(canonical([origin.mapping_sha256, told]))


class Fitting:
    """Tags as the catalogue takes them; what was found of a category is remembered."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._categories: set[str] = set()

    def __call__(self, tags: dict[str, str]) -> dict[Field, str | None]:
        """The fields with their values. Raises the faults of ``station.tags``."""
        category = tags.get("category")
        command = Tag(
            (),
            case_number=tags.get("case_number"),
            category=category,
            note=tags.get("note"),
            officer=tags.get("recorded_by"),
            importance=tags.get("importance"),
            location=tags.get("place"),
        )
        with self._rooms.sheets() as sheets:
            given = wanted(command, self._rooms.settings, sheets)
            if category is not None and category not in self._categories:
                check_category(given, sheets)
                self._categories.add(category)
        return given


def known(rooms: Rooms, key: str) -> bool:
    """Whether a handful was brought, tags and all."""
    with rooms.sheets() as sheets:
        return bool(sheets.found(SHEET, "handful", key))


def bring(rooms: Rooms, means: Means, origin: Origin, rows: list[Row], fits: Fitting, actor: Actor) -> DockingId:
    """Take one handful and say what was said of it. Raises the faults of reading, of the vault and of the ledger."""
    key = key_of(origin, rows)
    facts: dict[str, Json] = {
        "handful": key,
        "system": origin.system,
        "metadata_sha256": origin.metadata_sha256,
        "mapping_sha256": origin.mapping_sha256,
    }

    def judged(opening: Opening) -> Opening:
        told = {name: value for name, value in opening.acquisition.items() if name != "clock"}
        return replace(opening, acquisition={**told, MEMBER: facts}, officer=None)

    asked = Asked(origin.folder, None, origin.source, rows[0].device, frozenset(row.path for row in rows))
    docking = visit(asked, replace(means, judged=judged), again=False)
    if docking is None:  # it was sealed, and the power went before its tags
        docking = next(row.id for row in _sealed(rooms) if row.acquisition.get(MEMBER, {}).get("handful") == key)
    _tell(rooms, docking, key, origin, rows, fits, actor)
    return docking


def _tell(rooms: Rooms, docking: DockingId, key: str, origin: Origin, rows: list[Row], fits: Fitting, actor: Actor) -> None:
    """What the older system said, in one commit: tags, and a sheet with the rest."""
    clips = _clips(rooms, docking)
    claims: dict[str, Json] = {}
    tagged: list[tuple[ClipId, dict[Field, str | None]]] = []
    for row in rows:
        clip = clips.get(row.path)
        if clip is None:
            continue  # it could not be read, and its listing says so
        if row.claims:
            claims[clip] = dict(row.claims)
        if row.tags:
            tagged.append((clip, fits(row.tags)))
    said: dict[str, Json] = {
        "docking": docking,
        "handful": key,
        "metadata_sha256": origin.metadata_sha256,
        "mapping_sha256": origin.mapping_sha256,
        "files": len(rows),
        "claims": len(claims),
    }
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        for clip, given in tagged:
            desk.tagged(commit, clip, given, actor)
        kept: dict[str, Json] = {"system": origin.system, "claims": claims}
        written(commit, Sheet(SHEET, said, kept, (("handful", key), ("docking", docking))), "added", actor)


def _clips(rooms: Rooms, docking: DockingId) -> dict[bytes, ClipId]:
    with rooms.queries() as queries:
        listing = queries.listing(docking)
        if listing is None:
            raise ValueError("a sealed docking has its listing")
        items = decode(listing)[0].items
        return {items[one.position].path: one.clip for one in queries.sightings(docking=docking) if one.clip is not None}


def _sealed(rooms: Rooms) -> list[DockingRow]:
    with rooms.queries() as queries:
        return list(queries.dockings(DockingState.SEALED.value))


def unnamed(folder: bytes, seen: Callable[[bytes], bool], metadata: Path) -> Iterator[bytes]:
    """Files below the folder that no row names; the table itself is none."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)  # noqa: PTH118  # a path is bytes here: it may be any file name
            if not seen(os.path.relpath(path, folder)) and os.fsdecode(path) != str(metadata):
                yield path
