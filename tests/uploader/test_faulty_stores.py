"""Stores and links that misbehave, before a real S3 store: none of them ever yields a receipt for what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import pytest

from evidence.canonical import digest
from evidence.errors import Exit
from tests.servers import seaweedfs
from tests.servers.faulty import Answered, Asked, DroppedLine, Faulty, Onward, Rule, error, flipped
from tests.uploader.rig import LIMITS, MIB, STATION, Desk, footage
from uploader import keys
from uploader.courier import Summary
from uploader.errors import (
    PartRejected,
    StoreDisagrees,
    StoreFailing,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
    UploadError,
)
from uploader.http import Http, HttpLimits, Trust
from uploader.stores import Content, Proof
from uploader.stores.s3 import S3, S3Options

DATA = footage(2 * 5 * MIB + 1000)
KEY = keys.blob(STATION, digest(DATA))
PARTS = [1, 2, 3]


class Line:
    """A desk, a bucket, and a proxy between them."""

    def __init__(self, desk: Desk, server: seaweedfs.SeaweedFS, bucket: str, proxy: Faulty) -> None:
        self.desk = desk
        self.proxy = proxy
        self._server = server
        self._bucket = bucket

    def run(self, *, streams: int = 1, hasten: bool = False, silence: float = 30) -> Summary:
        options = S3Options(streams=streams)
        with Http(self.proxy.endpoint, "proxied", HttpLimits(connect=5, silence=silence), Trust(), streams) as http:
            store = S3(http, self._bucket, seaweedfs.REGION, seaweedfs.STATION, self.desk.clock.now, options)
            return self.desk.courier(store).run_until_idle(hasten=hasten)

    @contextmanager
    def directly(self) -> Iterator[S3]:
        with self._server.store(self._bucket) as store:
            yield store

    def arrived(self) -> bool:
        """Whether the footage is at the store, right to the last byte."""
        with self.directly() as store:
            found = store.find(KEY)
            return found is not None and store.fetch(KEY, found.version, len(DATA)) == DATA

    def has_receipt(self) -> bool:
        return any(receipt.subject == "clip:clip-a" for receipt in self.desk.receipts())


@pytest.fixture
def line(desk: Desk, s3: seaweedfs.SeaweedFS, bucket: str, proxy: Faulty) -> Line:
    """A docking with one clip of three parts."""
    desk.dock("d2", {"clip-a": DATA})
    return Line(desk, s3, bucket, proxy)


def once(rule: Rule, when: Callable[[Asked], bool]) -> Rule:
    """Misbehave at the first request of a kind, and never again."""
    done = Event()

    def chosen(asked: Asked, onward: Onward) -> Answered:
        if when(asked) and not done.is_set():
            done.set()
            return rule(asked, onward)
        return onward(asked)

    return chosen


def always(rule: Rule, when: Callable[[Asked], bool]) -> Rule:
    """Misbehave at every request of a kind."""
    return lambda asked, onward: rule(asked, onward) if when(asked) else onward(asked)


def the_part(number: int) -> Callable[[Asked], bool]:
    return lambda asked: asked.part == number


def completing(asked: Asked) -> bool:
    return asked.completes


def confirming(asked: Asked) -> bool:
    return asked.method == "HEAD" and "blobs" in asked.path


def any_of_the_footage(asked: Asked) -> bool:
    return "blobs" in asked.path


def flip(asked: Asked, onward: Onward) -> Answered:
    return onward(flipped(asked))


def drop(asked: Asked, onward: Onward) -> Answered:
    raise DroppedLine


def lose_the_answer(asked: Asked, onward: Onward) -> Answered:
    onward(asked)
    raise DroppedLine


def say(status: int, code: str) -> Rule:
    return lambda asked, onward: error(status, code)


def lie(name: str, value: str) -> Rule:
    """Pass it on, and answer with another header."""

    def rule(asked: Asked, onward: Onward) -> Answered:
        answered = onward(asked)
        headers = {header: text for header, text in answered.headers.items() if header.lower() != name}
        return replace(answered, headers={**headers, name: value})

    return rule


def hush(name: str) -> Rule:
    """Pass it on, and leave a header out of the answer."""

    def rule(asked: Asked, onward: Onward) -> Answered:
        answered = onward(asked)
        return replace(answered, headers={header: text for header, text in answered.headers.items() if header.lower() != name})

    return rule


def pretend_to_store(asked: Asked, onward: Onward) -> Answered:
    """Acknowledge a part as one that was stored, and throw it away."""
    from hashlib import md5

    return Answered(200, {"ETag": f'"{md5(asked.body).hexdigest()}"'}, b"")


def pretend_to_complete(asked: Asked, onward: Onward) -> Answered:
    return Answered(
        200, {"x-amz-version-id": "made-up"}, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
    )


@pytest.mark.parametrize("streams", [1, 2])
def test_one_flipped_byte_on_the_wire_costs_one_part(line: Line, streams: int) -> None:
    line.proxy.rule = once(flip, the_part(2))
    summary = line.run(streams=streams)
    assert (summary.status, summary.faults) == (Exit.OK, ())
    assert sorted(line.proxy.parts_sent()) == [1, 2, 2, 3]
    assert line.arrived()
    assert line.desk.receipt_of("clip-a").proof is Proof.COMPOSITE
    assert line.desk.receipt_of("clip-a").permits_release()


def test_a_flipped_byte_in_an_object_of_one_piece_is_found(line: Line) -> None:
    line.proxy.rule = once(flip, lambda asked: asked.method == "PUT" and "manifests" in asked.path)
    summary = line.run()
    assert summary.status is Exit.OK
    with line.directly() as store:
        assert store.fetch(keys.manifest(STATION, "d2"), None, 100) == b"manifest of d2\n"  # type: ignore[arg-type]  # any id does


def test_bytes_that_arrive_wrong_twice_are_an_alarm(line: Line) -> None:
    line.proxy.rule = always(flip, the_part(2))
    summary = line.run()
    assert [type(fault) for fault in summary.faults] == [PartRejected]
    assert line.proxy.parts_sent() == [1, 2, 2]
    assert not line.has_receipt()
    line.proxy.rule = lambda asked, onward: onward(asked)
    line.proxy.seen.clear()
    assert line.run(hasten=True).status is Exit.OK
    assert line.proxy.parts_sent() == [2, 3]


@pytest.mark.parametrize(
    ("rule", "resent"),
    [
        pytest.param(once(drop, the_part(3)), [3], id="line dropped at a part"),
        pytest.param(once(lose_the_answer, the_part(3)), [], id="answer to a part lost"),
        pytest.param(once(lose_the_answer, completing), [], id="answer to completing lost"),
        pytest.param(once(drop, completing), [], id="line dropped at completing"),
        pytest.param(once(drop, confirming), [], id="line dropped at confirming"),
        pytest.param(once(say(503, "SlowDown"), the_part(2)), [2], id="503 at a part"),
        pytest.param(once(say(500, "InternalError"), completing), [], id="500 at completing"),
        pytest.param(once(say(200, "InternalError"), completing), [], id="error within a 200"),
        pytest.param(once(lambda asked, onward: Answered(502, {}, b"<html>"), the_part(1)), [1], id="not S3 at all"),
        pytest.param(once(lambda asked, onward: Answered(200, {}, b"garbage"), completing), [], id="an answer that is no XML"),
        pytest.param(once(pretend_to_store, the_part(2)), [2], id="lost a part it acknowledged"),
    ],
)
def test_a_passing_fault_costs_no_more_than_its_part(line: Line, rule: Rule, resent: list[int]) -> None:
    line.proxy.rule = rule
    summary = line.run()
    assert (summary.status, summary.faults) == (Exit.OK, ())
    assert sorted(line.proxy.parts_sent()) == sorted(PARTS + resent)
    assert line.arrived()
    assert line.desk.receipt_of("clip-a").size == len(DATA)
    with line.directly() as store:
        assert not store.unfinished("")
        assert len(list(store.list(KEY))) == 1


def test_a_line_that_drops_in_the_middle_of_a_part(line: Line) -> None:
    def arm(asked: Asked, onward: Onward) -> Answered:
        answered = onward(asked)
        line.proxy.drop_after = 2 * MIB
        return answered

    line.proxy.rule = once(arm, the_part(1))
    summary = line.run()
    assert (summary.status, summary.faults) == (Exit.OK, ())
    assert line.proxy.parts_sent() == PARTS  # the broken request for part 2 never became one
    assert line.arrived()


@pytest.mark.parametrize(
    ("rule", "fault", "status"),
    [
        pytest.param(always(say(503, "SlowDown"), any_of_the_footage), StoreFailing, Exit.UNREACHABLE, id="busy for good"),
        pytest.param(always(say(500, "InternalError"), the_part(2)), StoreFailing, Exit.UNREACHABLE, id="fails for good"),
        pytest.param(always(drop, the_part(2)), StoreUnreachable, Exit.UNREACHABLE, id="line drops for good"),
        pytest.param(always(say(403, "AccessDenied"), the_part(2)), StoreRefused, Exit.REFUSED, id="refuses"),
        pytest.param(always(say(307, "TemporaryRedirect"), the_part(2)), StoreRefused, Exit.REFUSED, id="sends us elsewhere"),
        pytest.param(always(say(507, "InsufficientStorage"), the_part(2)), StoreFull, Exit.REFUSED, id="full"),
        pytest.param(always(say(403, "QuotaExceeded"), completing), StoreFull, Exit.REFUSED, id="over its quota"),
        pytest.param(
            always(lie("etag", '"0123456789abcdef0123456789abcdef"'), the_part(2)), StoreDisagrees, Exit.TAMPERED, id="other ETag"
        ),
        pytest.param(
            always(lie("x-amz-checksum-sha256", "AAAA-4"), confirming), StoreDisagrees, Exit.TAMPERED, id="other checksum"
        ),
        pytest.param(always(lie("content-length", "17"), confirming), StoreDisagrees, Exit.TAMPERED, id="other size"),
        pytest.param(
            always(lie("x-amz-object-lock-mode", "GOVERNANCE"), confirming),
            StoreDisagrees,
            Exit.TAMPERED,
            id="a lock that can be lifted",
        ),
        pytest.param(
            always(lie("x-amz-object-lock-retain-until-date", "2026-01-01T00:00:00Z"), confirming),
            StoreDisagrees,
            Exit.TAMPERED,
            id="a lock that has run out",
        ),
    ],
)
def test_a_lasting_fault_never_yields_a_receipt(line: Line, rule: Rule, fault: type[UploadError], status: Exit) -> None:
    line.proxy.rule = rule
    summary = line.run()
    assert not line.has_receipt()
    assert [type(one) for one in summary.faults] == [fault]
    assert summary.status is status
    assert sum(one.count for one in summary.waiting) == 1
    line.proxy.rule = lambda asked, onward: onward(asked)
    assert line.run(hasten=True).status is Exit.OK
    assert line.arrived()


def test_a_store_that_claims_to_have_completed_and_has_not(line: Line) -> None:
    line.proxy.rule = always(pretend_to_complete, completing)
    summary = line.run()
    assert not line.has_receipt()
    assert summary.status is Exit.TAMPERED
    assert not line.arrived()


def test_a_store_that_shows_no_checksum_is_read_back(line: Line) -> None:
    line.proxy.rule = always(hush("x-amz-checksum-sha256"), lambda asked: asked.method == "HEAD")
    assert line.run().status is Exit.OK
    assert line.desk.receipt_of("clip-a").proof is Proof.FULL
    assert any(asked.method == "GET" and KEY in asked.path for asked in line.proxy.seen)


def test_what_is_read_back_wrong_is_no_receipt(line: Line) -> None:
    def damage(asked: Asked, onward: Onward) -> Answered:
        answered = onward(asked)
        return replace(answered, body=answered.body[:-1] + b"?")

    reading = always(damage, lambda asked: asked.method == "GET" and KEY in asked.path)
    hushed = always(hush("x-amz-checksum-sha256"), confirming)
    line.proxy.rule = lambda asked, onward: reading(asked, lambda inner: hushed(inner, onward))
    summary = line.run()
    assert [type(fault) for fault in summary.faults] == [StoreDisagrees]
    assert not line.has_receipt()


def test_a_store_that_falls_silent_is_given_up_after_a_while(line: Line) -> None:
    ended = Event()

    def silent(asked: Asked, onward: Onward) -> Answered:
        ended.wait(60)
        raise DroppedLine

    line.desk.dock("d3", {})
    line.proxy.rule = silent
    try:
        summary = line.run(silence=0.2)
    finally:
        ended.set()
    assert [fault.fields["rule"] for fault in summary.faults] == ["silent for too long"]
    assert summary.status is Exit.UNREACHABLE


def test_an_answer_without_end_is_not_swallowed(line: Line) -> None:
    with Http(line.proxy.endpoint, "proxied", HttpLimits(answer=1000), Trust(), 1) as http:
        line.proxy.rule = lambda asked, onward: Answered(200, {}, b"x" * 100_000)
        with pytest.raises(StoreUnreachable):
            http.request("GET", "/", {})


def test_nobody_listens(line: Line) -> None:
    line.proxy.rule = drop
    summary = line.run()
    assert (summary.status, summary.received) == (Exit.UNREACHABLE, 0)
    assert len(line.desk.clock.pauses) == LIMITS.troubles - 1


def test_many_parts_are_listed_page_by_page(line: Line) -> None:
    def page(asked: Asked, onward: Onward) -> Answered:
        marker = int(asked.query["part-number-marker"])
        last = marker + 2
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><Size>{number}</Size><ETag>&quot;e{number}&quot;</ETag></Part>"
            for number in range(marker + 1, last + 1)
        )
        more = "true" if last < 6 else "false"
        body = f"<R><IsTruncated>{more}</IsTruncated><NextPartNumberMarker>{last}</NextPartNumberMarker>{parts}</R>"
        return Answered(200, {}, body.encode())

    line.proxy.rule = page
    with Http(line.proxy.endpoint, "proxied", HttpLimits(), Trust(), 1) as http:
        store = S3(http, "bucket", seaweedfs.REGION, seaweedfs.STATION, line.desk.clock.now)
        assert [(part.number, part.size, part.md5) for part in store.list_parts("key", "token")] == [
            (number, number, f"e{number}") for number in range(1, 7)
        ]


def test_a_conflicting_object_is_an_alarm_and_stays(line: Line) -> None:
    with line.directly() as store:
        planted = store.put(KEY, b"planted", Content(7, digest(b"planted")), None)
    summary = line.run()
    assert [fault.code for fault in summary.faults] == ["store-conflict"]
    with line.directly() as store:
        assert store.fetch(KEY, planted.version, 7) == b"planted"
        assert len(list(store.list(KEY))) == 1
