"""Texts as the index knows them: folded, cut into atoms, named as terms. Pure functions, the same for writing and asking.

An atom is one Chinese, Japanese or Korean character, or a run of other letters and digits; everything else parts them. Chinese writes no
spaces, so its words are found by the pairs of neighbours in a run (two characters and one each have terms of their own); longer ones are
found by all their pairs and then looked up in the line itself. Rules kept here: what looks alike is one (NFKC, case folded, accents of
Latin, Greek and Cyrillic letters left out), so full-width forms are found by plain ones; a line is in one canonical form, in which a
phrase is a piece of text: runs are parted by one space, and atoms that are no characters of CJK have one on either side.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

PREFIX_CHARACTERS = 4
"""Beginnings of words up to this length have a term of their own; longer ones are few enough to be gone through."""
TERM_CHARACTERS = 100

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3040-\u30ff\u3130-\u318f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(f"[{_CJK}]")
_BORDER = re.compile(rf"[{_CJK}] [^\W_{_CJK}]")
_ACCENTS = re.compile("[\u0300-\u036f]+")


def fold(text: str) -> str:
    """A text with what looks alike made one: NFKC, case folded, Latin accents left out."""
    if text.isascii():
        return text.lower()
    flat = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", flat)))


def line(text: str) -> str:
    """The canonical form: ``京A12345，拒绝`` becomes ``京 a12345 拒绝``, with a space at each end that is no CJK character."""
    return _line(runs(text))


def runs(text: str) -> list[str]:
    """The runs of a text: of CJK characters, or of other letters and digits."""
    found: list[str] = _RUN.findall(fold(text))
    return found


def _line(found: list[str]) -> str:
    if not found:
        return ""
    head = "" if is_cjk(found[0][0]) else " "
    tail = "" if is_cjk(found[-1][-1]) else " "
    return head + " ".join(found) + tail


def is_cjk(character: str) -> bool:
    """Whether a character is an atom of its own."""
    return _IS_CJK.match(character) is not None


def term(kind: str, value: str) -> bytes:
    """The name of a posting. One that is too long is cut, and told from its like by a digest."""
    if len(value) > TERM_CHARACTERS:
        value = value[:TERM_CHARACTERS] + sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{kind}:{value}".encode("utf-8", "replace")


def words_of(canonical: str) -> Iterator[bytes]:
    """The terms of canonical lines: words, their beginnings, CJK characters and pairs, borders of both. Some come more than once."""
    for run in canonical.split():
        yield from _terms_of_run(run)
    for border in borders(canonical):
        yield term("b", border)


@lru_cache(maxsize=8192)
def _terms_of_run(run: str) -> tuple[bytes, ...]:
    if is_cjk(run[0]):
        return tuple(term("w", one) for one in (*run, *pairs(run)))
    beginnings = (run[:length] for length in range(1, min(PREFIX_CHARACTERS + 1, len(run))))
    return (term("w", run), *(term("p", one) for one in beginnings))


def borders(canonical: str) -> list[str]:
    """Where a CJK character stands before a letter or digit: both of them, as the plates of one province and city have them."""
    found: list[str] = _BORDER.findall(canonical)
    return found


def pairs(run: str) -> list[str]:
    """The neighbours of a run of CJK characters."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def squashed(text: str) -> str:
    """Letters and digits alone, folded: how numbers are compared when a character may be wrong."""
    if text.isascii() and text.isalnum():
        return text.lower()  # as most numbers are, and it is asked of thousands
    return "".join(runs(text))
