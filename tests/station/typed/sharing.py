"""One catalogue for many stations: what these commands do is in ``test_sharing.py``, with PostgreSQL; SQLite is shared by nobody."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success


def url(station: Station, _folder: Path) -> str:
    """The station's own catalogue, which is an SQLite file."""
    return f"sqlite:///{station.folder / 'catalogue.sqlite3'}"


WITH_SECRET = "postgresql+psycopg://u:secret@192.0.2.1/d"  # nobody's
SUCCESS: Success = {
    "catalogue prepare": (["--url", "URL"], 5),
    "catalogue admit": (["s2", "--station", "s2", "--url", "URL"], 5),
    "catalogue dismiss": (["s2", "--url", "URL"], 5),
    "catalogue access": (["--url", "URL"], 5),
    "catalogue stations": (["--url", "URL"], 0),
}
FAILURE: Failure = {
    "catalogue prepare": (["--url", WITH_SECRET], "secret-in-arguments", 2),
    "catalogue admit": (["s2", "--url", "URL"], "usage", 2),
    "catalogue dismiss": (["s2", "--url", WITH_SECRET], "secret-in-arguments", 2),
    "catalogue access": (["--url", WITH_SECRET], "secret-in-arguments", 2),
    "catalogue stations": (["--url", WITH_SECRET], "secret-in-arguments", 2),
}
NAMES: Names = {"URL": url}
REFUSED = {words: "catalogue-not-shared" for words, (_, status) in SUCCESS.items() if status}
"""What SQLite can only refuse: the code."""
