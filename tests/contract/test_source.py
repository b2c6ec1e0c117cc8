"""What every source promises, whatever it is: a folder, a device that shows objects, a whole medium."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence.canonical import canonical
from evidence.ids import DockingId
from evidence.inventory import decode, encode
from ingest.copying.facts import MEBIBYTE, CopyLimits, CopyTask
from ingest.copying.reading import NotTaken, PatientFile
from ingest.errors import CardMissing, CardUnreadable
from ingest.sources import Source, is_folder, open_source
from tests.pieces import missing
from tests.servers.ptpip import GET_PARTIAL, Camera

WHEN = "2026-11-21T10:00:00.000000Z"
CLIP = random.Random(5).randbytes(2 * MEBIBYTE + 77)

try:
    import gphoto2  # noqa: F401 - only whether it is there
except ImportError:
    LIBRARY = False
else:
    LIBRARY = True


@dataclass(frozen=True)
class Given:
    """A source, what lies on it, and whether it can be read from the middle."""

    root: bytes
    files: dict[bytes, bytes]
    resumable: bool = True


FILES = {b"DCIM/100MEDIA/CLIP0001.MP4": CLIP, "DCIM/执法.JPG".encode(): b"picture", b"MISC/version.txt": b'{"a":1}'}


@contextmanager
def folder(place: Path) -> Iterator[Given]:
    root = os.fsencode(place) + b"/card"
    for path, data in FILES.items():
        os.makedirs(os.path.dirname(root + b"/" + path), exist_ok=True)
        Path(os.fsdecode(root + b"/" + path)).write_bytes(data)
    yield Given(root, FILES)


@contextmanager
def camera(*, at_offset: bool) -> Iterator[Given]:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    played = Camera()
    for path, data in FILES.items():
        played.put(path.decode(), data)
    if not at_offset:
        played.operations = tuple(code for code in played.operations if code != GET_PARTIAL)
    with played.plugged_in():
        yield Given(played.root.encode(), FILES, at_offset)


@contextmanager
def medium(place: Path) -> Iterator[Given]:
    (place / "card.img").write_bytes(CLIP)
    yield Given(b"image:" + os.fsencode(place / "card.img"), {b"image.raw": CLIP})


KINDS: dict[str, Callable[[Path], AbstractContextManager[Given]]] = {
    "folder": folder,
    "objects-at-offset": lambda _: camera(at_offset=True),
    "objects-whole": lambda _: camera(at_offset=False),
    "medium": medium,
}


@pytest.fixture(params=sorted(KINDS))
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Given]:
    with KINDS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def source(given: Given) -> Iterator[Source]:
    with open_source(given.root) as opened:
        opened.lock()
        yield opened


def tasks(source: Source) -> dict[bytes, CopyTask]:
    return {item.path: CopyTask(item.position, item.path, item.size, item.mtime_ns) for item in source.listing(WHEN).wanted}


def read(file: PatientFile, offset: int = 0) -> bytes:
    block, taken = memoryview(bytearray(MEBIBYTE)), b""
    while count := file.fill(block, offset + len(taken)):
        taken += bytes(block[:count])
    return taken


def test_the_listing_holds_every_file_with_its_size_and_can_be_logged(source: Source, given: Given) -> None:
    inventory = source.listing(WHEN)
    assert {item.path: item.size for item in inventory.wanted} == {path: len(data) for path, data in given.files.items()}
    assert decode(encode(inventory, DockingId("d"), bytes(16)))[0] == inventory


def test_two_listings_are_one(source: Source) -> None:
    assert source.listing(WHEN) == source.listing(WHEN)


def test_what_is_read_is_what_lies_there_once_and_again(source: Source, given: Given) -> None:
    reader = source.reader(CopyLimits())
    for path, task in tasks(source).items():
        with reader.open(task) as file:
            assert (file.size, file.mtime_ns) == (task.size, task.mtime_ns)
            assert read(file) == given.files[path]
            assert (file.reason, file.error, file.changed(task.size)) == (None, None, None)
            file.begin_again()
            assert read(file) == given.files[path]
    reader.close()


def test_reading_goes_on_in_the_middle_or_says_that_it_cannot(source: Source, given: Given) -> None:
    path, task = max(tasks(source).items(), key=lambda pair: pair[1].size)
    with source.reader(CopyLimits()).open(task) as file:
        assert file.resumable == given.resumable
        if file.resumable:
            file.resume(MEBIBYTE, ())
            assert read(file, MEBIBYTE) == given.files[path][MEBIBYTE:]
            assert file.changed(task.size) is None


def test_a_file_that_is_not_there_is_not_taken_and_the_next_one_is(source: Source, given: Given) -> None:
    reader = source.reader(CopyLimits())
    for path in (b"nothing.mp4", b"DCIM/nothing.mp4", b"../../etc/passwd", b""):
        with pytest.raises(NotTaken), reader.open(CopyTask(0, path, 1, 0)):
            pass
    path, task = min(tasks(source).items(), key=lambda pair: pair[1].size)
    reader.expect(task)
    with reader.open(task) as file:
        assert read(file) == given.files[path]


def test_the_beginning_of_a_file_can_be_looked_at(source: Source, given: Given) -> None:
    source.listing(WHEN)
    for path, data in given.files.items():
        assert source.read_head(path, 5) == data[:5]
    with pytest.raises(CardUnreadable):
        source.read_head(b"nothing", 5)


def test_how_it_was_acquired_can_be_signed_and_names_no_path_of_the_station(source: Source, given: Given) -> None:
    document = source.provenance().document()
    assert document["kind"]
    assert document["read_only"] in {True, False}
    assert document["write_block"] in {"device", "mount", "none", "protocol-has-none"}
    assert given.root.rpartition(b":")[2] not in canonical(document)


def test_it_is_there_before_and_after_it_was_handed_over(source: Source, given: Given) -> None:
    source.check_present()
    source.hand_over()
    source.check_present()
    with open_source(given.root) as worker:
        assert set(tasks(worker)) == set(given.files)


@pytest.mark.parametrize("root", [b"/nonexistent", b"image:/nonexistent", b"gphoto2:usb:250,250"])
def test_what_is_not_there_is_missing_and_not_empty(root: bytes) -> None:
    if root.startswith(b"gphoto2:") and not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    assert is_folder(root) == root.startswith(b"/")
    with pytest.raises(CardMissing), open_source(root):
        pass
