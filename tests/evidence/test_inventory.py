from __future__ import annotations

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.ids import DockingId
from evidence.inventory import Inventory, InventoryMalformed, Item, Kind, Space, decode, encode, listing_digest, same_card

DOCKING = DockingId("0199c0de-0000-7000-8000-000000000001")
SALT = bytes(range(16))
WHEN = "2026-11-21T10:00:00.000000Z"

integers = st.integers(min_value=0, max_value=2**63 - 1)
times = st.integers(min_value=-(2**63), max_value=2**63 - 1)
items = st.lists(
    st.builds(
        Item,
        position=st.just(0),
        path=st.binary(min_size=1, max_size=60)
        | st.text(min_size=1, max_size=30).map(lambda text: text.encode("utf-8", "replace")),
        kind=st.sampled_from(Kind),
        size=integers,
        mtime_ns=times,
        ctime_ns=st.none() | times,
        reason=st.none() | st.sampled_from(["symlink", "system-folder"]),
        error=st.none() | st.just("EIO"),
    ),
    max_size=12,
).map(lambda found: tuple(replace(item, position=position) for position, item in enumerate(found)))
inventories = st.builds(
    Inventory, items=items, space=st.none() | st.builds(Space, total=integers, free=integers), taken_at=st.just(WHEN)
)


def card(*found: Item) -> Inventory:
    return Inventory(
        tuple(replace(item, position=position) for position, item in enumerate(found)), Space(64_000_000_000, 5), WHEN
    )


@given(inventories, st.binary(min_size=16, max_size=16))
def test_what_is_encoded_is_decoded(inventory: Inventory, salt: bytes) -> None:
    encoded = encode(inventory, DOCKING, salt)
    assert decode(encoded) == (inventory, DOCKING, salt)
    assert rfc8785.dumps(json.loads(encoded)) == encoded


def test_the_encoding_is_pinned() -> None:
    one = card(
        Item(0, b"DCIM/\xb1\xb1.mp4", Kind.FILE, 2**53, -1, 5),
        Item(0, b"a\nb", Kind.SYMLINK, 3, 1, reason="symlink"),
    )
    assert encode(one, DOCKING, SALT) == (
        b'{"docking":"0199c0de-0000-7000-8000-000000000001","items":[{"ctime_ns":"5","kind":"file","mtime_ns":"-1","path":"DCIM/'
        + "��".encode()
        + b'.mp4","path_b64":"RENJTS+xsS5tcDQ=","size":"9007199254740992"},{"kind":"symlink","mtime_ns":"1","path":"a\\nb",'
        b'"reason":"symlink","size":3}],"salt":"000102030405060708090a0b0c0d0e0f","space":{"free":5,"total":64000000000},'
        b'"taken_at":"2026-11-21T10:00:00.000000Z","v":1}'
    )


def test_the_salt_changes_the_digest() -> None:
    one = card(Item(0, b"a", Kind.FILE, 1, 1))
    assert listing_digest(encode(one, DOCKING, SALT)) != listing_digest(encode(one, DOCKING, bytes(16)))
    with pytest.raises(ValueError, match="16 bytes"):
        encode(one, DOCKING, b"short")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"size":1', b'"size":"1"'),
        (b'"size":1', b'"size": 1'),
        (b'"kind":"file"', b'"kind":"film"'),
        (b'"path":"a"', b'"path":"a","path_b64":"YQ=="'),
        (b'"path":"a"', b'"path":"a","path_b64":"?"'),
        (b'"mtime_ns":"1"', b'"mtime_ns":"one"'),
        (b'"mtime_ns":"1"', b'"mtime_ns":1'),
        (b'"items"', b'"extra":1,"items"'),
        (b'"salt":"00', b'"salt":"'),
        (b"}", b""),
    ],
)
def test_what_we_would_not_write_is_refused(old: bytes, new: bytes) -> None:
    encoded = encode(card(Item(0, b"a", Kind.FILE, 1, 1)), DOCKING, SALT)
    assert old in encoded
    with pytest.raises(InventoryMalformed):
        decode(encoded.replace(old, new))


def test_positions_count_from_zero() -> None:
    with pytest.raises(ValueError, match="positions"):
        encode(Inventory((Item(1, b"a", Kind.FILE, 1, 1),), None, WHEN), DOCKING, SALT)


def test_what_is_wanted_skipped_and_unreadable_are_three_different_things() -> None:
    found = card(
        Item(0, b"a", Kind.FILE, 7, 1),
        Item(0, b"b", Kind.FILE, 9, 1, reason="system-folder"),
        Item(0, b"c", Kind.UNREADABLE_DIRECTORY, 0, 1, error="EIO"),
        Item(0, b"d", Kind.DIRECTORY, 0, 1),
    )
    assert [item.path for item in found.wanted] == [b"a"]
    assert [item.path for item in found.skipped] == [b"b"]
    assert [item.path for item in found.unreadable] == [b"c"]
    assert found.wanted_bytes == 7


def test_the_same_card_is_known_again_although_its_free_space_differs() -> None:
    one = card(Item(0, b"a", Kind.FILE, 1, 1, ctime_ns=5))
    other = Inventory((Item(0, b"a", Kind.FILE, 1, 1, ctime_ns=6),), Space(1, 1), "2026-11-22T10:00:00.000000Z")
    assert same_card(one, other)


@pytest.mark.parametrize(
    "changed",
    [
        Item(0, b"b", Kind.FILE, 1, 1),
        Item(0, b"a", Kind.FIFO, 1, 1),
        Item(0, b"a", Kind.FILE, 2, 1),
        Item(0, b"a", Kind.FILE, 1, 2),
    ],
)
def test_a_changed_card_is_another_card(changed: Item) -> None:
    assert not same_card(card(Item(0, b"a", Kind.FILE, 1, 1)), card(changed))
