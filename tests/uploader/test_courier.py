"""The courier's way through a queue, with the embedded folder as its store: order, receipts, faults of single objects."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.errors import Exit
from evidence.uploads import QueuedUpload
from tests.uploader.rig import LIMITS, ORIGIN, STATION, Desk, footage, note
from uploader import keys, queue, witness
from uploader.courier import Checkpoint
from uploader.errors import StoreConflict, StoreFault, StoreUnreachable, VaultDigest, VaultUnreadable
from uploader.receipts import Receipt
from uploader.stores import Content, Proof, StoreKind
from uploader.stores.folder import Folder, FolderOptions

PART = 64 << 10
INDEX = ["manifest", "signature", "listing", "records"]


class Recorded(Folder):
    """A folder that notes the order in which objects appear."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, os.urandom, FolderOptions(part_size=PART))
        self.placed: list[str] = []

    def _place(self, key: str, folder: Path, content: Content):  # type: ignore[no-untyped-def]  # the parent's signature
        confirmed = super()._place(key, folder, content)
        self.placed.append(key)
        return confirmed


@pytest.fixture
def store(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "store")


def test_everything_arrives_with_a_receipt_each(desk: Desk, store: Recorded) -> None:
    clips = {"clip-a": footage(3 * PART + 5, 1), "clip-b": footage(100, 2), "clip-c": b""}
    desk.dock("d1", clips)
    summary = desk.courier(store).run_until_idle()
    assert (summary.status, summary.received, summary.waiting, summary.faults) == (Exit.OK, 7, (), ())
    assert summary.bytes_received == sum(receipt.size for receipt in desk.receipts())
    for clip, data in clips.items():
        receipt = desk.receipt_of(clip)
        assert store.fetch(receipt.object_key, None, len(data)) == data
        assert (receipt.kind, receipt.proof, receipt.permits_release()) == (StoreKind.TRIAL, Proof.FULL, False)
    assert not store.unfinished("")


def test_index_and_checkpoint_are_there_before_any_footage(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10)})
    desk.dock("d2", {"clip-b": footage(11)})
    desk.courier(store).run_until_idle()
    kinds = [key.split("/")[0] if key.startswith("checkpoints") else key.split("/")[1] for key in store.placed]
    assert kinds == [
        "checkpoints",
        *["manifests", "manifests", "listings", "records"] * 2,
        "checkpoints",
        "blobs",
        "blobs",
        "checkpoints",
    ]
    assert [kind for kind, _ in desk.acknowledged] == [*INDEX * 2, "footage", "footage"]


def test_footage_waits_for_the_index_of_its_own_docking_only(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10, 1)})
    desk.dock("d2", {"clip-b": footage(11, 2)})
    desk.source(keys.listing(STATION, "d1")).unlink()  # type: ignore[arg-type]  # any id does
    summary = desk.courier(store).run_until_idle()
    assert ("footage", "clip:clip-b") in desk.acknowledged
    assert ("footage", "clip:clip-a") not in desk.acknowledged
    assert [type(fault) for fault in summary.faults] == [VaultUnreadable]
    assert summary.status is Exit.TAMPERED
    reasons = {queue.code_of(one.reason): one.count for one in summary.waiting}
    assert reasons == {"vault-unreadable": 1, None: 1}


def test_clips_with_equal_bytes_are_sent_once_and_have_a_receipt_each(desk: Desk, store: Recorded) -> None:
    same = footage(3 * PART)
    desk.dock("d1", {"clip-a": same, "clip-b": same})
    summary = desk.courier(store).run_until_idle()
    assert summary.status is Exit.OK
    assert store.placed.count(desk.receipt_of("clip-a").object_key) == 1
    assert desk.receipt_of("clip-a").object_key == desk.receipt_of("clip-b").object_key
    assert desk.receipt_of("clip-a").id != desk.receipt_of("clip-b").id


@pytest.mark.parametrize("size", [100, 3 * PART + 5], ids=["one-piece", "parts"])
@pytest.mark.parametrize("harm", ["changed", "longer", "shorter"])
def test_a_blob_that_is_not_what_was_sealed_is_never_delivered(desk: Desk, store: Recorded, size: int, harm: str) -> None:
    desk.dock("d1", {"clip-a": footage(size), "clip-b": footage(50, 3)})
    blob = desk.source(keys.blob(STATION, desk.queue.queued()[4].sha256))
    data = bytearray(blob.read_bytes())
    if harm == "changed":
        data[-1] ^= 1
    blob.write_bytes({"changed": data, "longer": data + b"x", "shorter": data[:-1]}[harm])
    summary = desk.courier(store).run_until_idle()
    assert [type(fault) for fault in summary.faults] == [VaultDigest]
    assert summary.status is Exit.TAMPERED
    assert ("footage", "clip:clip-b") in desk.acknowledged
    assert ("footage", "clip:clip-a") not in desk.acknowledged
    assert not store.unfinished("")
    assert desk.queue.queued()[0].attempts == 1


def test_other_bytes_under_our_key_are_an_alarm_and_stay(desk: Desk, store: Recorded) -> None:
    data = footage(3 * PART)
    desk.dock("d1", {"clip-a": data})
    key = desk.queue.queued()[4].object_key
    planted = footage(3 * PART, 9)
    (store._root / key).parent.mkdir(parents=True)
    (store._root / key).write_bytes(planted)
    summary = desk.courier(store).run_until_idle()
    assert [type(fault) for fault in summary.faults] == [StoreConflict]
    assert summary.status is Exit.TAMPERED
    assert (store._root / key).read_bytes() == planted


def test_a_contradicted_checkpoint_ends_the_run_before_anything_is_sent(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10)})
    witness.put_checkpoint(store, ORIGIN, 10, note(10, "another history"), None)
    summary = desk.courier(store).run_until_idle()
    assert [fault.code for fault in summary.faults] == ["store-conflict"]
    assert (summary.status, summary.received, desk.acknowledged) == (Exit.TAMPERED, 0, [])
    assert desk.queue.queued()[0].attempts == 0


def test_the_same_head_signed_anew_is_no_contradiction(desk: Desk, store: Recorded) -> None:
    witness.put_checkpoint(store, ORIGIN, 10, note(10, desk.root, "another signature"), None)
    assert desk.courier(store).run_until_idle().status is Exit.OK


def test_checkpoints_are_found_again_largest_first(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10)})
    desk.courier(store).run_until_idle()
    found = list(witness.witnessed(store, keys.checkpoint_prefix(ORIGIN)))
    assert [one.size for one in found] == [15, 14, 10]
    assert found[0].untrusted_note == note(15, desk.root).encode()


def test_a_stop_at_a_part_border_keeps_what_arrived(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(6 * PART)})
    courier = desk.courier(store)
    sent: list[int] = []
    send_part = store.send_part

    def stop_at_the_third(key, token, part, data, told):  # type: ignore[no-untyped-def]  # the parent's signature
        sent.append(part.number)
        if part.number == 3:
            courier.stop()
        return send_part(key, token, part, data, told)

    store.send_part = stop_at_the_third  # type: ignore[method-assign]  # stops in mid-run
    first = courier.run_until_idle()
    assert (first.stopped, first.status, first.faults) == (True, Exit.PARTIAL, ())
    (waiting,) = desk.queue.queued()
    assert (waiting.attempts, waiting.reason) == (0, None)
    assert desk.courier(store).run_until_idle().status is Exit.OK
    assert sent == [1, 2, 3, 4, 5, 6]
    assert store.fetch(waiting.object_key, None, 6 * PART) == footage(6 * PART)


def test_an_upload_the_store_forgot_starts_anew_without_a_failure(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(6 * PART)})
    courier = desk.courier(store)
    desk.progress.clear()
    store_send = store.send_part

    def stop_then_send(*arguments):  # type: ignore[no-untyped-def]  # the parent's signature
        courier.stop()
        return store_send(*arguments)

    store.send_part = stop_then_send  # type: ignore[method-assign]  # stops in mid-run
    courier.run_until_idle()
    ((key, token),) = store.unfinished("")
    store.abort(key, token)
    store.send_part = store_send  # type: ignore[method-assign]  # as it was before
    summary = desk.courier(store).run_until_idle()
    assert (summary.status, summary.faults) == (Exit.OK, ())


def test_an_upload_that_nobody_remembers_is_given_up(desk: Desk, store: Recorded) -> None:
    mine, other = f"{STATION}/blobs/aa/orphan", "station-78/blobs/aa/orphan"
    for key in (mine, other):
        store.open_upload(key, 6 * PART, PART, None)
    desk.courier(store).run_until_idle()
    assert [key for key, _ in store.unfinished("")] == [other]


def test_the_store_out_of_reach_ends_the_run_after_some_patience(desk: Desk, tmp_path: Path) -> None:
    store = Recorded(tmp_path / "unplugged" / "store")
    desk.dock("d1", {"clip-a": footage(10)})
    summary = desk.courier(store).run_until_idle()
    assert [type(fault) for fault in summary.faults] == [StoreUnreachable]
    assert (summary.status, summary.received) == (Exit.UNREACHABLE, 0)
    assert len(desk.clock.pauses) == LIMITS.troubles - 1
    assert desk.clock.pauses == sorted(desk.clock.pauses)


def test_a_store_that_comes_back_within_the_patience_is_no_fault(
    desk: Desk, store: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.dock("d1", {"clip-a": footage(3 * PART)})
    put, failures = store.put, iter([StoreUnreachable(store="folder", rule="gone")] * 3)

    def put_after_a_while(*arguments):  # type: ignore[no-untyped-def]  # the parent's signature
        if (fault := next(failures, None)) is not None:
            raise fault
        return put(*arguments)

    monkeypatch.setattr(store, "put", put_after_a_while)
    summary = desk.courier(store).run_until_idle()
    assert (summary.status, summary.faults, summary.received) == (Exit.OK, (), 5)


def test_what_waits_after_an_alarm_is_tried_when_somebody_asks(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10)})
    blob = desk.source(desk.queue.queued()[4].object_key)
    data = blob.read_bytes()
    blob.write_bytes(b"damaged")
    assert desk.courier(store).run_until_idle().status is Exit.TAMPERED
    blob.write_bytes(data)
    assert desk.courier(store).run_until_idle().status is Exit.PARTIAL
    assert desk.courier(store).run_until_idle(hasten=True).status is Exit.OK


def test_a_ledger_that_fails_loses_nothing(desk: Desk, store: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.dock("d1", {"clip-a": footage(3 * PART)})

    def broken(upload: QueuedUpload, receipt: Receipt) -> None:
        raise RuntimeError("the ledger is gone")

    courier = desk.courier(store)
    monkeypatch.setattr(courier, "_acknowledge", broken)
    with pytest.raises(RuntimeError):
        courier.run_until_idle()
    assert len(desk.queue.queued()) == 5
    assert desk.courier(store).run_until_idle().status is Exit.OK
    listed = [one.key for one in store.list("")]
    assert len(listed) == len(set(listed)) == 5 + 3


def test_progress_comes_at_most_five_times_a_second_and_ends_whole(desk: Desk, store: Recorded) -> None:
    class Ticking(type(desk.clock)):  # type: ignore[misc]  # the class of the desk's clock
        ticks = 0

        def monotonic(self) -> float:
            self.ticks += 1
            return self.ticks / 16

    desk.clock = Ticking()
    desk.dock("d1", {"clip-a": footage(40 * PART)})
    desk.courier(store).run_until_idle()
    told = [one.bytes_done for one in desk.progress if one.upload.kind == "footage"]
    assert told == [PART * (1 + 4 * step) for step in range(10)] + [40 * PART]


def test_the_lock_is_asked_for_from_the_day_it_was_queued(desk: Desk, store: Recorded) -> None:
    asked: list[object] = []
    put = store.put

    def noting(key, data, content, retain_until):  # type: ignore[no-untyped-def]  # the parent's signature
        if not key.startswith("checkpoints"):
            asked.append(retain_until)
        return put(key, data, content, retain_until)

    store.put = noting  # type: ignore[method-assign]  # listens to the real one
    desk.dock("d1", {})
    queued = desk.clock.now()
    desk.clock.ahead += timedelta(days=30)
    desk.courier(store, replace(LIMITS, retention=timedelta(days=183))).run_until_idle()
    assert {round((until - queued).total_seconds() / 86400) for until in asked} == {183}  # type: ignore[operator]  # none is None here


def test_a_fault_of_the_store_at_the_very_end_is_told(desk: Desk, store: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.dock("d1", {"clip-a": footage(10)})

    def refuse(prefix: str) -> list[tuple[str, str]]:
        raise StoreUnreachable(store="folder", rule="gone")

    monkeypatch.setattr(store, "unfinished", refuse)
    summary = desk.courier(store).run_until_idle()
    assert (summary.received, summary.status) == (5, Exit.UNREACHABLE)
    assert all(isinstance(fault, StoreFault) for fault in summary.faults)


def test_the_newest_head_is_witnessed_in_the_catalogue(desk: Desk, store: Recorded) -> None:
    desk.dock("d1", {"clip-a": footage(10)})
    summary = desk.courier(store).run_until_idle()
    head: Checkpoint = desk.checkpoint()
    assert summary.witnessed == head.size == 15
