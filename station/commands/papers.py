"""Papers: slips and the head of a shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print a docking's slip for the officer into a new PDF file."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "printing:slip"
    docking: str
    target: bytes


@dataclass(frozen=True, slots=True)
class PrintShift:
    """Print the log's head, to be signed at the end of a shift, into a new PDF file."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "printing:shift"
    target: bytes


COMMANDS: tuple[type[Command], ...] = (PrintSlip, PrintShift)
