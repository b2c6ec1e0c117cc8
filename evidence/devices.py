"""The station's devices and its alarms, as facts: states, kinds, and what an alarm says. Frozen values; no disk, network or clock.

A device is known by its key, the one under which its evidence is kept. An alarm is raised once for one cause and stays open
until a person acknowledges it; it refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from evidence.canonical import JsonObject
from evidence.ids import DeviceKey


class DeviceState(StrEnum):
    """Where a device stands."""

    IN_SERVICE = "in-service"
    QUARANTINED = "quarantined"
    """It was docked and nobody had registered it: nothing of it is taken before a person admits it."""
    RETIRED = "retired"


class AlarmKind(StrEnum):
    """What a person has to look at."""

    OFFICER_DISAGREES = "officer-disagrees"
    """Who docked, the card and the registry do not name the same officer."""
    DEVICE_RETIRED_DOCKED = "device-retired-docked"
    TWO_DEVICES_ONE_IDENTITY = "two-devices-one-identity"
    CLOCK_WRONG = "clock-wrong"
    NUMBERING_GAP = "numbering-gap"
    DOCKING_LATE = "docking-late"
    """Supervision: footage came in later than the rule allows, and the station did not cause it."""
    DEVICE_OVERDUE = "device-overdue"
    """Supervision: a device was issued and not returned, or not docked, for longer than the rule allows."""
    FOOTAGE_UNREADABLE = "footage-unreadable"
    """Nothing can be made for viewing of a clip that ought to play: broken, cut off, or of a kind that nothing here reads."""


@dataclass(frozen=True, slots=True)
class Concern:
    """An alarm to be raised. ``subject`` None: the docking that is about to be opened.

    ``fields`` stand in the log in plain; ``people`` names officers, to whom the log only commits. ``device`` stands in the fields.
    """

    kind: AlarmKind
    device: DeviceKey
    fields: JsonObject = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None


def alarm_of_device(device: DeviceKey) -> str:
    """What an alarm about a device is about. A device that nobody registered has a key too."""
    return f"device:{device}"
