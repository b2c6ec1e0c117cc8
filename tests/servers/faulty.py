"""A man in the middle for tests: passes HTTP requests on to a real store, except where a test tells it to misbehave.

It answers on loopback. A test's rule sees every request and chooses what is done with it; the real server behind stays as it
is, so what it then holds can be checked.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on its way: ``query`` holds the first value of each parameter."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def part(self) -> int:
        """Number of the part it carries; 0 for other requests."""
        return int(self.query.get("partNumber", "0")) if self.method == "PUT" else 0

    @property
    def completes(self) -> bool:
        """Whether it is CompleteMultipartUpload."""
        return self.method == "POST" and "uploadId" in self.query


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes


class DroppedLine(Exception):
    """Raised by a rule: the connection is closed without an answer."""


Onward = Callable[[Asked], Answered]
Rule = Callable[[Asked, Onward], Answered]


def honest(asked: Asked, onward: Onward) -> Answered:
    """Pass it on."""
    return onward(asked)


def error(status: int, code: str) -> Answered:
    """An S3 error."""
    return Answered(
        status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code><Message>told to</Message></Error>".encode()
    )


def flipped(asked: Asked) -> Asked:
    """The request with one bit of its body turned over."""
    body = bytearray(asked.body)
    body[len(body) // 2] ^= 0x10
    return replace(asked, body=bytes(body))


@dataclass(slots=True)
class Faulty:
    """A running proxy. ``rule`` may be changed at any time; ``seen`` are the requests so far, without their bodies."""

    upstream: str
    endpoint: str = ""
    rule: Rule = honest
    seen: list[Asked] = field(default_factory=list)
    drop_after: int | None = None
    """When set, the next request body is read only so far, then the line drops."""
    _lock: Lock = field(default_factory=Lock)

    def parts_sent(self) -> list[int]:
        """Numbers of the parts that were sent, in order."""
        return [asked.part for asked in self.seen if asked.part]

    def note(self, asked: Asked) -> None:
        with self._lock:
            self.seen.append(replace(asked, body=b""))

    def onward(self, asked: Asked) -> Answered:
        """Ask the real server."""
        address = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request(asked.method, asked.path, asked.body or None, asked.headers)
            response = connection.getresponse()
            return Answered(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


@contextmanager
def before(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[Faulty]:
    """A proxy before a server."""
    proxy = Faulty(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            if length and (limit := proxy.drop_after) is not None:
                proxy.drop_after = None
                self.rfile.read(limit)
                self._drop()
                return
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}
            asked = Asked(self.command, self.path, query, dict(self.headers.items()), self.rfile.read(length))
            proxy.note(asked)
            try:
                answered = proxy.rule(asked, proxy.onward)
            except DroppedLine:
                self._drop()
                return
            self.send_response_only(answered.status)
            for name, value in answered.headers.items():
                if name.lower() not in {"transfer-encoding", "connection", "content-length"} or asked.method == "HEAD":
                    self.send_header(name, value)
            if asked.method != "HEAD":
                self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            if asked.method != "HEAD":
                self.wfile.write(answered.body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815  # http.server's names

        def _drop(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed, or refused our certificate

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    proxy.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
