from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence.inventory import Inventory, Item, Kind
from ingest.errors import CardGone, CardMissing, CardTooLarge, CardUnreadable
from ingest.listing import ListingLimits, SkipRule, list_card, open_card
from tests.pieces import missing, need_program, need_root

WHEN = "2026-11-21T10:00:00.000000Z"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"


def listed(root: Path, limits: ListingLimits | None = None) -> Inventory:
    with open_card(os.fsencode(root)) as card:
        return list_card(card, WHEN, limits)


def by_path(inventory: Inventory) -> dict[bytes, Item]:
    return {item.path: item for item in inventory.items}


def test_every_entry_is_listed_once_in_bytewise_order(tmp_path: Path) -> None:
    for name in ("a/b", "a.txt", "a/c/d", "B", "ä"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * len(name))
    inventory = listed(tmp_path)
    paths = [item.path for item in inventory.items]
    assert paths == sorted([b"a", b"a/b", b"a.txt", b"a/c", b"a/c/d", b"B", "ä".encode()])
    assert [item.position for item in inventory.items] == list(range(7))
    found = by_path(inventory)[b"a/c/d"]
    assert (found.size, found.mtime_ns) == (5, (tmp_path / "a/c/d").stat().st_mtime_ns)
    assert inventory.space is not None
    assert inventory.space.total > inventory.space.free > 0


HOSTILE = [
    b"new\nline",
    b"control\x01\x1b[31m\x7f",
    b"GBK \xd6\xb4\xb7\xa8.mp4",
    b"n" * 255,
    b"..mp4",
    b"a..b",
    b"...",
    b"UPPER.MP4",
    b"upper.mp4",
    b"-rf",
    b"emoji \xf0\x9f\x8e\xa5.mp4",
    b" ",
    b"\xed\xa0\x80 surrogate",
]


def test_hostile_names_are_ordinary(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    for name in HOSTILE:
        os.mkdir(root + b"/" + name)
        Path(os.fsdecode(root + b"/" + name + b"/" + name)).write_bytes(b"x")
    found = [item.path for item in listed(tmp_path).items if item.kind is Kind.FILE]
    assert found == sorted(name + b"/" + name for name in HOSTILE)


def test_what_is_no_file_is_listed_and_skipped_by_a_written_rule(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/clip.mp4").write_bytes(b"x")
    (tmp_path / "link-to-file").symlink_to("real/clip.mp4")
    (tmp_path / "link-to-folder").symlink_to("real")
    (tmp_path / "real/up").symlink_to("..")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "sock"))
        inventory = listed(tmp_path)
    reasons = {item.path: (item.kind, item.reason) for item in inventory.skipped}
    assert reasons == {
        b"link-to-file": (Kind.SYMLINK, "symlink"),
        b"link-to-folder": (Kind.SYMLINK, "symlink"),
        b"real/up": (Kind.SYMLINK, "symlink"),
        b"dangling": (Kind.SYMLINK, "symlink"),
        b"pipe": (Kind.FIFO, "fifo"),
        b"sock": (Kind.SOCKET, "socket"),
    }
    assert [item.path for item in inventory.wanted] == [b"real/clip.mp4"]


def test_device_nodes_are_listed_and_never_opened(tmp_path: Path) -> None:
    need_root("make device nodes")
    os.mknod(tmp_path / "block", 0o600 | 0o060000, os.makedev(7, 250))
    os.mknod(tmp_path / "tape.mp4", 0o600 | 0o020000, os.makedev(1, 5))
    assert {(item.kind, item.reason) for item in listed(tmp_path).items} == {
        (Kind.BLOCK_DEVICE, "device"),
        (Kind.CHAR_DEVICE, "device"),
    }


def test_a_system_folder_is_skipped_but_media_in_it_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "System Volume Information"
    (folder / "deep").mkdir(parents=True)
    (folder / "IndexerVolumeGuid").write_bytes(b"{}")
    (folder / "deep/CLIP.MP4").write_bytes(b"not even a header")
    (folder / "renamed.dat").write_bytes(JPEG)
    (folder / "short").write_bytes(b"")
    (tmp_path / "DCIM/.Trashes").mkdir(parents=True)
    (tmp_path / "DCIM/.Trashes/note").write_bytes(b"not at the top: no system folder")
    (tmp_path / "LOST.DIR").mkdir()
    (tmp_path / "LOST.DIR/1234").write_bytes(b"found again")
    inventory = listed(tmp_path)
    assert {item.path: item.reason for item in inventory.skipped} == {
        b"System Volume Information/IndexerVolumeGuid": "system-folder",
        b"System Volume Information/short": "system-folder",
    }
    assert [item.path for item in inventory.wanted] == [
        b"DCIM/.Trashes/note",
        b"LOST.DIR/1234",
        b"System Volume Information/deep/CLIP.MP4",
        b"System Volume Information/renamed.dat",
    ]


def test_another_file_system_is_not_entered(tmp_path: Path) -> None:
    need_root("mount")
    inner = tmp_path / "inner"
    inner.mkdir()
    with mounted(["-t", "tmpfs", "none"], inner):
        (inner / "clip.mp4").write_bytes(b"x")
        (found,) = listed(tmp_path).items
        assert (found.path, found.kind, found.reason) == (b"inner", Kind.DIRECTORY, SkipRule.OTHER_FILE_SYSTEM)


def test_an_unreadable_folder_is_listed_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/clip.mp4").write_bytes(b"x")
    (tmp_path / "good.mp4").write_bytes(b"x")
    (tmp_path / "bad").chmod(0)
    if os.geteuid() == 0:
        drop_read_override(monkeypatch)
    inventory = listed(tmp_path)
    (tmp_path / "bad").chmod(0o700)
    assert [(item.path, item.kind, item.error) for item in inventory.unreadable] == [
        (b"bad", Kind.UNREADABLE_DIRECTORY, "EACCES")
    ]
    assert [item.path for item in inventory.wanted] == [b"good.mp4"]


def drop_read_override(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so for root the kernel's answer is given in its place."""
    real = os.open

    def refusing(path: bytes | str, flags: int, *arguments: int, dir_fd: int | None = None) -> int:
        if path in (b"bad", "bad"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *arguments, dir_fd=dir_fd)

    monkeypatch.setattr("ingest.listing.os.open", refusing)


def test_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        inside = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inside
    os.close(os.open("clip.mp4", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    (found,) = listed(tmp_path).wanted
    assert len(found.path) == 30 * 201 + 8


def test_bounds_of_depth_and_number(tmp_path: Path) -> None:
    (tmp_path / "1/2/3").mkdir(parents=True)
    (tmp_path / "1/2/3/clip.mp4").write_bytes(b"x")
    inventory = listed(tmp_path, ListingLimits(depth=2))
    assert [(item.path, item.error) for item in inventory.unreadable] == [(b"1/2/3", "too-deep")]
    with pytest.raises(CardTooLarge) as refused:
        listed(tmp_path, ListingLimits(entries=3))
    assert refused.value.fields["limit"] == 3


def test_a_folder_that_is_its_own_ancestor_is_not_entered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a/loop").mkdir(parents=True)
    real = os.stat
    same = real(tmp_path / "a")

    def looping(path: bytes | str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        return same if path == b"loop" else real(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    monkeypatch.setattr("ingest.listing.os.stat", looping)
    assert [(item.path, item.reason) for item in listed(tmp_path).skipped] == [(b"a/loop", "directory-loop")]


def test_no_folder_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for name in ("nothing", "file"):
        with pytest.raises(CardMissing), open_card(os.fsencode(tmp_path / name)):
            pass


def test_a_card_pulled_early_is_not_an_empty_card(tmp_path: Path) -> None:
    """A pulled FAT card lists as empty without an error: the device's absence from sysfs is what tells."""
    root = tmp_path / "card"
    root.mkdir()
    facts = root.stat()
    entry = tmp_path / "sys/dev/block" / f"{os.major(facts.st_dev)}:{os.minor(facts.st_dev)}"
    entry.mkdir(parents=True)
    with open_card(os.fsencode(root), sysfs=tmp_path / "sys") as card:
        assert list_card(card, WHEN).items == ()
        entry.rmdir()
        with pytest.raises(CardGone) as gone:
            list_card(card, WHEN)
    assert gone.value.fields["error"] == "device-removed"


def test_a_card_replaced_while_open_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "card"
    root.mkdir()
    with open_card(os.fsencode(root)) as card:
        root.rename(tmp_path / "away")
        with pytest.raises(CardGone):
            list_card(card, WHEN)
        root.mkdir()
        with pytest.raises(CardGone) as gone:
            list_card(card, WHEN)
    assert gone.value.fields["error"] == "replaced"


class Kernel:
    """A sysfs in which the folder's device is a disk whose medium, and whose refusals to read, are the test's to say."""

    def __init__(self, folder: Path, root: Path) -> None:
        number = os.stat(root).st_dev
        self.root = folder / "sys"
        self.disk = self.root / "devices" / "usb1" / "block" / "sda"
        (self.disk / "device").mkdir(parents=True)
        (self.root / "dev" / "block").mkdir(parents=True)
        (self.root / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").symlink_to(self.disk)
        self.says(diskseq="9", size="2048", refusals=0)

    def says(self, **words: object) -> None:
        for name, word in words.items():
            if name == "refusals":
                (self.disk / "device" / "ioerr_cnt").write_text(f"{word:#x}\n")
            else:
                (self.disk / name).write_text(f"{word}\n")


@pytest.mark.parametrize("words", [{"diskseq": "10"}, {"size": "0"}])
def test_another_medium_in_the_same_reader_is_not_the_card(tmp_path: Path, words: dict[str, object]) -> None:
    (tmp_path / "card").mkdir()
    kernel = Kernel(tmp_path, tmp_path / "card")
    with open_card(os.fsencode(tmp_path / "card"), sysfs=kernel.root) as card:
        card.check_present()
        kernel.says(**words)
        with pytest.raises(CardGone) as gone:
            list_card(card, WHEN)
    assert gone.value.fields["error"] == "device-removed"


def refusing(monkeypatch: pytest.MonkeyPatch, kernel: Kernel, listings: list[list[str]], refused: list[bool]) -> list[int]:
    """The card lists so, one listing after the other, and refuses to read during those that are marked."""
    walks: list[int] = []
    real = os.scandir

    def scandir(where: int) -> Iterator[os.DirEntry[str]]:
        walk = min(len(walks), len(listings) - 1)
        walks.append(walk)
        if refused[walk]:
            kernel.says(refusals=100 + len(walks))
        return contextlib.nullcontext(one for one in real(where) if one.name in listings[walk])  # type: ignore[return-value]  # what the walk uses of it

    monkeypatch.setattr("ingest.listing.os.scandir", scandir)
    return walks


@pytest.mark.parametrize(
    ("listings", "refused", "expected"),
    [
        ([["a", "b"]], [False], 2),
        ([[]], [False], 0),
        ([["a"], ["a", "b"]], [True, False], 2),
        ([["a", "b"], ["a", "b"]], [True, True], 2),
        ([[], ["a", "b"], ["a", "b"]], [True, True, True], 2),
        ([[], []], [True, True], None),
        ([["a"], ["b"], ["a"], ["b"]], [True, True, True, True], None),
    ],
)
def test_a_listing_during_which_the_device_refused_to_read_is_not_believed_by_itself_and_an_empty_one_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listings: list[list[str]], refused: list[bool], expected: int | None
) -> None:
    root = tmp_path / "card"
    root.mkdir()
    for name in ("a", "b"):
        (root / name).write_bytes(b"x")
    kernel = Kernel(tmp_path, root)
    refusing(monkeypatch, kernel, listings, refused)
    with open_card(os.fsencode(root), sysfs=kernel.root) as card:
        if expected is None:
            with pytest.raises(CardUnreadable) as caught:
                list_card(card, WHEN)
            assert caught.value.fields["error"] == "EIO"
        else:
            assert len(list_card(card, WHEN).items) == expected


def test_small_files_are_read_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "MISC").mkdir()
    (tmp_path / "MISC/version.txt").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to("MISC")
    (tmp_path / "MISC/leak").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    with open_card(os.fsencode(tmp_path)) as card:
        assert card.read_head(b"MISC/version.txt", 4) == b"0123"
        assert card.read_head(b"MISC/version.txt", 400) == b"0123456789"
        for path in (b"link/version.txt", b"MISC/leak", b"pipe", b"MISC", b"nothing", b"MISC/../MISC/version.txt", b""):
            with pytest.raises(CardUnreadable):
                card.read_head(path, 4)


def test_a_block_device_mounted_read_only(tmp_path: Path) -> None:
    need_root("mount a loop device")
    image, point = tmp_path / "card.img", tmp_path / "card"
    point.mkdir()
    with image.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run([need_program("mkfs.ext4", "e2fsprogs"), "-q", image], check=True)
    with mounted(["-o", "loop,ro", str(image)], point), open_card(os.fsencode(point)) as card:
        assert card.block_device is not None
        assert [item.path for item in list_card(card, WHEN).items] == [b"lost+found"]


@contextmanager
def mounted(arguments: list[str], point: Path) -> Iterator[None]:
    done = subprocess.run(["mount", *arguments, str(point)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"the right to mount ({done.stderr.strip()})")
    try:
        yield
    finally:
        subprocess.run(["umount", str(point)], check=True)
