"""Taking and sealing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from evidence.facts import SourceKind
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Ingest:
    """Take what lies on one or more cards, in folders, or on devices that show objects (``gphoto2:…``).

    With ``image`` the paths are block devices, or files that hold one, and each is taken whole.
    """

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "intake:ingest"
    paths: tuple[bytes, ...]
    officer: str | None = None
    source: SourceKind | None = None
    device: str | None = None
    image: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal an open docking whose card does not come back, with what was taken."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "intake:seal"
    docking: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Take what is dropped into the drop folder, until told to stop; ``once`` takes what is whole now."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "dropping:watch"
    once: bool = False


COMMANDS: tuple[type[Command], ...] = (Ingest, Seal, Watch)
