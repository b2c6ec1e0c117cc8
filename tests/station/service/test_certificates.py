"""A person's certificate (police PKI) at the door for other systems: who it signs in, how far that reaches, and what the log says of it."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from station import httpclient
from station.client import InProcess
from station.commands.clients import AdmitClient
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from tests.servers.pki import Authority, Issued
from tests.station.service.serving import Hatchery
from tests.station.service.staffed import ADMINISTRATOR, OTHER, RECORDER, Answered, Desk, staff

PAGE = {"Accept": "text/html"}


@dataclass
class House:
    """A service with both doors, and the certificates of two officers and of a system."""

    desk: Desk
    url: str
    authority: Authority
    recorder: Issued
    other: Issued
    system: Issued

    def call(self, who: Issued, method: str, path: str, body: object = None, session: str = "", **headers: str) -> Answered:
        """Over TLS, with somebody's certificate."""
        trusted = ssl.create_default_context(cafile=str(self.authority.certificate))
        trusted.load_cert_chain(who.certificate, who.key)
        where = urlsplit(self.url)
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=60, context=trusted)
        given = {"X-Evidence-Session": session} if session else {}
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {**given, **kind, **headers})
            response = connection.getresponse()
            data = response.read()
            told = json.loads(data) if "json" in (response.headers["Content-Type"] or "") else data
            return response.status, response.headers, told
        finally:
            connection.close()

    def sign_in(self, who: Issued) -> str:
        """The session that a certificate opens."""
        status, _, told = self.call(who, "POST", "/v1/sessions", {})
        assert (status, told.get("door")) == (201, "certificate"), told
        return str(told["session"])

    def bind(self, badge: str, who: Issued | None) -> None:
        """The administrator says whose certificate it is; None: he has none."""
        pem = "" if who is None else who.certificate.read_text(encoding="ascii")
        administrator = self.desk.sign_in(ADMINISTRATOR)
        status, _, told = self.desk.call("PATCH", f"/v1/users/{badge}", {"certificate": pem}, administrator)
        assert (status, "certificate" in told["doors"]) == (200, who is not None)


@pytest.fixture(scope="module")
def house(made_home: Path, hatchery: Hatchery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("certificates")
    home = folder / "home"
    shutil.copytree(made_home, home)
    authority = Authority(folder / "pki", "Force CA")
    own, system = authority.issue("station", server=True), authority.issue("dispatch")
    rooms = Rooms.open(Home(home))
    letting_in = AdmitClient("dispatch", f"sha256:{system.fingerprint}", "clerk", ("clips:read", "people:read"), 6000)
    InProcess(Engine(rooms), rooms.operator).call(letting_in)
    rooms.close()
    clips = staff(Home(home))
    with (home / "station.toml").open("a", encoding="utf-8") as file:
        file.write(f'api_tls_certificate = "{own.certificate}"\napi_tls_key = "{own.key}"\n')
        file.write(f'api_client_ca = "{authority.certificate}"\napi_listen = "127.0.0.1:0"\n')
    hatchery.client(home, None)
    found = httpclient.address(Home(home))
    assert found is not None
    outside = json.loads((home / "run" / "service.json").read_text(encoding="utf-8"))["outside"]
    made = House(Desk(home, found.url, clips), outside, authority, authority.issue(RECORDER), authority.issue(OTHER), system)
    made.bind(RECORDER, made.recorder)
    made.bind(OTHER, made.other)
    yield made
    hatchery.stop(home)


def test_a_certificate_signs_its_bearer_in_and_he_sees_what_is_his(house: House) -> None:
    session = house.sign_in(house.recorder)
    status, _, me = house.call(house.recorder, "GET", "/v1/me", session=session)
    assert (status, me["badge"], me["role"], me["signed_in"]) == (200, RECORDER, "officer", True)
    _, _, page = house.call(house.recorder, "GET", "/v1/clips", session=session)
    assert [one["officer"] for one in page["items"]] == [RECORDER]
    assert house.call(house.recorder, "GET", "/v1/users", session=session)[2]["code"] == "permission-denied"


def test_without_a_session_a_certificate_opens_nothing_else(house: House) -> None:
    for path in ("/v1/clips", "/v1/slots", "/v1/health", "/v1/openapi.json", "/v1/events"):
        status, _, problem = house.call(house.recorder, "GET", path)
        assert (status, problem["code"]) == (401, "not-signed-in"), path
    for path in ("/health", "/slots", "/events", "/commands"):
        assert house.call(house.recorder, "GET", path)[0] == 404
    assert house.call(house.recorder, "GET", f"/go/clips/{house.desk.clips[RECORDER]}", **PAGE)[0] == 302


def test_a_session_is_worth_nothing_with_another_certificate(house: House) -> None:
    session = house.sign_in(house.recorder)
    typed = house.desk.sign_in(RECORDER)
    for who, given in ((house.other, session), (house.system, session), (house.recorder, typed), (house.recorder, session + "x")):
        status, _, problem = house.call(who, "GET", "/v1/clips", session=given)
        assert (status, problem["code"]) == (401, "not-signed-in")
    assert house.call(house.recorder, "GET", "/v1/clips", session=session)[0] == 200


def test_nobody_is_signed_in_by_a_pin_with_somebodys_certificate(house: House) -> None:
    typed = {"badge": OTHER, "secret": "583917"}
    status, _, problem = house.call(house.recorder, "POST", "/v1/sessions", typed)
    assert (status, problem["code"]) == (400, "request-malformed")


def test_a_system_keeps_its_scopes_and_signs_nobody_in(house: House) -> None:
    assert house.call(house.system, "GET", "/v1/clips")[0] == 200
    status, _, problem = house.call(house.system, "POST", "/v1/sessions", {})
    assert (status, problem["code"], problem["fields"]["scope"]) == (403, "scope-missing", "people:write")


def test_footage_plays_with_the_certificate_of_who_got_the_ticket_until_he_leaves(house: House) -> None:
    session, clip = house.sign_in(house.recorder), house.desk.clips[RECORDER]
    status, _, ticket = house.call(house.recorder, "POST", f"/v1/clips/{clip}/tickets", {}, session)
    assert status == 201
    assert house.call(house.recorder, "GET", ticket["url"])[::2] == (200, b"footage of 004567")
    assert house.call(house.other, "GET", ticket["url"])[2]["code"] == "ticket-invalid"
    assert house.call(house.recorder, "POST", "/v1/sessions/end", {"session": session}, session)[0] == 200
    assert house.call(house.recorder, "GET", ticket["url"])[2]["code"] == "ticket-invalid"


def test_whoever_is_disabled_or_has_lost_it_is_out_with_his_next_request(house: House) -> None:
    administrator, session = house.desk.sign_in(ADMINISTRATOR), house.sign_in(house.other)
    house.desk.call("PUT", f"/v1/users/{OTHER}/state", {"state": "disabled"}, administrator)
    assert house.call(house.other, "GET", "/v1/clips", session=session)[2]["code"] == "not-signed-in"
    assert house.call(house.other, "POST", "/v1/sessions", {})[2]["code"] == "sign-in-refused"
    house.desk.call("PUT", f"/v1/users/{OTHER}/state", {"state": "active"}, administrator)
    house.bind(OTHER, None)
    assert house.call(house.other, "POST", "/v1/sessions", {})[2]["code"] == "client-unknown"


def test_every_call_of_a_person_is_in_the_log_with_its_session(house: House, hatchery: Hatchery) -> None:
    session = house.sign_in(house.recorder)
    house.call(house.recorder, "GET", "/v1/me", session=session)
    house.call(house.recorder, "GET", "/v1/clips")
    hatchery.stop(house.desk.home)  # what waits is written at its end
    rooms = Rooms.open(Home(house.desk.home))
    with rooms.queries() as queries:
        noted = [one.body["what"] for one in queries.entries() if one.body["type"] == "noted"]
    rooms.close()
    number = session.partition(".")[0]
    assert {"did": "signed-in", "door": "certificate", "session": number} in noted
    mine = [one for one in noted if one["did"] == "called" and one["fingerprint"] == house.recorder.fingerprint]
    calls = [(call["path"], call["status"], call.get("session")) for one in mine for call in one["calls"]]
    assert ("/v1/me", 200, number) in calls
    assert ("/v1/sessions", 201, None) in calls
    assert RECORDER not in json.dumps(mine), "the log says of people only what it can forget"
    assert (None, 401, None) in calls
