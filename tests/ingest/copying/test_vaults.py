"""The vault's side: what lies there already, a second vault, disks that fill up, fail or lie."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, Medium, State
from ingest.copying.medium import Resident, aligned_block, digest_from_medium, new_hasher, open_medium
from ingest.copying.syscalls import resident_bytes
from ingest.errors import CacheNotBypassed, CopyDiffers, VaultFailed, VaultFull
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, check_clean, copy, follow, job, listed, sha256, stored, unmounting, wait_until
from tests.pieces import need_program, need_root
from tests.servers.badcard import BadFile, content, mounted

SIZES = pytest.mark.parametrize("size", [3000, 3 * MEBIBYTE + 5], ids=["small", "big"])


@SIZES
def test_docked_twice_is_one_blob_proved_twice(card: Path, vault: Vault, size: int) -> None:
    (card / "a").write_bytes(os.urandom(size))
    first = copy(job(card, "one"), vault).only
    before = os.stat(vault.blob_path(str(first.sha256)))
    second = copy(job(card, "two"), vault).only
    after = os.stat(vault.blob_path(str(first.sha256)))
    assert (first.existed, second.existed) == (False, True)
    assert (second.state, second.sha256, second.medium) == (State.VERIFIED, first.sha256, Medium.DIRECT)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    check_clean(vault)


@SIZES
@pytest.mark.parametrize("damage", ["changed", "cut", "empty"])
def test_a_damaged_blob_is_set_aside_and_replaced(card: Path, vault: Vault, size: int, damage: str) -> None:
    data = os.urandom(size)
    (card / "a").write_bytes(data)
    blob = Path(os.fsdecode(vault.blob_path(sha256(data))))
    blob.parent.mkdir(parents=True)
    wrong = {"changed": data[:-1] + bytes([data[-1] ^ 1]), "cut": data[:-1], "empty": b""}[damage]
    blob.write_bytes(wrong)
    outcome = copy(job(card), vault).only
    assert (outcome.existed, outcome.replaced_damaged, outcome.state) == (False, True, State.VERIFIED)
    assert stored(vault, outcome) == data
    (aside,) = os.listdir(vault.quarantine_folder)
    assert Path(os.fsdecode(vault.quarantine_folder), os.fsdecode(aside)).read_bytes() == wrong
    check_clean(vault)


def test_quarantine_overwrites_nothing(card: Path, vault: Vault) -> None:
    vault.create()
    for number in range(3):
        blob = vault.blob_path("ab" * 32)
        os.makedirs(os.path.dirname(blob), exist_ok=True)
        Path(os.fsdecode(blob)).write_bytes(b"%d" % number)
        vault.set_aside("ab" * 32)
    folder = Path(os.fsdecode(vault.quarantine_folder))
    assert sorted(file.read_bytes() for file in folder.iterdir()) == [b"0", b"1", b"2"]


@SIZES
def test_a_second_vault_is_filled_and_proved_in_the_same_pass(card: Path, vault: Vault, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (card / "a").write_bytes(data)
    second = Vault(tmp_path / "second")
    outcome = copy(job(card), vault, second).only
    assert (outcome.vaults, outcome.medium) == (2, Medium.DIRECT)
    assert stored(vault, outcome) == stored(second, outcome) == data
    check_clean(vault)
    check_clean(second)


def test_a_second_vault_that_has_it_already(card: Path, vault: Vault, tmp_path: Path) -> None:
    (card / "a").write_bytes(b"footage")
    second = Vault(tmp_path / "second")
    copy(job(card), second)
    outcome = copy(job(card), vault, second).only
    assert (outcome.existed, outcome.vaults) == (False, 2)
    check_clean(vault)
    check_clean(second)


# A disk that lies


@SIZES
@pytest.mark.parametrize("at_end", [-2, 0], ids=["changed", "longer"])
def test_a_copy_that_is_not_what_was_written_is_found(card: Path, vault: Vault, size: int, at_end: int) -> None:
    """The file is changed in the vault while the next one is being read: only reading it back can show that."""
    files = {"a": BadFile(size), "b": BadFile(MEBIBYTE * 2, hold_at=MEBIBYTE)}
    limits = replace(LIMITS, group_seconds=3600.0)
    with mounted(files, card) as mount, CopyWorker([vault], limits) as worker:
        stream = worker.submit(job(card))
        mount.wait_held()
        part = Path(os.fsdecode(vault.docking_folder("docking-1")), "0.part")
        wait_until(lambda: part.exists() and part.stat().st_size == size and part.stat().st_mode & 0o777 == 0o440)
        part.chmod(0o600)
        with part.open("r+b") as file:
            file.seek(size + at_end)
            file.write(b"!!")
        mount.go()
        copied = follow(stream)
    assert isinstance(copied.fault, CopyDiffers)
    assert copied.fault.fields["position"] == 0
    assert copied.files == {}
    assert list(vault.blobs()) == []
    # The next job believes none of it, and takes the file again.
    with mounted({"a": BadFile(size), "b": BadFile(MEBIBYTE * 2)}, card):
        again = copy(job(card), vault)
    assert again.files[b"a"].sha256 == sha256(content(1, size))
    check_clean(vault)


# How the medium is read


def test_reading_from_the_medium_leaves_no_page_behind(tmp_path: Path) -> None:
    data = os.urandom(3 * MEBIBYTE + 11)
    file = tmp_path / "file"
    file.write_bytes(data)
    for direct, medium in ((True, Medium.DIRECT), (False, Medium.COLD_CACHE)):
        file.read_bytes()
        hasher = new_hasher()
        with open_medium(os.fsencode(file), direct=direct) as opened:
            assert resident_bytes(opened.descriptor, 0, len(data)) > 0
            assert opened.feed(hasher, 0, len(data), aligned_block()) == len(data)
            assert resident_bytes(opened.descriptor, 0, len(data)) == 0
            assert (hasher.hexdigest(), opened.medium) == (sha256(data), medium)


def test_a_range_at_a_time_gives_the_same_digest(tmp_path: Path) -> None:
    data = os.urandom(MEBIBYTE + 5000)
    (tmp_path / "file").write_bytes(data)
    hasher, at = new_hasher(), 0
    with open_medium(os.fsencode(tmp_path / "file")) as opened:
        for until in (4096, 12288, MEBIBYTE, len(data)):
            at = opened.feed(hasher, at, until, aligned_block(8192))
            assert at == until
        assert opened.feed(new_hasher(), 0, len(data) + 1, aligned_block()) == len(data)
    assert hasher.hexdigest() == sha256(data)


def test_a_file_that_cannot_leave_memory_proves_nothing(tmp_path: Path) -> None:
    """Somebody has it mapped: no eviction can help."""
    import mmap

    file = tmp_path / "file"
    file.write_bytes(b"x" * 10000)
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped[0] == ord("x")
        with open_medium(os.fsencode(file)) as strict, pytest.raises(Resident):
            strict.feed(new_hasher(), 0, 10000, aligned_block())
        with open_medium(os.fsencode(file), shared=True, direct=False) as cold, pytest.raises(Resident):
            cold.feed(new_hasher(), 0, 10000, aligned_block())
        # A blob that a player has open is still read from the disk by O_DIRECT.
        assert digest_from_medium(os.fsencode(file)) == (sha256(b"x" * 10000), 10000, Medium.DIRECT)


# Disks of their own


def loop_ext4(tmp_path: Path, megabytes: int, options: str) -> Iterator[Vault]:
    need_root("mount a small file system")
    make = need_program("mkfs.ext4", "e2fsprogs")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(megabytes * MEBIBYTE)
    subprocess.run([make, "-q", "-F", "-m", "0", str(image)], check=True)
    with unmounting(tmp_path / "disk") as disk:
        subprocess.run(["mount", "-o", options, str(image), str(disk)], check=True)
        yield Vault(disk / "vault")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Vault]:
    yield from loop_ext4(tmp_path, 48, "loop")


@pytest.fixture
def journalling_disk(tmp_path: Path) -> Iterator[Vault]:
    """Takes O_DIRECT, and quietly reads and writes through the page cache."""
    yield from loop_ext4(tmp_path, 48, "loop,data=journal")


@pytest.fixture
def memory_disk(tmp_path: Path) -> Iterator[Vault]:
    need_root("mount a file system in memory")
    with unmounting(tmp_path / "memory") as disk:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
        yield Vault(disk / "vault")


def test_a_full_disk_ends_the_job_and_the_next_one_goes_on(card: Path, small_disk: Vault) -> None:
    for name in ("a", "b", "c", "d"):
        (card / name).write_bytes(os.urandom(8 * MEBIBYTE))
    ballast = ballasted(small_disk, 20 * MEBIBYTE)
    full = copy(job(card), small_disk)
    assert isinstance(full.fault, VaultFull)
    assert full.fault.fields["vault"] == os.fsdecode(small_disk.root)
    assert isinstance(full.fault.fields["needed"], int)
    assert 0 < len(full.files) < 4
    assert all(outcome.state is State.VERIFIED for outcome in full.files.values())
    ballast.unlink()
    tasks = tuple(task for task in listed(card) if task.path not in full.files)
    again = copy(job(card, tasks=tasks), small_disk)
    assert again.fault is None
    assert {*full.files, *again.files} == {b"a", b"b", b"c", b"d"}
    check_clean(small_disk)


def ballasted(vault: Vault, left: int) -> Path:
    """A file that leaves so many bytes of a vault's disk free."""
    facts = os.statvfs(os.path.dirname(vault.root))
    ballast = Path(os.fsdecode(os.path.dirname(vault.root)), "ballast")
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, facts.f_bavail * facts.f_frsize - left)
    return ballast


def test_many_small_files_onto_a_full_disk(card: Path, small_disk: Vault) -> None:
    for number in range(300):
        (card / f"{number:03d}").write_bytes(os.urandom(100_000))
    ballast = ballasted(small_disk, 20 * MEBIBYTE)
    full = copy(job(card), small_disk)
    assert isinstance(full.fault, VaultFull)
    assert len(full.files) < 300
    for outcome in full.files.values():
        assert sha256(stored(small_disk, outcome)) == outcome.sha256
    ballast.unlink()
    tasks = tuple(task for task in listed(card) if task.path not in full.files)
    again = copy(job(card, tasks=tasks), small_disk)  # it settles what was about to be placed when the disk was full
    assert again.fault is None
    assert {*full.files, *again.files} == {f"{number:03d}".encode() for number in range(300)}
    check_clean(small_disk)


def test_a_disk_that_answers_from_memory_in_spite_of_o_direct(card: Path, journalling_disk: Vault) -> None:
    data = os.urandom(5 * MEBIBYTE + 1)
    (card / "a").write_bytes(data)
    (card / "b").write_bytes(data[:1000])
    copied = copy(job(card), journalling_disk)
    assert copied.fault is None
    assert stored(journalling_disk, copied.files[b"a"]) == data
    check_clean(journalling_disk)


@SIZES
def test_a_vault_in_memory_is_refused(card: Path, memory_disk: Vault, size: int) -> None:
    (card / "a").write_bytes(os.urandom(size))
    copied = copy(job(card), memory_disk)
    assert isinstance(copied.fault, CacheNotBypassed)
    assert copied.files == {}


def test_a_vault_that_cannot_be_written(card: Path, small_disk: Vault) -> None:
    (card / "a").write_bytes(b"a")
    disk = os.fsdecode(os.path.dirname(small_disk.root))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    copied = copy(job(card), small_disk)
    assert isinstance(copied.fault, VaultFailed)
    assert copied.fault.fields["error"] == "EROFS"
