"""What each subject gives to the tests of the command line: every command once where it works, and once where it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.station.stations import Station

Success = dict[str, tuple[list[str], int]]
"""By words of the command: its arguments, its status."""
Failure = dict[str, tuple[list[str], str, int]]
"""By words of the command: arguments, the fault's code, its status."""
Names = dict[str, Callable[[Station, Path], str]]
"""What stands for a word in capitals among arguments: made on the station, or found there."""
