"""What only an S3 store has: locks, versions, identities, markers of deletion. On the real one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evidence.canonical import digest
from tests.servers import seaweedfs
from tests.servers.faulty import Answered, Asked, Faulty, Onward
from tests.uploader.rig import ORIGIN, Desk, note
from uploader import keys, moments, witness
from uploader.errors import StoreConflict, StoreRefused, StoreUnusable, UploadError
from uploader.sigv4 import Credentials
from uploader.stores import MIB, Content, Proof, StoreKind
from uploader.stores.s3 import S3, S3Options
from uploader.stores.s3_answers import NotXml, parse

DATA = b"evidence"
CONTENT = Content(len(DATA), digest(DATA))
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


@pytest.fixture
def store(s3: seaweedfs.SeaweedFS, bucket: str) -> Iterator[S3]:
    with s3.store(bucket) as opened:
        yield opened


def test_an_object_is_locked_from_the_moment_it_is_there(store: S3) -> None:
    confirmed = store.put("locked", DATA, CONTENT, UNTIL)
    assert (store.kind, confirmed.proof) == (StoreKind.STORE, Proof.COMPOSITE)
    assert confirmed.retain_until == moments.written(UNTIL)
    assert confirmed.version is not None
    for headers in ({}, {"x-amz-bypass-governance-retention": "true"}):
        with pytest.raises(StoreRefused):
            store._call("delete", "DELETE", "locked", [("versionId", confirmed.version)], headers)
    assert store.fetch("locked", confirmed.version, 100) == DATA


def test_a_later_date_extends_the_lock_and_an_earlier_one_does_not_shorten_it(store: S3) -> None:
    store.put("locked", DATA, CONTENT, UNTIL)
    later = UNTIL + timedelta(days=5)
    assert store.put("locked", DATA, CONTENT, later).retain_until == moments.written(later)
    assert store.put("locked", DATA, CONTENT, UNTIL).retain_until == moments.written(later)


def test_without_object_lock_nothing_is_claimed(s3: seaweedfs.SeaweedFS) -> None:
    with s3.store(s3.bucket(locks=False)) as store:
        assert store.locks is False
        confirmed = store.put("object", DATA, CONTENT, UNTIL)
        assert (confirmed.retain_until, confirmed.version) == (None, None)


def test_a_deleted_checkpoint_still_bears_witness(store: S3) -> None:
    witness.put_checkpoint(store, ORIGIN, 10, note(10, "a"), UNTIL)
    witness.put_checkpoint(store, ORIGIN, 20, note(20, "b"), UNTIL)
    store._call("delete", "DELETE", f"checkpoints/{ORIGIN}/20")
    assert store.find(f"checkpoints/{ORIGIN}/20") is None
    assert [(one.size, one.untrusted_note) for one in witness.witnessed(store, keys.checkpoint_prefix(ORIGIN))] == [
        (20, note(20, "b").encode()),
        (10, note(10, "a").encode()),
    ]


def test_a_checkpoint_that_was_written_over_still_bears_witness(store: S3) -> None:
    witness.put_checkpoint(store, ORIGIN, 10, note(10, "a"), UNTIL)
    forged = note(10, "forged").encode()
    store._call("overwrite", "PUT", f"checkpoints/{ORIGIN}/10", body=forged)
    found = witness.witnessed(store, keys.checkpoint_prefix(ORIGIN))
    assert {one.untrusted_note for one in found} == {forged, note(10, "a").encode()}
    with pytest.raises(StoreConflict):
        witness.put_checkpoint(store, ORIGIN, 10, note(10, "third"), UNTIL)


@pytest.mark.parametrize(
    ("credentials", "answer"),
    [
        (seaweedfs.READER, "AccessDenied"),
        (replace(seaweedfs.STATION, secret_key="wrong-secret"), "SignatureDoesNotMatch"),
        (Credentials("nobody", "some-secret"), "InvalidAccessKeyId"),
    ],
    ids=["may not write", "wrong secret", "unknown"],
)
def test_who_may_not_is_refused_and_no_secret_is_repeated(
    s3: seaweedfs.SeaweedFS, bucket: str, credentials: Credentials, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with s3.store(bucket, credentials) as store, pytest.raises(StoreRefused) as raised:
        store.put("object", DATA, CONTENT, None)
    assert raised.value.fields["answer"] == answer
    assert credentials.secret_key not in f"{raised.value!r} {raised.value.__dict__} {caplog.text} {store!r}"


def test_a_bucket_that_is_not_there(s3: seaweedfs.SeaweedFS) -> None:
    with s3.store("no-such-bucket", seaweedfs.ADMINISTRATOR) as store, pytest.raises((StoreUnusable, StoreRefused)):
        store.put("object", DATA, CONTENT, UNTIL)


def test_reading_back_on_request(s3: seaweedfs.SeaweedFS, bucket: str) -> None:
    with s3.store(bucket, options=S3Options(read_back=True)) as store:
        assert store.put("object", DATA, CONTENT, UNTIL).proof is Proof.FULL


def test_an_object_made_with_another_part_size_is_recognised(desk: Desk, s3: seaweedfs.SeaweedFS, bucket: str) -> None:
    data = desk.random.randbytes(11 * MIB)
    desk.dock("d1", {"clip-a": data})
    with s3.store(bucket, options=S3Options(part_size=6 * MIB)) as store:
        assert desk.courier(store).run_until_idle().received == 5
    desk.dock("d2", {"clip-b": data})
    with s3.store(bucket, options=S3Options(part_size=5 * MIB)) as store:
        assert desk.courier(store).run_until_idle().received == 5
    assert desk.receipt_of("clip-a").version == desk.receipt_of("clip-b").version
    assert desk.receipt_of("clip-b").part_size == 6 * MIB


@pytest.mark.parametrize("harm", ["damaged meanwhile", "repaired meanwhile"])
def test_the_vault_changed_while_the_upload_was_cut(
    desk: Desk, s3: seaweedfs.SeaweedFS, bucket: str, proxy: Faulty, harm: str
) -> None:
    data = desk.random.randbytes(11 * MIB)
    damaged = data[:100] + bytes([data[100] ^ 1]) + data[101:]
    desk.dock("d1", {"clip-a": data})
    key = desk.queue.queued()[-1].object_key
    before, afterwards = (data, damaged) if harm == "damaged meanwhile" else (damaged, data)
    desk.source(key).write_bytes(before)
    with s3.store(bucket, options=S3Options(streams=1), endpoint=proxy.endpoint) as store:
        courier = desk.courier(store)

        def stop_at_the_first(asked: Asked, onward: Onward) -> Answered:
            if asked.part == 1:
                courier.stop()
            return onward(asked)

        proxy.rule = stop_at_the_first
        courier.run_until_idle()
        assert len(store.unfinished("")) == 1
        desk.source(key).write_bytes(afterwards)
        summary = desk.courier(store).run_until_idle()
        assert [fault.code for fault in summary.faults] == (["vault-digest"] if afterwards is damaged else [])
        assert not store.unfinished("")
        assert (store.find(key) is None) is (afterwards is damaged)


@pytest.mark.parametrize("body", [b"", b"text", b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a/>".encode("utf-16")])
def test_what_is_not_plain_xml_is_not_read(body: bytes) -> None:
    with pytest.raises(NotXml):
        parse(body)


def test_a_fault_names_the_store_without_keys(store: S3) -> None:
    with pytest.raises(UploadError) as raised:
        store.confirm("none", None, CONTENT, None)
    assert str(raised.value.fields["store"]).startswith("s3:127.0.0.1:")
