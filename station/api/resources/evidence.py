"""Clips, recordings, dockings, and what may be changed of a clip."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.form import Asked, Digest, Form, Given, Id, Moment, Operation, Shape, Text
from station.commands import ListClips, ListDockings, ListRecordings, ShowClip, ShowDocking, ShowRecording, Tag
from station.commands.desk import ShowHistory, Untag


class Clip(Shape, kw_only=True):
    """A file of a camera, as it is kept. ``path`` is what the card called it; ``path_b64`` has the bytes where that is not UTF-8."""

    id: Id
    path: str
    path_b64: str | UnsetType = UNSET
    device: str
    officer: str | None
    size: int
    sha256: Digest
    state: str
    docking: Id
    taken_at: Moment
    recorded_at: Moment | None
    duration: float | None
    recording: Id | None
    category: str
    case: str | None
    note: str | None
    recorded_by: str | None
    incident: Id | None
    importance: str | None
    sensitivity: str | None
    place: str | None
    received: bool
    last_verified_at: Moment | None
    kept_in: str
    disposed_at: Moment | None


class Sighting(Shape):
    """A file of a docking that was this clip."""

    docking: Id
    position: int
    state: str
    size: int
    sm3: str | None
    outcome: dict[str, Any]


class ClipWhole(Clip, kw_only=True):
    """Everything known about one clip."""

    sm3: str | None
    record: dict[str, Any] | None
    sightings: list[Sighting]
    receipts: list[dict[str, Any]]


class Docking(Shape):
    """One visit of a camera or another source."""

    id: Id
    state: str
    device: str
    source: str
    profile: str
    officer: str | None
    opened_at: Moment
    sealed_at: Moment | None
    acquisition: dict[str, Any]
    manifest_sha256: Digest | None


class Segment(Shape):
    """A clip of a recording, and the gap before it in milliseconds (an overlap is below nothing); null where nobody knows it."""

    clip: Id
    gap_before_ms: int | None


class Recording(Shape):
    """Clips that belong together, in their order."""

    id: Id
    docking: Id
    segments: list[Segment]


class Change(Shape):
    """A field before and after."""

    field: str
    old: str | None
    new: str | None


class Tagged(Shape):
    """What was changed of one clip."""

    id: Id
    changes: list[Change]


class Counted(Shape):
    """How many clips had which value of a field before; ``others``: any other one."""

    field: str
    clips: int
    values: list[dict[str, Any]]
    others: int


class TaggedAll(Shape):
    """What was changed: counted, and clip by clip for the first of them; ``left_out``: how many are not shown.

    ``entry``: where the first change stands in the log, by which ``untag --whole`` takes all of it back.
    """

    clips: int
    changed: int
    counts: list[Counted]
    tagged: list[Tagged]
    left_out: int
    same_as: Id | None
    dry_run: bool
    entry: str | None


class Said(Shape):
    """Once that a field got another value. ``entry``: where that stands in the log."""

    entry: str
    at: Moment
    by: str | None
    role: str | None
    old: str | None
    new: str | None
    erased: bool
    undoes: str | None
    undone_by: str | None


class FieldHistory(Shape):
    """A field, its value now, and every one before."""

    field: str
    value: str | None
    values: list[Said]


class ClipHistory(Shape):
    """Everything that was ever said of a clip, field by field."""

    clip: Id
    fields: list[FieldHistory]


class Undone(Shape):
    """A tag that was taken back."""

    id: Id
    entry: str
    changes: list[Change]


class UndoneAll(Shape):
    """Tags that were taken back."""

    undone: list[Undone]


class ClipsWanted(Form):
    """Which clips."""

    case: Given | UnsetType = UNSET
    category: Given | UnsetType = UNSET
    docking: Id | UnsetType = UNSET


class Tags(Form):
    """Fields to change. One that is left out stays, an empty text clears it (the category: back to unclassified).

    ``officer``: who recorded (badge number). ``incident``: its number or id. ``same_as``: a clip, or ``previous``, of which they get what is not said
    here. ``dry_run``: say what would change.
    """

    case_number: Text | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    note: Text | UnsetType = UNSET
    officer: Text | UnsetType = UNSET
    incident: Text | UnsetType = UNSET
    importance: Text | UnsetType = UNSET
    location: Text | UnsetType = UNSET
    sensitivity: Text | UnsetType = UNSET
    same_as: Text | UnsetType = UNSET
    dry_run: bool = False


class TagsOfClips(Tags, kw_only=True):
    """The same change on several clips: on all of them or, when one does not exist, on none."""

    clips: Annotated[list[Id], Meta(min_length=1, max_length=10_000)]


class Undo(Form):
    """Which tag: where it stands in the log. ``whole``: with all that its command tagged. ``anyway``: also where it was changed since."""

    entry: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[^\\x00]*$")]
    whole: bool = False
    anyway: bool = False


def given(value: Any) -> Any:  # noqa: ANN401  # a member of a form, of whatever type
    """A member that may have been left out, as commands take it."""
    return None if value is UNSET else value


def members(form: Form) -> dict[str, Any]:
    """The members of a form that were given, as a command takes them; what was left out is as the command has it."""
    told = {name: getattr(form, name) for name in form.__struct_fields__}
    return {name: tuple(one) if isinstance(one, list) else one for name, one in told.items() if one is not UNSET}


def _clips(asked: Asked) -> ListClips:
    query = asked.query
    return ListClips(given(query.case), given(query.category), given(query.docking), asked.after, asked.limit)


def _tag(clips: tuple[str, ...], body: Any) -> Tag:  # noqa: ANN401  # one of the two forms above
    return Tag(clips, **{name: given(getattr(body, name)) for name in Tags.__struct_fields__})


OPERATIONS = (
    Operation(
        *("GET", "/v1/clips", "listClips", "Clips in the order they were taken", "clips:read"),
        command=_clips,
        query=ClipsWanted,
        answers=Clip,
        rows="clips",
    ),
    Operation(
        *("GET", "/v1/clips/{clip}", "showClip", "Everything known about one clip; looking is an entry of the log", "clips:read"),
        command=lambda asked: ShowClip(asked.path["clip"]),
        answers=ClipWhole,
    ),
    Operation(
        *("PATCH", "/v1/clips/{clip}", "tagClip", "Change fields of one clip", "tags:write"),
        command=lambda asked: _tag((asked.path["clip"],), asked.body),
        body=Tags,
        answers=TaggedAll,
    ),
    Operation(
        *("POST", "/v1/tags", "tagClips", "Change fields of several clips at once", "tags:write"),
        command=lambda asked: _tag(tuple(asked.body.clips), asked.body),
        body=TagsOfClips,
        answers=TaggedAll,
    ),
    Operation(
        *("POST", "/v1/tags/undo", "untag", "Take a tag back, by an amendment that names it", "tags:write"),
        command=lambda asked: Untag(asked.body.entry, whole=asked.body.whole, anyway=asked.body.anyway),
        body=Undo,
        answers=UndoneAll,
    ),
    Operation(
        *("GET", "/v1/clips/{clip}/history", "showHistory", "All that was ever said of a clip, field by field", "clips:read"),
        command=lambda asked: ShowHistory(asked.path["clip"]),
        answers=ClipHistory,
    ),
    Operation(
        *("GET", "/v1/recordings", "listRecordings", "Recordings in the order they were sealed", "clips:read"),
        command=lambda asked: ListRecordings(asked.after, asked.limit),
        answers=Recording,
        rows="recordings",
    ),
    Operation(
        *("GET", "/v1/recordings/{recording}", "showRecording", "One recording", "clips:read"),
        command=lambda asked: ShowRecording(asked.path["recording"]),
        answers=Recording,
    ),
    Operation(
        *("GET", "/v1/dockings", "listDockings", "Dockings, oldest first", "dockings:read"),
        command=lambda asked: ListDockings(asked.after, asked.limit),
        answers=Docking,
        rows="dockings",
    ),
    Operation(
        *("GET", "/v1/dockings/{docking}", "showDocking", "One docking", "dockings:read"),
        command=lambda asked: ShowDocking(asked.path["docking"]),
        answers=Docking,
    ),
)
