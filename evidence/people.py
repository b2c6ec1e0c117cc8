"""People of a station, and its units, as values: who somebody is, by which doors he signs in, how far his rights reach. No catalogue in it.

Rules kept here: badge, name and the cases that were granted are personal (``SHEETS.md``); a card's number and a badge are looked for by a keyed digest, so
that what lies in an index gives neither away; a PIN's hash never stands on a sheet, which readers of the log see: only the digest of that hash, which
binds it to the log and helps nobody to guess.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from evidence.access import Role
from evidence.canonical import Json, JsonObject
from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit
from evidence.facts import TextUnfit, check_text
from evidence.reach import Reach, below

KIND = "person"
UNIT_KIND = "unit"
BADGE_CHARACTERS = 32
NAME_CHARACTERS = 64
UNIT_CHARACTERS = 64
DESK = "desk"
"""Where a person came from who was entered by hand; any other source is a roster."""

Keyed = Callable[[str, str], str]
"""Makes the keyed digest of a value under the name of what it is."""


class BadgeUnfit(EvidenceError):
    """That cannot be a badge number. Fields: ``rule``."""

    code = "badge-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody as a roster lists him: badge, unit, and a name where it tells one."""

    badge: str
    unit: str
    name: str | None = None


LISTED: tuple[str, ...] = tuple(one.name for one in fields(Listed))


class PersonState(StrEnum):
    """Whether somebody may sign in at all."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Door(StrEnum):
    """A way to sign in."""

    PIN = "pin"
    CARD = "card"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the station. Moments RFC 3339 in UTC.

    ``secret``: digest of the PIN's hash; ``initial_until``: the PIN is one that somebody else made, good for nothing but to be changed, until then.
    ``card``: keyed digest of a card's number. ``certificate``: SHA-256 of an X.509 certificate (DER). ``ended_before``: sessions that began before
    are over. ``source``: ``desk``, or the roster that knows him.
    """

    badge: str
    role: Role
    unit: str
    name: str | None = None
    state: PersonState = PersonState.ACTIVE
    units: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    sensitivities: frozenset[str] = frozenset()
    secret: str | None = None
    initial_until: str | None = None
    card: str | None = None
    certificate: str | None = None
    ended_before: str | None = None
    source: str = DESK

    @property
    def doors(self) -> list[Door]:
        """The ways by which he signs in."""
        there = {Door.PIN: self.secret, Door.CARD: self.card, Door.CERTIFICATE: self.certificate}
        return [door for door, value in there.items() if value is not None]

    @property
    def has_account(self) -> bool:
        """Whether there is any such way."""
        return bool(self.doors)

    @property
    def said(self) -> JsonObject:
        """What the log says in plain."""
        units: list[Json] = [*sorted(self.units)]
        sensitivities: list[Json] = [*sorted(self.sensitivities)]
        return {
            "role": self.role.value,
            "unit": self.unit,
            "state": self.state.value,
            "units": units,
            "sensitivities": sensitivities,
            "account": self.has_account,
            "secret": self.secret,
            "initial_until": self.initial_until,
            "ended_before": self.ended_before,
            "source": self.source,
        }

    @property
    def kept(self) -> JsonObject:
        """What the log only commits to."""
        cases: list[Json] = [*sorted(self.cases)]
        return {
            "badge": self.badge,
            "name": self.name,
            "cases": cases,
            "card": self.card,
            "certificate": self.certificate,
        }

    def found_by(self, keyed: Keyed) -> tuple[tuple[str, str], ...]:
        """Where he is looked for."""
        found = [("badge", keyed("badge", self.badge)), ("state", self.state.value), ("role", self.role.value)]
        found += [("card", self.card)] if self.card is not None else []
        found += [("certificate", self.certificate)] if self.certificate is not None else []
        return tuple(found)

    def reach(self, parents: Mapping[str, str | None]) -> Reach:
        """Of which clips he may know: an officer his own, an administrator and an auditor every unit's, the others their unit's and those below.

        ``parents``: the unit above each unit. An auditor sees what is known of restricted clips, too; playing them is another question.
        """
        everywhere = self.role in {Role.ADMINISTRATOR, Role.AUDITOR}
        base = self.units if self.role is Role.OFFICER else self.units | {self.unit}
        return Reach(
            own=self.badge,
            units=None if everywhere else below(base, parents),
            cases=self.cases,
            sensitivities=None if self.role is Role.AUDITOR else self.sensitivities,
        )

    def actor(self, parents: Mapping[str, str | None]) -> Actor:
        """He, as an actor."""
        return Actor(self.badge, self.role.value, self.reach(parents))


def person_of(said: Mapping[str, Any], kept: Mapping[str, Any]) -> Person:
    """What a sheet says of a person."""
    return Person(
        badge=kept["badge"],
        role=Role(said["role"]),
        unit=said["unit"],
        name=kept["name"],
        state=PersonState(said["state"]),
        units=frozenset(said["units"]),
        cases=frozenset(kept["cases"]),
        sensitivities=frozenset(said["sensitivities"]),
        secret=said["secret"],
        initial_until=said["initial_until"],
        card=kept["card"],
        certificate=kept["certificate"],
        ended_before=said["ended_before"],
        source=said["source"],
    )


def listed(badge: str, unit: str, name: str | None = None) -> Listed:
    """A line of a roster, checked. Raises :class:`BadgeUnfit`, :class:`~evidence.facts.TextUnfit`."""
    told = {"unit": unit.strip(), "name": (name or "").strip()}
    for label, limit in (("unit", UNIT_CHARACTERS), ("name", NAME_CHARACTERS)):
        check_text(label, told[label], limit)
        if not told[label].isprintable():
            raise TextUnfit(name=label, rule="one line")
    if not told["unit"]:
        raise TextUnfit(name="unit", rule="needed")
    return Listed(parse_badge(badge), told["unit"], told["name"] or None)


def parse_badge(untrusted_text: str) -> str:
    """A badge number as it is kept: in Unicode's NFKC, without blanks at its ends. Raises :class:`BadgeUnfit`."""
    badge = unicodedata.normalize("NFKC", untrusted_text).strip()
    if not badge or len(badge) > BADGE_CHARACTERS or not badge.isprintable():
        raise BadgeUnfit(rule=f"1 to {BADGE_CHARACTERS} printable characters")
    return badge
