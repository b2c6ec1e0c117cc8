"""What a clerk types: ``officer:012345 category:traffic 酒驾 -missing:case after:2026-05-01``.

Conditions stand side by side and all of them hold; ``-`` turns one round; a comma between values means any of them. A value is exact, or a
beginning (``0123*``), or nearly right (``A12345~``, one or two characters wrong; ``~1`` and ``~2`` say how many). What has no field is looked
for in every text: words one after the other, so quotes are needed only for spaces and for the signs of this language. Full-width signs, as
Chinese keyboards make them, are the same. What cannot be understood is refused with the place of the character that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from evidence.errors import EvidenceError, Exit


class Field(StrEnum):
    """What a condition is about."""

    WORDS = "words"
    OFFICER = "officer"
    DEVICE = "device"
    UNIT = "unit"
    CATEGORY = "category"
    CASE = "case"
    INCIDENT = "incident"
    IMPORTANCE = "importance"
    SENSITIVITY = "sensitivity"
    STATE = "state"
    DOCKING = "docking"
    DIGEST = "sha256"
    DAY = "day"
    AFTER = "after"
    BEFORE = "before"
    HAS = "has"
    MISSING = "missing"
    IS = "is"


class How(StrEnum):
    """How a value is meant."""

    EXACT = "exact"
    BEGINNING = "beginning"
    NEARLY = "nearly"


_ALSO = {
    "文字": Field.WORDS,
    "警号": Field.OFFICER,
    "警员": Field.OFFICER,
    "设备": Field.DEVICE,
    "单位": Field.UNIT,
    "类别": Field.CATEGORY,
    "案件": Field.CASE,
    "案号": Field.CASE,
    "警情": Field.INCIDENT,
    "重要": Field.IMPORTANCE,
    "敏感": Field.SENSITIVITY,
    "状态": Field.STATE,
    "接入": Field.DOCKING,
    "日期": Field.DAY,
    "之后": Field.AFTER,
    "之前": Field.BEFORE,
    "有": Field.HAS,
    "缺": Field.MISSING,
    "是": Field.IS,
}
FIELDS: dict[str, Field] = {field.value: field for field in Field} | _ALSO
"""Every name that a field may be typed by."""


class SearchUnfit(EvidenceError):
    """A search cannot be understood. Fields: ``position`` (of the character that is wrong, from 1; 0: none was typed)."""

    status = Exit.USAGE


class SearchFieldUnknown(SearchUnfit):
    """No field has that name. Fields: ``position``, ``field``, ``known``."""

    code = "search-field-unknown"


class SearchValueMissing(SearchUnfit):
    """A field, a sign or a comma stands without a value. Fields: ``position``."""

    code = "search-value-missing"


class SearchQuoteOpen(SearchUnfit):
    """A quote is never closed. Fields: ``position``."""

    code = "search-quote-open"


class SearchValueUnfit(SearchUnfit):
    """A field cannot have that value. Fields: ``position``, ``character`` (the wrong one; empty: one is wanting), ``field``, ``value``, ``wanted``."""

    code = "search-value-unfit"


class SearchNotNearly(SearchUnfit):
    """Too short, or not one word, to be looked for with a character wrong. Fields: ``position``, ``value``."""

    code = "search-not-nearly"


class SearchTooLong(SearchUnfit):
    """More conditions or characters than one search may have. Fields: ``position``, ``limit``."""

    code = "search-too-long"


CHARACTERS = 2000
CONDITIONS = 50


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a condition. ``most``: how many characters may be wrong (None: as many as suits its length); ``at``: its place, from 1."""

    text: str
    how: How = How.EXACT
    most: int | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """Any of these values; with ``negated`` none of them."""

    field: Field
    values: tuple[Value, ...]
    negated: bool = False


_SIGNS = str.maketrans(
    {
        "\uff1a": ":",
        "\uff0c": ",",
        **dict.fromkeys("\uff0d\u2212\u2013\u2014", "-"),
        "\uff0a": "*",
        "\uff5e": "~",
        **dict.fromkeys("\u201c\u201d\u201e\uff02", '"'),
    }
)
"""Signs as other keyboards make them."""
_FIELD = re.compile(r"([^\W\d_][\w-]*):")
_STOP = re.compile(r'[\s",*~]')
_MARK = re.compile(r"\*|~([12]?)")


def parse(text: str) -> list[Condition]:
    """The conditions of a search as it was typed. Raises :class:`SearchUnfit`."""
    if len(text) > CHARACTERS:
        raise SearchTooLong(position=CHARACTERS + 1, limit=CHARACTERS)
    found = list(_Typed(text).conditions())
    if len(found) > CONDITIONS:
        raise SearchTooLong(position=len(text), limit=CONDITIONS)
    return found


class _Typed:
    """A typed text on its way to conditions. ``translate`` changes characters one for one, so places stay."""

    def __init__(self, text: str) -> None:
        self._shown = text
        self._text = text.translate(_SIGNS)
        self._at = 0

    def conditions(self) -> Sequence[Condition]:
        found = []
        while self._skip_space():
            begun = self._at
            negated = self._take("-")
            if negated and self._ended():
                raise SearchValueMissing(position=begun + 1)
            field = self._field()
            values = [self._value()]
            while self._take(","):
                values.append(self._value())
            if not self._ended():
                _wrong_value(field, self._shown, self._at, "a space")
            found.append(Condition(field, tuple(values), negated))
        return found

    def _skip_space(self) -> bool:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at < len(self._text)

    def _ended(self) -> bool:
        return self._at >= len(self._text) or self._text[self._at].isspace()

    def _take(self, sign: str) -> bool:
        if self._text[self._at : self._at + 1] != sign:
            return False
        self._at += 1
        return True

    def _field(self) -> Field:
        match = _FIELD.match(self._text, self._at)
        if match is None:
            return Field.WORDS
        name = match[1]
        if name.lower() not in FIELDS:
            raise SearchFieldUnknown(
                position=self._at + 1, field=name, known=" ".join(one for one in FIELDS if one != Field.WORDS.value)
            )
        self._at = match.end()
        return FIELDS[name.lower()]

    def _value(self) -> Value:
        begun = self._at
        if self._take('"'):
            end = self._text.find('"', self._at)
            if end < 0:
                raise SearchQuoteOpen(position=begun + 1)
            place, text = self._at + 1, self._shown[self._at : end]
            self._at = end + 1
        else:
            stop = _STOP.search(self._text, self._at)
            end = len(self._text) if stop is None else stop.start()
            place, text = self._at + 1, self._shown[self._at : end]
            self._at = end
        if not text.strip():
            raise SearchValueMissing(position=begun + 1)
        mark = _MARK.match(self._text, self._at)
        if mark is None:
            return Value(text, How.EXACT, None, place)
        self._at = mark.end()
        if mark[0] == "*":
            return Value(text, How.BEGINNING, None, place)
        return Value(text, How.NEARLY, int(mark[1]) if mark[1] else None, place)


def _wrong_value(field: Field, shown: str, at: int, wanted: str) -> NoReturn:
    raise SearchValueUnfit(
        position=at + 1, character=shown[at], field=field.value, value=shown[at:].split(maxsplit=1)[0], wanted=wanted
    )
