"""The text of a search, changed by a filter as a clerk would change it by hand: what is typed stays as it was typed.

The station alone understands a search. Here only whole conditions (``field:value,value``) are found, added and taken away, by their English or
Chinese name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evidence.catalogue.search.language import FIELDS

_PIECE = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_PART = re.compile(r'"([^"]*)"?|([^,"]+)')
_PLAIN = re.compile(r"[^\s\",*~]+")


def pieces(text: str) -> list[str]:
    """The conditions of a text, as they are typed."""
    return _PIECE.findall(text)


def values(text: str, field: str) -> list[str]:
    """The values that a text asks for of a field."""
    return [value for piece in pieces(text) for value in _values(piece, field) or ()]


def asked(text: str, field: str, wanted: Iterable[str]) -> str:
    """The text with these values of a field in the place of those that it had; without any, the field is not asked for."""
    told = ",".join(map(_quoted, wanted))
    made: list[str] = []
    placed = not told
    for piece in pieces(text):
        if _values(piece, field) is None:
            made.append(piece)
        elif not placed:
            made.append(f"{field}:{told}")
            placed = True
    if not placed:
        made.append(f"{field}:{told}")
    return " ".join(made)


def switched(text: str, field: str, value: str) -> str:
    """The text with a value asked for, where it was not; without it, where it was."""
    now = values(text, field)
    return asked(text, field, [one for one in now if one != value] if value in now else [*now, value])


def _values(piece: str, field: str) -> list[str] | None:
    """The values of one condition; None where it is about something else, or is negated."""
    name, colon, rest = piece.partition(":")
    known = FIELDS.get(name.lower())
    if not colon or known is None or known.value != field:
        return None
    return [quoted or plain for quoted, plain in _PART.findall(rest)]


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else '"{}"'.format(value.replace('"', " "))
