"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Derive:
    """Make a viewing copy of a clip: what is here already is not made again."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "derived:derive"
    clip: str
    makes: Literal["proxy", "filmstrip", "waveform", "working-copy", "pts-index"]


@dataclass(frozen=True, slots=True)
class TakeStill:
    """One frame of a clip as a picture. ``at``: a place in time (``12.5s``, ``pts:N``, ``start``, ``end``)."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "derived:still"
    clip: str
    at: str
    burn_in: bool = False


@dataclass(frozen=True, slots=True)
class CutClip:
    """The frames of a clip from one place to another, both included."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "derived:cut_out"
    clip: str
    first: str
    last: str
    burn_in: bool = False


@dataclass(frozen=True, slots=True)
class ListDerivatives:
    """What was made of a clip, or of all; and what could not be, with the reason."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "derived:list_derivatives"
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveDerivative:
    """Let go of a derivative. ``derivative``: its id, or how it begins."""

    permission: ClassVar[Permission] = Permission.ERASE
    handler: ClassVar[str] = "derived:remove"
    derivative: str


@dataclass(frozen=True, slots=True)
class ListRedactions:
    """Redactions of a clip, or all."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "redactions:list_redactions"
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class AddRedaction:
    """Write down what is to be hidden in a copy of a clip. ``boxes`` and ``mutes`` as ``station.derived.typed`` reads them."""

    permission: ClassVar[Permission] = Permission.REDACT
    handler: ClassVar[str] = "redactions:add"
    clip: str
    boxes: tuple[str, ...] = ()
    mutes: tuple[str, ...] = ()
    sound: bool = True
    burn_in: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRedaction:
    """Write it down anew; what was made before is no longer its copy. What is None stays. ``version``: the one it is thought to have."""

    permission: ClassVar[Permission] = Permission.REDACT
    handler: ClassVar[str] = "redactions:change"
    redaction: str
    boxes: tuple[str, ...] | None = None
    mutes: tuple[str, ...] | None = None
    sound: bool | None = None
    burn_in: bool | None = None
    note: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class MakeRedaction:
    """Make the redacted copy."""

    permission: ClassVar[Permission] = Permission.REDACT
    handler: ClassVar[str] = "redactions:make"
    redaction: str


@dataclass(frozen=True, slots=True)
class ApproveRedaction:
    """Say that the copy was looked at and may be given away, as somebody who neither wrote nor made it; or complete what such a one approved."""

    permission: ClassVar[Permission] = Permission.REDACT
    handler: ClassVar[str] = "redactions:approve"
    redaction: str
    note: str | None = None


COMMANDS: tuple[type[Command], ...] = (
    *(Derive, TakeStill, CutClip, ListDerivatives, RemoveDerivative),
    *(ListRedactions, AddRedaction, ChangeRedaction, MakeRedaction, ApproveRedaction),
)
