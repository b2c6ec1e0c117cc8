"""A sorter for more facts than memory should hold.

The log says things in the order in which they happened, and tables are read in the order of their keys. Between the two
stands this: facts go in as they come and come out grouped by key, in the order they were said. It is SQLite's own sorter
over an unnamed temporary database, which the operating system removes with the process; nothing personal goes in.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Self, TypeVar

import msgspec

Fact = TypeVar("Fact")

_BATCH = 2000
_CACHE_KIB = 16 * 1024

_encoder = msgspec.msgpack.Encoder()


class Spool:
    """Named streams of facts. A context manager, because it holds a temporary file."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, cached_statements=64)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", f"cache_size = -{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("BEGIN")  # never committed: the file goes with the process
        self._waiting: defaultdict[str, list[tuple[str, int, bytes]]] = defaultdict(list)
        self._streams: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, stream: str, key: str, order: int, fact: object) -> None:
        """Add one fact (anything msgpack can say) under a key; ``order`` ranks it among the facts of its key."""
        waiting = self._waiting[stream]
        waiting.append((key, order, _encoder.encode(fact)))
        if len(waiting) >= _BATCH:
            self._flush(stream)

    def groups(self, stream: str, form: type[Fact]) -> Iterator[tuple[str, list[Fact]]]:
        """``(key, facts in order)`` by ascending key."""
        self._flush(stream)
        found = self._database.execute(f"SELECT key, fact FROM {stream} ORDER BY key, rank")  # noqa: S608  # our own names
        decode = msgspec.msgpack.Decoder(form).decode
        current: str | None = None
        facts: list[Fact] = []
        for key, fact in found:
            if key != current:
                if current is not None:
                    yield current, facts
                current, facts = key, []
            facts.append(decode(fact))
        if current is not None:
            yield current, facts

    def _flush(self, stream: str) -> None:
        if stream not in self._streams:
            self._database.execute(f"CREATE TABLE {stream} (key TEXT NOT NULL, rank INTEGER NOT NULL, fact BLOB NOT NULL)")
            self._streams.add(stream)
        waiting = self._waiting[stream]
        if waiting:
            self._database.executemany(f"INSERT INTO {stream} VALUES (?, ?, ?)", waiting)  # noqa: S608  # our own names
            waiting.clear()
