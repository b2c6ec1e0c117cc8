"""The description of ``/v1`` (OpenAPI 3.1), made from the operations themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from station import wire
from station.api.requests import query_of
from station.api.resources import OPERATIONS
from station.api.resources.form import PARAMETERS, Form, Operation, page_of
from station.api.resources.station import Job, Problem
from station.software import software

REFERENCE = "#/components/schemas/{name}"
ALWAYS = (400, 401, 403, 409, 421, 422, 429, 500, 502, 503)
"""What every operation may answer with a problem document."""
ABOUT = """The resource API of an evidence station. Every fault is a problem document (RFC 9457) whose `code` is stable.
400: the request has not the form that is described here; 422: it has, and breaks a rule that a form cannot say.
Lists come in pages: `next` is the address of the following one. Long work answers 202 with a job."""


@cache
def described() -> dict[str, Any]:
    """The whole document."""
    forms = {
        one.id: page_of(one.answers) if one.rows is not None else one.answers for one in OPERATIONS if one.answers is not None
    }
    bodies: dict[str, Any] = {one.id: one.body for one in OPERATIONS if one.body is not None}
    wanted: list[Any] = list({kind.__name__: kind for kind in [*forms.values(), *bodies.values(), Problem, Job]}.values())
    references, components = msgspec.json.schema_components(wanted, ref_template=REFERENCE)
    by_kind = dict(zip((kind.__name__ for kind in wanted), references, strict=True))
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        answer = by_kind["Job"] if one.job else by_kind[forms[one.id].__name__] if one.id in forms else None
        body = by_kind[bodies[one.id].__name__] if one.id in bodies else None
        item = paths.setdefault(one.path, {})
        if one.parameters:
            item["parameters"] = [_path_parameter(name) for name in one.parameters]
        item[one.method.lower()] = _operation(one, answer, body)
    return {
        "openapi": "3.1.0",
        "info": {"title": "evidence-station", "version": str(software()["version"]), "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The service's token, or a session's"},
                "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "As makeTicket gave it"},
            },
        },
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in dict.fromkeys(one.subject for one in OPERATIONS)],
    }


def _operation(one: Operation, answer: Any, body: Any) -> dict[str, Any]:  # noqa: ANN401  # references into the document
    told: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.about,
        "tags": [one.subject],
        "x-scope": one.scope,
        "responses": _responses(one, answer),
    }
    query = _query_parameters(query_of(one))
    if one.special == "media":
        told["security"] = [{"ticket": []}]
        query = [parameter for parameter in query if parameter["name"] != "ticket"]
        query += [_header(name) for name in ("Range", "If-Range", "If-None-Match", "If-Match")]
    if one.special == "events":
        query.append(_header("Last-Event-ID"))
    if query:
        told["parameters"] = query
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told


def _responses(one: Operation, answer: Any) -> dict[str, Any]:  # noqa: ANN401  # a reference into the document
    status = 202 if one.job else one.status
    content: Any = {one.content: {} if answer is None else {"schema": answer}}
    good: dict[str, Any] = {"description": HTTPStatus(status).phrase, "content": content}
    if status in {201, 202} and (one.job or one.special == "ticket"):
        good["headers"] = {"Location": {"schema": {"type": "string"}, "required": True}}
    if one.rows is not None:
        good["headers"] = {"Link": {"schema": {"type": "string"}, "description": 'The next page, as rel="next"'}}
    told: dict[str, Any] = {str(status): good}
    refused = set(ALWAYS)
    if one.parameters or one.rows is not None:
        refused.add(404)
    if one.body is not None:
        refused |= {408, 413, 415}
    if one.special == "media":
        entity = {"ETag": {"schema": {"type": "string"}, "required": True}}
        told["200"]["headers"] = entity
        told["206"] = {
            "description": "Partial Content",
            "content": {"*/*": {}},
            "headers": {**entity, "Content-Range": {"schema": {"type": "string"}, "required": True}},
        }
        told["304"] = {"description": "Not Modified"}
        told["412"] = {"description": "Precondition Failed"}
        refused.add(416)
    if one.special == "link":
        told["302"] = {"description": "A browser's way to the window", "headers": {"Location": {"schema": {"type": "string"}}}}
    if one.special is None:
        refused.add(404)
    for code in sorted(refused):
        told[str(code)] = {
            "description": HTTPStatus(code).phrase,
            "content": {wire.PROBLEM: {"schema": {"$ref": REFERENCE.format(name="Problem")}}},
        }
    return told


def _path_parameter(name: str) -> dict[str, Any]:
    one = PARAMETERS[name]
    return {"name": name, "in": "path", "required": True, "description": one.about, "schema": msgspec.json.schema(one.kind)}


def _query_parameters(form: type[Form]) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(form)
    whole = schema["$defs"][form.__name__]
    return [
        {"name": name, "in": "query", "required": name in whole.get("required", ()), "schema": one}
        for name, one in whole["properties"].items()
    ]


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
