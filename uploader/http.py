"""HTTP out: the only module that speaks to the network.

Rules kept here: every wait has an end; TLS certificates are verified, and plain HTTP reaches this machine only unless it was
allowed; no redirect is followed, no cookie kept, no proxy, ``.netrc`` or certificate taken from the environment; an answer is
read up to a limit; a connection that is silent for a while is kept, because on a link that comes and goes TCP resumes what a
new connection would have to send again.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from threading import Timer
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from uploader.errors import StoreUnreachable, StoreUnusable

BLOCK = 1 << 16
"""Bytes handed to a connection at a time: how finely progress is told."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Time-outs in seconds, sizes in bytes.

    ``silence`` ends a connection on which nothing moves. Measured: one of 8 s makes a 30 s outage cost more than waiting does.
    ``whole`` ends a connection that long after its first request, whatever moves on it; None: never, as large bodies need.
    """

    connect: float = 10.0
    silence: float = 100.0
    answer: int = 8 << 20
    whole: float | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe and who we are, in TLS. Paths of PEM files; empty: the system's authorities, no certificate of ours."""

    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    allow_plain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    untrusted_body: bytes


class Body:
    """Bytes on their way out, handed over block by block so that somebody can be told."""

    def __init__(self, data: memoryview, told: Callable[[int], None]) -> None:
        self._data = data
        self._told = told
        self._at = 0

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[memoryview]:
        while block := self.read(BLOCK):
            yield block

    def read(self, size: int = -1) -> memoryview:
        """The next block, empty at the end."""
        end = len(self._data) if size < 0 else min(self._at + size, len(self._data))
        block = self._data[self._at : end]
        self._at = end
        if block:
            self._told(len(block))
        return block


class Http:
    """Requests to one server."""

    def __init__(self, base_url: str, name: str, limits: HttpLimits, trust: Trust, connections: int) -> None:
        """``base_url`` is scheme, host and port. Raises ``StoreUnusable`` where the rules above forbid it."""
        self._base = _checked(base_url, name, allow_plain=trust.allow_plain)
        self._name = name
        self._limits = limits
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._session.verify = trust.ca_file or True
        self._session.cert = (trust.certificate, trust.key) if trust.certificate else None
        adapter = _Adapter(limits, connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    @property
    def host(self) -> str:
        """Host and port, as the ``Host`` header says them."""
        return urlsplit(self._base).netloc

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | Body = b"") -> Answer:
        """One request; ``target`` is path and query, encoded. Raises ``StoreUnreachable`` when no whole answer came."""
        begun = time.monotonic()
        with self._sent(method, target, headers, body) as response:
            received = bytearray()
            for block in response.iter_content(BLOCK):
                received += block
                if len(received) > self._limits.answer:
                    raise StoreUnreachable(store=self._name, rule=f"an answer of more than {self._limits.answer} bytes")
            if self._limits.whole is not None and time.monotonic() - begun > self._limits.whole:
                raise StoreUnreachable(store=self._name, rule=f"no whole answer in {self._limits.whole:g} s")
            return Answer(response.status_code, _lower(response.headers), bytes(received))

    @contextmanager
    def stream(self, target: str, headers: Mapping[str, str]) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """A GET whose body is read block by block. The answer's own body is empty."""
        with self._sent("GET", target, headers, b"") as response:
            yield Answer(response.status_code, _lower(response.headers), b""), response.iter_content(BLOCK)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _sent(self, method: str, target: str, headers: Mapping[str, str], body: bytes | Body) -> Iterator[requests.Response]:
        try:
            response = self._session.request(
                method,
                self._base + target,
                data=body or None,  # type: ignore[arg-type]  # a Body reads like a file, which requests takes at run time
                headers={**headers, "Accept-Encoding": "identity", "User-Agent": "evidence-station"},
                timeout=(self._limits.connect, self._limits.silence),
                allow_redirects=False,
                stream=True,
            )
            with response:
                yield response
        except (requests.RequestException, HTTPError, OSError) as error:
            raise StoreUnreachable(store=self._name, rule=_why(error)) from error


class _Patient:
    """Once the headers are out, the time-out of connecting no longer applies: a silent moment while sending is no failure."""

    silence: float
    whole: float | None
    sock: socket.socket | None

    def endheaders(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401  # http.client's signature
        super().endheaders(*arguments, **keywords)  # type: ignore[misc]  # the connection class it is mixed into has it
        if self.sock is not None:
            self.sock.settimeout(self.silence)
            if self.whole is not None:
                end = Timer(self.whole, _cut, (self.sock,))
                end.daemon = True
                end.start()


def _cut(sock: socket.socket) -> None:
    """End a connection from another thread. The plain shutdown, since that of TLS would take the session from under its reader."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    def __init__(self, limits: HttpLimits, connections: int) -> None:
        self._limits = limits
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=False)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401  # requests declares it so
        options = [
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._limits.silence * 1000)),
            # Less in the kernel's own queue: progress is told when bytes leave, not when they are buffered.
            (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 2 * BLOCK),
        ]
        super().init_poolmanager(*arguments, **keywords, socket_options=options, blocksize=BLOCK)
        patience = {"silence": self._limits.silence, "whole": self._limits.whole}
        plain = type("_Plain", (_Patient, HTTPConnection), patience)
        tls = type("_Tls", (_Patient, HTTPSConnection), patience)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


def _checked(base_url: str, name: str, *, allow_plain: bool) -> str:
    address = urlsplit(base_url)
    try:
        whole = address.hostname is not None and (address.port is None or address.port > 0)
    except ValueError:
        whole = False
    if not whole or address.scheme not in {"http", "https"} or address.username or address.path.strip("/") or address.query:
        raise StoreUnusable(store=name, rule="an address of the form https://host[:port]")
    if address.scheme == "http" and not allow_plain and not _on_this_machine(address.hostname or ""):
        raise StoreUnusable(store=name, rule="https: plain http would carry evidence readable over the link")
    return f"{address.scheme}://{address.netloc}"


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _why(error: BaseException) -> str:
    """What to say about a failed request: the innermost reason, and nothing that was sent."""
    match error:
        case requests.exceptions.SSLError():
            return f"TLS: {_innermost(error)}"
        case requests.ConnectTimeout():
            return "no connection in time"
        case requests.Timeout() | TimeoutError():
            return "silent for too long"
        case _:
            return _innermost(error)


def _innermost(error: BaseException) -> str:
    seen = {id(error)}
    while (cause := error.__cause__ or error.__context__ or _reason(error)) is not None and id(cause) not in seen:
        seen.add(id(cause))
        error = cause
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _reason(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, BaseException) else None
