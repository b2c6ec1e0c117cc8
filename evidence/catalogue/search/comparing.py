"""Whether the search index is what the facts make: everything is worked out again, a block at a time, and compared.

Rules kept here: nothing is written, and nobody waits; one reading transaction sees index and facts as of one moment. What is in the index
and should not be counts as much as what is missing: the rows that were found right are all that there are.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Select, Table, exists, func, select

from evidence.catalogue import schema
from evidence.catalogue.search import nearby
from evidence.catalogue.search.blocks import BLOCK, packed
from evidence.catalogue.search.postings import near_postings
from evidence.catalogue.search.projection import entries_of, entry_of, is_current
from evidence.catalogue.search.store import Store, grouped
from evidence.custody.entry import Act
from evidence.ids import StationId

GROUP = 500


class Comparison:
    """The index of one station against the facts, on one reading connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station
        self._store = Store(connection, station)
        self._postings = 0
        self._newest = (0, -1)

    def same(self) -> bool:
        """Whether the index is as ``making`` would make it. Stops at the first difference."""
        if not is_current(self._connection, self._station):
            return False
        blocks = -(-self.clips() // BLOCK)
        return (
            all(self._block(block) for block in range(blocks))
            and all(self._slots(number) for number in range(nearby.SLOTS // BLOCK))
            and self._number(schema.search_term) == self._postings
            and self._number(schema.search_clip) == self.clips()
        )

    def clips(self) -> int:
        """How many clips the facts have."""
        return self._number(schema.clip)

    def _number(self, table: Table) -> int:
        wanted = select(func.count()).select_from(table).where(table.c.station == self._station)
        return int(self._connection.execute(wanted).scalar_one())

    def _block(self, block: int) -> bool:
        table, first = schema.search_clip, block * BLOCK
        rows = self._connection.execute(
            select(table)
            .where(table.c.station == self._station, table.c.number.between(first, first + BLOCK - 1))
            .order_by(table.c.number)
        ).all()
        made = entries_of(self._connection, self._station, [row.clip for row in rows], first)
        if [entry_of(row) for row in rows] != made or not self._in_order([one.clip for one in made]):
            return False
        wanted: dict[bytes, int] = {}
        for place, one in enumerate(made):
            for name in one.terms():
                wanted[name] = wanted.get(name, 0) | 1 << place
        return self._held(wanted, block) and self._has_words(wanted)

    def _held(self, wanted: dict[bytes, int], block: int) -> bool:
        self._postings += len(wanted)
        held = self._store.held([(name, block) for name in sorted(wanted)])
        return len(held) == len(wanted) and all(held[name, block] == packed(bits) for name, bits in wanted.items())

    def _has_words(self, names: Iterable[bytes]) -> bool:
        words = {(nearby.slot(name), name) for name in names if nearby.compared(name) is not None}
        return words <= set(self._store.words(slot for slot, _ in words))

    def _slots(self, number: int) -> bool:
        word, held = schema.search_word, schema.search_term
        mine = word.c.slot.between(number * BLOCK, number * BLOCK + BLOCK - 1)
        used = exists(select(held.c.term).where(held.c.station == word.c.station, held.c.term == word.c.term))
        unused = select(word.c.slot).where(word.c.station == self._station, mine, ~used).limit(1)
        if self._connection.execute(unused).first() is not None:
            return False
        return self._held(near_postings(self._connection, self._station, number), number)

    def _in_order(self, clips: list[str]) -> bool:
        """Whether clips come as the log says that they were taken; those that it does not speak of come where they came."""
        first: dict[str, tuple[int, int]] = {}
        for group in grouped(clips, GROUP):
            for row in self._connection.execute(self._copied(group)):
                first.setdefault(row.subject.removeprefix("clip:"), (row.epoch, int(row.seq)))
        for clip in clips:
            if clip in first:
                if first[clip] < self._newest:
                    return False
                self._newest = first[clip]
        return True

    def _copied(self, clips: list[str]) -> Select[tuple[str, int, int]]:
        entry = schema.custody_entry
        return (
            select(entry.c.subject, entry.c.epoch, entry.c.seq)
            .where(entry.c.station == self._station, entry.c.subject.in_([f"clip:{clip}" for clip in clips]))
            .where(entry.c.type == Act.COPIED.value)
            .order_by(entry.c.epoch, entry.c.seq)
        )
