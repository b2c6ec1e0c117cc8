"""Other systems over TLS, with certificates as openssl makes them: who is let in, how far, and what the log says of it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from station import httpclient
from station.client import InProcess
from station.commands import Command, Custody, Ingest, ListClips
from station.commands.clients import AdmitClient, RevokeClient
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from tests.servers.pki import Authority, Issued
from tests.station.service.serving import Serving, token


@dataclass
class House:
    """A service with a door for other systems."""

    home: Path
    authority: Authority
    folder: Path
    url: str

    def ask(self, command: Command) -> dict[str, Any]:
        """Over this machine's own door."""
        found = httpclient.address(Home(self.home))
        assert found is not None
        document: dict[str, Any] = json.loads(json.dumps(httpclient.HttpClient(Home(self.home), found).call(command).document))
        return document

    def admit(self, who: Issued, name: str, *scopes: str, rate: int = 6000) -> None:
        self.ask(AdmitClient(name, f"sha256:{who.fingerprint}", "clerk", scopes, rate))

    def call(self, who: Issued | None, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        """As another system: status, headers, document."""
        trusted = ssl.create_default_context(cafile=str(self.authority.certificate))
        if who is not None:
            trusted.load_cert_chain(who.certificate, who.key)
        where = urlsplit(self.url)
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=30, context=trusted)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**({"Content-Type": "application/json"} if body else {}), **given})
            response = connection.getresponse()
            data = response.read()
            kind = response.headers["Content-Type"] or ""
            return response.status, response.headers, json.loads(data) if "json" in kind else data
        finally:
            connection.close()


def taken(folder: Path) -> None:
    """The home in a folder has taken a clip."""
    (folder / "card").mkdir()
    (folder / "card" / "a.mp4").write_bytes(b"footage")
    rooms = Rooms.open(Home(folder / "home"))
    InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(folder / "card"),)))
    rooms.close()


@pytest.fixture(scope="module")
def house(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(made_home, folder / "home")
    taken(folder)
    authority = Authority(folder / "pki", "Force CA")
    own = authority.issue("station", server=True)
    with (folder / "home" / "station.toml").open("a", encoding="utf-8") as file:
        for name, value in (
            ("api_tls_certificate", own.certificate),
            ("api_tls_key", own.key),
            ("api_client_ca", authority.certificate),
            ("api_listen", "127.0.0.1:0"),
        ):
            file.write(f'{name} = "{value}"\n')
    serving = Serving(folder / "home")
    serving.ready()
    told = json.loads((folder / "home" / "run" / "service.json").read_text(encoding="utf-8"))
    yield House(folder / "home", authority, folder, told["outside"])
    assert serving.stop()[0] == 0


@pytest.fixture(scope="module")
def dispatch(house: House) -> Issued:
    """A system that may read clips and play them."""
    issued = house.authority.issue("dispatch")
    house.admit(issued, "dispatch", "clips:read", "media:read")
    return issued


def test_a_system_that_was_let_in_reads_what_its_scopes_say(house: House, dispatch: Issued) -> None:
    status, headers, page = house.call(dispatch, "GET", "/v1/clips?limit=1")
    assert (status, len(page["items"])) == (200, 1)
    assert headers["Strict-Transport-Security"]
    status, _, problem = house.call(dispatch, "GET", "/v1/custody")
    assert (status, problem["code"], problem["fields"]["scope"]) == (403, "scope-missing", "custody:read")
    body = b'{"note":"written from outside"}'
    assert house.call(dispatch, "PATCH", f"/v1/clips/{page['items'][0]['id']}", body)[2]["code"] == "scope-missing"


def test_it_plays_footage_with_its_ticket_and_nobody_else_does(house: House, dispatch: Issued) -> None:
    clip = house.ask(ListClips())["clips"][0]
    status, _, ticket = house.call(dispatch, "POST", f"/v1/clips/{clip['id']}/tickets", b"{}")
    assert status == 201
    status, headers, data = house.call(dispatch, "GET", ticket["url"], Range="bytes=0-3")
    assert (status, headers["Content-Range"], len(data)) == (206, f"bytes 0-3/{clip['size']}", 4)
    other = house.authority.issue("thief")
    house.admit(other, "thief", "media:read")
    assert house.call(other, "GET", ticket["url"])[2]["code"] == "ticket-invalid"


@pytest.mark.parametrize("path", ["/commands", "/health", "/slots", "/events", "/openapi.json", "/outgoing/x", "/"])
def test_nothing_but_the_resources_is_there(house: House, dispatch: Issued, path: str) -> None:
    assert house.call(dispatch, "GET", path)[0] == 404


def test_the_token_of_this_machine_opens_nothing_here(house: House) -> None:
    stranger = house.authority.issue("with-a-token")
    status, _, problem = house.call(stranger, "GET", "/v1/clips", Authorization=f"Bearer {token(house.home)}")
    assert (status, problem["code"], problem["fields"]["fingerprint"]) == (403, "client-unknown", stranger.fingerprint)


def test_without_a_certificate_there_is_no_conversation(house: House) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        house.call(None, "GET", "/v1/clips")


def test_a_certificate_of_another_authority_ends_the_handshake(house: House) -> None:
    foreign = Authority(house.folder / "foreign", "Force CA").issue("dispatch")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        house.call(foreign, "GET", "/v1/clips")


def test_a_certificate_that_expired_ends_the_handshake(house: House) -> None:
    late = house.authority.issue("late", days=-1)
    house.admit(late, "late", "clips:read")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        house.call(late, "GET", "/v1/clips")


def test_a_system_that_is_revoked_is_out_with_its_next_request(house: House) -> None:
    former = house.authority.issue("former")
    house.admit(former, "former", "clips:read")
    assert house.call(former, "GET", "/v1/clips")[0] == 200
    house.ask(RevokeClient("former", "its contract ended"))
    assert house.call(former, "GET", "/v1/clips")[2]["code"] == "client-unknown"


def test_a_system_is_known_by_the_subject_of_its_certificates_too(house: House) -> None:
    house.ask(AdmitClient("renewing", "subject:CN=renewing,O=Force", "clerk", ("clips:read",)))
    assert house.call(house.authority.issue("renewing"), "GET", "/v1/clips")[0] == 200


def test_who_calls_too_often_waits(house: House) -> None:
    eager = house.authority.issue("eager")
    house.admit(eager, "eager", "clips:read", rate=12)
    answers = [house.call(eager, "GET", "/v1/clips?limit=1") for _ in range(4)]
    assert [status for status, _, _ in answers][:2] == [200, 200]
    status, headers, problem = answers[-1]
    assert (status, problem["code"], problem["fields"]["limit"]) == (429, "too-many-requests", 12)
    assert 1 <= int(headers["Retry-After"]) <= 5


def test_every_call_is_in_the_log_and_so_is_every_refusal(made_home: Path, tmp_path: Path) -> None:
    shutil.copytree(made_home, tmp_path / "home")
    taken(tmp_path)
    authority = Authority(tmp_path / "pki", "Force CA")
    own, caller = authority.issue("station", server=True), authority.issue("dispatch")
    foreign = Authority(tmp_path / "foreign", "Another CA").issue("dispatch")
    with (tmp_path / "home" / "station.toml").open("a", encoding="utf-8") as file:
        file.write(f'api_tls_certificate = "{own.certificate}"\napi_tls_key = "{own.key}"\n')
        file.write(f'api_client_ca = "{authority.certificate}"\napi_listen = "127.0.0.1:0"\n')
    serving = Serving(tmp_path / "home")
    serving.ready()
    told = json.loads((tmp_path / "home" / "run" / "service.json").read_text(encoding="utf-8"))
    house = House(tmp_path / "home", authority, tmp_path, told["outside"])
    house.call(caller, "GET", "/v1/clips")
    house.admit(caller, "dispatch", "clips:read")
    clip = house.ask(ListClips())["clips"][0]["id"]
    house.call(caller, "GET", f"/v1/clips/{clip}")
    house.call(caller, "GET", "/v1/a-name-that-somebody-made-up")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        house.call(foreign, "GET", "/v1/clips")
    assert serving.stop()[0] == 0
    serving = Serving(tmp_path / "home")
    serving.ready()
    entries = [one for one in house.ask(Custody())["entries"] if one["type"] == "noted" and one["what"]["did"] == "called"]
    serving.stop()
    calls = [(one["what"]["client"], one["what"]["fingerprint"], call) for one in entries for call in one["what"]["calls"]]
    seen = {(client, fingerprint, call.get("path"), call.get("status")) for client, fingerprint, call in calls}
    assert (None, caller.fingerprint, None, 403) in seen
    assert ("dispatch", caller.fingerprint, f"/v1/clips/{clip}", 200) in seen
    assert ("dispatch", caller.fingerprint, None, 404) in seen
    (ended,) = [call["refused"] for client, fingerprint, call in calls if (client, fingerprint) == (None, None)]
    assert "certificate" in ended
    assert "a-name-that" not in json.dumps(entries)
