"""Shifts: lines of a roster, as values: who was on duty from when to when, in which unit, with which device. No disk, network or clock.

Who was on duty names a person, so it is ``kept``; the rest is ``said`` (``SHEETS.md``). A shift is known by the source's own id.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo

from evidence.canonical import JsonObject
from evidence.errors import EvidenceError, Exit
from evidence.facts import TextUnfit, check_text
from evidence.incidents import moment_of

KIND = "shift"

NUMBER_CHARACTERS = 128
LIMITS = {"number": NUMBER_CHARACTERS, "officer": 128, "unit": 64, "device": 128, "source": 64}


class ShiftUnfit(EvidenceError):
    """A value of a shift cannot be. Fields: ``name`` (of the value), ``text`` (as it was given), ``rule``."""

    code = "shift-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Shift:
    """A line of a roster. Moments RFC 3339 in UTC; ``number`` is the source's own id."""

    number: str
    officer: str
    begins_at: str
    ends_at: str
    unit: str | None = None
    device: str | None = None
    source: str = ""
    gone_at: str | None = None

    @property
    def said(self) -> JsonObject:
        """What the log says in plain."""
        return {
            "begins_at": self.begins_at,
            "ends_at": self.ends_at,
            "unit": self.unit,
            "device": self.device,
            "source": self.source,
            "gone_at": self.gone_at,
        }

    @property
    def kept(self) -> JsonObject:
        """What the log only commits to."""
        return {"number": self.number, "officer": self.officer}

    @property
    def found_by(self) -> tuple[tuple[str, str], ...]:
        """Names and values by which its sheet is looked for."""
        found = [("key", key_of(self.source, self.number)), ("begins_at", self.begins_at), ("source", self.source)]
        found.append(("officer", self.officer))
        return tuple(found if self.device is None else [*found, ("device", self.device)])


NAMES: tuple[str, ...] = tuple(one.name for one in fields(Shift))


def key_of(source: str, number: str) -> str:
    """What a source's own id is known by here."""
    return f"{source}:{number}"


def shift(
    number: str,
    officer: str,
    begins_at: str,
    ends_at: str,
    zone: ZoneInfo,
    *,
    unit: str | None = None,
    device: str | None = None,
    source: str,
) -> Shift:
    """A shift of what somebody gave: trimmed, checked, its moments in UTC. Raises :class:`ShiftUnfit`."""
    given = {"number": number, "officer": officer, "unit": unit, "device": device, "source": source}
    told = {name: _line(name, value) for name, value in given.items()}
    begin, end = (_moment(name, text, zone) for name, text in (("begins_at", begins_at), ("ends_at", ends_at)))
    if end <= begin:
        raise ShiftUnfit(name="ends_at", text=ends_at, rule="after begins_at")
    return Shift(
        _needed("number", told), _needed("officer", told), begin, end, told["unit"], told["device"], _needed("source", told)
    )


def shift_of(said: dict[str, Any], kept: dict[str, Any] | None) -> Shift:
    """The shift of a sheet. Where ``kept`` was erased lawfully, officer and number are empty."""
    told = kept or {"number": "", "officer": ""}
    return Shift(
        number=told["number"],
        officer=told["officer"],
        begins_at=said["begins_at"],
        ends_at=said["ends_at"],
        unit=said["unit"],
        device=said["device"],
        source=said["source"],
        gone_at=said["gone_at"],
    )


def _moment(name: str, text: str, zone: ZoneInfo) -> str:
    return moment_of(text, zone, lambda rule: ShiftUnfit(name=name, text=text, rule=rule))


def _needed(name: str, told: dict[str, str | None]) -> str:
    value = told[name]
    if value is None:
        raise ShiftUnfit(name=name, text="", rule="needed")
    return value


def _line(name: str, value: str | None) -> str | None:
    told = (value or "").strip()
    try:
        check_text(name, told, LIMITS[name])
    except TextUnfit as error:
        raise ShiftUnfit(name=name, text=told[:256], rule=error.fields["rule"]) from error
    if any(character in told for character in "\r\n"):
        raise ShiftUnfit(name=name, text=told, rule="one line")
    return told or None
