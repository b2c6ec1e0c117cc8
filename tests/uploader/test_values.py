"""Keys, receipts, decisions about trying again, part sizes: what is a function of values."""

from __future__ import annotations

import importlib
import pkgutil
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

import uploader
from evidence.canonical import digest
from evidence.ids import Digest, DockingId, ReceiptId, StationId, UploadId
from evidence.uploads import Part, QueuedUpload, Rank, UploadKind, UploadState
from uploader import errors, keys, queue, receipts
from uploader.queue import RetryLimits
from uploader.receipts import Receipt
from uploader.stores import MAX_PARTS, MIB, Confirmed, Content, Proof, StoreKind, part_size_for

STATION = StationId("station-7")
DOCKING = DockingId("0193f0a0-0000-7000-8000-000000000001")
A = digest(b"a")


def test_keys_are_these_for_ever() -> None:
    assert keys.blob(STATION, A) == f"station-7/blobs/ca/{A}"
    assert keys.manifest(STATION, DOCKING) == f"station-7/manifests/{DOCKING}.json"
    assert keys.signature(STATION, DOCKING) == f"station-7/manifests/{DOCKING}.p7s"
    assert keys.listing(STATION, DOCKING) == f"station-7/listings/{DOCKING}.json"
    assert keys.records(STATION, DOCKING) == f"station-7/records/{DOCKING}.jsonl"
    assert keys.checkpoint("evidence-station/station-7/1", 42) == "checkpoints/evidence-station/station-7/1/42"
    assert all(keys.well_formed(key) for key in (keys.blob(STATION, A), keys.checkpoint("evidence-station/s/1", 0)))


@pytest.mark.parametrize("key", ["", "/", "a//b", "../a", "a/..", "a/./b", "/a", "a/", "a b", "a\nb", "é", "a/" * 20 + "a"])
def test_a_key_that_could_lead_elsewhere_is_none(key: str) -> None:
    assert not keys.well_formed(key)


@given(st.integers(0, 10**18))
def test_a_checkpoints_size_is_read_back(size: int) -> None:
    origin = "evidence-station/s/1"
    assert keys.checkpoint_place(keys.checkpoint(origin, size)) == (origin, 1, size)


@pytest.mark.parametrize("tail", ["", "01", "-1", "1/2", "x", "1.5", " 1"])
def test_what_is_no_size_is_not_read(tail: str) -> None:
    assert keys.checkpoint_place(f"checkpoints/evidence-station/s/1/{tail}") is None
    assert keys.checkpoint_place("checkpoints/other/1") is None


def test_a_line_of_the_bundle_is_a_record() -> None:
    records = [b'{"path":"a\\nb"}', b"{}"]
    assert keys.bundle(records).split(b"\n") == [*records, b""]


@given(st.integers(0, 200 << 40), st.integers(5 * MIB, 64 * MIB))
def test_no_object_has_too_many_parts(size: int, preferred: int) -> None:
    part = part_size_for(size, preferred)
    assert part >= preferred
    assert -(-size // part) <= MAX_PARTS
    assert part == preferred or size > MAX_PARTS * preferred


def test_the_composite_is_the_digest_of_the_parts_digests() -> None:
    blocks = [b"one", b"two"]
    parts = tuple(Part(number, 0, 3, Digest(sha256(block).hexdigest()), "") for number, block in enumerate(blocks, 1))
    joined = sha256(b"".join(sha256(block).digest() for block in blocks)).digest()
    assert Content(6, A, parts).checksum == f"{b64encode(joined).decode()}-2"
    assert Content(1, A).checksum == b64encode(bytes.fromhex(A)).decode()


UPLOAD = QueuedUpload(
    UploadId("u"),
    UploadKind.FOOTAGE,
    "clip:c",
    keys.blob(STATION, A),
    1,
    A,
    Rank.FOOTAGE,
    UploadState.SENDING,
    0,
    "",
    None,
    None,
    None,
    "",
)
CONTENT = Content(1, A)


class AStore:
    name = "s3:city/evidence"

    def __init__(self, kind: StoreKind) -> None:
        self.kind = kind


def receipt(
    kind: StoreKind, proof: Proof, content: Content = CONTENT, size: int = 1, checksum: str = CONTENT.checksum
) -> Receipt:
    confirmed = Confirmed("v1", size, checksum, "e", proof, "2026-11-21T10:00:00.000000Z", None)
    store: object = AStore(kind)
    return receipts.make(ReceiptId("r"), UPLOAD, store, content, confirmed, "2026-11-21T10:00:01.000000Z")  # type: ignore[arg-type]  # fakes of one test


@pytest.mark.parametrize("kind", list(StoreKind))
@pytest.mark.parametrize("proof", list(Proof))
def test_only_proof_from_a_real_store_releases(kind: StoreKind, proof: Proof) -> None:
    made = receipt(kind, proof)
    assert made.permits_release() is (kind is StoreKind.STORE and proof is not Proof.SAMPLE)
    assert made.trial is (kind is StoreKind.TRIAL)
    assert receipts.read(made.canonical()) == made


@pytest.mark.parametrize(
    "wrong", [{"size": 2}, {"checksum": "other"}, {"content": Content(2, A)}, {"content": Content(1, digest(b"b"))}]
)
def test_no_receipt_is_made_of_what_does_not_agree(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="receipt"):
        receipt(StoreKind.STORE, Proof.COMPOSITE, **wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_a_receipt_says_these_things() -> None:
    made = receipt(StoreKind.STORE, Proof.COMPOSITE)
    assert made.sent() == {"store": "s3:city/evidence", "object_key": UPLOAD.object_key, "sha256": A, "size": 1, "version": "v1"}
    assert set(made.body()) == set(Receipt.__struct_fields__)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", receipt(StoreKind.STORE, Proof.FULL).canonical().replace(b'"v":1', b'"v":2'), b'{"v":1,"more":1}']
)
def test_what_is_no_receipt_is_not_read(body: bytes) -> None:
    with pytest.raises(errors.ReceiptUnreadable):
        receipts.read(body)


LINK = errors.StoreUnreachable(store="s", rule="r")


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_waiting_doubles_up_to_a_limit(attempts: int, jitter: float) -> None:
    limits = RetryLimits(first=1, longest=300, after_alarm=3600)
    seconds = queue.delay(LINK, attempts, jitter, limits)
    whole = min(300, 2 ** min(attempts, 20))
    assert whole / 2 <= seconds <= whole


def test_an_alarm_waits_for_a_person_and_a_refusing_store_does_not() -> None:
    limits = RetryLimits(first=1, longest=300, after_alarm=3600)
    assert queue.delay(errors.VaultDigest(), 0, 0.5, limits) == 3600
    assert queue.delay(errors.StoreRefused(), 0, 1, limits) == 1


def test_a_reason_keeps_code_and_fields() -> None:
    reason = queue.reason_of(LINK)
    assert reason == '{"code":"store-unreachable","rule":"r","store":"s"}'
    assert queue.code_of(reason) == "store-unreachable"
    assert queue.code_of(None) is None


def test_every_fault_has_a_code_of_its_own() -> None:
    def below(kind: type[errors.UploadError]) -> list[type[errors.UploadError]]:
        return [kind, *(inner for sub in kind.__subclasses__() for inner in below(sub))]

    for module in pkgutil.walk_packages(uploader.__path__, "uploader."):
        importlib.import_module(module.name)
    named = [kind for kind in below(errors.UploadError) if "code" in kind.__dict__]
    assert len({kind.code for kind in named}) == len(named) == 20
