"""The queue's rows, on both databases: order, what waits for what, and the journal of parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence.catalogue import outbox, schema
from evidence.catalogue.connect import reading, writing
from evidence.ids import Digest, StationId, UploadId
from evidence.uploads import Backlog, NewUpload, Part, UploadKind, UploadState
from tests.uploader.rig import STATION, Desk, desk_at

EARLY, LATE, EVER = "2026-11-21T10:00:00.000000Z", "2026-11-21T11:00:00.000000Z", "2099-01-01T00:00:00.000000Z"
PART = Part(1, 0, 5, Digest("a" * 64), "b" * 32)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with desk_at(tmp_path, database_url) as made:
        yield made


def finish(desk: Desk, upload: UploadId) -> None:
    with writing(desk.engine) as connection:
        outbox.done(connection, STATION, upload)


def order(desk: Desk) -> list[tuple[str, str]]:
    found = []
    while (claimed := desk.queue.claim(EVER)) is not None:
        found.append((claimed.kind.value, claimed.subject))
        finish(desk, claimed.id)
    return found


def test_index_first_then_age(desk: Desk) -> None:
    desk.dock("d1", {"clip-a": b"a"})
    desk.dock("d2", {"clip-b": b"b"})
    index = ["manifest", "signature", "listing", "records"]
    assert order(desk) == [
        *[(kind, "docking:d1") for kind in index],
        *[(kind, "docking:d2") for kind in index],
        ("footage", "clip:clip-a"),
        ("footage", "clip:clip-b"),
    ]
    assert desk.queue.next_due() is None


def test_footage_is_not_claimed_before_the_index_of_its_docking(desk: Desk) -> None:
    desk.dock("d1", {"clip-a": b"a"})
    desk.dock("d2", {"clip-b": b"b"})
    stuck = desk.queue.claim(EVER)
    assert stuck is not None
    desk.queue.failed(stuck.id, "because", "2099-06-01T00:00:00.000000Z")
    assert order(desk)[-1] == ("footage", "clip:clip-b")
    assert [(one.kind.value, one.subject) for one in desk.queue.queued()] == [
        ("manifest", "docking:d1"),
        ("footage", "clip:clip-a"),
    ]
    assert desk.queue.next_due() == "2099-06-01T00:00:00.000000Z"


def test_nothing_is_tried_before_its_time(desk: Desk) -> None:
    desk.dock("d1", {})
    for upload in desk.queue.queued():
        desk.queue.failed(upload.id, "because", LATE)
    assert desk.queue.claim(EARLY) is None
    assert desk.queue.next_due() == LATE
    claimed = desk.queue.claim(LATE)
    assert claimed is not None
    assert (claimed.attempts, claimed.reason) == (1, "because")
    desk.queue.failed(claimed.id, "again", EVER)
    assert max(one.attempts for one in desk.queue.queued()) == 2
    desk.queue.hasten(EARLY)
    assert {one.next_try_at for one in desk.queue.queued()} == {EARLY}


def test_what_was_being_sent_when_the_power_went_is_due_again(desk: Desk) -> None:
    desk.dock("d1", {})
    first = desk.queue.claim(EVER)
    second = desk.queue.claim(EVER)
    assert first is not None
    assert second is not None
    assert (first.id, second.state) == (second.id, UploadState.SENDING)
    desk.queue.put_back(first.id)
    assert desk.queue.queued()[0].state is UploadState.WAITING


def test_the_journal_remembers_parts_and_forgets_them_with_their_upload(desk: Desk) -> None:
    desk.dock("d1", {})
    upload = desk.queue.queued()[0].id
    desk.queue.opened(upload, "token-1", 5)
    desk.queue.sending(upload, PART)
    assert [(one.part, one.etag) for one in desk.queue.parts(upload)] == [(PART, None)]
    desk.queue.sent(upload, 1, "etag")
    assert desk.queue.parts(upload)[0].etag == "etag"
    desk.queue.sending(upload, PART)
    assert desk.queue.parts(upload)[0].etag is None
    assert desk.queue.tokens() == {"token-1"}
    desk.queue.opened(upload, "token-2", 6)
    assert desk.queue.parts(upload) == ()
    desk.queue.sending(upload, PART)
    desk.queue.gone(upload)
    assert (desk.queue.parts(upload), desk.queue.tokens(), desk.queue.queued()[0].part_size) == ((), frozenset(), None)


def test_done_is_part_of_the_callers_transaction(desk: Desk) -> None:
    desk.dock("d1", {})
    upload = desk.queue.queued()[0].id
    desk.queue.opened(upload, "token", 5)
    desk.queue.sending(upload, PART)
    with writing(desk.engine) as connection:
        outbox.done(connection, STATION, upload)
        connection.rollback()
    assert len(desk.queue.queued()) == 4
    assert desk.queue.parts(upload)
    finish(desk, upload)
    assert len(desk.queue.queued()) == 3
    assert desk.queue.parts(upload) == ()


def test_enqueueing_is_part_of_the_callers_transaction(desk: Desk) -> None:
    new = NewUpload(UploadId("u1"), UploadKind.LISTING, "docking:d1", "key", 1, Digest("a" * 64))
    with writing(desk.engine) as connection:
        outbox.enqueue(connection, STATION, [new], EARLY)
        connection.rollback()
    assert list(desk.queue.queued()) == []


def test_the_backlog_is_summed_up_by_reason(desk: Desk) -> None:
    desk.dock("d1", {"clip-a": b"12345"})
    assert desk.queue.backlog()[0].count == 5
    for upload in desk.queue.queued():
        if upload.kind is not UploadKind.FOOTAGE:
            desk.queue.failed(upload.id, "because", LATE)
    found = {one.reason: one for one in desk.queue.backlog()}
    assert found["because"] == Backlog("because", 4, sum(one.size for one in desk.queue.queued()[:4]), LATE)
    assert (found[None].count, found[None].bytes) == (1, 5)


def test_stations_do_not_see_each_others_rows(desk: Desk) -> None:
    desk.dock("d1", {"clip-a": b"a"})
    other = outbox.Outbox(desk.engine, StationId("station-8"))
    assert other.claim(EVER) is None
    assert other.backlog() == ()
    other.hasten(EARLY)
    assert desk.queue.claim(EVER) is not None


def test_a_witnessed_checkpoint_is_noted_once(desk: Desk) -> None:
    for at in (EARLY, LATE):
        desk.queue.witnessed(1, 10, "store", at)
    with reading(desk.engine) as connection:
        rows = connection.execute(select(schema.witnessed.c.size, schema.witnessed.c.at)).all()
    assert [tuple(row) for row in rows] == [(10, LATE)]
