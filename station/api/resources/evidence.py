"""Clips, recordings, dockings, and what may be changed of a clip."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from station.api.resources.form import Asked, Digest, Form, Given, Id, Moment, Operation, Shape, Text
from station.commands import ListClips, ListDockings, ListRecordings, ShowClip, ShowDocking, ShowRecording, Tag


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


class TaggedAll(Shape):
    """What was changed, clip by clip."""

    tagged: list[Tagged]


class ClipsWanted(Form):
    """Which clips."""

    case: Given | UnsetType = UNSET
    category: Given | UnsetType = UNSET
    docking: Id | UnsetType = UNSET


class Tags(Form):
    """Fields to change. One that is left out stays, an empty text clears it (the category: back to unclassified)."""

    case_number: Text | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class TagsOfClips(Tags, kw_only=True):
    """The same change on several clips: on all of them or, when one does not exist, on none."""

    clips: list[Id]


def given(value: Any) -> Any:  # noqa: ANN401  # a member of a form, of whatever type
    """A member that may have been left out, as commands take it."""
    return None if value is UNSET else value


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
