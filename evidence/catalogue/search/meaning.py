"""What conditions mean in terms of the index: from fields and values to a tree of nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import combinations

from evidence.catalogue.search import words
from evidence.catalogue.search.language import Condition, Field, How, SearchNotNearly, SearchValueMissing, SearchValueUnfit, Value
from evidence.catalogue.search.nearby import LONGEST, SHORTEST
from evidence.catalogue.search.nodes import All, Any, Between, Check, Digest, Nearly, Node, Not, Term, beginning
from evidence.catalogue.search.projection import DIGEST_CHARACTERS
from evidence.catalogue.search.words import fold, term
from evidence.custody.entry import rfc3339

_KINDS = {Field.OFFICER: "o", Field.DEVICE: "d", Field.CATEGORY: "t", Field.CASE: "c", Field.IMPORTANCE: "m", Field.STATE: "a"}
_RAW = {Field.UNIT: "u", Field.INCIDENT: "i", Field.SENSITIVITY: "s", Field.DOCKING: "k"}
_NEARLY = frozenset("ocd")
HAS = ("case", "category", "incident", "note", "officer", "place", "receipt", "recorded", "importance", "sensitivity")
"""What a clip may have, or miss."""
IS = ("late",)
_ALSO = {
    "案件": "case",
    "类别": "category",
    "警情": "incident",
    "备注": "note",
    "警员": "officer",
    "地点": "place",
    "回执": "receipt",
    "录制时间": "recorded",
    "重要": "importance",
    "敏感": "sensitivity",
    "逾期": "late",
}
_LONGEST_CHINESE = 12
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?)?)?")
_DAY_FORM = "2026-05-01T00:00:00"
_AS_DAY = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a station means by words. ``zone``: whose days; ``below``: the codes of a category and of all that belongs to it."""

    zone: tzinfo
    below: Callable[[str], Iterable[str]] = lambda code: (code,)


def meant(conditions: Iterable[Condition], ground: Ground) -> Node:
    """All of the conditions. Raises :class:`~evidence.catalogue.search.language.SearchUnfit`."""
    return All(tuple(_condition(one, ground) for one in conditions))


def _condition(condition: Condition, ground: Ground) -> Node:
    if not condition.values:
        raise SearchValueMissing(position=0)
    found: Node = Any(tuple(_value(condition.field, one, ground) for one in condition.values))
    return Not(found) if condition.negated else found


def _value(field: Field, value: Value, ground: Ground) -> Node:
    if field is Field.WORDS:
        return _words(value)
    if field is Field.CATEGORY and value.how is How.EXACT:
        return Any(tuple(Term(term("t", fold(code))) for code in sorted({value.text, *ground.below(fold(value.text))})))
    if field in _KINDS:
        return _facet(_KINDS[field], fold(value.text), field, value)
    if field in _RAW:
        return _facet(_RAW[field], value.text, field, value)
    if value.how is not How.EXACT and field is not Field.DIGEST:
        raise _unfit(field, value, len(value.text), "a value without * or ~")
    if field in {Field.HAS, Field.MISSING, Field.IS}:
        return _having(field, value)
    if field is Field.DIGEST:
        return _digest(value)
    low, high = _moments(field, value, ground.zone)
    if field is Field.AFTER:
        return Between(low, None)
    return Between(None, low) if field is Field.BEFORE else Between(low, high)


def _facet(kind: str, text: str, field: Field, value: Value) -> Node:
    if value.how is How.BEGINNING:
        return beginning(kind, text)
    if value.how is How.EXACT:
        return Term(term(kind, text))
    if kind not in _NEARLY:
        raise _unfit(field, value, len(value.text), "a value without ~")
    return _near(kind, words.squashed(text), value, _most(words.squashed(text), value))


def _having(field: Field, value: Value) -> Node:
    known = IS if field is Field.IS else HAS
    name = _ALSO.get(value.text, value.text.lower())
    if name not in known:
        at = _first_wrong(name, known)
        raise _unfit(field, value, at, " ".join(known))
    held = Term(term("h", name))
    return Not(held) if field is Field.MISSING else held


def _digest(value: Value) -> Node:
    text = value.text.lower()
    wrong = re.search("[^0-9a-f]", text)
    if wrong is not None or len(text) > 64:
        raise _unfit(Field.DIGEST, value, 64 if wrong is None else wrong.start(), "0-9 a-f")
    if not text:
        return All()
    return Term(term("x", text)) if len(text) <= DIGEST_CHARACTERS else Digest(text)


def _moments(field: Field, value: Value, zone: tzinfo) -> tuple[str, str]:
    """The moments at which a year, month, day or minute begins, and at which it is over."""
    match = _DAY.fullmatch(value.text)
    if match is None:
        at = next((at for at in range(len(value.text)) if not _may_begin(value.text[: at + 1])), len(value.text))
        raise _unfit(field, value, at, _AS_DAY)
    given = [int(part) for part in match.groups() if part is not None]
    try:
        begin = datetime(*(given + [1, 1, 0, 0, 0][len(given) - 1 :])[:6], tzinfo=zone)  # type: ignore[arg-type,misc]  # six numbers
        end = _end(begin, len(given))
        return _utc(begin), _utc(end)
    except (ValueError, OverflowError) as error:
        raise _unfit(field, value, _first_wrong_part(match, given), _AS_DAY) from error


def _may_begin(text: str) -> bool:
    """Whether something that is a moment may begin so, as far as the kinds of characters go."""
    form = _DAY_FORM[: len(text)]
    return len(text) <= len(_DAY_FORM) and all(
        one.isascii() and one.isdigit() if wanted.isdigit() else one == wanted or (wanted == "T" and one == " ")
        for one, wanted in zip(text, form, strict=True)
    )


def _first_wrong_part(match: re.Match[str], given: list[int]) -> int:
    limits = ((1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
    for part, (number, (least, most)) in enumerate(zip(given, limits, strict=False), 1):
        if not least <= number <= most:
            return match.start(part)
    return match.start(min(3, len(given)))  # a day that the month does not have


def _end(begin: datetime, parts: int) -> datetime:
    if parts == 1:
        return begin.replace(year=begin.year + 1)
    if parts == 2:
        return begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    if parts == 3:
        return (begin.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=begin.tzinfo)  # a day is not always 24 hours
    return begin + timedelta(minutes=1) if parts == 5 else begin + timedelta(seconds=1)


def _utc(moment: datetime) -> str:
    return rfc3339(round(moment.astimezone(UTC).timestamp()) * 1_000_000_000)


def _words(value: Value) -> Node:
    runs = words.runs(value.text)
    if not runs:
        raise SearchValueMissing(position=value.at)
    if value.how is How.NEARLY:
        return _words_nearly(runs, value)
    *before, last = runs
    open_ended = value.how is How.BEGINNING and not words.is_cjk(last[0])
    parts = [one for run in before for one in _of_run(run)]
    parts += [_beginning_of(last)] if open_ended else _of_run(last)
    needle = words.line(" ".join(runs))
    borders = words.borders(needle)
    if open_ended and borders == [" ".join(runs)]:
        return Term(term("b", borders[0]))
    parts += [Term(term("b", one)) for one in borders]
    candidates = parts[0] if len(parts) == 1 else All(tuple(parts))
    certain = len(runs) == 1 and (len(last) <= 2 if words.is_cjk(last[0]) else len(last) <= words.TERM_CHARACTERS)
    if certain:
        return candidates
    return Check(candidates, needle.removesuffix(" ") if open_ended else needle)


def _of_run(run: str) -> list[Node]:
    if words.is_cjk(run[0]) and len(run) > 1:
        return [Term(term("w", pair)) for pair in dict.fromkeys(words.pairs(run))]
    return [Term(term("w", run))]


def _beginning_of(run: str) -> Node:
    if len(run) > words.PREFIX_CHARACTERS:
        return beginning("w", run)
    return Any((Term(term("p", run)), Term(term("w", run))))


def _words_nearly(runs: list[str], value: Value) -> Node:
    cjk = [words.is_cjk(run[0]) for run in runs]
    if cjk == [True] and 3 <= len(runs[0]) <= _LONGEST_CHINESE:
        return _chinese_nearly(runs[0], _most(runs[0], value))
    if cjk == [False]:
        return _near("w", runs[0], value, _most(runs[0], value))
    if cjk == [True, False] and len(runs[0]) == 1:  # a number plate: its character may be the one that is wrong
        most = _most(runs[1], value)
        same = All((Term(term("w", runs[0])), _near("w", runs[1], value, most)))
        return Any((same, _near("w", runs[1], value, most - 1)))
    raise SearchNotNearly(position=value.at, value=value.text)


def _most(text: str, value: Value) -> int:
    suits = 1 if len(text) < 6 else 2
    return suits if value.most is None else min(suits, value.most)


def _near(kind: str, text: str, value: Value, most: int) -> Node:
    if not SHORTEST <= len(text) <= LONGEST:
        raise SearchNotNearly(position=value.at, value=value.text)
    return Nearly(kind, text, most)


def _chinese_nearly(run: str, most: int) -> Node:
    """A run with wrong characters: whichever they are, the pieces between them are whole."""
    ways: dict[tuple[Node, ...], None] = {}
    for spoiled in combinations(range(len(run)), most):
        pieces = "".join(" " if at in spoiled else one for at, one in enumerate(run)).split()
        ways[tuple(node for piece in pieces for node in _of_run(piece))] = None
    ends = (one for one in _spoiled(run, most) if one[0] != "." != one[-1])  # whatever stands at an end may as well be left out
    pattern = re.compile("|".join(sorted(ends)))
    return Check(Any(tuple(map(All, ways))), lambda lines: pattern.search(lines) is not None)


def _spoiled(run: str, most: int) -> set[str]:
    """Patterns of what a run becomes when so many characters are changed, left out or put in."""
    found = {tuple(run)}
    for _ in range(most):
        found |= {way for one in found for way in _ways(one)}
    return {"".join(one) for one in found}


def _ways(one: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for at in range(len(one)):
        yield (*one[:at], ".", *one[at + 1 :])
        yield (*one[:at], *one[at + 1 :])
        yield (*one[:at], ".", *one[at:])


def _first_wrong(text: str, known: Iterable[str]) -> int:
    """Where a text leaves every known one."""
    return next((at for at in range(len(text)) if not any(one.startswith(text[: at + 1]) for one in known)), len(text))


def _unfit(field: Field, value: Value, at: int, wanted: str) -> SearchValueUnfit:
    position = value.at + at if value.at else 0
    return SearchValueUnfit(
        position=position, character=value.text[at : at + 1], field=field.value, value=value.text, wanted=wanted
    )
