"""Devices at the door: who is let in, who recorded, what is odd; and the registry by the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from evidence.ids import DeviceKey, DockingId
from ingest.clocks import ClockBasis, ClockBounds
from ingest.copying.client import CopyWorker
from ingest.docks.facts import Plugged, UsbStrings
from ingest.source import Mount
from ingest.visit import Asked, Opening, visit
from station.board import Board, Flag, SlotState, SlotView
from station.book import Book
from station.devices import (
    DeviceQuarantined,
    DeviceRetired,
    DeviceUnknown,
    DeviceUnrecognised,
    clock_wrong,
    flags_of,
    judge,
    present_on,
    record_clock,
)
from station.handlers.intake import means_of, vaults_of
from station.startup import prepare_vaults
from tests import independent_verifier
from tests.station.stations import Document, Station

CAMERA = Plugged("/devices/usb1/1-1", "1-1", UsbStrings("1234", "5678", "Falcon", "F2", "SN-000417"))
KEY = "dsj:DSJ0042"
FOLDER_KEY = "cam:7"


class Seen(Exception):  # it only carries what was judged out of the visit
    """The judged opening; nothing is copied."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.opening = opening


def at_the_door(
    station: Station,
    card: Path,
    *,
    plugged: Plugged | None = None,
    slot: int | None = None,
    officer: str | None = None,
    device: str | None = None,
    present: dict[int, str] | None = None,
    clock: ClockBounds | None = None,
    seen_as: Callable[[Opening], Opening] = lambda opening: opening,
) -> Opening:
    """What a visit is judged to be; it goes no further."""
    rooms = station.rooms()

    def judged(opening: Opening) -> Opening:
        found = judge(rooms, rooms.operator, seen_as(opening), plugged, slot, present=present, clock=clock)
        raise Seen(found)

    try:
        means = means_of(rooms, Book(rooms, rooms.operator), cast("CopyWorker", None), lambda _: None)
        asked = Asked(os.fsencode(card), officer, None, device, None, plugged)
        with pytest.raises(Seen) as caught:
            visit(asked, replace(means, judged=judged))
        return caught.value.opening
    finally:
        rooms.close()


def docked(station: Station, card: Path, plugged: Plugged, slot: int, seen_as: Callable[[Opening], Opening]) -> DockingId:
    """A whole visit by a dock."""
    rooms = station.rooms()
    try:
        prepare_vaults(rooms, vaults_of(rooms))
        with CopyWorker(vaults_of(rooms)) as worker:
            means = means_of(rooms, Book(rooms, rooms.operator), worker, lambda _: None)
            means = replace(means, judged=lambda opening: judge(rooms, rooms.operator, seen_as(opening), plugged, slot))
            docking = visit(Asked(os.fsencode(card), None, None, None, None, plugged), means)
        assert docking is not None
        return docking
    finally:
        rooms.close()


def on_a_card(opening: Opening) -> Opening:
    """As if the folder were the root of a mounted card."""
    return replace(opening, mount=Mount(b"/media/x", b"/", "ext4", "/dev/sdx1", ("ro",)))


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """The card of a camera that numbers its files, without a gap."""
    return write(tmp_path / "camera", "0001", "0002")


def write(folder: Path, *numbers: str, day: str = "20260115") -> Path:
    for number in numbers:
        file = folder / "DCIM" / f"DSJ0042_004217_{day}0800{number[2:]}_{number}.MP4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(number.encode())
    return folder


def refusals(station: Station) -> list[Document]:
    return [one["what"] for one in station.log() if one["type"] == "refused"]


def kinds(station: Station) -> list[str]:
    return [one["kind"] for one in station.json("alarms", "list", "--open")["alarms"]]


# -- who is let in --


def test_an_unknown_device_waits_in_quarantine_until_somebody_admits_it(station: Station, camera: Path) -> None:
    with pytest.raises(DeviceQuarantined) as caught:
        at_the_door(station, camera, plugged=CAMERA, slot=7)
    assert caught.value.fields == {"device": KEY, "strength": "strong"}
    (device,) = station.json("devices")["devices"]
    assert (device["key"], device["state"], device["serial"], device["last_slot"]) == (KEY, "quarantined", "DSJ0042", 7)
    (entry,) = refusals(station)
    assert (entry["reason"], entry["key"], entry["basis"], entry["slot"]) == ("device-quarantined", KEY, "content", 7)
    assert entry["usb"]["serial"] == "SN-000417"
    assert entry["read"] == "listing-and-signatures"
    assert station.json("status")["counts"]["clip"] == 0
    with pytest.raises(DeviceQuarantined):
        at_the_door(station, camera, plugged=CAMERA, slot=7)
    assert len(station.json("devices")["devices"]) == 1
    assert len(refusals(station)) == 2, "each attempt is an entry"
    station.json("devices", "admit", KEY)
    opening = at_the_door(station, camera, plugged=CAMERA, slot=7)
    assert (opening.device, opening.acquisition["slot"], opening.acquisition["port"]) == (KEY, 7, "1-1")


def test_a_person_may_take_what_nobody_registered(station: Station, camera: Path) -> None:
    assert station.json("ingest", camera)["device"] == KEY
    assert station.json("devices")["devices"] == []
    with pytest.raises(DeviceQuarantined):
        at_the_door(station, camera, plugged=CAMERA)
    assert station.json("ingest", camera)["device"] == KEY, "also what waits for a dock"


@pytest.mark.parametrize(("language", "word"), [("en", "not registered"), ("zh", "未登记")])
def test_where_the_settings_refuse_what_is_unknown_a_person_is_refused_too(
    station: Station, camera: Path, language: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    station.json("settings", "set", "unknown_devices", "refuse")
    error = station.json("ingest", camera, status=5)
    assert error["code"] == "device-unknown"
    assert word in error["message"]
    assert KEY in error["message"]
    with pytest.raises(DeviceUnknown):
        at_the_door(station, camera, plugged=CAMERA)
    assert [one["reason"] for one in refusals(station)] == ["device-unknown"] * 2
    assert station.json("devices")["devices"] == [], "who is refused is not entered"
    station.json("devices", "add", KEY)
    assert station.json("ingest", camera)["device"] == KEY


def test_where_the_settings_take_what_is_unknown_a_dock_takes_it(station: Station, card: Path) -> None:
    station.json("settings", "set", "unknown_devices", "take")
    assert at_the_door(station, card, plugged=CAMERA).device == "usb:Falcon:F2:SN-000417"
    assert station.json("devices")["devices"] == []


def test_what_nothing_tells_from_others_cannot_wait_to_be_admitted(station: Station, card: Path) -> None:
    nameless = replace(CAMERA, usb=UsbStrings("1234", "5678"))
    with pytest.raises(DeviceUnrecognised):
        at_the_door(station, card, plugged=nameless)
    assert station.json("devices")["devices"] == []
    assert refusals(station)[0]["strength"] == "none"


def test_a_retired_device_is_refused_and_one_alarm_stands_for_it(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    station.json("devices", "retire", KEY)
    with pytest.raises(DeviceRetired):
        at_the_door(station, camera, plugged=CAMERA, slot=3)
    assert station.json("ingest", camera, status=5)["code"] == "device-retired"
    assert kinds(station) == ["device-retired-docked"]
    assert [one["reason"] for one in refusals(station)] == ["device-retired"] * 2
    station.json("devices", "admit", KEY)
    assert station.json("ingest", camera)["device"] == KEY


def test_the_drop_folder_is_no_device(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station.json("settings", "set", "unknown_devices", "refuse")
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.mp4").write_bytes(b"interview")
    monkeypatch.setenv("EVIDENCE_STATION_DROP_FOLDER", str(tmp_path / "drop"))
    monkeypatch.setenv("EVIDENCE_STATION_DROP_SETTLE_SECONDS", "1")
    (docking,) = station.json("watch", "--once")["dockings"]
    assert len(docking["clips"]) == 1


# -- who recorded --


def test_who_is_named_comes_first_then_the_card_then_the_registry(station: Station, camera: Path, card: Path) -> None:
    station.json("devices", "add", KEY, "--assign", "004217")
    station.json("devices", "add", FOLDER_KEY, "--assign", "000333")
    named = at_the_door(station, camera, officer="000111")
    assert (named.officer, named.acquisition["officer_from"]) == ("000111", "named")
    told = at_the_door(station, camera)
    assert (told.officer, told.acquisition["officer_from"], told.concerns) == ("004217", "card", ())
    own = at_the_door(station, card, device=FOLDER_KEY)
    assert (own.officer, own.acquisition["officer_from"]) == ("000333", "assigned")
    unknown = at_the_door(station, card, device="cam:8")
    assert (unknown.officer, unknown.acquisition["officer_from"]) == (None, None)


def recorded_now(card: Path, name: str) -> None:
    file = card / "DCIM" / name
    file.write_bytes(name.encode())
    now = time.time_ns()
    os.utime(file, ns=(now, now))


def test_a_pooled_camera_s_footage_is_whose_it_was_when_it_recorded(station: Station, card: Path) -> None:
    for file in card.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    station.json("devices", "add", FOLDER_KEY, "--assign", "000333")
    station.json("devices", "issue", FOLDER_KEY, "--officer", "000444")
    before = at_the_door(station, card, device=FOLDER_KEY)
    assert (before.officer, before.acquisition["officer_from"]) == ("000333", "assigned"), "recorded before it was issued"
    for file in card.rglob("*.*"):
        file.unlink()
    recorded_now(card, "c.mp4")
    station.json("devices", "return", FOLDER_KEY)
    after = at_the_door(station, card, device=FOLDER_KEY)
    assert (after.officer, after.acquisition["officer_from"]) == ("000444", "issued"), "although it is back"
    station.json("devices", "issue", FOLDER_KEY, "--officer", "000555")
    recorded_now(card, "d.mp4")
    both = at_the_door(station, card, device=FOLDER_KEY)
    assert (both.officer, both.acquisition["officer_from"]) == (None, None), "nobody's footage is put to another's name"
    (concern,) = both.concerns
    assert (concern.kind, dict(concern.people)) == ("officer-disagrees", {"registry_1": "000444", "registry_2": "000555"})


def test_only_what_is_new_says_who_recorded(station: Station, card: Path) -> None:
    station.json("devices", "add", FOLDER_KEY)
    station.json("devices", "issue", FOLDER_KEY, "--officer", "000444")
    recorded_now(card, "c.mp4")
    assert station.json("ingest", card, "--device", FOLDER_KEY)["officer"] == "000444"
    station.json("devices", "return", FOLDER_KEY)
    station.json("devices", "issue", FOLDER_KEY, "--officer", "000555")
    recorded_now(card, "d.mp4")
    told = station.json("ingest", card, "--device", FOLDER_KEY)
    assert (told["officer"], told["alarms"]) == ("000555", [])


def test_a_disagreement_is_one_alarm_and_refuses_nothing(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    station.json("devices", "issue", KEY, "--officer", "000555")
    os.utime(next(camera.rglob("*0002.MP4")))
    for file in camera.rglob("*.MP4"):
        file.rename(file.with_name(file.name.replace("20260115", (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d"))))
    told = station.json("ingest", camera, "--officer", "000111")
    assert len(told["clips"]) == 2
    (alarm,) = told["alarms"]
    assert alarm["kind"] == "officer-disagrees"
    assert (alarm["fields"]["named"], alarm["fields"]["card"], alarm["fields"]["taken"]) == ("000111", "004217", "named")
    assert alarm["subject"] == f"device:{KEY}"
    raised = next(one for one in station.log() if one["type"] == "alarm-raised")
    assert set(raised["what"]["fields"]["card"]) == {"commitment"}, "the log names nobody"
    write(camera, "0003")
    assert station.json("ingest", camera, "--officer", "000111")["alarms"] == [], "it is open already"
    station.json("alarms", "acknowledge", alarm["id"], "--note", "they changed cameras")
    write(camera, "0004")
    (again,) = station.json("ingest", camera, "--officer", "000111")["alarms"]
    assert again["id"] != alarm["id"]
    assert kinds(station) == ["officer-disagrees"]


# -- what is odd --


def test_missing_numbers_are_an_alarm_when_they_are_new(station: Station, camera: Path) -> None:
    write(camera, "0004")
    (alarm,) = station.json("ingest", camera)["alarms"]
    assert (alarm["kind"], alarm["fields"]["gaps"], alarm["fields"]["missing"]) == ("numbering-gap", 1, 1)
    assert (alarm["fields"]["after"], alarm["fields"]["before"]) == (2, 4)
    write(camera, "0005")
    assert station.json("ingest", camera)["alarms"] == []
    write(camera, "0008")
    (second,) = station.json("ingest", camera)["alarms"]
    assert (second["fields"]["after"], second["fields"]["missing"]) == (5, 2)


def test_one_identity_in_two_slots_is_an_alarm(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    alone = at_the_door(station, camera, plugged=CAMERA, slot=2, present={2: KEY, 3: "dsj:other"})
    assert alone.concerns == ()
    twice = at_the_door(station, camera, plugged=CAMERA, slot=2, present={2: KEY, 9: KEY})
    assert [one.kind for one in twice.concerns] == ["two-devices-one-identity"]
    assert twice.concerns[0].fields == {"slot": 2, "other_slot": 9}


def test_what_is_on_the_board_and_not_there_is_no_second_device() -> None:
    board = Board(4)
    board.show(SlotView(1, SlotState.COPYING, device=KEY))
    board.show(SlotView(2, SlotState.ERROR, device=KEY, reason="pulled-early"))
    board.show(SlotView(3, SlotState.IDENTIFYING))
    assert present_on(board) == {1: KEY}


def test_a_card_that_comes_in_another_camera_is_an_alarm_and_in_a_reader_it_is_none(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    docking = docked(station, camera, CAMERA, 5, on_a_card)
    row = next(one for one in station.json("dockings")["dockings"] if one["id"] == docking)
    assert row["acquisition"]["usb"]["serial"] == "SN-000417"
    assert station.json("devices", "show", KEY)["last_slot"] == 5
    same = at_the_door(station, camera, plugged=CAMERA)
    assert same.concerns == ()
    other = at_the_door(station, camera, plugged=replace(CAMERA, usb=replace(CAMERA.usb, serial="SN-000999")))
    assert [one.kind for one in other.concerns] == ["two-devices-one-identity"]
    reader = at_the_door(station, camera, plugged=replace(CAMERA, usb=UsbStrings("05e3", "0749", serial="SN-000999")))
    assert reader.concerns == ()


def test_a_clock_that_is_ahead_stands_in_the_entry_that_opens_the_docking(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    ahead = time.time() + 7200
    os.utime(next(camera.rglob("*0002.MP4")), (ahead, ahead))
    docked(station, camera, CAMERA, 5, on_a_card)
    log = station.log()
    entry = next(one for one in log if one["type"] == "docked")
    (clock,) = entry["what"]["acquisition"]["clock"]
    assert (clock["basis"], clock["wrong"], clock["at_most_ms"]) == ("content", True, None)
    assert 7_100_000 < clock["at_least_ms"] <= 7_200_000
    acts = [one["type"] for one in log]
    assert acts.index("docked") < acts.index("alarm-raised") < acts.index("copied")
    assert kinds(station) == ["clock-wrong"]
    shown = station.json("devices", "show", KEY)
    assert shown["clock"]["at_least_ms"] == clock["at_least_ms"]
    assert station.json("verify")["ok"]


def test_a_folder_says_nothing_of_any_clock(station: Station, camera: Path) -> None:
    opening = at_the_door(station, camera)
    assert "clock" not in opening.acquisition
    assert not clock_wrong(opening)


def test_a_file_that_its_recorder_marked_as_important_shows_beside_the_state(station: Station, camera: Path) -> None:
    assert Flag.IMPORTANT not in flags_of(at_the_door(station, camera))
    ordinary = next(path for path in camera.rglob("DSJ*.MP4"))
    ordinary.rename(ordinary.with_stem(f"{ordinary.stem}_IMP"))
    assert Flag.IMPORTANT in flags_of(at_the_door(station, camera))


def test_what_a_recorder_answered_is_logged_before_its_clock_may_be_set(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY)
    measured = ClockBounds(ClockBasis.RECORDER, -90_500, -88_000, "2026-11-21T10:00:00.000000Z", "synchronised")
    rooms = station.rooms()
    try:
        entry = record_clock(rooms, rooms.operator, DeviceKey(KEY), measured)
        record_clock(rooms, rooms.operator, DeviceKey("cam:nobody's"), measured)
    finally:
        rooms.close()
    own, nobodys = [one for one in station.log() if one["type"] == "clock-measured"]
    assert own["id"] == entry
    assert own["subject"].startswith("device:")
    assert (nobodys["subject"], nobodys["what"]["device"]) == ("station", "cam:nobody's")
    assert own["what"]["clock"]["at_most_ms"] == -88_000
    assert kinds(station) == ["clock-wrong", "clock-wrong"], "one of each device"
    opening = at_the_door(station, camera, plugged=CAMERA, clock=measured, seen_as=on_a_card)
    assert clock_wrong(opening)
    assert flags_of(opening) == {Flag.CLOCK_WRONG}
    assert [one["basis"] for one in cast("list[Document]", opening.acquisition["clock"])] == ["recorder", "content"]


# -- the registry by the command line --


def test_a_pooled_camera_goes_out_and_comes_back_with_its_clock_checked(station: Station) -> None:
    station.json("devices", "add", KEY, "--make", "Falcon", "--model", "F2")
    shows = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")
    told = station.json("devices", "issue", KEY, "--officer", "000444", "--clock-shows", shows)
    assert (told["issued_to"], told["clock"]["basis"], told["clock"]["wrong"]) == ("000444", "display", False)
    assert kinds(station) == []
    assert station.json("devices", "issue", KEY, "--officer", "000555", status=5)["code"] == "device-issued"
    back = station.json("devices", "return", KEY, "--clock-shows", "2010-01-01T00:00:05")
    assert (back["issued_to"], back["issued_at"], back["clock"]["wrong"]) == (None, None, True)
    assert kinds(station) == ["clock-wrong"]
    assert station.json("devices", "return", KEY, status=5)["code"] == "device-not-issued"
    station.json("devices", "retire", KEY)
    assert station.json("devices", "issue", KEY, "--officer", "000555", status=5)["code"] == "device-not-in-service"
    history = [one["type"] for one in station.json("devices", "show", KEY)["history"]]
    assert history == ["device-registered", "device-issued", "device-returned", "alarm-raised", "device-changed"]
    issue = next(one for one in station.log() if one["type"] == "device-issued")
    assert set(issue["what"]["officer"]) == {"commitment"}


def test_a_device_is_changed_member_by_member_and_registered_once(station: Station) -> None:
    station.json("devices", "add", KEY, "--kind", "dv", "--note", "spare")
    assert station.json("devices", "add", KEY, status=2)["code"] == "device-known"
    told = station.json("devices", "change", KEY, "--kind", "body-camera", "--note", "", "--assign", "000444")
    assert (told["kind"], told["note"], told["assigned_to"]) == ("body-camera", None, "000444")
    assert [one["field"] for one in told["changes"]] == ["kind", "assigned_to", "note"]
    size = station.json("status")["log"]["size"]
    assert station.json("devices", "change", KEY, "--kind", "body-camera")["changes"] == []
    assert station.json("status")["log"]["size"] == size, "nothing changed, nothing is logged"
    assert station.json("devices", "add", "k" * 129, status=2)["code"] == "text-unfit"


def test_an_alarm_is_acknowledged_once_by_somebody_who_says_why(station: Station, camera: Path) -> None:
    write(camera, "0009")
    (alarm,) = station.json("ingest", camera)["alarms"]
    assert station.json("status")["counts"]["alarm"] == 1
    station.json("alarms", "acknowledge", alarm["id"], "--note", "a photo")
    assert station.json("alarms", "acknowledge", alarm["id"], status=5)["code"] == "alarm-acknowledged"
    (row,) = station.json("alarms", "list")["alarms"]
    assert (row["acknowledged_by"], row["note"]) == ("operator", "a photo")
    assert station.json("alarms", "list", "--open")["alarms"] == station.json("alarms", "--open")["alarms"] == []
    assert station.json("status")["counts"]["alarm"] == 0


@pytest.mark.parametrize(
    ("role", "arguments", "allowed"),
    [
        ("officer", ("devices",), False),
        ("officer", ("alarms",), False),
        ("auditor", ("devices",), True),
        ("auditor", ("devices", "issue", KEY, "--officer", "1"), False),
        ("clerk", ("devices", "issue", KEY, "--officer", "1"), True),
        ("clerk", ("devices", "retire", KEY), False),
        ("supervisor", ("devices", "retire", KEY), True),
    ],
)
def test_each_role_does_its_own_with_devices(
    station: Station, role: str, arguments: tuple[str, ...], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.json("devices", "add", KEY)
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", role)
    told = station(*arguments, "--json")
    assert told.status == (0 if allowed else 5)
    if not allowed:
        assert told.error["code"] == "permission-denied"


def test_both_verifiers_pass_a_home_with_a_registry_and_find_what_was_changed(station: Station, camera: Path) -> None:
    station.json("devices", "add", KEY, "--assign", "000333", "--note", "spare")
    station.json("devices", "issue", KEY, "--officer", "000444", "--clock-shows", "2010-01-01T00:00:05")
    write(camera, "0009")
    alarms = station.json("ingest", camera)["alarms"]
    station.json("devices", "return", KEY)
    station.json("devices", "change", KEY, "--assign", "000555", "--note", "")
    station.json("alarms", "acknowledge", alarms[0]["id"], "--note", "heard")
    station.json("upload", "--until-idle")
    assert station.json("verify")["ok"]
    assert independent_verifier.Verification(station.folder, []).kinds([]) == set()
    rooms = station.rooms()
    with rooms.catalogue.begin() as connection:
        connection.exec_driver_sql("UPDATE device SET state = 'retired'")
        connection.exec_driver_sql("DELETE FROM alarm WHERE acknowledged_at IS NOT NULL")
    rooms.close()
    found = station.json("verify", status=3)["problems"]
    assert sorted(one["kind"] for one in found) == ["catalogue-differs", "catalogue-missing-row"]
    assert independent_verifier.Verification(station.folder, []).kinds([]) == {"catalogue-differs", "catalogue-missing-row"}


@pytest.mark.parametrize(("language", "words"), [("en", ("missing", "at the dock", "ahead")), ("zh", ("缺", "接入者", "快"))])
def test_people_read_alarms_and_histories_in_their_language(
    station: Station, camera: Path, language: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    station.json("devices", "add", KEY, "--assign", "000333")
    station.json("devices", "issue", KEY, "--officer", "000444", "--clock-shows", "2010-01-01T00:00:05")
    write(camera, "0009")
    station.json("ingest", camera, "--officer", "000555")
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    told = station("alarms").out.decode()
    for word in words:
        assert word in told
    assert len(told.splitlines()) == 6
    history = station("devices", "show", KEY).out.decode()
    assert "000444" in history
    assert len(history.splitlines()) > 8
