"""What each subject gives to the tests of the command line: every command once where it works, and once where it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.station.stations import Station

Success = dict[str, tuple[list[str], int]]
"""By words of the command: its arguments, its status."""
Failure = dict[str, tuple[list[str], str, int]]
"""By words of the command: arguments, the fault's code, its status."""
Names = dict[str, Callable[[Station, Path], str]]
"""What stands for a word in capitals among arguments: made on the station, or found there."""
Ready = dict[str, Callable[[Station, Path, pytest.MonkeyPatch], None]]
"""By words of the command: what has to be so before it is typed where it works."""
Lines = dict[str, str]
"""By words of the command: what is typed on stdin."""
Files = dict[str, str]
"""What stands in a file that is an argument, while there is no home that it could be made of: by the word that stands for it."""


def supervised(_station: Station, _folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A supervisor is at the keyboard: an administrator is no second person where it is about evidence."""
    patch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "supervisor")
