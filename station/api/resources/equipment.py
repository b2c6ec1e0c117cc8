"""Devices, alarms, slots: the registry and the dock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from evidence.facts import SourceKind
from station.api.resources.evidence import Change, given
from station.api.resources.form import Asked, Form, Id, Moment, Operation, Shape, Text
from station.commands import (
    AcknowledgeAlarm,
    AddDevice,
    AdmitDevice,
    ChangeDevice,
    ForgetSlot,
    IssueDevice,
    LearnSlot,
    ListAlarms,
    ListDevices,
    ListSlots,
    RetireDevice,
    ReturnDevice,
    ShowDevice,
)

Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$")]


class Device(Shape):
    """A device of the registry."""

    key: str
    make: str | None
    model: str | None
    serial: str | None
    kind: SourceKind
    state: Literal["in-service", "quarantined", "retired"]
    assigned_to: str | None
    issued_to: str | None
    issued_at: Moment | None
    registered_at: Moment
    note: str | None
    last_seen_at: Moment | None
    last_slot: int | None


class DeviceNow(Device):
    """A device, and the newest measurement of its clock."""

    clock: dict[str, Any] | None


class DeviceChanged(DeviceNow):
    """A device, and what was changed of it."""

    changes: list[Change]


class Alarm(Shape):
    """What a person has to look at."""

    id: Id
    kind: str
    subject: str
    fields: dict[str, Any]
    raised_at: Moment
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    note: str | None


class DeviceWhole(DeviceNow):
    """A device with its alarms and what the log says of it."""

    alarms: list[Alarm]
    history: list[dict[str, Any]]


class Acknowledged(Shape):
    """Which alarm was acknowledged."""

    alarm: Id


class Port(Shape):
    """A USB port that is a slot."""

    slot: int
    port: str


class Ports(Shape):
    """Which port is which slot."""

    slots: list[Port]


class PortLearned(Ports):
    """Which port is which slot now, and what was learned."""

    learned: Port


class PortForgotten(Ports):
    """Which port is which slot now, and which slot is none any more."""

    forgotten: int


class DeviceNew(Form, kw_only=True):
    """A device to register; it is in service from then on."""

    key: Key
    kind: SourceKind
    make: Text | UnsetType = UNSET
    model: Text | UnsetType = UNSET
    serial: Text | UnsetType = UNSET
    assigned_to: Text | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class DeviceChange(Form):
    """Members to change. One that is left out stays, an empty text clears it."""

    kind: SourceKind | UnsetType = UNSET
    make: Text | UnsetType = UNSET
    model: Text | UnsetType = UNSET
    serial: Text | UnsetType = UNSET
    assigned_to: Text | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class Shown(Form):
    """What the device's display shows, local ISO 8601."""

    clock: Text | UnsetType = UNSET


class Issue(Shown, kw_only=True):
    """Who takes the device, and what its display shows."""

    officer: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]


class AlarmsWanted(Form):
    """Which alarms."""

    state: Literal["open", "all"] = "all"


class AlarmNote(Form):
    """What there is to say about it."""

    note: Text | UnsetType = UNSET


class PortGiven(Form):
    """A USB port, as ``slots list`` and the service's messages name it."""

    port: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]


def _add(asked: Asked) -> AddDevice:
    body = asked.body
    about = {name: given(getattr(body, name)) for name in ("make", "model", "serial", "assigned_to", "note")}
    return AddDevice(body.key, body.kind, **about)


def _change(asked: Asked) -> ChangeDevice:
    return ChangeDevice(
        asked.path["device"], **{name: given(getattr(asked.body, name)) for name in DeviceChange.__struct_fields__}
    )


OPERATIONS = (
    Operation(
        *("GET", "/v1/devices", "listDevices", "The registry of devices, by key", "devices:read"),
        command=lambda asked: ListDevices(asked.after, asked.limit),
        answers=Device,
        rows="devices",
    ),
    Operation(
        *("POST", "/v1/devices", "addDevice", "Register a device", "devices:write"),
        command=_add,
        body=DeviceNew,
        answers=DeviceNow,
        status=201,
    ),
    Operation(
        *("GET", "/v1/devices/{device}", "showDevice", "One device with its history", "devices:read"),
        command=lambda asked: ShowDevice(asked.path["device"]),
        answers=DeviceWhole,
    ),
    Operation(
        *("PATCH", "/v1/devices/{device}", "changeDevice", "Change what is registered of a device", "devices:write"),
        command=_change,
        body=DeviceChange,
        answers=DeviceChanged,
    ),
    Operation(
        *("POST", "/v1/devices/{device}/admission", "admitDevice", "A device goes into service", "devices:write"),
        command=lambda asked: AdmitDevice(asked.path["device"]),
        answers=DeviceChanged,
    ),
    Operation(
        *("POST", "/v1/devices/{device}/retirement", "retireDevice", "A device goes out of service", "devices:write"),
        command=lambda asked: RetireDevice(asked.path["device"]),
        answers=DeviceChanged,
    ),
    Operation(
        *("POST", "/v1/devices/{device}/issue", "issueDevice", "An officer takes a pooled device", "devices:write"),
        command=lambda asked: IssueDevice(asked.path["device"], asked.body.officer, given(asked.body.clock)),
        body=Issue,
        answers=DeviceNow,
    ),
    Operation(
        *("POST", "/v1/devices/{device}/return", "returnDevice", "A pooled device comes back", "devices:write"),
        command=lambda asked: ReturnDevice(asked.path["device"], given(asked.body.clock)),
        body=Shown,
        answers=DeviceNow,
    ),
    Operation(
        *("GET", "/v1/alarms", "listAlarms", "Alarms, oldest first", "alarms:read"),
        command=lambda asked: ListAlarms(asked.query.state == "open", asked.after, asked.limit),
        query=AlarmsWanted,
        answers=Alarm,
        rows="alarms",
    ),
    Operation(
        *("POST", "/v1/alarms/{alarm}/acknowledgement", "acknowledgeAlarm", "A person has looked at an alarm", "alarms:write"),
        command=lambda asked: AcknowledgeAlarm(asked.path["alarm"], given(asked.body.note)),
        body=AlarmNote,
        answers=Acknowledged,
    ),
    Operation(
        *("GET", "/v1/ports", "listPorts", "Which USB port is which slot", "slots:read"),
        command=lambda _asked: ListSlots(),
        answers=Ports,
    ),
    Operation(
        *("PUT", "/v1/ports/{slot}", "learnPort", "A port is a slot from now on", "slots:write"),
        command=lambda asked: LearnSlot(asked.body.port, asked.path["slot"]),
        body=PortGiven,
        answers=PortLearned,
    ),
    Operation(
        *("DELETE", "/v1/ports/{slot}", "forgetPort", "A slot is no slot any more", "slots:write"),
        command=lambda asked: ForgetSlot(asked.path["slot"]),
        answers=PortForgotten,
    ),
)
