"""What every request has to pass before anything looks at it: the right name, the token, a body of bounded size.

* ``Host`` must name the very address that is listened on. A page of some site whose name was made to resolve to 127.0.0.1 (DNS
  rebinding) sends its own name.
* ``Authorization: Bearer …`` must be the token of the file that only the service's group reads, compared in constant time. It grants
  transport, not rights: who acts, and what that person may do, is decided behind it.
* No CORS header is ever sent: no page of another origin reads an answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from evidence.errors import Exit, Fault
from station import wire
from station.home import StationError
from station.messages import fault_text

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES = 8 << 20
"""Of a request: a command with its checkpoints and certificates takes kilobytes."""


class RequestUnauthorised(StationError):
    """The token is missing or wrong."""

    code = "request-unauthorised"
    status = Exit.REFUSED


class RequestMisdirected(StationError):
    """The request was sent to another name than this service's address. Fields: ``host``."""

    code = "request-misdirected"
    status = Exit.REFUSED


class RequestTooLarge(StationError):
    """The request's body is larger than any command. Fields: ``limit``."""

    code = "request-too-large"
    status = Exit.USAGE


class Guard:
    """Stands before an application."""

    def __init__(self, app: App, token: str, hosts: frozenset[str], language: Callable[[str | None], str]) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()
        self._hosts = hosts
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        language = self._language(headers.get(b"accept-language", b"").decode("latin-1"))
        fault = self._refused(headers)
        if fault is not None:
            await _say(fault, language, send)
            return
        try:
            await self._app(scope, _Bounded(receive), send)
        except RequestTooLarge as large:
            await _say(large, language, send)

    def _refused(self, headers: dict[bytes, bytes]) -> Fault | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if host not in self._hosts:
            return RequestMisdirected(host=host[:100])
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._expected):
            return RequestUnauthorised()
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 12 or int(length) > BODY_BYTES:
            return RequestTooLarge(limit=BODY_BYTES)
        return None


class _Bounded:
    """A body that ends the request when it grows too large, whatever its length header says."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._got = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._got += len(message.get("body", b""))
        if self._got > BODY_BYTES:
            raise RequestTooLarge(limit=BODY_BYTES)
        return message


async def _say(fault: Fault, language: str, send: Send) -> None:
    body = wire.encode(wire.problem(fault, fault_text(fault.code, fault.fields, language)))
    status = wire.http_status(fault)
    headers = [
        (b"content-type", wire.PROBLEM.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-language", language.encode()),
        (b"connection", b"close"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="evidence-station"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
