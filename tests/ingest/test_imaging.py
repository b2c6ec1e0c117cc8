"""Whole block devices as a source: real loop devices, and a bad medium on FUSE."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, CopyJob, CopyTask, Reason, State
from ingest.errors import CardMissing, CardUnreadable, DeviceWritable, WorkerLost
from ingest.imaging import ImageSource, open_image
from ingest.sources import open_source
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, copy, follow, journal_marks, stored, wait_until
from tests.pieces import lacking, missing, need_program, need_root
from tests.servers import badcard

WHEN = "2026-11-21T10:00:00.000000Z"
MEDIUM = random.Random(3).randbytes(5 * MEBIBYTE + 512)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@contextmanager
def loop(image: Path, *options: str) -> Iterator[str]:
    """A real block device over a file."""
    need_root("make a loop device")
    losetup = need_program("losetup", "mount")
    done = subprocess.run([losetup, "--find", "--show", *options, image], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"the right to make loop devices ({done.stderr.strip()})")
    node = done.stdout.strip()
    try:
        yield node
    finally:
        subprocess.run(
            [need_program("blockdev", "util-linux"), "--setrw", node], check=True
        )  # the next user of it wants to write
        subprocess.run(["blockdev", "--setrw", node], check=True)  # the flag would outlive the loop device, and meet another test
        subprocess.run([losetup, "--detach", node], check=True)


@contextmanager
def mounted(node: str, point: Path, options: str) -> Iterator[None]:
    point.mkdir()
    subprocess.run([need_program("mount", "mount"), "-o", options, node, point], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", point], check=True)


def check_refuses_writing(node: str) -> None:
    descriptor = os.open(node, os.O_RDWR)
    try:
        with pytest.raises(PermissionError):
            os.pwrite(descriptor, b"x", 0)
    finally:
        os.close(descriptor)


def flag(node: str) -> str:
    return Path(f"/sys/block/{Path(node).name}/ro").read_text().strip()


def image_job(root: bytes, docking: str = "docking-1") -> CopyJob:
    with open_source(root) as source:
        (item,) = source.listing(WHEN).wanted
    return CopyJob(docking, root, (CopyTask(0, item.path, item.size, item.mtime_ns),))


def test_a_device_is_taken_whole_and_kept_from_being_written_to(tmp_path: Path, vault: Vault) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(MEDIUM)
    with loop(card) as node:
        assert flag(node) == "0"
        with open_source(b"image:" + node.encode()) as source:
            (item,) = source.listing(WHEN).items
            document = source.provenance().document()
            assert flag(node) == "1"
            check_refuses_writing(node)
        outcome = copy(image_job(b"image:" + node.encode()), vault).only
        with open_source(b"image:" + node.encode()) as source:
            again = source.provenance().document()
    assert (item.path, item.size) == (b"image.raw", len(MEDIUM))
    assert (outcome.state, outcome.sha256) == (State.VERIFIED, hashlib.sha256(MEDIUM).hexdigest())
    assert stored(vault, outcome) == MEDIUM
    told = {name: document[name] for name in ("kind", "read_only", "write_block", "write_block_set_by_station", "size")}
    assert told == {
        "kind": "block-image",
        "read_only": True,
        "write_block": "device",
        "write_block_set_by_station": True,
        "size": str(len(MEDIUM)),
    }
    assert again["write_block_set_by_station"] is False
    assert card.read_bytes() == MEDIUM


def test_a_partitioned_device_is_protected_with_all_its_partitions(tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(bytes(8 << 20))
    script = b"label: dos\n2048,8192,83\n"
    subprocess.run([need_program("sfdisk", "fdisk"), "-q", card], input=script, check=True, capture_output=True)
    with loop(card, "--partscan") as node:
        part = f"{node}p1"
        if not Path(part).exists():
            lacking("device nodes of partitions (devtmpfs)")
        with open_image(b"x", node.encode()) as source:
            layout = source.provenance().document()["layout"]
            assert isinstance(layout, dict)
            assert layout["table"] == "mbr"
            check_refuses_writing(part)


def test_a_mounted_device_is_taken_only_when_the_mount_forbids_writing(tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(bytes(4 << 20))
    subprocess.run([need_program("mkfs.ext4", "e2fsprogs"), "-q", card], check=True)
    with loop(card) as node:
        with mounted(node, tmp_path / "rw", "rw"), pytest.raises(DeviceWritable) as refused, open_image(b"x", node.encode()):
            pass
        assert "mounted for writing" in str(refused.value.fields["reason"])
        assert flag(node) == "0"
        with mounted(node, tmp_path / "ro", "ro,noload"), open_image(b"x", node.encode()) as source:
            assert source.size == 4 << 20


def test_without_the_right_to_forbid_writing_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(MEDIUM)
    real = fcntl.ioctl

    def refusing(descriptor: int, request: int, argument: bytes) -> object:
        if request == 0x125D:
            raise PermissionError(13, "Permission denied")
        return real(descriptor, request, argument)

    with loop(card) as node:
        monkeypatch.setattr("ingest.imaging.fcntl.ioctl", refusing)
        with pytest.raises(DeviceWritable), open_image(b"x", node.encode()):
            pass


def test_bad_sectors_are_zero_bytes_in_their_place_and_recorded(tmp_path: Path, vault: Vault) -> None:
    card = tmp_path / "card"
    card.mkdir()
    size = 3 * MEBIBYTE
    with badcard.mounted({"sdb.img": badcard.BadFile(size, bad=((MEBIBYTE + 5, 10),))}, card):
        outcome = copy(image_job(b"image:" + os.fsencode(card / "sdb.img")), vault).only
    assert (outcome.path, outcome.state, outcome.reason) == (b"image.raw", State.DAMAGED, Reason.READ_ERROR)
    assert outcome.unreadable == ((MEBIBYTE, 4096),)
    expected = bytearray(badcard.content(1, size))
    expected[MEBIBYTE : MEBIBYTE + 4096] = bytes(4096)
    assert stored(vault, outcome) == bytes(expected)


def test_an_interrupted_image_goes_on_from_its_last_proved_checkpoint(tmp_path: Path, vault: Vault) -> None:
    card = tmp_path / "card"
    card.mkdir()
    size = 7 * MEBIBYTE
    root = b"image:" + os.fsencode(card / "sdb.img")
    held = badcard.BadFile(size, hold_at=6 * MEBIBYTE)
    with badcard.mounted({"sdb.img": held}, card) as mount, CopyWorker([vault], LIMITS) as worker:
        task = CopyTask(0, b"image.raw", size, badcard.MTIME_NS)
        stream = worker.submit(CopyJob("docking-1", root, (task,)))
        mount.wait_held()
        wait_until(lambda: journal_marks(vault, 0) >= 2)
        assert worker.process is not None
        os.kill(worker.process, signal.SIGKILL)
        assert isinstance(follow(stream).fault, WorkerLost)
    with badcard.mounted({"sdb.img": badcard.BadFile(size, bad=((0, 4096),))}, card):
        outcome = copy(CopyJob("docking-1", root, (task,)), vault).only
    assert outcome.resumed_at >= 4 * MEBIBYTE
    assert (outcome.state, stored(vault, outcome)) == (State.VERIFIED, badcard.content(1, size))


def fingerprint(path: Path) -> str:
    with open_image(b"x", os.fsencode(path)) as source:
        return source.fingerprint


def test_two_media_of_one_size_are_not_taken_for_each_other(tmp_path: Path) -> None:
    one, other, same = (tmp_path / name for name in ("one.img", "other.img", "same.img"))
    one.write_bytes(MEDIUM)
    same.write_bytes(MEDIUM)
    other.write_bytes(MEDIUM[:-1] + b"\0")
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_what_is_no_medium(tmp_path: Path) -> None:
    empty = tmp_path / "empty.img"
    empty.touch()
    for path, fault in ((empty, CardUnreadable), (tmp_path, CardMissing), (tmp_path / "nothing", CardMissing)):
        with pytest.raises(fault), open_image(b"x", os.fsencode(path)):
            pass


def test_only_the_image_is_there(tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(MEDIUM)
    with open_image(b"x", os.fsencode(card)) as source:
        assert isinstance(source, ImageSource)
        assert source.read_head(b"image.raw", 9) == MEDIUM[:9]
        with pytest.raises(CardUnreadable):
            source.read_head(b"DCIM/x", 9)
