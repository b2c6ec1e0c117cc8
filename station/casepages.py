"""How cases, incidents and their footage are shown: the same in every answer."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.canonical import Json
from evidence.cases import Case, case_of
from evidence.catalogue.acts.undoing import shown
from evidence.catalogue.casefile import Footage, Packaged
from evidence.catalogue.desk import Desk
from evidence.catalogue.sheets import SheetRow
from evidence.catalogue.versions import versions
from evidence.incidents import Difference, Incident, incident_of
from evidence.inventory import path_members
from evidence.timelines import overlap

HISTORY = 100
"""Versions that a page shows, the newest ones; it says how many there were before."""
PACKAGES = 50
"""Packages that a page shows, the newest ones."""
PAGE_ROWS = 100
"""Clips of a page where nothing else is asked for."""


def case_json(row: SheetRow) -> dict[str, Json]:
    """A case as every answer shows it."""
    case = case_of(row.said, row.kept)
    people: list[Json] = [one.document for one in case.people]
    return {
        "id": row.id,
        "number": case.number,
        "title": case.title,
        "state": case.state.value,
        "unit": case.unit,
        "sensitivity": case.sensitivity,
        "people": people,
        "earlier": list(case.earlier),
        "merged_into": case.merged_into,
        "merged_from": list(case.merged_from),
        "split_from": case.split_from,
        "split_into": list(case.split_into),
        "version": row.version,
        "changed_at": row.at,
    }


def incident_json(row: SheetRow) -> dict[str, Json]:
    """An incident as every answer shows it."""
    one = incident_of(row.said, row.kept)
    return {
        "id": row.id,
        "number": one.number,
        "begins_at": one.begins_at,
        "ends_at": one.ends_at,
        "place": one.place,
        "officers": list(one.officers),
        "devices": list(one.devices),
        "category": one.category,
        "text": one.text,
        "unit": one.unit,
        "source": one.source,
        "version": row.version,
        "changed_at": row.at,
    }


def footage_json(one: Footage, incident: Incident | None) -> dict[str, Json]:
    """A clip on a time line. ``begins``: the interval, by the station's clock, in which it began; null: nothing bounds that side.

    ``overlap``: whether it shares a moment with the incident; null where there is none to compare it with.
    """
    shared = None if incident is None else overlap(one.begins, one.duration_ms, incident.begins_at, incident.ends_at)
    return {
        "clip": one.clip,
        **path_members(one.path),
        "device": one.device,
        "officer": one.officer,
        "size": one.size,
        "state": one.state,
        "category": one.category,
        "case": one.case_number,
        "incident": one.incident,
        "importance": one.importance,
        "sensitivity": one.sensitivity,
        "note": one.note,
        "recorded_at": one.recorded_at,
        "duration_ms": one.duration_ms,
        "rule": one.rule,
        "uncertainty_ms": one.uncertainty_ms,
        "clock": {
            "bases": list(one.bases),
            "at_least_ms": one.clock.at_least_ms,
            "at_most_ms": one.clock.at_most_ms,
            "disagree": one.clock.disagree,
        },
        "begins": {"at_least": one.begins.at_least, "at_most": one.begins.at_most},
        "overlap": None if shared is None else shared.value,
    }


def hold_json(row: SheetRow) -> dict[str, Json]:
    """A hold as a page shows it; its own page says more."""
    kept = row.kept or {}
    return {
        "id": row.id,
        "on": row.said["on"],
        "value": kept.get("value", row.said["value"]),
        "state": row.said["state"],
        "clause": row.said["clause"],
        "reason": kept.get("reason"),
        "at": row.at,
    }


def package_json(one: Packaged) -> dict[str, Json]:
    """A court package as a page shows it."""
    return {"package": one.package, "at": one.at, "by": one.person, "role": one.role, "clips": one.clips}


def history_json(desk: Desk, row: SheetRow) -> dict[str, Json]:
    """The newest versions of a sheet, oldest first, and how many there were before them."""
    found = list(versions(desk.sheets, row.id))
    rows: list[Json] = [
        {
            "version": one.number,
            "did": one.did,
            "at": one.at,
            "by": one.person,
            "role": one.role,
            "reason": one.reason,
            "entry": shown(one.place),
            "erased": one.erased,
            "changes": changes_json(one.changes),
        }
        for one in found[-HISTORY:]
    ]
    return {"history": rows, "history_left_out": max(0, len(found) - HISTORY)}


def changes_json(changes: Sequence[Difference]) -> list[Json]:
    """Members before and after."""
    return [{"field": one.name, "old": one.old, "new": one.new} for one in changes]


def case_of_row(row: SheetRow) -> Case:
    """The case of a sheet."""
    return case_of(row.said, row.kept)
