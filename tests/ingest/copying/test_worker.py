"""The worker as a process: several jobs, pausing, and dying with its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.copying.client import CopyWorker
from ingest.copying.facts import MEBIBYTE, CopyLimits, CopyTask, JobEnded, Placed
from ingest.errors import WorkerLost
from ingest.vault import Vault
from tests.ingest.copying.copies import LIMITS, Copied, check_clean, follow, job, sha256, wait_until
from tests.servers.badcard import BadFile, content, mounted

ROOT = Path(__file__).parents[3]


def fill(card: Path, seed: int) -> dict[bytes, str]:
    card.mkdir(exist_ok=True)
    expected = {}
    for number in range(6):
        data = content(seed * 10 + number, number * 700_000)
        (card / str(number)).write_bytes(data)
        expected[b"%d" % number] = sha256(data)
    return expected


def test_several_cards_at_once(vault: Vault, tmp_path: Path) -> None:
    cards = [tmp_path / f"card{number}" for number in range(6)]
    expected = [fill(card, number // 2) for number, card in enumerate(cards)]  # two and two hold the same
    copies: list[Copied] = [Copied() for _ in cards]
    with CopyWorker([vault], replace(LIMITS, pool_blocks=8)) as worker:

        def run(number: int) -> None:
            copies[number] = follow(worker.submit(job(cards[number], f"docking-{number}")))

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(cards))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for copied, digests in zip(copies, expected, strict=True):
        assert copied.fault is None
        assert {path: outcome.sha256 for path, outcome in copied.files.items()} == digests
    assert len(list(vault.blobs())) == 15
    check_clean(vault)


def test_a_card_that_hangs_holds_up_no_other(vault: Vault, tmp_path: Path) -> None:
    expected = fill(tmp_path / "quick", 1)
    with (
        mounted({"slow.mp4": BadFile(4 * MEBIBYTE, hold_at=MEBIBYTE)}, tmp_path / "slow") as mount,
        CopyWorker([vault], replace(LIMITS, pool_blocks=4)) as worker,
    ):
        slow = worker.submit(job(tmp_path / "slow", "slow"))
        mount.wait_held()
        quick = follow(worker.submit(job(tmp_path / "quick", "quick")))
        assert {path: outcome.sha256 for path, outcome in quick.files.items()} == expected
        mount.go()
        assert follow(slow).only.sha256 == sha256(content(1, 4 * MEBIBYTE))


def test_the_same_docking_only_once_at_a_time(card: Path, vault: Vault) -> None:
    with mounted({"a": BadFile(100, hold_at=10)}, card) as mount, CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card))
        mount.wait_held()
        with pytest.raises(ValueError, match="is being copied"):
            worker.submit(job(card))
        mount.go()
        assert len(follow(stream).files) == 1
        assert len(follow(worker.submit(job(card))).files) == 1


def test_pause_holds_between_blocks_and_resume_goes_on(card: Path, vault: Vault) -> None:
    with mounted({"a": BadFile(6 * MEBIBYTE, hold_at=2 * MEBIBYTE)}, card) as mount, CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card))
        mount.wait_held()
        stream.pause()
        mount.go()
        # A second job runs from beginning to end meanwhile: the first had all the time it needed to go on.
        other = card.parent / "other"
        fill(other, 1)
        assert len(follow(worker.submit(job(other, "other"))).files) == 6
        assert list(vault.blobs())
        assert not os.path.exists(vault.blob_path(sha256(content(1, 6 * MEBIBYTE))))
        stream.resume()
        assert follow(stream).only.size == 6 * MEBIBYTE


def test_a_paused_job_can_be_stopped(card: Path, vault: Vault) -> None:
    fill(card, 1)
    with CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card))
        stream.pause()
        stream.stop()
        copied = follow(stream)
    assert copied.stopped or len(copied.files) == 6


def test_leaving_a_stream_early_stops_its_job(card: Path, vault: Vault) -> None:
    fill(card, 1)
    with CopyWorker([vault], replace(LIMITS, group_files=1, open_groups=1)) as worker:
        with worker.submit(job(card)) as stream:
            for event in stream:
                if isinstance(event, Placed):
                    break
        assert any(isinstance(event, JobEnded) and event.stopped for event in stream)


def test_reading_waits_for_the_ledger(card: Path, vault: Vault) -> None:
    for number in range(10):
        (card / str(number)).write_bytes(b"%d" % number)
    with CopyWorker([vault], replace(LIMITS, group_files=1, open_groups=3)) as worker:
        stream = worker.submit(job(card))
        waiting: list[str] = []
        placed = 0
        for event in stream:
            if isinstance(event, Placed):
                placed += 1
                waiting.append(event.group)
                assert len(waiting) <= 3
                if len(waiting) == 3:
                    assert len(vault.intents()) <= 3
                    for group in waiting:
                        stream.acknowledge(group)
                    waiting.clear()
                elif placed == 10:
                    stream.acknowledge(waiting.pop())
    assert placed == 10
    check_clean(vault)


def test_a_hundred_thousand_tasks(card: Path, vault: Vault) -> None:
    tasks = tuple(CopyTask(number, b"gone/%d" % number, 1, 0) for number in range(100_000))
    with CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card, tasks=tasks))
        count = 0
        for event in stream:
            if isinstance(event, Placed):
                count += len(event.files)
                stream.acknowledge(event.group)
        peak = high_water_mark(worker.process)
    assert count == 100_000
    assert peak < 80 * MEBIBYTE


def high_water_mark(process: int | None) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def test_memory_is_bounded(card: Path, vault: Vault) -> None:
    with (card / "a").open("wb") as file:
        file.truncate(300 * MEBIBYTE)
    with CopyWorker([vault]) as worker:
        assert follow(worker.submit(job(card))).only.size == 300 * MEBIBYTE
        assert high_water_mark(worker.process) < 80 * MEBIBYTE


def test_a_killed_worker_ends_every_stream(card: Path, vault: Vault, tmp_path: Path) -> None:
    with (
        mounted({"a": BadFile(MEBIBYTE, hold_at=10)}, card) as one,
        mounted({"a": BadFile(MEBIBYTE, hold_at=10)}, tmp_path / "two") as two,
        CopyWorker([vault], LIMITS) as worker,
    ):
        streams = [worker.submit(job(card, "one")), worker.submit(job(tmp_path / "two", "two"))]
        one.wait_held()
        two.wait_held()
        assert worker.process is not None
        os.kill(worker.process, signal.SIGKILL)
        for stream in streams:
            fault = follow(stream).fault
            assert isinstance(fault, WorkerLost)
            assert fault.fields == {"status": -signal.SIGKILL}
        with pytest.raises(WorkerLost):
            worker.submit(job(card))


PARENT = """
import os, sys
from ingest.copying.client import CopyWorker
from ingest.copying.facts import CopyJob, CopyTask
from ingest.vault import Vault
worker = CopyWorker([Vault(sys.argv[1])])
worker.start()
stream = worker.submit(CopyJob("d", os.fsencode(sys.argv[2]), (CopyTask(0, b"a", 100, 0),)))
sys.stdin.read()
"""


def test_the_worker_dies_with_its_parent(card: Path, vault: Vault) -> None:
    with mounted({"a": BadFile(MEBIBYTE, hold_at=10)}, card) as mount:
        arguments = [sys.executable, "-c", PARENT, os.fsdecode(vault.root), str(card)]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, cwd=ROOT) as parent:
            mount.wait_held()  # so the worker is at work, in a read that does not return
            (child,) = children(parent.pid)
            parent.kill()
        # At once, though its read still hangs: noticing that the parent hung up would take it end_seconds.
        wait_until(lambda: not alive(int(child)), CopyLimits().end_seconds - 2)


def children(parent: int) -> list[str]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += (task / "children").read_text().split()
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


def test_a_worker_whose_parent_is_already_dead_does_not_start() -> None:
    """The parent named on the command line is not the one it has; one that just hung up would let it end with 0."""
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        arguments = [sys.executable, "-m", "ingest.copying.worker", str(theirs.fileno()), str(os.getppid())]
        assert subprocess.run(arguments, pass_fds=[theirs.fileno()], cwd=ROOT, check=False).returncode == 1
        arguments[-1] = str(os.getpid())
        assert subprocess.run(arguments, pass_fds=[theirs.fileno()], cwd=ROOT, check=False).returncode == 0


def test_the_worker_gets_nothing_of_the_environment(card: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_DATABASE", "postgresql://user:secret@localhost/db")
    fill(card, 1)
    with CopyWorker([vault], LIMITS) as worker:
        follow(worker.submit(job(card)))
        environment = Path(f"/proc/{worker.process}/environ").read_bytes()
    assert b"secret" not in environment


def test_an_interrupt_from_the_terminal_is_the_stations_business(card: Path, vault: Vault) -> None:
    expected = fill(card, 1)
    with mounted({"a": BadFile(100, hold_at=10)}, card.parent / "held") as mount, CopyWorker([vault], LIMITS) as worker:
        stream = worker.submit(job(card.parent / "held", "held"))
        mount.wait_held()
        assert worker.process is not None
        os.kill(worker.process, signal.SIGINT)
        mount.go()
        assert len(follow(stream).files) == 1
        assert len(follow(worker.submit(job(card))).files) == len(expected)
