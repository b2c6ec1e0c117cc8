"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from pathlib import Path

import pytest

from station import sessionfile
from station.commands.people import SignIn
from station.founding import make_administrator
from station.home import Home
from tests.station.disposing import acting
from tests.station.stations import Station
from tests.station.typed.form import Failure, Lines, Names, Ready, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"
PIN = "583917"


def founded(station: Station, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on nobody acts without signing in."""
    patch.setenv("XDG_RUNTIME_DIR", str(folder))
    rooms = station.rooms()
    make_administrator(rooms, "000001", PIN)
    rooms.close()


def signed_in(station: Station, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The administrator is."""
    founded(station, folder, patch)
    found = station.client().call(SignIn("000001", secret=PIN)).document
    sessionfile.keep(Home(station.folder), str(found["session"]))


def officer(station: Station, _folder: Path) -> str:
    """Somebody who was let see a case."""
    station.json("people", "add", "004567", "--role", "officer")
    station.json("people", "grant", "004567", "--case", "A-1")
    return "004567"


def leaver(station: Station, folder: Path) -> str:
    """Somebody who may not come in."""
    station.json("people", "disable", officer(station, folder), "--reason", "moved")
    return "004567"


def asked(station: Station, _folder: Path) -> str:
    """What somebody else asked for."""
    with acting("000002"):
        return str(station.json("approvals", "ask", "recover", "station", "--reason", "drill")["id"])


def lower(station: Station, _folder: Path) -> str:
    """A unit that stands below 310000."""
    return str(station.json("units", "set", "310101", "--below", "310000")["code"])


SUCCESS: Success = {
    "sign-in": (["000001"], 0),
    "sign-out": (["--everywhere"], 0),
    "whoami": ([], 0),
    "people list": ([], 0),
    "people add": (["004568", "--role", "officer", "--name", "Person Eight"], 0),
    "people change": (["OFFICER", "--name", "Person Nine"], 0),
    "people disable": (["OFFICER", "--reason", "moved"], 0),
    "people enable": (["LEAVER"], 0),
    "people reset-pin": (["OFFICER"], 0),
    "people grant": (["OFFICER", "--case", "A-2"], 0),
    "people revoke": (["OFFICER", "--case", "A-1"], 0),
    "units list": ([], 0),
    "units set": (["310101", "--name", "City"], 0),
    "approvals list": (["--all"], 0),
    "approvals ask": (["recover", "station", "--reason", "drill"], 0),
    "approvals give": (["APPROVAL", "--note", "go on"], 0),
    "approvals refuse": (["APPROVAL", "--note", "not today"], 0),
}
FAILURE: Failure = {
    "sign-in": (["004567"], "no-accounts", 5),
    "sign-out": ([], "no-accounts", 5),
    "whoami": (["extra"], "usage", 2),
    "people list": (["extra"], "usage", 2),
    "people add": ([" ", "--role", "officer"], "badge-unfit", 2),
    "people change": (["004567", "--name", "x"], "no-such-person", 2),
    "people disable": (["004567"], "no-such-person", 2),
    "people enable": (["004567"], "no-such-person", 2),
    "people reset-pin": (["004567"], "no-such-person", 2),
    "people grant": (["004567", "--case", "A-1"], "no-such-person", 2),
    "people revoke": (["004567", "--case", "A-1"], "no-such-person", 2),
    "units list": (["extra"], "usage", 2),
    "units set": (["310000", "--below", "LOWER"], "unit-unfit", 2),
    "approvals list": (["extra"], "usage", 2),
    "approvals ask": (["fly", "station", "--reason", "drill"], "usage", 2),
    "approvals give": ([NOBODY], "no-such-approval", 2),
    "approvals refuse": ([NOBODY], "no-such-approval", 2),
}
NAMES: Names = {"OFFICER": officer, "LEAVER": leaver, "APPROVAL": asked, "LOWER": lower}
READY: Ready = {"sign-in": founded, "sign-out": signed_in, "people reset-pin": signed_in}
LINES: Lines = {"sign-in": f"{PIN}\n"}
