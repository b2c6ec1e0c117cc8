"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from station.commands.base import Command

FigureName = Literal["late-docking", "dispatch-without-footage", "untagged", "clock-drift", "numbering-gaps", "devices-overdue"]
Form = Literal["", "csv", "pdf"]


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Which figures there are, and by which rules things are flagged."""

    permission: ClassVar[Permission] = Permission.READ_FIGURES
    handler: ClassVar[str] = "supervising:list_figures"


@dataclass(frozen=True, slots=True)
class ShowFigure:
    """One figure over some days (``2026-11-01``; both included), of everybody, of an officer or of a unit.

    ``items``: how many single findings to show. ``form``: also as a file's content, CSV (``bom``: with a byte-order mark) or PDF in base64;
    that it left the station is then noted.
    """

    permission: ClassVar[Permission] = Permission.READ_FIGURES
    handler: ClassVar[str] = "supervising:show_figure"
    figure: FigureName
    since: str | None = None
    until: str | None = None
    officer: str | None = None
    unit: str | None = None
    items: int = 100
    form: Form = ""
    bom: bool = False


@dataclass(frozen=True, slots=True)
class ListSamples:
    """Review samples, newest first, with the populations that were fixed for them."""

    permission: ClassVar[Permission] = Permission.READ_FIGURES
    handler: ClassVar[str] = "sampling:list_samples"


@dataclass(frozen=True, slots=True)
class DrawSample:
    """Have ``wanted`` clips drawn of those that came in on some days; the population may be narrowed."""

    permission: ClassVar[Permission] = Permission.DRAW_SAMPLES
    handler: ClassVar[str] = "sampling:draw"
    wanted: int
    since: str | None = None
    until: str | None = None
    category: str | None = None
    officer: str | None = None
    unit: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ShowSample:
    """One sample, with its clips in the order in which they were drawn."""

    permission: ClassVar[Permission] = Permission.READ_FIGURES
    handler: ClassVar[str] = "sampling:show"
    sample: str


@dataclass(frozen=True, slots=True)
class CheckSample:
    """Draw a sample again from what the log says, and compare."""

    permission: ClassVar[Permission] = Permission.READ_FIGURES
    handler: ClassVar[str] = "sampling:check"
    sample: str


@dataclass(frozen=True, slots=True)
class CheckAlarms:
    """Raise what the figures give cause for and hand on what nobody acknowledged, now; the service does it every minute."""

    permission: ClassVar[Permission] = Permission.ACKNOWLEDGE_ALARMS
    handler: ClassVar[str] = "escalations:check"


@dataclass(frozen=True, slots=True)
class ListEscalations:
    """Alarms that were handed on, newest first."""

    permission: ClassVar[Permission] = Permission.READ_ALARMS
    handler: ClassVar[str] = "escalations:list_escalations"
    open_only: bool = False


COMMANDS: tuple[type[Command], ...] = (
    *(ListFigures, ShowFigure, ListSamples, DrawSample, ShowSample, CheckSample),
    *(CheckAlarms, ListEscalations),
)
