"""The parts that keep a job's threads apart: lanes and the pool of blocks."""

from __future__ import annotations

import threading

from ingest.copying.buffers import BlockPool
from ingest.copying.lanes import Item, Lanes


class Step(Item):
    """Writes down which lanes it passed; fails in one of them if asked to."""

    def __init__(self, fails_in: str | None = None) -> None:
        super().__init__()
        self.passed: set[str] = set()
        self.ended = threading.Event()
        self._fails_in = fails_in

    def hash(self) -> None:
        self._pass("hash")

    def write(self, vault: int) -> None:
        self._pass(f"write-{vault}")

    def _pass(self, lane: str) -> None:
        if lane == self._fails_in:
            raise OSError(lane)
        self.passed.add(lane)

    def completed(self) -> None:
        assert self.lanes_left == 0
        self.ended.set()


def test_what_passes_after_a_failure_is_broken_and_is_let_through() -> None:
    for lane in ("hash", "write-0", "write-1"):
        errors: list[Exception] = []
        steps = [Step(), Step(), Step(fails_in=lane), Step(), Step(fails_in=lane)]
        lanes = Lanes(2, errors.append, "test")
        for step in steps:
            lanes.put(step)
        lanes.close()
        assert [step.broken for step in steps] == [False, False, True, True, True]
        assert all(step.ended.is_set() for step in steps)
        assert [str(error) for error in errors] == [lane]
        assert steps[0].passed == {"hash", "write-0", "write-1"}
        assert steps[3].passed == {"hash", "write-0", "write-1"} - {lane}


def test_a_job_that_drains_nothing_leaves_the_others_their_share() -> None:
    pool = BlockPool(4096, blocks=6, blocks_per_job=4)
    with pool.share() as stuck, pool.share() as other:
        blocks = [stuck.take() for _ in range(3)]  # its half
        waiting = threading.Thread(target=stuck.take, daemon=True)
        waiting.start()
        for _ in range(3):
            other.take()
        waiting.join(0.2)
        assert waiting.is_alive()
        assert (stuck.held, other.held) == (3, 3)
        stuck.give_back(blocks.pop())
        waiting.join(20)
        assert not waiting.is_alive()
        assert stuck.held == 3


def test_every_job_has_two_blocks_and_the_last_freed_comes_first() -> None:
    pool = BlockPool(4096, blocks=2, blocks_per_job=4)
    with pool.share() as one, pool.share() as two, pool.share() as three:
        taken = [[share.take() for _ in range(2)] for share in (one, two, three)]
        one.give_back(taken[0][0])
        one.give_back(taken[0][1])
        assert one.take() is taken[0][1]
