"""The clerk's desk: tags, categories, cases, incidents."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"
BEGIN = "2026-11-21T10:00:00"


def tagged(station: Station, _folder: Path) -> str:
    """The place of an entry that tagged a clip."""
    clip = station.json("clips")["clips"][0]["id"]
    station.json("tag", clip, "--case", "A-1", "--category", "traffic")
    place = station.json("history", clip)["fields"][0]["values"][0]["entry"]
    assert isinstance(place, str)
    return place


def case(station: Station, folder: Path) -> str:
    """A case with a clip in it, of an incident."""
    clip = station.json("clips")["clips"][0]["id"]
    station.json("tag", clip, "--case", "A-17", "--incident", incident(station, folder))
    station.json("cases", "open", "A-17", "--title", "Dispute", "--person", "suspect:Person Nine")
    return "A-17"


def closed(station: Station, _folder: Path) -> str:
    """A case that is at rest."""
    station.json("cases", "open", "A-20", "--title", "Dispute")
    station.json("cases", "close", "A-20")
    return "A-20"


def incident(station: Station, _folder: Path) -> str:
    """An incident."""
    station.json("incidents", "add", "17", "--begins", BEGIN, "--officer", "badge 7")
    return "17"


SUCCESS: Success = {
    "untag": (["TAGGED"], 0),
    "history": (["CLIP"], 0),
    "categories list": ([], 0),
    "categories add": (["riot", "--en", "Riot", "--zh", "骚乱", "--parent", "call"], 0),
    "categories change": (["dispute", "--keep", "P2Y"], 0),
    "categories adopt": ([], 0),
    "cases list": (["--state", "open"], 0),
    "cases show": (["CASE"], 0),
    "cases open": (["A-17", "--title", "Dispute", "--person", "witness:Person Ten"], 0),
    "cases change": (["CASE", "--title", "Assault"], 0),
    "cases close": (["CASE", "--reason", "tried"], 0),
    "cases reopen": (["CLOSED"], 0),
    "cases merge": (["CASE", "--into", "CLOSED"], 0),
    "cases split": (["CASE", "--number", "A-19", "--title", "Theft", "--clip", "CLIP"], 0),
    "incidents list": (["--since", BEGIN], 0),
    "incidents show": (["INCIDENT"], 0),
    "incidents add": (["17", "--begins", BEGIN, "--place", "by the mill"], 0),
    "incidents change": (["INCIDENT", "--text", "two people"], 0),
}
FAILURE: Failure = {
    "untag": (["1/0"], "no-such-tag", 2),
    "history": ([NOBODY], "no-such-clip", 2),
    "categories list": (["extra"], "usage", 2),
    "categories add": (["dispute", "--en", "a", "--zh", "b"], "category-known", 5),
    "categories change": (["nothing", "--en", "a"], "no-such-category", 2),
    "categories adopt": (["extra"], "usage", 2),
    "cases list": (["--after", "nonsense", "--limit", "5"], "no-such-page", 2),
    "cases show": (["Z-1"], "no-such-case", 2),
    "cases open": (["A-17", "--title", "x", "--person", "thief:x"], "case-unfit", 2),
    "cases change": (["Z-1", "--title", "x"], "no-such-case", 2),
    "cases close": (["Z-1"], "no-such-case", 2),
    "cases reopen": (["Z-1"], "no-such-case", 2),
    "cases merge": (["Z-1", "--into", "Z-2"], "no-such-case", 2),
    "cases split": (["Z-1", "--number", "A-1", "--title", "x", "--clip", NOBODY], "no-such-case", 2),
    "incidents list": (["--since", "noon"], "incident-unfit", 2),
    "incidents show": (["17"], "no-such-incident", 2),
    "incidents add": (["17", "--begins", "noon"], "incident-unfit", 2),
    "incidents change": (["17", "--text", "x"], "no-such-incident", 2),
}
NAMES: Names = {"TAGGED": tagged, "CASE": case, "CLOSED": closed, "INCIDENT": incident}
