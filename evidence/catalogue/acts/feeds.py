"""Acts of feeds: what a source says becomes sheets, once. A record that comes again changes nothing; one that changed is another version.

A person's correction stands: it gives way only to a record that the source itself has changed since it last brought it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from evidence import incidents, shifts
from evidence.canonical import Json
from evidence.catalogue.acts.sheets import Sheet, noted, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.ids import SheetId
from evidence.incidents import Incident, incident_of
from evidence.shifts import Shift, key_of, shift_of

Brought = Incident | Shift
Outcome = Literal["added", "changed", "same", "corrected"]
"""``corrected``: the source says what it said before, and a person has corrected that."""


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a record."""

    id: SheetId
    outcome: Outcome


def feed_actor(name: str) -> Actor:
    """A feed as who acts."""
    return Actor(None, f"feed:{name}")


def kind_of(record: Brought) -> str:
    """The kind of sheet a record becomes."""
    return incidents.KIND if isinstance(record, Incident) else shifts.KIND


def read(row: SheetRow) -> Brought:
    """The record that a sheet holds."""
    return incident_of(row.said, row.kept) if row.kind == incidents.KIND else shift_of(row.said, row.kept)


def known(sheets: Sheets, record: Brought) -> SheetRow | None:
    """The sheet of the same record, if there is one."""
    if isinstance(record, Incident):
        return next(iter(sheets.found(incidents.KIND, "number", record.number)), None)
    return next(iter(sheets.found(shifts.KIND, "key", key_of(record.source, record.number))), None)


def outcome(sheets: Sheets, record: Brought, row: SheetRow | None) -> Outcome:
    """What would become of a record."""
    if row is None:
        return "added"
    if read(row) == record:
        return "same"
    return "corrected" if _said_before(sheets, row, record) else "changed"


def brought(commit: Commit, record: Brought) -> Became:
    """A record of a feed, written where it is new or has changed. Raises as :func:`~evidence.catalogue.acts.sheets.written`."""
    sheets = Sheets(commit.connection, commit.station)
    row = known(sheets, record)
    found = outcome(sheets, record, row)
    if row is None:
        return Became(written(commit, _sheet(record), "added", feed_actor(record.source)), found)
    if found == "changed":
        written(commit, _sheet(record), "changed", feed_actor(record.source), of=row.id, version=row.version)
    return Became(row.id, found)


def missing(sheets: Sheets, kind: str, source: str, have: set[str], period: tuple[str, str] | None) -> Iterator[SheetRow]:
    """Sheets of a source that are not among ``have`` (numbers), and not gone already; ``period``: of those only that begin in it."""
    for row in sheets.found(kind, "source", source):
        record = read(row)
        told = period is None or period[0] <= record.begins_at <= period[1]
        if told and record.gone_at is None and record.number and record.number not in have:
            yield row


def gone(commit: Commit, row: SheetRow) -> None:
    """The source does not have a record any more. It stays here, and says so."""
    record = read(row)
    written(commit, _sheet(_gone(record, commit.utc)), "gone", feed_actor(record.source), of=row.id, version=row.version)


def run_noted(commit: Commit, feed: str, actor: Actor, what: Mapping[str, Json], delivery: str) -> None:
    """A feed brought something. ``delivery``: the name of the file, or where it was asked."""
    noted(commit, SUBJECT_STATION, "feed-run", actor, what={**what, "feed": feed}, people={"delivery": delivery})


def _gone(record: Brought, at: str) -> Brought:
    return replace(record, gone_at=at)


def _sheet(record: Brought) -> Sheet:
    return Sheet(kind_of(record), record.said, record.kept, record.found_by)


def _said_before(sheets: Sheets, row: SheetRow, record: Brought) -> bool:
    """Whether the source's own last word about it was this one already, and somebody else has spoken since."""
    spoken = [entry for entry in sheets.history(row.id) if entry.body["type"] == "recorded"]
    if not spoken or spoken[-1].body["actor"] == {"system": feed_actor(record.source).role}:
        return False
    for entry in reversed(spoken):
        if entry.body["actor"] == {"system": feed_actor(record.source).role}:
            kept: dict[str, Any] | None = msgspec.json.decode(entry.personal["kept"]) if "kept" in entry.personal else None
            said = entry.body["what"]["said"]
            return (incident_of(said, kept) if isinstance(record, Incident) else shift_of(said, kept)) == record
    return False
