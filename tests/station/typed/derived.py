"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

from pathlib import Path

from tests.footage import footage
from tests.station.disposing import acting
from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Ready, Success, supervised

NOBODY = "0197f000-0000-7000-8000-000000000000"
BOX = "black start:8,8,16,16 end:8,8,16,16"


def film(station: Station, folder: Path) -> str:
    """A clip that is a film."""
    (folder / "films").mkdir()
    (folder / "films" / "film.mp4").write_bytes(footage())
    return str(station.json("ingest", folder / "films")["clips"][0]["id"])


def derivative(station: Station, folder: Path) -> str:
    """What was made of a film."""
    return str(station.json("derive", "pts-index", film(station, folder))["made"][0]["id"])


def redaction(station: Station, folder: Path) -> str:
    """What is to be hidden, written down."""
    return str(station.json("redactions", "add", film(station, folder), "--box", BOX)["redaction"])


def made(station: Station, folder: Path) -> str:
    """A redacted copy that somebody else wrote down and made."""
    with acting("000002"):
        found = redaction(station, folder)
        station.json("redactions", "make", found)
    return found


SUCCESS: Success = {
    "derive proxy": (["FILM"], 0),
    "derive filmstrip": (["FILM"], 0),
    "derive waveform": (["FILM"], 0),
    "derive working-copy": (["FILM"], 0),
    "derive pts-index": (["FILM"], 0),
    "derive still": (["FILM", "--at", "500ms", "--mark"], 0),
    "derive clip": (["FILM", "--from", "start", "--to", "500ms"], 0),
    "derivatives list": (["--clip", "CLIP"], 0),
    "derivatives remove": (["DERIVED"], 0),
    "redactions list": (["--clip", "CLIP"], 0),
    "redactions add": (["FILM", "--box", BOX, "--mute", "start-500ms", "--note", "a bystander"], 0),
    "redactions change": (["REDACTION", "--no-sound"], 0),
    "redactions make": (["REDACTION"], 0),
    "redactions approve": (["MADE", "--note", "seen"], 0),
}
FAILURE: Failure = {
    "derive proxy": ([NOBODY], "no-such-clip", 2),
    "derive filmstrip": ([NOBODY], "no-such-clip", 2),
    "derive waveform": ([NOBODY], "no-such-clip", 2),
    "derive working-copy": ([NOBODY], "no-such-clip", 2),
    "derive pts-index": ([NOBODY], "no-such-clip", 2),
    "derive still": ([NOBODY, "--at", "start"], "no-such-clip", 2),
    "derive clip": ([NOBODY], "no-such-clip", 2),
    "derivatives list": (["--clip", NOBODY], "no-such-clip", 2),
    "derivatives remove": (["ab"], "no-such-derivative", 2),
    "redactions list": (["extra"], "usage", 2),
    "redactions add": ([NOBODY, "--box", BOX], "no-such-clip", 2),
    "redactions change": ([NOBODY, "--no-sound"], "no-such-sheet", 2),
    "redactions make": ([NOBODY], "no-such-sheet", 2),
    "redactions approve": ([NOBODY], "no-such-sheet", 2),
}
NAMES: Names = {"FILM": film, "DERIVED": derivative, "REDACTION": redaction, "MADE": made}
READY: Ready = {"redactions approve": supervised}
