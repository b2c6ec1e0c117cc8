"""What the matcher is given, read from the catalogue; what has changed since it last looked; and the lists of what has no counterpart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, exists, select

from evidence import incidents, matches, shifts
from evidence.catalogue import schema
from evidence.catalogue.queries import Queries
from evidence.catalogue.reaching import seen, sees
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import STATION, Act
from evidence.facts import DockingState
from evidence.ids import UNIDENTIFIED, ClipId, SheetId, StationId
from evidence.incidents import incident_of
from evidence.matching import Carried, Dispatch, Duty, Material, Point, Recorded
from evidence.reach import Reach
from evidence.shifts import shift_of

AFTER = timedelta(days=7)
"""A recording of an incident is docked at most so long after it began, unless its clock says itself that it is older."""
BEFORE = timedelta(days=6)
"""What lies further before a docking, and from the times that its recordings bear, plays no part in judging it."""
AROUND = timedelta(days=1)
UNTOLD_SECONDS = 60.0
"""Length of a recording of which nothing tells it."""
PAGE = 500
NOT_FOOTAGE = (b".log", b".txt", b".idx", b".nmea", b".gps", b".csv", b".xml", b".json")
"""What a camera writes beside its recordings: it belongs to no incident by itself."""


@dataclass(slots=True)
class Touched:
    """What changed in the log: dockings, and spans of time in which incidents or duties lie. ``position``: how far was looked."""

    position: tuple[int, int]
    dockings: set[str] = field(default_factory=set)
    clips: set[str] = field(default_factory=set)
    spans: list[tuple[str, str]] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether the matcher has nothing to do."""
        return not (self.dockings or self.clips or self.spans)


class Matchable:
    """Questions of the matcher, on one open reading connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station
        self._sheets = Sheets(connection, station)

    def since(self, epoch: int, size: int) -> Touched:
        """What changed after a log had ``size`` entries: a later log's are all after it."""
        table = schema.custody_entry
        acts = (Act.SEALED.value, Act.TAGGED.value, Act.RECORDED.value)
        touched = Touched(self.position())
        later = (table.c.epoch == epoch) & (table.c.seq >= size)
        if touched.position[0] != epoch:
            later |= table.c.epoch > epoch
        rows = self._connection.execute(
            select(table.c.body).where(table.c.station == self._station, later, table.c.type.in_(acts))
        )
        for (body,) in rows:
            self._touch(touched, msgspec.json.decode(body))
        return touched

    def position(self) -> tuple[int, int]:
        """The newest log, and how many entries it has."""
        table = schema.custody_entry
        newest = self._connection.execute(
            select(table.c.epoch, table.c.seq)
            .where(table.c.station == self._station)
            .order_by(table.c.epoch.desc(), table.c.seq.desc())
            .limit(1)
        ).first()
        return (1, 0) if newest is None else (newest.epoch, int(newest.seq) + 1)

    def _touch(self, touched: Touched, entry: dict[str, Any]) -> None:
        kind, _, subject = str(entry["subject"]).partition(":")
        if entry["type"] == Act.SEALED.value:
            touched.dockings.add(subject)
        elif entry["type"] == Act.TAGGED.value:
            if kind == "clip" and entry["actor"] != {"system": STATION.role}:
                touched.clips.add(subject)
        elif entry["what"]["kind"] in {incidents.KIND, shifts.KIND}:
            told = [entry["what"]["said"]]
            if entry["what"]["version"] > 1:
                told = [
                    one.body["what"]["said"] for one in self._sheets.history(SheetId(subject)) if one.body["type"] == "recorded"
                ]
            touched.spans += [(said["begins_at"], said["ends_at"] or said["begins_at"]) for said in told]

    def concerned(self, touched: Touched) -> list[tuple[str, str]]:
        """Dockings that may come out otherwise: when they were opened, and their ids; by that time."""
        table, clip = schema.docking, schema.clip
        ids = set(touched.dockings)
        for some in _parts(sorted(touched.clips)):
            of = select(clip.c.docking).where(clip.c.station == self._station, clip.c.id.in_(some))
            ids |= set(self._connection.execute(of).scalars())
        for low, high in _joined([(_later(begins, -AROUND), _later(ends, AROUND)) for begins, ends in touched.spans]):
            dated = (
                select(clip.c.docking).where(clip.c.station == self._station, clip.c.recorded_at.between(low, high)).distinct()
            )
            ids |= set(self._connection.execute(dated).scalars())
        spans = _joined([(begins, _later(ends, AFTER)) for begins, ends in touched.spans])
        rows = self._connection.execute(
            select(table.c.opened_at, table.c.id).where(
                table.c.station == self._station, table.c.state == DockingState.SEALED.value
            )
        )
        return sorted(
            (row.opened_at, row.id) for row in rows if row.id in ids or any(low <= row.opened_at <= high for low, high in spans)
        )

    def every(self) -> list[tuple[str, str]]:
        """All sealed dockings."""
        table = schema.docking
        mine = (table.c.station == self._station) & (table.c.state == DockingState.SEALED.value)
        return sorted(
            (row.opened_at, row.id) for row in self._connection.execute(select(table.c.opened_at, table.c.id).where(mine))
        )

    def material(self, dockings: Sequence[tuple[str, str]]) -> tuple[Material, dict[str, int]]:
        """Incidents and duties that play a part for dockings (when opened, and id), and the versions of the incidents."""
        clip = schema.clip
        dated = select(clip.c.recorded_at).where(
            clip.c.station == self._station, clip.c.docking.in_([one for _, one in dockings]), clip.c.recorded_at.is_not(None)
        )
        spans = [(_later(opened, -BEFORE), _later(opened, AROUND)) for opened, _ in dockings]
        spans += [(_later(one, -AROUND), _later(one, AROUND)) for one in set(self._connection.execute(dated).scalars())]
        joined = _joined(spans)
        found = [row for low, high in joined for row in self._sheets.between(incidents.KIND, "begins_at", low, high)]
        duties = [row for low, high in joined for row in self._sheets.between(shifts.KIND, "begins_at", low, high)]
        return (
            Material(
                tuple(_dispatch(row) for row in found if row.said.get("gone_at") is None),
                tuple(one for row in duties for one in _duty(row)),
            ),
            {row.id: row.version for row in found},
        )

    def carried(self, dockings: Sequence[str]) -> list[Carried]:
        """Dockings with their recordings."""
        table = schema.docking
        rows = self._connection.execute(select(table).where(table.c.station == self._station, table.c.id.in_(dockings))).all()
        clips = self._clips(dockings)
        earlier = self._earlier({row.device for row in rows} - {UNIDENTIFIED})
        return [_carried(row, clips.get(row.id, []), earlier.get(row.device, [])) for row in rows]

    def _clips(self, dockings: Sequence[str]) -> dict[str, list[Any]]:
        table = schema.clip
        columns = (table.c.id, table.c.docking, table.c.recorded_at, table.c.duration_ms, table.c.recording, table.c.place)
        found: dict[str, list[Any]] = {}
        rows = self._connection.execute(
            select(*columns, table.c.recorded_by, table.c.path)
            .where(table.c.station == self._station, table.c.docking.in_(dockings), table.c.disposed_at.is_(None))
            .order_by(table.c.docking, table.c.recorded_at, table.c.id)
        )
        for row in rows:
            if _footage(row):
                found.setdefault(row.docking, []).append(row)
        return found

    def _earlier(self, devices: Iterable[str]) -> dict[str, list[str]]:
        table = schema.docking
        found: dict[str, list[str]] = {}
        rows = self._connection.execute(
            select(table.c.device, table.c.opened_at).where(table.c.station == self._station, table.c.device.in_(sorted(devices)))
        )
        for row in rows:
            found.setdefault(row.device, []).append(row.opened_at)
        return found

    # Lists

    def matches(
        self, reach: Reach | None, told: Mapping[str, str | None], *, doubted: bool, after: str | None, limit: int
    ) -> list[SheetRow]:
        """A page of matches whose clips are in reach, oldest first; ``told``: what they are found by, None: anything."""
        table, place = schema.sheet, schema.sheet_index
        wanted = select(table.c.id).where(table.c.station == self._station, table.c.kind == matches.KIND)
        for name, value in told.items():
            if value is not None:
                mine = (place.c.station == self._station) & (place.c.kind == matches.KIND) & (place.c.sheet == table.c.id)
                wanted = wanted.where(exists().where(mine, place.c.name == name, place.c.value == value))
        found: list[SheetRow] = []
        while len(found) < limit:
            page = wanted if after is None else wanted.where(table.c.id > after)
            ids = list(self._connection.execute(page.order_by(table.c.id).limit(PAGE)).scalars())
            rows = [row for one in ids if (row := self._sheets.sheet(matches.KIND, one)) is not None]
            found += [row for row in rows if (row.said["doubted"] or not doubted) and self._in_reach(row, reach)]
            if len(ids) < PAGE:
                break
            after = ids[-1]
        return found[:limit]

    def proposed(self, name: str, value: str) -> list[SheetRow]:
        """Matches of a clip or an incident that wait for somebody."""
        return [row for row in self._sheets.found(matches.KIND, name, value) if row.said["state"] == "proposed"]

    def _in_reach(self, row: SheetRow, reach: Reach | None) -> bool:
        return reach is None or sees(self._connection, self._station, ClipId(row.said["clip"]), reach)

    def without_footage(self, reach: Reach | None, before: str, after: str | None, limit: int) -> list[SheetRow]:
        """A page of incidents in reach that began before a moment, and that no clip bears; oldest first. What its feed took back is left out."""
        unit = Queries(self._connection, self._station).unit()
        table, clip = schema.sheet, schema.clip
        found: list[SheetRow] = []
        while len(found) < limit:
            wanted = select(table.c.id).where(table.c.station == self._station, table.c.kind == incidents.KIND)
            bears = exists().where(clip.c.station == self._station, clip.c.incident == table.c.id)
            if after is not None:
                wanted = wanted.where(table.c.id > after)
            ids = list(self._connection.execute(wanted.where(~bears).order_by(table.c.id).limit(PAGE)).scalars())
            for one in ids:
                row = self._sheets.sheet(incidents.KIND, one)
                if row is None or row.said["begins_at"] > before or row.said.get("gone_at") is not None:
                    continue
                if incident_of(row.said, row.kept).seen(reach, unit):
                    found.append(row)
            if len(ids) < PAGE:
                break
            after = ids[-1]
        return found[:limit]

    def without_incident(self, reach: Reach | None, after: str | None, limit: int) -> list[dict[str, Any]]:
        """A page of clips in reach that are footage and bear no incident, oldest first."""
        clip, docking = schema.clip, schema.docking
        columns = (clip.c.id, clip.c.device, clip.c.path, clip.c.recorded_at, clip.c.duration_ms, clip.c.docking)
        wanted = (
            select(*columns, docking.c.officer)
            .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
            .where(clip.c.station == self._station, clip.c.incident.is_(None), clip.c.disposed_at.is_(None), seen(reach))
        )
        found: list[dict[str, Any]] = []
        while len(found) < limit:
            page = wanted if after is None else wanted.where(clip.c.id > after)
            rows = self._connection.execute(page.order_by(clip.c.id).limit(PAGE)).all()
            found += [dict(row._mapping) for row in rows if _footage(row)]  # noqa: SLF001  # SQLAlchemy's name for a public thing
            if len(rows) < PAGE:
                break
            after = rows[-1].id
        return found[:limit]


def seconds(moment: str) -> float:
    """A moment of the catalogue in seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


def _parts(whole: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(whole), PAGE):
        yield whole[start : start + PAGE]


def _footage(row: Any) -> bool:  # noqa: ANN401  # a row with what is asked of it
    """Whether a clip is something that was recorded: it tells a time or a length, and is no notes of the camera's own."""
    timed = row.recorded_at is not None or row.duration_ms is not None
    return timed and (row.duration_ms is not None or not bytes(row.path).lower().endswith(NOT_FOOTAGE))


def _later(moment: str, by: timedelta) -> str:
    value = datetime.fromisoformat(moment).astimezone(UTC) + by
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}Z"


def _joined(spans: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Spans that touch, as one."""
    found: list[tuple[str, str]] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _point(place: str | None) -> Point | None:
    """Coordinates where a place is written as such: latitude, longitude."""
    parts = (place or "").split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    return Point(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _dispatch(row: SheetRow) -> Dispatch:
    one = incident_of(row.said, row.kept)
    return Dispatch(
        row.id,
        seconds(one.begins_at),
        None if one.arrived_at is None else seconds(one.arrived_at),
        None if one.ends_at is None else seconds(one.ends_at),
        frozenset(one.officers),
        frozenset() if one.unit is None else frozenset({one.unit}),
        frozenset(one.devices),
        _point(one.place),
        one.place,
    )


def _duty(row: SheetRow) -> Iterator[Duty]:
    one = shift_of(row.said, row.kept)
    if one.officer and one.gone_at is None:
        yield Duty(one.officer, seconds(one.begins_at), seconds(one.ends_at), one.unit, one.device)


def _carried(row: Any, clips: list[Any], earlier: list[str]) -> Carried:  # noqa: ANN401  # a row of the catalogue
    least, most = _measured(msgspec.json.decode(row.acquisition).get("clock"))
    before = max((one for one in earlier if one < row.opened_at), default=None)
    said = {clip.recorded_by for clip in clips if clip.recorded_by is not None}
    return Carried(
        row.id,
        row.device,
        said.pop() if len(said) == 1 else row.officer,
        seconds(row.opened_at),
        None if before is None else seconds(before),
        tuple(_recordings(clips)),
        least,
        most,
    )


def _measured(clocks: Any) -> tuple[float | None, float | None]:  # noqa: ANN401  # what a docking says of clocks, or nothing
    """The bounds that all measurements leave, in seconds; none where they contradict each other."""
    least = [one["at_least_ms"] / 1000 for one in clocks or () if one["at_least_ms"] is not None]
    most = [one["at_most_ms"] / 1000 for one in clocks or () if one["at_most_ms"] is not None]
    low, high = max(least, default=None), min(most, default=None)
    return (None, None) if low is not None and high is not None and low > high else (low, high)


def _recordings(clips: list[Any]) -> Iterator[Recorded]:
    groups: dict[str, list[Any]] = {}
    for clip in clips:
        groups.setdefault(clip.recording or clip.id, []).append(clip)
    for group in groups.values():
        timed = [clip for clip in group if clip.recorded_at is not None]
        begins = min((seconds(clip.recorded_at) for clip in timed), default=None)
        lengths = [clip.duration_ms / 1000 for clip in group if clip.duration_ms is not None]
        length = sum(lengths) if lengths else UNTOLD_SECONDS
        if begins is not None and timed:
            length = max(length, max(seconds(clip.recorded_at) + (clip.duration_ms or 0) / 1000 for clip in timed) - begins)
        place = next((clip.place for clip in group if clip.place), None)
        yield Recorded(tuple(clip.id for clip in group), begins, length, _point(place), place)
