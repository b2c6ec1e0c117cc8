"""Commands and queries as values: everything a client can ask of the station.

Each names the permission it needs. They travel unchanged between the command line, the window and the service, so they hold
text, numbers and lists only. A path is bytes where it may be any file name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from evidence.canonical import JsonObject
from evidence.errors import Exit
from evidence.facts import SourceKind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the station says: one JSON document, and the exit status it stands for."""

    document: JsonObject
    status: Exit = Exit.OK


@dataclass(frozen=True, slots=True)
class Ingest:
    """Take what lies on one or more cards or in folders."""

    permission: ClassVar[Permission] = Permission.COLLECT
    paths: tuple[bytes, ...]
    officer: str | None = None
    source: SourceKind | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal an open docking whose card does not come back, with what was taken."""

    permission: ClassVar[Permission] = Permission.COLLECT
    docking: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Take what is dropped into the drop folder, until told to stop; ``once`` takes what is whole now."""

    permission: ClassVar[Permission] = Permission.COLLECT
    once: bool = False


@dataclass(frozen=True, slots=True)
class ListClips:
    """Clips in the order they were taken."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    case_number: str | None = None
    category: str | None = None
    docking: str | None = None


@dataclass(frozen=True, slots=True)
class ShowClip:
    """Everything known about one clip."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    clip: str


@dataclass(frozen=True, slots=True)
class ListDockings:
    """Dockings, oldest first."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS


@dataclass(frozen=True, slots=True)
class Tag:
    """Change fields of clips. None leaves a field alone, an empty text clears it (the category: back to unclassified)."""

    permission: ClassVar[Permission] = Permission.TAG
    clips: tuple[str, ...]
    case_number: str | None = None
    category: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Write a clip's bytes, verified on the way, or a docking's manifest and signature, into a folder."""

    permission: ClassVar[Permission] = Permission.EXPORT
    subject: str
    folder: bytes
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Custody:
    """The custody log, whole or about one clip (its docking's entries included)."""

    permission: ClassVar[Permission] = Permission.READ_LOG
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How the station is."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS


@dataclass(frozen=True, slots=True)
class Upload:
    """Send what waits. ``until_idle`` goes on until nothing is due; otherwise one pass."""

    permission: ClassVar[Permission] = Permission.SEND
    until_idle: bool = False


@dataclass(frozen=True, slots=True)
class ListReceipts:
    """What the store confirmed."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class ListUploads:
    """What waits to be sent, and why."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS


@dataclass(frozen=True, slots=True)
class SettingsCommand:
    """Show, set or accept settings."""

    verb: Literal["show", "set", "accept"]
    name: str | None = None
    value: str | None = None

    @property
    def permission(self) -> Permission:
        """Showing is reading; the other two change."""
        return Permission.READ_SETTINGS if self.verb == "show" else Permission.CHANGE_SETTINGS


@dataclass(frozen=True, slots=True)
class Verify:
    """Check everything. ``checkpoints`` are the bytes of kept checkpoints with a label; ``anchors`` are fingerprints.

    ``witnesses`` are verifier keys of witnesses, whose cosignatures on those checkpoints are checked.
    """

    permission: ClassVar[Permission] = Permission.VERIFY
    checkpoints: tuple[tuple[str, bytes], ...] = ()
    anchors: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scrub:
    """Re-read the blobs that were not re-read for longest, within a budget in bytes (None: as the settings say)."""

    permission: ClassVar[Permission] = Permission.VERIFY
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class ShowCheckpoint:
    """The current signed head with its cosignatures; ``cosigned``: the newest one that has any."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    cosigned: bool = False


@dataclass(frozen=True, slots=True)
class Cosign:
    """Ask the witnesses of the settings to cosign the current head."""

    permission: ClassVar[Permission] = Permission.SEND


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print a docking's slip for the officer into a new PDF file."""

    permission: ClassVar[Permission] = Permission.COLLECT
    docking: str
    target: bytes


@dataclass(frozen=True, slots=True)
class PrintShift:
    """Print the log's head, to be signed at the end of a shift, into a new PDF file."""

    permission: ClassVar[Permission] = Permission.EXPORT
    target: bytes


@dataclass(frozen=True, slots=True)
class Recover:
    """Begin a new epoch after a restore."""

    permission: ClassVar[Permission] = Permission.RECOVER
    reason: str
    checkpoints: tuple[tuple[str, bytes], ...] = ()


Command = (
    Ingest
    | Seal
    | Watch
    | ListClips
    | ShowClip
    | ListDockings
    | Tag
    | Export
    | Custody
    | Status
    | Upload
    | ListReceipts
    | ListUploads
    | SettingsCommand
    | Verify
    | Scrub
    | ShowCheckpoint
    | Cosign
    | PrintSlip
    | PrintShift
    | Recover
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is; at most five a second. ``what`` names the stage by a phrase code, bytes or items done of a total."""

    what: str
    subject: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Who is told of progress."""


def silent(_progress: Progress) -> None:
    """Report to nobody."""
