"""Acts on devices and alarms, on both databases: the row and its entry together, no officer in clear, and what may not be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from evidence.catalogue import schema
from evidence.catalogue.acts import alarms, devices
from evidence.catalogue.acts.alarms import AlarmAcknowledged, NoSuchAlarm
from evidence.catalogue.acts.devices import (
    About,
    DeviceIssued,
    DeviceKnown,
    DeviceNotInService,
    DeviceNotIssued,
    NoSuchDevice,
)
from evidence.catalogue.connect import reading
from evidence.catalogue.ledger import Commit
from evidence.catalogue.registry import Registry
from evidence.devices import AlarmKind, Concern, DeviceState, alarm_of_device
from evidence.errors import EvidenceError
from evidence.facts import SourceKind, TextUnfit
from evidence.ids import AlarmId, DeviceKey
from tests.evidence.catalogue.worlds import CAMERA, CLERK, OFFICER, World, last, opened

ABOUT = About(SourceKind.BODY_CAMERA, "Falcon", "F2", "T000123", OFFICER, "spare")
CLOCK = {"basis": "display", "station_at": "2026-11-21T10:00:00.000000Z"}


@pytest.fixture
def kept(world: World) -> World:
    """A station that registered a camera."""
    with world.ledger.commit() as commit:
        devices.registered(commit, CAMERA, DeviceState.IN_SERVICE, ABOUT, CLERK)
    return world


def test_registered_with_its_owner_committed_to_and_not_told(kept: World) -> None:
    row, entry = kept.row(schema.device), last(kept)
    assert (row["key"], row["make"], row["assigned_to"], row["note"]) == (CAMERA, "Falcon", OFFICER, "spare")
    assert (row["state"], row["issued_to"], row["last_seen_at"]) == ("in-service", None, None)
    assert (entry["type"], entry["subject"]) == ("device-registered", f"device:{row['id']}")
    assert OFFICER not in json.dumps(entry)
    assert opened(kept, entry, entry["what"]["assigned_to"]) == OFFICER
    assert row["registered_at"] == entry["when"]["utc"]
    kept.check_log()


def test_changed_member_by_member_and_the_same_is_no_change(kept: World) -> None:
    with kept.ledger.commit() as commit:
        made = devices.changed(commit, CAMERA, {"model": "F3", "make": "Falcon", "note": None}, CLERK)
    assert [(one.field, one.old, one.new) for one in made] == [("model", "F2", "F3"), ("note", "spare", None)]
    entry = last(kept)
    assert entry["what"]["changes"][0] == {"field": "model", "old": "F2", "new": "F3"}
    assert opened(kept, entry, entry["what"]["changes"][1]["old"]) == "spare"
    size = len(kept.entries())
    with kept.ledger.commit() as commit:
        assert devices.changed(commit, CAMERA, {"model": "F3"}, CLERK) == []
    assert len(kept.entries()) == size
    assert kept.row(schema.device)["model"] == "F3"


def test_issued_and_returned_and_who_had_it_when(kept: World) -> None:
    with kept.ledger.commit() as commit:
        devices.issued(commit, CAMERA, "badge 9", CLOCK, CLERK)
    taken, row = last(kept), kept.row(schema.device)
    assert (row["issued_to"], row["issued_at"]) == ("badge 9", taken["when"]["utc"])
    assert opened(kept, taken, taken["what"]["officer"]) == "badge 9"
    kept.clock.run(60)
    with kept.ledger.commit() as commit:
        devices.returned(commit, CAMERA, None, CLERK)
    back = last(kept)
    with kept.ledger.commit() as commit:
        devices.issued(commit, CAMERA, "badge 10", None, CLERK)
    with reading(kept.engine) as connection:
        registry = Registry(connection, kept.station)
        device = registry.device(CAMERA)
        assert device is not None
        first, second = registry.held(device)
        assert (first.officer, first.since, first.until) == ("badge 9", taken["when"]["utc"], back["when"]["utc"])
        assert (second.officer, second.until) == ("badge 10", None)
        assert registry.last_clock(device) == CLOCK
        assert [one.body["type"] for one in registry.history(device)] == [
            "device-registered",
            "device-issued",
            "device-returned",
            "device-issued",
        ]
    kept.check_log()


REFUSED: Mapping[str, tuple[Callable[[Commit], object], type[EvidenceError]]] = {
    "a key twice": (lambda commit: devices.registered(commit, CAMERA, DeviceState.IN_SERVICE, ABOUT), DeviceKnown),
    "no key at all": (
        lambda commit: devices.registered(commit, DeviceKey("unidentified"), DeviceState.IN_SERVICE, ABOUT),
        DeviceKnown,
    ),
    "a blank": (lambda commit: devices.registered(commit, DeviceKey(" "), DeviceState.IN_SERVICE, ABOUT), DeviceKnown),
    "too long": (lambda commit: devices.registered(commit, DeviceKey("k" * 129), DeviceState.IN_SERVICE, ABOUT), TextUnfit),
    "a model with a NUL": (lambda commit: devices.changed(commit, CAMERA, {"model": "a\0b"}, CLERK), TextUnfit),
    "another's": (lambda commit: devices.changed(commit, DeviceKey("x:1"), {"model": "F3"}, CLERK), NoSuchDevice),
    "never issued": (lambda commit: devices.returned(commit, CAMERA, None, CLERK), DeviceNotIssued),
    "no such alarm": (lambda commit: alarms.acknowledged(commit, AlarmId("x"), None, CLERK), NoSuchAlarm),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_leaves_nothing(kept: World, case: str) -> None:
    act, fault = REFUSED[case]
    before = kept.everything()
    with pytest.raises(fault), kept.ledger.commit() as commit:
        act(commit)
    assert kept.everything() == before


def test_only_what_is_in_service_and_with_nobody_is_issued(kept: World) -> None:
    with kept.ledger.commit() as commit:
        devices.issued(commit, CAMERA, "badge 9", None, CLERK)
    with pytest.raises(DeviceIssued), kept.ledger.commit() as commit:
        devices.issued(commit, CAMERA, "badge 10", None, CLERK)
    with kept.ledger.commit() as commit:
        devices.returned(commit, CAMERA, None, CLERK)
        devices.changed(commit, CAMERA, {"state": DeviceState.RETIRED.value}, CLERK)
    with pytest.raises(DeviceNotInService) as caught, kept.ledger.commit() as commit:
        devices.issued(commit, CAMERA, "badge 10", None, CLERK)
    assert caught.value.fields == {"device": CAMERA, "state": "retired"}


def test_an_alarm_stands_once_until_it_is_acknowledged(kept: World) -> None:
    concern = Concern(AlarmKind.OFFICER_DISAGREES, CAMERA, {"taken": "card"}, {"card": OFFICER})
    about = alarm_of_device(CAMERA)
    with kept.ledger.commit() as commit:
        first = alarms.raised(commit, concern, about)
        assert alarms.raised(commit, concern, about) is None
        other = replace(concern, device=DeviceKey("x:1"))
        assert alarms.raised(commit, other, alarm_of_device(other.device)) is not None
    assert first is not None
    row = next(one for one in kept.rows(schema.alarm) if one["id"] == first)
    entry = kept.entries(f"alarm:{first}")[0]
    assert OFFICER not in row["fields"] + json.dumps(entry), "the row repeats the entry, which names nobody"
    assert opened(kept, entry, entry["what"]["fields"]["card"]) == OFFICER
    with kept.ledger.commit() as commit:
        alarms.acknowledged(commit, first, "heard both", CLERK)
    with pytest.raises(AlarmAcknowledged), kept.ledger.commit() as commit:
        alarms.acknowledged(commit, first, None, CLERK)
    with kept.ledger.commit() as commit:
        second = alarms.raised(commit, concern, about)
    assert second not in (None, first)
    with reading(kept.engine) as connection:
        registry = Registry(connection, kept.station)
        told = next(one for one in registry.alarms() if one.id == first)
        assert (told.fields["card"], told.acknowledged_by, told.note) == (OFFICER, CLERK.person, "heard both")
        assert {one.id for one in registry.alarms(device=CAMERA)} == {first, second}
        assert registry.alarms(device=DeviceKey(CAMERA.upper())) == []
        assert first not in {one.id for one in registry.alarms(open_only=True)}
    kept.check_log()


def test_a_measurement_is_of_the_device_or_of_the_station_that_does_not_know_it(kept: World) -> None:
    with kept.ledger.commit() as commit:
        known = devices.clock_measured(commit, CAMERA, CLOCK, CLERK)
        strange = devices.clock_measured(commit, DeviceKey("x:1"), CLOCK)
    by_id = {one["id"]: one for one in kept.entries()}
    assert by_id[known]["subject"] == f"device:{kept.row(schema.device)['id']}"
    assert (by_id[strange]["subject"], by_id[strange]["what"]["device"]) == ("station", "x:1")
