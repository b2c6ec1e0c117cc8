"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"
DISPATCH = """
kind = "incident"
[columns]
number = "no"
begins_at = "sent"
arrived_at = "there"
ends_at = "end"
officers = "who"
[csv]
folder = "drop"
"""
CALLS = "no,sent,there,end,who\nJ1,2026-01-15T07:55:00,2026-01-15T08:00:00,2026-01-15T08:30:00,004217\n"


def feed(station: Station, _folder: Path) -> str:
    """A feed that has something."""
    (station.folder / "feeds").mkdir(exist_ok=True)
    (station.folder / "feeds" / "dispatch.toml").write_text(DISPATCH)
    (station.folder / "drop").mkdir()
    calls = station.folder / "drop" / "calls.csv"
    calls.write_text(CALLS)
    os.utime(calls, (1e9, 1e9))
    return "dispatch"


def match(station: Station, folder: Path) -> str:
    """A recording that may belong to an incident."""
    day = folder / "recorder" / "DCIM" / "20260115"
    day.mkdir(parents=True)
    (day / "DSJ0042_004217_20260115080100_0001.MP4").write_bytes(b"footage of the morning")
    station.json("ingest", folder / "recorder")
    station.json("feeds", "run", feed(station, folder))
    station.json("matches", "run")
    return str(station.json("matches", "list")["matches"][0]["id"])


SUCCESS: Success = {
    "feeds list": ([], 0),
    "feeds check": (["FEED"], 0),
    "feeds run": (["FEED"], 0),
    "matches list": (["--state", "proposed"], 0),
    "matches show": (["MATCH"], 0),
    "matches accept": (["MATCH", "--reason", "seen"], 0),
    "matches reject": (["MATCH", "--reason", "another street"], 0),
    "matches run": (["--whole"], 0),
    "matches without-footage": (["--hours", "48"], 0),
    "matches without-incident": (["--limit", "2"], 0),
}
FAILURE: Failure = {
    "feeds list": (["extra"], "usage", 2),
    "feeds check": (["none"], "no-such-feed", 2),
    "feeds run": (["../keys/seal"], "no-such-feed", 2),
    "matches list": (["--limit", "0"], "limit-unfit", 2),
    "matches show": ([NOBODY], "no-such-match", 2),
    "matches accept": ([NOBODY], "no-such-match", 2),
    "matches reject": ([NOBODY], "no-such-match", 2),
    "matches run": (["extra"], "usage", 2),
    "matches without-footage": (["--limit", "1001"], "limit-unfit", 2),
    "matches without-incident": (["--limit", "-1"], "limit-unfit", 2),
}
NAMES: Names = {"FEED": feed, "MATCH": match}
