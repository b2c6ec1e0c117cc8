"""The commands of each subject of case work, as the tests of the command line type them."""

from __future__ import annotations

from tests.station.typed import clients, derived, desk, joining, keeping, matching, people, searching, sharing, supervising
from tests.station.typed.form import Failure, Files, Lines, Names, Ready, Success

_SUBJECTS = (people, desk, matching, searching, keeping, derived, supervising, joining, clients, sharing)
SUCCESS: Success = {words: one for subject in _SUBJECTS for words, one in subject.SUCCESS.items()}
FAILURE: Failure = {words: one for subject in _SUBJECTS for words, one in subject.FAILURE.items()}
NAMES: Names = {word: make for subject in _SUBJECTS for word, make in subject.NAMES.items()}

READY: Ready = {**people.READY, **keeping.READY, **derived.READY, **joining.READY}
LINES: Lines = people.LINES
FILES: Files = joining.FILES
REFUSED = sharing.REFUSED
HOMELESS = frozenset({*clients.HOMELESS, *sharing.SUCCESS})
"""Commands that work without a home."""
