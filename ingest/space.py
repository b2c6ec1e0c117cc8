"""Room on the vaults' disks, shared by the visits of one process: what one was promised is not promised again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ingest.errors import SpaceMissing
from ingest.vault import Vault


class Reservations:
    """What running visits still have to write. A visit that ends, however it ends, gives back what it did not use."""

    def __init__(self) -> None:
        self._left: dict[Reservation, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def opened(self) -> Iterator[Reservation]:
        """A reservation of nothing yet."""
        made = Reservation(self)
        try:
            yield made
        finally:
            with self._lock:
                self._left.pop(made, None)

    @property
    def promised(self) -> int:
        """Bytes that running visits still have to write into each vault."""
        with self._lock:
            return sum(self._left.values())

    def set(self, one: Reservation, left: int) -> None:
        """A visit still has so many bytes to write."""
        with self._lock:
            self._left[one] = max(left, 0)

    def ask(self, one: Reservation, wanted: int, reserve: int, vaults: Sequence[Vault]) -> None:
        """Promise ``wanted`` bytes in every vault, beside what others were promised and ``reserve``. Raises :class:`SpaceMissing`."""
        with self._lock:
            promised = sum(left for other, left in self._left.items() if other is not one)
            needed = wanted + promised + reserve
            for vault in vaults:
                free = vault.free_bytes()
                if free < needed:
                    where = os.fsdecode(vault.root)
                    raise SpaceMissing(vault=where, needed=needed, promised=promised, free=free, missing=needed - free)
            self._left[one] = wanted


class Reservation:
    """One visit's share."""

    def __init__(self, all_of_them: Reservations) -> None:
        self._all = all_of_them

    def ask(self, wanted: int, reserve: int, vaults: Sequence[Vault]) -> None:
        """Promise room, or raise :class:`SpaceMissing`."""
        self._all.ask(self, wanted, reserve, vaults)

    def left(self, count: int) -> None:
        """So many bytes are still to be written."""
        self._all.set(self, count)
