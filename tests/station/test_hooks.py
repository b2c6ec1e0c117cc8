"""Webhooks: what another system is told, signed, tried again, and never waited for."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from station.hooks import ATTEMPTS, FIRST_SECONDS, LONGEST_SECONDS, pause_seconds, signature
from station.service.attending import Telling
from tests.station.stations import Station

SECRET = "one that nobody guesses"


@dataclass
class Far:
    """Another system: what it was sent, and what it answers."""

    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def documents(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def far() -> Iterator[Far]:
    system = Far()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            system.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(system.answers.pop(0) if system.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        system.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield system
        server.shutdown()
        thread.join()


@pytest.fixture
def joined(station: Station, far: Far) -> Station:
    """A station that tells the other system."""
    secret = station.folder / "keys" / "webhook.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    station.json("settings", "set", "webhook_url", f"http://127.0.0.1:{far.port}/in?of=s1")
    assert station.json("webhooks", "retry")["taken"] == 0, "the first look begins at the end of the log"
    return station


def ingest(station: Station, tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    station.json("ingest", tmp_path / "card", "--officer", "badge 004217")


def test_a_sealed_docking_is_told_signed_and_names_nobody(joined: Station, far: Far, tmp_path: Path) -> None:
    ingest(joined, tmp_path)
    assert joined.json("webhooks", "retry")["taken"] == 1
    ((headers, body),) = far.heard
    told = json.loads(body)
    sealed = joined.log()[-1]
    assert (told["event"], told["station"], told["subject"], told["entry"]) == (
        "docking-sealed",
        "s1",
        sealed["subject"],
        sealed["id"],
    )
    assert b"004217" not in body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = b64encode(hmac.new(SECRET.encode(), signed, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == told["id"]
    assert joined.json("webhooks", "list")["notices"] == []


def test_the_published_vector_of_the_signature_holds() -> None:
    """That of the libraries of Standard Webhooks; the secret there is base64."""
    secret, body = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


def test_what_is_not_taken_waits_with_its_reason_and_comes_again_under_the_same_id(
    joined: Station, far: Far, tmp_path: Path
) -> None:
    far.answers = [503]
    ingest(joined, tmp_path)
    told = joined.json("webhooks", "retry", status=6)
    (notice,) = told["notices"]
    assert (notice["state"], notice["attempts"], notice["reason"]) == ("waiting", 1, "answer 503")
    assert notice["next_try_at"] > notice["queued_at"]
    assert joined.json("webhooks", "retry", notice["id"])["notices"] == []
    assert [headers["webhook-id"] for headers, _ in far.heard] == [notice["id"]] * 2


def test_who_says_gone_is_not_asked_again_until_somebody_wants_it(joined: Station, far: Far) -> None:
    far.answers = [410]
    (notice,) = joined.json("webhooks", "test", status=6)["notices"]
    assert notice["state"] == "dead"
    assert joined.json("webhooks", "list")["notices"][0]["state"] == "dead"
    assert joined.json("webhooks", "retry")["taken"] == 1


def test_the_pause_doubles_and_ends() -> None:
    pauses = [pause_seconds(attempts) for attempts in range(1, ATTEMPTS)]
    assert pauses[:3] == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS]
    assert max(one for one in pauses if one is not None) == LONGEST_SECONDS
    assert pause_seconds(ATTEMPTS) is None


def test_the_service_tells_by_itself_and_a_dead_system_keeps_nobody_waiting(joined: Station, far: Far, tmp_path: Path) -> None:
    far.answers = [500]
    ingest(joined, tmp_path)
    rooms = joined.rooms()
    try:
        duty = Telling(rooms)
        duty.turn(threading.Event())
        duty.turn(threading.Event())  # what waits for its next try is left alone
    finally:
        rooms.close()
    assert len(far.heard) == 1


def test_events_are_those_that_the_settings_name(joined: Station, far: Far, tmp_path: Path) -> None:
    joined.json("settings", "set", "webhook_events", "sample-drawn")
    ingest(joined, tmp_path)
    joined.json("samples", "draw", "1")
    joined.json("webhooks", "retry")
    assert [one["event"] for one in far.documents] == ["sample-drawn"]


@pytest.mark.parametrize(
    ("url", "rule"),
    [("http://elsewhere.example/in", "https"), ("https://user:word@elsewhere.example/", "password"), ("nonsense", "https")],
)
def test_an_address_that_would_carry_it_readable_is_none(station: Station, url: str, rule: str) -> None:
    error = station.json("settings", "set", "webhook_url", url, status=2)
    assert error["code"] == "settings-invalid"
    assert rule in error["message"]


def test_a_secret_that_others_can_read_is_none(joined: Station) -> None:
    (joined.folder / "keys" / "webhook.secret").chmod(0o644)
    error = joined.json("webhooks", "test", status=5)
    assert error["code"] == "webhook-secret-unusable"
    assert SECRET not in error["message"]
