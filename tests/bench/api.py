"""What a page of clips costs through HTTP, against the same question in this process: python -m tests.bench api"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from station import httpclient
from station.client import InProcess
from station.commands import Ingest, ListClips
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.bench.children import Failed
from tests.bench.figures import Case, Series, at_most, conclude, say, show
from tests.bench.machine import description, headline
from tests.station.service.serving import Serving, token

CLIPS = 1000
PAGE = 50
ROUNDS = 300
RATIO = 4.0
"""How much more a page may cost at the median when it is asked for over HTTP."""


def main(arguments: list[str]) -> int:
    """Measure. 0: the bound was kept; 1: it was missed."""
    parser = argparse.ArgumentParser(prog="tests.bench api", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the same: it is quick")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path, help="where the home is made")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    asked = parser.parse_args(arguments)
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="api-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            case = measured(Path(name), asked.rounds)
    except Failed as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    show(case)
    return conclude([case], machine, asked.json)


def measured(folder: Path, rounds: int) -> Case:
    """A page of clips, asked for both ways in turn, from a service with one connection that stays."""
    home = stocked(folder)
    serving = Serving(home.root)
    try:
        where = urlsplit(serving.ready())
        found = httpclient.address(home)
        assert found is not None
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        headers = {"Authorization": f"Bearer {token(home.root)}"}

        def over_http() -> int:
            connection.request("GET", f"/v1/clips?limit={PAGE}", headers=headers)
            return len(json.loads(connection.getresponse().read())["items"])

        rooms = Rooms.open(home)  # beside the service: it only reads
        client = InProcess(Engine(rooms), rooms.operator)

        def in_process() -> int:
            clips = client.call(ListClips(limit=PAGE)).document["clips"]
            assert isinstance(clips, list)
            return len(clips)

        runs: dict[str, list[float]] = {"in this process": [], "through HTTP": []}
        ways: dict[str, Callable[[], int]] = {"in this process": in_process, "through HTTP": over_http}
        for number in range(rounds + 20):
            for name, ask in ways.items():
                begun = time.perf_counter()
                if ask() != PAGE:
                    raise Failed(f"{name}: no page of {PAGE} clips")
                if number >= 20:  # the first ones load what the later ones find
                    runs[name].append(time.perf_counter() - begun)
        rooms.close()
        connection.close()
    finally:
        serving.stop()
    series = {name: Series(name, tuple(values)) for name, values in runs.items()}
    ratio = series["through HTTP"].median / series["in this process"].median
    notes = tuple(f"{name}: p50 {ms(values, 50):.2f} ms, p95 {ms(values, 95):.2f} ms" for name, values in runs.items())
    bound = at_most("a page through HTTP, times the same in this process, at the median", ratio, RATIO)
    about = f"a page of {PAGE} of {CLIPS} clips, warm, one connection, asked for in turn"
    facts = {name: {"p50_ms": ms(values, 50), "p95_ms": ms(values, 95)} for name, values in runs.items()}
    return Case("api", about, tuple(series.values()), (bound,), "in this process", notes, facts)


def stocked(folder: Path) -> Home:
    """A home with so many clips."""
    home = Home(folder / "home")
    init(home, "bench", "310000")
    (folder / "card").mkdir()
    for number in range(CLIPS):
        (folder / "card" / f"{number:05}.dat").write_bytes(number.to_bytes(4, "big") * 64)
    say(f"taking {CLIPS} files")
    rooms = Rooms.open(home)
    InProcess(Engine(rooms), rooms.operator).call(Ingest((bytes(folder / "card"),), "badge 7"))
    rooms.close()
    return home


def ms(values: list[float], percent: int) -> float:
    """A percentile, in milliseconds."""
    return statistics.quantiles(values, n=100)[percent - 1] * 1000
