"""Cards that refuse bytes, change while they are read, or go away: on a real (FUSE) file system."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, Change, CopyTask, FileOutcome, Reason, State
from ingest.copying.reading import CardReader, NotTaken
from ingest.copying.syscalls import resident_bytes
from ingest.errors import CardGone
from ingest.listing import open_card
from ingest.vault import Vault, sync_file
from tests.ingest.copying.copies import LIMITS, Copied, check_clean, copy, follow, job, listed, sha256, stored
from tests.servers.badcard import BadFile, content, mounted


def with_zeros(data: bytes, *ranges: tuple[int, int]) -> bytes:
    changed = bytearray(data)
    for offset, length in ranges:
        changed[offset : offset + length] = bytes(length)
    return bytes(changed)


@pytest.mark.parametrize("direct", [False, True], ids=["page-cache", "direct-io"])
@pytest.mark.parametrize("double_read", [False, True])
def test_what_can_be_read_around_bad_ranges_is_kept(card: Path, vault: Vault, direct: bool, double_read: bool) -> None:
    size = 5 * MEBIBYTE + 321
    # in the middle, over a block's border, a single byte, and the very end
    bad = ((100_000, 5000), (MEBIBYTE - 10, 20), (3 * MEBIBYTE, 1), (size - 100, 100))
    pieces = ((98304, 8192), (MEBIBYTE - 4096, 8192), (3 * MEBIBYTE, 4096), (5 * MEBIBYTE, 321))
    with mounted({"bad.mp4": BadFile(size, bad=bad), "good.mp4": BadFile(size, seed=2)}, card, direct=direct):
        copied = copy(job(card, double_read=double_read), vault)
    outcome = copied.files[b"bad.mp4"]
    assert (outcome.state, outcome.reason, outcome.error, outcome.size) == (State.DAMAGED, Reason.READ_ERROR, "EIO", size)
    assert outcome.unreadable == pieces
    assert stored(vault, outcome) == with_zeros(content(1, size), *pieces)
    assert copied.files[b"good.mp4"].state is State.VERIFIED
    check_clean(vault)


@pytest.mark.parametrize("size", [1, 100_000, 3 * MEBIBYTE])
def test_not_one_byte(card: Path, vault: Vault, size: int) -> None:
    with mounted({"dead.mp4": BadFile(size, bad=((0, size),)), "good.mp4": BadFile(10)}, card):
        copied = copy(job(card), vault)
    outcome = copied.files[b"dead.mp4"]
    assert (outcome.state, outcome.reason, outcome.error) == (State.UNREADABLE, Reason.READ_ERROR, "EIO")
    assert (outcome.sha256, outcome.size, outcome.unreadable) == (None, 0, ())
    assert copied.files[b"good.mp4"].state is State.VERIFIED
    check_clean(vault)


def test_a_dying_card_does_not_take_for_ever(card: Path, vault: Vault) -> None:
    size = 6 * MEBIBYTE
    bad = ((MEBIBYTE, 4 * MEBIBYTE),)
    with mounted({"dying.mp4": BadFile(size, bad=bad), "next.mp4": BadFile(100)}, card):
        copied = copy(job(card), vault, limits=replace(LIMITS, bad_reads_per_file=20))
    outcome = copied.files[b"dying.mp4"]
    assert (outcome.state, outcome.reason, outcome.size) == (State.DAMAGED, Reason.ERROR_BUDGET, size)
    assert outcome.unreadable == ((MEBIBYTE, 5 * MEBIBYTE),)
    assert stored(vault, outcome) == content(1, MEBIBYTE) + bytes(5 * MEBIBYTE)
    assert copied.files[b"next.mp4"].state is State.VERIFIED


def test_a_dead_file_is_given_up_without_being_stored(card: Path, vault: Vault) -> None:
    size = 6 * MEBIBYTE
    with mounted({"dead.mp4": BadFile(size, bad=((0, size),))}, card):
        outcome = copy(job(card), vault, limits=replace(LIMITS, bad_reads_per_file=20)).only
    assert (outcome.state, outcome.reason) == (State.UNREADABLE, Reason.ERROR_BUDGET)
    assert list(vault.blobs()) == []
    check_clean(vault)


@pytest.mark.parametrize("size", [5000, 4 * MEBIBYTE + 5])
def test_double_read_finds_a_source_that_answers_differently(card: Path, vault: Vault, size: int) -> None:
    with mounted({"fickle.mp4": BadFile(size, unstable_after=1)}, card):
        outcome = copy(job(card, double_read=True), vault).only
    data = content(1, size)
    assert (outcome.state, outcome.reason) == (State.DAMAGED, Reason.SOURCE_UNSTABLE)
    assert outcome.sha256 == sha256(data)
    assert outcome.second_sha256 == sha256(bytes([data[0] ^ 1]) + data[1:])
    assert stored(vault, outcome) == data


def held(card: Path, vault: Vault, file: BadFile, *, direct: bool = False) -> Copied:
    """Copy a file, letting what is to come true at its held read come true."""
    with mounted({"clip.mp4": file}, card, direct=direct) as mount, CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card))
        mount.wait_held()
        mount.go()
        return follow(stream)


SIZE = 4 * MEBIBYTE
HALF = BadFile(SIZE, hold_at=SIZE // 2)


def test_a_file_that_grows_while_it_is_read_is_taken_to_its_new_end(card: Path, vault: Vault) -> None:
    file = BadFile(2 * SIZE, seed=3, hold_at=SIZE // 2)
    with mounted({"clip.mp4": file}, card) as mount, CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card, tasks=(CopyTask(0, b"clip.mp4", SIZE, 1_700_000_000_000_000_000),)))
        mount.wait_held()
        mount.go()
        outcome = follow(stream).only
    assert (outcome.state, outcome.changed, outcome.size) == (State.VERIFIED, Change.GREW, 2 * SIZE)
    assert stored(vault, outcome) == content(3, 2 * SIZE)


def test_a_file_without_end_is_left_after_a_while(card: Path, vault: Vault) -> None:
    with mounted({"clip.mp4": BadFile(SIZE, endless=True)}, card, direct=True):
        outcome = copy(job(card), vault, limits=replace(LIMITS, growth_bytes=3 * MEBIBYTE)).only
    assert (outcome.state, outcome.changed, outcome.size) == (State.VERIFIED, Change.GREW, SIZE + 3 * MEBIBYTE)


def test_a_file_that_shrinks_while_it_is_read(card: Path, vault: Vault) -> None:
    # Without the page cache: with it, the kernel may go on filling pages with zero bytes up to the end it remembers.
    outcome = held(card, vault, replace(HALF, then_size=SIZE // 2 + 1000), direct=True).only
    assert (outcome.state, outcome.changed, outcome.size) == (State.VERIFIED, Change.SHRANK, SIZE // 2 + 1000)
    assert stored(vault, outcome) == content(1, SIZE // 2 + 1000)
    check_clean(vault)


def test_a_file_that_is_touched_while_it_is_read(card: Path, vault: Vault) -> None:
    outcome = held(card, vault, replace(HALF, then_mtime_ns=1_800_000_000_000_000_000)).only
    assert (outcome.state, outcome.changed, outcome.size) == (State.VERIFIED, Change.TOUCHED, SIZE)


def test_a_file_that_vanishes_while_it_is_read(card: Path, vault: Vault) -> None:
    """This file system then refuses further reads; one that does not gives the whole file."""
    outcome = held(card, vault, replace(HALF, then_gone=True)).only
    assert (outcome.changed, outcome.size, outcome.state, outcome.error) == (Change.REMOVED, SIZE, State.DAMAGED, "ENOENT")
    ((offset, length),) = outcome.unreadable
    assert offset + length == SIZE
    assert stored(vault, outcome) == content(1, offset) + bytes(length)


def test_a_file_that_is_deleted_while_it_is_read(card: Path) -> None:
    data = os.urandom(2 * MEBIBYTE)
    (card / "clip.mp4").write_bytes(data)
    (task,) = listed(card)
    block = memoryview(bytearray(MEBIBYTE))
    with open_card(os.fsencode(card)) as opened, CardReader(opened, LIMITS).open(task) as file:
        assert file.fill(block, 0) == MEBIBYTE
        (card / "clip.mp4").unlink()
        assert file.fill(block, MEBIBYTE) == MEBIBYTE
        assert bytes(block) == data[MEBIBYTE:]
        assert file.changed(2 * MEBIBYTE) is Change.REMOVED


def test_a_file_asked_for_ahead_is_not_taken_for_another(card: Path) -> None:
    for name in ("a", "b", "c"):
        (card / name).write_text(name)
    a, b, c = listed(card)
    block = memoryview(bytearray(MEBIBYTE))
    with open_card(os.fsencode(card)) as opened:
        reader = CardReader(opened, LIMITS)
        for expected, task in ((b, b), (b, c), (CopyTask(9, b"gone", 1, 0), a)):
            reader.expect(expected)
            with reader.open(task) as file:
                assert bytes(block[: file.fill(block, 0)]) == task.path
        reader.expect(b)
        held = len(os.listdir("/proc/self/fd"))
        reader.close()
        assert len(os.listdir("/proc/self/fd")) == held - 2  # the folder and the file


def test_what_was_read_does_not_stay_in_memory(card: Path) -> None:
    (card / "clip.mp4").write_bytes(os.urandom(20 * MEBIBYTE))
    sync_file(os.fsencode(card / "clip.mp4"))
    (task,) = listed(card)
    block = memoryview(bytearray(MEBIBYTE))
    with open_card(os.fsencode(card)) as opened, (card / "clip.mp4").open() as same:
        with CardReader(opened, LIMITS).open(task) as file:
            for offset in range(0, 20 * MEBIBYTE, MEBIBYTE):
                file.fill(block, offset)
            assert 0 < resident_bytes(same.fileno(), 0, 20 * MEBIBYTE) <= 13 * MEBIBYTE
        assert resident_bytes(same.fileno(), 0, 20 * MEBIBYTE) == 0


def test_a_pulled_card_is_no_bad_card_and_can_be_continued(card: Path, vault: Vault) -> None:
    files = {"a.mp4": BadFile(1000), "b.mp4": replace(HALF, hold_at=SIZE - 1000), "c.mp4": BadFile(1000, seed=2)}
    limits = replace(LIMITS, checkpoint_bytes=64 * MEBIBYTE)
    with mounted(files, card) as mount, CopyWorker([vault], limits) as worker:
        tasks = listed(card)
        stream = worker.submit(job(card, tasks=tasks))
        mount.wait_held()
        mount.pull()
        pulled = follow(stream)
    assert isinstance(pulled.fault, CardGone)
    assert set(pulled.files) <= {b"a.mp4"}
    # Put back: what was read before is bad now, so reading it again would show.
    files["b.mp4"] = BadFile(SIZE, bad=((0, MEBIBYTE),))
    with mounted(files, card):
        again = copy(job(card, tasks=tasks), vault)
    outcomes = pulled.files | again.files
    assert {path: outcome.state for path, outcome in outcomes.items()} == dict.fromkeys(
        (b"a.mp4", b"b.mp4", b"c.mp4"), State.VERIFIED
    )
    assert outcomes[b"b.mp4"].resumed_at >= 2 * MEBIBYTE
    assert outcomes[b"b.mp4"].sha256 == sha256(content(1, SIZE))
    check_clean(vault)


def test_a_folder_swapped_for_a_link_leads_nowhere(card: Path, vault: Vault, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "clip.mp4").write_bytes(b"secret")
    (card / "DCIM").mkdir()
    (card / "DCIM" / "clip.mp4").write_bytes(b"footage")
    tasks = listed(card)
    (card / "DCIM").rename(tmp_path / "moved")
    (card / "DCIM").symlink_to(outside)
    outcome: FileOutcome = copy(job(card, tasks=tasks), vault).only
    assert (outcome.state, outcome.reason) == (State.UNREADABLE, Reason.REPLACED)


def test_a_card_that_is_not_there(card: Path, vault: Vault, tmp_path: Path) -> None:
    copied = copy(job(tmp_path / "nowhere", tasks=(CopyTask(0, b"a", 1, 0),)), vault)
    assert copied.fault is not None
    assert copied.fault.code == "card-missing"


def placed_in_sysfs(tmp_path: Path, card: Path) -> Path:
    """The card's device as an entry of a sysfs, which the test may take away."""
    number = os.stat(card).st_dev
    place = tmp_path / "sys" / "devices" / "sda"
    place.mkdir(parents=True)
    (tmp_path / "sys" / "dev" / "block").mkdir(parents=True)
    (tmp_path / "sys" / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").symlink_to(place)
    return place


@pytest.mark.parametrize("fails", ["open", "read"])
def test_what_fails_just_before_the_kernel_says_that_the_card_is_gone_is_not_the_cards_fault(tmp_path: Path, fails: str) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(b"x" * 8192)
    place = placed_in_sysfs(tmp_path, card)
    now = [0.0]

    def pause(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 0.5 and place.exists():  # half a second later the kernel has noticed
            place.rmdir()

    task = CopyTask(0, b"a.mp4", 8192, 0)
    with open_card(os.fsencode(card), sysfs=tmp_path / "sys") as opened:
        reader = CardReader(opened, LIMITS, lambda: now[0], pause)
        if fails == "open":
            (card / "a.mp4").unlink()
            with pytest.raises(CardGone):
                reader.open(task).__enter__()
        else:
            with reader.open(task) as file:
                os.close(file._descriptor)  # every read fails from now on, as on a device that was pulled
                with pytest.raises(CardGone):
                    file.fill(memoryview(bytearray(8192)), 0)
                assert file.gaps.ranges == []
                assert os.open(card / "a.mp4", os.O_RDONLY) == file._descriptor, "for the reader to close"
        reader.close()


def test_a_card_that_stays_is_waited_for_once_and_then_its_files_are_missing(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    placed_in_sysfs(tmp_path, card)
    now = [0.0]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    with open_card(os.fsencode(card), sysfs=tmp_path / "sys") as opened:
        reader = CardReader(opened, LIMITS, lambda: now[0], pause)
        for number in range(50):
            with pytest.raises(NotTaken), reader.open(CopyTask(number, b"%d.mp4" % number, 1, 0)):
                pass
        reader.close()
    assert sum(pauses) == pytest.approx(LIMITS.gone_seconds, abs=0.1)
