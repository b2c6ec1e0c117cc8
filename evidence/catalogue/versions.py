"""The versions of a sheet, each with what it changed, who wrote it and why: the history of a case, an incident, a category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from evidence.canonical import Json
from evidence.catalogue.histories import Place
from evidence.catalogue.queries import EntryRow
from evidence.catalogue.sheets import Sheets
from evidence.ids import SheetId
from evidence.incidents import Difference


@dataclass(frozen=True, slots=True)
class Version:
    """One version. ``did``: what was done, as a word; ``erased``: its personal part was removed lawfully."""

    number: int
    did: str
    at: str
    person: str | None
    role: str
    reason: str | None
    place: Place
    erased: bool
    changes: tuple[Difference, ...]


def versions(sheets: Sheets, of: SheetId) -> Iterator[Version]:
    """All versions, oldest first. What the first one says is no change of anything."""
    before: Mapping[str, Json] | None = None
    for entry in sheets.history(of):
        what = entry.body["what"]
        if "version" not in what:
            continue
        now = _whole(entry)
        changes = () if before is None else tuple(_changes(before, now))
        actor = entry.body["actor"]
        yield Version(
            number=int(what["version"]),
            did=what["did"],
            at=entry.body["when"]["utc"],
            person=entry.personal.get("actor"),
            role=actor.get("role") or actor["system"],
            reason=entry.personal.get("reason"),
            place=(entry.epoch, entry.seq),
            erased=what["kept"] is not None and "kept" not in entry.personal,
            changes=changes,
        )
        before = now


def _whole(entry: EntryRow) -> dict[str, Any]:
    kept = entry.personal.get("kept")
    return {**entry.body["what"]["said"], **(msgspec.json.decode(kept) if kept is not None else {})}


def _changes(before: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        if old != new and name in now:
            yield Difference(name, old, new)
