"""A sound card into a sound vault."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.facts import EMPTY_DIGEST
from ingest.copying.facts import MEBIBYTE, Change, CopyTask, Medium, Reason, State
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, check_clean, copy, job, listed, sha256, stored

HOSTILE = [b"new\nline.mp4", b"\x01\x1b[31m.mp4", b"\xff\xfe\x80.mp4", b"n" * 255, b" ", b"-rf", b"Clip.MP4", b"clip.mp4", b"..."]


@pytest.mark.parametrize(
    "size",
    [1, 511, 4095, 4096, 4097, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 2 * MEBIBYTE, 5 * MEBIBYTE + 123, 9 * MEBIBYTE],
)
def test_every_byte_arrives_and_is_proved(card: Path, vault: Vault, size: int) -> None:
    data = os.urandom(size)
    (card / "clip.mp4").write_bytes(data)
    outcome = copy(job(card), vault).only
    assert (outcome.state, outcome.size, outcome.sha256) == (State.VERIFIED, size, sha256(data))
    assert (outcome.medium, outcome.vaults, outcome.changed, outcome.existed) == (Medium.DIRECT, 1, None, False)
    assert outcome.started_ns <= outcome.ended_ns
    assert stored(vault, outcome) == data
    check_clean(vault)


def test_an_empty_file_has_an_outcome_and_no_blob(card: Path, vault: Vault) -> None:
    (card / "empty.mp4").touch()
    copied = copy(job(card), vault)
    assert (copied.only.state, copied.only.size, copied.only.sha256) == (State.EMPTY, 0, EMPTY_DIGEST)
    assert list(vault.blobs()) == []
    assert copied.fault is None
    check_clean(vault)


def test_hostile_names_are_only_names(card: Path, vault: Vault) -> None:
    folder = os.path.join(os.fsencode(card), b"d\n\xff", b"deep" * 50)
    os.makedirs(folder)
    for number, name in enumerate(HOSTILE):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"%d" % number)
    copied = copy(job(card), vault)
    assert {os.path.basename(path): stored(vault, outcome) for path, outcome in copied.files.items()} == {
        name: b"%d" % number for number, name in enumerate(HOSTILE)
    }
    check_clean(vault)


def test_equal_files_share_a_blob_and_each_has_its_outcome(card: Path, vault: Vault) -> None:
    for name in ("a", "b", "c"):
        (card / name).write_bytes(b"twins" * 1000)
    copied = copy(job(card), vault)
    assert sorted(outcome.existed for outcome in copied.files.values()) == [False, True, True]
    assert len(list(vault.blobs())) == 1
    check_clean(vault)


def test_many_small_files_go_in_groups(card: Path, vault: Vault) -> None:
    for number in range(1300):
        (card / f"{number:04d}").write_bytes(b"%d" % number)
    copied = copy(job(card), vault)
    assert len(copied.files) == 1300
    assert 3 <= len(copied.groups) < 40
    assert len(list(vault.blobs())) == 1300
    check_clean(vault)


def test_small_and_big_files_mixed(card: Path, vault: Vault) -> None:
    expected = {}
    for number in range(40):
        data = os.urandom(number % 4 * 3 * MEBIBYTE // 2 + number)
        (card / f"{number:02d}").write_bytes(data)
        expected[b"%02d" % number] = sha256(data)
    copied = copy(job(card), vault)
    assert {path: outcome.sha256 for path, outcome in copied.files.items()} == expected
    check_clean(vault)


def test_holes_are_zero_bytes(card: Path, vault: Vault) -> None:
    with (card / "sparse").open("wb") as file:
        file.truncate(6 * MEBIBYTE)
        file.seek(3 * MEBIBYTE)
        file.write(b"x")
    outcome = copy(job(card), vault).only
    assert outcome.sha256 == sha256((card / "sparse").read_bytes())
    check_clean(vault)


def test_progress_counts_up_to_the_whole(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(os.urandom(3 * MEBIBYTE))
    (card / "b").write_bytes(os.urandom(2 * MEBIBYTE))
    progress = copy(job(card), vault).progress
    counts = [step.job_bytes for step in progress]
    assert counts == sorted(counts)
    assert counts[-1] == 5 * MEBIBYTE
    assert {step.position for step in progress} == {0, 1}


def test_progress_is_throttled(card: Path, vault: Vault) -> None:
    for number in range(300):
        (card / str(number)).write_bytes(b"x")

    assert len(copy(job(card), vault, limits=replace(LIMITS, progress_seconds=3600.0)).progress) == 1


def test_a_file_gone_since_the_listing(card: Path, vault: Vault) -> None:
    (card / "here").write_bytes(b"here")
    tasks = (*listed(card), CopyTask(1, b"gone", 4, 0), CopyTask(2, b"no/such/folder", 4, 0))
    copied = copy(job(card, tasks=tasks), vault)
    for path in (b"gone", b"no/such/folder"):
        outcome = copied.files[path]
        assert (outcome.state, outcome.reason, outcome.error) == (State.UNREADABLE, Reason.VANISHED, "ENOENT")
        assert (outcome.sha256, outcome.size) == (None, 0)
    assert copied.files[b"here"].state is State.VERIFIED
    check_clean(vault)


@pytest.mark.parametrize(
    "path", [b"link", b"folder-link/secret", b"fifo", b"folder", b"../outside/secret", b"./x", b"/etc/passwd", b"", b"x/"]
)
def test_nothing_outside_the_listed_file_is_read(card: Path, vault: Vault, tmp_path: Path, path: bytes) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (card / "link").symlink_to(outside / "secret")
    (card / "folder-link").symlink_to(outside)
    (card / "folder").mkdir()
    (card / "x").write_bytes(b"")
    os.mkfifo(card / "fifo")
    outcome = copy(job(card, tasks=(CopyTask(0, path, 6, 0),)), vault).only
    assert (outcome.state, outcome.reason) == (State.UNREADABLE, Reason.REPLACED)
    assert list(vault.blobs()) == []


def test_differences_from_the_listing_are_told(card: Path, vault: Vault) -> None:
    for name in ("same", "grew", "shrank", "touched"):
        (card / name).write_bytes(b"12345678")
    tasks = listed(card)
    (card / "grew").write_bytes(b"123456789")
    (card / "shrank").write_bytes(b"1234567")
    os.utime(card / "touched", ns=(0, 1))
    copied = copy(job(card, tasks=tasks), vault)
    assert {path: (outcome.changed, outcome.size, outcome.state) for path, outcome in copied.files.items()} == {
        b"same": (None, 8, State.VERIFIED),
        b"grew": (Change.GREW, 9, State.VERIFIED),
        b"shrank": (Change.SHRANK, 7, State.VERIFIED),
        b"touched": (Change.TOUCHED, 8, State.VERIFIED),
    }


def test_the_source_is_not_touched(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(b"a" * 10000)
    os.utime(card / "a", ns=(1, 2))
    copy(job(card, double_read=True), vault)
    facts = os.stat(card / "a")
    assert (facts.st_atime_ns, facts.st_mtime_ns) == (1, 2)


def test_double_read_of_a_sound_source(card: Path, vault: Vault) -> None:
    for name, size in (("small", 1000), ("big", 5 * MEBIBYTE + 1), ("even", 4 * MEBIBYTE)):
        (card / name).write_bytes(os.urandom(size))
    copied = copy(job(card, double_read=True), vault)
    for outcome in copied.files.values():
        assert (outcome.state, outcome.second_sha256) == (State.VERIFIED, outcome.sha256)
    check_clean(vault)


def test_without_double_read_there_is_no_second_digest(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(b"a")
    assert copy(job(card), vault).only.second_sha256 is None
