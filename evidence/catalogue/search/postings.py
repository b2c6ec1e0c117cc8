"""Writing postings: terms and blocks of clips, and the words that are looked for nearly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from evidence.catalogue import schema
from evidence.catalogue.search import nearby
from evidence.catalogue.search.blocks import BLOCK, added, packed, unpacked
from evidence.catalogue.search.store import Place, Store, grouped
from evidence.ids import StationId

Change = dict[Place, list[int]]
"""By term and block: the bits to set, and those to clear."""


def change(connection: Connection, station: StationId, changes: Change) -> None:
    """Set and clear bits; terms that came up for the first time can be looked for nearly, those that went no longer."""
    store = Store(connection, station)
    came, went = _change(store, changes)
    _words(connection, station, store, came, went)


def _change(store: Store, changes: Change) -> tuple[set[bytes], set[bytes]]:
    """Returns the terms that came into a block that had them not, and those that went out of one."""
    held = store.held(sorted(changes))
    rows, empty, came = [], [], set()
    for place, (to_set, to_clear) in changes.items():
        before = held.get(place)
        if before is None:
            after = packed(to_set)
            came.add(place[0])
        else:
            after = added(before, to_set) if to_set else before
            after = packed(unpacked(after) & ~to_clear) if to_clear else after
        if after and after != before:
            rows.append((*place, after))
        elif not after:
            empty.append(place)
    store.write(sorted(rows))
    store.remove(empty)
    return came, {name for name, _ in empty}


def _words(connection: Connection, station: StationId, store: Store, came: Iterable[bytes], went: Iterable[bytes]) -> None:
    changes: Change = {}
    table = schema.search_word
    wanted = {name: nearby.slot(name) for name in came if nearby.compared(name) is not None}
    known = _in_slots(store, wanted.values())
    new = [(slot, name) for name, slot in wanted.items() if name not in known.get(slot, set())]
    store.add_words(sorted(new))
    for slot, name in new:
        block, place = divmod(slot, BLOCK)
        for gram in nearby.gram_terms(name):
            changes.setdefault((gram, block), [0, 0])[0] |= 1 << place
    for name in sorted(_gone(connection, station, [name for name in went if nearby.compared(name) is not None])):
        slot = nearby.slot(name)
        connection.execute(delete(table).where(table.c.station == station, table.c.slot == slot, table.c.term == name))
        kept = {gram for other in _in_slots(store, [slot]).get(slot, set()) for gram in nearby.gram_terms(other)}
        block, place = divmod(slot, BLOCK)
        for gram in nearby.gram_terms(name) - kept:
            changes.setdefault((gram, block), [0, 0])[1] |= 1 << place
    if changes:
        _change(store, changes)


def _gone(connection: Connection, station: StationId, names: list[bytes]) -> set[bytes]:
    """Those of the terms that no clip has."""
    table = schema.search_term
    left: set[bytes] = set()
    for group in grouped(names, 500):
        rows = connection.execute(select(table.c.term).where(table.c.station == station, table.c.term.in_(group)).distinct())
        left |= {bytes(name) for name in rows.scalars()}
    return set(names) - left


def _in_slots(store: Store, slots: Iterable[int]) -> dict[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    for slot, name in store.words(slots):
        found.setdefault(slot, set()).add(name)
    return found


def write_block(store: Store, number: int, postings: Mapping[bytes, int]) -> None:
    """A block of clips whose terms were never written; its words, without what finds them nearly."""
    store.write([(name, number, packed(postings[name])) for name in sorted(postings)])
    store.add_words(sorted((nearby.slot(name), name) for name in postings if nearby.compared(name) is not None))


def near_block(connection: Connection, station: StationId, number: int) -> None:
    """What finds words nearly, for a block of slots whose words are all written."""
    store = Store(connection, station)
    store.write([(gram, number, packed(bits)) for gram, bits in sorted(near_postings(connection, station, number).items())])


def near_postings(connection: Connection, station: StationId, number: int) -> dict[bytes, int]:
    """Of a block of slots: which have words with which pairs of characters."""
    table = schema.search_word
    mine = table.c.slot.between(number * BLOCK, number * BLOCK + BLOCK - 1)
    postings: dict[bytes, int] = {}
    for row in connection.execute(select(table.c.slot, table.c.term).where(table.c.station == station, mine)):
        for gram in nearby.gram_terms(bytes(row.term)):
            postings[gram] = postings.get(gram, 0) | 1 << row.slot % BLOCK
    return postings
