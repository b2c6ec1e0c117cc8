"""What every client must do, whichever way it reaches the station.

``CLIENTS`` names each kind of client: the engine in this process, and a service in another one over HTTP.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from evidence.access import Permission, PermissionDenied, Role, allowed
from evidence.catalogue.acts.alarms import NoSuchAlarm
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.devices import NoSuchDevice
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault
from evidence.facts import SourceKind
from ingest.errors import CardMissing
from station.client import Client, InProcess
from station.commands import (
    KINDS,
    AcknowledgeAlarm,
    AddDevice,
    AdmitDevice,
    Answer,
    ChangeDevice,
    Command,
    Cosign,
    Custody,
    Erase,
    Evict,
    Export,
    Forecast,
    ForgetSlot,
    ImportCertificates,
    Ingest,
    IssueDevice,
    LearnSlot,
    ListAlarms,
    ListClips,
    ListDevices,
    ListDockings,
    ListKeys,
    ListReceipts,
    ListRecorders,
    ListRecordings,
    ListSlots,
    ListStamps,
    ListUploads,
    MakeKey,
    Package,
    Play,
    PrintShift,
    PrintSlip,
    Progress,
    ProveEntry,
    Recall,
    Recover,
    RequestCertificate,
    RetireDevice,
    ReturnDevice,
    RevokeKey,
    RotateKey,
    Scrub,
    Seal,
    SettingsCommand,
    ShowCheckpoint,
    ShowClip,
    ShowDevice,
    ShowDocking,
    ShowRecording,
    Stamp,
    Status,
    Tag,
    Upload,
    Verify,
    Watch,
)
from station.engine import Engine
from station.files import TargetUnusable
from station.handlers.clips import NoSuchRecording
from station.handlers.delivery import NoWitnesses
from station.handlers.intake import NotOpen
from station.handlers.keys import NoSuchKey
from station.handlers.log import NoSuchEntry
from station.handlers.slots import NoSuchSlot, SlotUnfit
from station.home import Home, NoSuchDocking
from station.keyring import NoKeyWaits
from station.rooms import Rooms
from station.settings import UnknownSetting
from station.setup import init
from tests.contract import tried
from tests.station.service.serving import Hatchery

NOBODY = "0197f000-0000-7000-8000-000000000000"
Open = Callable[[Path, Actor], AbstractContextManager[Client]]


@contextmanager
def in_process(home: Path, actor: Actor) -> Iterator[Client]:
    """The engine in this very process."""
    rooms = Rooms.open(Home(home))
    try:
        yield InProcess(Engine(rooms), actor)
    finally:
        rooms.close()


HATCHERY: list[Hatchery] = []


@contextmanager
def over_http(home: Path, actor: Actor) -> Iterator[Client]:
    """The service of that home, in a process of its own."""
    if not HATCHERY:
        HATCHERY.append(Hatchery())
    yield HATCHERY[0].client(home, actor)


CLIENTS: dict[str, Open] = {"in-process": in_process, "http": over_http}


@dataclass(frozen=True)
class House:
    """A home, and how to speak to its station."""

    home: Path
    open: Open

    def client(self, role: str = "administrator") -> AbstractContextManager[Client]:
        return self.open(self.home, Actor("Somebody", role))

    def ask(self, command: Command, role: str = "administrator") -> Answer:
        with self.client(role) as client:
            return client.call(command)

    def size(self) -> int:
        """Entries in the log."""
        found = self.ask(ShowCheckpoint()).document["size"]
        assert isinstance(found, int)
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station that took one clip; nobody writes to it."""
    folder = tmp_path_factory.mktemp("contract")
    init(Home(folder / "home"), "s1", "u")
    (folder / "card").mkdir()
    (folder / "card" / "a.mp4").write_bytes(b"footage")
    with in_process(folder / "home", Actor("Somebody", "officer")) as client:
        client.call(Ingest((os.fsencode(folder / "card"),), "badge 7"))
    return folder / "home"


@pytest.fixture(scope="module", autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    for hatchery in HATCHERY:
        hatchery.close()
    HATCHERY.clear()


@pytest.fixture(params=CLIENTS)
def house(request: pytest.FixtureRequest, made: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(made, tmp_path / "home")
    yield House(tmp_path / "home", CLIENTS[request.param])
    for hatchery in HATCHERY:
        hatchery.stop(tmp_path / "home")


@pytest.fixture(scope="module", params=CLIENTS)
def unchanged(request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for all tests of what changes nothing: each of them looks itself that nothing was changed."""
    home = tmp_path_factory.mktemp("unchanged") / "home"
    shutil.copytree(made, home)
    yield House(home, CLIENTS[request.param])
    for hatchery in HATCHERY:
        hatchery.stop(home)


def clip_of(house: House) -> str:
    (clip,) = document(house.ask(ListClips()))["clips"]
    return str(clip["id"])


def docking_of(house: House) -> str:
    (docking,) = document(house.ask(ListDockings()))["dockings"]
    return str(docking["id"])


def key_of(house: House) -> str:
    keys = document(house.ask(ListKeys()))["keys"]
    return str(next(one["key"] for one in keys if one["role"] == "seal"))


def camera(house: House) -> str:
    house.ask(AddDevice("dsj:7", SourceKind.BODY_CAMERA))
    return "dsj:7"


def issued(house: House) -> str:
    house.ask(IssueDevice(camera(house), "badge 7", "2010-01-01T00:00:03"))
    return "dsj:7"


def alarm_of(house: House) -> str:
    issued(house)  # with a clock that is wrong
    return str(document(house.ask(ListAlarms()))["alarms"][0]["id"])


def waiting(house: House) -> Literal["seal"]:
    house.ask(MakeKey("seal"))
    return "seal"


def document(answer: Answer) -> dict[str, list[dict[str, object]]]:
    """The document as whoever is far away gets it: through JSON."""
    found: dict[str, list[dict[str, object]]] = msgspec.json.decode(msgspec.json.encode(answer.document))
    return found


ASKED: dict[type[Command], tuple[Callable[[House, Path], Command], str, Exit]] = {
    **tried.ASKED,
    # kind: the command, a member of its answer, its status
    Ingest: (lambda _, card: Ingest((os.fsencode(card),)), "clips", Exit.OK),
    ListRecorders: (lambda *_: ListRecorders(), "recorders", Exit.OK),
    ListClips: (lambda *_: ListClips(), "clips", Exit.OK),
    ShowClip: (lambda house, _: ShowClip(clip_of(house)), "sightings", Exit.OK),
    Play: (lambda house, _: Play(clip_of(house)), "sha256", Exit.OK),
    ListDockings: (lambda *_: ListDockings(), "dockings", Exit.OK),
    ShowDocking: (lambda house, _: ShowDocking(docking_of(house)), "opened_at", Exit.OK),
    ListRecordings: (lambda *_: ListRecordings(), "recordings", Exit.OK),
    Tag: (lambda house, _: Tag((clip_of(house),), case_number="A-1"), "tagged", Exit.OK),
    Export: (lambda house, card: Export(clip_of(house), os.fsencode(card) + b"/out"), "files", Exit.OK),
    ListDevices: (lambda *_: ListDevices(), "devices", Exit.OK),
    ShowDevice: (lambda house, _: ShowDevice(camera(house)), "history", Exit.OK),
    AddDevice: (lambda *_: AddDevice("dsj:8", SourceKind.BODY_CAMERA, serial="8"), "key", Exit.OK),
    ChangeDevice: (lambda house, _: ChangeDevice(camera(house), note="a dent"), "changes", Exit.OK),
    AdmitDevice: (lambda house, _: AdmitDevice(camera(house)), "changes", Exit.OK),
    RetireDevice: (lambda house, _: RetireDevice(camera(house)), "changes", Exit.OK),
    IssueDevice: (lambda house, _: IssueDevice(camera(house), "badge 7"), "issued_at", Exit.OK),
    ReturnDevice: (lambda house, _: ReturnDevice(issued(house)), "clock", Exit.OK),
    ListAlarms: (lambda *_: ListAlarms(), "alarms", Exit.OK),
    AcknowledgeAlarm: (lambda house, _: AcknowledgeAlarm(alarm_of(house), "looked at"), "alarm", Exit.OK),
    Erase: (lambda house, card: Erase(docking_of(house), os.fsencode(card)), "planned", Exit.OK),
    Evict: (lambda *_: Evict(), "evicted", Exit.OK),
    Recall: (lambda house, _: Recall((clip_of(house),)), "recalled", Exit.OK),
    Forecast: (lambda *_: Forecast(), "devices", Exit.OK),
    Custody: (lambda *_: Custody(), "entries", Exit.OK),
    Status: (lambda *_: Status(), "log", Exit.OK),
    Upload: (lambda *_: Upload(until_idle=True), "received", Exit.OK),
    ListReceipts: (lambda *_: ListReceipts(), "receipts", Exit.OK),
    ListUploads: (lambda *_: ListUploads(), "uploads", Exit.OK),
    Stamp: (lambda *_: Stamp(), "attested", Exit.OK),
    ListStamps: (lambda *_: ListStamps(), "stamps", Exit.OK),
    SettingsCommand: (lambda *_: SettingsCommand("show"), "settings", Exit.OK),
    ListSlots: (lambda *_: ListSlots(), "slots", Exit.OK),
    LearnSlot: (lambda *_: LearnSlot("pci-0000:00:14.0-usb-0:1.2", 7), "learned", Exit.OK),
    Verify: (lambda *_: Verify(), "problems", Exit.OK),
    Scrub: (lambda *_: Scrub(), "blobs", Exit.OK),
    ProveEntry: (lambda *_: ProveEntry(1, 3), "holds", Exit.OK),
    ShowCheckpoint: (lambda *_: ShowCheckpoint(), "note", Exit.OK),
    PrintSlip: (lambda house, card: PrintSlip(docking_of(house), os.fsencode(card) + b"/slip.pdf"), "qr", Exit.OK),
    PrintShift: (lambda _, card: PrintShift(os.fsencode(card) + b"/shift.pdf"), "qr", Exit.OK),
    Recover: (lambda *_: Recover("drill"), "origin", Exit.OK),
    Package: (lambda house, card: Package(os.fsencode(card) + b"/bag", clips=(clip_of(house),)), "parts", Exit.OK),
    ListKeys: (lambda *_: ListKeys(), "keys", Exit.OK),
    MakeKey: (lambda *_: MakeKey("seal"), "key", Exit.OK),
    RequestCertificate: (lambda house, _: RequestCertificate(waiting(house)), "request", Exit.OK),
    RotateKey: (lambda *_: RotateKey("log"), "ended", Exit.OK),
    RevokeKey: (lambda house, _: RevokeKey(key_of(house), "lost"), "reason", Exit.OK),
}
FAULTS: dict[type[Command], tuple[Command, type[Fault]]] = {
    **tried.FAULTS,
    Ingest: (Ingest((b"/nonexistent",)), CardMissing),
    Seal: (Seal(NOBODY), NotOpen),
    ShowClip: (ShowClip(NOBODY), NoSuchClip),
    Play: (Play(NOBODY), NoSuchClip),
    ShowDocking: (ShowDocking(NOBODY), NoSuchDocking),
    ShowRecording: (ShowRecording(NOBODY), NoSuchRecording),
    Tag: (Tag((NOBODY,), note="x"), NoSuchClip),
    Export: (Export(NOBODY, b"/nonexistent/out"), NoSuchClip),
    ShowDevice: (ShowDevice("dsj:7"), NoSuchDevice),
    ChangeDevice: (ChangeDevice("dsj:7", note="x"), NoSuchDevice),
    IssueDevice: (IssueDevice("dsj:7", "badge 7"), NoSuchDevice),
    ReturnDevice: (ReturnDevice("dsj:7"), NoSuchDevice),
    AcknowledgeAlarm: (AcknowledgeAlarm(NOBODY), NoSuchAlarm),
    Erase: (Erase(NOBODY, b"/nonexistent"), NoSuchDocking),
    Recall: (Recall((NOBODY,)), NoSuchClip),
    Custody: (Custody(NOBODY), NoSuchClip),
    ProveEntry: (ProveEntry(1, 1 << 40), NoSuchEntry),
    ListReceipts: (ListReceipts(NOBODY), NoSuchClip),
    Cosign: (Cosign(), NoWitnesses),
    PrintSlip: (PrintSlip(NOBODY, b"/tmp/never.pdf"), NoSuchDocking),
    PrintShift: (PrintShift(b"/nonexistent/shift.pdf"), TargetUnusable),
    LearnSlot: (LearnSlot("two words", 1), SlotUnfit),
    ForgetSlot: (ForgetSlot(7), NoSuchSlot),
    SettingsCommand: (SettingsCommand("set", "langauge", "zh"), UnknownSetting),
    Package: (Package(b"/nonexistent/out", clips=(NOBODY,)), NoSuchClip),
    RequestCertificate: (RequestCertificate("seal"), NoKeyWaits),
    RevokeKey: (RevokeKey("c0ffee", "lost"), NoSuchKey),
}
EVERY: tuple[Command, ...] = (
    *tried.EVERY,
    Ingest((b"/nonexistent",)),
    Seal(NOBODY),
    Watch(once=True),
    ListClips(),
    ShowClip(NOBODY),
    Play(NOBODY),
    ListDockings(),
    ShowDocking(NOBODY),
    ListRecordings(),
    ShowRecording(NOBODY),
    Tag((NOBODY,), note="x"),
    Tag((), note="x", search=NOBODY),
    Export(NOBODY, b"/nonexistent/out"),
    ListDevices(),
    ShowDevice("dsj:7"),
    AddDevice("dsj:7", SourceKind.BODY_CAMERA),
    ChangeDevice("dsj:7", note="x"),
    AdmitDevice("dsj:7"),
    RetireDevice("dsj:7"),
    IssueDevice("dsj:7", "badge 7"),
    ReturnDevice("dsj:7"),
    ListAlarms(),
    AcknowledgeAlarm(NOBODY),
    Erase(NOBODY, b"/nonexistent"),
    Erase(NOBODY, b"/nonexistent", confirmed=True),
    Evict(),
    Recall((NOBODY,)),
    Forecast(),
    Custody(NOBODY),
    Custody(subject="clip", acts=("copied",), person="x", since="2026-01-01T00:00:00Z", newest_first=True, limit=5),
    ProveEntry(1, 0),
    Status(),
    Upload(),
    ListReceipts(NOBODY),
    ListRecorders(),
    ListUploads(),
    Stamp(),
    ListStamps(),
    SettingsCommand("show"),
    SettingsCommand("set", "nonsense", "x"),
    SettingsCommand("accept"),
    ListSlots(),
    LearnSlot("two words"),
    ForgetSlot(7),
    Verify(),
    Scrub(),
    ShowCheckpoint(),
    Cosign(),
    PrintSlip(NOBODY, b"/nonexistent/slip.pdf"),
    PrintShift(b"/nonexistent/shift.pdf"),
    Recover("x"),
    Package(b"/nonexistent/out", clips=(NOBODY,)),
    ListKeys(),
    MakeKey("seal"),
    RequestCertificate("seal"),
    ImportCertificates(()),
    RotateKey("seal"),
    RevokeKey(NOBODY, "lost"),
)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "b.mp4").write_bytes(bytes(1 << 20))
    return tmp_path / "card"


def test_every_kind_of_command_is_tried_and_has_somebody_who_carries_it_out() -> None:
    kinds = set(KINDS)
    for kind in kinds:
        module, function = kind.handler.split(":")
        assert callable(getattr(import_module(f"station.handlers.{module}"), function))
    assert {type(one) for one in EVERY} == kinds
    assert kinds - set(ASKED) == {Seal, Watch, Cosign, ForgetSlot, ImportCertificates, ShowRecording} | tried.ELSEWHERE, (
        "these are told in tests/station, with what they need"
    )


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.__name__)
def test_every_command_is_answered(house: House, card: Path, kind: type[Command]) -> None:
    make, member, status = ASKED[kind]
    answer = house.ask(make(house, card))
    assert member in document(answer)
    assert answer.status is status


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_a_fault_comes_out_as_what_it_is(unchanged: House, kind: type[Command]) -> None:
    command, fault = FAULTS[kind]
    before = unchanged.size()
    with unchanged.client() as client, pytest.raises(fault) as caught:
        client.call(command)
    assert type(caught.value) is fault
    assert caught.value.fields
    assert unchanged.size() == before


@pytest.mark.parametrize(
    "command", EVERY, ids=lambda command: f"{type(command).__name__}-{getattr(command, 'verb', '')}".rstrip("-")
)
def test_permission_is_asked_before_anything_else(unchanged: House, command: Command) -> None:
    before = unchanged.size()
    assert isinstance(command.permission, Permission)
    files = sorted(path.name for path in unchanged.home.iterdir())
    for role in (*Role, "nobody", ""):
        if allowed(Actor("Somebody", str(role)), command.permission):
            continue
        with unchanged.client(str(role)) as client, pytest.raises(PermissionDenied) as caught:
            client.call(command)  # most of these ask for what is not there, which would be another fault
        assert caught.value.fields == {"role": str(role), "permission": command.permission.value}
    assert sorted(path.name for path in unchanged.home.iterdir()) == files
    assert unchanged.size() == before


def test_who_acts_and_in_which_role_stands_in_the_log(house: House) -> None:
    house.ask(Tag((clip_of(house),), note="seen"), role="clerk")
    entry = document(house.ask(Custody()))["entries"][-1]
    assert entry["type"] == "tagged"
    actor, personal = entry["actor"], entry["personal"]
    assert isinstance(actor, dict)
    assert isinstance(personal, dict)
    assert actor["role"] == "clerk"
    assert personal["actor"] == "Somebody"


def test_progress_of_long_work_is_reported_and_ends_at_the_whole(house: House, card: Path) -> None:
    told: list[Progress] = []
    with house.client() as client:
        client.call(Ingest((os.fsencode(card),)), told.append)
    copied = [one for one in told if one.what == "copy"]
    assert copied
    assert (copied[-1].done, copied[-1].total) == (1 << 20, 1 << 20)
    assert all(0 <= one.done <= one.total for one in told)
    assert [one.done for one in copied] == sorted(one.done for one in copied)
    told.clear()
    with house.client() as client:
        client.call(Verify(), told.append)
        client.call(Upload(until_idle=True), told.append)
    assert {"verify", "upload"} <= {one.what for one in told}


def test_nobody_need_listen_to_progress(house: House, card: Path) -> None:
    assert house.ask(Ingest((os.fsencode(card),))).status is Exit.OK


def test_one_client_serves_many_calls(house: House) -> None:
    with house.client() as client:
        clip = clip_of(house)
        for number in range(3):
            client.call(Tag((clip,), case_number=f"A-{number}"))
        with pytest.raises(NoSuchClip):
            client.call(ShowClip(NOBODY))
        (shown,) = document(client.call(ListClips(case_number="A-2")))["clips"]
        assert shown["id"] == clip
        assert document(client.call(Verify()))["problems"] == []


def test_answers_are_plain_json(house: House) -> None:
    commands: list[Command] = [Status(), ListClips(), Custody(), Verify(), SettingsCommand("show"), ListUploads()]
    for command in commands:
        assert json.loads(json.dumps(house.ask(command).document))
