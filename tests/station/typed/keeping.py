"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.station.disposing import REASON, acting, passing
from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Ready, Success, supervised

NOBODY = "0197f000-0000-7000-8000-000000000000"


def rule(station: Station, _folder: Path) -> str:
    """A rule of the station's own."""
    station.json("rules", "add", "thefts", "--period", "12m", "--clause", "order 7", "--category", "theft")
    return "thefts"


def hold(station: Station, _folder: Path) -> str:
    """A hold in force."""
    return str(station.json("holds", "place", "officer", "badge 7", "--clause", "order 7", "--reason", "complaint")["id"])


def over(station: Station, folder: Path) -> str:
    """A clip whose time is over: it was collected two years ago."""
    (folder / "old").mkdir()
    (folder / "old" / "old.mp4").write_bytes(b"of two years ago")
    with pytest.MonkeyPatch.context() as patch:
        passing(patch)(-730)
        clip = str(station.json("ingest", folder / "old")["clips"][0]["id"])
    station.json("tag", clip, "--category", "patrol")
    return clip


def asked(station: Station, folder: Path) -> str:
    """A disposal that one person asked for."""
    clip = over(station, folder)
    with acting("000001"):
        return str(station.json("disposals", "ask", clip, *REASON, "--waiver", "000001: no store")["id"])


def approved(station: Station, folder: Path) -> str:
    """A disposal that two people want."""
    disposal = asked(station, folder)
    with acting("000002"):
        station.json("disposals", "approve", disposal)
    return disposal


def carried_out(station: Station, folder: Path) -> str:
    """A disposal that is over."""
    disposal = approved(station, folder)
    with pytest.MonkeyPatch.context() as patch:
        passing(patch)(60)
        station.json("disposals", "run")
    return disposal


SUCCESS: Success = {
    "rules list": ([], 0),
    "rules show": (["six-months"], 0),
    "rules add": (["thefts", "--period", "12m", "--clause", "order 7", "--category", "theft"], 0),
    "rules change": (["six-months", "--period", "12m", "--reason", "order 8"], 0),
    "rules retire": (["RULE", "--reason", "order 10"], 0),
    "holds list": (["--all"], 0),
    "holds place": (["officer", "badge 7", "--clause", "order 7", "--reason", "complaint"], 0),
    "holds lift": (["HOLD", "--reason", "the court is done"], 4),
    "holds rebuild": ([], 0),
    "due": (["--limit", "5"], 0),
    "disposals list": (["--open"], 0),
    "disposals show": (["ASKED"], 0),
    "disposals ask": (["OVER", "--reason", "retention is over", "--waiver", "000001: no store"], 0),
    "disposals approve": (["ASKED"], 0),
    "disposals undo": (["APPROVED", "--reason", "a mistake"], 0),
    "disposals run": ([], 0),
    "disposals check": ([], 0),
    "disposals certificate": (["GONE", "--out", "PAPER"], 0),
}
FAILURE: Failure = {
    "rules list": (["extra"], "usage", 2),
    "rules show": (["none"], "no-such-rule", 2),
    "rules add": (["six-months", "--period", "7m", "--clause", "order 7"], "rule-taken", 2),
    "rules change": (["six-months", "--period", "15d"], "below-minimum", 5),
    "rules retire": (["six-months"], "below-minimum", 5),
    "holds list": (["extra"], "usage", 2),
    "holds place": (["clip", NOBODY, "--clause", "order 7", "--reason", "complaint"], "hold-unfit", 2),
    "holds lift": ([NOBODY, "--reason", "why"], "no-such-sheet", 2),
    "holds rebuild": (["extra"], "usage", 2),
    "due": (["--after", "none"], "page-unknown", 2),
    "disposals list": (["extra"], "usage", 2),
    "disposals show": ([NOBODY], "no-such-sheet", 2),
    "disposals ask": (["--reason", "why"], "nothing-to-dispose", 2),
    "disposals approve": ([NOBODY], "no-such-sheet", 2),
    "disposals undo": ([NOBODY, "--reason", "why"], "no-such-sheet", 2),
    "disposals run": (["extra"], "usage", 2),
    "disposals check": (["extra"], "usage", 2),
    "disposals certificate": ([NOBODY, "--out", "PAPER"], "no-such-sheet", 2),
}
NAMES: Names = {"RULE": rule, "HOLD": hold, "OVER": over, "ASKED": asked, "APPROVED": approved, "GONE": carried_out}
READY: Ready = {"disposals approve": supervised}
