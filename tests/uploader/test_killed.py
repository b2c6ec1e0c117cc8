"""A courier that is killed where it hurts, and the one that goes on after it. The proxy holds the line at the chosen moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from evidence.canonical import digest
from tests.servers import seaweedfs
from tests.servers.faulty import Answered, Asked, DroppedLine, Faulty, Onward, honest
from tests.uploader.rig import MIB, STATION, Desk, footage
from uploader import keys

DATA = footage(4 * 5 * MIB + 999)
KEY = keys.blob(STATION, digest(DATA))
SECONDS = 60
ALL = {1, 2, 3, 4, 5}

Moment = Callable[[Asked], bool]


def courier(folder: Path, endpoint: str, bucket: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.uploader.courier_process", str(folder), endpoint, bucket], stdout=subprocess.PIPE, text=True
    )


def kill_at(proxy: Faulty, folder: Path, bucket: str, moment: Moment, *, after: bool) -> None:
    """Run a courier and kill it while a request hangs: before the store saw it, or after, but before the answer came."""
    reached, dead = Event(), Event()

    def hold(asked: Asked, onward: Onward) -> Answered:
        if not moment(asked):
            return onward(asked)
        if after:
            onward(asked)
        reached.set()
        dead.wait(SECONDS)
        raise DroppedLine

    proxy.rule = hold
    process = courier(folder, proxy.endpoint, bucket)
    try:
        assert reached.wait(SECONDS)
    finally:
        process.kill()
        process.communicate()
        dead.set()
    proxy.rule = honest


@pytest.mark.parametrize(
    ("moment", "after", "must", "may"),
    [
        pytest.param(lambda asked: asked.method == "POST" and "uploads" in asked.query, True, ALL, ALL, id="created but unsaved"),
        pytest.param(lambda asked: asked.part == 4, False, {4}, {3, 4, 5}, id="part not sent"),
        pytest.param(lambda asked: asked.part == 4, True, set(), {3, 5}, id="part sent but not journalled"),
        pytest.param(lambda asked: asked.completes, False, set(), set(), id="not completed"),
        pytest.param(lambda asked: asked.completes, True, set(), set(), id="completed but answer lost"),
        pytest.param(
            lambda asked: asked.method == "HEAD" and "versionId" in asked.query and "blobs" in asked.path,
            True,
            set(),
            set(),
            id="confirmed",
        ),
    ],
)
def test_the_next_courier_finishes(
    desk: Desk,
    tmp_path: Path,
    s3: seaweedfs.SeaweedFS,
    bucket: str,
    proxy: Faulty,
    moment: Moment,
    after: bool,
    must: set[int],
    may: set[int],
) -> None:
    desk.dock("d1", {"clip-a": DATA})
    kill_at(proxy, tmp_path, bucket, moment, after=after)
    proxy.seen.clear()
    process = courier(tmp_path, proxy.endpoint, bucket)
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, "1\n")
    sent = sorted(proxy.parts_sent())
    # What was in flight may have to go again, and what never went has to go; nothing else goes twice.
    assert must <= set(sent) <= may
    assert len(sent) == len(set(sent))
    receipt = desk.receipt_of("clip-a")
    assert len(desk.receipts()) == 5
    with s3.store(bucket) as store:
        assert store.fetch(KEY, receipt.version, len(DATA)) == DATA
        assert [one.version for one in store.list(KEY)] == [receipt.version]
        assert not store.unfinished("")
    assert not desk.queue.queued()
