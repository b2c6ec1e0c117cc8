"""What the door hands to the window: how it stands with the station, what went wrong, what changed. Values, and no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from evidence.errors import Exit, Fault
from station.messages import FAULTS, fault_text, plain


class LinkState(StrEnum):
    """How it stands with the station."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    """The stream of changes broke off, a moment ago: a service that restarts looks like this."""
    OFFLINE = "offline"


UNREACHABLE = frozenset({"service-unreachable", "no-service", "service-stopping", "internal-left"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as the station said it. ``text`` says it in a language."""

    code: str
    status: Exit
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unreachable(self) -> bool:
        """Whether nobody answered: it is worth trying again."""
        return self.code in UNREACHABLE

    def text(self, language: str) -> str:
        """The station's own sentence."""
        if self.code not in FAULTS:
            return plain(self.code)  # a station of a later version
        try:
            return fault_text(self.code, self.fields, language)
        except (KeyError, IndexError):
            return plain(self.code)


def problem_of(fault: Fault) -> Problem:
    """A fault as a value."""
    return Problem(fault.code, fault.status, dict(fault.fields))


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed at the station: an event of ``/v1/events``. ``name``: what it is about (``clip``, ``docking``, ``alarm``…, ``slot``)."""

    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts. ``badge`` None: the operator of the settings, while nobody has an account."""

    badge: str | None
    name: str | None
    role: str
    signed_in: bool
