"""The postings as rows, read and written by the thousand in a few statements: each database has its own way to be handed a list.

What is said to either means the same. The statements are the driver's own, because building them costs more than carrying them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from evidence.catalogue.connect import BINARY
from evidence.catalogue.search.blocks import BLOCK, places
from evidence.ids import StationId

Place = tuple[bytes, int]
"""A term and a block."""
_DENSE = 8
"""Of a block that has more than this share of its clips among those wanted, all are gone through."""
_AT_ONCE = 2000
"""Pairs in a statement: SQLite takes 32766 values (sqlite.org/limits.html)."""
_FROM_LISTS = "SELECT %s, term, block, bits FROM unnest(%s::bytea[], %s::int[], %s::bytea[]) AS w (term, block, bits)"


class Store:
    """The tables ``search_term`` and ``search_word`` of one station, on one connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station
        self._lists = connection.dialect.name == "postgresql"

    def held(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """The blocks that there are of these."""
        found: dict[Place, bytes] = {}
        for group in grouped(places, _AT_ONCE):
            if self._lists:
                rows = self._ask(
                    "SELECT t.term, t.block, t.bits FROM unnest(%s::bytea[], %s::int[]) AS w (term, block) "
                    "JOIN search_term t ON t.station = %s AND t.term = w.term AND t.block = w.block",
                    ([term for term, _ in group], [block for _, block in group], self._station),
                )
            else:
                rows = self._ask(
                    f"WITH w (term, block) AS (VALUES {_marks(len(group), 2)}) SELECT t.term, t.block, t.bits FROM w "  # noqa: S608  # marks only
                    "CROSS JOIN search_term t ON t.station = ? AND t.term = w.term AND t.block = w.block",
                    (*(value for one in group for value in one), self._station),
                )
            found |= {(bytes(term), block): bytes(bits) for term, block, bits in rows}
        return found

    def read(self, names: Sequence[bytes], low: int, high: int) -> Iterator[tuple[bytes, int, bytes]]:
        """The blocks that there are of some terms, from one block to another, in no order."""
        for group in grouped(names, _AT_ONCE):
            if self._lists:
                yield from self._ask(
                    "SELECT term, block, bits FROM search_term WHERE station = %s AND term = ANY (%s::bytea[]) "
                    "AND block BETWEEN %s AND %s",
                    (self._station, group, low, high),
                )
            else:
                yield from self._ask(
                    f"SELECT term, block, bits FROM search_term WHERE station = ? AND term IN {_marks(1, len(group))} "  # noqa: S608  # marks only
                    "AND block BETWEEN ? AND ?",
                    (self._station, *group, low, high),
                )

    def next_term(self, low: bytes, high: bytes, *, ascending: bool) -> bytes | None:
        """The first, or the last, of the terms between two, neither of them included."""
        mark, order = "%s" if self._lists else "?", "ASC" if ascending else "DESC"
        rows = self._ask(
            f"SELECT term FROM search_term WHERE station = {mark} AND term > {mark} AND term < {mark} ORDER BY term {order} LIMIT 1",  # noqa: S608  # marks and a word of ours
            (self._station, low, high),
        )
        return bytes(rows[0][0]) if rows else None

    def span(self, least: bytes, before: bytes, low: int, high: int) -> list[tuple[int, bytes]]:
        """The same of all terms from one on and before another, without their names."""
        mark = "%s" if self._lists else "?"
        found: list[tuple[int, bytes]] = self._ask(
            f"SELECT block, bits FROM search_term WHERE station = {mark} AND term >= {mark} AND term < {mark} "  # noqa: S608  # marks only
            f"AND block BETWEEN {mark} AND {mark}",
            (self._station, least, before, low, high),
        )
        return found

    def keys(self, column: str, numbers: Iterable[int]) -> Iterator[tuple[Any, int]]:
        """A column of some clips, with their numbers. SQLite is told to look them up: it would rather read a whole index of that column."""
        for group in grouped(numbers, _AT_ONCE):
            if self._lists:
                yield from self._ask(
                    f"SELECT {column}, number FROM search_clip WHERE station = %s AND number = ANY (%s::int[])",  # noqa: S608  # a column of ours
                    (self._station, group),
                )
            else:
                yield from self._ask(
                    f"WITH w (number) AS (VALUES {_marks(len(group), 1)}) SELECT s.{column}, s.number FROM w "  # noqa: S608  # marks, a column of ours
                    "CROSS JOIN search_clip s ON s.station = ? AND s.number = w.number",
                    (*group, self._station),
                )

    def lines(self, block: int, bits: int) -> Iterator[tuple[int, str]]:
        """The canonical lines of the clips of a block, given as bits."""
        mark = "%s" if self._lists else "?"
        for among in self._among(block, bits):
            rows = self._ask(f"SELECT number, words FROM search_clip WHERE station = {mark} AND {among}", (self._station,))  # noqa: S608  # numbers and marks only
            yield from ((number, text) for number, text in rows if bits >> number % BLOCK & 1)

    def write(self, rows: Sequence[tuple[bytes, int, bytes]]) -> None:
        """Blocks that are new, or replace what was there."""
        if not rows:
            return
        anew = "ON CONFLICT (station, term, block) DO UPDATE SET bits = excluded.bits"
        if self._lists:
            columns = tuple([row[column] for row in rows] for column in range(3))
            self._connection.exec_driver_sql(
                f"INSERT INTO search_term (station, term, block, bits) {_FROM_LISTS} {anew}",  # constants
                (self._station, *columns),
            )
            return
        self._connection.exec_driver_sql(
            f"INSERT INTO search_term (station, term, block, bits) VALUES (?, ?, ?, ?) {anew}",  # noqa: S608  # a constant
            [(self._station, *row) for row in rows],
        )

    def remove(self, places: Sequence[Place]) -> None:
        """Blocks that no clip is in any more."""
        if places:
            mark = "%s" if self._lists else "?"
            self._connection.exec_driver_sql(
                f"DELETE FROM search_term WHERE station = {mark} AND term = {mark} AND block = {mark}",  # noqa: S608  # marks only
                [(self._station, *place) for place in places],
            )

    def words(self, slots: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """The words of slots."""
        for group in grouped(sorted(set(slots)), _AT_ONCE):
            if self._lists:
                rows = self._ask(
                    "SELECT slot, term FROM search_word WHERE station = %s AND slot = ANY (%s::int[])", (self._station, group)
                )
            else:
                rows = self._ask(
                    f"SELECT slot, term FROM search_word WHERE station = ? AND slot IN {_marks(1, len(group))}",  # noqa: S608  # marks only
                    (self._station, *group),
                )
            yield from ((slot, bytes(term)) for slot, term in rows)

    def lacking(self, block: int, bits: int, text: str) -> Iterator[int]:
        """The clips among those of a block, given as bits, whose lines do not have a text: mostly few, so the others are not told."""
        mark, place = ("%s", "strpos") if self._lists else ("?", "instr")
        for among in self._among(block, bits):
            rows = self._ask(
                f"SELECT number FROM search_clip WHERE station = {mark} AND {among} AND {place}(words, {mark}) = 0",  # noqa: S608  # numbers and marks only
                (self._station, text),
            )
            yield from (number for (number,) in rows)

    def _among(self, block: int, bits: int) -> Iterator[str]:
        """Conditions on clips that together take in those of a block, given as bits; where they are many, all between the first and the last."""
        numbers = [block * BLOCK + one for one in places(bits)]
        if len(numbers) > BLOCK // _DENSE:
            yield f"number BETWEEN {numbers[0]} AND {numbers[-1]}"
            return
        for group in grouped(numbers, _AT_ONCE):
            yield f"number IN ({', '.join(map(str, group))})"

    def add_words(self, words: Sequence[tuple[int, bytes]]) -> None:
        """Words that are looked for nearly; one that is there already stays."""
        if words:
            mark = "%s" if self._lists else "?"
            self._connection.exec_driver_sql(
                f"INSERT INTO search_word (station, slot, term) VALUES ({mark}, {mark}, {mark}) ON CONFLICT DO NOTHING",  # noqa: S608  # marks only
                [(self._station, *word) for word in words],
            )

    def _ask(self, statement: str, values: tuple[Any, ...]) -> Any:  # noqa: ANN401  # rows of the driver
        return self._connection.exec_driver_sql(statement, values, execution_options=BINARY).fetchall()


def grouped(ones: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Groups of a size; the last may be smaller."""
    rest = iter(ones)
    while group := list(islice(rest, size)):
        yield group


def _marks(rows: int, columns: int) -> str:
    row = "(" + ", ".join("?" * columns) + ")"
    return ", ".join([row] * rows)
