"""The commands of each subject of case work, as the tests of the command line type them."""

from __future__ import annotations

from tests.station.typed import derived, desk, joining, keeping, matching, people, searching, supervising
from tests.station.typed.form import Failure, Names, Success

_SUBJECTS = (people, desk, matching, searching, keeping, derived, supervising, joining)
SUCCESS: Success = {words: one for subject in _SUBJECTS for words, one in subject.SUCCESS.items()}
FAILURE: Failure = {words: one for subject in _SUBJECTS for words, one in subject.FAILURE.items()}
NAMES: Names = {word: make for subject in _SUBJECTS for word, make in subject.NAMES.items()}
