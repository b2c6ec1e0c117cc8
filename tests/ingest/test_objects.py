"""Devices that show objects: real libgphoto2 against a PTP responder on loopback, through the real child and the real copy worker."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

import pytest

from evidence.canonical import JsonObject, canonical
from evidence.inventory import Inventory, Kind
from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, Change, CopyJob, CopyLimits, CopyTask, Reason, State
from ingest.copying.reading import PatientFile
from ingest.devicechild import DeviceChild
from ingest.errors import CardBusy, CardGone, CardMissing, CardUnreadable
from ingest.gphoto import DeviceInfo, Storage, clean, parse_summary
from ingest.objects import (
    HIDDEN_SIZE,
    LOOKED_AT_WHOLE,
    ObjectProvenance,
    ObjectSource,
    UsbPlace,
    object_root,
    usb_place,
)
from ingest.sources import open_source
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, copy, follow, sha256, stored
from tests.pieces import missing
from tests.servers.ptpip import ANDROID, GET_PARTIAL, GET_PARTIAL_64, Camera

try:
    import gphoto2  # noqa: F401 - only whether it is there
except ImportError:
    LIBRARY = False
else:
    LIBRARY = True

WHEN = "2026-11-21T10:00:00.000000Z"
CLIP = random.Random(7).randbytes(5 * MEBIBYTE + 321)


@pytest.fixture
def camera() -> Iterator[Camera]:
    """A camera on loopback."""
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    with Camera().plugged_in() as plugged:
        yield plugged


def opened(camera: Camera) -> AbstractContextManager[ObjectSource]:
    return cast("AbstractContextManager[ObjectSource]", open_source(camera.root.encode()))


def listing(camera: Camera) -> Inventory:
    with opened(camera) as source:
        return source.listing(WHEN)


def tasks(inventory: Inventory) -> tuple[CopyTask, ...]:
    return tuple(CopyTask(item.position, item.path, item.size, item.mtime_ns) for item in inventory.wanted)


def read(file: PatientFile) -> bytes:
    block, taken = memoryview(bytearray(MEBIBYTE)), b""
    while count := file.fill(block, len(taken)):
        taken += bytes(block[:count])
    return taken


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


# Listing


def test_everything_is_listed_with_sizes_times_and_the_paths_of_a_card(camera: Camera) -> None:
    camera.put("DCIM/100MEDIA/CLIP0001.MP4", CLIP)
    camera.put("DCIM/100MEDIA/empty.jpg", b"")
    camera.put("version.txt", b"1")
    inventory = listing(camera)
    assert [(item.path, item.kind, item.size) for item in inventory.items] == [
        (b"DCIM", Kind.DIRECTORY, 0),
        (b"DCIM/100MEDIA", Kind.DIRECTORY, 0),
        (b"DCIM/100MEDIA/CLIP0001.MP4", Kind.FILE, len(CLIP)),
        (b"DCIM/100MEDIA/empty.jpg", Kind.FILE, 0),
        (b"version.txt", Kind.FILE, 1),
    ]
    # The device says 2024-03-04 05:06:07 without a zone: taken as UTC, whatever the zone of the station.
    assert {item.mtime_ns for item in inventory.wanted} == {1_709_528_767_000_000_000}
    assert inventory.space is not None
    assert (inventory.space.total, inventory.space.free) == (64 << 30, 32 << 30)


def test_hostile_names_are_taken_where_they_can_stand_in_a_path_and_listed_where_not(camera: Camera) -> None:
    good = ["执法记录 001.MP4", "-rf", "new\nline", "a..b", "n" * 200, "percent%2F"]
    for name in good:
        camera.put(f"DCIM/{name}", b"x")
    folder = next(handle for handle, thing in camera.things.items() if thing.data is None)
    for name in ("..", "up/../../etc/passwd", "."):
        thing = camera.put(f"DCIM/{name.replace('/', '_')}", b"y")
        thing.name, thing.parent = name, folder
    inventory = listing(camera)
    assert {item.path for item in inventory.wanted} == {b"DCIM/" + name.encode() for name in good}
    assert {(item.path, item.error) for item in inventory.unreadable} == {
        (b"DCIM/%2E%2E", "name-unfit"),
        (b"DCIM/%2E", "name-unfit"),
        (b"DCIM/up%2F..%2F..%2Fetc%2Fpasswd", "name-unfit"),
    }
    assert not any(b".." in item.path.split(b"/") for item in inventory.items)


def test_a_character_that_libgphoto2_cannot_say_is_lost_but_the_file_is_taken(camera: Camera, vault: Vault) -> None:
    """It knows two bytes a character: what lies beyond (emoji, rare han) comes as question marks."""
    camera.put("DCIM/emoji 🎥.mp4", b"x")
    copied = copy(CopyJob("docking-1", camera.root.encode(), tasks(listing(camera))), vault)
    assert (copied.only.path, copied.only.state) == (b"DCIM/emoji ??.mp4", State.VERIFIED)


def test_several_storages_are_told_apart(camera: Camera) -> None:
    camera.storages = (0x00010001, 0x00020001)
    camera.put("internal.mp4", b"1")
    camera.put("card.mp4", b"2", storage=0x00020001)
    assert [item.path for item in listing(camera).wanted] == [b"store_00010001/internal.mp4", b"store_00020001/card.mp4"]


def test_a_device_without_a_storage_is_locked_and_no_empty_card(camera: Camera) -> None:
    camera.storages = ()
    with pytest.raises(CardUnreadable) as refused:
        listing(camera)
    assert refused.value.fields["error"] == "no-storage"


@pytest.mark.parametrize("operation", [0x1007, 0x1008])
def test_a_device_pulled_while_it_is_listed_is_gone_and_never_empty(camera: Camera, operation: int) -> None:
    camera.put("DCIM/CLIP0001.MP4", CLIP)
    with opened(camera) as source:
        camera.pull_at_operation = operation
        with pytest.raises(CardGone):
            source.listing(WHEN)


def test_nothing_at_that_port(tmp_path: Path) -> None:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    with pytest.raises(CardMissing), open_source(b"gphoto2:usb:250,250"):
        pass
    with pytest.raises((CardMissing, CardUnreadable)), open_source(b"gphoto2:nonsense"):
        pass


# Reading


@pytest.mark.parametrize("operations", ["offset", "whole"])
def test_what_lies_in_the_vault_is_what_the_device_holds(camera: Camera, vault: Vault, operations: str) -> None:
    names = {"DCIM/CLIP0001.MP4": CLIP, "DCIM/执法.JPG": b"picture", "DCIM/one.bin": b"1", "DCIM/empty.jpg": b""}
    for name, data in names.items():
        camera.put(name, data)
    if operations == "whole":
        camera.operations = tuple(code for code in camera.operations if code != GET_PARTIAL)
    copied = copy(CopyJob("docking-1", camera.root.encode(), tasks(listing(camera))), vault)
    assert copied.fault is None
    states = {path.decode(): outcome.state for path, outcome in copied.files.items()}
    assert states == {name: State.VERIFIED if data else State.EMPTY for name, data in names.items()}
    assert {path.decode(): stored(vault, one) for path, one in copied.files.items() if one.state is State.VERIFIED} == {
        name: data for name, data in names.items() if data
    }
    assert (0x1009 in camera.asked, GET_PARTIAL in camera.asked) == (operations == "whole", operations == "offset")


@pytest.mark.parametrize("operations", ["offset", "whole"])
def test_pulled_in_the_middle_and_continued_at_the_next_visit(vault: Vault, operations: str) -> None:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    first, second = Camera(pull_after=4 * MEBIBYTE + 1), Camera()
    for one in (first, second):
        one.put("DCIM/CLIP0001.MP4", CLIP)
        if operations == "whole":
            one.operations = tuple(code for code in one.operations if code != GET_PARTIAL)
    with first.plugged_in():
        wanted = tasks(listing(first))
        copied = copy(CopyJob("docking-1", first.root.encode(), wanted), vault)
    assert isinstance(copied.fault, CardGone)
    assert copied.files == {}
    with second.plugged_in():
        copied = copy(CopyJob("docking-1", second.root.encode(), wanted), vault)
    assert copied.fault is None
    assert (copied.only.state, copied.only.sha256) == (State.VERIFIED, sha256(CLIP))
    # Two checkpoints of 2 MiB were proved; only a device that reads at an offset is spared them.
    assert copied.only.resumed_at == (4 * MEBIBYTE if operations == "offset" else 0)
    assert second.sent == pytest.approx(len(CLIP) - copied.only.resumed_at, abs=8)


def test_a_refused_file_is_unreadable_and_the_others_are_taken(camera: Camera, vault: Vault) -> None:
    camera.put("DCIM/locked.mp4", CLIP, refused=True)
    camera.put("DCIM/open.mp4", CLIP)
    copied = copy(CopyJob("docking-1", camera.root.encode(), tasks(listing(camera))), vault)
    assert copied.fault is None
    locked = copied.files[b"DCIM/locked.mp4"]
    assert (locked.state, locked.reason, locked.sha256) == (State.UNREADABLE, Reason.READ_ERROR, None)
    assert copied.files[b"DCIM/open.mp4"].sha256 == sha256(CLIP)


def test_a_file_shorter_than_the_device_said_is_taken_and_called_shrunk(camera: Camera, vault: Vault) -> None:
    camera.operations = tuple(code for code in camera.operations if code != GET_PARTIAL)
    camera.put("DCIM/short.mp4", b"x" * 1000, told_size=4000)
    outcome = copy(CopyJob("docking-1", camera.root.encode(), tasks(listing(camera))), vault).only
    assert (outcome.size, outcome.changed) == (1000, Change.SHRANK)


def test_a_file_whose_size_does_not_fit_the_field_is_streamed_to_its_real_end(camera: Camera) -> None:
    camera.put("DCIM/big.mp4", CLIP, told_size=HIDDEN_SIZE)
    with opened(camera) as source:
        (task,) = tasks(source.listing(WHEN))
        assert task.size == HIDDEN_SIZE
        with source.reader(CopyLimits()).open(task) as file:
            assert not file.resumable
            assert sha256(read(file)) == sha256(CLIP)
            assert file.changed(len(CLIP)) is None


def test_android_reads_at_an_offset_with_an_operation_of_its_own(camera: Camera) -> None:
    camera.vendor = ANDROID
    camera.operations = (*(code for code in camera.operations if code != GET_PARTIAL), GET_PARTIAL_64)
    camera.put("DCIM/CLIP0001.MP4", CLIP)
    with opened(camera) as source:
        (task,) = tasks(source.listing(WHEN))
        with source.reader(CopyLimits()).open(task) as file:
            assert file.resumable
            assert sha256(read(file)) == sha256(CLIP)
        assert source.provenance().document()["kind"] == "mtp"


def test_a_stream_can_be_read_twice_but_not_left_in_its_middle(camera: Camera) -> None:
    camera.operations = tuple(code for code in camera.operations if code != GET_PARTIAL)
    camera.put("DCIM/a.mp4", CLIP)
    camera.put("DCIM/b.mp4", b"b")
    with opened(camera) as source:
        first, second = tasks(source.listing(WHEN))
        reader = source.reader(CopyLimits())
        with reader.open(first) as file:
            assert sha256(read(file)) == sha256(CLIP)
            file.begin_again()
            assert sha256(read(file)) == sha256(CLIP)
        with reader.open(first) as file:
            assert file.fill(memoryview(bytearray(1000)), 0) == 1000
        with pytest.raises(CardGone) as gone, reader.open(second):
            pass
    assert gone.value.fields["error"] == "session-lost"


def test_a_small_file_can_be_looked_into_before_anything_is_taken(camera: Camera) -> None:
    camera.put("MISC/version.txt", b'{"camera type":"X"}')
    with opened(camera) as source:
        source.listing(WHEN)
        assert source.read_head(b"MISC/version.txt", 8) == b'{"camera'
        for path in (b"nothing", b"../etc/passwd", b"", b"MISC"):
            with pytest.raises(CardUnreadable):
                source.read_head(path, 8)


def test_a_worker_reads_a_device_and_a_folder_side_by_side(camera: Camera, vault: Vault, tmp_path: Path) -> None:
    camera.put("DCIM/CLIP0001.MP4", CLIP)
    card = tmp_path / "card"
    card.mkdir()
    (card / "other.mp4").write_bytes(b"other")
    facts = (card / "other.mp4").stat()
    wanted = tasks(listing(camera))
    with CopyWorker([vault], LIMITS) as worker:
        one = worker.submit(CopyJob("docking-1", camera.root.encode(), wanted))
        other = worker.submit(
            CopyJob("docking-2", os.fsencode(card), (CopyTask(0, b"other.mp4", facts.st_size, facts.st_mtime_ns),))
        )
        assert follow(other).only.state is State.VERIFIED
        assert follow(one).only.sha256 == sha256(CLIP)


# The child


def child_of(source: ObjectSource) -> DeviceChild:
    """The process behind an open device."""
    device = source._device
    assert isinstance(device, DeviceChild)
    return device


def test_a_library_that_crashes_takes_nothing_with_it_but_its_device(camera: Camera) -> None:
    camera.put("DCIM/a.mp4", CLIP)
    with opened(camera) as source:
        (task,) = tasks(source.listing(WHEN))
        with source.reader(CopyLimits()).open(task) as file:
            assert file.fill(memoryview(bytearray(1000)), 0) == 1000
            child_of(source)._process.kill()
            with pytest.raises(CardGone):
                file.fill(memoryview(bytearray(1000)), 1000)
        with pytest.raises(CardGone):
            source.listing(WHEN)


def test_a_device_that_hangs_is_given_up(camera: Camera) -> None:
    camera.put("DCIM/a.mp4", CLIP)
    with opened(camera) as source:
        child = child_of(source)
        child._process.send_signal(signal.SIGSTOP)
        child._socket.settimeout(0.2)
        with pytest.raises(CardGone):
            source.check_present()
        assert child._process.wait(10) == -signal.SIGKILL


# What is known of the device


def test_the_manifest_says_that_nothing_kept_the_device_from_being_written_to(camera: Camera) -> None:
    camera.put("a.mp4", b"1")
    with opened(camera) as source:
        document = source.provenance().document()
        source.hand_over()
        source.check_present()
    assert (document["kind"], document["read_only"], document["write_block"]) == ("ptp", False, "protocol-has-none")
    assert document["device"] == {"vendor": "ACME", "model": "BodyCam X1", "version": "1.0", "serial": "SN0001", "usb": None}
    (storage,) = cast("list[JsonObject]", document["storages"])
    assert (storage["id"], storage["label"], storage["total"]) == ("store_00010001", "CAM01", str(64 << 30))
    assert canonical(document)


def bus(root: Path, name: str, **attributes: str) -> Path:
    entry = root / "bus/usb/devices" / name
    entry.mkdir(parents=True)
    for attribute, value in attributes.items():
        (entry / attribute).write_text(value + "\n")
    return entry


def test_a_usb_device_is_found_in_sysfs_and_missed_when_another_sits_there(tmp_path: Path) -> None:
    bus(tmp_path, "1-1", busnum="1", devnum="7", idVendor="0001", idProduct="0002", serial="OTHER")
    entry = bus(tmp_path, "1-1.4", busnum="1", devnum="12", idVendor="46f4", idProduct="0004", serial="A0001")
    place = usb_place("usb:001,012", tmp_path)
    assert place is not None
    assert (place.entry.name, place.vendor_id, place.serial, str(place.node)) == (
        "1-1.4",
        "46f4",
        "A0001",
        "/dev/bus/usb/001/012",
    )
    there = [place.occupied]
    (entry / "devnum").write_text("13\n")
    there.append(place.occupied)
    assert there == [True, False]
    assert usb_place("usb:001,012", tmp_path) is None
    assert usb_place("ptpip:127.0.0.1:1", tmp_path) is None


def test_the_root_of_a_device_is_made_from_its_place_in_sysfs(tmp_path: Path) -> None:
    bus(tmp_path, "1-1.4", busnum="1", devnum="12")
    assert object_root("/bus/usb/devices/1-1.4", tmp_path) == b"gphoto2:usb:001,012"
    with pytest.raises(CardGone):
        object_root("/bus/usb/devices/1-1.5", tmp_path)


def test_a_big_file_of_a_device_without_offsets_is_not_fetched_to_look_at_its_beginning(camera: Camera) -> None:
    camera.operations = tuple(code for code in camera.operations if code != GET_PARTIAL)
    camera.put("version.txt", b"x", told_size=LOOKED_AT_WHOLE + 1)
    with opened(camera) as source:
        source.listing(WHEN)
        with pytest.raises(CardUnreadable) as refused:
            source.read_head(b"version.txt", 1)
    assert refused.value.fields["error"] == "EFBIG"
    assert camera.sent == 0


class Still:
    """A device that always answers: as libgphoto2 does from its memory once a cable is out."""

    def storages(self) -> tuple[Storage, ...]:
        return (Storage(b"store_00010001", None, None, 0, None, None),)

    def info(self) -> DeviceInfo:
        return DeviceInfo("ptp", None, None, None, None)

    def folders(self, folder: bytes) -> list[bytes]:
        return []

    def files(self, folder: bytes) -> list[bytes]:
        return []

    def facts(self, folder: bytes, name: bytes) -> tuple[int, int]:
        return 0, 0

    def read(self, folder: bytes, name: bytes, offset: int, block: memoryview) -> int:
        return 0

    def stream(self, folder: bytes, name: bytes, descriptor: int) -> None:
        os.close(descriptor)

    def close(self) -> None:
        pass


def test_an_empty_answer_is_not_believed_when_the_device_has_left_the_bus(tmp_path: Path) -> None:
    entry = bus(tmp_path, "1-1", busnum="1", devnum="12")
    source = ObjectSource(b"gphoto2:usb:001,012", Still(), usb_place("usb:001,012", tmp_path))
    assert source.listing(WHEN).items == ()
    (entry / "devnum").unlink()
    with pytest.raises(CardGone) as gone:
        source.listing(WHEN)
    assert gone.value.fields["error"] == "device-removed"
    source.hand_over()
    with pytest.raises(CardGone):
        source.check_present()


def test_one_collection_at_a_time(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.touch()
    place = UsbPlace(tmp_path, "1", node, None, None, None)
    first, second = (ObjectSource(b"gphoto2:usb:001,001", Still(), place) for _ in range(2))
    first.lock()
    with pytest.raises(CardBusy):
        second.lock()
    second.close()
    first.close()


def test_what_a_device_says_of_itself_is_cut_down_to_printable_text() -> None:
    told = parse_summary(
        "Manufacturer: A\x1b[31mCME\nModel: " + "x" * 400 + "\n  Version: 2.5\n  Serial Number: 执法 7\n"
        "Vendor Extension ID: 0x6 (1.0)\nVendor Extension Description: microsoft.com: 1.0; android.com: 1.0;\n"
    )
    assert told == DeviceInfo("mtp", "A[31mCME", "x" * 256, "2.5", "执法 7")
    assert parse_summary("") == DeviceInfo("ptp", None, None, None, None)
    assert clean("\x00\n") is None
    assert canonical(ObjectProvenance(told, (), None).document())
