"""Making the search index again from the facts, a block of clips at a time.

Rules kept here: the write lock is held for one batch of bounded size, and what a batch writes is worked out before, so that intake and the
desk go on beside it. Until it is done the station has no index, and searches say so: half of one would leave clips out. What is committed
meanwhile is caught up with before the index counts. Who begins anew takes over from whoever was at it; an interrupted one is begun anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, delete, insert, select

from evidence.catalogue import schema
from evidence.catalogue.connect import reading, writing
from evidence.catalogue.search import nearby
from evidence.catalogue.search.blocks import BLOCK
from evidence.catalogue.search.postings import near_block, write_block
from evidence.catalogue.search.projection import begin, changed, entries_of, is_current, refresh
from evidence.catalogue.search.store import Store, grouped
from evidence.custody.entry import Act
from evidence.errors import EvidenceError, Exit
from evidence.ids import StationId

ROWS = 20_000
"""Rows that are removed in one batch."""
GROUP = 500

Position = tuple[int, int]
"""Epoch and number of an entry."""
Batch = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction."""


class SearchIndexTaken(EvidenceError):
    """Somebody else began to make the index anew meanwhile. Fields: ``station``."""

    code = "search-index-taken"
    status = Exit.REFUSED


def remake(engine: Engine, station: StationId, told: Callable[[int], None] = lambda _clips: None) -> int:
    """Make the index again: how many clips it has. ``told`` hears how many are done. Raises :class:`SearchIndexTaken`."""
    return _Making(station, partial(reading, engine), partial(writing, engine), told).run()


def rebuild(connection: Connection, station: StationId) -> int:
    """The same within a transaction that is open: an upgrade leaves the old state or the new one."""

    def same() -> AbstractContextManager[Connection]:
        return nullcontext(connection)

    return _Making(station, same, same, lambda _clips: None).run()


def bring_up(connection: Connection) -> None:
    """Give an index to every station of the catalogue that has none, or one of another form."""
    stations = connection.execute(select(schema.log.c.station).distinct()).scalars().all()
    for station in map(StationId, stations):
        if not is_current(connection, station):
            rebuild(connection, station)


class _Making:
    def __init__(self, station: StationId, look: Batch, write: Batch, told: Callable[[int], None]) -> None:
        self._station = station
        self._look = look
        self._write = write
        self._told = told
        self._mark = -1 - secrets.randbelow(1 << 30)

    def run(self) -> int:
        position = self._begin()
        for table, key in (
            (schema.search_clip, schema.search_clip.c.number),
            (schema.search_term, schema.search_term.c.term),
            (schema.search_word, schema.search_word.c.slot),
        ):
            self._clear(table, key)
        number = 0
        for clips in self._in_order():
            self._block(clips, number)
            number += len(clips)
            self._told(number)
        for slots in range(nearby.SLOTS // BLOCK):
            with self._write() as connection:
                self._check(connection)
                near_block(connection, self._station, slots)
        return self._caught_up(position)

    def _begin(self) -> Position:
        """From here on there is no index that a commit would have to follow: where the log ends that this is made from."""
        state, entry = schema.search_state, schema.custody_entry
        with self._write() as connection:
            self._hold(connection)
            connection.execute(delete(state).where(state.c.station == self._station))
            connection.execute(insert(state).values(station=self._station, form=self._mark))
            newest = select(entry.c.epoch, entry.c.seq).where(entry.c.station == self._station)
            row = connection.execute(newest.order_by(entry.c.epoch.desc(), entry.c.seq.desc()).limit(1)).first()
        return (0, -1) if row is None else (row.epoch, int(row.seq))

    def _hold(self, connection: Connection) -> None:
        """No commit of this station is under way until the batch is over (on SQLite none is anyway)."""
        log = schema.log
        connection.execute(
            select(log.c.epoch).where(log.c.station == self._station).order_by(log.c.epoch).with_for_update()
        ).all()

    def _check(self, connection: Connection) -> None:
        state = schema.search_state
        form = connection.execute(select(state.c.form).where(state.c.station == self._station)).scalar()
        if form != self._mark:
            raise SearchIndexTaken(station=self._station)

    def _clear(self, table: Table, key: Any) -> None:  # noqa: ANN401  # a column of any type
        mine = table.c.station == self._station
        while True:
            with self._write() as connection:
                self._check(connection)
                upto = connection.execute(
                    select(key).where(mine).order_by(*table.primary_key.columns).offset(ROWS).limit(1)
                ).scalar()
                connection.execute(delete(table).where(mine if upto is None else mine & (key <= upto)))
            if upto is None:
                return

    def _block(self, clips: Sequence[str], first: int) -> None:
        with self._look() as connection:
            made = entries_of(connection, self._station, clips, first)
        postings: dict[bytes, int] = {}
        for place, one in enumerate(made):
            for name in one.terms():
                postings[name] = postings.get(name, 0) | 1 << place
        values = [one.values(self._station) for one in made]
        with self._write() as connection:
            self._check(connection)
            connection.execute(insert(schema.search_clip), values)
            write_block(Store(connection, self._station), first // BLOCK, postings)

    def _in_order(self) -> Iterator[list[str]]:
        """Blocks of clips in the order in which the log says that they were taken; then those that a lost end of a log spoke of."""
        waiting: dict[str, None] = {}
        for pages in (self._logged, self._unlogged):
            for clips in pages():
                waiting |= dict.fromkeys(self._without_number(clips))  # one that waits already keeps its place
                while len(waiting) >= BLOCK:
                    block = list(islice(waiting, BLOCK))
                    yield block
                    for clip in block:
                        del waiting[clip]
        if waiting:
            yield list(waiting)

    def _logged(self) -> Iterator[list[str]]:
        entry, epoch, seq = schema.custody_entry, 0, -1
        wanted = select(entry.c.epoch, entry.c.seq, entry.c.subject).where(
            entry.c.station == self._station, entry.c.type == Act.COPIED.value, entry.c.subject.startswith("clip:")
        )
        while rows := self._page(
            wanted.where((entry.c.epoch > epoch) | ((entry.c.epoch == epoch) & (entry.c.seq > seq)))
            .order_by(entry.c.epoch, entry.c.seq)
            .limit(BLOCK)
        ):
            yield [row.subject.removeprefix("clip:") for row in rows]
            epoch, seq = rows[-1].epoch, int(rows[-1].seq)

    def _unlogged(self) -> Iterator[list[str]]:
        clip, last = schema.clip, ""
        wanted = select(clip.c.id).where(clip.c.station == self._station).order_by(clip.c.id).limit(BLOCK)
        while rows := self._page(wanted.where(clip.c.id > last)):
            last = rows[-1].id
            yield [row.id for row in rows]

    def _page(self, wanted: Any) -> Sequence[Row[Any]]:  # noqa: ANN401  # a Select, whose type names its columns
        with self._look() as connection:
            found: Sequence[Row[Any]] = connection.execute(wanted).all()
        return found

    def _without_number(self, clips: Sequence[str]) -> list[str]:
        """Those of the clips that there are, and that have no place yet."""
        table, clip = schema.search_clip, schema.clip
        there: set[str] = set()
        with self._look() as connection:
            for group in grouped(clips, GROUP):
                there.update(
                    connection.execute(select(clip.c.id).where(clip.c.station == self._station, clip.c.id.in_(group))).scalars()
                )
                placed = select(table.c.clip).where(table.c.station == self._station, table.c.clip.in_(group))
                there.difference_update(connection.execute(placed).scalars())
        return [one for one in clips if one in there]

    def _caught_up(self, position: Position) -> int:
        """What was committed meanwhile is followed, a group of entries at a time; with the last of it the index counts."""
        entry, state, table = schema.custody_entry, schema.search_state, schema.search_clip
        epoch, seq = position
        while True:
            with self._write() as connection:
                self._hold(connection)
                self._check(connection)
                rows = connection.execute(
                    select(entry.c.epoch, entry.c.seq, entry.c.type, entry.c.subject)
                    .where(entry.c.station == self._station)
                    .where((entry.c.epoch > epoch) | ((entry.c.epoch == epoch) & (entry.c.seq > seq)))
                    .order_by(entry.c.epoch, entry.c.seq)
                    .limit(GROUP)
                ).all()
                clips = changed(connection, self._station, [(Act(row.type), row.subject) for row in rows])
                refresh(connection, self._station, clips)
                if len(rows) < GROUP:
                    connection.execute(delete(state).where(state.c.station == self._station))
                    begin(connection, self._station)
                    last = select(table.c.number).where(table.c.station == self._station).order_by(table.c.number.desc()).limit(1)
                    found = connection.execute(last).scalar()
                    return 0 if found is None else int(found) + 1
                epoch, seq = rows[-1].epoch, int(rows[-1].seq)
