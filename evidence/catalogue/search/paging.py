"""Pages of what was found, by key: a clip that comes in meanwhile moves nothing.

In the order in which clips were taken a page is read straight off the postings. In another order, where many are found, the coarse terms of
that order (year, month and day; size class; officer) are gone through from its end, and only in those that hold something found are single
clips looked at. So a page costs about the same wherever it lies.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, select, tuple_

from evidence.catalogue import schema
from evidence.catalogue.search import finding
from evidence.catalogue.search.blocks import BLOCK, numbers
from evidence.catalogue.search.finding import Bits, Matches
from evidence.catalogue.search.projection import size_bounds, size_class
from evidence.catalogue.search.store import Store
from evidence.catalogue.search.words import term
from evidence.errors import EvidenceError, Exit
from evidence.ids import StationId
from evidence.learned import learned

FEW = 1000
"""So many clips are rather read and sorted than looked for."""


class Order(StrEnum):
    """What a page is sorted by."""

    TAKEN = "taken"
    RECORDED = "recorded"
    SIZE = "size"
    OFFICER = "officer"


class CursorUnfit(EvidenceError):
    """Where a list is to go on was not said by this list in this order. Fields: ``cursor``."""

    code = "cursor-unfit"
    status = Exit.USAGE


class _Place(msgspec.Struct, array_like=True, frozen=True):
    order: Order
    ascending: bool
    value: int | str
    number: int


_PLACE = learned(_Place)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the numbers of its clips in order, where the next one begins (None: this is the last), and whether all was looked at."""

    numbers: list[int]
    following: str | None
    complete: bool


class Pages:
    """Pages of one question's matches in one order."""

    def __init__(self, connection: Connection, station: StationId, matches: Matches, order: Order, *, ascending: bool) -> None:
        self._connection = connection
        self._station = station
        self._matches = matches
        self._order = order
        self._ascending = ascending

    def page(self, limit: int, after: str | None = None) -> Page:
        """At most ``limit`` clips, from the first, or from after a page that said so. Raises :class:`CursorUnfit`."""
        place = None if after is None else self._read(after)
        walk = self._taken(place) if self._order is Order.TAKEN else self._sorted(place)
        found: list[tuple[Any, int]] = []
        for one in walk:
            found.append(one)
            if len(found) > limit:
                break
        following = None
        if len(found) > limit:
            found.pop()
            following = self._say(*found[-1])
        elif not self._matches.complete:
            following = self._say(0, self._stopped)
        return Page([number for _, number in found], following, self._matches.complete)

    _stopped = 0
    """Where the way through the clips came to the end of what one request may examine."""

    def _taken(self, place: _Place | None) -> Iterator[tuple[int, int]]:
        start = None if place is None else place.number
        first = None if start is None else start + (1 if self._ascending else -1)
        for window in self._matches.windows(newest_first=not self._ascending, start=first, most=finding.EXAMINED):
            for block in sorted(window, reverse=not self._ascending):
                for number in numbers(block, window[block], newest_first=not self._ascending):
                    if start is None or (number > start if self._ascending else number < start):
                        yield 0, number
            low, high = self._matches.reached
            self._stopped = high * BLOCK + BLOCK - 1 if self._ascending else low * BLOCK

    def _sorted(self, place: _Place | None) -> Iterator[tuple[Any, int]]:
        found = self._matches.everything()
        start = None if place is None else (_key(place.value, self._order), place.number)
        if sum(bits.bit_count() for bits in found.values()) <= FEW:
            yield from self._read_off(found, start)
            return
        for bits, low, high in self._parts(found, None if start is None else start[0]):
            if sum(one.bit_count() for one in bits.values()) <= FEW:
                yield from self._read_off(bits, start)
            else:
                yield from self._walked(bits, low, high, start)

    def _read_off(self, found: Bits, start: tuple[Any, int] | None) -> list[tuple[Any, int]]:
        everything = (number for block in found for number in numbers(block, found[block], newest_first=False))
        keys = Store(self._connection, self._station).keys(self._column.name, everything)
        rows = [(_plain(value), number) for value, number in keys]
        if start is not None:
            rows = [row for row in rows if (row > start if self._ascending else row < start)]
        return sorted(rows, reverse=not self._ascending)

    def _walked(self, found: Bits, low: Any, high: Any, start: tuple[Any, int] | None) -> Iterator[tuple[Any, int]]:  # noqa: ANN401  # keys of an order
        table, column = schema.search_clip, self._column
        order = (column, table.c.number) if self._ascending else (column.desc(), table.c.number.desc())
        wanted = (
            select(column, table.c.number).where(table.c.station == self._station, column >= low, column <= high).order_by(*order)
        )
        size = FEW
        while True:
            page = wanted
            if start is not None:
                key = tuple_(column, table.c.number)
                page = page.where(key > start if self._ascending else key < start)
            rows = [(_plain(row[0]), row[1]) for row in self._connection.execute(page.limit(size))]
            for row in rows:
                if found.get(row[1] // BLOCK, 0) >> row[1] % BLOCK & 1:
                    yield row
            if len(rows) < size:
                return
            start = rows[-1]

    @property
    def _column(self) -> Any:  # noqa: ANN401  # a column, or what an engine makes of one
        table = schema.search_clip
        return {Order.RECORDED: table.c.moment, Order.SIZE: table.c.size, Order.OFFICER: table.c.officer}[self._order]

    def _parts(self, found: Bits, start: Any) -> Iterator[tuple[Bits, Any, Any]]:  # noqa: ANN401  # keys of an order
        """What was found by the coarse terms of the order, from its end on: the clips, the least and the greatest key."""
        if self._order is Order.RECORDED:
            for year, of_year in self._level("Y", "", found, start and start[:4]):
                for month, of_month in self._level("M", year, of_year, start and start[:7]):
                    for day, bits in self._level("D", month, of_month, start and start[:10]):
                        yield bits, day, day + "U"
        elif self._order is Order.SIZE:
            for name, bits in self._level("z", "", found, None if start is None else size_class(start)):
                yield bits, *size_bounds(name)
        else:
            nobody = {block: rest for block, bits in found.items() if (rest := bits & ~self._officers().get(block, 0))}
            if self._ascending and nobody:
                yield nobody, b"", b""
            for name, bits in self._level("o", "", found, None if start is None else start.decode()):
                yield bits, name.encode(), name.encode()
            if not self._ascending and nobody:
                yield nobody, b"", b""

    def _officers(self) -> Bits:
        name = term("h", "officer")
        return self._matches.read([name], 0, self._matches.clips // BLOCK).get(name, {})

    def _level(self, kind: str, under: str, found: Bits, start: str | None) -> Iterator[tuple[str, Bits]]:
        """The terms of a kind that begin so, in order, with what of the found has them; those that are before the start are passed by."""
        end = under + "\U0010ffff"
        low, high = term(kind, under), term(kind, end)
        while (name := self._matches.next_term(low, high, ascending=self._ascending)) is not None:
            low, high = (name, high) if self._ascending else (low, name)
            value = name.decode().partition(":")[2]
            if start is not None and (value < start if self._ascending else value > start):
                continue
            held = self._matches.read([name], 0, self._matches.clips // BLOCK).get(name, {})
            if bits := {block: both for block in held if (both := held[block] & found.get(block, 0))}:
                yield value, bits

    def _say(self, value: Any, number: int) -> str:  # noqa: ANN401  # a key of an order
        told = value.decode() if isinstance(value, bytes) else value
        data = msgspec.json.encode(_Place(self._order, self._ascending, told, number))
        return urlsafe_b64encode(data).decode().rstrip("=")

    def _read(self, untrusted_cursor: str) -> _Place:
        try:
            data = urlsafe_b64decode(untrusted_cursor + "=" * (-len(untrusted_cursor) % 4))
            place = msgspec.json.decode(data, type=_PLACE)
        except (ValueError, msgspec.DecodeError) as error:
            raise CursorUnfit(cursor=untrusted_cursor) from error
        number_like = self._order in {Order.TAKEN, Order.SIZE}
        fits = (place.order, place.ascending, isinstance(place.value, int)) == (self._order, self._ascending, number_like)
        if not fits or not 0 <= place.number < 1 << 31:
            raise CursorUnfit(cursor=untrusted_cursor)
        return place


def _key(value: int | str, order: Order) -> Any:  # noqa: ANN401  # a key of an order
    return value.encode() if order is Order.OFFICER and isinstance(value, str) else value


def _plain(value: Any) -> Any:  # noqa: ANN401  # a key of an order
    return bytes(value) if isinstance(value, bytes | memoryview) else value
