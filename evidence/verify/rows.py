"""What the verifier asks of a catalogue: rows, in key order, from one unchanging moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Rows(Protocol):
    """The rows of one station, all as of the same moment.

    Values come as the database holds them: a column may hold anything, so whoever reads one compares before trusting it.
    """

    def each(self, table: str, columns: tuple[str, ...], order: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a table in the order of ``order`` (default: its primary key), text compared by code point."""

    def flaws(self) -> list[str]:
        """What the database itself finds wrong with its file: a damaged page, an index that hides a row."""

    def disturbed(self) -> bool:
        """True when another program changed the file while it was read without a lock, so that nothing read counts."""


class Catalogue(Protocol):
    """A catalogue opened for one station, from which nothing can be written."""

    def snapshot(self) -> AbstractContextManager[Rows]:
        """Its rows as of now, until the context ends."""
