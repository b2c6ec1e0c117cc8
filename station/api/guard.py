"""What every request has to pass before anything looks at it: the right name, who calls, a body of bounded size that comes in time.

* ``Host`` must name the very address that is listened on. A page of some site whose name was made to resolve to 127.0.0.1 (DNS
  rebinding) sends its own name.
* ``Authorization: Bearer …`` must be the token of the file that only the service's group reads, compared in constant time. It grants
  transport, not rights: who acts, and what that person may do, is decided behind it. A media player shows a ticket instead, which is
  looked at where it is used, and a link to a clip nothing at all. Once there are accounts, ``X-Evidence-Session`` says who that is; without it one is a visitor, who may sign in.
* No CORS header is ever sent: no page of another origin reads an answer. Nothing that is answered is run, framed or kept by a browser.
* A body that does not come, and a reader who does not read, are not waited for.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from evidence.access import VISITOR
from evidence.errors import Exit, Fault
from station import wire
from station.api.callers import ANONYMOUS, SERVICE, Caller
from station.api.desk import Desk
from station.api.faults import RequestSlow, status_of
from station.home import StationError
from station.messages import fault_text

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES = 8 << 20
"""Of a request: a command with its checkpoints and certificates takes kilobytes."""
BODY_SECONDS = 30
"""For the whole of a body."""
SEND_SECONDS = 60.0
"""For a reader to take one block."""
MEDIA = re.compile(r"/v1/clips/[^/]+/media")
GO = re.compile(r"/go/clips/[^/]+")
"""The link to a clip, as it is passed on: a browser that follows it has nothing to show, and is told nothing."""
SESSION = wire.SESSION_HEADER.lower().encode()
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
TLS_ONLY = ((b"strict-transport-security", b"max-age=31536000"),)


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


class Door(Protocol):
    """Where requests come in: who may, and as whom."""

    async def admit(self, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        """Who calls. Raises the fault that turns him away."""

    def answered(self, scope: Scope, caller: Caller | None, status: int) -> None:
        """A request was answered so."""


class Loopback:
    """The door of this machine: whoever holds the token."""

    def __init__(self, token: str, hosts: frozenset[str], desk: Desk) -> None:
        self._expected = f"Bearer {token}".encode()
        self._hosts = hosts
        self._desk = desk

    async def admit(self, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        """Whoever holds the token; for footage anybody, who must then have a ticket for it."""
        host = headers.get(b"host", b"").decode("latin-1")
        if host not in self._hosts:
            raise RequestMisdirected(host=host[:100])
        given = headers.get(b"authorization", b"")
        if not given and MEDIA.fullmatch(scope["path"]):
            return ANONYMOUS
        if not given and GO.fullmatch(scope["path"]):
            return Caller(VISITOR)
        if not hmac.compare_digest(given, self._expected):
            raise RequestUnauthorised
        session = headers.get(SESSION, b"").decode("latin-1")[:256] or None
        actor = await asyncio.to_thread(self._desk.acting, session)  # it asks the catalogue
        bound = SERVICE if session is None or actor == VISITOR else session.partition(".")[0]
        return Caller(actor, bound, renewed=lambda: self._desk.still(bound))

    def answered(self, scope: Scope, caller: Caller | None, status: int) -> None:
        """What this machine's own programs ask is in the log where it is an act."""


class Guard:
    """Stands before an application."""

    def __init__(self, app: App, door: Door, language: Callable[[str | None], str]) -> None:
        self._app = app
        self._door = door
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        language = self._language(headers.get(b"accept-language", b"").decode("latin-1"))
        out = _Out(send, scope)
        caller = None
        try:
            caller = await self._door.admit(scope, headers)
            length = headers.get(b"content-length", b"0")
            if not length.isdigit() or len(length) > 12 or int(length) > BODY_BYTES:
                raise RequestTooLarge(limit=BODY_BYTES)
            scope.setdefault("state", {})["caller"] = caller
            await self._app(scope, _Bounded(receive), out)
        except (RequestTooLarge, RequestSlow, Fault) as fault:
            await _say(fault, language, out)
        except _ReaderStuck:
            await asyncio.sleep(0)  # the connection hears that it is closed
        finally:
            self._door.answered(scope, caller, out.status)


class _Bounded:
    """A body that ends the request when it grows too large, whatever its length header says, or takes too long."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._got = 0
        self._until = time.monotonic() + BODY_SECONDS
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # what comes now is that the caller left
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._until - time.monotonic()))
        except TimeoutError as late:
            raise RequestSlow(seconds=BODY_SECONDS) from late
        self._whole = not message.get("more_body", False)
        self._got += len(message.get("body", b""))
        if self._got > BODY_BYTES:
            raise RequestTooLarge(limit=BODY_BYTES)
        return message


class _ReaderStuck(Exception):
    """Who asked does not take what he is sent."""


class _Out:
    """The way out: what keeps browsers from doing harm stands on every answer, and nobody is waited for."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._scope = scope
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = SECURITY + TLS_ONLY if self._scope.get("scheme") == "https" else SECURITY
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        try:
            await asyncio.wait_for(self._send(message), SEND_SECONDS)
        except TimeoutError as stuck:
            close = self._scope.get("extensions", {}).get("close")
            if close is not None:
                close()
            raise _ReaderStuck from stuck


async def _say(fault: Fault, language: str, send: Send) -> None:
    status = status_of(fault)
    body = wire.encode(wire.problem(fault, fault_text(fault.code, fault.fields, language), status))
    headers = [
        (b"content-type", wire.PROBLEM.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-language", language.encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status == 429 and "seconds" in fault.fields:
        headers.append((b"retry-after", str(fault.fields["seconds"]).encode()))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="evidence-station"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
