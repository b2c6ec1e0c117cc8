"""The station itself: how it is, its settings, its board, long work, what changes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from station.api.resources.form import Digest, Form, Given, Id, Moment, Operation, Shape
from station.api.resources.joining import LinkShown
from station.board import SlotState
from station.commands import SettingsCommand, Status
from station.commands.clips import Footage


class StatusShown(Shape):
    """The station at one glance."""

    station: str
    unit: str
    vault: dict[str, Any]
    log: dict[str, Any]
    counts: dict[str, int]
    devices: dict[str, int]
    open_dockings: list[Id]
    uploads: dict[str, int]
    stamps: dict[str, int]
    clock: dict[str, Any]
    store: str
    settings_accepted: bool


class Check(Shape):
    """One look of the service at itself."""

    check: str
    outcome: Literal["passes", "warns", "stops"]
    code: str | None
    message: str | None


class Room(Shape):
    """A part of the service that works by itself."""

    room: str
    state: Literal["stopped", "failing", "working", "waiting"]
    turns: int
    failures: int
    last: Any
    fault: Any


class Health(Shape):
    """How the service is."""

    status: Literal["ok", "warning", "stopping"]
    station: str
    started_at: Moment
    software: dict[str, str]
    checks: list[Check]
    rooms: list[Room]
    slots: dict[str, int]
    commands: int
    copying: bool


class Slot(Shape):
    """What a slot shows. Bytes and seconds are those that are left."""

    slot: int
    learned: bool
    state: SlotState
    flags: list[str]
    since: Moment | None
    device: str | None
    officer: str | None
    docking: Id | None
    bytes_total: int | None
    bytes_left: int | None
    seconds_left: int | None
    reason: str | None
    fields: dict[str, Any]


class Board(Shape):
    """Every slot."""

    slots: list[Slot]


class Setting(Shape):
    """A setting, its default, and what it is, in both languages."""

    name: str
    value: bool | int | str
    default: bool | int | str
    en: str
    zh: str


class Settings(Shape):
    """Every setting, and whether the file is the one that the log knows."""

    accepted: bool
    settings: list[Setting]


class SettingChanged(Shape):
    """A setting before and after, as text."""

    name: str
    old: str
    new: str


class Value(Form, kw_only=True):
    """What a setting is to be, as a person would type it."""

    value: Annotated[str, Meta(max_length=4000, pattern="^[^\\x00]*$")]


class JobProgress(Shape):
    """How far it is."""

    what: str
    subject: str
    done: int
    total: int


class Problem(Shape):
    """What went wrong (RFC 9457): ``code`` is stable, ``exit`` the exit status of the command line, ``detail`` a sentence."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    exit: int
    fields: dict[str, str | int | None]


class Job(Shape):
    """Long work. ``answer`` is what its command answers, ``exit`` the status that stands for, ``files`` where its files are fetched, once."""

    id: Id
    command: str
    state: Literal["running", "done", "failed"]
    started_at: Moment
    ended_at: Moment | None
    progress: JobProgress | None
    answer: dict[str, Any] | None
    exit: int | None
    files: str | None
    problem: Problem | None


class TicketWanted(Form, kw_only=True):
    """What is to be played, and why where that must be said. ``derivative``: with ``of`` ``derivative``, its id (a still, a cut, a redacted copy).

    ``beside``: what else of this clip comes with the same look, as far as it is there.
    """

    of: Footage = "original"
    beside: Annotated[list[Footage], Meta(max_length=8)] | msgspec.UnsetType = msgspec.UNSET
    derivative: Digest | msgspec.UnsetType = msgspec.UNSET
    reason: Annotated[str, Meta(max_length=500, pattern="^[^\\x00]*$")] | None = None


class TicketBeside(Shape):
    """A ticket for something that was made of the same clip and comes with the same look."""

    of: Footage
    ticket: str
    url: str
    sha256: str
    size: int
    media_type: str


class Ticket(Shape):
    """A ticket: ``url`` is what a player opens, without any header, until it expires; so are those ``beside`` it."""

    ticket: str
    url: str
    expires_at: Moment
    sha256: str
    size: int
    media_type: str
    beside: list[TicketBeside]


class MediaWanted(Form, kw_only=True):
    """A ticket, as it was given, and of what."""

    ticket: Annotated[str, Meta(max_length=1000)]
    of: Footage = "original"


class EventsWanted(Form, kw_only=True):
    """Which events: the first words of their names, with a comma between; left out: all."""

    only: Given | msgspec.UnsetType = msgspec.UNSET


def _one(document: Any, name: str) -> Any:  # noqa: ANN401  # what JSON can hold
    return next(one for one in document["settings"] if one["name"] == name)


OPERATIONS = (
    Operation(
        *("GET", "/v1/status", "showStatus", "The station at one glance", "status:read"),
        command=lambda _asked: Status(),
        answers=StatusShown,
    ),
    Operation(*("GET", "/v1/health", "showHealth", "How the service is", "status:read"), answers=Health, special="health"),
    Operation(*("GET", "/v1/slots", "showBoard", "What each slot shows now", "slots:read"), answers=Board, special="slots"),
    Operation(
        *("GET", "/v1/settings", "listSettings", "Every setting", "settings:read"),
        command=lambda _asked: SettingsCommand("show"),
        answers=Settings,
    ),
    Operation(
        *("PUT", "/v1/settings/{setting}", "changeSetting", "Change a setting", "settings:write"),
        command=lambda asked: SettingsCommand("set", asked.path["setting"], asked.body.value),
        body=Value,
        answers=SettingChanged,
    ),
    Operation(*("GET", "/v1/jobs/{job}", "showJob", "Long work that this caller began", "jobs:read"), answers=Job, special="job"),
    Operation(
        *("GET", "/v1/files/{files}", "fetchFiles", "Fetch, once, the files of a job as a tar archive", "packages:write"),
        special="files",
        content="application/x-tar",
    ),
    Operation(
        *("POST", "/v1/clips/{clip}/tickets", "makeTicket", "A ticket by which a player fetches footage", "media:read"),
        body=TicketWanted,
        answers=Ticket,
        status=201,
        special="ticket",
    ),
    Operation(
        *("GET", "/v1/clips/{clip}/media", "playClip", "The footage, by ranges (RFC 9110, section 14)", "media:read"),
        query=MediaWanted,
        special="media",
        content="*/*",
    ),
    Operation(
        *(
            "GET",
            "/go/clips/{clip}",
            "followLink",
            "Where the link to a clip leads; a browser is sent on to the window",
            "clips:read",
        ),
        answers=LinkShown,
        special="link",
    ),
    Operation(
        *("GET", "/v1/events", "watchEvents", "What changes, as server-sent events", "events:read"),
        query=EventsWanted,
        special="events",
        content="text/event-stream",
    ),
)
