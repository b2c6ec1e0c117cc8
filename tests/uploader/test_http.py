"""The way out: what it refuses to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servers import faulty
from tests.servers.faulty import Answered, Asked, Faulty, Onward
from uploader.errors import StoreUnreachable, StoreUnusable
from uploader.http import Body, Http, HttpLimits, Trust

LIMITS = HttpLimits(connect=5, silence=5)


def certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def answering(asked: Asked, onward: Onward) -> Answered:
    return Answered(200, {"Set-Cookie": "a=b"}, b"well")


@pytest.fixture
def server() -> Iterator[Faulty]:
    with faulty.before("http://127.0.0.1:9") as running:
        running.rule = answering
        yield running


def test_the_certificate_must_chain_to_the_chosen_authority(tmp_path: Path) -> None:
    ours, other, elsewhere = (
        certificate(tmp_path, "127.0.0.1"),
        certificate(tmp_path, "127.0.0.2"),
        certificate(tmp_path, "127.0.0.3"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours)
    with faulty.before("http://127.0.0.1:9", context) as running:
        running.rule = answering
        with Http(running.endpoint, "store", LIMITS, Trust(ca_file=str(ours)), 1) as http:
            assert http.request("GET", "/", {}).untrusted_body == b"well"
        for authority in (str(other), ""):
            with (
                Http(running.endpoint, "store", LIMITS, Trust(ca_file=authority), 1) as http,
                pytest.raises(StoreUnreachable) as raised,
            ):
                http.request("GET", "/", {})
            assert str(raised.value.fields["rule"]).startswith("TLS: ")
    context.load_cert_chain(elsewhere)
    with (
        faulty.before("http://127.0.0.1:9", context) as running,
        Http(running.endpoint, "store", LIMITS, Trust(ca_file=str(elsewhere)), 1) as http,
        pytest.raises(StoreUnreachable),  # trusted, but another host's
    ):
        http.request("GET", "/", {})


def test_an_authority_file_that_is_not_there(tmp_path: Path) -> None:
    with (
        Http("https://127.0.0.1:9", "store", LIMITS, Trust(ca_file=str(tmp_path / "none")), 1) as http,
        pytest.raises(StoreUnreachable),
    ):
        http.request("GET", "/", {})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "city.example",
        "ftp://city.example",
        "https://",
        "https://user:secret@city.example",
        "https://city.example/path",
        "https://city.example?query",
        "https://city.example:port",
        "http://city.example",
        "http://192.0.2.1:8333",
    ],
)
def test_addresses_that_will_not_do(address: str) -> None:
    with pytest.raises(StoreUnusable) as raised:
        Http(address, "store", LIMITS, Trust(), 1)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["https://city.example", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://h:1/"]
)
def test_addresses_that_will_do(address: str) -> None:
    Http(address, "store", LIMITS, Trust(), 1).close()
    Http("http://city.example", "store", LIMITS, Trust(allow_plain=True), 1).close()


def test_redirects_are_not_followed_and_cookies_not_kept(server: Faulty) -> None:
    with Http(server.endpoint, "store", LIMITS, Trust(), 1) as http:
        http.request("GET", "/", {})
        server.rule = lambda asked, onward: Answered(307, {"Location": f"{server.endpoint}/elsewhere"}, b"")
        assert http.request("PUT", "/", {"authorization": "secret"}, b"data").status == 307
    assert [asked.path for asked in server.seen] == ["/", "/"]
    assert "Cookie" not in server.seen[1].headers


def test_nothing_is_taken_from_the_environment(server: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Http(server.endpoint, "store", LIMITS, Trust(), 1) as http:
        assert http.request("GET", "/", {}).status == 200
    assert "Authorization" not in server.seen[0].headers


def test_a_body_goes_out_whole_in_blocks_that_are_told(server: Faulty) -> None:
    data = bytes(range(256)) * 1000
    received: list[bytes] = []

    def keep(asked: Asked, onward: Onward) -> Answered:
        received.append(asked.body)
        return Answered(200, {}, b"")

    server.rule = keep
    told: list[int] = []
    with Http(server.endpoint, "store", LIMITS, Trust(), 1) as http:
        http.request("PUT", "/", {}, Body(memoryview(data), told.append))
    assert received == [data]
    assert sum(told) == len(data)
    assert len(told) > 1
    assert server.seen[0].headers["Content-Length"] == str(len(data))


def test_nobody_listens() -> None:
    with Http("http://127.0.0.1:9", "store", LIMITS, Trust(), 1) as http, pytest.raises(StoreUnreachable) as raised:
        http.request("GET", "/", {})
    assert raised.value.fields == {"store": "store", "rule": "Connection refused"}
