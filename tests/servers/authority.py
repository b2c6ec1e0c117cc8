"""A real time-stamp authority for tests: OpenSSL answers, over HTTP on loopback; a test can tell it to misbehave.

Each has a root and a certificate of its own, in a folder that the test gives and that can be copied.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from evidence import der
from tests.pieces import need_program

CONFIGURATION = """
[ tsa ]
default_tsa = it
[ it ]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
{certs}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
clock_precision_digits = {digits}
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""

Answer = Callable[[bytes], bytes]
"""A reply for a query."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(slots=True)
class Authority:
    """A running authority. ``answer`` may be changed at any time; ``asked`` are the queries so far."""

    folder: Path
    answer: Answer
    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    drips: bytes = b""
    """When set: the reply never ends, it comes in these pieces, as long as somebody reads."""
    over: Event = field(default_factory=Event)

    @property
    def root(self) -> Path:
        """The root's certificate."""
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> bytes:
        """What OpenSSL answers."""
        return openssl_reply(self.folder, query)


def openssl_reply(folder: Path, query: bytes) -> bytes:
    """``openssl ts -reply`` to one query. Raises ``CalledProcessError``."""
    (folder / "query.tsq").write_bytes(query)
    command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=30)
    return (folder / "reply.tsr").read_bytes()


def openssl_verifies(message: bytes, response: bytes, root: Path, folder: Path) -> bool:
    """Whether ``openssl ts -verify`` accepts a response over a message."""
    (folder / "message").write_bytes(message)
    (folder / "response.tsr").write_bytes(response)
    command = ["openssl", "ts", "-verify", "-data", str(folder / "message"), "-in", str(folder / "response.tsr")]
    done = subprocess.run([*command, "-CAfile", str(root)], check=False, capture_output=True, timeout=30)
    return done.returncode == 0 and b"Verification: OK" in done.stdout


def openssl_signs(reply: bytes, signer: Path, folder: Path, *, names_certificate: bool = True) -> bytes:
    """A granted reply with the TSTInfo of a genuine one, signed by whatever certificate lies in the folder ``signer``.

    ``openssl ts`` only signs with certificates that are for it; ``openssl cms`` does not look.
    """
    status, token = der.read(reply)[0].inside(der.SEQUENCE)
    (folder / "token.der").write_bytes(token.whole)
    opened = ["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", str(folder / "token.der")]
    subprocess.run([*opened, "-out", str(folder / "info.der")], check=True, capture_output=True, timeout=30)
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER", "-nosmimecap"]
    command += [
        "-econtent_type",
        "1.2.840.113549.1.9.16.1.4",
        "-in",
        str(folder / "info.der"),
        "-out",
        str(folder / "forged.der"),
    ]
    command += ["-signer", str(signer / "tsa.pem"), "-inkey", str(signer / "tsa.key"), *(["-cades"] if names_certificate else [])]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return der.sequence(status.whole, (folder / "forged.der").read_bytes())


def make_authority(
    folder: Path,
    *,
    usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    days: tuple[int, int] = (-1, 3650),
    second_certificate: bool = False,
    digits: int = 0,
    kind: str = "p256",
    ess: str = "sha256",
) -> Path:
    """Root, certificate and configuration of an authority. ``days``: from when to when its certificate is valid, from today.

    ``second_certificate``: replies carry the root as well, which OpenSSL does not put into the order of DER.
    """
    need_program("openssl", "openssl")
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    root_key, key = _key("p256"), _key(kind)
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"root of {folder.name}")])
    root = (
        _builder(root_name, root_name, root_key, now - timedelta(days=3650), now + timedelta(days=7300))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    builder = _builder(name, root_name, key, now + timedelta(days=days[0]), now + timedelta(days=days[1]))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
    certificate = builder.sign(root_key, hashes.SHA256())
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    certs = "certs = root.pem" if second_certificate else ""
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(certs=certs, digits=digits, ess=ess))
    return folder


@contextmanager
def serving(folder: Path, tls: ssl.SSLContext | None = None) -> Iterator[Authority]:
    """The authority of a folder that :func:`make_authority` made, on a port of its own, over TLS if that is given."""
    made = Authority(folder, lambda query: openssl_reply(folder, query))
    handler = type("Handler", (_Handler,), {"authority": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}/tsa"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent() -> Iterator[str]:
    """Address of an authority that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/tsa"


def dead() -> str:
    """Address of an authority that nobody runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}/tsa"


class _Handler(BaseHTTPRequestHandler):
    authority: Authority

    def do_POST(self) -> None:
        it = self.authority
        query = self.rfile.read(int(self.headers["Content-Length"]))
        it.asked.append(query)
        body = b"" if it.drips else it.answer(query)
        self.send_response(it.status)
        for name, value in it.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/timestamp-reply")
        if not it.drips:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
            while it.drips:
                self.wfile.write(it.drips)
                if it.over.wait(0.05 if len(it.drips) < 100 else 0):
                    break
        except OSError:
            pass  # nobody reads any more
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def _key(kind: str) -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, first: datetime, last: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
    )
