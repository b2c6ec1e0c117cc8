"""Court packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Package:
    """Write a court package: the clips of a case, or the clips named. ``folder`` must not be there.

    ``split``: bytes of a disc, for one bag each. ``at``: once more the package of these clips that ended at this size of the log.
    """

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "packages:package"
    folder: bytes
    case_number: str | None = None
    clips: tuple[str, ...] = ()
    purpose: str | None = None
    disclosure: bool = False
    playable: bool = False
    split: int | None = None
    at: int | None = None


COMMANDS: tuple[type[Command], ...] = (Package,)
