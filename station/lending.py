"""The one copy worker of a running station, lent to whoever copies: docks, the drop folder, commands that come through the API.

It starts with the first borrower. One that was lost is replaced for the next borrower; so is one whose vaults the settings no longer
name, and that ends when its last borrower has gone and its last job is done: the docks give it back before their job ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ingest.copying.client import CopyWorker
from ingest.copying.facts import CopyLimits
from ingest.vault import Vault


class SharedWorker:
    """Lends the worker. Its methods may be called from any thread."""

    def __init__(self, limits: CopyLimits | None = None) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._current: tuple[tuple[bytes, ...], CopyWorker] | None = None
        self._borrowers: dict[CopyWorker, int] = {}
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def process(self) -> int | None:
        """The child's process id while it runs."""
        with self._lock:
            return None if self._current is None else self._current[1].process

    @property
    def busy(self) -> bool:
        """Whether anybody copies."""
        with self._lock:
            return any(self._borrowers.values()) or any(worker.busy for worker in self._borrowers)

    @contextmanager
    def lend(self, vaults: Sequence[Vault]) -> Iterator[CopyWorker]:
        """The worker of these vaults, for a while. Raises :class:`ingest.errors.WorkerLost` when it was closed for good."""
        worker = self._borrowed(tuple(vault.root for vault in vaults), vaults)
        try:
            yield worker
        finally:
            self._returned(worker)

    def stop_copying(self) -> None:
        """Bring every copy to a point from which it can be continued. What waits for one is told that it was stopped."""
        with self._lock:
            workers = list(self._borrowers)
        for worker in workers:
            worker.stop_all()

    def close(self) -> None:
        """End the worker, and lend none again."""
        with self._lock:
            self._closed = True
            workers = {*self._borrowers, *(() if self._current is None else (self._current[1],))}
            self._borrowers, self._current = {}, None
        for worker in workers:
            worker.close()

    def _borrowed(self, roots: tuple[bytes, ...], vaults: Sequence[Vault]) -> CopyWorker:
        with self._lock:
            old = self._current
            if old is None or old[0] != roots or old[1].lost:
                made = CopyWorker(vaults, self._limits)
                if not self._closed:
                    made.start()  # one that was never started loses every job at once, which is what closing means
                self._current = (roots, made)
                self._borrowers[made] = 0
            else:
                made = old[1]
            self._borrowers[made] += 1
            unused = self._unused()
        for worker in unused:
            worker.close()
        return made

    def _returned(self, worker: CopyWorker) -> None:
        with self._lock:
            if worker not in self._borrowers:
                return  # closed meanwhile
            self._borrowers[worker] -= 1
            unused = self._unused()
        for one in unused:
            one.close()

    def _unused(self) -> list[CopyWorker]:
        """Workers of before that nobody needs any more, taken off the list."""
        current = None if self._current is None else self._current[1]
        found = [one for one, count in self._borrowers.items() if one is not current and not count and (one.lost or not one.busy)]
        for one in found:
            del self._borrowers[one]
        return found
