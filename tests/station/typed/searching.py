"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"


def saved(station: Station, _folder: Path) -> str:
    """A search that is kept."""
    return str(station.json("searches", "save", "late", "is:late", "--shared")["id"])


SUCCESS: Success = {
    "search": (["missing:case", "--saved", "SEARCH", "--count-by", "category"], 0),
    "searches list": ([], 0),
    "searches save": (["mine", "酒驾", "missing:case", "--sort", "size"], 0),
    "searches remove": (["SEARCH"], 0),
    "reindex": (["--check"], 0),
}
FAILURE: Failure = {
    "search": (["colour:red"], "search-field-unknown", 2),
    "searches list": (["extra"], "usage", 2),
    "searches save": (["mine", '"open'], "search-quote-open", 2),
    "searches remove": ([NOBODY], "no-such-search", 2),
    "reindex": (["extra"], "usage", 2),
}
NAMES: Names = {"SEARCH": saved}
