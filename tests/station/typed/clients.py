"""Other systems that may call, and the description of what they can."""

from __future__ import annotations

from pathlib import Path

from tests.station.stations import Station
from tests.station.typed.form import Failure, Names, Success

ADMITTED = ["dispatch", "--subject", "CN=dispatch", "--scope", "clips:read"]


def client(station: Station, _folder: Path) -> str:
    """A system that was let in."""
    return str(station.json("clients", "admit", *ADMITTED)["name"])


SUCCESS: Success = {
    "clients list": ([], 0),
    "clients admit": (ADMITTED, 0),
    "clients revoke": (["CLIENT", "--reason", "its contract ended"], 0),
    "openapi": ([], 0),
}
FAILURE: Failure = {
    "clients list": (["extra"], "usage", 2),
    "clients admit": (["dispatch", "--subject", "CN=dispatch", "--scope", "clips:steal"], "client-unfit", 2),
    "clients revoke": (["dispatch", "--reason", "gone"], "no-such-client", 2),
    "openapi": (["extra"], "usage", 2),
}
NAMES: Names = {"CLIENT": client}
HOMELESS = frozenset({"openapi"})
