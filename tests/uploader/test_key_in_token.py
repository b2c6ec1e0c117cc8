"""A TLS client key in a PKCS#11 token, by the way that ``evidence/KEYS.md`` describes: stunnel holds the key's connection on loopback."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.borrowed import private_key_of
from evidence.hsm import TokenSigner, make_key
from tests.pieces import missing, need_program
from tests.servers import faulty
from tests.servers.faulty import Answered, Asked, Onward
from tests.servers.softhsm import Token
from tests.uploader.test_http import LIMITS, certificate
from uploader.errors import StoreUnreachable
from uploader.http import Http, Trust

KEYS = Path(__file__).parents[2] / "evidence" / "KEYS.md"


def certified(token: Token, folder: Path, label: str) -> Path:
    """A key that is made in the token and stays there, and a certificate over it."""
    make_key(token.uri(label), folder, ("ecdsa-p256-sha256",))
    signer = TokenSigner(token.uri(label), folder)
    key = private_key_of(signer)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, label)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    path = folder / f"{label}.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def tunnel(folder: Path, values: dict[str, str]) -> Iterator[int]:
    """The proxy of the page, its placeholders filled in; the port at which it listens."""
    program = need_program("stunnel4", "stunnel4")
    if not list(Path("/usr/lib").glob("*/engines-3/pkcs11.so")):
        missing("OpenSSL's PKCS#11 engine (Debian package libengine-pkcs11-openssl)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    block = re.search(r"```ini\n(.*?)```", KEYS.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None, "the page shows the proxy's configuration"
    text = block[1]
    for placeholder, value in {**values, "port": str(port)}.items():
        assert f"<{placeholder}>" in text
        text = text.replace(f"<{placeholder}>", value)
    configuration = folder / "stunnel.conf"
    configuration.write_text(f"foreground = yes\npid =\n{text}", encoding="utf-8")
    running = subprocess.Popen([program, str(configuration)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    try:
        said = []
        for line in running.stdout:
            said.append(line)
            if "Configuration successful" in line:
                break
        else:
            pytest.fail("".join(said))
        yield port
    finally:
        running.terminate()
        running.communicate()


def values(token: Token, label: str, shown: Path, authority: Path, endpoint: str) -> dict[str, str]:
    pin = token.pin.with_name("no-line-end.pin")
    pin.write_text(token.pin.read_text().rstrip())
    pin.chmod(0o600)
    return {
        "module": token.module,
        "token": token.label,
        "label": label,
        "PIN file": str(pin),
        "certificate": str(shown),
        "authority": str(authority),
        "store host": "127.0.0.1",
        "store port": endpoint.rpartition(":")[2],
    }


def test_the_store_sees_the_certificate_of_the_key_in_the_token(token: Token, tmp_path: Path) -> None:
    servers = certificate(tmp_path, "127.0.0.1")
    ours, other = certified(token, tmp_path, "tls"), certified(token, tmp_path, "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(servers)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ours)

    def answering(asked: Asked, onward: Onward) -> Answered:
        return Answered(200, {}, asked.body[::-1])

    with faulty.before("http://127.0.0.1:9", context) as running:
        running.rule = answering
        with (
            tunnel(tmp_path, values(token, "tls", ours, servers, running.endpoint)) as port,
            Http(f"http://127.0.0.1:{port}", "store", LIMITS, Trust(), 1) as http,
        ):
            body = os.urandom(300_000)
            assert http.request("PUT", "/a", {}, body).untrusted_body == body[::-1]
        with (
            tunnel(tmp_path, values(token, "other", other, servers, running.endpoint)) as port,
            Http(f"http://127.0.0.1:{port}", "store", LIMITS, Trust(), 1) as http,
            pytest.raises(StoreUnreachable),
        ):
            http.request("GET", "/", {})  # a key of the same token that the store does not know
        with (
            tunnel(tmp_path, values(token, "tls", ours, certificate(tmp_path, "127.0.0.2"), running.endpoint)) as port,
            Http(f"http://127.0.0.1:{port}", "store", LIMITS, Trust(), 1) as http,
            pytest.raises(StoreUnreachable),
        ):
            http.request("GET", "/", {})  # a store that does not chain to the authority
    elsewhere = certificate(tmp_path, "127.0.0.3")
    context.load_cert_chain(elsewhere)
    with (
        faulty.before("http://127.0.0.1:9", context) as running,
        tunnel(tmp_path, values(token, "tls", ours, elsewhere, running.endpoint)) as port,
        Http(f"http://127.0.0.1:{port}", "store", LIMITS, Trust(), 1) as http,
        pytest.raises(StoreUnreachable),
    ):
        http.request("GET", "/", {})  # a store that chains to the authority under another name
