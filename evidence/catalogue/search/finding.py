"""Carrying out a search: pages, counts, values, on one open connection.

How: the postings of every term are read a window of blocks at a time and put together bit by bit; a page of the newest reads the newest
blocks alone. What postings cannot say (a phrase, Chinese with a wrong character) is looked up in the lines of the clips that are left. Rules
kept here: both databases do the same, because neither is asked to understand a text; who asks sees and counts only what is within reach;
nothing that is found is left out. So only a page in the order in which clips were taken may stop before everything was looked at, because it
says so and where the next one goes on; a count, and an order whose first clip may be anywhere, look at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, bindparam, func, select

from evidence.catalogue import schema
from evidence.catalogue.search import nearby
from evidence.catalogue.search.blocks import BLOCK, WHOLE, gathered, unpacked, wide, wide_places
from evidence.catalogue.search.nodes import All, Any, Between, Check, Digest, Nearly, Node, Not, Numbers, Span, Term
from evidence.catalogue.search.projection import is_current
from evidence.catalogue.search.store import Store
from evidence.catalogue.search.words import term
from evidence.errors import EvidenceError, Exit
from evidence.ids import StationId

COUNTED = 10_000
"""Counts are exact so far."""
EXAMINED = 50_000
"""Clips whose lines are looked at for one page; where it stops the next page goes on."""
FEW_WORDS = 8
"""So many terms are read a window at a time; of more there are few clips each, which are all read at once."""

_LAST = select(func.max(schema.search_clip.c.number)).where(schema.search_clip.c.station == bindparam("of"))
Bits = dict[int, int]
"""Clips by block."""


class SearchIndexMissing(EvidenceError):
    """The station has no search index, or one of another version of the program. Fields: ``station``."""

    code = "search-index-missing"
    status = Exit.REFUSED


class _EnoughExamined(Exception):  # no error: how far one page goes
    pass


@dataclass(frozen=True, slots=True)
class Count:
    """How many clips were found: exactly, or at least so many."""

    number: int
    exact: bool


class Matches:
    """The clips that a question finds, block by block. One object serves one request."""

    def __init__(self, connection: Connection, station: StationId, wanted: Node) -> None:
        """Raises :class:`SearchIndexMissing`."""
        if not is_current(connection, station):
            raise SearchIndexMissing(station=station)
        self._connection = connection
        self._station = station
        self._store = Store(connection, station)
        self._examined = 0
        self._most: int | None = None
        self.complete = True
        """Whether the windows went on to the end."""
        self.reached = (0, 0)
        """The blocks of the window that was read last."""
        self._known: dict[tuple[int, int], dict[bytes, Bits]] = {}
        self._wanted = self._resolved(wanted)
        self._terms = sorted(set(_terms(self._wanted)))

    @cached_property
    def clips(self) -> int:
        """How many clips the station has; their numbers run from 0."""
        last = self._connection.execute(_LAST, {"of": self._station}).scalar()
        return 0 if last is None else int(last) + 1

    def windows(self, *, newest_first: bool, start: int | None = None, most: int | None = None) -> Iterator[Bits]:
        """What is found, a few blocks at a time, growing, from the block of ``start`` on.

        Ends early where ``most`` clips were examined, but not before the first window: whoever goes on comes to the end.
        """
        blocks = -(-self.clips // BLOCK)
        size = 1
        at = (blocks - 1 if newest_first else 0) if start is None else min(start // BLOCK, blocks - 1)
        self._most, self.complete = None, True
        while 0 <= at < blocks:
            low, high = (max(0, at - size + 1), at) if newest_first else (at, min(blocks - 1, at + size - 1))
            try:
                found = self._found(self._wanted, low, high, None)
            except _EnoughExamined:
                self.complete = False
                return
            self._most = most
            self.reached = (low, high)
            yield found
            at = low - 1 if newest_first else high + 1
            size *= 4

    def everything(self) -> Bits:
        """All that is found."""
        found: Bits = {}
        for window in self.windows(newest_first=True):
            found |= window
        return found

    def count(self) -> Count:
        """How many are found: exactly up to :data:`COUNTED`."""
        number = 0
        for window in self.windows(newest_first=True):
            number += sum(bits.bit_count() for bits in window.values())
            if number > COUNTED:
                return Count(COUNTED, exact=False)
        return Count(number, exact=True)

    # Putting postings together

    def _resolved(self, node: Node) -> Node:
        """The same without what is asked of the database once, rather than block by block."""
        match node:
            case Nearly():
                names = self._near(node)
                return Any(tuple(map(Term, names))) if len(names) <= FEW_WORDS else Numbers(self._of_any(names))
            case Between():
                return Numbers(self._moments(node.low, node.high))
            case Digest():
                return Numbers(gathered(self._digests(node.beginning)))
            case Not():
                return Not(self._resolved(node.node))
            case Check():
                return Check(self._resolved(node.node), node.holds)
            case All():
                return All(tuple(map(self._resolved, node.nodes)))
            case Any():
                return Any(tuple(map(self._resolved, node.nodes)))
        return node

    def _found(self, node: Node, low: int, high: int, among: Bits | None) -> Bits:
        """The clips of blocks ``low`` to ``high`` that a node holds for, and which are ``among`` these."""
        match node:
            case Term():
                return self._postings(low, high).get(node.name, {})
            case Numbers():
                return {block: bits for block, bits in node.bits.items() if low <= block <= high}
            case Span():
                return self._span(node, low, high)
            case Not():
                held = self._found(node.node, low, high, among)
                rest = self._every(low, high) if among is None else among
                return {block: left for block, bits in rest.items() if (left := bits & ~held.get(block, 0))}
            case Any():
                found: Bits = {}
                for one in node.nodes:
                    for block, bits in self._found(one, low, high, among).items():
                        found[block] = found.get(block, 0) | bits
                return found
            case All():
                kept = among
                for one in sorted(node.nodes, key=_effort):
                    held = self._found(one, low, high, kept)
                    kept = held if kept is None else {block: both for block in held if (both := held[block] & kept.get(block, 0))}
                    if not kept:
                        break
                return self._every(low, high) if kept is None else kept
            case Check():
                return self._checked(node, low, high, among)
        raise TypeError(f"{type(node).__name__} is resolved before")

    def _checked(self, node: Check, low: int, high: int, among: Bits | None) -> Bits:
        held = self._found(node.node, low, high, among)
        if among is not None:
            held = {block: both for block in held if (both := held[block] & among.get(block, 0))}
        found: Bits = {}
        for block, bits in held.items():
            self._examined += bits.bit_count()
            if self._most is not None and self._examined > self._most:
                raise _EnoughExamined
            if kept := self._passing(block, bits, node.holds):
                found[block] = kept
        return found

    def _passing(self, block: int, bits: int, holds: str | Callable[[str], bool]) -> int:
        if isinstance(holds, str):
            return bits & ~sum(1 << number % BLOCK for number in set(self._store.lacking(block, bits, holds)))
        return sum(1 << number % BLOCK for number, text in self._store.lines(block, bits) if holds(text))

    def _every(self, low: int, high: int) -> Bits:
        last, rest = divmod(self.clips, BLOCK)
        found = dict.fromkeys(range(low, min(high, last - 1) + 1), WHOLE)
        if rest and low <= last <= high:
            found[last] = (1 << rest) - 1
        return found

    def _postings(self, low: int, high: int) -> dict[bytes, Bits]:
        """The postings of all terms of the question, read at once."""
        if (low, high) not in self._known:
            self._known = {(low, high): self.read(self._terms, low, high)}
        return self._known[low, high]

    def read(self, names: Sequence[bytes], low: int, high: int) -> dict[bytes, Bits]:
        """The postings of terms in blocks."""
        found: dict[bytes, Bits] = {}
        for name, block, bits in self._store.read(names, low, high):
            found.setdefault(name, {})[block] = unpacked(bits)
        return found

    def _of_any(self, names: Sequence[bytes]) -> Bits:
        """The clips that have any of some terms."""
        return _together((block, bits) for _, block, bits in self._store.read(names, 0, self.clips // BLOCK))

    def next_term(self, low: bytes, high: bytes, *, ascending: bool) -> bytes | None:
        """The first, or the last, of the terms between two, neither of them included."""
        return self._store.next_term(low, high, ascending=ascending)

    def _span(self, node: Span, low: int, high: int) -> Bits:
        return _together(self._store.span(node.low, node.high, low, high))

    # What is asked of the database once

    def _near(self, node: Nearly) -> list[bytes]:
        grams = nearby.grams(node.text)
        enough = len(grams) - 2 * node.most
        blocks = nearby.SLOTS // BLOCK
        held: dict[bytes, list[tuple[int, bytes]]] = {}
        for gram, block, bits in self._store.read([nearby.gram_term(node.kind, one) for one in sorted(grams)], 0, blocks - 1):
            held.setdefault(gram, []).append((block, bits))
        slots = [wide(rows, blocks) for rows in held.values()]
        found = nearby.with_at_least(slots, max(1, enough)) if slots else 0
        kind = node.kind.encode() + b":"
        names = (name for _, name in self._store.words(wide_places(found, blocks)))
        return list(nearby.near(node.text, (name for name in names if name.startswith(kind)), node.most))

    def _moments(self, low: str | None, high: str | None) -> Bits:
        """Whole years, months, days and hours by their terms; the rest of an hour at either end by its clips."""
        if low is not None and high is not None and low >= high:
            return {}
        found: Bits = {}
        if low is not None and high is not None and low[:_HOUR] == high[:_HOUR]:
            return self._clock(low, high)
        for begin, end in ((low, low and low[:_HOUR] + ":99"), (high and high[:_HOUR], high)):
            if begin is not None and end is not None and not (low if begin == low else high or "").endswith(_ON_THE_HOUR):
                _join(found, self._clock(begin, end))
        for span in _whole_periods(low, high):
            _join(found, self._span(span, 0, self.clips // BLOCK))
        return found

    def _clock(self, low: str, high: str) -> Bits:
        table = schema.search_clip
        mine = (table.c.station == self._station) & (table.c.moment >= low) & (table.c.moment < high)
        return gathered(self._connection.execute(select(table.c.number).where(mine)).scalars().all())

    def _digests(self, text: str) -> Iterator[int]:
        clip, table = schema.clip, schema.search_clip
        mine = (clip.c.station == self._station) & (clip.c.sha256 >= text) & (clip.c.sha256 < text + "g")
        both = (table.c.station == clip.c.station) & (table.c.clip == clip.c.id)
        yield from self._connection.execute(select(table.c.number).join_from(clip, table, both).where(mine)).scalars()


_PERIODS = (("H", 13), ("D", 10), ("M", 7), ("Y", 4))
"""Terms of periods, and how many characters of a moment name one."""
_HOUR = 13
_ON_THE_HOUR = ":00:00.000000Z"


def _whole_periods(low: str | None, high: str | None) -> Iterator[Span]:
    """The spans of hours, days, months and years that lie wholly after ``low`` and before ``high``, each as coarse as it can be."""

    def span(kind: str, after: str | None, before: str | None, under: str) -> Span:
        least, most = term(kind, under), term(kind, under + "\x7f")
        if after is not None:
            begins = kind == "H" and low is not None and low.endswith(_ON_THE_HOUR)
            least = term(kind, after) + (b"" if begins else b"\x00")
        return Span(least, most if before is None else term(kind, before))

    for (kind, length), (_, above) in zip(_PERIODS, (*_PERIODS[1:], ("", 0)), strict=True):
        after, before = low and low[:length], high and high[:length]
        if above == 0 or (low is not None and high is not None and low[:above] == high[:above]):
            yield span(kind, after, before, "" if low is None else low[:above])
            return
        if low is not None:
            yield span(kind, after, None, low[:above])
        if high is not None:
            yield span(kind, None, before, high[:above])


def _join(found: Bits, more: Bits) -> None:
    for block, bits in more.items():
        found[block] = found.get(block, 0) | bits


def _together(rows: Iterable[tuple[int, bytes]]) -> Bits:
    found: Bits = {}
    for block, bits in rows:
        found[block] = found.get(block, 0) | unpacked(bits)
    return found


def _effort(node: Node) -> int:
    """What is cheap comes first: what is left then is all that the dear has to look at."""
    match node:
        case Term() | Numbers():
            return 0
        case Not():
            return 2 + _effort(node.node)
        case All() | Any():
            return 1 + max(map(_effort, node.nodes), default=0)
        case Check():
            return 100
    return 1


def _terms(node: Node) -> Iterator[bytes]:
    match node:
        case Term():
            yield node.name
        case Not() | Check():
            yield from _terms(node.node)
        case All() | Any():
            for one in node.nodes:
                yield from _terms(one)
