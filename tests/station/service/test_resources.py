"""The resources of ``/v1``: pages, problems, footage by ranges, events that are resumed, long work, and callers who dawdle."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from evidence.custody.entry import Actor
from station import httpclient
from station.api import media, protocol
from station.api.described import described
from station.api.faults import RangeUnsatisfiable, TicketInvalid, TooManyRequests
from station.api.outside import Rates
from station.api.resources import OPERATIONS
from station.api.tickets import SECONDS, Grant, Tickets
from station.clients import SCOPES
from station.commands import Custody
from station.derived.recipes import Makes
from station.derived.shelf import Shelf
from station.home import Home
from station.rooms import Rooms
from tests.servers import schemathesis
from tests.station.service.serving import Hatchery, ask, document, token

Answer = tuple[http.client.HTTPResponse, bytes]


@dataclass
class House:
    """A home with some clips, and where it is served."""

    home: Path
    url: str
    client: httpclient.HttpClient

    def get(self, path: str, **headers: str) -> Answer:
        return ask(self.home, self.url, "GET", path, None, **headers)

    def send(self, method: str, path: str, body: object, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(self.home, self.url, method, path, data, **{"Content_Type": "application/json", **headers})

    def clips(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = document(self.get("/v1/clips"))["items"]
        return found

    def ticket(self) -> dict[str, Any]:
        """A ticket for the first clip."""
        return document(self.send("POST", f"/v1/clips/{self.clips()[0]['id']}/tickets", {}))


@pytest.fixture(scope="module")
def house(stocked_home: Path, hatchery: Hatchery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("resources") / "home"
    shutil.copytree(stocked_home, home)
    client = hatchery.client(home, Actor("operator", "administrator"))
    found = httpclient.address(Home(home))
    assert found is not None
    yield House(home, found.url, client)
    hatchery.stop(home)


def test_a_list_comes_in_pages_that_together_are_the_whole(house: House) -> None:
    whole = [clip["id"] for clip in house.clips()]
    path, seen = "/v1/clips?limit=1", []
    while path:
        answer = house.get(path)
        page = document(answer)
        assert len(page["items"]) == 1
        seen += [clip["id"] for clip in page["items"]]
        assert (answer[0].headers["Link"] or "") == ("" if page["next"] is None else f'<{page["next"]}>; rel="next"')
        path = page["next"]
    assert seen == whole
    assert len(whole) > 1


@pytest.mark.parametrize("path", [one.path for one in OPERATIONS if one.rows is not None and "{" not in one.path])
def test_every_list_is_bounded_and_knows_a_page_that_is_none(house: House, path: str) -> None:
    assert document(house.get(f"{path}?limit=1"))["items"] is not None
    for limit in ("0", "501", "x", "-1", "1.5", ""):
        assert document(house.get(f"{path}?limit={limit}"))["code"] == "request-malformed"
    for cursor in ("!!!", "AA", "WyJhIiwiYiIsImMiLCJkIl0", ""):
        problem = document(house.get(f"{path}?cursor={cursor}"))
        assert problem.get("status", 404) in {404, 422}, problem


@pytest.mark.parametrize("query", ["case=A&case=B", "kase=A", "docking=x", "case=%ff", "case=%00"])
def test_a_filter_that_is_mistyped_never_means_all(house: House, query: str) -> None:
    answer = house.get(f"/v1/clips?{query}")
    assert (answer[0].status, document(answer)["code"]) == (400, "request-malformed")


NOBODY = "0197f000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"/v1/clips/{NOBODY}", None, 404, "no-such-clip"),
        ("GET", "/v1/clips/not-an-id", None, 404, "request-unknown"),
        ("GET", "/v1/", None, 404, "request-unknown"),
        ("DELETE", "/v1/clips", None, 405, "method-not-allowed"),
        ("POST", "/v1/tags", {"clips": []}, 400, "request-malformed"),
        ("POST", "/v1/tags", {"clips": [NOBODY], "notes": "x"}, 400, "request-malformed"),
        ("POST", "/v1/tags", b"{", 400, "request-malformed"),
        ("POST", "/v1/tags", {"clips": [NOBODY], "note": "x"}, 404, "no-such-clip"),
        ("PUT", "/v1/settings/langauge", {"value": "zh"}, 422, "unknown-setting"),
        ("GET", "/v1/jobs/" + NOBODY, None, 404, "no-such-job"),
        ("GET", "/v1/files/" + "0" * 32, None, 404, "no-such-job"),
    ],
)
def test_what_goes_wrong_is_a_problem_with_a_stable_code(
    house: House, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = house.get(path) if method == "GET" else house.send(method, path, body)
    assert answer[0].headers["Content-Type"] == "application/problem+json"
    assert (answer[0].status, document(answer)["code"], document(answer)["status"]) == (status, code, status)
    assert (answer[0].headers["Allow"] is not None) == (status == 405)


def test_a_body_of_another_type_is_not_guessed_at(house: House) -> None:
    answer = house.send("POST", "/v1/tags", b"clips=x", Content_Type="application/x-www-form-urlencoded")
    assert (answer[0].status, document(answer)["code"]) == (415, "media-type-unsupported")


def test_what_browsers_could_do_harm_with_is_switched_off_on_every_answer(house: House) -> None:
    for path in ("/v1/clips", "/v1/nothing", "/health", "/v1/events"):
        headers = ask(house.home, house.url, "HEAD" if path == "/v1/events" else "GET", path)[0].headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_clip_is_tagged_and_its_history_told(house: House) -> None:
    clip = house.clips()[0]["id"]
    changed = document(house.send("PATCH", f"/v1/clips/{clip}", {"note": "a red car"}))
    assert changed["tagged"] == [{"id": clip, "changes": [{"field": "note", "old": None, "new": "a red car"}]}]
    history = document(house.get(f"/v1/clips/{clip}/history"))
    assert [value["new"] for value in history["fields"][0]["values"]] == ["a red car"]
    entry = history["fields"][0]["values"][0]["entry"]
    assert document(house.send("POST", "/v1/tags/undo", {"entry": entry}))["undone"][0]["id"] == clip


def test_footage_comes_by_ranges_to_who_has_a_ticket(house: House) -> None:
    ticket = house.ticket()
    whole = house.get(ticket["url"], Authorization="")
    assert (whole[0].status, len(whole[1])) == (200, ticket["size"])
    tag = whole[0].headers["ETag"]
    assert tag == f'"{ticket["sha256"]}"'
    part = house.get(ticket["url"], Authorization="", Range="bytes=2-4", If_Range=tag)
    assert (part[0].status, part[1]) == (206, whole[1][2:5])
    assert part[0].headers["Content-Range"] == f"bytes 2-4/{ticket['size']}"
    head = ask(house.home, house.url, "HEAD", ticket["url"], Authorization="", Range="bytes=2-4")
    assert (head[0].status, head[0].headers["Content-Length"], head[1]) == (200, str(ticket["size"]), b"")
    beyond = house.get(ticket["url"], Authorization="", Range=f"bytes={ticket['size']}-")
    assert (beyond[0].status, beyond[0].headers["Content-Range"]) == (416, f"bytes */{ticket['size']}")
    assert house.get(ticket["url"], Authorization="", If_None_Match=tag)[0].status == 304
    assert house.get(ticket["url"], Authorization="", If_Match='"other"')[0].status == 412


def test_a_play_is_in_the_log_before_any_byte_goes_out(house: House) -> None:
    clip = house.clips()[0]["id"]
    house.ticket()
    entry = msgspec.json.decode(msgspec.json.encode(house.client.call(Custody(clip)).document))["entries"][-1]
    assert (entry["type"], entry["what"]["how"], entry["what"]["of"]) == ("viewed", "played", "original")


def test_a_ticket_is_for_one_clip_and_one_copy_of_it(house: House) -> None:
    first, second = (clip["id"] for clip in house.clips()[:2])
    url = house.ticket()["url"]
    for wrong in (
        url.replace(first, second),
        url.replace("of=original", "of=proxy"),
        url[:-1],
        url.replace("ticket=", "ticket=a"),
    ):
        answer = house.get(wrong, Authorization="")
        assert (answer[0].status, document(answer)["code"]) == (401, "ticket-invalid")
    assert house.get(f"/v1/clips/{first}/tickets", Authorization="")[0].status == 401


def test_there_is_no_proxy_before_one_was_made(house: House) -> None:
    answer = house.send("POST", f"/v1/clips/{house.clips()[0]['id']}/tickets", {"of": "proxy"})
    assert (answer[0].status, document(answer)["code"]) == (404, "no-such-proxy")


def test_what_was_made_for_viewing_is_fetched_as_footage_is(house: House, tmp_path: Path) -> None:
    clip, still = house.clips()[0], "5" * 64
    (tmp_path / "still.png").write_bytes(b"a picture")
    rooms = Rooms.open(Home(house.home))
    Shelf(rooms).place(still, clip["sha256"], Makes.STILL, tmp_path / "still.png")
    rooms.close()
    listed = document(house.get(f"/v1/derivatives?clip={clip['id']}"))["items"]
    assert [(one["id"], one["makes"]) for one in listed] == [(still, "still")]
    ticket = document(house.send("POST", f"/v1/clips/{clip['id']}/tickets", {"of": "derivative", "derivative": still}))
    whole = house.get(ticket["url"], Authorization="")
    assert (whole[0].status, whole[1], whole[0].headers["Content-Type"]) == (200, b"a picture", "image/png")
    entry = msgspec.json.decode(msgspec.json.encode(house.client.call(Custody(clip["id"])).document))["entries"][-1]
    assert (entry["type"], entry["what"]["of"]) == ("viewed", "still")
    for wanted, code in (
        ({"of": "waveform"}, "no-such-proxy"),
        ({"of": "derivative", "derivative": "6" * 64}, "no-such-derivative"),
    ):
        answer = house.send("POST", f"/v1/clips/{clip['id']}/tickets", wanted)
        assert (answer[0].status, document(answer)["code"]) == (404, code)


def test_a_ticket_expires() -> None:
    now = [1000.0]
    tickets = Tickets(lambda: now[0])
    ticket = tickets.made(Grant("c", "original", "s", "0" * 64, 1, "video/mp4", tickets.until()))
    now[0] += SECONDS - 1
    assert tickets.read(ticket, "c", "original").session == "s"
    now[0] += 1
    with pytest.raises(TicketInvalid):
        tickets.read(ticket, "c", "original")
    with pytest.raises(TicketInvalid):
        Tickets(lambda: 1000.0).read(ticket, "c", "original")  # another service's


TAG = "a" * 64


@pytest.mark.parametrize(
    ("headers", "status", "first", "length"),
    [
        ({}, 200, 0, 10),
        ({"range": "bytes=0-0"}, 206, 0, 1),
        ({"range": "bytes=3-"}, 206, 3, 7),
        ({"range": "bytes=3-99"}, 206, 3, 7),
        ({"range": "bytes=-4"}, 206, 6, 4),
        ({"range": "bytes=-40"}, 206, 0, 10),
        ({"range": "Bytes = 1-2"}, 206, 1, 2),
        ({"range": "bytes=5-2"}, 200, 0, 10),
        ({"range": "bytes=0-1,3-4"}, 200, 0, 10),
        ({"range": "items=0-1"}, 200, 0, 10),
        ({"range": "bytes=x-1"}, 200, 0, 10),
        ({"range": "bytes=0-1", "if-range": f'"{TAG}"'}, 206, 0, 2),
        ({"range": "bytes=0-1", "if-range": f'W/"{TAG}"'}, 200, 0, 10),
        ({"range": "bytes=0-1", "if-range": "Sat, 29 Oct 1994 19:43:31 GMT"}, 200, 0, 10),
        ({"if-none-match": f'W/"{TAG}", "x"'}, 304, 0, 0),
        ({"if-none-match": "*"}, 304, 0, 0),
        ({"if-match": '"x"', "range": "bytes=0-1"}, 412, 0, 0),
    ],
)
def test_ranges_are_as_the_standard_has_them(headers: dict[str, str], status: int, first: int, length: int) -> None:
    assert media.part("GET", headers, TAG, 10) == media.Part(status, first, length)


@pytest.mark.parametrize(("asked", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_beyond_the_end_is_refused(asked: str, size: int) -> None:
    with pytest.raises(RangeUnsatisfiable):
        media.part("GET", {"range": asked}, TAG, size)


def listened(house: House, events: int, path: str = "/v1/events", last: str | None = None) -> list[tuple[str, str, Any]]:
    """The first events of a stream: id, name, document."""
    where = urlsplit(house.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        resumes = "" if last is None else f"Last-Event-ID: {last}\r\n"
        head = f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token(house.home)}\r\n{resumes}\r\n"
        connection.sendall(head.encode())
        stream = connection.makefile("rb")
        found: list[tuple[str, str, Any]] = []
        number = name = ""
        while len(found) < events:
            line = stream.readline().decode().strip()
            if line.startswith("id: "):
                number = line[4:]
            elif line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                found.append((number, name, json.loads(line[6:])))
        return found


def test_events_begin_with_a_snapshot_and_go_on_where_a_reader_was_cut_off(house: House) -> None:
    ((place, name, snapshot),) = listened(house, 1)
    assert (name, snapshot["resumed"], snapshot["position"]) == ("snapshot", False, place)
    clip = house.clips()[0]["id"]
    house.send("PATCH", f"/v1/clips/{clip}", {"note": "while nobody listened"})
    house.send("PATCH", f"/v1/clips/{clip}", {"note": ""})
    first, second, third = listened(house, 3, last=place)
    assert first[2]["resumed"] is True
    assert [(one[1], one[2]["act"], one[2]["id"]) for one in (second, third)] == [("clip", "tagged", clip)] * 2
    assert listened(house, 2, last=second[0])[1] == third
    assert "nobody listened" not in json.dumps([second, third])


@pytest.mark.parametrize("last", ["1.999999", "7.1", "x", "1.-5"])
def test_who_cannot_be_caught_up_is_told_to_look_anew(house: House, last: str) -> None:
    assert listened(house, 1, last=last)[0][2]["resumed"] is False


def test_only_what_was_asked_for_is_told(house: House) -> None:
    ((place, _, _),) = listened(house, 1)
    house.send("PATCH", f"/v1/clips/{house.clips()[0]['id']}", {"note": "heard by nobody"})
    house.send("PUT", "/v1/settings/probe_seconds", {"value": "21"})
    assert listened(house, 2, "/v1/events?only=settings", place)[1][1] == "settings"


def test_long_work_is_answered_at_once_and_looked_at_later(house: House) -> None:
    begun = house.send("POST", "/v1/packages", {"clips": [house.clips()[0]["id"]]})
    assert begun[0].status == 202
    job = document(house.get(begun[0].headers["Location"]))
    until = time.monotonic() + 60
    while job["state"] == "running" and time.monotonic() < until:
        job = document(house.get(f"/v1/jobs/{job['id']}"))
    assert (job["state"], job["exit"]) == ("done", 0)
    archive = house.get(job["files"])
    assert (archive[0].status, b"bagit.txt" in archive[1]) == (200, True)
    assert house.get(job["files"])[0].status == 404


def test_work_that_fails_says_why(house: House) -> None:
    job = document(house.send("POST", "/v1/packages", {"case_number": "nobody's"}))
    until = time.monotonic() + 60
    while job["state"] == "running" and time.monotonic() < until:
        job = document(house.get(f"/v1/jobs/{job['id']}"))
    assert (job["state"], job["problem"]["code"]) == ("failed", "nothing-to-package")


def test_a_head_that_does_not_come_is_not_waited_for(house: House) -> None:
    where = urlsplit(house.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET /v1/clips HTTP/1.1\r\nHost:")
        assert connection.recv(100) == b""
        assert time.monotonic() - begun < protocol.HEAD_SECONDS * 3


def test_what_is_no_http_is_a_problem_too(house: House) -> None:
    where = urlsplit(house.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert b"400 Bad Request" in head
    assert json.loads(body)["code"] == "request-malformed"


def test_a_system_may_call_so_many_times_a_minute_and_a_little_at_once() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    for _ in range(10):
        rates.take("dispatch", 60)
    with pytest.raises(TooManyRequests) as caught:
        rates.take("dispatch", 60)
    assert caught.value.fields == {"limit": 60, "seconds": 1}
    rates.take("another", 60)
    now[0] += 1
    rates.take("dispatch", 60)


# The description


def test_the_description_has_every_operation_once() -> None:
    found = described()
    named = [one["operationId"] for item in found["paths"].values() for name, one in item.items() if name != "parameters"]
    assert sorted(named) == sorted(one.id for one in OPERATIONS)
    assert len(set(named)) == len(named)
    assert {one.scope for one in OPERATIONS} <= SCOPES


def test_whatever_an_answer_says_the_description_names(house: House) -> None:
    """A member that a handler adds and the form does not know would be left out without a word."""
    asked = {
        "/v1/clips": "list-clips",
        "/v1/dockings": "list-dockings",
        "/v1/recordings": "list-recordings",
        "/v1/custody": "custody",
    }
    for path, command in asked.items():
        shown = document(house.get(f"{path}?limit=1"))["items"][0]
        line = ask(house.home, house.url, "POST", "/commands", json.dumps({"command": command, "limit": 1}).encode())[1]
        (whole,) = (rows for name, rows in json.loads(line.splitlines()[-1])["answer"]["document"].items() if name != "next")
        assert set(shown) == set(whole[0]), path


@pytest.mark.timeout(180)
def test_schemathesis_finds_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(house.get("/v1/openapi.json")[1])
    options = ("--phases", "fuzzing", "--max-examples", "3", "--max-time", "25", "--generation-deterministic")
    status, report = schemathesis.tried(tmp_path / "openapi.json", house.url, token(house.home), *options, seconds=150)
    assert status == 0, report
