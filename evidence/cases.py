"""Cases: what a case is called, where it stands, who is in it and which other case it came from, as values.

Rules kept here:

* number, title and people are ``kept``, because they name somebody; state, unit, sensitivity and the ties between cases are ``said``;
* a number that a case once bore leads to it for ever, and no other case gets it: a case that is renamed, merged or split keeps its past;
* a merged case is at its end. What belonged to it belongs to the case that it was merged into.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from evidence.canonical import JsonObject
from evidence.errors import EvidenceError, Exit
from evidence.incidents import Difference
from evidence.reach import Placed, Reach

KIND = "case"
TITLE_CHARACTERS = 256
NAME_CHARACTERS = 128
PEOPLE = 500


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


_MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.CLOSED, CaseState.MERGED}),
    CaseState.CLOSED: frozenset({CaseState.OPEN, CaseState.MERGED}),
    CaseState.MERGED: frozenset(),
}


class PartyRole(StrEnum):
    """What somebody is in a case."""

    SUSPECT = "suspect"
    VICTIM = "victim"
    WITNESS = "witness"
    COMPLAINANT = "complainant"
    OFFICER = "officer"
    LAWYER = "lawyer"
    OTHER = "other"


class CaseUnfit(EvidenceError):
    """A value of a case cannot be. Fields: ``name`` (of the value), ``text`` (as it was given), ``rule``."""

    code = "case-unfit"
    status = Exit.USAGE


class CaseMoveRefused(EvidenceError):
    """A case cannot go from one state to the other. Fields: ``case``, ``before``, ``after``."""

    code = "case-move-refused"
    status = Exit.REFUSED


class CaseOutOfReach(EvidenceError):
    """The case is none of the person's. Fields: ``case``."""

    code = "case-out-of-reach"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a case: a name, or an officer's badge number."""

    role: PartyRole
    name: str

    @property
    def document(self) -> JsonObject:
        """As it is kept and shown."""
        return {"role": self.role.value, "name": self.name}


def party(text: str) -> Party:
    """Somebody from ``ROLE:NAME``. Raises :class:`CaseUnfit`."""
    role, colon, name = text.partition(":")
    if not colon or role not in set(PartyRole):
        raise CaseUnfit(name="people", text=text, rule=f"ROLE:NAME, with a role of {', '.join(PartyRole)}")
    return Party(PartyRole(role), _line("people", name, NAME_CHARACTERS))


@dataclass(frozen=True, slots=True)
class Case:
    """A case. ``earlier`` are the numbers it bore before; ``merged_into`` and the others are ids of cases' sheets."""

    number: str
    title: str
    unit: str
    state: CaseState = CaseState.OPEN
    sensitivity: str | None = None
    people: tuple[Party, ...] = ()
    earlier: tuple[str, ...] = ()
    merged_into: str | None = None
    merged_from: tuple[str, ...] = ()
    split_from: str | None = None
    split_into: tuple[str, ...] = ()

    @property
    def said(self) -> JsonObject:
        """What the log says in plain."""
        return {
            "state": self.state.value,
            "unit": self.unit,
            "sensitivity": self.sensitivity,
            "merged_into": self.merged_into,
            "merged_from": list(self.merged_from),
            "split_from": self.split_from,
            "split_into": list(self.split_into),
        }

    @property
    def kept(self) -> JsonObject:
        """What the log only commits to."""
        return {
            "number": self.number,
            "title": self.title,
            "people": [one.document for one in self.people],
            "earlier": list(self.earlier),
        }

    @property
    def found_by(self) -> tuple[tuple[str, str], ...]:
        """Names and values by which its sheet is looked for."""
        found = [("number", one) for one in self.numbers] + [("state", self.state.value), ("unit", self.unit)]
        return tuple(found)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its number, then those that it bore before."""
        return (self.number, *self.earlier)

    def seen(self, reach: Reach | None) -> bool:
        """Whether a person may know of it: by its unit or by a grant of any of its numbers; its sensitivity, too, has to be granted."""
        return reach is None or any(reach.sees(Placed(None, self.unit, number, self.sensitivity)) for number in self.numbers)


def case_of(said: dict[str, Any], kept: dict[str, Any] | None) -> Case:
    """The case of a sheet. Where ``kept`` was erased lawfully, its number is empty."""
    told = kept or {"number": "", "title": "", "people": [], "earlier": []}
    return Case(
        number=told["number"],
        title=told["title"],
        unit=said["unit"],
        state=CaseState(said["state"]),
        sensitivity=said["sensitivity"],
        people=tuple(Party(PartyRole(one["role"]), one["name"]) for one in told["people"]),
        earlier=tuple(told["earlier"]),
        merged_into=said["merged_into"],
        merged_from=tuple(said["merged_from"]),
        split_from=said["split_from"],
        split_into=tuple(said["split_into"]),
    )


def checked(case: Case) -> Case:
    """A case whose texts can be kept. The form of its number is its unit's (:mod:`evidence.casenumbers`). Raises :class:`CaseUnfit`."""
    if len(case.people) > PEOPLE:
        raise CaseUnfit(name="people", text=str(len(case.people)), rule=f"at most {PEOPLE}")
    return replace(case, title=_line("title", case.title, TITLE_CHARACTERS), unit=_line("unit", case.unit, 64))


def renamed(case: Case, number: str) -> Case:
    """The same case under another number; the one of before leads to it still."""
    if number == case.number:
        return case
    earlier = (case.number, *(one for one in case.earlier if one != number))
    return replace(case, number=number, earlier=earlier)


def moved(case: Case, state: CaseState) -> Case:
    """The same case in another state. Raises :class:`CaseMoveRefused`."""
    if state not in _MOVES[case.state]:
        raise CaseMoveRefused(case=case.number, before=case.state.value, after=state.value)
    return replace(case, state=state)


def with_people(case: Case, more: Iterable[Party], fewer: Iterable[Party]) -> Case:
    """The same case with some people in it and others no longer. Raises :class:`CaseUnfit` for one that is not in it."""
    gone = list(fewer)
    for one in gone:
        if one not in case.people:
            raise CaseUnfit(name="people", text=f"{one.role.value}:{one.name}", rule="somebody who is in the case")
    left = [one for one in case.people if one not in gone]
    return replace(case, people=tuple(dict.fromkeys([*left, *more])))


def differences(before: Case, after: Case) -> list[Difference]:
    """What a change changes, member by member."""
    old, new = ({**case.said, **case.kept} for case in (before, after))
    return [Difference(name, old[name], new[name]) for name in new if old[name] != new[name]]


def _line(name: str, text: str, limit: int) -> str:
    told = text.strip()
    if not told or len(told) > limit or not told.isprintable():
        raise CaseUnfit(name=name, text=text[:limit], rule=f"1 to {limit} characters in one line")
    return told
