"""What is made from footage for viewing and for giving away: derivatives and redactions. Making them is long work."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import given, members
from station.api.resources.form import Digest, Form, Id, Line, Moment, Operation, Shape, Text
from station.api.resources.proof import AboutClip, Nothing
from station.commands.derived import (
    AddRedaction,
    ApproveRedaction,
    ChangeRedaction,
    CutClip,
    Derive,
    ListDerivatives,
    ListRedactions,
    MakeRedaction,
    RemoveDerivative,
    TakeStill,
)

Steps = Annotated[list[Line], Meta(max_length=1000)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class Derivative(Shape):
    """Something made from footage, or (``sha256`` null, ``reason`` says why) that could not be. ``gone_at``: its bytes are not here any more."""

    id: Digest
    original: Digest
    makes: str
    sha256: Digest | None
    size: int
    made_at: Moment
    used_at: Moment
    gone_at: Moment | None
    reason: str | None


class Removed(Shape):
    """A derivative that was let go of, and the bytes that this freed."""

    removed: Digest
    makes: str
    bytes: int


class Redaction(Shape):
    """What is hidden in a copy of a clip, as its newest version has it. ``id``: of the derivative that was made by it."""

    redaction: Id
    version: int
    at: Moment
    clip: Id
    original: Digest
    state: Literal["drafted", "made", "approved"]
    recipe: dict[str, Any]
    software: dict[str, Any] | None
    id: Digest | None
    sha256: Digest | None
    size: int | None
    note: str | None


class ViewingCopy(Form, kw_only=True):
    """What is to be made of the clip by the recipe that holds for all."""

    makes: Literal["proxy", "filmstrip", "waveform", "working-copy", "pts-index"]


class StillWanted(Form, kw_only=True):
    """Which frame: a place in time (``12.5s``, ``pts:N``, ``start``, ``end``). ``burn_in``: number and time in the picture."""

    at: Line
    burn_in: bool = False


class CutWanted(Form, kw_only=True):
    """From which frame to which, both included."""

    first: Line
    last: Line
    burn_in: bool = False


class RedactionNew(Form):
    """What is to be hidden: ``boxes`` and ``mutes`` as the command line takes them. ``sound``: whether there is any in the copy."""

    boxes: Steps | UnsetType = UNSET
    mutes: Steps | UnsetType = UNSET
    sound: bool | UnsetType = UNSET
    burn_in: bool | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class RedactionChange(RedactionNew):
    """What is to be hidden instead; what is left out stays. ``version``: the one that it is thought to have."""

    version: Version | UnsetType = UNSET


class Agreement(Form):
    """What there is to say about it."""

    note: Text | UnsetType = UNSET


OPERATIONS = (
    Operation(
        *("GET", "/v1/derivatives", "listDerivatives", "What was made of footage, and what could not be", "derivatives:read"),
        command=lambda asked: ListDerivatives(given(asked.query.clip)),
        query=AboutClip,
        answers=Derivative,
        rows="derivatives",
        key="id",
    ),
    Operation(
        *("DELETE", "/v1/derivatives/{derivative}", "removeDerivative", "Let go of a derivative", "derivatives:write"),
        command=lambda asked: RemoveDerivative(asked.path["derivative"]),
        answers=Removed,
    ),
    Operation(
        *("POST", "/v1/clips/{clip}/derivatives", "derive", "Make a viewing copy; what is here is not made again"),
        scope="derivatives:write",
        command=lambda asked: Derive(asked.path["clip"], asked.body.makes),
        body=ViewingCopy,
        job=True,
    ),
    Operation(
        *("POST", "/v1/clips/{clip}/stills", "takeStill", "One frame of a clip as a picture", "derivatives:write"),
        command=lambda asked: TakeStill(asked.path["clip"], asked.body.at, asked.body.burn_in),
        body=StillWanted,
        job=True,
    ),
    Operation(
        *("POST", "/v1/clips/{clip}/cuts", "cutClip", "The frames from one place to another", "derivatives:write"),
        command=lambda asked: CutClip(asked.path["clip"], **members(asked.body)),
        body=CutWanted,
        job=True,
    ),
    Operation(
        *("GET", "/v1/redactions", "listRedactions", "What is hidden in copies of footage", "redactions:read"),
        command=lambda asked: ListRedactions(given(asked.query.clip)),
        query=AboutClip,
        answers=Redaction,
        rows="redactions",
        key="redaction",
    ),
    Operation(
        *("POST", "/v1/clips/{clip}/redactions", "addRedaction", "Write down what is to be hidden", "redactions:write"),
        command=lambda asked: AddRedaction(asked.path["clip"], **members(asked.body)),
        body=RedactionNew,
        answers=Redaction,
        status=201,
    ),
    Operation(
        *("PATCH", "/v1/redactions/{redaction}", "changeRedaction", "Write it down anew", "redactions:write"),
        command=lambda asked: ChangeRedaction(asked.path["redaction"], **members(asked.body)),
        body=RedactionChange,
        answers=Redaction,
    ),
    Operation(
        *("POST", "/v1/redactions/{redaction}/copy", "makeRedaction", "Make the redacted copy", "redactions:write"),
        command=lambda asked: MakeRedaction(asked.path["redaction"]),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/redactions/{redaction}/approval", "approveRedaction", "The copy may be given away, says somebody else"),
        scope="redactions:write",
        command=lambda asked: ApproveRedaction(asked.path["redaction"], given(asked.body.note)),
        body=Agreement,
        answers=Redaction,
    ),
)
