"""What the station needs of a recorder in control mode: the Protocol behind which each family stands.

No recorder can do everything, so a driver names its capabilities; what it has not raises :class:`ingest.errors.RecorderCannot`. Any
method may raise the other recorder faults. The same contract tests run over every driver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from ingest.recorders.clock import ClockReading, CommittedReading
from ingest.recorders.zfy import RecorderIdentity


class Capability(StrEnum):
    """What a recorder can be asked or told. The codes stand in ``families.toml``."""

    IDENTITY = "identity"
    BATTERY = "battery"
    CAPACITY = "capacity"
    READ_CLOCK = "read-clock"
    SET_CLOCK = "set-clock"
    DISK_MODE = "disk-mode"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bytes of the recorder's storage in all, and free."""

    total: int
    free: int


class Password:
    """A recorder's password: shown nowhere, whatever prints, logs or compares the object."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the one message to the recorder that carries it."""
        return self._text

    def __repr__(self) -> str:
        return "Password(…)"


class Recorder(Protocol):
    """One recorder in control mode, held open. For one thread at a time."""

    @property
    def family(self) -> str:
        """The name of its family in ``families.toml``."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can be asked or told."""

    def identity(self) -> RecorderIdentity:
        """Who it says it is."""

    def battery(self) -> int:
        """How full its battery is, in percent."""

    def capacity(self) -> Capacity:
        """Its storage."""

    def read_clock(self, zone: tzinfo) -> ClockReading:
        """What its clock shows; ``zone`` is the one it keeps local time in."""

    def set_clock(self, now: Callable[[], datetime], zone: tzinfo, committed: CommittedReading) -> None:
        """Set its clock to ``now()``, asked right before it is sent. ``committed``: what it showed before stands in the log."""

    def disk_mode(self) -> None:
        """Let it become a disk: it leaves the bus and comes back as another device."""

    def clear(self) -> None:
        """Let it remove every recording it holds. Only for what an erase step has decided file by file."""

    def close(self) -> None:
        """Let it go."""
