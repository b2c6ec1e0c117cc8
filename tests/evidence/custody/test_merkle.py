"""The Merkle tree against RFC 6962's published vectors, and against its definition word for word."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.custody import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The test leaves of Certificate Transparency's own suite."""

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C, D, E, F, G, H = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    ROOTS[4],
)
PATHS = [  # leaf (from 0), size, path
    (0, 1, []),
    (0, 8, [A, B, C]),
    (5, 8, [D, E, H]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], B, D]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [A, B, C]),
    (2, 8, [B, C]),
    (6, 8, [F, E, H]),
    (2, 5, [B, D]),
    (6, 7, [F, G, H]),
]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_path(leaf: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if leaf < split:
        return [*naive_path(leaf, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(leaf - split, leaves[split:]), naive_root(leaves[:split])]


def naive_subproof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*naive_subproof(old, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_subproof(old - split, leaves[split:], False), naive_root(leaves[:split])]


class Stored:
    """A tree kept as the catalogue keeps it: for each leaf the hashes that it completes. Counts what is fetched."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        frontier = merkle.Frontier(0, [])
        self.rows = [b"".join(frontier.append(merkle.leaf_hash(leaf))) for leaf in leaves]
        self.frontier = frontier
        self.fetched = 0

    def subtree(self, level: int, index: int) -> bytes:
        self.fetched += 1
        leaf, place = merkle.holder(level, index)
        return merkle.completed(self.rows[leaf], place)


def unhex(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    stored = Stored(LEAVES[:size])
    assert stored.frontier.root().hex() == ROOTS[size]
    assert merkle.root(size, Stored(LEAVES).subtree).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_published_audit_paths(leaf: int, size: int, path: list[str]) -> None:
    assert merkle.inclusion_proof(leaf, size, Stored(LEAVES).subtree) == unhex(path)
    root = bytes.fromhex(ROOTS[size])
    assert merkle.check_inclusion(merkle.leaf_hash(LEAVES[leaf]), leaf, size, unhex(path), root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    assert merkle.consistency_proof(old, new, Stored(LEAVES).subtree) == unhex(proof)
    assert merkle.check_consistency(old, new, unhex(proof), bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]))


leaves_of = st.integers(0, 70).map(lambda size: [size.to_bytes(2, "big") + at.to_bytes(2, "big") for at in range(size)])


@given(leaves_of, st.data())
def test_every_proof_is_the_one_of_the_definition_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    stored = Stored(leaves)
    size = len(leaves)
    assert stored.frontier.root() == naive_root(leaves)
    assert merkle.Frontier.load(size, stored.subtree).root() == naive_root(leaves)
    old = data.draw(st.integers(0, size))
    assert merkle.root(old, stored.subtree) == naive_root(leaves[:old])
    proof = merkle.consistency_proof(old, size, stored.subtree)
    assert proof == ([] if old in {0, size} else naive_subproof(old, leaves, True))
    assert merkle.check_consistency(old, size, proof, naive_root(leaves[:old]), naive_root(leaves))
    if size:
        leaf = data.draw(st.integers(0, size - 1))
        path = merkle.inclusion_proof(leaf, size, stored.subtree)
        assert path == naive_path(leaf, leaves)
        assert merkle.check_inclusion(merkle.leaf_hash(leaves[leaf]), leaf, size, path, naive_root(leaves))


@given(st.integers(1, 40), st.data())
def test_a_changed_proof_does_not_hold(size: int, data: st.DataObject) -> None:
    leaves = [bytes([at]) for at in range(size)]
    stored = Stored(leaves)
    leaf = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(leaf, size, stored.subtree)
    hash_, root = merkle.leaf_hash(leaves[leaf]), naive_root(leaves)
    other = merkle.leaf_hash(b"another entry")
    assert not merkle.check_inclusion(other, leaf, size, path, root)
    assert not merkle.check_inclusion(hash_, leaf, size, path, other)
    assert not merkle.check_inclusion(hash_, leaf, size, [*path, other], root)
    assert not merkle.check_inclusion(hash_, size, size, path, root)
    assert not merkle.check_inclusion(hash_, -1, size, path, root)
    for at in range(len(path)):
        assert not merkle.check_inclusion(hash_, leaf, size, [*path[:at], other, *path[at + 1 :]], root)
        assert not merkle.check_inclusion(hash_, leaf, size, path[:at], root)
    for wrong in set(range(size)) - {leaf}:
        assert not merkle.check_inclusion(hash_, wrong, size, path, root)


@given(st.integers(1, 40), st.data())
def test_a_changed_consistency_proof_does_not_hold(new: int, data: st.DataObject) -> None:
    leaves = [bytes([at]) for at in range(new)]
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency_proof(old, new, Stored(leaves).subtree)
    old_root, new_root, other = naive_root(leaves[:old]), naive_root(leaves), merkle.leaf_hash(b"another")
    assert not merkle.check_consistency(old, new, proof, other, new_root)
    assert not merkle.check_consistency(old, new, proof, old_root, other)
    assert not merkle.check_consistency(old, new, [*proof, other], old_root, new_root)
    assert not merkle.check_consistency(new + 1, new, proof, old_root, new_root)
    for at in range(len(proof)):
        assert not merkle.check_consistency(old, new, [*proof[:at], other, *proof[at + 1 :]], old_root, new_root)
        assert not merkle.check_consistency(old, new, proof[:at], old_root, new_root)


def test_nothing_extends_the_empty_tree_but_with_an_empty_proof() -> None:
    assert merkle.check_consistency(0, 3, [], merkle.EMPTY_ROOT, naive_root([b"a", b"b", b"c"]))
    assert not merkle.check_consistency(0, 3, [], merkle.leaf_hash(b"a"), naive_root([b"a", b"b", b"c"]))
    assert not merkle.check_consistency(-1, 3, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)


def test_a_leaf_stores_one_hash_and_one_for_each_subtree_it_completes() -> None:
    rows = Stored([bytes([at]) for at in range(64)]).rows
    assert [len(row) // 32 for row in rows] == [1 + ((seq + 1) & -(seq + 1)).bit_length() - 1 for seq in range(64)]
    assert rows[3] == merkle.leaf_hash(b"\x03") + naive_root([b"\x02", b"\x03"]) + naive_root([bytes([at]) for at in range(4)])


def test_proofs_of_a_large_tree_take_few_hashes() -> None:
    stored = Stored([at.to_bytes(4, "big") for at in range(10_000)])
    for work in (
        lambda: merkle.inclusion_proof(4321, 10_000, stored.subtree),
        lambda: merkle.consistency_proof(777, 10_000, stored.subtree),
        lambda: merkle.root(9_999, stored.subtree),
        lambda: merkle.Frontier.load(10_000, stored.subtree).root(),
    ):
        stored.fetched = 0
        work()
        assert stored.fetched <= 4 * 14


def test_impossible_questions_are_refused() -> None:
    subtree = Stored(LEAVES).subtree
    for leaf, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(ValueError, match="not in the tree"):
            merkle.inclusion_proof(leaf, size, subtree)
    with pytest.raises(ValueError, match="smaller"):
        merkle.consistency_proof(5, 4, subtree)
    with pytest.raises(ValueError, match="one peak"):
        merkle.Frontier(3, [b"x" * 32])
    with pytest.raises(ValueError, match="no subtree"):
        merkle.completed(b"x" * 32, 1)
