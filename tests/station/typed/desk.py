"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"


def tagged(station: Station, _folder: Path) -> str:
    """The place of an entry that tagged a clip."""
    clip = station.json("clips")["clips"][0]["id"]
    station.json("tag", clip, "--case", "A-1", "--category", "traffic")
    place = station.json("history", clip)["fields"][0]["values"][0]["entry"]
    assert isinstance(place, str)
    return place


SUCCESS: Success = {
    "untag": (["TAGGED"], 0),
    "history": (["CLIP"], 0),
}
FAILURE: Failure = {
    "untag": (["1/0"], "no-such-tag", 2),
    "history": ([NOBODY], "no-such-clip", 2),
}
NAMES: Names = {"TAGGED": tagged}
