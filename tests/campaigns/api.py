"""Schemathesis against a real service for as long as it takes: what the description of the API says, and what the API does."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import pytest

from station import httpclient
from station.client import InProcess
from station.commands import Ingest
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.servers import schemathesis
from tests.station.service.serving import Serving, token

HOURS = 12
PIN = "/v1/users/{badge}/pin"
"""Not tried here: the first PIN ends the operator's time, and from then on everything would be told to sign in. The tests try it."""


def main(arguments: list[str]) -> int:
    """Run it; 0 when nothing was found."""
    asked = argparse.ArgumentParser(prog="api", description=__doc__)
    asked.add_argument("--examples", type=int, default=200, help="of each operation")
    asked.add_argument("--seed", type=int, help="of the examples; left out: the same ones every time")
    asked.add_argument("--keep", action="store_true", help="print the whole report, also when nothing was found")
    chosen = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="api.") as name:
        try:
            return _tried(Path(name), chosen)
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            print(f"api: {missing}", file=sys.stderr)
            return 1


def _tried(folder: Path, chosen: argparse.Namespace) -> int:
    home = Home(folder / "home")
    init(home, "s1", "310000")
    (folder / "card").mkdir()
    for number in range(5):
        (folder / "card" / f"DSJ_{number}.mp4").write_bytes(bytes([number]) * 100_000)
    rooms = Rooms.open(home)
    InProcess(Engine(rooms), rooms.operator).call(Ingest((bytes(folder / "card"),), "badge 7"))
    rooms.close()
    serving = Serving(home.root)
    try:
        url = serving.ready()
        found = httpclient.address(home)
        assert found is not None
        description = folder / "openapi.json"
        description.write_text(json.dumps(httpclient.HttpClient(home, found).get("/v1/openapi.json")), encoding="utf-8")
        picked = ("--generation-deterministic",) if chosen.seed is None else ("--seed", str(chosen.seed))
        options = ("--max-examples", str(chosen.examples), "--exclude-path", PIN, *picked)
        status, report = schemathesis.tried(description, url, token(home.root), *options, seconds=HOURS * 3600)
    finally:
        ended, _, said = serving.stop()
    wrong = status != 0 or ended != 0 or "Traceback" in said
    print(report if wrong or chosen.keep else report[report.rfind("= SUMMARY =") :])
    if "Traceback" in said:
        print(said)
    return 1 if wrong else 0
