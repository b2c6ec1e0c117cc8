"""The search index: how a clip is written into it, and how it is kept in step with the facts.

Rules kept here: it follows the ledger, in the very commit of each fact, from one place (:func:`follow`): whatever changes a clip leaves an
entry about that clip or its docking. A clip's terms are a function of its row in the index, and that row of the facts, so the index can be
made again and is then the same (``making``). It is operational: losing it costs work and no proof. An index of another form than this
program's is not written to, and not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from evidence.catalogue import schema
from evidence.catalogue.confirmed import confirmed
from evidence.catalogue.search import words
from evidence.catalogue.search.blocks import BLOCK
from evidence.catalogue.search.postings import Change, change
from evidence.catalogue.search.store import grouped
from evidence.catalogue.search.words import fold, term
from evidence.custody.entry import Act
from evidence.facts import UNCLASSIFIED
from evidence.ids import StationId

FORM = 2
"""Counts the forms of the index: another one is made again by ``init`` and by ``reindex``."""
LATE = timedelta(hours=24)
"""Collected more than this after it was recorded: the rule of the field."""
DIGEST_CHARACTERS = 2
"""Beginnings of digests up to this length have a term of their own; longer ones are few clips, which their own index finds."""
GROUP = 500

_FORM = select(schema.search_state.c.form).where(schema.search_state.c.station == bindparam("of"))
_LEAVES_CLIPS_ALONE = {Act.VIEWED, Act.EXPORTED, Act.SENT, Act.TIME_STAMPED}
_ABOUT = ("clip:", "docking:")
_CHANGES_ITS_CLIPS = {Act.SEALED, Act.RECEIVED}


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip as the index has it; see ``schema.search_clip``."""

    number: int
    clip: str
    moment: str
    size: int
    officer: bytes
    facets: str
    words: str

    def terms(self) -> set[bytes]:
        """Every term that the clip has."""
        found = {one.encode() for one in self.facets.split("\n")}
        found.update(words.words_of(self.words))
        found |= {term("Y", self.moment[:4]), term("M", self.moment[:7]), term("D", self.moment[:10])}
        found.add(term("H", self.moment[:13]))
        found.add(term("z", size_class(self.size)))
        return found

    def values(self, station: StationId) -> dict[str, object]:
        """As a row."""
        return {
            "station": station,
            "number": self.number,
            "clip": self.clip,
            "moment": self.moment,
            "size": self.size,
            "officer": self.officer,
            "facets": self.facets,
            "words": self.words,
        }


def size_class(size: int) -> str:
    """Sizes of about the same order, as text that sorts as they do: the length in bits and the three bits after the first."""
    length = size.bit_length()
    return f"{length:02d}{(size << 3 >> (length - 1)) & 7 if length else 0}"


def size_bounds(name: str) -> tuple[int, int]:
    """The least and the greatest size of a class."""
    length, top = int(name[:2]), int(name[2])
    if length == 0:
        return 0, 0
    low = -(-((8 + top) << (length - 1)) // 8)
    return low, (((9 + top) << (length - 1)) + 7) // 8 - 1


def begin(connection: Connection, station: StationId) -> None:
    """A station that has no clips yet has an index without clips."""
    connection.execute(insert(schema.search_state).values(station=station, form=FORM))


def is_current(connection: Connection, station: StationId) -> bool:
    """Whether there is an index of this program's form."""
    return connection.execute(_FORM, {"of": station}).scalar() == FORM


def follow(connection: Connection, station: StationId, touched: Iterable[tuple[Act, str]]) -> None:
    """Bring the clips up to date that a commit may have changed, which is about to close: its acts, and what each was about."""
    acts = [(act, subject) for act, subject in touched if subject.startswith(_ABOUT) and act not in _LEAVES_CLIPS_ALONE]
    if acts and is_current(connection, station):
        refresh(connection, station, changed(connection, station, acts))


def changed(connection: Connection, station: StationId, touched: Iterable[tuple[Act, str]]) -> list[str]:
    """The clips that acts may have changed, by what each was about."""
    clips: dict[str, None] = {}
    dockings: list[str] = []
    for act, subject in touched:
        kind, _, which = subject.partition(":")
        if kind == "clip" and act not in _LEAVES_CLIPS_ALONE:
            clips[which] = None
        elif kind == "docking" and act in _CHANGES_ITS_CLIPS:
            dockings.append(which)
    clip = schema.clip
    for docking in dockings:
        mine = select(clip.c.id).where(clip.c.station == station, clip.c.docking == docking).order_by(clip.c.id)
        clips.update(dict.fromkeys(connection.execute(mine).scalars()))
    return list(clips)


def refresh(connection: Connection, station: StationId, clips: Sequence[str]) -> None:
    """Write these clips as the facts have them now. New ones are numbered in the order given."""
    table = schema.search_clip
    old: dict[str, Entry] = {}
    facts: dict[str, Row[Any]] = {}
    for group in grouped(clips, GROUP):
        known = select(table).where(table.c.station == station, table.c.clip.in_(group))
        old |= {row.clip: entry_of(row) for row in connection.execute(known)}
        facts |= {row.id: row for row in connection.execute(_facts(station).where(schema.clip.c.id.in_(group)))}
    last = connection.execute(select(func.max(table.c.number)).where(table.c.station == station)).scalar()
    following = 0 if last is None else int(last) + 1
    unit = unit_of(connection, station)
    changes: Change = {}
    rows = []
    for clip in clips:
        if clip not in facts:
            continue
        before = old.get(clip)
        after = projected(facts[clip], unit, following if before is None else before.number)
        following += before is None
        if after == before:
            continue
        rows.append(after.values(station))
        had, has = set() if before is None else before.terms(), after.terms()
        block, place = divmod(after.number, BLOCK)
        bit = 1 << place
        for name in has ^ had:
            bits = changes.setdefault((name, block), [0, 0])
            bits[name not in has] |= bit
    for group in grouped([row["number"] for row in rows], GROUP):
        connection.execute(delete(table).where(table.c.station == station, table.c.number.in_(group)))
    if rows:
        connection.execute(insert(table), rows)
        change(connection, station, changes)


def entries_of(connection: Connection, station: StationId, clips: Sequence[str], first: int) -> list[Entry]:
    """Clips as the index is to have them, numbered in the order given."""
    facts: dict[str, Row[Any]] = {}
    for group in grouped(clips, GROUP):
        facts |= {row.id: row for row in connection.execute(_facts(station).where(schema.clip.c.id.in_(group)))}
    unit = unit_of(connection, station)
    return [projected(facts[clip], unit, first + place) for place, clip in enumerate(clips)]


def projected(row: Row[Any], unit: str, number: int) -> Entry:
    """A clip's facts as the index has them."""
    moment = row.recorded_at or row.taken_at
    officer = row.recorded_by or row.officer
    path = bytes(row.path).decode("utf-8", "replace")
    texts = (row.note, row.place, row.case_number, path, officer, row.device, _open(row.category))
    squashed = None if row.case_number is None else words.squashed(row.case_number)
    lines = [words.line(text) for text in (*texts, squashed) if text]
    return Entry(
        number,
        row.id,
        moment,
        int(row.size),
        fold(officer or "").encode("utf-8", "replace"),
        "\n".join(sorted(_facets(row, unit, officer))),
        "\n".join(dict.fromkeys(one for one in lines if one)),
    )


def _open(category: str) -> str | None:
    return None if category == UNCLASSIFIED else category


def _facets(row: Row[Any], unit: str, officer: str | None) -> Iterator[str]:
    exact = {"O": officer, "C": row.case_number, "V": row.device, "T": row.category, "s": row.sensitivity, "u": unit}
    exact |= {"i": row.incident, "k": row.docking}
    told = {"o": officer, "c": row.case_number, "d": row.device, "m": row.importance, "a": row.state}
    values = [(kind, value) for kind, value in exact.items() if value]
    values += [(kind, fold(value)) for kind, value in told.items() if value]
    values += [("x", row.sha256[:length]) for length in range(1, DIGEST_CHARACTERS + 1)]
    parts = fold(row.category).split("/")
    values += [("t", "/".join(parts[: length + 1])) for length in range(len(parts))]
    has = {
        "case": row.case_number,
        "category": _open(row.category),
        "incident": row.incident,
        "note": row.note,
        "officer": officer,
        "place": row.place,
        "receipt": row.received,
        "recorded": row.recorded_at,
        "importance": row.importance,
        "sensitivity": row.sensitivity,
        "late": row.recorded_at and _lateness(row) > LATE,
    }
    values += [("h", name) for name, value in has.items() if value]
    return (term(kind, value.replace("\n", " ")).decode() for kind, value in values)


def _lateness(row: Row[Any]) -> timedelta:
    return datetime.fromisoformat(row.taken_at) - datetime.fromisoformat(row.recorded_at)


def _facts(station: StationId) -> Any:  # noqa: ANN401  # a Select, whose type names every column
    clip, docking = schema.clip, schema.docking
    return (
        select(clip, docking.c.officer, confirmed(station).label("received"))
        .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
        .where(clip.c.station == station)
    )


def entry_of(row: Row[Any]) -> Entry:
    """A row of the index."""
    return Entry(row.number, row.clip, row.moment, int(row.size), bytes(row.officer), row.facets, row.words)


def unit_of(connection: Connection, station: StationId) -> str:
    """The unit that the station's newest log is of."""
    log = schema.log
    return str(connection.execute(select(log.c.unit).where(log.c.station == station).order_by(log.c.epoch.desc())).scalar())
