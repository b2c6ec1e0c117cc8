"""Incidents: what the dispatch desk knows of an event, as values. No disk, network or clock.

Rules kept here:

* a moment is kept as RFC 3339 in UTC; one that was told without an offset is of the zone that is given, and one that bears two
  moments there, or none (RFC 9557's ambiguity; a clock that is set for summer), is refused, never guessed;
* who was sent, where, and what was said names people, so it is ``kept``; begin, end, category, devices and where the record came from
  are ``said`` (``SHEETS.md``);
* an incident is known by its number; numbers of one station are unique.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from evidence.canonical import Json, JsonObject
from evidence.errors import EvidenceError, Exit
from evidence.facts import TextUnfit, check_text
from evidence.reach import Placed, Reach

KIND = "incident"
DESK = "desk"
"""Source of an incident that a person typed; any other is the name of a feed."""
NUMBER_CHARACTERS = 64
LINE_CHARACTERS = 256
TEXT_CHARACTERS = 10_000
PEOPLE = 64
"""Officers, or devices, that one incident may name."""


class IncidentUnfit(EvidenceError):
    """A value of an incident cannot be. Fields: ``name`` (of the value), ``text`` (as it was given), ``rule``."""

    code = "incident-unfit"
    status = Exit.USAGE


class IncidentOutOfReach(EvidenceError):
    """The incident is none of the person's. Fields: ``incident``."""

    code = "incident-out-of-reach"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class Incident:
    """A dispatch record. Moments RFC 3339 in UTC; ``officers`` are badge numbers, ``devices`` keys of the registry.

    ``unit`` is the code of the unit that was sent, ``source`` where the record came from, ``category`` a word of that source. ``arrived_at``:
    when the first were there; ``gone_at``: since when its feed does not have it any more.
    """

    number: str
    begins_at: str
    ends_at: str | None = None
    place: str | None = None
    officers: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    category: str | None = None
    text: str | None = None
    unit: str | None = None
    source: str = DESK
    arrived_at: str | None = None
    gone_at: str | None = None

    @property
    def said(self) -> JsonObject:
        """What the log says in plain."""
        return {
            "begins_at": self.begins_at,
            "ends_at": self.ends_at,
            "category": self.category,
            "devices": list(self.devices),
            "unit": self.unit,
            "source": self.source,
            "arrived_at": self.arrived_at,
            "gone_at": self.gone_at,
        }

    @property
    def kept(self) -> JsonObject:
        """What the log only commits to."""
        return {"number": self.number, "place": self.place, "officers": list(self.officers), "text": self.text}

    def seen(self, reach: Reach | None, unit: str) -> bool:
        """Whether a person may know of it: as somebody who was sent, or by the unit; one that names none is of the station's ``unit``."""
        if reach is None:
            return True
        mine = reach.own if reach.own in self.officers else None
        return reach.sees(Placed(mine, self.unit or unit, None, None))

    @property
    def found_by(self) -> tuple[tuple[str, str], ...]:
        """Names and values by which its sheet is looked for."""
        found = [("number", self.number), ("begins_at", self.begins_at), ("source", self.source)]
        found += [("officer", one) for one in self.officers] + [("device", one) for one in self.devices]
        return tuple(found if self.unit is None else [*found, ("unit", self.unit)])


NAMES: tuple[str, ...] = tuple(one.name for one in fields(Incident))
"""The members of an incident, as people and mapping files name them."""


def incident(
    number: str,
    begins_at: str,
    zone: ZoneInfo,
    *,
    ends_at: str | None = None,
    place: str | None = None,
    officers: Iterable[str] = (),
    devices: Iterable[str] = (),
    category: str | None = None,
    text: str | None = None,
    unit: str | None = None,
    source: str = DESK,
    arrived_at: str | None = None,
) -> Incident:
    """An incident of what somebody gave: trimmed, checked, its moments in UTC. An empty text is none.

    Raises :class:`IncidentUnfit`.
    """
    given = {"number": number, "place": place, "category": category, "unit": unit, "source": source, "text": text}
    told = {name: _line(name, value, LIMITS.get(name, LINE_CHARACTERS)) for name, value in given.items()}
    if told["number"] is None:
        raise IncidentUnfit(name="number", text="", rule="a number is needed")
    if told["source"] is None:
        raise IncidentUnfit(name="source", text="", rule="a source is needed")
    begin = moment("begins_at", begins_at, zone)
    end = None if ends_at is None or not ends_at.strip() else moment("ends_at", ends_at, zone)
    if end is not None and end < begin:
        raise IncidentUnfit(name="ends_at", text=ends_at, rule="not before begins_at")
    arrived = None if arrived_at is None or not arrived_at.strip() else moment("arrived_at", arrived_at, zone)
    if arrived is not None and arrived < begin:
        raise IncidentUnfit(name="arrived_at", text=arrived_at, rule="not before begins_at")
    return Incident(
        number=told["number"],
        begins_at=begin,
        ends_at=end,
        place=told["place"],
        officers=_names("officers", officers),
        devices=_names("devices", devices),
        category=told["category"],
        text=told["text"],
        unit=told["unit"],
        source=told["source"],
        arrived_at=arrived,
    )


def incident_of(said: dict[str, Any], kept: dict[str, Any] | None) -> Incident:
    """The incident of a sheet. Where ``kept`` was erased lawfully, nobody and nothing is named, and the number is empty."""
    told = kept or {"number": "", "place": None, "officers": [], "text": None}
    return Incident(
        number=told["number"],
        begins_at=said["begins_at"],
        ends_at=said["ends_at"],
        place=told["place"],
        officers=tuple(told["officers"]),
        devices=tuple(said["devices"]),
        category=said["category"],
        text=told["text"],
        unit=said["unit"],
        source=said["source"],
        arrived_at=said.get("arrived_at"),
        gone_at=said.get("gone_at"),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One member of an incident before and after, as JSON."""

    name: str
    old: Json
    new: Json


def differences(before: Incident, after: Incident) -> list[Difference]:
    """What a correction changes, in the order of :data:`NAMES`."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in NAMES]
    return [Difference(name, _json(old), _json(new)) for name, old, new in pairs if old != new]


def moment(name: str, text: str, zone: ZoneInfo) -> str:
    """ISO 8601, local in ``zone`` where it has no offset, as RFC 3339 in UTC with microseconds. Raises :class:`IncidentUnfit`."""

    def unfit(rule: str) -> IncidentUnfit:
        return IncidentUnfit(name=name, text=text, rule=rule)

    return moment_of(text, zone, unfit)


def moment_of(text: str, zone: ZoneInfo, unfit: Callable[[str], EvidenceError]) -> str:
    """As :func:`moment`; ``unfit`` makes the fault from the rule that the text breaks."""
    try:
        value = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-11-21"):
            raise unfit("a day and a time, as 2026-11-21T10:00:03")
        if value.tzinfo is None:
            meant = {value.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            if len(meant) > 1:
                raise unfit(f"one moment in {zone.key}; with an offset, as 2026-11-21T10:00:03+08:00, it is")
            (value,) = meant
        value = value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise unfit("a time in ISO 8601, as 2026-11-21T10:00:03") from error
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}Z".rjust(27, "0")


LIMITS = {"number": NUMBER_CHARACTERS, "unit": 64, "source": 64, "text": TEXT_CHARACTERS}


def _line(name: str, value: str | None, limit: int) -> str | None:
    told = (value or "").strip()
    try:
        check_text(name, told, limit)
    except TextUnfit as error:
        raise IncidentUnfit(name=name, text=told[:LINE_CHARACTERS], rule=error.fields["rule"]) from error
    if name != "text" and any(character in told for character in "\r\n"):
        raise IncidentUnfit(name=name, text=told, rule="one line")
    return told or None


def _names(name: str, given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(told for one in given if (told := _line(name, one, 128)) is not None))
    if len(found) > PEOPLE:
        raise IncidentUnfit(name=name, text=str(len(found)), rule=f"at most {PEOPLE}")
    return found


def _json(value: object) -> Json:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]  # members are texts or lists of texts
