"""The Merkle tree of RFC 6962, section 2.1, over a store of completed subtrees.

A subtree of ``2^level`` leaves that starts at ``index * 2^level`` never changes once its last leaf is there. So each leaf
stores the hashes of the subtrees it completes (:func:`completed`), and every root and proof is put together from O(log n)
of them, fetched through one callable. Nothing here touches a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""``(level, index)`` to the hash of the perfect subtree of ``2^level`` leaves that starts at leaf ``index * 2^level``."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one leaf: ``SHA-256(0x00 || entry)``."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: ``SHA-256(0x01 || left || right)``."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: what an append and a root need, O(log n) hashes."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int, peaks: Sequence[bytes]) -> None:
        """``peaks`` are the roots of the perfect subtrees that make up ``size`` leaves, largest first."""
        if len(peaks) != size.bit_count():
            raise ValueError("a frontier has one peak for each bit of its size")
        self.size = size
        self._peaks = list(peaks)

    @classmethod
    def load(cls, size: int, subtree: Subtree) -> Frontier:
        """The frontier of a stored tree."""
        return cls(size, [subtree(level, index) for level, index in peaks(size)])

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf hash; returns the hashes it completes: its own, then each perfect subtree ending here."""
        made = [leaf]
        carry = self.size
        while carry & 1:
            made.append(node_hash(self._peaks.pop(), made[-1]))
            carry >>= 1
        self._peaks.append(made[-1])
        self.size += 1
        return made

    def root(self) -> bytes:
        """The tree's root hash."""
        return _fold_peaks(self._peaks)


def peaks(size: int) -> list[tuple[int, int]]:
    """``(level, index)`` of the perfect subtrees that make up a tree of ``size`` leaves, largest first."""
    found = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def holder(level: int, index: int) -> tuple[int, int]:
    """Where a subtree's hash is stored: the leaf that completes it, and its place among that leaf's hashes."""
    return ((index + 1) << level) - 1, level


def completed(hashes: bytes, level: int) -> bytes:
    """One hash out of a leaf's stored row of completed subtrees."""
    found = hashes[level * HASH_BYTES : (level + 1) * HASH_BYTES]
    if len(found) != HASH_BYTES:
        raise ValueError("this leaf completes no subtree of that level")
    return found


def root(size: int, subtree: Subtree) -> bytes:
    """Root hash of the first ``size`` leaves."""
    return _fold_peaks([subtree(level, index) for level, index in peaks(size)])


def inclusion_proof(leaf: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of a leaf in the tree of ``size`` leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= leaf < size:
        raise ValueError("the leaf is not in the tree")
    return _path(leaf, 0, size, subtree)


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Proof that the tree of ``new`` leaves extends that of ``old`` (RFC 6962, section 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError("the older tree must be the smaller one")
    if old in (0, new):
        return []
    return _subproof(old, 0, new, True, subtree)


def check_inclusion(entry_hash: bytes, leaf: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether an audit path leads from a leaf hash to a root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= leaf < size:
        return False
    node, last, running = leaf, size - 1, entry_hash
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            running = node_hash(sibling, running)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            running = node_hash(running, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and running == expected_root


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether a proof shows that one root extends the other (RFC 9162, section 2.1.4.2)."""
    if old > new or old < 0:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    running_old = running_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            running_old = node_hash(sibling, running_old)
            running_new = node_hash(sibling, running_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            running_new = node_hash(running_new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and running_old == old_root and running_new == new_root


def _fold_peaks(found: Sequence[bytes]) -> bytes:
    if not found:
        return EMPTY_ROOT
    running = found[-1]
    for peak in reversed(found[:-1]):
        running = node_hash(peak, running)
    return running


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, count: int, subtree: Subtree) -> bytes:
    """Hash of ``count`` leaves from ``start``, where ``start`` is a border that the tree itself has."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    half = _split(count)
    return node_hash(_range_hash(start, half, subtree), _range_hash(start + half, count - half, subtree))


def _path(leaf: int, start: int, count: int, subtree: Subtree) -> list[bytes]:
    if count == 1:
        return []
    half = _split(count)
    if leaf < half:
        return [*_path(leaf, start, half, subtree), _range_hash(start + half, count - half, subtree)]
    return [*_path(leaf - half, start + half, count - half, subtree), _range_hash(start, half, subtree)]


def _subproof(old: int, start: int, count: int, whole: bool, subtree: Subtree) -> list[bytes]:
    if old == count:
        return [] if whole else [_range_hash(start, count, subtree)]
    half = _split(count)
    if old <= half:
        return [*_subproof(old, start, half, whole, subtree), _range_hash(start + half, count - half, subtree)]
    return [*_subproof(old - half, start + half, count - half, False, subtree), _range_hash(start, half, subtree)]
