"""The resource API: requests to ``/v1`` on their way to commands, and documents on their way out as typed answers.

It knows who calls from the guard before it, and decides nothing: an operation names the command, the command its permission. Work is done on
threads; the loop only carries.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal

import msgspec
from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from evidence.access import VISITOR
from evidence.custody.entry import rfc3339
from evidence.errors import Fault
from evidence.learned import learned
from evidence.reach import ClipOutOfReach, ClipRestricted
from station import wire
from station.api import feed, media
from station.api.callers import Caller
from station.api.described import described
from station.api.desk import Desk
from station.api.faults import RequestUnknown, ScopeMissing, TicketInvalid, status_of
from station.api.guard import Receive, Scope, Send
from station.api.jobs import Jobs
from station.api.requests import Table, next_page
from station.api.resources import OPERATIONS
from station.api.resources.accounts import sign_in
from station.api.resources.evidence import members
from station.api.resources.form import PAGE_ROWS, Asked, Operation, page_of
from station.api.tickets import Grant, Tickets
from station.api.watching import WATCHERS, slots
from station.cityindex import link
from station.commands import Answer, Play, silent
from station.commands.joining import ShowLink
from station.engine import Engine
from station.handlers.signing_in import came_in
from station.looking import may_have
from station.messages import fault_text
from station.paged import NoSuchPage
from station.signing_in import NotSignedIn, by_certificate

PREFIX, GO = "/v1/", "/go/"
THREADS = 32
NOT_FOR_VISITORS = frozenset({"events", "files", "job"})
"""What is no command, so that no engine turns away who has to sign in first."""


class Resources:
    """The application at ``/v1``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._table = Table(OPERATIONS)
        self._forms = forms()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resources")
        self._watchers = ThreadPoolExecutor(WATCHERS, thread_name_prefix="feed")
        self._jobs = Jobs(desk, lambda: desk.rooms.clock().utc)
        self._feed = feed.Feed(desk)
        self.tickets = Tickets(time.time)
        self._special = {
            "events": self._events,
            "files": self._files,
            "health": self._health,
            "job": self._job,
            "link": self._link,
            "media": self._media,
            "sign-in": self._sign_in,
            "slots": self._slots,
            "ticket": self._ticket,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Fault as fault:
            response = self._problem(request, fault)
        except Exception as error:  # noqa: BLE001  # the edge: whatever it was, the caller gets a document and a status
            traceback.print_exc(file=sys.stderr)
            response = self._problem(request, Fault(error=type(error).__name__))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        caller: Caller = request.scope["state"]["caller"]
        if request.url.path == f"{PREFIX}openapi.json" and request.method in {"GET", "HEAD"}:
            return self._json(request, described())
        found = self._table.find(request.method, request.scope["path"])
        if found is None:
            raise RequestUnknown(path=request.url.path[:200])
        operation, named = found
        request.scope["state"]["operation"] = operation
        if caller.scopes is not None and operation.scope not in caller.scopes:
            raise ScopeMissing(client=caller.client, scope=operation.scope)
        body = await request.body() if operation.body is not None else b""
        asked = self._table.asked(operation, named, request.scope["query_string"], request.headers, body)
        if operation.special in NOT_FOR_VISITORS and caller.actor == VISITOR:
            raise NotSignedIn
        if operation.special is not None:
            response: Response = await self._special[operation.special](request, caller, asked)
            return response
        if operation.job:
            assert operation.command is not None, operation.id
            command = operation.command(asked)
            await self._on_thread(Engine(self._desk.rooms).check, command, caller.actor)  # who may not is told so at once
            job = self._jobs.begin(command, caller, self._language(request))
            document = job.document()
            return self._json(request, document, 202, {"Location": f"/v1/jobs/{job.id}"})
        made: Response = await self._on_thread(self._carried, request, caller, operation, asked)
        return made

    def _carried(self, request: Request, caller: Caller, operation: Operation, asked: Asked) -> Response:
        assert operation.command is not None, operation.id
        answer = self._ask(request, caller, operation.command(asked))
        if operation.rows is None:
            return self._json(request, self._formed(operation, operation.shaped(answer.document)), operation.status)
        document: Any = answer.document
        rows, after = document[operation.rows], document.get("next")
        if operation.key is not None:
            rows, after = _cut(rows, operation.key, asked)
        query = request.scope["query_string"]
        address = None if after is None else next_page(request.url.path, query, after)
        made = self._formed(operation, {"items": rows, "next": address})
        return self._json(request, made, headers={} if address is None else {"Link": f'<{address}>; rel="next"'})

    def _ask(self, request: Request, caller: Caller, command: Any) -> Answer:  # noqa: ANN401  # of any kind
        return self._desk.carry_out(command, None, self._language(request), silent, caller.actor)[0]

    def _formed(self, operation: Operation, document: Any) -> Any:  # noqa: ANN401  # what JSON can hold, and its form
        return msgspec.convert(document, type=self._forms[operation.id])

    async def _on_thread(self, work: Any, *given: Any) -> Any:  # noqa: ANN401  # whatever is to be done there
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    # What is no command

    async def _health(self, request: Request, _caller: Caller, _asked: Asked) -> Response:
        language = self._language(request)
        return self._json(request, msgspec.convert(self._desk.health(language), type=self._forms["showHealth"]))

    async def _slots(self, request: Request, _caller: Caller, _asked: Asked) -> Response:
        return self._json(request, slots(self._desk.board.views()))

    async def _job(self, request: Request, caller: Caller, asked: Asked) -> Response:
        return self._json(request, self._jobs.of(caller, asked.path["job"]).document())

    async def _files(self, request: Request, caller: Caller, asked: Asked) -> Response:
        name = asked.path["files"]
        self._jobs.files(caller, name)
        if not self._desk.outgoing.waits(name):
            raise RequestUnknown(path=request.url.path[:200])
        if request.method == "HEAD":
            return Response(media_type="application/x-tar", headers=self._headers(request))
        return StreamingResponse(self._desk.outgoing.stream(name), media_type="application/x-tar", headers=self._headers(request))

    async def _sign_in(self, request: Request, caller: Caller, asked: Asked) -> Response:
        """By what is typed; or, over TLS with the certificate of a person, by that and nothing else."""
        assert asked.body is not None
        if caller.certificate is None:
            answer = await self._on_thread(self._ask, request, caller, sign_in(asked))
            return self._json(request, self._session(answer.document), 201)
        if members(asked.body):
            raise wire.RequestMalformed(rule="nothing but the certificate at this door")
        came = await self._on_thread(by_certificate, self._desk.rooms, caller.certificate)
        return self._json(request, self._session(came_in(came)), 201)

    def _session(self, document: Any) -> Any:  # noqa: ANN401  # what JSON can hold, and its form
        return msgspec.convert(document, type=self._forms["signIn"])

    async def _link(self, request: Request, caller: Caller, asked: Asked) -> Response:
        """Whoever is signed in is told what the link leads to. A browser is sent on to the window, and nothing is looked up for it."""
        clip = asked.path["clip"]
        if caller.actor != VISITOR:
            answer = await self._on_thread(self._ask, request, caller, ShowLink(clip))
            return self._json(request, msgspec.convert(answer.document, type=self._forms["followLink"]))
        if "text/html" not in request.headers.get("accept", ""):
            raise NotSignedIn
        return Response(None, 302, {**self._headers(request), "Location": link("", self._desk.rooms.station, clip)})

    async def _ticket(self, request: Request, caller: Caller, asked: Asked) -> Response:
        clip, of = asked.path["clip"], asked.body.of
        derivative = None if asked.body.derivative is msgspec.UNSET else asked.body.derivative
        beside = () if asked.body.beside is msgspec.UNSET else tuple(asked.body.beside)
        play = Play(clip, of, asked.body.reason, derivative, beside)
        answer = await self._on_thread(self._ask, request, caller, play)
        about: Any = answer.document
        until = self.tickets.until()
        document = {
            **self._granted(caller, clip, of, about, until),
            "expires_at": rfc3339(until * 1_000_000_000),
            "beside": [{"of": one["of"], **self._granted(caller, clip, one["of"], one, until)} for one in about["beside"]],
        }
        address = str(document["url"])
        return self._json(request, document, 201, {"Location": address})

    def _granted(self, caller: Caller, clip: str, of: str, about: Any, until: int) -> dict[str, Any]:  # noqa: ANN401  # what JSON can hold
        """The ticket for one copy of a clip, and what it is of."""
        told = {name: about[name] for name in ("sha256", "size", "media_type")}
        ticket = self.tickets.made(Grant(clip, of, caller.session, **told, until=until, ending=about["ending"]))
        return {"ticket": ticket, "url": f"/v1/clips/{clip}/media?of={of}&ticket={ticket}", **told}

    async def _media(self, request: Request, caller: Caller, asked: Asked) -> Response:
        grant = self.tickets.read(asked.query.ticket, asked.path["clip"], asked.query.of)
        if not caller.anonymous and grant.session != caller.session:
            raise TicketInvalid
        await self._on_thread(self._still_seen, caller, grant)
        part = media.part(request.method, request.headers, grant.sha256, grant.size)
        told = {**self._headers(request), **media.headers_of(part, grant.sha256, grant.size, grant.media_type)}
        if request.method == "HEAD" or not part.length:
            return Response(status_code=part.status, headers=told)
        file = await self._on_thread(self._desk.open_footage, grant.sha256, grant.ending)
        return StreamingResponse(media.read(file, part), part.status, told)

    def _still_seen(self, caller: Caller, grant: Grant) -> None:
        """A ticket ends with the session that it was given to, and when the clip goes out of reach. Raises :class:`TicketInvalid`.

        What is restricted opened for this one look: that it still is, is no reason.
        """
        actor = self._desk.still(grant.session, caller.certificate) if caller.anonymous else caller.actor
        if actor is None:
            raise TicketInvalid
        try:
            may_have(self._desk.rooms, [grant.clip], actor)
        except ClipRestricted:
            return
        except ClipOutOfReach as fault:
            raise TicketInvalid from fault

    async def _events(self, request: Request, caller: Caller, asked: Asked) -> Response:
        told = {**self._headers(request), "X-Accel-Buffering": "no"}
        if request.method == "HEAD":
            return Response(media_type="text/event-stream", headers=told)
        only = "" if asked.query.only is msgspec.UNSET else asked.query.only
        names = frozenset(filter(None, (one.strip() for one in only.split(","))))
        last = feed.place_of(request.headers.get("last-event-id"))
        stream = feed.stream(self._desk, self._feed, self._watchers, last, names, caller)
        return StreamingResponse(stream, media_type="text/event-stream", headers=told)

    # Answers

    def _language(self, request: Request) -> Literal["en", "zh"]:
        return self._desk.language(request.headers.get("accept-language"))

    def _headers(self, request: Request) -> dict[str, str]:
        return {"Cache-Control": "no-store", "Content-Language": self._language(request)}

    def _json(self, request: Request, document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        told = {**self._headers(request), **(headers or {})}
        return Response(wire.encode(document), status, told, "application/json")

    def _problem(self, request: Request, fault: Fault) -> Response:
        language, status = self._language(request), status_of(fault)
        body = wire.encode(wire.problem(fault, fault_text(fault.code, fault.fields, language), status))
        told = self._headers(request)
        if "allowed" in fault.fields and status == 405:
            told["Allow"] = str(fault.fields["allowed"])
        if status == 416:
            told["Content-Range"] = f"bytes */{fault.fields['size']}"
        if status == 401:
            told["WWW-Authenticate"] = 'Bearer realm="evidence-station"'
        return Response(body, status, told, wire.PROBLEM)


def _cut(rows: list[Any], key: str, asked: Asked) -> tuple[list[Any], str | None]:
    """A page of a short list, behind the row that has this key, and the key of its last row where more follow."""
    begin = 0
    if asked.after is not None:
        places = [place for place, row in enumerate(rows, 1) if row[key] == asked.after]
        if not places:
            raise NoSuchPage(after=asked.after[:100])
        begin = places[0]
    limit = asked.limit or PAGE_ROWS
    found = rows[begin : begin + limit]
    return found, str(found[-1][key]) if begin + limit < len(rows) else None


@cache
def forms() -> dict[str, Any]:
    """What each operation answers, by its id."""
    return {
        one.id: learned(page_of(one.answers) if one.rows is not None else one.answers)
        for one in OPERATIONS
        if one.answers is not None
    }
