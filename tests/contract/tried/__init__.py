"""The commands of each subject of case work, as the contract tests try them."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried import clients, derived, desk, joining, keeping, matching, people, searching, supervising
from tests.contract.tried.form import Asked, Faults

_SUBJECTS = (people, desk, matching, searching, keeping, derived, supervising, joining, clients)
ASKED: Asked = {kind: one for subject in _SUBJECTS for kind, one in subject.ASKED.items()}
FAULTS: Faults = {kind: one for subject in _SUBJECTS for kind, one in subject.FAULTS.items()}
EVERY: tuple[Command, ...] = tuple(one for subject in _SUBJECTS for one in subject.EVERY)
ELSEWHERE: frozenset[type[Command]] = (
    people.ELSEWHERE | matching.ELSEWHERE | keeping.ELSEWHERE | derived.ELSEWHERE | joining.ELSEWHERE
)
"""Those whose answer takes more than this house has: their own tests tell it."""
