"""Acts on incidents: a dispatch record is written once, and again where it was corrected. The same record again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evidence import incidents
from evidence.catalogue.acts.sheets import Sheet, SheetChanged, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit
from evidence.ids import SheetId
from evidence.incidents import Difference, Incident, differences, incident_of


class IncidentKnown(EvidenceError):
    """There is an incident of that number. Fields: ``number``, ``id``."""

    code = "incident-known"
    status = Exit.REFUSED


class NoSuchIncident(EvidenceError):
    """No incident has that number or id. Fields: ``incident``."""

    code = "no-such-incident"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a dispatch record. ``same``: it stood there already, and nothing was written."""

    id: SheetId
    outcome: Literal["added", "changed", "same"]
    version: int
    changes: tuple[Difference, ...] = ()


def put(commit: Commit, wanted: Incident, actor: Actor, *, reason: str | None = None) -> Put:
    """The incident of a number is what this record says: added, corrected, or left as it is. For feeds, which bring a record again and again.

    Raises as :func:`~evidence.catalogue.acts.sheets.written`.
    """
    rows = by_number(commit, wanted.number)
    if rows:
        return changed(commit, rows[0], wanted, actor, reason=reason)
    return Put(written(commit, _sheet(wanted), "added", actor, reason=reason), "added", 1)


def added(commit: Commit, wanted: Incident, actor: Actor) -> Put:
    """A new incident. Raises :class:`IncidentKnown`."""
    for row in by_number(commit, wanted.number):
        raise IncidentKnown(number=wanted.number, id=row.id)
    return put(commit, wanted, actor)


def changed(
    commit: Commit, row: SheetRow, wanted: Incident, actor: Actor, *, version: int | None = None, reason: str | None = None
) -> Put:
    """An incident is corrected; ``version``: the one that it is thought to have.

    Raises :class:`~evidence.catalogue.acts.sheets.SheetChanged`, :class:`IncidentKnown` when another bears the new number.
    """
    if version is not None and version != row.version:
        raise SheetChanged(kind=incidents.KIND, id=row.id, version=row.version)
    changes = tuple(differences(incident_of(row.said, row.kept), wanted))
    if not changes:
        return Put(row.id, "same", row.version)
    for other in by_number(commit, wanted.number):
        if other.id != row.id:
            raise IncidentKnown(number=wanted.number, id=other.id)
    written(commit, _sheet(wanted), "changed", actor, of=row.id, version=row.version, reason=reason)
    return Put(row.id, "changed", row.version + 1, changes)


def by_number(commit: Commit, number: str) -> list[SheetRow]:
    """Sheets of incidents that bear a number, as this commit sees them: none or one."""
    return Sheets(commit.connection, commit.station).found(incidents.KIND, "number", number)


def incident_sheet(sheets: Sheets, named: str) -> SheetRow:
    """The incident of an id or a number. Raises :class:`NoSuchIncident`."""
    found = sheets.sheet(incidents.KIND, named) or next(iter(sheets.found(incidents.KIND, "number", named)), None)
    if found is None:
        raise NoSuchIncident(incident=named)
    return found


def _sheet(wanted: Incident) -> Sheet:
    return Sheet(incidents.KIND, wanted.said, wanted.kept, wanted.found_by)
