"""What the API asks of a request, what it answers, and how it describes itself."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evidence.custody.entry import Actor
from station import httpclient, wire
from station.api.guard import BODY_BYTES
from station.commands import KINDS
from station.home import Home
from tests.station.service.serving import Hatchery, ask, document, token


@pytest.fixture(scope="module")
def house(made_home: Path, hatchery: Hatchery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home that is served, and its address."""
    home = tmp_path_factory.mktemp("api") / "home"
    shutil.copytree(made_home, home)
    hatchery.client(home, Actor("operator", "administrator"))
    found = httpclient.address(Home(home))
    assert found is not None
    yield home, found.url
    hatchery.stop(home)


def test_only_the_group_may_read_the_token(house: tuple[Path, str]) -> None:
    run = house[0] / "run"
    assert (run / "token").stat().st_mode & 0o777 == 0o640
    assert run.stat().st_mode & 0o777 == 0o750
    assert len(token(house[0])) == 43


@pytest.mark.parametrize("path", ["/health", "/slots", "/events", "/openapi.json", "/outgoing/x", "/nothing", "/commands"])
@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic abc", "bearer"])
def test_without_the_token_nothing_is_answered(house: tuple[Path, str], path: str, given: str) -> None:
    answer = ask(*house, "GET", path, Authorization=given)
    assert answer[0].status == 401
    assert answer[0].headers["WWW-Authenticate"].startswith("Bearer")
    assert answer[0].headers["Content-Type"] == "application/problem+json"
    assert document(answer)["code"] == "request-unauthorised"
    assert token(house[0]).encode() not in answer[1]


def test_a_token_that_begins_like_the_right_one_is_wrong(house: tuple[Path, str]) -> None:
    right = token(house[0])
    for wrong in (right[:-1], right + "x", right.swapcase()):
        assert ask(*house, "GET", "/health", Authorization=f"Bearer {wrong}")[0].status == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "0.0.0.0:{port}"]
)
def test_a_request_to_another_name_is_not_ours(house: tuple[Path, str], host: str) -> None:
    port = urlsplit(house[1]).port
    answer = ask(*house, "GET", "/health", Host=host.format(port=port))
    assert answer[0].status == 421
    assert document(answer)["code"] == "request-misdirected"


def test_localhost_is_this_machine_too(house: tuple[Path, str]) -> None:
    assert ask(*house, "GET", "/health", Host=f"localhost:{urlsplit(house[1]).port}")[0].status == 200


def test_no_page_of_another_origin_may_read_an_answer(house: tuple[Path, str]) -> None:
    for method in ("GET", "OPTIONS"):
        home, url = house
        answer = ask(home, url, method, "/health", Origin="https://evil.example", Access_Control_Request_Method="POST")
        assert [name for name in answer[0].headers if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_not_read(house: tuple[Path, str], announced: bool) -> None:
    where = urlsplit(house[1])
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    connection.putrequest("POST", "/commands")
    connection.putheader("Authorization", f"Bearer {token(house[0])}")
    if announced:
        connection.putheader("Content-Length", str(BODY_BYTES + 1))
        connection.endheaders()
    else:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        block = bytes(1 << 20)
        try:
            for _ in range(BODY_BYTES // len(block) + 1):
                connection.send(b"%x\r\n%s\r\n" % (len(block), block))
        except OSError:
            pass  # it has answered and hung up already
    response = connection.getresponse()
    assert response.status == 413
    assert json.loads(response.read())["code"] == "request-too-large"
    connection.close()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "JSON"),
        (b"\xff", "JSON"),
        (b"[]", "object"),
        (b"{}", "command"),
        (b'{"command":"nothing"}', "command"),
        (b'{"command":"status","more":1}', "more"),
        (b'{"command":"tag","clips":"x"}', "array"),
        (b'{"command":"scrub","budget":"7"}', "int"),
        (b'{"command":"settings","verb":"erase"}', "verb"),
        (b'{"command":"ingest","paths":["bm90LXdob2xl"]}', "whole paths"),
        (b'{"command":"ingest","paths":["L2EAYg=="]}', "whole paths"),
        (b'{"command":"erase","docking":"x","path":"bm90LXdob2xl"}', "whole paths"),
    ],
)
def test_what_is_no_command_is_refused_by_the_rule_it_breaks(house: tuple[Path, str], body: bytes, rule: str) -> None:
    answer = ask(*house, "POST", "/commands", body)
    assert answer[0].status == 400
    problem = document(answer)
    assert problem["code"] == "request-malformed"
    assert rule in problem["fields"]["rule"]


def test_a_fault_is_a_problem_document(house: tuple[Path, str]) -> None:
    answer = ask(*house, "POST", "/commands", b'{"command":"show-clip","clip":"x"}', Accept_Language="zh")
    assert answer[0].headers["Content-Type"] == "application/problem+json"
    assert answer[0].headers["Content-Language"] == "zh"
    problem = document(answer)
    assert set(problem) == {"type", "title", "status", "detail", "code", "exit", "fields"}
    assert (problem["type"], problem["code"], problem["exit"]) == ("urn:evidence-station:fault:no-such-clip", "no-such-clip", 2)
    assert (problem["status"], answer[0].status, problem["fields"]) == (400, 400, {"clip": "x"})
    assert "没有片段" in problem["detail"]


@pytest.mark.parametrize(("asked", "told"), [("zh-CN,zh;q=0.9", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en")])
def test_a_browser_s_way_of_asking_for_a_language_is_understood(house: tuple[Path, str], asked: str, told: str) -> None:
    assert ask(*house, "GET", "/health", Accept_Language=asked)[0].headers["Content-Language"] == told


def test_what_is_not_there_is_a_problem_too(house: tuple[Path, str]) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/health"), ("GET", "/outgoing/../../station.toml"), ("GET", "/docs")):
        answer = ask(*house, method, path)
        assert (answer[0].status, document(answer)["code"]) == (404, "request-unknown")


def test_the_service_watches_the_drop_folder_itself(house: tuple[Path, str]) -> None:
    answer = ask(*house, "POST", "/commands", b'{"command":"watch"}')
    assert (answer[0].status, document(answer)["code"]) == (409, "service-watches")


def test_an_answer_is_lines_of_json_and_is_not_kept(house: tuple[Path, str]) -> None:
    answer = ask(*house, "POST", "/commands", b'{"command":"status"}')
    assert answer[0].status == 200
    assert answer[0].headers["Content-Type"] == "application/x-ndjson"
    assert answer[0].headers["Cache-Control"] == "no-store"
    (line,) = answer[1].splitlines()
    assert json.loads(line)["answer"]["document"]["station"] == "s1"


def test_files_are_fetched_once(house: tuple[Path, str]) -> None:
    target = b64encode(b"/somewhere/shift.pdf").decode()
    answer = ask(*house, "POST", "/commands", json.dumps({"command": "print-shift", "target": target}).encode())
    told = json.loads(answer[1].splitlines()[-1])["answer"]
    assert told["document"]["file"] == "/somewhere/shift.pdf"
    first = ask(*house, "GET", f"/outgoing/{told['outgoing']}")
    assert (first[0].status, b"%PDF" in first[1]) == (200, True)
    assert ask(*house, "GET", f"/outgoing/{told['outgoing']}")[0].status == 404


def test_health_says_how_every_check_and_room_is(house: tuple[Path, str]) -> None:
    health = document(ask(*house, "GET", "/health"))
    assert set(health) == {
        *("status", "station", "home", "pid", "software", "started_at", "checks", "rooms", "slots", "commands", "copying"),
    }
    assert health["slots"] == {"empty": 2}
    assert {one["outcome"] for one in health["checks"]} <= {"passes", "warns"}


def test_every_command_is_described(house: tuple[Path, str]) -> None:
    described = document(ask(*house, "GET", "/openapi.json"))
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {"/commands", "/outgoing/{name}", "/events", "/slots", "/health", "/glance"}
    schema = described["paths"]["/commands"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["discriminator"]["mapping"]) == {wire.name_of(kind) for kind in KINDS}
    schemas = described["components"]["schemas"]
    for one in schema["oneOf"]:
        assert one["$ref"].rsplit("/", 1)[1] in schemas
    assert schemas["Ingest"]["properties"]["paths"]["items"] == {"type": "string", "contentEncoding": "base64"}


def test_a_newcomer_sees_every_slot_first(house: tuple[Path, str]) -> None:
    where = urlsplit(house[1])
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        request = f"GET /events HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token(house[0])}\r\n\r\n"
        connection.sendall(request.encode())
        stream = connection.makefile("rb")
        while stream.readline().strip():
            continue
        got = b""
        while not got.endswith(b"\n\n\r\n"):
            got += stream.readline()
    lines = [line for line in got.split(b"\n") if line.startswith((b"event:", b"data:"))]
    assert lines[0] == b"event: snapshot"
    assert [slot["slot"] for slot in json.loads(lines[1].removeprefix(b"data: "))["slots"]] == [1, 2]


def test_many_ask_at_once(house: tuple[Path, str]) -> None:
    answers: list[int] = []

    def work() -> None:
        answers.append(ask(*house, "POST", "/commands", b'{"command":"list-clips"}')[0].status)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [200] * 16
