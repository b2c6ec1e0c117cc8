"""A clerk's morning through the API alone: 200 clips tagged, 3 cases packaged, a hold, a disposal by two people: how long it takes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.children import Failed
from tests.bench.figures import Case, Series, conclude, say, show
from tests.bench.machine import description, headline
from tests.bench.mornings.story import Morning, morning, served, staffed, verified

CLIPS, CASES = 200, 3


def main(arguments: list[str]) -> int:
    """Do it and print how long it took. 0: all of it came out as it should; 1: it did not."""
    parser = argparse.ArgumentParser(prog="tests.bench morning", description=__doc__)
    parser.add_argument("--clips", type=int, default=CLIPS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--full", action="store_true", help="the same: it is quick")
    parser.add_argument("--folder", type=Path, help="where the home is made")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    asked = parser.parse_args(arguments)
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="morning-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            say(f"a station with {asked.clips} clips that nobody looked at")
            with served(Path(name), asked.clips) as station:
                staffed(station)
                done = morning(station, asked.clips, asked.cases)
                wrong = verified(station)
    except Failed as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    case = told(done)
    show(case)
    if wrong:
        print(f"verification found: {', '.join(wrong)}", file=sys.stderr)
        return 1
    return conclude([case], machine, asked.json)


def told(done: Morning) -> Case:
    """The morning as figures."""
    steps = list(dict.fromkeys(step for step, _ in done.times.calls))
    series = tuple(Series(step, tuple(done.times.of(step))) for step in steps)
    about = f"{done.clips} clips tagged, {done.cases} cases packaged, 1 hold, 1 disposal, through HTTP alone"
    notes = (f"the morning took {done.seconds:.1f} s, the clerk's part of it {done.clerk_seconds:.1f} s",)
    facts = {"seconds": done.seconds, "clerk_seconds": done.clerk_seconds}
    return Case("morning", about, series, (), None, notes, facts)
