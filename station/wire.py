"""Commands, progress, answers and faults as they travel between the service and its clients. No HTTP in it.

* A command is one JSON object: ``command`` names its kind (the class in kebab case), the other members are its fields; bytes are
  base64. Unknown members and wrong types are refused.
* An answer is a stream of JSON lines: ``{"progress": …}`` any number of times, then ``{"answer": …}`` or ``{"problem": …}``.
* A fault is a problem document (RFC 9457) with our code, exit status and fields beside the members of the standard.
* Text may hold what is not UTF-8 (a file's name on a card, with surrogates as Python has them); it travels as JSON escapes.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

import msgspec

from evidence.errors import Exit, Fault
from station.commands import Answer, Command, Progress
from station.home import StationError

NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"
SESSION_HEADER = "X-Evidence-Session"
"""Who acts: the secret that signing in gave. The token beside it grants transport alone."""
TYPE = "urn:evidence-station:fault:"

STATUSES: dict[Exit, int] = {
    Exit.USAGE: 400,
    Exit.REFUSED: 409,
    Exit.PARTIAL: 409,
    Exit.UNREACHABLE: 502,
    Exit.TAMPERED: 500,
    Exit.INTERNAL: 500,
}
"""The HTTP status of a fault by its exit status."""
OWN_STATUSES = {
    "permission-denied": 403,
    "clip-out-of-reach": 403,
    "clip-restricted": 403,
    "docking-out-of-reach": 403,
    "not-signed-in": 401,
    "sign-in-refused": 401,
    "sign-in-locked": 429,
    "request-unauthorised": 401,
    "request-misdirected": 421,
    "request-too-large": 413,
    "request-unknown": 404,
    "service-stopping": 503,
    "service-busy": 503,
}
"""Codes for which HTTP has a word of its own."""


class RequestMalformed(StationError):
    """What a client sent is no command. Fields: ``rule``."""

    code = "request-malformed"
    status = Exit.USAGE


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies where a command is to write, as its caller sees it: only the caller may look there (``service/outgoing.py``)."""

    taken: bool = False
    """Something is there already."""
    closed: bool = False
    """The folder that it is to lie in is not there, or may not be written."""
    present: dict[str, bytes] = {}
    """Small files in that folder by which a command decides what to write."""


def name_of(kind: type[Command]) -> str:
    """The name of a kind of command: its class in kebab case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__.removesuffix("Command")).lower()


@cache
def kinds() -> dict[str, type[Command]]:
    """Every kind of command by its name."""
    from station.commands import KINDS  # all of them: what a client that sends one command does without

    return {name_of(kind): kind for kind in KINDS}


@cache
def requests() -> tuple[type[msgspec.Struct], ...]:
    """One struct a kind of command, told apart by ``command``; ``place`` is there for those that write files for their caller."""
    made = []
    for name, kind in kinds().items():
        hints = get_type_hints(kind)
        members: list[Any] = [
            (one.name, hints[one.name]) if one.default is one.default_factory else (one.name, hints[one.name], one.default)
            for one in fields(kind)
        ]
        made.append(
            msgspec.defstruct(
                kind.__name__,
                [*members, ("place", Place | None, None)],
                namespace={"__doc__": kind.__doc__},
                tag_field="command",
                tag=name,
                frozen=True,
                kw_only=True,
                forbid_unknown_fields=True,
            )
        )
    return tuple(made)


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    union: Any = requests()[0]
    for one in requests()[1:]:
        union |= one
    return msgspec.json.Decoder(union)


def encode_command(command: Command, place: Place | None = None) -> bytes:
    """A command as a client sends it."""
    document = {"command": name_of(type(command)), **_plain(command)}
    if place is not None:
        document["place"] = {
            "taken": place.taken,
            "closed": place.closed,
            "present": {name: _plain(data) for name, data in place.present.items()},
        }
    return encode(document)


def decode_command(untrusted_body: bytes) -> tuple[Command, Place | None]:
    """A command from what a client sent. Raises :class:`RequestMalformed`."""
    try:
        found = _decoder().decode(untrusted_body)
    except msgspec.ValidationError as error:
        raise RequestMalformed(rule=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestMalformed(rule=f"JSON ({error})") from error
    kind = kinds()[type(found).__struct_config__.tag]
    command: Command = kind(**{one.name: getattr(found, one.name) for one in fields(kind)})
    for path in _paths(command):
        if not path.startswith(b"/") or b"\0" in path:
            raise RequestMalformed(rule="whole paths, from / on")
    return command, found.place


def _paths(command: Command) -> list[bytes]:
    values = [getattr(command, name, None) for name in ("folder", "target", "path")]
    return [*(one for one in values if isinstance(one, bytes)), *getattr(command, "paths", ())]


def progress_line(progress: Progress) -> bytes:
    """Progress as a line of an answer."""
    told = {"what": progress.what, "subject": progress.subject, "done": progress.done, "total": progress.total}
    return encode({"progress": told}) + b"\n"


def answer_line(answer: Answer, outgoing: str | None) -> bytes:
    """The end of an answer. ``outgoing`` names what the client is to fetch, and to write where its command says."""
    return encode({"answer": {"document": answer.document, "status": int(answer.status), "outgoing": outgoing}}) + b"\n"


def problem(fault: Fault, sentence: str, status: int | None = None) -> dict[str, Any]:
    """A fault as a problem document (RFC 9457, section 3). ``status``: where it is another than usual."""
    return {
        "type": TYPE + fault.code,
        "title": fault.code,
        "status": http_status(fault) if status is None else status,
        "detail": sentence,
        "code": fault.code,
        "exit": int(fault.status),
        "fields": fault.fields,
    }


def http_status(fault: Fault) -> int:
    """The HTTP status of a fault."""
    return OWN_STATUSES.get(fault.code, STATUSES[fault.status])


def fault_of(untrusted_problem: Mapping[str, Any]) -> Fault:
    """The fault of a problem document.

    Of its own class where that is loaded in this process; otherwise of one made for it, with its code, exit status and fields.
    """
    code, status = str(untrusted_problem.get("code", "internal")), Exit(untrusted_problem.get("exit", Exit.INTERNAL))
    given = untrusted_problem.get("fields", {})
    told = {str(name): value for name, value in given.items() if value is None or isinstance(value, str | int)}
    waiting = [Fault]
    while waiting:
        kind = waiting.pop()
        if kind.code == code and "code" in vars(kind) and kind.status is status and kind is not Fault:
            return kind(**told)
        waiting += kind.__subclasses__()
    far: type[Fault] = type("FarFault", (Fault,), {"code": code, "status": status, "__module__": "far"})
    return far(**told)


def encode(document: object) -> bytes:
    """JSON, with escapes where text holds what is not UTF-8."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode("ascii")


def decode(untrusted_text: bytes) -> Any:  # noqa: ANN401  # what JSON can hold
    """JSON, also with such escapes. Raises ``ValueError``."""
    try:
        return msgspec.json.decode(untrusted_text)
    except msgspec.DecodeError:
        return json.loads(untrusted_text)


def _plain(value: object) -> Any:  # noqa: ANN401  # what JSON can hold
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(type(value), "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}  # type: ignore[arg-type]  # a dataclass, as just seen
    return value
