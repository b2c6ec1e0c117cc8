"""Lanes: what happens to each block at the same time, each on a thread of its own.

One lane hashes, one more takes SM3 where that is wanted, one writes into each vault. Every item passes every lane, in order; the last lane to let go of it completes
it. So a checkpoint or the end of a group, put in between blocks, is completed exactly when all bytes before it are hashed
and written: no other synchronisation is needed.

A lane whose work failed lets everything else pass without working, so nobody ever waits for it in vain. What it let pass
after its failure is ``broken``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue


class Item:
    """What passes the lanes. What a kind of item does not need done stays undone."""

    def __init__(self) -> None:
        self.lanes_left = 0
        self.broken = False
        """A lane had failed when this passed it."""

    def hash(self) -> None:
        """The hashing lane's work."""

    def hash_sm3(self) -> None:
        """The work of the lane that takes SM3."""

    def write(self, vault: int) -> None:
        """The work of the lane that writes into vault number ``vault``. Raises the vault's faults."""

    def completed(self) -> None:
        """Every lane has let go of it; called once, on the thread of the last."""


class Lanes:
    """The lanes of one job. ``failed`` is told of the first error of each lane, on that lane's thread."""

    def __init__(self, vaults: int, failed: Callable[[Exception], None], name: str, *, sm3: bool = False) -> None:
        self._failed = failed
        self._countdown = threading.Lock()
        self._queues: list[SimpleQueue[Item | None]] = []
        self._threads: list[threading.Thread] = []
        works: Sequence[tuple[str, Callable[[Item], None]]] = [("hash", lambda item: item.hash())]
        if sm3:  # five times as slow as SHA-256: a lane of its own, or every block would wait for both (measured)
            works = [*works, ("sm3", lambda item: item.hash_sm3())]
        works = [*works, *((f"write-{number}", _writing(number)) for number in range(vaults))]
        self._works = [work for _, work in works]
        for what, work in works:
            queue: SimpleQueue[Item | None] = SimpleQueue()
            thread = threading.Thread(target=self._run, args=(queue, work), name=f"{what} {name}", daemon=True)
            self._queues.append(queue)
            self._threads.append(thread)
            thread.start()

    def put(self, item: Item) -> None:
        """Let an item pass all lanes, after everything put before."""
        item.lanes_left = len(self._queues)
        for queue in self._queues:
            queue.put(item)

    def at_once(self, item: Item) -> None:
        """Let an item pass on this very thread, of a file that has nothing in the lanes. Raises what its work raises.

        A small file is hashed and written in less time than it takes to hand it from thread to thread.
        """
        try:
            for work in self._works:
                work(item)
        finally:
            item.completed()

    def close(self) -> None:
        """Wait until everything put has passed, and end the lanes."""
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, queue: SimpleQueue[Item | None], work: Callable[[Item], None]) -> None:
        failed = False
        while (item := queue.get()) is not None:
            if not failed:
                try:
                    work(item)
                except Exception as error:  # noqa: BLE001 - handed to the job, which reports it as its fault
                    failed = True
                    self._failed(error)
            with self._countdown:
                item.broken = item.broken or failed
                item.lanes_left -= 1
                last = item.lanes_left == 0
            if last:
                item.completed()


def _writing(vault: int) -> Callable[[Item], None]:
    return lambda item: item.write(vault)
