"""A request to ``/v1``, taken apart: which operation it means, and whether it has that one's form.

Everything that comes in is untrusted until a form was made of it. A member or a parameter that the description does not know is refused by its name:
a filter that is mistyped must not silently mean "all".
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import UNSET, Meta, UnsetType

from evidence.learned import learned
from station import wire
from station.api.faults import MediaTypeUnsupported, MethodNotAllowed
from station.api.resources.form import PAGE_LIMIT, PAGE_ROWS, PARAMETERS, Asked, Form, Operation
from station.paged import NoSuchPage

Cursor = Annotated[str, Meta(description="Where the page begins: only as the page before gave it", max_length=1000)]
Limit = Annotated[int, Meta(description="Rows of the page at most", ge=1, le=PAGE_LIMIT)]
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(slots=True)
class Route:
    """What lies at one path."""

    parts: tuple[str, ...]
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        """The methods, as ``Allow`` names them."""
        return ", ".join(sorted({*self.operations, *({"HEAD"} & {"HEAD" if "GET" in self.operations else ""})}))

    def matches(self, parts: tuple[str, ...]) -> dict[str, Any] | None:
        """The parts that have names, when a path is this one's."""
        if len(parts) != len(self.parts):
            return None
        found: dict[str, Any] = {}
        for mine, given in zip(self.parts, parts, strict=True):
            if not mine.startswith("{"):
                if mine != given:
                    return None
                continue
            try:
                name = mine[1:-1]
                number = PARAMETER_IS_NUMBER[name]
                found[name] = msgspec.convert(int(given) if number and _NUMBER.fullmatch(given) else given, PARAMETERS[name].kind)
            except msgspec.ValidationError:
                return None
        return found


PARAMETER_IS_NUMBER = {name: msgspec.json.schema(one.kind).get("type") == "integer" for name, one in PARAMETERS.items()}


class Table:
    """Every operation, by path and method."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        routes: dict[str, Route] = {}
        for one in operations:
            route = routes.setdefault(one.path, Route(tuple(one.path.split("/")[1:])))
            assert one.method not in route.operations, f"{one.method} {one.path} twice"
            route.operations[one.method] = one
        self._routes = sorted(routes.values(), key=lambda route: [part.startswith("{") for part in route.parts])
        self._queries = {one.id: learned(query_of(one)) for one in operations}
        self._numbers = {name: frozenset(_numbers(form)) for name, form in self._queries.items()}
        self._bodies = {one.id: msgspec.json.Decoder(one.body) for one in operations if one.body is not None}

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, Any]] | None:
        """The operation that a request means; None when nothing lies there. Raises :class:`~station.api.faults.MethodNotAllowed`."""
        parts, fitting = tuple(path.split("/")[1:]), list[Route]()
        for route in self._routes:
            named = route.matches(parts)
            if named is None:
                continue
            found = route.operations.get("GET" if method == "HEAD" else method)
            if found is not None:
                return found, named
            fitting.append(route)  # a name may be a word of ours as well
        if fitting:
            allowed = ", ".join(sorted({one for route in fitting for one in route.allowed.split(", ")}))
            raise MethodNotAllowed(method=method[:20], path=path[:200], allowed=allowed)
        return None

    def asked(
        self,
        operation: Operation,
        named: Mapping[str, Any],
        untrusted_query: bytes,
        headers: Mapping[str, str],
        untrusted_body: bytes,
    ) -> Asked:
        """What was asked for. Raises :class:`~station.wire.RequestMalformed` and what else is wrong with a request."""
        query = self._query(operation, untrusted_query)
        body = None if operation.body is None else _body(self._bodies[operation.id], headers, untrusted_body)
        if operation.rows is None:
            return Asked(named, query, body)
        after = None if query.cursor is UNSET else _place(query.cursor)
        return Asked(named, query, body, after, query.limit)

    def _query(self, operation: Operation, untrusted_query: bytes) -> Any:  # noqa: ANN401  # a form of the operation's own
        try:
            pairs = parse_qsl(untrusted_query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as error:  # what is not UTF-8, or a thousand parameters
            raise wire.RequestMalformed(rule="a query in UTF-8, each parameter once") from error
        given: dict[str, Any] = dict(pairs)
        if len(given) < len(pairs):
            raise wire.RequestMalformed(rule="each parameter once")
        form = self._queries[operation.id]
        for name in self._numbers[operation.id] & given.keys():
            given[name] = int(given[name]) if _NUMBER.fullmatch(given[name]) else given[name]
        try:
            return msgspec.convert(given, type=form)
        except msgspec.ValidationError as error:
            raise wire.RequestMalformed(rule=str(error)) from error


def query_of(operation: Operation) -> type[Form]:
    """The form of an operation's query, with what asks for a page where it is a list."""
    base = operation.query or Form
    if operation.rows is None:
        return base
    members: list[Any] = [("cursor", Cursor | UnsetType, UNSET), ("limit", Limit, PAGE_ROWS)]
    made: Any = msgspec.defstruct(f"{operation.id}Query", members, bases=(base,), kw_only=True, forbid_unknown_fields=True)
    return cast("type[Form]", made)


def next_page(path: str, untrusted_query: bytes, after: str) -> str:
    """The address of the page that begins there."""
    kept = [
        (name, value) for name, value in parse_qsl(untrusted_query.decode("ascii"), keep_blank_values=True) if name != "cursor"
    ]
    cursor = urlsafe_b64encode(after.encode()).rstrip(b"=").decode()
    return f"{path}?{urlencode([*kept, ('cursor', cursor)])}"


def _numbers(form: type[Form]) -> Iterator[str]:
    """The members of a form that are whole numbers: in an address they stand as text."""
    for name, one in msgspec.json.schema(form)["$defs"][form.__name__]["properties"].items():
        if one.get("type") == "integer":
            yield name


def _place(untrusted_cursor: str) -> str:
    try:
        raw = untrusted_cursor.encode("ascii")
        found = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).decode()
        if not found or not found.isprintable():
            raise NoSuchPage(after=untrusted_cursor[:100])
        return found
    except (Error, UnicodeError) as error:
        raise NoSuchPage(after=untrusted_cursor[:100]) from error


def _body(decoder: msgspec.json.Decoder[Any], headers: Mapping[str, str], untrusted_body: bytes) -> Any:  # noqa: ANN401  # of the decoder's form
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != "application/json":
        raise MediaTypeUnsupported(given=given[:100] or "of no type", wanted="application/json")
    try:
        return decoder.decode(untrusted_body)
    except msgspec.ValidationError as error:
        raise wire.RequestMalformed(rule=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise wire.RequestMalformed(rule=f"JSON ({error})") from error
