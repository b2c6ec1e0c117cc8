"""How far a person's rights reach: of which clips he may know anything at all. A function of values; no catalogue in it.

Rules kept here: a clip is in reach by its recorder, by the unit of the station that took it, or by its case, whichever a person has; and
whichever it is, one with a sensitivity is seen only by whoever was granted that sensitivity, its own recorder included. A sensitivity
that nobody has heard of is as closed as the others. ``evidence/catalogue/reaching.py`` asks the same of the catalogue, and a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evidence.errors import EvidenceError, Exit


class Sensitivity(StrEnum):
    """What makes a clip one for few eyes."""

    MINORS = "minors"
    SEXUAL_OFFENCES = "sexual-offences"
    INTERNAL_AFFAIRS = "internal-affairs"


class ClipOutOfReach(EvidenceError):
    """The clip is none of the person's: another's, of another unit, of another case. Fields: ``clip``."""

    code = "clip-out-of-reach"
    status = Exit.REFUSED


class ClipRestricted(EvidenceError):
    """The clip would be in reach, but for its sensitivity. Fields: ``clip``, ``sensitivity``."""

    code = "clip-restricted"
    status = Exit.REFUSED


class DockingOutOfReach(EvidenceError):
    """The docking is none of the person's, or holds a clip that is not. Fields: ``docking``."""

    code = "docking-out-of-reach"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class Placed:
    """What of a clip decides who may see it.

    ``recorder``: the badge of ``recorded_by``, else of the docking's officer. ``unit``: that of the station that took it.
    """

    recorder: str | None
    unit: str
    case_number: str | None
    sensitivity: str | None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person may see. Empty as it stands: nothing.

    ``own``: the person's badge. ``units``: codes of units, those below them included; None: every unit. ``cases``: numbers of cases that were
    granted. ``sensitivities``: those that were granted; None: every one (metadata for the auditor).
    """

    own: str | None = None
    units: frozenset[str] | None = frozenset()
    cases: frozenset[str] = frozenset()
    sensitivities: frozenset[str] | None = frozenset()

    def near(self, clip: Placed) -> bool:
        """Whether a clip is in reach, its sensitivity left aside."""
        mine = self.own is not None and clip.recorder == self.own
        return mine or self.units is None or clip.unit in self.units or (clip.case_number or "") in self.cases - {""}

    def cleared(self, clip: Placed) -> bool:
        """Whether its sensitivity, if it has one, was granted."""
        return not clip.sensitivity or self.sensitivities is None or clip.sensitivity in self.sensitivities

    def sees(self, clip: Placed) -> bool:
        """Whether the person may know anything of a clip."""
        return self.near(clip) and self.cleared(clip)


def below(units: frozenset[str], parents: Mapping[str, str | None]) -> frozenset[str]:
    """Units with all that stand below them, by the unit above each. One that nobody entered stands alone; a circle ends where it began."""
    found = set(units)
    while more := {unit for unit, parent in parents.items() if parent in found} - found:
        found |= more
    return frozenset(found)
