"""Blocks of memory for bytes on their way, bounded for all jobs together.

Page-aligned, as ``O_DIRECT`` wants them. The block freed last is handed out first: it is still in the processor's cache,
and blocks never needed at once are never touched, so they cost no memory.

No job can take all: each may hold its share of the pool, at least two blocks (one filling, one draining), so a job whose
disk stalls keeps nobody else waiting.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BlockPool:
    """The blocks of one worker."""

    def __init__(self, block_bytes: int, blocks: int, blocks_per_job: int) -> None:
        self.block_bytes = block_bytes
        self._blocks = blocks
        self._blocks_per_job = blocks_per_job
        self._free: list[memoryview] = []
        self._jobs = 0
        self._changed = threading.Condition()

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A job's share of the pool, for as long as the job lasts."""
        with self._changed:
            self._jobs += 1
        try:
            yield Share(self)
        finally:
            with self._changed:
                self._jobs -= 1
                self._changed.notify_all()

    def _allowance(self) -> int:
        return max(2, min(self._blocks_per_job, self._blocks // self._jobs))

    def take(self, share: Share) -> memoryview:
        """A block, as soon as the share allows it."""
        with self._changed:
            self._changed.wait_for(lambda: share.held < self._allowance())
            share.held += 1
            return self._free.pop() if self._free else memoryview(mmap.mmap(-1, self.block_bytes))

    def give_back(self, share: Share, block: memoryview) -> None:
        """Return a block; only its address counts, not its content."""
        with self._changed:
            share.held -= 1
            # Above two blocks a job the pool may have lent more than it is meant to keep.
            if len(self._free) < self._blocks:
                self._free.append(block)
            self._changed.notify_all()


class Share:
    """What one job holds of the pool."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool
        self.held = 0

    @property
    def block_bytes(self) -> int:
        return self._pool.block_bytes

    def take(self) -> memoryview:
        """A block to fill. Blocks until one is free; the lanes that drain blocks never stop, so one will be."""
        return self._pool.take(self)

    def give_back(self, block: memoryview) -> None:
        self._pool.give_back(self, block)
