"""What every store promises the courier, on the embedded folder and on a real S3 store with and without Object Lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path

import pytest

from evidence.ids import Digest
from evidence.uploads import Part
from tests.servers import seaweedfs
from uploader.errors import ObjectFault, ObjectLocked, ObjectMissing, PartLost, StoreConflict, StoreDisagrees, UploadGone
from uploader.stores import MIB, Content, HeldPart, Lock, Proof, Store, StoreKind
from uploader.stores.folder import Folder

PART = 5 * MIB
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)

Opener = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(params=["folder", "s3", "s3-without-lock"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store, as a station does after a restart."""
    if request.param == "folder":
        return lambda: nullcontext(Folder(tmp_path / "store", os.urandom))
    server = seaweedfs.shared()
    bucket = server.bucket(locks=request.param == "s3")
    return lambda: server.store(bucket)


@pytest.fixture
def store(opener: Opener) -> Iterator[Store]:
    with opener() as opened:
        yield opened


def whole(data: bytes) -> Content:
    return Content(len(data), Digest(sha256(data).hexdigest()))


def in_parts(data: bytes) -> Content:
    blocks = [data[at : at + PART] for at in range(0, len(data), PART)]
    parts = tuple(
        Part(number, (number - 1) * PART, len(block), Digest(sha256(block).hexdigest()), md5(block).hexdigest())
        for number, block in enumerate(blocks, 1)
    )
    return Content(len(data), Digest(sha256(data).hexdigest()), parts)


def send(store: Store, key: str, token: str, content: Content, data: bytes, *numbers: int) -> None:
    for part in content.parts:
        if part.number in numbers:
            block = memoryview(data)[part.offset : part.offset + part.size]
            assert store.send_part(key, token, part, block, lambda _: None) == part.md5


def opened(store: Store, key: str, content: Content) -> str:
    return store.open_upload(key, content.size, PART, UNTIL)


DATA = os.urandom(2 * PART + 4711)
CONTENT = in_parts(DATA)


def test_a_small_object_is_stored_confirmed_and_found(store: Store) -> None:
    assert store.find("a/b.json") is None
    confirmed = store.put("a/b.json", b"hello", whole(b"hello"), UNTIL)
    assert (confirmed.size, confirmed.checksum) == (5, whole(b"hello").checksum)
    assert confirmed.proof is (Proof.FULL if store.kind is StoreKind.TRIAL else Proof.COMPOSITE)
    assert confirmed.stored_at is not None
    found = store.find("a/b.json")
    assert found is not None
    assert (found.size, found.version) == (5, confirmed.version)
    assert store.fetch("a/b.json", confirmed.version, 5) == b"hello"
    assert store.confirm("a/b.json", confirmed.version, whole(b"hello"), UNTIL) == confirmed


def test_an_object_of_no_bytes(store: Store) -> None:
    assert store.put("empty", b"", whole(b""), None).size == 0
    assert store.fetch("empty", None, 10) == b""


def test_equal_bytes_again_are_fine_and_stay_one_version(store: Store) -> None:
    first = store.put("twice", b"same", whole(b"same"), UNTIL)
    assert store.put("twice", b"same", whole(b"same"), UNTIL) == first
    assert len(list(store.list("twice"))) == 1


def test_nothing_is_ever_overwritten(store: Store) -> None:
    store.put("taken", b"first", whole(b"first"), None)
    with pytest.raises(StoreConflict):
        store.put("taken", b"other", whole(b"other"), None)
    token = opened(store, "taken", CONTENT)
    send(store, "taken", token, CONTENT, DATA, 1, 2, 3)
    with pytest.raises(StoreConflict):
        store.finish("taken", token, CONTENT, None)
    assert store.fetch("taken", None, 10) == b"first"


def test_wrong_bytes_never_become_an_object(store: Store) -> None:
    with pytest.raises(ObjectFault):
        store.put("wrong", b"hellO", whole(b"hello"), UNTIL)
    token = opened(store, "wrong", CONTENT)
    send(store, "wrong", token, CONTENT, DATA, 1, 3)
    part = CONTENT.parts[1]
    damaged = bytearray(DATA[part.offset : part.offset + part.size])
    damaged[1234] ^= 1

    def send_and_finish() -> None:
        store.send_part("wrong", token, part, memoryview(damaged), lambda _: None)
        store.finish("wrong", token, CONTENT, UNTIL)

    with pytest.raises(ObjectFault):  # an S3 store finds it at the part, a folder when it reads the whole
        send_and_finish()
    assert store.find("wrong") is None


def test_parts_become_one_object(store: Store) -> None:
    token = opened(store, "big", CONTENT)
    send(store, "big", token, CONTENT, DATA, 3, 1, 2)
    assert store.find("big") is None
    confirmed = store.finish("big", token, CONTENT, UNTIL)
    assert (confirmed.size, confirmed.checksum) == (len(DATA), CONTENT.checksum)
    assert store.fetch("big", confirmed.version, len(DATA)) == DATA
    assert store.confirm("big", confirmed.version, CONTENT, UNTIL).checksum == CONTENT.checksum
    assert not store.unfinished("")


def test_an_object_is_read_block_by_block(store: Store) -> None:
    confirmed = store.put("streamed", DATA, whole(DATA), None)
    assert b"".join(store.stream("streamed", confirmed.version)) == DATA
    with pytest.raises(ObjectMissing):
        b"".join(store.stream("never", None))


def test_what_was_received_survives_a_restart(opener: Opener) -> None:
    with opener() as store:
        token = opened(store, "resumed", CONTENT)
        send(store, "resumed", token, CONTENT, DATA, 1, 3)
    with opener() as store:
        held = store.list_parts("resumed", token)
        assert [(one.number, one.size, one.md5) for one in held] == [
            (part.number, part.size, part.md5) for part in CONTENT.parts[::2]
        ]
        send(store, "resumed", token, CONTENT, DATA, 2)
        store.finish("resumed", token, CONTENT, UNTIL)
        assert store.fetch("resumed", None, len(DATA)) == DATA


def test_a_part_that_is_sent_again_takes_the_place_of_the_first(store: Store) -> None:
    other = os.urandom(PART) + DATA[PART:]
    token = opened(store, "again", CONTENT)
    send(store, "again", token, in_parts(other), other, 1)
    send(store, "again", token, CONTENT, DATA, 1, 2, 3)
    assert HeldPart(1, PART, CONTENT.parts[0].md5) in store.list_parts("again", token)
    store.finish("again", token, CONTENT, UNTIL)
    assert store.fetch("again", None, len(DATA)) == DATA


def test_a_missing_part_is_no_object(store: Store) -> None:
    token = opened(store, "hole", CONTENT)
    send(store, "hole", token, CONTENT, DATA, 1, 3)
    with pytest.raises(PartLost):
        store.finish("hole", token, CONTENT, UNTIL)
    assert store.find("hole") is None


def test_an_upload_that_is_not_there_says_so(store: Store) -> None:
    token = opened(store, "gone", CONTENT)
    store.abort("gone", token)
    store.abort("gone", token)
    for act in (
        lambda: store.list_parts("gone", token),
        lambda: store.send_part("gone", token, CONTENT.parts[0], memoryview(DATA)[:PART], lambda _: None),
        lambda: store.finish("gone", token, CONTENT, None),
        lambda: store.list_parts("gone", os.urandom(16).hex()),
    ):
        with pytest.raises(UploadGone):
            act()
    assert store.find("gone") is None


def test_an_object_that_is_there_already_ends_its_upload_well(store: Store) -> None:
    for _ in range(2):
        token = opened(store, "raced", CONTENT)
        send(store, "raced", token, CONTENT, DATA, 1, 2, 3)
        assert store.finish("raced", token, CONTENT, UNTIL).checksum == CONTENT.checksum
    assert len(list(store.list("raced"))) == 1
    assert not store.unfinished("")


def test_unfinished_uploads_are_listed_by_prefix_and_can_be_given_up(store: Store) -> None:
    tokens = {key: opened(store, key, CONTENT) for key in ("s1/a", "s1/b", "s2/c")}
    assert sorted(store.unfinished("s1/")) == sorted((key, tokens[key]) for key in ("s1/a", "s1/b"))
    store.abort("s1/a", tokens["s1/a"])
    assert [key for key, _ in store.unfinished("")] == ["s1/b", "s2/c"]


def test_confirming_what_is_not_so(store: Store) -> None:
    confirmed = store.put("object", b"hello", whole(b"hello"), None)
    for other in (whole(b"hellO"), whole(b"hello!"), in_parts(b"hello")):
        if store.kind is StoreKind.TRIAL and other.parts:
            continue  # a folder reads the bytes, and they are the same
        with pytest.raises(StoreDisagrees):
            store.confirm("object", confirmed.version, other, None)
    with pytest.raises(ObjectMissing):
        store.confirm("none", None, whole(b"hello"), None)
    with pytest.raises(ObjectMissing):
        store.fetch("none", None, 10)


def test_a_listing_holds_what_is_under_the_prefix(store: Store) -> None:
    for key in ("p/1", "p/10", "p/q/2", "pp/3"):
        store.put(key, key.encode(), whole(key.encode()), None)
    assert [(one.key, one.size) for one in store.list("p/")] == [("p/1", 3), ("p/10", 4), ("p/q/2", 5)]
    assert list(store.list("none/")) == []


def test_a_fetch_has_a_limit(store: Store) -> None:
    store.put("long", b"x" * 100, whole(b"x" * 100), None)
    with pytest.raises(StoreDisagrees):
        store.fetch("long", None, 99)


def test_progress_is_told_for_every_byte(store: Store) -> None:
    token = opened(store, "told", CONTENT)
    heard: list[int] = []
    store.send_part("told", token, CONTENT.parts[0], memoryview(DATA)[:PART], heard.append)
    assert sum(heard) == PART


def test_an_object_under_a_legal_hold_is_not_removed_and_one_without_is(opener: Opener) -> None:
    data = os.urandom(5000)
    with opener() as store:
        key = "st/blobs/aa/held"
        confirmed = store.put(key, data, whole(data), None)
        assert store.locked(key, confirmed.version) == Lock()
        made = store.lock(key, confirmed.version, Lock(hold=True))
        if made.hold:  # a bucket without Object Lock has none to give
            with pytest.raises(ObjectLocked):
                store.remove(key)
            assert store.lock(key, confirmed.version, Lock()) == Lock()
        assert store.fetch(key, confirmed.version, len(data)) == data
        assert store.remove(key) == 1
        assert store.find(key) is None
        assert store.remove(key) == 0, "one that is not there is fine"
        with pytest.raises(ObjectMissing):
            store.locked(key, None)


def test_a_lock_is_made_longer_and_never_shorter(opener: Opener) -> None:
    data = os.urandom(5000)
    with opener() as store:
        key = "st/blobs/aa/kept"
        confirmed = store.put(key, data, whole(data), UNTIL)
        longer = store.lock(key, confirmed.version, Lock(UNTIL + timedelta(days=3)))
        if longer.until is None:
            return  # a bucket without Object Lock
        assert longer == Lock(UNTIL + timedelta(days=3))
        assert store.lock(key, confirmed.version, Lock(UNTIL, hold=True)) == Lock(UNTIL + timedelta(days=3), hold=True)
        assert store.lock(key, confirmed.version, Lock(None, hold=False)) == Lock(UNTIL + timedelta(days=3))
        with pytest.raises(ObjectLocked):
            store.remove(key)
        assert [one.key for one in store.list("st/")] == [key]
        assert store.fetch(key, confirmed.version, len(data)) == data
