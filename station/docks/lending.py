"""The one copy worker that all dockings share. One that was lost is replaced for the next who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from ingest.copying.client import CopyWorker
from ingest.copying.facts import CopyLimits
from ingest.vault import Vault

Lend = Callable[[Sequence[Vault]], AbstractContextManager[CopyWorker]]
"""Lends a running worker of these vaults for a while."""


class OwnWorker:
    """Lends a worker that is ours. Its methods may be called from any thread."""

    def __init__(self, limits: CopyLimits | None = None) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._worker: CopyWorker | None = None
        self._old: list[CopyWorker] = []

    @contextmanager
    def lend(self, vaults: Sequence[Vault]) -> Iterator[CopyWorker]:
        """The worker; started with the first borrower."""
        with self._lock:
            if self._worker is None or self._worker.lost:
                if self._worker is not None:
                    self._old.append(self._worker)
                self._worker = CopyWorker(vaults, self._limits)
                self._worker.start()
            worker = self._worker
        yield worker

    @property
    def process(self) -> int | None:
        """The child's process id while it runs."""
        with self._lock:
            return None if self._worker is None else self._worker.process

    def close(self) -> None:
        """End it: its jobs come to a point from which they can be continued."""
        with self._lock:
            workers = [*self._old, *([] if self._worker is None else [self._worker])]
            self._worker, self._old = None, []
        for worker in workers:
            worker.close()
