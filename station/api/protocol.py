"""A connection: uvicorn's own, with bounds on what a caller may keep waiting, and with the certificate that he showed.

uvicorn bounds the pause between two requests and not the time that a request takes to arrive, so a caller who sends a byte now and then would
hold a connection for ever ("slow loris"). Here the head of a request has :data:`HEAD_SECONDS`, from the first moment of the connection on; its
body is bounded by the guard. What is no HTTP at all is answered with a problem document too.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from station import wire
from station.api.guard import App, Receive, Scope, Send
from station.messages import fault_text

HEAD_SECONDS = 10.0
CONNECTIONS = 256


class Connection(H11Protocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody connected."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
            return
        shown = transport.get_extra_info("ssl_object")
        certificate = None if shown is None else cast("ssl.SSLObject", shown).getpeercert(binary_form=True)
        self.app = cast("Any", _told(cast("App", self.app), certificate, transport.abort))
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        super().data_received(data)
        under_way: RequestResponseCycle | None = self.cycle  # none before the first request
        if under_way is not None and not under_way.response_complete:
            self._heard()
        elif self._late is None:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """A request was answered; the pause until the next one is uvicorn's affair."""
        self._heard()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._heard()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        fault = wire.RequestMalformed(rule="HTTP/1.1 (RFC 9112)")
        body = wire.encode(wire.problem(fault, fault_text(fault.code, fault.fields, "en"), 400))
        head = (
            f"HTTP/1.1 400 Bad Request\r\nContent-Type: {wire.PROBLEM}\r\nContent-Length: {len(body)}\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _heard(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _told(app: App, certificate: bytes | None, close: object) -> App:
    """The application, told with each request what the connection knows: the caller's certificate (DER), and how to close it."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**scope.get("extensions", {}), "certificate": certificate, "close": close}
        await app(scope, receive, send)

    return told
