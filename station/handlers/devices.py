"""The registry of devices: list, show, add, change, admit, retire, issue and return."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from evidence.canonical import Json
from evidence.catalogue.acts import alarms
from evidence.catalogue.acts import devices as acts
from evidence.catalogue.acts.devices import About, Field, NoSuchDevice
from evidence.catalogue.registry import DeviceRow
from evidence.custody.entry import Actor
from evidence.devices import DeviceState, alarm_of_device
from evidence.errors import Exit
from evidence.ids import DeviceKey
from ingest.clocks import ClockBounds, shown
from ingest.times import station_zone
from station import paged
from station.commands import (
    AddDevice,
    AdmitDevice,
    Answer,
    ChangeDevice,
    IssueDevice,
    ListDevices,
    Report,
    RetireDevice,
    ReturnDevice,
    ShowDevice,
)
from station.devices import clock_concerns
from station.handlers.alarms import alarm_json
from station.home import StationError
from station.rooms import Rooms


class NotATime(StationError):
    """What a display shows was not typed as a time. Fields: ``text``."""

    code = "not-a-time"
    status = Exit.USAGE


def list_devices(rooms: Rooms, command: ListDevices, _actor: Actor, _report: Report) -> Answer:
    """All devices."""
    with rooms.registry() as registry:
        found = registry.devices("".join(paged.texts(command.after)), paged.wanted(command.limit))
        return Answer(paged.page("devices", found, command.limit, lambda row: (row.key,), device_json))


def show(rooms: Rooms, command: ShowDevice, _actor: Actor, _report: Report) -> Answer:
    """One device, what the log says of it, its alarms."""
    with rooms.registry() as registry:
        row = registry.device(DeviceKey(command.device))
        if row is None:
            raise NoSuchDevice(device=command.device)
        history: list[Json] = [{"epoch": one.epoch, **one.body, "personal": one.personal} for one in registry.history(row)]
        raised = [alarm_json(one) for one in registry.alarms(device=row.key)]
        clock = registry.last_clock(row)
    return Answer({**device_json(row), "clock": clock, "alarms": raised, "history": history})


def add(rooms: Rooms, command: AddDevice, actor: Actor, _report: Report) -> Answer:
    """Register a device."""
    about = About(command.kind, command.make, command.model, command.serial, command.assigned_to, command.note)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        acts.registered(commit, DeviceKey(command.device), DeviceState.IN_SERVICE, about, actor)
    return _answer(rooms, command.device)


def change(rooms: Rooms, command: ChangeDevice, actor: Actor, _report: Report) -> Answer:
    """Change members of a device."""
    given: dict[Field, str | None] = {
        "make": command.make,
        "model": command.model,
        "serial": command.serial,
        "kind": None if command.kind is None else command.kind.value,
        "assigned_to": command.assigned_to,
        "note": command.note,
    }
    return _change(rooms, command.device, {name: text or None for name, text in given.items() if text is not None}, actor)


def admit(rooms: Rooms, command: AdmitDevice, actor: Actor, _report: Report) -> Answer:
    """Into service."""
    return _change(rooms, command.device, {"state": DeviceState.IN_SERVICE.value}, actor)


def retire(rooms: Rooms, command: RetireDevice, actor: Actor, _report: Report) -> Answer:
    """Out of service."""
    return _change(rooms, command.device, {"state": DeviceState.RETIRED.value}, actor)


def issue(rooms: Rooms, command: IssueDevice, actor: Actor, _report: Report) -> Answer:
    """To an officer, with what its display shows; a clock that is wrong is an alarm, and the device is issued."""
    return _hand_over(rooms, command.device, command.clock, command.officer, actor)


def take_back(rooms: Rooms, command: ReturnDevice, actor: Actor, _report: Report) -> Answer:
    """From an officer, with what its display shows."""
    return _hand_over(rooms, command.device, command.clock, None, actor)


def _hand_over(rooms: Rooms, device: str, display: str | None, officer: str | None, actor: Actor) -> Answer:
    key, tolerance_ms = DeviceKey(device), rooms.settings.clock_tolerance_seconds * 1000
    measured = None if display is None else _read_off(rooms, display)
    clock = None if measured is None else measured.document(tolerance_ms)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        if officer is not None:
            acts.issued(commit, key, officer, clock, actor)
        else:
            acts.returned(commit, key, clock, actor)
        for concern in [] if measured is None else clock_concerns(key, [measured], tolerance_ms):
            alarms.raised(commit, concern, alarm_of_device(key))
    return _answer(rooms, device)


def _read_off(rooms: Rooms, display: str) -> ClockBounds:
    try:
        value = datetime.fromisoformat(display)
    except ValueError as error:
        raise NotATime(text=display) from error
    return shown(value, rooms.clock(), station_zone(rooms.settings.time_zone))


def _change(rooms: Rooms, device: str, wanted: Mapping[Field, str | None], actor: Actor) -> Answer:
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        amendments = acts.changed(commit, DeviceKey(device), wanted, actor)
    changes: list[Json] = [{"field": one.field, "old": one.old, "new": one.new} for one in amendments]
    return Answer({**_answer(rooms, device).document, "changes": changes})


def _answer(rooms: Rooms, device: str) -> Answer:
    with rooms.registry() as registry:
        row = registry.device(DeviceKey(device))
        if row is None:
            raise NoSuchDevice(device=device)
        return Answer({**device_json(row), "clock": registry.last_clock(row)})


def device_json(row: DeviceRow) -> dict[str, Json]:
    """A device as every answer shows it."""
    return {
        "key": row.key,
        "make": row.make,
        "model": row.model,
        "serial": row.serial,
        "kind": row.kind,
        "state": row.state.value,
        "assigned_to": row.assigned_to,
        "issued_to": row.issued_to,
        "issued_at": row.issued_at,
        "registered_at": row.registered_at,
        "note": row.note,
        "last_seen_at": row.last_seen_at,
        "last_slot": row.last_slot,
    }
