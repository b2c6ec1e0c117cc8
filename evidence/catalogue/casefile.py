"""What lies behind a case and an incident: their footage in the order of time, the holds on it, the packages that left with it. Read only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from evidence.catalogue import schema
from evidence.catalogue.acts.desk import CHUNK
from evidence.catalogue.reaching import seen
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Act
from evidence.ids import ClipId, SheetId, StationId
from evidence.reach import Reach
from evidence.timelines import Offset, Span, offset, span

HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip on a time line. ``at`` is where it is sorted in: the recorder's time, else that of taking. Size in bytes, duration in milliseconds.

    ``rule`` and ``uncertainty_ms`` are those of the published time; ``begins`` when it began by the station's clock.
    """

    clip: ClipId
    at: str
    path: bytes
    device: str
    officer: str | None
    size: int
    state: str
    category: str
    case_number: str | None
    incident: SheetId | None
    importance: str | None
    sensitivity: str | None
    note: str | None
    recorded_at: str | None
    duration_ms: int | None
    rule: str | None
    uncertainty_ms: int | None
    clock: Offset
    bases: tuple[str, ...]
    """What the clock's measurements rest on."""
    begins: Span


@dataclass(frozen=True, slots=True)
class Packaged:
    """A court package with clips of a case in it: when it was made, by whom (None: erased), with how many of them."""

    package: str
    at: str
    person: str | None
    role: str
    clips: int


class CaseFile:
    """Questions about the footage of a case or an incident, as far as a person's reach goes."""

    def __init__(self, connection: Connection, station: StationId, reach: Reach | None) -> None:
        self._connection = connection
        self._station = station
        self._reach = reach

    def of_case(self, numbers: Sequence[str], after: Sequence[str] = (), limit: int | None = None) -> list[Footage]:
        """Clips of a case's numbers in the order of time, behind one of them (its ``at`` and id)."""
        return list(self._footage(schema.clip.c.case_number.in_(numbers), after, limit))

    def of_incident(self, incident: SheetId, after: Sequence[str] = (), limit: int | None = None) -> list[Footage]:
        """Clips of an incident in the order of time, behind one of them (its ``at`` and id)."""
        return list(self._footage(schema.clip.c.incident == incident, after, limit))

    def incidents_of_case(self, numbers: Sequence[str]) -> list[SheetId]:
        """The incidents that clips of a case belong to."""
        table = schema.clip
        mine = table.c.case_number.in_(numbers) & table.c.incident.is_not(None)
        rows = self._connection.execute(
            select(table.c.incident).where(table.c.station == self._station, mine, seen(self._reach)).distinct()
        )
        return sorted(SheetId(one) for one in rows.scalars())

    def count(self, numbers: Sequence[str]) -> tuple[int, int]:
        """How many clips of a case are seen, and how many are not."""
        table = schema.clip
        mine = (table.c.station == self._station) & table.c.case_number.in_(numbers)
        every = int(self._connection.execute(select(func.count()).where(mine)).scalar_one())
        found = int(self._connection.execute(select(func.count()).where(mine, seen(self._reach))).scalar_one())
        return found, every - found

    def holds(self, on: Sequence[tuple[str, str]]) -> list[SheetRow]:
        """The holds, lifted ones too, on some subjects: what each is on, and its value. Oldest first, each once."""
        place = schema.sheet_index
        found: set[str] = set()
        for at in range(0, len(on), CHUNK):
            wanted = tuple_(place.c.name, place.c.value).in_(on[at : at + CHUNK])
            mine = (place.c.station == self._station) & (place.c.kind == HOLD)
            found |= set(self._connection.execute(select(place.c.sheet).where(mine, wanted)).scalars())
        sheets = Sheets(self._connection, self._station)
        return [row for one in sorted(found) if (row := sheets.sheet(HOLD, one)) is not None]

    def packages(self, numbers: Sequence[str], limit: int) -> list[Packaged]:
        """The packages that hold clips of a case, newest first, the first of them."""
        clip, entry, personal = schema.clip, schema.custody_entry, schema.personal_value
        rows = self._connection.execute(
            select(entry.c.id, entry.c.at, entry.c.body)
            .join_from(clip, entry, (entry.c.station == clip.c.station) & (entry.c.subject == "clip:" + clip.c.id))
            .where(clip.c.station == self._station, clip.c.case_number.in_(numbers), seen(self._reach))
            .where(entry.c.type == Act.EXPORTED.value)
        )
        found: dict[str, tuple[str, str, str, int]] = {}
        for row in rows:
            body = msgspec.json.decode(row.body)
            package = body["what"].get("package")
            if package is not None and "at" not in body["what"]:  # one that was written once more is the same package
                role = body["actor"].get("role") or body["actor"]["system"]
                count = found.get(package, ("", "", "", 0))[3]
                found[package] = (row.id, row.at, role, count + 1)
        newest = sorted(found.items(), reverse=True)[:limit]
        entries = [told[0] for _, told in newest]
        who = self._connection.execute(
            select(personal.c.entry, personal.c.value).where(
                personal.c.station == self._station, personal.c.entry.in_(entries), personal.c.field == "actor"
            )
        )
        people = {row.entry: row.value for row in who}
        return [Packaged(package, told[1], people.get(told[0]), told[2], told[3]) for package, told in newest]

    def _footage(self, condition: ColumnElement[bool], after: Sequence[str], limit: int | None) -> Iterator[Footage]:
        clip, docking, sighting = schema.clip, schema.docking, schema.sighting
        at = func.coalesce(clip.c.recorded_at, clip.c.taken_at)
        wanted = (
            select(clip, at.label("at"), docking.c.officer, docking.c.acquisition, docking.c.opened_at, sighting.c.record)
            .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
            .outerjoin(
                sighting,
                and_(sighting.c.station == clip.c.station, sighting.c.docking == clip.c.docking, sighting.c.clip == clip.c.id),
            )
            .where(clip.c.station == self._station, condition, seen(self._reach))
            .order_by(at, clip.c.id)
            .limit(limit)
        )
        if after:
            wanted = wanted.where(or_(at > after[0], and_(at == after[0], clip.c.id > after[1])))
        return (_footage(row) for row in self._connection.execute(wanted))


def _footage(row: Any) -> Footage:  # noqa: ANN401  # a row whose values have the types of the columns
    derived = (None if row.record is None else msgspec.json.decode(row.record).get("derived")) or {}
    measured = msgspec.json.decode(row.acquisition).get("clock") or []
    duration = None if row.duration_ms is None else int(row.duration_ms)
    uncertainty = derived.get("uncertainty_ms")
    clock = offset(measured)
    return Footage(
        clip=ClipId(row.id),
        at=row.at,
        path=bytes(row.path),
        device=row.device,
        officer=row.officer if row.recorded_by is None else row.recorded_by,
        size=int(row.size),
        state=row.state,
        category=row.category,
        case_number=row.case_number,
        incident=None if row.incident is None else SheetId(row.incident),
        importance=row.importance,
        sensitivity=row.sensitivity,
        note=row.note,
        recorded_at=row.recorded_at,
        duration_ms=duration,
        rule=derived.get("rule"),
        uncertainty_ms=uncertainty,
        clock=clock,
        bases=tuple(dict.fromkeys(str(one["basis"]) for one in measured)),
        begins=span(row.recorded_at, duration, uncertainty, clock, row.opened_at),
    )
