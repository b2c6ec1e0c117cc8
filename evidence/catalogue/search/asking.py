"""Asking the search index: what a handler and the API use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from evidence.catalogue import schema
from evidence.catalogue.queries import ClipRow, Queries
from evidence.catalogue.search.blocks import BLOCK, numbers
from evidence.catalogue.search.finding import COUNTED, Bits, Count, Matches
from evidence.catalogue.search.language import Condition, Field
from evidence.catalogue.search.meaning import Ground, meant
from evidence.catalogue.search.nodes import All, within
from evidence.catalogue.search.paging import Order, Pages
from evidence.catalogue.search.store import grouped
from evidence.catalogue.search.words import term
from evidence.ids import StationId
from evidence.reach import Reach

VALUES = 50
"""The commonest values of a field that are told."""

_KINDS = {
    Field.OFFICER: "O",
    Field.DEVICE: "V",
    Field.UNIT: "u",
    Field.CATEGORY: "T",
    Field.CASE: "C",
    Field.INCIDENT: "i",
    Field.IMPORTANCE: "m",
    Field.SENSITIVITY: "s",
    Field.STATE: "a",
    Field.HAS: "h",
    Field.DAY: "D",
}
COUNTABLE = tuple(_KINDS)
"""Fields whose values can be counted."""
_IDS = select(schema.search_clip.c.number, schema.search_clip.c.clip).where(
    schema.search_clip.c.station == bindparam("of"), schema.search_clip.c.number.in_(bindparam("numbers", expanding=True))
)
_FEW_VALUES = frozenset("uTmsah")
"""Kinds of few values, whose postings are counted; of the others the rows are."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of clips, where the next one begins (None: this is the last), and whether everything was looked at that had to be."""

    clips: list[ClipRow]
    following: str | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Values:
    """How many of the clips have each value, the commonest first. ``of``: so many clips were counted, the newest; None: all of them."""

    counts: dict[str, Count]
    of: int | None


class Search:
    """Questions about the clips of one station that are within somebody's reach, on one reading connection."""

    def __init__(self, connection: Connection, station: StationId, reach: Reach | None, ground: Ground) -> None:
        """``reach`` None: everything."""
        self._connection = connection
        self._station = station
        self._reach = reach
        self._ground = ground

    def page(
        self, conditions: Iterable[Condition], order: Order, *, ascending: bool, limit: int, after: str | None = None
    ) -> Found:
        """A page.

        Raises :class:`~evidence.catalogue.search.language.SearchUnfit`, :class:`~evidence.catalogue.search.paging.CursorUnfit`,
        :class:`~evidence.catalogue.search.finding.SearchIndexMissing`.
        """
        pages = Pages(self._connection, self._station, self._matches(conditions), order, ascending=ascending)
        page = pages.page(limit, after)
        return Found(self._clips(page.numbers), page.following, page.complete)

    def count(self, conditions: Iterable[Condition]) -> Count:
        """How many clips there are: exactly up to 10,000. Raises as :meth:`page`."""
        return self._matches(conditions).count()

    def values(self, conditions: Iterable[Condition], fields: Iterable[Field]) -> dict[Field, Values]:
        """How many of the clips have each value of some fields. Raises as :meth:`page`."""
        matches = self._matches(conditions)
        found = matches.everything()
        total = sum(bits.bit_count() for bits in found.values())
        wanted = list(fields)
        by_row = [one for one in wanted if total <= COUNTED or _KINDS[one] not in _FEW_VALUES]
        told = self._by_row(found, by_row) if by_row else {}
        for field in wanted:
            if field not in told:
                told[field] = Values(_commonest(dict(self._by_posting(matches, found, _KINDS[field]))), None)
        return {
            field: Values(one.counts, COUNTED if total > COUNTED and field in by_row else None)
            for field, one in ((field, told[field]) for field in wanted)
        }

    def _matches(self, conditions: Iterable[Condition]) -> Matches:
        wanted = meant(conditions, self._ground)
        return Matches(self._connection, self._station, All((within(self._reach), wanted)))

    def _clips(self, ordered: list[int]) -> list[ClipRow]:
        asked = {"of": self._station, "numbers": ordered}
        ids = {row.number: row.clip for row in self._connection.execute(_IDS, asked).all()}
        rows = {row.id: row for row in Queries(self._connection, self._station).clips_of_ids(list(ids.values()))}
        return [rows[ids[number]] for number in ordered]

    def _by_posting(self, matches: Matches, found: Bits, kind: str) -> Iterator[tuple[str, int]]:
        low, high = term(kind, ""), term(kind, "\U0010ffff")
        while (name := matches.next_term(low, high, ascending=True)) is not None:
            low = name
            held = matches.read([low], 0, matches.clips // BLOCK).get(low, {})
            if number := sum((bits & found.get(block, 0)).bit_count() for block, bits in held.items()):
                yield low.decode().partition(":")[2], number

    def _by_row(self, found: Bits, fields: list[Field]) -> dict[Field, Values]:
        table = schema.search_clip
        newest = (number for block in sorted(found, reverse=True) for number in numbers(block, found[block], newest_first=True))
        kinds = {_KINDS[field]: field for field in fields}
        counted: dict[Field, Counter[str]] = {field: Counter() for field in fields}
        left = COUNTED
        for group in grouped(newest, 500):
            if left <= 0:
                break
            left -= len(group)
            wanted = select(table.c.facets, table.c.moment).where(table.c.station == self._station, table.c.number.in_(group))
            for facets, moment in self._connection.execute(wanted):
                if "D" in kinds:
                    counted[kinds["D"]][moment[:10]] += 1
                for facet in facets.split("\n"):
                    if facet[0] in kinds:
                        counted[kinds[facet[0]]][facet[2:]] += 1
        return {field: Values(_commonest(one), None) for field, one in counted.items()}


def _commonest(counted: dict[str, int]) -> dict[str, Count]:
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:VALUES]
    return {value: Count(min(number, COUNTED), exact=number <= COUNTED) for value, number in ordered}
