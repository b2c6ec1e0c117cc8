"""A figure as a value: what was counted, for whom, what was left out and why, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from evidence.canonical import Json, JsonObject


class Figure(StrEnum):
    """What can be counted."""

    LATE_DOCKING = "late-docking"
    DISPATCH_WITHOUT_FOOTAGE = "dispatch-without-footage"
    UNTAGGED = "untagged"
    CLOCK_DRIFT = "clock-drift"
    NUMBERING_GAPS = "numbering-gaps"
    DEVICES_OVERDUE = "devices-overdue"


class Measure(StrEnum):
    """What ``worst`` and ``value`` of a figure are."""

    MINUTES = "minutes"
    MILLISECONDS = "milliseconds"
    NUMBERS = "numbers"
    CLIPS = "clips"


MEASURES: Mapping[Figure, Measure] = {
    Figure.LATE_DOCKING: Measure.MINUTES,
    Figure.DISPATCH_WITHOUT_FOOTAGE: Measure.MINUTES,
    Figure.UNTAGGED: Measure.MINUTES,
    Figure.CLOCK_DRIFT: Measure.MILLISECONDS,
    Figure.NUMBERING_GAPS: Measure.NUMBERS,
    Figure.DEVICES_OVERDUE: Measure.MINUTES,
}


class Verdict(StrEnum):
    """How one thing that was looked at stands."""

    FINE = "fine"
    FLAGGED = "flagged"
    EXCLUDED = "excluded"
    """It would be flagged, and the station caused that: ``reason`` says how."""
    UNSURE = "unsure"
    """What is known does not decide it: ``reason`` says what is missing."""


class Reason(StrEnum):
    """Why something is excluded, or cannot be decided."""

    STATION_OFF = "station-off"
    DISK_FULL = "disk-full"
    SLOT_ERROR = "slot-error"
    REFUSED_AT_DOOR = "refused-at-door"
    """The device came in time, and the station's own policy kept it out."""
    OPEN_DOCKING = "open-docking"
    """It was docked, and the station has not finished with it."""
    STATION_CLOCK = "station-clock"
    """The station's own clock was not known to be right."""
    ERASED_BY_STATION = "erased-by-station"
    CLOCK_UNKNOWN = "clock-unknown"
    """The camera's clock decides it, and nothing bounds that clock well enough."""
    NO_TIME = "no-time"
    """Nothing says when it was recorded."""
    NOT_DOCKED_YET = "not-docked-yet"
    """Who was sent has a device that was not docked since."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``value`` in the figure's measure; ``subject`` as the log says it."""

    subject: str
    unit: str
    officer: str | None
    verdict: Verdict
    value: int | None = None
    reason: Reason | None = None
    device: str | None = None
    at: str | None = None

    def document(self) -> JsonObject:
        """As answers show it."""
        return {
            "subject": self.subject,
            "unit": self.unit,
            "officer": self.officer,
            "device": self.device,
            "at": self.at,
            "verdict": self.verdict.value,
            "reason": None if self.reason is None else self.reason.value,
            "value": self.value,
        }


@dataclass(slots=True)
class Count:
    """What was found of one officer, one unit, or in all."""

    counted: int = 0
    flagged: int = 0
    unsure: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    worst: int | None = None

    def add(self, one: Finding) -> None:
        """One more."""
        self.counted += 1
        reason = "" if one.reason is None else one.reason.value
        match one.verdict:
            case Verdict.FLAGGED:
                self.flagged += 1
                if one.value is not None and (self.worst is None or abs(one.value) > abs(self.worst)):
                    self.worst = one.value
            case Verdict.EXCLUDED:
                self.excluded[reason] = self.excluded.get(reason, 0) + 1
            case Verdict.UNSURE:
                self.unsure[reason] = self.unsure.get(reason, 0) + 1
            case Verdict.FINE:
                pass

    def document(self) -> dict[str, Json]:
        """As answers show it."""
        return {
            "counted": self.counted,
            "flagged": self.flagged,
            "excluded": dict(sorted(self.excluded.items())),
            "unsure": dict(sorted(self.unsure.items())),
            "worst": self.worst,
        }


ITEMS = 10_000
"""Findings that are kept for showing; all are counted."""


@dataclass(slots=True)
class Tally:
    """Findings summed up as they come, with those kept that somebody may want to look at: memory does not grow with what is fine."""

    total: Count = field(default_factory=Count)
    rows: dict[tuple[str, str], Count] = field(default_factory=dict)
    items: list[Finding] = field(default_factory=list)
    left_out: int = 0

    def add(self, one: Finding) -> None:
        """One more."""
        self.total.add(one)
        self.rows.setdefault((one.unit, one.officer or ""), Count()).add(one)
        if one.verdict is Verdict.FINE:
            return
        if len(self.items) < ITEMS:
            self.items.append(one)
        else:
            self.left_out += 1
