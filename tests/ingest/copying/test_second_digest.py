"""SM3 beside SHA-256: of the same pass, of the same bytes, proved on the medium, and kept over an interruption."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from evidence.sm3 import Sm3
from ingest.copying import items
from ingest.copying.buffers import BlockPool
from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, CopyJob, Event, FileOutcome, JobEnded, Placed, State
from ingest.copying.job import Job
from ingest.errors import CopyDiffers
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, check_clean, copy, follow, job, listed, sha256, stored
from tests.ingest.copying.test_resume import SIZE, continued, interrupted
from tests.servers.badcard import BadFile, content, mounted

SIZES = {"small": 100, "a block": MEBIBYTE, "a byte more": MEBIBYTE + 1, "some blocks": 5 * MEBIBYTE + 3333}


def sm3(data: bytes) -> str:
    running = Sm3()
    running.update(data)
    return running.hexdigest()


def test_every_file_gets_both_digests_of_one_reading(card: Path, vault: Vault, tmp_path: Path) -> None:
    second = Vault(tmp_path / "second")
    for name, size in SIZES.items():
        (card / name).write_bytes(os.urandom(size))
    (card / "empty").write_bytes(b"")
    copied = copy(job(card, sm3=True), vault, second)
    for name in SIZES:
        outcome = copied.files[name.encode()]
        data = (card / name).read_bytes()
        assert (outcome.sha256, outcome.sm3) == (sha256(data), sm3(data))
        assert sm3(stored(second, outcome)) == outcome.sm3
    assert copied.files[b"empty"].state is State.EMPTY
    check_clean(vault)


def test_without_the_suite_there_is_none(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(b"footage")
    assert copy(job(card), vault).only.sm3 is None


def test_a_file_that_cannot_be_read_in_places_has_the_digests_of_what_lies_in_the_vault(card: Path, vault: Vault) -> None:
    with mounted({"clip.mp4": BadFile(300_000, bad=((131072, 65536),))}, card):
        outcome = copy(job(card, sm3=True), vault).only
    assert outcome.state is State.DAMAGED
    assert outcome.sm3 == sm3(stored(vault, outcome))


def test_a_second_reading_of_the_source_changes_nothing_of_it(card: Path, vault: Vault) -> None:
    data = os.urandom(3 * MEBIBYTE)
    (card / "a").write_bytes(data)
    outcome = copy(job(card, double_read=True, sm3=True), vault).only
    assert (outcome.second_sha256, outcome.sm3) == (sha256(data), sm3(data))


# Interruptions


@pytest.mark.parametrize("before", [True, False], ids=["begun with it", "begun without it"])
def test_after_a_kill_it_is_that_of_the_whole_file_though_its_beginning_is_not_read_again(
    card: Path, vault: Vault, before: bool
) -> None:
    interrupted(card, vault, sm3=before)
    outcome = continued(card, vault, unread=6 * MEBIBYTE, sm3=True)
    assert outcome.resumed_at >= 6 * MEBIBYTE
    assert (outcome.sha256, outcome.sm3) == (sha256(content(1, SIZE)), sm3(content(1, SIZE)))


def test_a_copy_begun_with_it_is_continued_without_it(card: Path, vault: Vault) -> None:
    interrupted(card, vault, sm3=True)
    outcome = continued(card, vault, unread=6 * MEBIBYTE)
    assert outcome.resumed_at >= 6 * MEBIBYTE
    assert outcome.sm3 is None


def test_what_was_about_to_be_placed_keeps_it_over_a_crash(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(b"footage")
    with CopyWorker((vault,), LIMITS) as worker:
        stream = worker.submit(job(card, sm3=True))
        for event in stream:
            if isinstance(event, Placed):
                break  # never acknowledged
    settled = copy(CopyJob("docking-1", None, (), sm3=True), vault).only
    assert (settled.sha256, settled.sm3) == (sha256(b"footage"), sm3(b"footage"))


# A bit that flips in memory on its way to this one digest


class Flipped(items.Block):
    """Its lane of SM3 sees other bytes than the others."""

    def hash_sm3(self) -> None:
        if self._file.sm3 is not None:
            self._file.sm3.update(memoryview(bytes(self._data[:-1]) + bytes([self._data[-1] ^ 1])))


def run_here(card: Path, vault: Vault) -> list[Event]:
    """A job in this process, where a test can reach it."""
    events: list[Event] = []
    ended = threading.Event()

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, Placed):
            made.acknowledged(event.group)
        if isinstance(event, JobEnded):
            ended.set()

    pool = BlockPool(LIMITS.block_bytes, LIMITS.pool_blocks, LIMITS.job_blocks)
    tasks = lambda: iter(listed(card))  # noqa: E731  # what a job asks for
    made = Job(
        *("docking-1", os.fsencode(card)),
        double_read=False,
        sm3=True,
        vaults=[vault],
        pool=pool,
        limits=LIMITS,
        emit=emit,
        next_tasks=tasks,
    )
    made.run()
    assert ended.is_set()
    return events


def placed(events: list[Event]) -> list[FileOutcome]:
    return [file for event in events if isinstance(event, Placed) for file in event.files]


@pytest.mark.parametrize("size", [1000, 3 * MEBIBYTE + 5], ids=["small", "with a checkpoint"])
def test_a_digest_that_is_not_that_of_the_copy_is_never_placed(
    card: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    (card / "a").write_bytes(os.urandom(size))
    monkeypatch.setattr("ingest.copying.job.Block", Flipped)
    events = run_here(card, vault)
    assert placed(events) == []
    assert isinstance(events[-1], JobEnded)
    assert isinstance(events[-1].fault, CopyDiffers)
    assert list(vault.blobs()) == []
    monkeypatch.undo()
    assert placed(run_here(card, vault))[0].sm3 == sm3((card / "a").read_bytes())


def test_nor_for_bytes_that_lie_in_the_vault_already_and_the_good_blob_stays_where_it_is(
    card: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "a").write_bytes(b"footage")
    copy(job(card, docking="docking-0"), vault)
    monkeypatch.setattr("ingest.copying.job.Block", Flipped)
    events = run_here(card, vault)
    assert placed(events) == []
    assert isinstance(events[-1], JobEnded)
    assert isinstance(events[-1].fault, CopyDiffers)
    assert vault.has(sha256(b"footage"))
    assert os.listdir(vault.quarantine_folder) == []


def test_the_same_bytes_again_get_theirs(card: Path, vault: Vault) -> None:
    for name in ("a", "b"):
        (card / name).write_bytes(b"footage")
    copied = follow_all(card, vault)
    assert {one.sm3 for one in copied.values()} == {sm3(b"footage")}
    assert sorted(one.existed for one in copied.values()) == [False, True]


def follow_all(card: Path, vault: Vault) -> dict[bytes, FileOutcome]:
    with CopyWorker((vault,), LIMITS) as worker:
        return follow(worker.submit(job(card, sm3=True))).files
