"""Interrupted copies: killed, stopped, or met by a power cut, and continued."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, FileOutcome, Placed, State
from ingest.errors import WorkerLost
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, check_clean, copy, follow, job, journal_marks, listed, sha256, stored, wait_until
from tests.servers.badcard import BadFile, content, mounted

SIZE = 10 * MEBIBYTE + 777
HELD = BadFile(SIZE, hold_at=9 * MEBIBYTE)
CHECKPOINTS = 3
"""At 2, 4 and 6 MiB, all of them certain to be journalled before the read that is held at 9 MiB returns."""


def interrupted(card: Path, *vaults: Vault, sm3: bool = False) -> None:
    """A copy of a big file, killed while the read of its end was held."""
    with mounted({"clip.mp4": HELD}, card) as mount, CopyWorker(vaults, LIMITS) as worker:
        stream = worker.submit(job(card, sm3=sm3))
        mount.wait_held()
        for vault in vaults:
            wait_until(lambda vault=vault: journal_marks(vault, 0) >= CHECKPOINTS)  # type: ignore[misc]  # bound by default
        assert worker.process is not None
        os.kill(worker.process, signal.SIGKILL)
        lost = follow(stream)
    assert isinstance(lost.fault, WorkerLost)
    assert lost.fault.fields == {"status": -signal.SIGKILL}
    assert not lost.files
    for vault in vaults:
        assert list(vault.blobs()) == []


def continued(card: Path, *vaults: Vault, unread: int = 0, file: BadFile | None = None, sm3: bool = False) -> FileOutcome:
    """The copy continued; the first ``unread`` bytes of the source cannot be read any more."""
    bad = ((0, unread),) if unread else ()
    with mounted({"clip.mp4": file or BadFile(SIZE, bad=bad)}, card):
        outcome = copy(job(card, sm3=sm3), *vaults).only
    for vault in vaults:
        check_clean(vault)
        assert len(list(vault.blobs())) == 1
        assert sha256(stored(vault, outcome)) == outcome.sha256
    return outcome


def partial(vault: Vault, name: str = "0.part") -> Path:
    return Path(os.fsdecode(vault.docking_folder("docking-1")), name)


def test_after_a_kill_the_copied_part_is_not_read_again(card: Path, vault: Vault) -> None:
    interrupted(card, vault)
    outcome = continued(card, vault, unread=6 * MEBIBYTE)
    assert (outcome.state, outcome.sha256) == (State.VERIFIED, sha256(content(1, SIZE)))
    assert outcome.resumed_at in (6 * MEBIBYTE, 8 * MEBIBYTE)


def test_both_vaults_are_continued(card: Path, vault: Vault, tmp_path: Path) -> None:
    second = Vault(tmp_path / "second")
    interrupted(card, vault, second)
    outcome = continued(card, vault, second, unread=6 * MEBIBYTE)
    assert (outcome.state, outcome.vaults, outcome.sha256) == (State.VERIFIED, 2, sha256(content(1, SIZE)))
    assert outcome.resumed_at >= 6 * MEBIBYTE


def test_a_second_vault_that_lost_its_part_starts_both_anew(card: Path, vault: Vault, tmp_path: Path) -> None:
    second = Vault(tmp_path / "second")
    interrupted(card, vault, second)
    shutil.rmtree(os.fsdecode(second.docking_folder("docking-1")))
    outcome = continued(card, vault, second)
    assert (outcome.resumed_at, outcome.sha256) == (0, sha256(content(1, SIZE)))


def change_byte(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        old = file.read(1)
        file.seek(offset)
        file.write(bytes([old[0] ^ 1]))
        file.flush()
        os.fsync(file.fileno())


def cut_last_mark(path: Path) -> None:
    """The power went while a line of the journal was being written."""
    lines = path.read_bytes().splitlines(keepends=True)[: CHECKPOINTS + 1]
    path.write_bytes(b"".join(lines)[:-7])


def test_bytes_lost_behind_the_last_checkpoint_do_not_matter(card: Path, vault: Vault) -> None:
    interrupted(card, vault)
    lines = partial(vault, "0.journal").read_bytes().splitlines(keepends=True)[: CHECKPOINTS + 1]
    partial(vault, "0.journal").write_bytes(b"".join(lines))
    os.truncate(partial(vault), 6 * MEBIBYTE)
    outcome = continued(card, vault, unread=6 * MEBIBYTE)
    assert (outcome.resumed_at, outcome.sha256) == (6 * MEBIBYTE, sha256(content(1, SIZE)))


DAMAGES: dict[str, tuple[int, Callable[[Vault], None]]] = {
    "a byte before the third checkpoint": (4, lambda vault: change_byte(partial(vault), 5 * MEBIBYTE)),
    "a byte before the first checkpoint": (0, lambda vault: change_byte(partial(vault), 17)),
    "the copy is too short": (2, lambda vault: os.truncate(partial(vault), 3 * MEBIBYTE)),
    "no copy": (0, lambda vault: partial(vault).unlink()),
    "no journal": (0, lambda vault: partial(vault, "0.journal").unlink()),
    "empty journal": (0, lambda vault: os.truncate(partial(vault, "0.journal"), 0)),
    "torn journal": (4, lambda vault: cut_last_mark(partial(vault, "0.journal"))),
    "garbled head of the journal": (0, lambda vault: change_byte(partial(vault, "0.journal"), 30)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_proved_is_read_again(card: Path, vault: Vault, damage: str) -> None:
    interrupted(card, vault)
    proved, spoil = DAMAGES[damage]
    spoil(vault)
    outcome = continued(card, vault, unread=proved * MEBIBYTE)
    assert (outcome.state, outcome.sha256) == (State.VERIFIED, sha256(content(1, SIZE)))
    assert outcome.resumed_at == proved * MEBIBYTE


def test_another_source_is_not_mixed_in(card: Path, vault: Vault) -> None:
    interrupted(card, vault)
    outcome = continued(card, vault, file=BadFile(SIZE - 1, seed=2))
    assert (outcome.resumed_at, outcome.sha256) == (0, sha256(content(2, SIZE - 1)))


def test_unreadable_ranges_found_before_the_interruption_are_kept(card: Path, vault: Vault) -> None:
    bad = ((MEBIBYTE, 4096),)
    with (
        mounted({"clip.mp4": BadFile(SIZE, bad=bad, hold_at=9 * MEBIBYTE)}, card) as mount,
        CopyWorker([vault], LIMITS) as worker,
    ):
        stream = worker.submit(job(card))
        mount.wait_held()
        wait_until(lambda: journal_marks(vault, 0) >= CHECKPOINTS)
        assert worker.process is not None
        os.kill(worker.process, signal.SIGKILL)
        follow(stream)
    outcome = continued(card, vault, unread=6 * MEBIBYTE)
    assert (outcome.state, outcome.unreadable) == (State.DAMAGED, bad)
    data = content(1, SIZE)
    assert outcome.sha256 == sha256(data[:MEBIBYTE] + bytes(4096) + data[MEBIBYTE + 4096 :])


NO_CHECKPOINTS = replace(LIMITS, checkpoint_bytes=64 * MEBIBYTE)
"""But for the one made when a job is interrupted in good order."""


def test_stop_leaves_nothing_to_be_read_again(card: Path, vault: Vault) -> None:
    files = {"a.mp4": BadFile(5000, seed=2), "clip.mp4": HELD}
    with mounted(files, card) as mount, CopyWorker([vault], NO_CHECKPOINTS) as worker:
        tasks = listed(card)
        stream = worker.submit(job(card, tasks=tasks))
        mount.wait_held()
        stream.stop()
        mount.go()
        stopped = follow(stream)
    assert (stopped.stopped, stopped.fault) == (True, None)
    assert set(stopped.files) == {b"a.mp4"}
    left = tuple(task for task in tasks if task.path not in stopped.files)
    with mounted({"clip.mp4": BadFile(SIZE, bad=((0, 8 * MEBIBYTE),))}, card):
        outcome = copy(job(card, tasks=left), vault).only
    assert (outcome.state, outcome.resumed_at >= 8 * MEBIBYTE) == (State.VERIFIED, True)
    check_clean(vault)


def test_closing_the_worker_leaves_nothing_to_be_read_again(card: Path, vault: Vault) -> None:
    with mounted({"clip.mp4": HELD}, card) as mount:
        worker = CopyWorker([vault], NO_CHECKPOINTS)
        worker.start()
        stream = worker.submit(job(card))
        mount.wait_held()
        mount.go()
        worker.close()
        ended = follow(stream)
    if not ended.files:  # it may also have come to its end
        outcome = continued(card, vault, unread=8 * MEBIBYTE)
        assert outcome.resumed_at >= 8 * MEBIBYTE


# Between renaming and the ledger


def placed_but_not_acknowledged(card: Path, vault: Vault) -> tuple[Placed, ...]:
    groups: list[Placed] = []
    with CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card))

        def kill(group: Placed) -> None:
            groups.append(group)
            with suppress(ProcessLookupError):
                os.kill(worker.process or 0, signal.SIGKILL)

        follow(stream, acknowledge=False, seen=kill)
    return tuple(groups)


def test_an_intent_explains_blobs_the_ledger_does_not_know(card: Path, vault: Vault) -> None:
    for number in range(9):
        (card / str(number)).write_bytes(b"%d" % number)
    (before,) = placed_but_not_acknowledged(card, vault)
    (intent,) = vault.intents()
    assert (intent.docking, intent.group) == ("docking-1", before.group)
    assert {outcome.sha256 for outcome in intent.files} == {blob.sha256 for blob in vault.blobs()}
    # The next job delivers the group again, without its source.
    for number in range(9):
        (card / str(number)).unlink()
    again = copy(job(card, tasks=listed(card)), vault)
    assert again.groups == [before.group]
    assert {path: outcome.sha256 for path, outcome in again.files.items()} == {
        outcome.path: outcome.sha256 for outcome in before.files
    }
    assert all(outcome.existed for outcome in again.files.values())
    check_clean(vault)


def test_copies_that_were_not_placed_yet_are_placed_from_the_intent(card: Path, vault: Vault) -> None:
    """As if killed between the intent and the first rename."""
    for number in range(9):
        (card / str(number)).write_bytes(b"%d" % number)
    (before,) = placed_but_not_acknowledged(card, vault)
    for outcome in before.files:
        assert outcome.sha256 is not None
        os.rename(vault.blob_path(outcome.sha256), partial(vault, f"{outcome.position}.part"))
    again = copy(job(card), vault)
    assert len(again.files) == 9
    assert not any(outcome.existed for outcome in again.files.values())
    check_clean(vault)


def test_copies_that_did_not_survive_are_taken_again(card: Path, vault: Vault) -> None:
    """As if the power went before the synchronisation: one copy gone, one with other bytes, one blob with other bytes."""
    for number in range(9):
        (card / str(number)).write_bytes(b"%d" % number)
    (before,) = placed_but_not_acknowledged(card, vault)
    blobs = [Path(os.fsdecode(vault.blob_path(str(outcome.sha256)))) for outcome in before.files]
    blobs[0].unlink()
    blobs[1].rename(partial(vault, "1.part"))
    change_byte(partial(vault, "1.part"), 0)
    change_byte(blobs[2], 0)
    again = copy(job(card), vault)
    assert len(again.files) == 9
    assert {path for path, outcome in again.files.items() if not outcome.existed} == {b"0", b"1", b"2"}
    assert {path for path, outcome in again.files.items() if outcome.replaced_damaged} == {b"2"}
    assert len(again.groups) == 2
    check_clean(vault)


def test_a_torn_intent_is_as_if_it_were_not_there(card: Path, vault: Vault) -> None:
    (card / "a").write_bytes(b"a")
    (group,) = placed_but_not_acknowledged(card, vault)
    path = os.fsdecode(vault.intent_path("docking-1", group.group))
    os.truncate(path, 20)
    assert vault.intents() == ()
    again = copy(job(card), vault)
    assert again.only.existed
    check_clean(vault)
