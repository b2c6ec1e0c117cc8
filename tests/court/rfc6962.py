"""RFC 6962, section 2.1, written down as it stands there: recursive, over all leaf hashes, nothing of the product's."""

from __future__ import annotations

from hashlib import sha256


def split(count: int) -> int:
    """The largest power of two smaller than the count."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """Merkle tree hash; the leaves are hashed already."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]), section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """PROOF(m, D[n]), section 2.1.2."""
    return subproof(m, leaves, True)


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def check_path(leaf: bytes, m: int, n: int, steps: list[bytes]) -> bytes:
    """The root that an audit path leads to, by the recursion of PATH read backwards."""
    if n == 1:
        assert steps == []
        return leaf
    k = split(n)
    if m < k:
        return sha256(b"\x01" + check_path(leaf, m, k, steps[:-1]) + steps[-1]).digest()
    return sha256(b"\x01" + steps[-1] + check_path(leaf, m - k, n - k, steps[:-1])).digest()
