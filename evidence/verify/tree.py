"""The Merkle tree of RFC 6962, section 2.1, as a verifier meets it: leaf after leaf, with hashes that may be unknown.

Independent of the writer's. Only the right edge is held, one hash for each perfect subtree. A hash is ``None`` where an
entry is missing or proven wrong; a later stored hash over that range, once a signed root confirms it, closes the hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

WIDTH = 32
EMPTY = sha256(b"").digest()


def leaf(entry: bytes) -> bytes:
    """``SHA-256(0x00 || entry)``."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``."""
    return sha256(b"\x01" + left + right).digest()


def subtrees(size: int) -> list[tuple[int, int]]:
    """``(first leaf, leaves)`` of the perfect subtrees of a tree of this size, left to right."""
    found = []
    start = 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            found.append((start, 1 << bit))
            start += 1 << bit
    return found


class Edge:
    """The right edge of a growing tree."""

    __slots__ = ("peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes | None] = []

    def copy(self) -> Edge:
        """An edge that goes its own way from here."""
        made = Edge()
        made.size, made.peaks = self.size, self.peaks.copy()
        return made

    def append(self, leaf_hash: bytes, stored: bytes) -> bool:
        """Add a leaf if exactly the stored hashes follow from it; otherwise nothing changes and the answer is False."""
        peaks, carry, place = self.peaks, self.size, len(self.peaks)
        made = [running := leaf_hash]
        while carry & 1:
            place -= 1
            left = peaks[place]
            if left is None:
                return False
            running = sha256(b"\x01" + left + running).digest()
            made.append(running)
            carry >>= 1
        if b"".join(made) != stored:
            return False
        peaks[place:] = [running]
        self.size += 1
        return True

    def put(self, leaf_hash: bytes | None, stored: Sequence[bytes] = ()) -> int | None:
        """Add a leaf; stored hashes fill in where nothing can be computed.

        Returns the lowest level (0 is the leaf) at which a stored hash contradicts what can be computed, None without one.
        """
        contradicted: int | None = None
        running, carry, level = leaf_hash, self.size, 0
        while True:
            told = stored[level] if level < len(stored) else None
            if running is None:
                running = told
            elif told is not None and told != running and contradicted is None:
                contradicted = level
            if not carry & 1:
                break
            left = self.peaks.pop()
            running = None if left is None or running is None else node(left, running)
            carry, level = carry >> 1, level + 1
        self.peaks.append(running)
        self.size += 1
        return contradicted

    def skip_to(self, size: int) -> None:
        """Pass over leaves that are not there."""
        known = dict(zip(subtrees(self.size), self.peaks, strict=True))
        self.peaks = [known.get(subtree) for subtree in subtrees(size)]
        self.size = size

    def forget_from(self, first: int) -> None:
        """Take every hash over a leaf from ``first`` on for unknown."""
        for place, (start, leaves) in enumerate(subtrees(self.size)):
            if start + leaves > first:
                self.peaks[place] = None

    def root(self) -> bytes | None:
        """The root hash; None when an unknown hash takes part in it."""
        if not self.peaks:
            return EMPTY
        running = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            if running is None or peak is None:
                return None
            running = node(peak, running)
        return running
