"""The witness's server: one path, strict bounds, nothing else.

The standard library's threading server, because one small request in seconds needs no more. What it bounds: connections at a
time, seconds a connection lives (a client that sends a byte now and then is cut off), bytes of a request. It speaks TLS with
a certificate of its own, in the connection's thread, so that nobody's handshake holds up the others; without a certificate it
listens on this machine only, for a front proxy that holds one. Requests need no secret: a checkpoint proves itself.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evidence.custody.cosignature import cosign
from evidence.errors import Exit
from station.home import StationError
from station.witness.home import WitnessDamaged, WitnessHome, empty
from station.witness.judging import Malformed, Refused, judge, read

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
PLAIN_TYPE = "text/plain; charset=utf-8"


class ListenFailed(StationError):
    """The witness cannot listen there. Fields: ``listen``, ``rule``."""

    code = "listen-failed"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a request's body, connections at a time, seconds of silence and of a connection's whole life."""

    body: int = 16 << 10
    connections: int = 32
    silence: float = 10.0
    life: float = 30.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate chain and private key of the server, PEM files."""

    chain: Path
    key: Path


Told = Callable[[str, int, int | None], None]
"""Told of each judged request: origin, status, the size that was asked for."""


class Witness:
    """Judges requests against one home."""

    def __init__(self, home: WitnessHome, now: Callable[[], float] = time.time) -> None:
        self._home = home
        self._name = home.vkey().name
        self._key = home.key()
        self._now = now
        home.sweep()

    def answer(self, untrusted_body: bytes) -> tuple[int, str, str]:
        """Status, content type and body for one request. Raises ``WitnessDamaged`` and ``OSError``: then nothing is cosigned."""
        try:
            request = read(untrusted_body)
        except Malformed as error:
            return HTTPStatus.BAD_REQUEST, PLAIN_TYPE, f"{error}\n"
        with self._home.exclusive():
            log = self._home.log(request.head.origin)
            if log is None:
                return HTTPStatus.NOT_FOUND, PLAIN_TYPE, "this log is not known here\n"
            refused = judge(request, log.keys, log.head or empty(log.origin))
            if refused is not None:
                return _refusal(refused)
            if request.head != log.head:
                self._home.keep(request.head, request.untrusted_note)
            line = cosign(self._name, self._key, request.untrusted_note, int(self._now()))
        return HTTPStatus.OK, PLAIN_TYPE, f"{line}\n"


def _refusal(refused: Refused) -> tuple[int, str, str]:
    if refused.size is not None:
        return refused.status, SIZE_TYPE, f"{refused.size}\n"
    return refused.status, PLAIN_TYPE, f"{HTTPStatus(refused.status).phrase}\n"


class Server(ThreadingHTTPServer):
    """The listening socket and its connections."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        listen: str,
        witness: Witness,
        certificate: Certificate | None = None,
        limits: Limits = Limits(),
        told: Told = lambda _origin, _status, _size: None,
    ) -> None:
        """``listen`` is HOST:PORT, port 0 for any. Raises :class:`ListenFailed`."""
        host, port = _address(listen)
        if certificate is None and not _here(host):
            raise ListenFailed(
                listen=listen, rule="a certificate to listen beyond this machine, or a proxy in front that has one"
            )
        self._tls = None if certificate is None else _context(certificate, listen)
        self.witness, self.limits, self.told = witness, limits, told
        self._places = threading.BoundedSemaphore(limits.connections)
        self._alive: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise ListenFailed(listen=listen, rule=error.strerror or str(error)) from error

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = str(self.server_address[0]), int(self.server_address[1])
        return f"{'http' if self._tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's signature
        """Give a connection a thread, or close it at once when too many are open."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._alive[request] = time.monotonic() + self.limits.life
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's signature
        """Serve a connection in its thread, and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._alive.pop(request, None)
            self._places.release()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's signature
        """Speak TLS first, where there is a certificate."""
        request.settimeout(self.limits.silence)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request.dup(), server_side=True) as secured:
            super().finish_request(secured, client_address)

    def service_actions(self) -> None:
        """Twice a second: cut off connections that lived too long."""
        now = time.monotonic()
        with self._lock:
            for connection in [one for one, until in self._alive.items() if until < now]:
                del self._alive[connection]
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it has gone by itself

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's signature
        """A connection that broke is the client's affair: there is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "evidence-station-witness"
    sys_version = ""
    server: Server

    def do_POST(self) -> None:  # http.server's name
        if self.path != PATH:
            self._say(HTTPStatus.NOT_FOUND, PLAIN_TYPE, f"only POST {PATH}\n", close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or "Transfer-Encoding" in self.headers:
            self._say(HTTPStatus.LENGTH_REQUIRED, PLAIN_TYPE, "a length is required\n", close=True)
            return
        if len(length) > 9 or int(length) > self.server.limits.body:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, PLAIN_TYPE, "too long\n", close=True)
            return
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
            return
        try:
            status, kind, said = self.server.witness.answer(body)
        except (WitnessDamaged, OSError):
            status, kind, said = HTTPStatus.INTERNAL_SERVER_ERROR, PLAIN_TYPE, "the witness cannot keep this\n"
        self._told(body, status)
        self._say(status, kind, said)

    def _say(self, status: int, kind: str, text: str, *, close: bool = False) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _told(self, untrusted_body: bytes, status: int) -> None:
        try:
            head = read(untrusted_body).head
        except Malformed:
            self.server.told("", status, None)
        else:
            self.server.told(head.origin, status, head.size)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  # http.server's signature
        """Nothing: what was judged is told through the server."""


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535 or not host:
        raise ListenFailed(listen=listen, rule="HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(certificate: Certificate, listen: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate.chain, certificate.key, password=lambda: b"")
    except (OSError, ValueError) as error:  # ssl's errors are OSError
        raise ListenFailed(listen=listen, rule=f"a certificate and its key in PEM ({error})") from error
    return context
