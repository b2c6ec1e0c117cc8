"""Clips, dockings, recordings: listed, shown, played, tagged, exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListClips:
    """Clips in the order they were taken. ``limit``: so many, a page; ``after``: what the page before named as ``next``."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_clips"
    case_number: str | None = None
    category: str | None = None
    docking: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowClip:
    """Everything known about one clip."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show"
    clip: str


Footage = Literal["original", "proxy", "filmstrip", "filmstrip-index", "waveform", "working-copy", "pts-index", "derivative"]


@dataclass(frozen=True, slots=True)
class Play:
    """Somebody is about to look at a clip: what its bytes are. ``of``: the original, or what was made of it for viewing.

    ``derivative``: with ``of`` ``derivative``, the id of a still, a cut or a redacted copy. ``beside``: what else of this clip comes with the same look
    (strip, waveform, time stamps, the light copy), as far as it is there: one look is one entry, and one approval.
    """

    permission: ClassVar[Permission] = Permission.PLAY
    handler: ClassVar[str] = "clips:play"
    clip: str
    of: Footage = "original"
    reason: str | None = None
    derivative: str | None = None
    beside: tuple[Footage, ...] = ()


@dataclass(frozen=True, slots=True)
class ListDockings:
    """Dockings, oldest first. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_dockings"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowDocking:
    """One docking."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show_docking"
    docking: str


@dataclass(frozen=True, slots=True)
class ListRecordings:
    """Clips that belong together, in the order in which they were sealed. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_recordings"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowRecording:
    """One recording with its segments."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show_recording"
    recording: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Change fields of clips, all of them or none. None leaves a field alone, an empty text clears it (the category: back to unclassified).

    ``officer``: who recorded (badge number). ``incident``: its number or id. ``location``: the place, under a name that the wire has free.
    ``same_as``: a clip of which they get what is not said here, or ``previous``: the one before the first of them, of the same camera, else
    of the same officer. ``search``: all that a saved search (its name or id) finds at this moment, too. ``dry_run``: say what would change.
    """

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "tagging:tag"
    clips: tuple[str, ...]
    case_number: str | None = None
    category: str | None = None
    note: str | None = None
    officer: str | None = None
    incident: str | None = None
    importance: str | None = None
    location: str | None = None
    sensitivity: str | None = None
    same_as: str | None = None
    dry_run: bool = False
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Write a clip's bytes, verified on the way, or a docking's manifest and signature, into a folder."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "clips:export"
    subject: str
    folder: bytes
    purpose: str | None = None


COMMANDS: tuple[type[Command], ...] = (
    ListClips,
    ShowClip,
    Play,
    ListDockings,
    ShowDocking,
    ListRecordings,
    ShowRecording,
    Tag,
    Export,
)
