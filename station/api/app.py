"""The application: few routes, typed. What it can be asked is the union of all commands; OpenAPI has each with its members."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from evidence.errors import Fault
from station import wire
from station.api.calls import Calls
from station.api.desk import Desk
from station.api.faults import RequestUnknown
from station.api.guard import App, Guard, Loopback, Receive, Scope, Send
from station.api.outside import Outside
from station.api.running import Running
from station.api.v1 import GO, PREFIX, Resources
from station.api.watching import WATCHERS, events, slots
from station.messages import fault_text
from station.software import software

NO_STORE = {"Cache-Control": "no-store"}
REFERENCE = "#/components/schemas/{name}"


def make_app(desk: Desk, token: str, hosts: frozenset[str]) -> App:
    """The application behind its guard. ``hosts``: what ``Host`` may say."""
    return Guard(make_whole(desk), Loopback(token, hosts, desk), desk.language)


def make_outside(desk: Desk, calls: Calls) -> App:
    """The resources behind the door for other systems."""
    return Guard(Resources(desk), Outside(desk, calls), desk.language)


def make_whole(desk: Desk) -> App:
    """Everything that can be asked: the resources, and the routes of commands beside them."""
    resources, routes = Resources(desk), make_routes(desk)

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        await (resources if scope["path"].startswith((PREFIX, GO)) else routes)(scope, receive, send)

    return whole


def make_routes(desk: Desk) -> FastAPI:
    """The routes alone."""
    app = FastAPI(
        title="evidence-station",
        version=str(software()["version"]),
        description="The service of one station, for this machine. Every request bears the token of run/token.",
        docs_url=None,
        redoc_url=None,
    )
    watchers = ThreadPoolExecutor(WATCHERS, thread_name_prefix="watcher")

    @app.exception_handler(Fault)
    async def refused(request: Request, fault: Fault) -> Response:
        return _problem(desk, request, fault)

    @app.exception_handler(405)
    @app.exception_handler(404)
    async def unknown(request: Request, _error: Exception) -> Response:
        return _problem(desk, request, RequestUnknown(path=request.url.path[:200]))

    @app.post("/commands", openapi_extra=_command_body(), responses=_ANSWERS, response_class=StreamingResponse)
    async def commands(request: Request) -> Response:
        """Carry out one command. Progress comes as lines of JSON, the answer as the last. X-Evidence-Session says who acts, once there are accounts."""
        command, place = wire.decode_command(await request.body())
        language = desk.language(request.headers.get("accept-language"))
        running = Running(desk, command, place, language, request.scope["state"]["caller"].actor)
        first = await running.first()
        if isinstance(first, Fault):
            return _problem(desk, request, first)
        return StreamingResponse(running.lines(first), media_type=wire.NDJSON, headers=_headers(desk, request))

    @app.get("/outgoing/{name}", response_class=StreamingResponse, responses={200: {"content": {"application/x-tar": {}}}})
    def outgoing(name: str, request: Request) -> Response:
        """Fetch, once, the files that a command made for its caller."""
        if not desk.outgoing.waits(name):
            raise RequestUnknown(path=request.url.path[:200])
        stream = desk.outgoing.stream(name)
        return StreamingResponse(stream, media_type="application/x-tar", headers=_headers(desk, request))

    @app.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def board(request: Request) -> Response:
        """The board: every slot first, then what changes."""
        headers = {**_headers(desk, request), "X-Accel-Buffering": "no"}
        return StreamingResponse(events(desk, watchers), media_type="text/event-stream", headers=headers)

    @app.get("/slots")
    def shown(request: Request) -> Response:
        """What each slot shows now."""
        return _json(desk, request, slots(desk.board.views()))

    @app.get("/glance")
    def glance(request: Request) -> Response:
        """Clock, room, line and queue, as the kiosk's head shows them. It names nobody."""
        return _json(desk, request, desk.glance())

    @app.get("/health")
    def health(request: Request) -> Response:
        """How the service is."""
        return _json(desk, request, desk.health(desk.language(request.headers.get("accept-language"))))

    whole = app.openapi

    def openapi() -> dict[str, Any]:
        document = whole()
        document.setdefault("components", {}).setdefault("schemas", {}).update(_schemas())
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending what it describes
    return app


class Line(msgspec.Struct):
    """A line of an answer: one of its members is there."""

    progress: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


class Problem(msgspec.Struct):
    """What went wrong (RFC 9457): ``code`` is stable, ``exit`` the exit status of the command line, ``detail`` a sentence."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    exit: int
    fields: dict[str, str | int | None]


def _command_body() -> dict[str, Any]:
    schemas: list[Any] = [{"$ref": REFERENCE.format(name=one.__name__)} for one in wire.requests()]
    mapping = {wire.name_of(kind): REFERENCE.format(name=kind.__name__) for kind in wire.kinds().values()}
    schema = {"oneOf": schemas, "discriminator": {"propertyName": "command", "mapping": mapping}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([*wire.requests(), Line, Problem], ref_template=REFERENCE)
    return components


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Lines of JSON: progress, then the answer, or a problem that came after progress",
        "content": {wire.NDJSON: {"schema": {"$ref": REFERENCE.format(name="Line")}}},
    },
    "default": {
        "description": "A fault before the first line",
        "content": {wire.PROBLEM: {"schema": {"$ref": REFERENCE.format(name="Problem")}}},
    },
}


def _headers(desk: Desk, request: Request) -> dict[str, str]:
    return {**NO_STORE, "Content-Language": desk.language(request.headers.get("accept-language"))}


def _json(desk: Desk, request: Request, document: object) -> Response:
    return Response(wire.encode(document), media_type="application/json", headers=_headers(desk, request))


def _problem(desk: Desk, request: Request, fault: Fault) -> Response:
    language = desk.language(request.headers.get("accept-language"))
    body = wire.encode(wire.problem(fault, fault_text(fault.code, fault.fields, language)))
    return Response(body, wire.http_status(fault), media_type=wire.PROBLEM, headers=_headers(desk, request))
