"""Which entries of the custody log are asked for: by kind of object, act, person and time, as conditions on its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from evidence.catalogue import schema
from evidence.ids import StationId

ACTOR = "actor"
"""The personal value of an entry that names who acted."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked for; what is None or empty leaves all. ``since`` and ``until``: RFC 3339 in UTC with microseconds, the second one excluded."""

    kind: str | None = None
    acts: tuple[str, ...] = ()
    person: str | None = None
    since: str | None = None
    until: str | None = None


def narrowed(wanted: Select[Any], station: StationId, sought: Sought) -> Select[Any]:
    """A selection of entries with these conditions."""
    entry, personal = schema.custody_entry, schema.personal_value
    if sought.kind is not None:
        wanted = wanted.where(entry.c.subject.startswith(f"{sought.kind}:", autoescape=True))
    if sought.acts:
        wanted = wanted.where(entry.c.type.in_(sought.acts))
    if sought.since is not None:
        wanted = wanted.where(entry.c.at >= sought.since)
    if sought.until is not None:
        wanted = wanted.where(entry.c.at < sought.until)
    if sought.person is not None:
        named = select(personal.c.entry).where(
            personal.c.station == station,
            personal.c.entry == entry.c.id,
            personal.c.field == ACTOR,
            personal.c.value == sought.person,
        )
        wanted = wanted.where(named.exists())
    return wanted
