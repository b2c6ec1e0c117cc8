"""The client that reaches the service: the same commands, answers and faults as in this process.

The standard library's HTTP client, because a command such as ``status`` must not wait for a larger one to load; it speaks to
loopback only. What the service made for its caller (``export``, ``package``, ``slip``, ``shift``) comes back as bytes, and this
process writes it: as the person who asked, with that person's rights, wherever that person may write.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from evidence.errors import Exit
from station import holding, wire
from station.commands import Answer, Command, Progress, Report, silent
from station.home import Home, StationError

ANSWER_LIMIT = 1 << 30
"""Bytes of one line of an answer at most: a custody log of a million entries is one."""
CONNECT_SECONDS = 10.0
START_SECONDS = 30.0
"""How long a command waits for a service that is starting or stopping."""
POLL_SECONDS = 0.05

_ANSWERED = frozenset({http.client.OK, http.client.CREATED, http.client.ACCEPTED, http.client.PARTIAL_CONTENT})

Heard = Callable[[str], None]


class ServiceUnreachable(StationError):
    """The service has the home and does not answer. Fields: ``home``, ``rule``."""

    code = "service-unreachable"
    status = Exit.UNREACHABLE


class NoService(StationError):
    """No service runs in this home. Fields: ``home``."""

    code = "no-service"
    status = Exit.REFUSED


class CommandLeft(StationError):
    """The caller left while the service was at work for it. Fields: ``command``."""

    code = "command-left"
    status = Exit.PARTIAL


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service of a home listens, and what it wants to be shown."""

    url: str
    token: str


@contextmanager
def occupied(home: Home) -> Iterator[Address | None]:
    """Hold a home for one command of this process (None), or find the service that has it.

    A service that is starting or stopping is waited for. Raises :class:`ServiceUnreachable`.
    """
    until = time.monotonic() + START_SECONDS
    while True:
        with holding.shared(home) as held:
            if held:
                yield None
                return
        found = address(home)
        if found is not None and _listens(found):
            break
        if time.monotonic() >= until:
            raise ServiceUnreachable(home=str(home.root), rule=f"it has not said in {START_SECONDS:.0f} s where it listens")
        time.sleep(POLL_SECONDS)
    yield found


def address(home: Home) -> Address | None:
    """Where the service says that it listens. It may be one that was killed: ask :mod:`station.holding`."""
    try:
        told = wire.decode((home.run / "service.json").read_bytes())
        token = (home.run / "token").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceUnreachable(home=str(home.root), rule=f"the right to read {error.filename}") from error
    except ValueError as error:
        raise ServiceUnreachable(home=str(home.root), rule=f"its address ({error})") from error
    return Address(str(told["url"]), token)


def _listens(found: Address) -> bool:
    where = urlsplit(found.url)
    try:
        socket.create_connection((where.hostname or "", where.port or 0), CONNECT_SECONDS).close()
    except OSError:
        return False  # it is ending, or has been killed: the lock will tell
    return True


class HttpClient:
    """A way to the station through its service. ``language``: that of answers, if not the station's own."""

    def __init__(
        self,
        home: Home,
        found: Address,
        language: str | None = None,
        heard: Heard = lambda _language: None,
        session: str | None = None,
    ) -> None:
        """``heard`` is told the language of the answer before any of it. ``session``: the secret that signing in gave."""
        self._session = session
        self._home = home
        self._address = found
        self._language = language
        self._heard = heard
        self._open: set[http.client.HTTPConnection] = set()

    def call(self, command: Command, report: Report = silent) -> Answer:
        """Carry out one command. Raises what it raises there, :class:`ServiceUnreachable`, and on ^C :class:`CommandLeft`."""
        try:
            return self._call(command, report)
        except KeyboardInterrupt as error:
            raise CommandLeft(command=wire.name_of(type(command))) from error

    def _call(self, command: Command, report: Report) -> Answer:
        from station.receiving import place_of, receive

        with self._asked("POST", "/commands", wire.encode_command(command, place_of(command))) as response:
            for line in _lines(response):
                told = wire.decode(line)
                if "progress" in told:
                    report(msgspec.convert(told["progress"], Progress))
                elif "answer" in told:
                    found = told["answer"]
                    break
                else:
                    raise wire.fault_of(told["problem"])
            else:
                raise self._unreachable("it ended before it answered; what it acknowledged is safe. Look at its journal")
        if found["outgoing"] is not None:
            with self._asked("GET", f"/outgoing/{found['outgoing']}") as response:
                receive(command, response)
        return Answer(found["document"], Exit(found["status"]))

    @property
    def signed_in(self) -> bool:
        """Whether it shows a session."""
        return self._session is not None

    def get(self, path: str) -> Any:  # noqa: ANN401  # what JSON can hold
        """The document of a path. Raises :class:`ServiceUnreachable`."""
        return self.ask("GET", path)

    def ask(self, method: str, path: str, document: object = None) -> Any:  # noqa: ANN401  # what JSON can hold
        """What a resource under ``/v1`` answers to a method, with a document where it takes one. Raises as :meth:`call`."""
        with self._asked(method, path, None if document is None else wire.encode(document)) as response:
            return wire.decode(response.read())

    def bytes_of(self, path: str, first: int = 0, last: int | None = None) -> bytes:
        """Bytes of footage, ``last`` included, from the address that a ticket names. Raises as :meth:`call`."""
        asked = {"Range": f"bytes={first}-{'' if last is None else last}"}
        with self._asked("GET", path, headers=asked) as response:
            return response.read()

    def events(self, path: str = "/events", last: str | None = None) -> Iterator[tuple[str, Any]]:
        """What a stream says: the name and the document of each event, until the service stops. ``last``: the id that was heard last.

        The id of an event, where it has one, is the member ``event_id`` of its document.
        """
        with self._asked("GET", path, headers={} if last is None else {"Last-Event-ID": last}) as response:
            name, place = "", None
            while line := response.readline():
                if line.startswith(b"id: "):
                    place = line[4:].decode().strip()
                elif line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    document = wire.decode(line[6:])
                    yield name, document if place is None else {**document, "event_id": place}
                    place = None

    def leave(self) -> None:
        """From another thread: wait for no answer any more. What is under way ends there with :class:`ServiceUnreachable`."""
        for connection in list(self._open):
            with suppress(OSError, AttributeError):  # it was ended meanwhile
                connection.sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _asked(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        where = urlsplit(self._address.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=CONNECT_SECONDS)
        headers = {"Authorization": f"Bearer {self._address.token}", **(headers or {})}
        if self._session is not None:
            headers[wire.SESSION_HEADER] = self._session
        if self._language is not None:
            headers["Accept-Language"] = self._language
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.connect()
            self._open.add(connection)
            connection.sock.settimeout(None)  # a command takes as long as it takes; a service that dies ends the connection
            connection.request(method, path, body, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self._close(connection)
            raise self._unreachable(str(error) or type(error).__name__) from error
        try:
            self._heard(response.headers.get("Content-Language", "en"))
            if response.status not in _ANSWERED:
                raise wire.fault_of(_problem(response))
            yield response
        except BrokenPipeError:
            raise  # that was not the service: whoever reads what we say has left
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        finally:
            self._close(connection)

    def _close(self, connection: http.client.HTTPConnection) -> None:
        self._open.discard(connection)
        connection.close()

    def _unreachable(self, rule: str) -> ServiceUnreachable:
        return ServiceUnreachable(home=str(self._home.root), rule=rule)


def _lines(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while line := response.readline(ANSWER_LIMIT):
        if not line.endswith(b"\n"):
            return  # the service ended in the middle of it
        yield line


def _problem(response: http.client.HTTPResponse) -> dict[str, Any]:
    untrusted_body = response.read(1 << 20)
    try:
        found = wire.decode(untrusted_body)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "code" not in found:
        return {"code": "internal", "exit": int(Exit.INTERNAL), "fields": {"error": f"HTTP {response.status}"}}
    return found
