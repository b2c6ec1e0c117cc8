"""Postings: which clips have a term, in blocks of 4096 clips.

A block's clips are a whole number with a bit for each, in memory; in the database it is a list of 16-bit places, ascending, while it has few,
and the 512 bytes of the bits otherwise. Which of the two is told by the length, so a block has exactly one form.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator

BLOCK = 4096
WHOLE = (1 << BLOCK) - 1
_BYTES = BLOCK // 8
_LISTED = 64
"""Places that are listed: more would take longer to read than the bits themselves."""


def packed(bits: int) -> bytes:
    """A block as it is stored."""
    if bits.bit_count() > _LISTED:
        return bits.to_bytes(_BYTES, "little")
    return _little(array("H", places(bits))).tobytes()


def unpacked(stored: bytes) -> int:
    """A block as it is worked with."""
    if len(stored) == _BYTES:
        return int.from_bytes(stored, "little")
    bits = bytearray(_BYTES)
    for place in _little(array("H", stored)):
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def added(stored: bytes, bits: int) -> bytes:
    """A stored block with more clips: often they come after all that it has, and stand at the end of its list."""
    if len(stored) == _BYTES:
        return (int.from_bytes(stored, "little") | bits).to_bytes(_BYTES, "little")
    more = bits.bit_count()
    if len(stored) // 2 + more <= _LISTED and (
        not stored or int.from_bytes(stored[-2:], "little") < (bits & -bits).bit_length() - 1
    ):
        return stored + _little(array("H", places(bits))).tobytes()
    return packed(unpacked(stored) | bits)


def places(bits: int) -> Iterator[int]:
    """The places of the bits, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def numbers(block: int, bits: int, *, newest_first: bool) -> Iterator[int]:
    """The numbers of the clips in a block, one after the other: a page needs few of them."""
    first = block * BLOCK
    if not newest_first:
        yield from (first + place for place in places(bits))
    while newest_first and bits:
        highest = bits.bit_length() - 1
        yield first + highest
        bits ^= 1 << highest


def wide(rows: Iterable[tuple[int, bytes]], blocks: int) -> int:
    """Stored blocks side by side as one number, the first of ``blocks`` lowest: what is done with whole sets is done at once."""
    bits = bytearray(blocks * _BYTES)
    for block, stored in rows:
        begin = block * _BYTES
        if len(stored) == _BYTES:
            bits[begin : begin + _BYTES] = stored
        else:
            for place in _little(array("H", stored)):
                bits[begin + (place >> 3)] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def wide_places(bits: int, blocks: int) -> Iterator[int]:
    """The places of the bits of such a number, ascending."""
    for at, word in enumerate(_little(array("Q", bits.to_bytes(blocks * _BYTES, "little")))):
        if word:
            yield from (64 * at + place for place in places(word))


def gathered(clips: Iterable[int]) -> dict[int, int]:
    """Blocks that hold exactly these clips."""
    found: dict[int, int] = {}
    for number in clips:
        block, place = divmod(number, BLOCK)
        found[block] = found.get(block, 0) | 1 << place
    return found


def _little(listed: array[int]) -> array[int]:
    if sys.byteorder == "big":
        listed.byteswap()
    return listed
