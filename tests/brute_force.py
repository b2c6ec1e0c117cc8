"""What a search should find, by going through every clip: no index, no terms, no SQL but reading the facts, no code of the search.

A word is understood here by a regular expression over the folded text, a word nearly right by the plain definition of a distance.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from evidence.catalogue import schema

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
PIECES = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's facts. ``texts`` are those that words are looked for in, folded."""

    row: Mapping[str, Any]
    place: int
    officer: str | None
    moment: str
    received: bool
    texts: tuple[str, ...]

    @property
    def id(self) -> str:
        return str(self.row["id"])


def clips(connection: Connection) -> list[Clip]:
    """All clips of the one station of a catalogue, in the order of their ids."""
    dockings = {row.id: row.officer for row in connection.execute(select(schema.docking))}
    received = set(connection.execute(select(schema.receipt.c.subject)).scalars())
    rows = connection.execute(select(schema.clip).order_by(schema.clip.c.id)).mappings().all()
    return [_clip(dict(row), place, dockings, received) for place, row in enumerate(rows)]


def _clip(row: dict[str, Any], place: int, dockings: Mapping[str, str | None], received: set[str]) -> Clip:
    officer = row["recorded_by"] or dockings[row["docking"]]
    path = bytes(row["path"]).decode("utf-8", "replace")
    category = None if row["category"] == "unclassified" else row["category"]
    case = row["case_number"]
    texts = [row["note"], row["place"], case, path, officer, row["device"], category]
    texts.append(None if case is None else "".join(re.findall(r"[^\W_]+", folded(case))))
    return Clip(
        row,
        place,
        officer,
        row["recorded_at"] or row["taken_at"],
        f"clip:{row['id']}" in received,
        tuple(folded(text) for text in texts if text),
    )


def folded(text: str) -> str:
    """Compatible forms, case and Latin accents made one."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize(
        "NFKC", "".join(one for one in unicodedata.normalize("NFKD", flat) if not "\u0300" <= one <= "\u036f")
    )


def has_words(clip: Clip, text: str, *, beginning: bool = False) -> bool:
    """Whether one of the texts has these words one after the other; of the last, at least the beginning."""
    pieces = PIECES.findall(folded(text))
    pattern = r"[\W_]+".join(map(re.escape, pieces))
    for before, after in pairwise(pieces):
        if _chinese(before) != _chinese(after):
            pattern = pattern.replace(
                re.escape(before) + r"[\W_]+" + re.escape(after), re.escape(before) + r"[\W_]*" + re.escape(after)
            )
    head = "" if _chinese(pieces[0]) else f"(?<![^\\W_{CJK}])"
    tail = "" if _chinese(pieces[-1]) or beginning else f"(?![^\\W_{CJK}])"
    return any(re.search(head + pattern + tail, one) for one in clip.texts)


def has_word_nearly(clip: Clip, text: str, most: int) -> bool:
    """Whether one of the texts has a word within a distance; of a Chinese one, a piece of text within it."""
    wanted = folded(text)
    (first, *rest) = PIECES.findall(wanted)
    if rest:
        (plate,) = rest
        same = has_words(clip, first) and _word_nearly(clip, plate, most)
        return same or _word_nearly(clip, plate, most - 1)
    if not _chinese(first):
        return _word_nearly(clip, first, most)
    common = len(set(first)) - most  # so many of its characters are there at least
    lines = [" ".join(PIECES.findall(one)) for one in clip.texts if len(set(first) & set(one)) >= common]
    lengths = range(len(first) - most, len(first) + most + 1)
    return any(
        _near(first, one[at : at + length], most) for one in lines for length in lengths for at in range(len(one) - length + 1)
    )


def _word_nearly(clip: Clip, word: str, most: int) -> bool:
    return any(
        4 <= len(one) <= 32 and _near(word, one, most)
        for text in clip.texts
        for one in PIECES.findall(text)
        if not _chinese(one) and abs(len(one) - len(word)) <= most
    )


@lru_cache(maxsize=100_000)
def _near(one: str, other: str, most: int) -> bool:
    return distance(one, other) <= most


def nearly(value: str | None, text: str, most: int) -> bool:
    """Whether letters and digits of a value are within a distance of those of a text."""
    one, other = ("".join(PIECES.findall(folded(side or ""))) for side in (value, text))
    return 4 <= len(one) <= 32 and _near(one, other, most)


def distance(one: str, other: str) -> int:
    """Levenshtein's, by its definition."""

    @cache
    def of(row: int, column: int) -> int:
        if not row or not column:
            return row + column
        same = one[row - 1] == other[column - 1]
        return of(row - 1, column - 1) if same else 1 + min(of(row - 1, column), of(row, column - 1), of(row - 1, column - 1))

    return abs(len(one) - len(other)) if len(one) * len(other) == 0 else of(len(one), len(other))


def late(clip: Clip) -> bool:
    """Whether it was collected more than a day after it was recorded."""
    taken, recorded = clip.row["taken_at"], clip.row["recorded_at"]
    return recorded is not None and datetime.fromisoformat(taken) - datetime.fromisoformat(recorded) > timedelta(hours=24)


def ordered(found: Sequence[Clip], order: str, *, ascending: bool) -> list[str]:
    """Ids in an order."""
    keys = {
        "taken": lambda clip: clip.place,
        "recorded": lambda clip: (clip.moment, clip.place),
        "size": lambda clip: (clip.row["size"], clip.place),
        "officer": lambda clip: (folded(clip.officer or "").encode(), clip.place),
    }
    return [clip.id for clip in sorted(found, key=keys[order], reverse=not ascending)]


def _chinese(piece: str) -> bool:
    return re.match(f"[{CJK}]", piece) is not None
