"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"


def sample(station: Station, _folder: Path) -> str:
    """A sample that was drawn."""
    return str(station.json("samples", "draw", "1")["sample"])


SUCCESS: Success = {
    "figures list": ([], 0),
    "figures show": (["untagged", "--items", "3", "--csv", "OUT"], 0),
    "alarms check": ([], 0),
    "alarms escalations": (["--open"], 0),
    "samples list": ([], 0),
    "samples draw": (["1", "--reason", "monthly review"], 0),
    "samples show": (["SAMPLE"], 0),
    "samples check": (["SAMPLE"], 0),
}
FAILURE: Failure = {
    "figures list": (["extra"], "usage", 2),
    "figures show": (["untagged", "--from", "yesterday"], "not-a-day", 2),
    "alarms check": (["extra"], "usage", 2),
    "alarms escalations": (["extra"], "usage", 2),
    "samples list": (["extra"], "usage", 2),
    "samples draw": (["0"], "nothing-to-draw", 2),
    "samples show": ([NOBODY], "no-such-sample", 2),
    "samples check": ([NOBODY], "no-such-sample", 2),
}
NAMES: Names = {"SAMPLE": sample}
