"""Whom the service tells what: closed without token and session, open at the board, and of a clip nothing to whoever may not see it."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest

from station import httpclient
from station.home import Home
from tests.station.service.serving import Hatchery, token
from tests.station.service.staffed import ADMINISTRATOR, OTHER, RECORDER, SUPERVISOR, Desk, staff

NOBODY = "0197f000-0000-7000-8000-000000000000"
BOARD = ("/health", "/slots", "/glance", "/v1/health", "/v1/slots")


@pytest.fixture(scope="module")
def desk(made_home: Path, hatchery: Hatchery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("staffed") / "home"
    shutil.copytree(made_home, home)
    clips = staff(Home(home))
    hatchery.client(home, None)
    found = httpclient.address(Home(home))
    assert found is not None
    yield Desk(home, found.url, clips)
    hatchery.stop(home)


# The door


@pytest.mark.parametrize("path", [*BOARD, "/events", "/v1/events", "/v1/clips", "/v1/openapi.json", "/outgoing/x"])
def test_without_the_token_nothing_is_answered(desk: Desk, path: str) -> None:
    status, _, problem = desk.call("GET", path, Authorization="")
    assert (status, problem["code"]) == (401, "request-unauthorised")
    assert desk.call("GET", path, Authorization="Bearer no")[0] == 401


@pytest.mark.parametrize("path", BOARD)
def test_the_board_is_there_for_whoever_stands_before_it(desk: Desk, path: str) -> None:
    """The kiosk shows it while nobody is signed in: the token of the service's group is all it has."""
    assert desk.call("GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/v1/events", "/v1/clips", "/v1/status", "/v1/alarms", "/v1/jobs/" + NOBODY])
def test_whatever_is_about_footage_or_the_log_wants_a_session(desk: Desk, path: str) -> None:
    status, _, problem = desk.call("GET", path)
    assert (status, problem["code"]) == (401, "not-signed-in")


def test_long_work_is_refused_before_it_begins(desk: Desk) -> None:
    assert desk.call("POST", "/v1/verification", {})[2]["code"] == "not-signed-in"
    status, _, problem = desk.call("POST", "/v1/disposals/run", {}, desk.sign_in(RECORDER))
    assert (status, problem["code"]) == (403, "permission-denied")


# Tickets


def test_who_may_not_see_a_clip_gets_no_ticket(desk: Desk) -> None:
    clip, other = desk.clips[RECORDER], desk.sign_in(OTHER)
    status, _, problem = desk.call("POST", f"/v1/clips/{clip}/tickets", {}, other)
    assert (status, problem["code"]) == (403, "clip-out-of-reach")
    assert desk.call("GET", f"/v1/clips/{clip}", session=other)[0] == 403
    assert desk.call("POST", f"/v1/clips/{clip}/tickets", {}, desk.sign_in(RECORDER))[0] == 201


def test_a_ticket_ends_with_its_session(desk: Desk) -> None:
    session = desk.sign_in(RECORDER)
    _, _, ticket = desk.call("POST", f"/v1/clips/{desk.clips[RECORDER]}/tickets", {}, session)
    assert desk.call("GET", ticket["url"], Authorization="")[:3:2] == (200, b"footage of 004567")
    assert desk.call("GET", ticket["url"], session=desk.sign_in(OTHER))[2]["code"] == "ticket-invalid"
    desk.call("POST", "/v1/sessions/end", {"session": session}, session)
    assert desk.call("GET", ticket["url"], Authorization="")[2]["code"] == "ticket-invalid"


def test_a_clip_that_is_restricted_is_closed_to_its_own_recorder_too(desk: Desk) -> None:
    for who in (OTHER, SUPERVISOR):
        status, _, problem = desk.call("POST", f"/v1/clips/{desk.clips[OTHER]}/tickets", {}, desk.sign_in(who))
        assert (status, problem["code"]) == (403, "clip-restricted")


# Events


@contextmanager
def listening(desk: Desk, session: str) -> Iterator[BinaryIO]:
    """The stream of events in a session, from now on."""
    where = urlsplit(desk.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        told = f"Authorization: Bearer {token(desk.home)}\r\nX-Evidence-Session: {session}\r\n"
        connection.sendall(f"GET /v1/events HTTP/1.1\r\nHost: {where.netloc}\r\n{told}\r\n".encode())
        stream = connection.makefile("rb")
        assert heard(stream)["resumed"] is False
        yield stream


def heard(stream: BinaryIO) -> Any:  # noqa: ANN401  # what JSON can hold
    """The document of the next event."""
    while line := stream.readline():
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


def test_of_a_clip_out_of_reach_no_event_is_told(desk: Desk) -> None:
    hidden, administrator = desk.clips[OTHER], desk.sign_in(ADMINISTRATOR)
    clip, supervisor = desk.clips[RECORDER], desk.sign_in(SUPERVISOR)
    with listening(desk, desk.sign_in(RECORDER)) as recorder, listening(desk, desk.sign_in(OTHER)) as other:
        desk.call("POST", f"/v1/clips/{hidden}/tickets", {}, supervisor)
        assert desk.call("PATCH", f"/v1/clips/{clip}", {"note": "a red car"}, supervisor)[0] == 200
        desk.call("PUT", "/v1/settings/probe_seconds", {"value": "22"}, administrator)
        told = {"recorder": until_settings(recorder), "other": until_settings(other)}
    assert clip in json.dumps(told["recorder"])
    assert clip not in json.dumps(told["other"])
    assert hidden not in json.dumps(told), "it is restricted: of the refusal they are told nothing either"


def until_settings(stream: BinaryIO) -> list[Any]:
    """What is told until a setting was changed."""
    found = [heard(stream)]
    while found[-1].get("act") != "settings-changed":
        found.append(heard(stream))
    return found


def test_a_stream_ends_with_its_session(desk: Desk) -> None:
    session = desk.sign_in(RECORDER)
    with listening(desk, session) as stream:
        desk.call("POST", "/v1/sessions/end", {"session": session}, session)
        while stream.readline():
            """What was told before."""


# Links


def test_a_link_sends_a_browser_to_the_window_and_tells_nothing(desk: Desk) -> None:
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Authorization": ""}
    for clip in (desk.clips[RECORDER], NOBODY):
        status, headers, body = desk.call("GET", f"/go/clips/{clip}", **page)
        assert (status, headers["Location"], body) == (302, f"evidence-station:s1/clips/{clip}", b"")
    assert desk.call("GET", "/go/clips/nothing", **page)[0] == 404


def test_a_program_is_told_where_a_link_leads_when_it_may_see_the_clip(desk: Desk) -> None:
    clip = desk.clips[RECORDER]
    for more in ({"Authorization": ""}, {}):
        status, _, problem = desk.call("GET", f"/go/clips/{clip}", **more)
        assert (status, problem["code"]) == (401, "not-signed-in")
    assert desk.call("GET", f"/go/clips/{clip}", session=desk.sign_in(OTHER))[2]["code"] == "clip-out-of-reach"
    status, _, told = desk.call("GET", f"/go/clips/{clip}", session=desk.sign_in(RECORDER))
    assert (status, told["clip"], told["resource"]) == (200, clip, f"/v1/clips/{clip}")
