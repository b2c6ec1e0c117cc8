"""What can go wrong, as values.

A fault carries a stable code and fields; the sentence a person reads is made at the edge, in that person's language
(``station/messages.py``). Each code has exactly one exit status, so a script can act on a failure without reading it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit status of the command line. Where several apply, the worst wins: 3 > 1 > 5 > 6 > 4."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    TAMPERED = 3
    PARTIAL = 4
    REFUSED = 5
    UNREACHABLE = 6


SEVERITY: tuple[Exit, ...] = (Exit.TAMPERED, Exit.INTERNAL, Exit.REFUSED, Exit.UNREACHABLE, Exit.PARTIAL)


def worst(statuses: list[Exit]) -> Exit:
    """The status to leave with when several things happened."""
    for status in SEVERITY:
        if status in statuses:
            return status
    return Exit.USAGE if Exit.USAGE in statuses else Exit.OK


class Fault(Exception):
    """Base of every error this product raises on purpose.

    Subclasses set ``code`` (stable, kebab-case, one per class) and ``status``; keyword arguments become ``fields``,
    which the message templates and the JSON error document use. Fields hold text and numbers only, never a secret.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[Exit] = Exit.INTERNAL

    def __init__(self, **fields: str | int | None) -> None:
        self.fields = fields
        super().__init__(f"{self.code} {fields}" if fields else self.code)


class EvidenceError(Fault):
    """Base of the faults of this package."""
