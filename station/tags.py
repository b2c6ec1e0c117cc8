"""What a person says of clips: judged before it is written, and counted after. The same rules for one clip and for ten thousand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from evidence.canonical import Json
from evidence.casenumbers import case_forms
from evidence.cases import KIND as CASE
from evidence.catalogue.acts.cases import case_sheet
from evidence.catalogue.acts.desk import Amendment, Field
from evidence.catalogue.acts.incidents import incident_sheet
from evidence.catalogue.sheets import Sheets
from evidence.categories import CODE_CHARACTERS, KIND, Tree, tree
from evidence.errors import Exit
from evidence.facts import UNCLASSIFIED, check_text
from evidence.ids import ClipId
from evidence.reach import Sensitivity
from station.commands import Tag
from station.home import StationError
from station.settings import Settings

IMPORTANCES = ("1", "2", "3")
SHOWN = 100
"""Clips whose changes an answer tells one by one; of the others it says how many."""
VALUES = 50
"""Values of before that an answer counts one by one, of each field."""
LINE_CHARACTERS = 256
CARRIED: tuple[Field, ...] = ("case_number", "category", "incident", "importance", "sensitivity", "place", "recorded_by")
"""What "same as" takes over. A note is about the clip that it stands on."""


class TagUnfit(StationError):
    """A value cannot be said of a clip. Fields: ``name`` (of the field), ``text``, ``allowed``."""

    code = "tag-unfit"
    status = Exit.USAGE


class CaseMoved(StationError):
    """The case of that number bears another one by now. Fields: ``number``, ``now``."""

    code = "case-moved"
    status = Exit.REFUSED


class TagHeld(StationError):
    """The clip is under a hold by what this would change. Fields: ``clip``, ``field``, ``value``."""

    code = "tag-held"
    status = Exit.REFUSED


HELD_BY: dict[Field, str] = {"case_number": "case", "incident": "incident", "recorded_by": "officer"}
"""What a hold may be on, by the field that ties a clip to it."""


def categories(sheets: Sheets) -> Tree:
    """The station's categories."""
    return tree(row.said for row in sheets.sheets(KIND))


def wanted(command: Tag, settings: Settings, sheets: Sheets) -> dict[Field, str | None]:
    """The fields that a command names with the values that they are to have; None clears one.

    Raises :class:`TagUnfit`, the faults of :mod:`evidence.casenumbers` and :mod:`evidence.categories`, and
    :class:`~evidence.catalogue.acts.incidents.NoSuchIncident`.
    """
    found: dict[Field, str | None] = {}
    if command.case_number is not None:
        found["case_number"] = case_number(command.case_number, settings) if command.case_number else None
    if command.category is not None:
        check_text("category", command.category, CODE_CHARACTERS)
        found["category"] = command.category or UNCLASSIFIED
    if command.note is not None:
        found["note"] = command.note or None
    if command.officer is not None:
        found["recorded_by"] = _line("recorded_by", command.officer)
    if command.location is not None:
        found["place"] = _line("place", command.location)
    if command.importance is not None:
        found["importance"] = _one_of("importance", command.importance, IMPORTANCES)
    if command.sensitivity is not None:
        found["sensitivity"] = _one_of("sensitivity", command.sensitivity, tuple(one.value for one in Sensitivity))
    if command.incident is not None:
        found["incident"] = incident_sheet(sheets, command.incident).id if command.incident else None
    return found


def check_category(given: dict[Field, str | None], sheets: Sheets) -> None:
    """Nothing, when the category, if any is given, is one of the tree. Raises the faults of :mod:`evidence.categories`."""
    category = given.get("category")
    if category is not None and category != UNCLASSIFIED:
        categories(sheets).check(category)


def case_number(text: str, settings: Settings, unit: str | None = None) -> str:
    """A case number of a unit, the station's own unless one is named. Raises the faults of :mod:`evidence.casenumbers`."""
    case_forms(settings.case_forms).check(text, settings.unit if unit is None else unit)
    return text


def check_case(given: dict[Field, str | None], sheets: Sheets) -> None:
    """Nothing, unless the case of that number bears another one by now. Raises :class:`CaseMoved`."""
    number = given.get("case_number")
    if number is None or not sheets.found(CASE, "number", number):
        return
    row = case_sheet(sheets, number)
    while row.said["merged_into"] is not None:
        row = case_sheet(sheets, row.said["merged_into"])
    now = (row.kept or {}).get("number", number)
    if now != number:
        raise CaseMoved(number=number, now=now)


class HoldsKept:
    """Watches that no clip slips out of a hold by being tagged otherwise: off a held case, a held incident, a held officer."""

    def __init__(self, sheets: Sheets) -> None:
        self._sheets = sheets
        self._held: dict[tuple[str, str], bool] = {}

    def check(self, clip: ClipId, amendments: list[Amendment]) -> None:
        """Nothing, unless the clip would no longer be what is held. Raises :class:`TagHeld`."""
        for one in amendments:
            on = HELD_BY.get(one.field)
            if on is None or one.old is None or not self._is_held(on, one.old):
                continue
            if one.new is None or not self._is_held(on, one.new):
                raise TagHeld(clip=clip, field=one.field, value=one.old)

    def _is_held(self, on: str, value: str) -> bool:
        if (on, value) not in self._held:
            rows = self._sheets.found("hold", on, value)
            self._held[on, value] = any(row.said["state"] == "in-force" for row in rows)
        return self._held[on, value]


@dataclass
class Tally:
    """What changed, counted; memory does not grow with the number of clips."""

    clips: int = 0
    changed: int = 0
    first: list[Json] = field(default_factory=list)
    _old: dict[str, Counter[str | None]] = field(default_factory=dict)
    _beyond: Counter[str] = field(default_factory=Counter)

    def add(self, clip: ClipId, amendments: list[Amendment]) -> None:
        """One clip, with what changes of it."""
        self.clips += 1
        self.changed += bool(amendments)
        if len(self.first) < SHOWN:
            changes: list[Json] = [{"field": one.field, "old": one.old, "new": one.new} for one in amendments]
            self.first.append({"id": clip, "changes": changes})
        for one in amendments:
            counted = self._old.setdefault(one.field, Counter())
            if one.old in counted or len(counted) < VALUES:
                counted[one.old] += 1
            else:
                self._beyond[one.field] += 1

    def document(self) -> dict[str, Json]:
        """As answers show it: ``counts`` has each field that changes, how often, and from which values; ``others``: from any other one."""
        counts: list[Json] = []
        for name, counted in self._old.items():
            values: list[Json] = [{"old": old, "clips": count} for old, count in counted.most_common()]
            others = self._beyond[name]
            counts.append({"field": name, "clips": counted.total() + others, "values": values, "others": others})
        return {
            "clips": self.clips,
            "changed": self.changed,
            "counts": counts,
            "tagged": self.first,
            "left_out": self.clips - len(self.first),
        }


def _line(name: Field, text: str) -> str | None:
    told = text.strip()
    if len(told) > LINE_CHARACTERS or not told.isprintable():
        raise TagUnfit(name=name, text=told[:LINE_CHARACTERS], allowed=f"one line, at most {LINE_CHARACTERS} characters")
    return told or None


def _one_of(name: Field, text: str, allowed: tuple[str, ...]) -> str | None:
    if text and text not in allowed:
        raise TagUnfit(name=name, text=text, allowed=", ".join(allowed))
    return text or None
