"""Words that are nearly like another: a character or two wrong, missing or too many.

Every word that may be asked for so lies in one of 2^20 slots, which its digest names; for each pair of neighbouring characters there is a
posting of the slots whose words have it. One wrong character spoils at most two pairs, so a word within ``d`` of another has all but
``2 d`` of its pairs. The slots that have enough of them are few, whatever the number of words; the words in them are then measured. So the
time is bounded by the slots, not by the clips.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from evidence.catalogue.search.words import is_cjk, squashed, term

SLOTS = 1 << 20
SHORTEST, LONGEST = 4, 32
"""Shorter words are near to everything; longer ones are no numbers or names."""
KINDS = frozenset({"w", "c", "o", "d"})
"""What is looked for nearly: words of texts, case numbers, officers, devices."""


def slot(name: bytes) -> int:
    """Where a term lies."""
    return crc32(name) % SLOTS


def compared(name: bytes) -> str | None:
    """What of a term is compared; None for one that is not looked for nearly."""
    kind, _, value = name.decode().partition(":")
    if kind not in KINDS or (kind == "w" and is_cjk(value[0])):
        return None
    found = value if kind == "w" else squashed(value)
    return found if SHORTEST <= len(found) <= LONGEST else None


def grams(text: str) -> set[str]:
    """Neighbouring characters, the ends included."""
    ended = f"^{text}$"
    return {ended[at : at + 2] for at in range(len(ended) - 1)}


def gram_terms(name: bytes) -> set[bytes]:
    """The postings in which a term's slot stands."""
    text = compared(name)
    return set() if text is None else {gram_term(name[:1].decode(), gram) for gram in grams(text)}


def gram_term(kind: str, gram: str) -> bytes:
    """The posting of a pair of characters."""
    return term(f"q{kind}", gram)


def with_at_least(sets: Sequence[int], wanted: int) -> int:
    """The bits that stand in at least so many of the sets: counted in binary, all bits at once."""
    if wanted <= 0 or not sets:
        raise ValueError("nothing is asked for")
    digits: list[int] = []
    for one in sets:
        carry = one
        for place, digit in enumerate(digits):
            digits[place], carry = digit ^ carry, digit & carry
        if carry:
            digits.append(carry)
    more = 0
    equal = -1
    for place in reversed(range(max(len(digits), wanted.bit_length()))):
        digit = digits[place] if place < len(digits) else 0
        if wanted >> place & 1:
            equal &= digit
        else:
            more |= equal & digit
            equal &= ~digit
    return more | equal if digits else 0


class Ruler:
    """Distances from one text: how many characters are to be changed, left out or put in (Levenshtein).

    A column of the table is two numbers, a bit for each character of the text (Myers 1999, as Hyyrö 2003 has it).
    """

    def __init__(self, text: str) -> None:
        """``text`` has at least one character."""
        self._length = len(text)
        self._all = (1 << len(text)) - 1
        self._last = 1 << (len(text) - 1)
        self._places: dict[str, int] = {}
        for place, character in enumerate(text):
            self._places[character] = self._places.get(character, 0) | 1 << place

    def distance(self, other: str) -> int:
        """How far another text is."""
        everything, last, places = self._all, self._last, self._places
        more, less, found = everything, 0, self._length
        for character in other:
            same = places.get(character, 0)
            across = (((same & more) + more) ^ more) | same
            up = less | ~(across | more) & everything
            down = more & across
            if up & last:
                found += 1
            elif down & last:
                found -= 1
            up = (up << 1 | 1) & everything
            diagonal = same | less
            more = (down << 1) & everything | ~(diagonal | up) & everything
            less = up & diagonal
        return found


def near(text: str, names: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The terms within a distance: all of them, because one that is left out is a clip that is not found."""
    ruler, least, longest = Ruler(text), len(text) - most, len(text) + most
    for name in names:
        if len(name) < least + 2:  # the kind, the colon, and at least a byte for a character
            continue
        other = compared(name)
        if other is not None and least <= len(other) <= longest and ruler.distance(other) <= most:
            yield name
