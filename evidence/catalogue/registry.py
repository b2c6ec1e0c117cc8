"""Reading the registry of devices and the alarms: frozen rows out, nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from evidence.canonical import canonical
from evidence.catalogue import schema
from evidence.catalogue.queries import PAGE, EntryRow, Queries, keyset
from evidence.custody.entry import Act, subject_alarm, subject_device, subject_docking
from evidence.devices import DeviceState
from evidence.ids import AlarmId, DeviceId, DeviceKey, DockingId, StationId


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device as the catalogue has it. Moments RFC 3339 in UTC."""

    id: DeviceId
    key: DeviceKey
    make: str | None
    model: str | None
    serial: str | None
    kind: str
    state: DeviceState
    assigned_to: str | None
    issued_to: str | None
    issued_at: str | None
    registered_at: str
    note: str | None
    last_seen_at: str | None
    last_slot: int | None


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as the catalogue has it; ``fields`` with the people that its commitments stand for, None for one that was erased."""

    id: AlarmId
    kind: str
    subject: str
    fields: dict[str, Any]
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody had a device: from the issue to the return, None while he still has it. ``officer`` None: erased."""

    officer: str | None
    since: str
    until: str | None


class Registry:
    """Questions about one station's devices and alarms, on one open reading connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station
        self._queries = Queries(connection, station)

    def devices(self, after: str = "", limit: int | None = None) -> list[DeviceRow]:
        """All devices, by key, from behind one of them on."""
        table = schema.device
        wanted = select(table).where(table.c.station == self._station)
        rows = self._connection.execute(keyset(wanted, (table.c.key,), (after,) if after else (), limit))
        return [_device(row) for row in rows.mappings()]

    def device(self, key: DeviceKey) -> DeviceRow | None:
        """One device."""
        table = schema.device
        mine = (table.c.station == self._station) & (table.c.key == key)
        row = self._connection.execute(select(table).where(mine)).mappings().first()
        return None if row is None else _device(row)

    def history(self, device: DeviceRow) -> Iterable[EntryRow]:
        """Every entry about a device, its dockings and its alarms, in the order of the log."""
        docking = schema.docking
        visits = self._connection.execute(
            select(docking.c.id).where(docking.c.station == self._station, docking.c.device == device.key)
        ).scalars()
        subjects = [subject_device(device.id)]
        subjects += [subject_docking(DockingId(one)) for one in visits]
        subjects += [subject_alarm(one.id) for one in self.alarms(device=device.key)]
        told = {Act.DOCKED.value, Act.SEALED.value, *(act.value for act in Act if act.value.startswith(("device-", "alarm-")))}
        return (one for one in self._queries.entries(*subjects) if one.body["type"] in told | {Act.CLOCK_MEASURED.value})

    def held(self, device: DeviceRow) -> list[Held]:
        """Who had a device, oldest first, as the log says it."""
        found: list[Held] = []
        for one in self._queries.entries(subject_device(device.id)):
            at = one.body["when"]["utc"]
            if one.body["type"] == Act.DEVICE_ISSUED.value:
                found.append(Held(one.personal.get("officer"), at, None))
            elif one.body["type"] == Act.DEVICE_RETURNED.value and found:
                found[-1] = Held(found[-1].officer, found[-1].since, at)
        return found

    def last_visit(self, key: DeviceKey) -> tuple[str, dict[str, Any], list[dict[str, Any]]] | None:
        """When a device was docked last, how it was acquired, and the breaks in its numbering then."""
        table = schema.docking
        row = self._connection.execute(
            select(table.c.id, table.c.opened_at, table.c.acquisition)
            .where(table.c.station == self._station, table.c.device == key)
            .order_by(table.c.opened_at.desc(), table.c.id.desc())
            .limit(1)
        ).first()
        if row is None:
            return None
        listed = self._queries.newest_entry(subject_docking(DockingId(row.id)), Act.INVENTORY.value)
        breaks: list[dict[str, Any]] = [] if listed is None else listed["what"]["numbering"]
        return row.opened_at, msgspec.json.decode(row.acquisition), breaks

    def last_clock(self, device: DeviceRow) -> dict[str, Any] | None:
        """The newest measurement of a device's clock: by itself, when it changed hands, or as it was docked."""
        whats = (one.body["what"] for one in self._queries.entries(subject_device(device.id)))
        found = [what["clock"] for what in whats if what.get("clock") is not None]
        last = self.last_visit(device.key)
        found += [] if last is None else last[1].get("clock", [])
        return max(found, key=lambda one: str(one["station_at"]), default=None)

    def alarms(
        self,
        *,
        open_only: bool = False,
        device: DeviceKey | None = None,
        docking: DockingId | None = None,
        after: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[AlarmRow]:
        """Alarms, oldest first: all, those that are open, those of a device or of a docking. ``after``: behind this moment and id."""
        table = schema.alarm
        wanted = select(table).where(table.c.station == self._station)
        if open_only:
            wanted = wanted.where(table.c.acknowledged_at.is_(None))
        for name, value in (("device", device), ("docking", docking)):
            if value is not None:
                member = canonical({name: value}).decode()[1:-1]  # as it stands in canonical JSON
                wanted = wanted.where(table.c.fields.contains(member, autoescape=True))
        page = keyset(wanted, (table.c.raised_at, table.c.id), after, limit)
        rows = self._connection.execute(page).mappings().all()
        people = self._people([subject_alarm(row["id"]) for row in rows if '"commitment"' in row["fields"]])
        found = [_alarm(row, people.get(subject_alarm(row["id"]), {})) for row in rows]
        return [one for one in found if device in (None, one.fields.get("device"))]  # LIKE takes A for a

    def _people(self, alarms: list[str]) -> dict[str, dict[str, str]]:
        """Who stands behind the commitments of alarms, by the alarm's subject and the field's name."""
        value, entry = schema.personal_value, schema.custody_entry
        found: dict[str, dict[str, str]] = {}
        for begin in range(0, len(alarms), PAGE):
            rows = self._connection.execute(
                select(entry.c.subject, value.c.field, value.c.value)
                .join_from(entry, value, (value.c.station == entry.c.station) & (value.c.entry == entry.c.id))
                .where(
                    entry.c.station == self._station,
                    entry.c.subject.in_(alarms[begin : begin + PAGE]),
                    entry.c.type == Act.ALARM_RAISED.value,
                )
            )
            for row in rows:
                found.setdefault(row.subject, {})[row.field.removeprefix("fields.")] = row.value
        return found


def _device(row: Any) -> DeviceRow:  # noqa: ANN401  # a mapping whose values have the types of the columns
    return DeviceRow(
        **{name: row[name] for name in DeviceRow.__slots__ if name != "state"},
        state=DeviceState(row["state"]),
    )


def _alarm(row: Any, people: dict[str, str]) -> AlarmRow:  # noqa: ANN401  # a mapping whose values have the types of the columns
    fields = msgspec.json.decode(row["fields"])
    told = {name: people.get(name) if isinstance(value, dict) else value for name, value in fields.items()}
    return AlarmRow(**{name: row[name] for name in AlarmRow.__slots__ if name != "fields"}, fields=told)
