"""What a resource consists of: operations, each a method on a path that becomes one command and answers in one form.

An operation says everything that the description of the API says, because the description is made from it (``described.py``). It holds no
rule of its own: who may do what, and what is right, is decided behind the command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from station.commands import Command
from station.commands.supervising import FigureName

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
PAGE_ROWS = 50
PAGE_LIMIT = 500
"""Rows of a page: where nothing is asked for, and at most."""

Text = Annotated[str, Meta(max_length=2000, pattern="^[^\\x00]*$")]
Id = Annotated[str, Meta(max_length=36, pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Moment = Annotated[str, Meta(description="RFC 3339, UTC, microseconds")]
Digest = Annotated[str, Meta(max_length=64, description="lowercase hex", pattern="^[0-9a-f]{64}$")]
Line = Annotated[str, Meta(min_length=1, max_length=500, pattern="^[^\\x00]*$")]
Given = Annotated[str, Meta(max_length=256, pattern="^[^\\x00]*$")]
"""Text in an address."""


class Form(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is taken: an unknown member is refused, by its name."""


class Shape(Struct, kw_only=True):
    """What is answered."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a path: what it may be, and what it is."""

    kind: Any
    about: str


NUMBER: Final = Annotated[int, Meta(ge=1, le=999)]
WORD: Final = Annotated[str, Meta(pattern="^[^/\\x00-\\x20.][^/\\x00-\\x1f]{0,63}$")]
PARAMETERS: dict[str, Parameter] = {
    "badge": Parameter(Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")], "Number of a badge"),
    "batch": Parameter(Id, "Number of a batch of the index"),
    "case": Parameter(Id, "Id of a case"),
    "category": Parameter(WORD, "Code of a category"),
    "client": Parameter(Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9.-]{0,63}$")], "Name of another system"),
    "derivative": Parameter(Digest, "Id of a derivative"),
    "disposal": Parameter(Id, "Id of a disposal"),
    "feed": Parameter(Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")], "Name of a feed"),
    "figure": Parameter(FigureName, "Name of a figure"),
    "hold": Parameter(Id, "Id of a hold"),
    "redaction": Parameter(Id, "Id of a redaction"),
    "sample": Parameter(Id, "Id of a review sample, or of the population that it was drawn from"),
    "search": Parameter(Id, "Id of a saved search"),
    "unit": Parameter(WORD, "Code of a unit"),
    "incident": Parameter(Id, "Id of an incident"),
    "approval": Parameter(Id, "Id of an approval"),
    "match": Parameter(Id, "Id of a match"),
    "rule": Parameter(Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")], "Name of a rule"),
    "alarm": Parameter(Id, "Id of an alarm"),
    "clip": Parameter(Id, "Id of a clip"),
    "device": Parameter(Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$")], "Key of a device"),
    "docking": Parameter(Id, "Id of a docking"),
    "job": Parameter(Id, "Id of a job"),
    "recording": Parameter(Id, "Id of a recording"),
    "setting": Parameter(Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")], "Name of a setting"),
    "files": Parameter(Annotated[str, Meta(pattern="^[0-9a-f]{32}$")], "Name that a job gave its files"),
    "slot": Parameter(NUMBER, "Number of a slot"),
}
"""Every part that a path of ours can have, by its name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, taken apart and found to have its form."""

    path: Mapping[str, Any]
    query: Any
    body: Any
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path.

    ``rows``: the member of the document that holds a list, which is answered in pages. ``key``: the member of each row by which pages are cut
    from a list that its command tells whole, because it is short. ``job``: long work, which is answered before it is
    done. ``special``: the name of the part of the API that answers, where that is no command (``special.py``).
    """

    method: Method
    path: str
    id: str
    about: str
    scope: str
    command: Callable[[Asked], Command] | None = None
    answers: type[Struct] | None = None
    query: type[Form] | None = None
    body: type[Form] | None = None
    status: int = 200
    rows: str | None = None
    key: str | None = None
    shaped: Callable[[Any], Any] = lambda document: document
    job: bool = False
    special: str | None = None
    content: str = "application/json"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parts of its path, by name."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def subject(self) -> str:
        """What it is about: the first word of the path."""
        return self.path.split("/")[2]


def page_of(answers: type[Struct]) -> type[Struct]:
    """The form of a page of such rows."""
    rows: Any = list[answers]  # type: ignore[valid-type]  # a form that is made for this very type
    following = Annotated[str | None, Meta(description="Address of the next page; null: this is the last")]
    made = msgspec.defstruct(f"{answers.__name__}Page", [("items", rows), ("next", following)], kw_only=True)
    made.__doc__ = f"A page of a list. Each item: {(answers.__doc__ or '').strip()}"
    return made
