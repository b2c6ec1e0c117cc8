"""Why a recording is thought to belong to an incident: codes and numbers, of which people's sentences are made at the edge. They name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from evidence.canonical import JsonObject


class Code(StrEnum):
    """What speaks for a match, or against it."""

    OFFICER = "officer-sent"
    """Whom the docking names was sent there."""
    UNIT = "unit-sent"
    """The unit was sent there in which the roster, or another record, has the officer."""
    DEVICE = "device-named"
    """The record names the camera."""
    OTHER_OFFICER = "other-officer"
    """The recordings fit what another officer was sent to. Fields: ``fitting``, ``of``."""
    UNNAMED = "officer-inferred"
    """Nobody was named at the dock; the recordings fit what an officer was sent to. Fields: ``fitting``, ``of``."""
    AT_ARRIVAL = "time-at-arrival"
    """It begins as they arrived. Fields: ``seconds`` after the arrival."""
    INSIDE = "time-inside"
    """It begins between dispatch and end. Fields: ``seconds`` after the dispatch."""
    NEAR = "time-near"
    """It begins shortly before the dispatch, or after the end. Fields: ``seconds`` from it."""
    OVERRUN = "runs-on"
    """It goes on after the incident's end. Fields: ``seconds``."""
    NO_TIME = "time-unknown"
    """The camera tells no time; it was recorded between two dockings."""
    CLOCK_OFF = "clock-off"
    """All recordings of the docking fit when the clock was off by this. Fields: ``seconds``, ``fitting``, ``of``."""
    CLOCK_MEASURED = "clock-measured"
    """The clock was measured when it was docked."""
    PLACE_NEAR = "place-near"
    """Fields: ``metres``."""
    PLACE_FAR = "place-far"
    """Fields: ``metres``."""
    PLACE_SAME = "place-same"
    """Both name the same place."""
    ON_DUTY = "on-duty"
    """The roster has the officer on duty then."""
    OFF_DUTY = "off-duty"
    """The roster has the officer off duty then."""
    ALONE = "no-rival"
    """No other incident comes into question."""
    RIVAL = "rival"
    """Another incident comes into question. Fields: ``permille`` of its score."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its numbers."""

    code: Code
    fields: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> JsonObject:
        """As a sheet keeps it and an answer shows it."""
        return {"code": self.code.value, **self.fields}
