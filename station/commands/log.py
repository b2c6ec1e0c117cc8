"""Proof: the log, its heads, checking everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Custody:
    """The custody log, whole or about one clip (its docking's entries included). A page as in :class:`ListClips`.

    ``subject``: an object as the log names it (``clip:…``, ``settings``), its id alone, or a kind (``clip``) for all of it. ``acts``: by their codes.
    ``person``: the badge of who acted. ``since`` and ``until``: RFC 3339, the second one excluded. ``newest_first``: the other way round.
    """

    permission: ClassVar[Permission] = Permission.READ_LOG
    handler: ClassVar[str] = "log:custody"
    clip: str | None = None
    after: str | None = None
    limit: int | None = None
    subject: str | None = None
    acts: tuple[str, ...] = ()
    person: str | None = None
    since: str | None = None
    until: str | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class ProveEntry:
    """The proof that one entry stands in the log that a signed head names: its bytes, its path to the root, the head."""

    permission: ClassVar[Permission] = Permission.READ_LOG
    handler: ClassVar[str] = "log:prove"
    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Verify:
    """Check everything. ``checkpoints`` are the bytes of kept checkpoints with a label; ``anchors`` are fingerprints.

    ``authorities`` are the bytes of files with time-stamp authorities' roots (PEM), with a label.
    ``witnesses`` are verifier keys of witnesses, whose cosignatures on those checkpoints are checked.
    """

    permission: ClassVar[Permission] = Permission.VERIFY
    handler: ClassVar[str] = "proof:verify"
    checkpoints: tuple[tuple[str, bytes], ...] = ()
    anchors: tuple[str, ...] = ()
    authorities: tuple[tuple[str, bytes], ...] = ()
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scrub:
    """Re-read the blobs that were not re-read for longest, within a budget in bytes (None: as the settings say)."""

    permission: ClassVar[Permission] = Permission.VERIFY
    handler: ClassVar[str] = "proof:scrub"
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class ShowCheckpoint:
    """The current signed head with its cosignatures; ``cosigned``: the newest one that has any."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "log:checkpoint"
    cosigned: bool = False


COMMANDS: tuple[type[Command], ...] = (Custody, ProveEntry, Verify, Scrub, ShowCheckpoint)
