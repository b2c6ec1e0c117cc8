"""Facts about sources, files and clips, as the domain names them. Frozen values; no disk, network or clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evidence.errors import EvidenceError, Exit
from evidence.ids import Digest

EMPTY_DIGEST = Digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""SHA-256 of no bytes at all."""

EMPTY_SM3 = Digest("1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b")
"""SM3 of no bytes at all."""

UNCLASSIFIED = "unclassified"
"""The category every clip begins with; nothing may delete it."""


class SourceKind(StrEnum):
    """What kind of equipment recorded."""

    BODY_CAMERA = "body-camera"
    DV = "dv"
    AUDIO_RECORDER = "audio-recorder"
    INTERVIEW_ROOM = "interview-room"
    CCTV = "cctv"
    OTHER = "other"


class ClipState(StrEnum):
    """What is known of the bytes of a file that was taken."""

    VERIFIED = "verified"
    EMPTY = "empty"
    DAMAGED = "damaged"


UNREADABLE = "unreadable"
"""The state of a sighting of which not one byte could be read; it never became a clip."""


class DockingState(StrEnum):
    """Where a docking stands."""

    OPEN = "open"
    SEALED = "sealed"
    REFUSED = "refused"


_MOVES: dict[DockingState, frozenset[DockingState]] = {
    DockingState.OPEN: frozenset({DockingState.SEALED, DockingState.REFUSED}),
    DockingState.SEALED: frozenset(),
    DockingState.REFUSED: frozenset(),
}


class IllegalMove(EvidenceError):
    """A docking cannot go from one state to the other. Fields: ``docking``, ``before``, ``after``."""

    code = "illegal-move"
    status = Exit.INTERNAL


class TextUnfit(EvidenceError):
    """A text that somebody gave cannot be kept. Fields: ``name``, ``rule``."""

    code = "text-unfit"
    status = Exit.USAGE


def check_text(name: str, text: str, limit: int | None = None) -> None:
    """Raise :class:`TextUnfit` unless every catalogue can hold the text: UTF-8, no NUL, at most ``limit`` characters."""
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        raise TextUnfit(name=name, rule="UTF-8 without NUL")
    if limit is not None and len(text) > limit:
        raise TextUnfit(name=name, rule=f"at most {limit} characters")


def check_move(docking: str, before: DockingState, after: DockingState) -> None:
    """Raise :class:`IllegalMove` unless the table of transitions allows it."""
    if after not in _MOVES[before]:
        raise IllegalMove(docking=docking, before=before.value, after=after.value)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that now lies in the vault (or has no bytes to lie there).

    ``position`` is its place in the docking's listing; ``resumed_at`` the bytes that an earlier attempt had copied;
    ``ranges`` the unreadable ``(offset, length)`` pairs, zero-filled in the copy; ``medium`` how the re-read got below the
    page cache; ``vaults`` how many copies were verified; ``sm3`` the second digest, where the station takes one.
    """

    position: int
    path: bytes
    size: int
    sha256: Digest
    state: ClipState
    medium: str | None
    vaults: int
    resumed_at: int = 0
    changed: str | None = None
    ranges: tuple[tuple[int, int], ...] = ()
    reason: str | None = None
    sm3: Digest | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of which not one byte could be read, and why."""

    position: int
    path: bytes
    reason: str
