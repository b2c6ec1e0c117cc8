"""Dock campaign: a virtual machine with a real USB stack, in which cameras are plugged in, pulled out, reset and erased.

The station is installed in the guest by ``packaging/run install``, runs as its systemd unit and is driven by its command line. Every
scenario of a table plays on a guest of its own; a clean control shows that nothing is found where nothing is wrong; builds that are
broken on purpose must be caught. Where the machine for it cannot be had, the campaign fails and names what is missing.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.campaigns.docking import broken
from tests.campaigns.docking.judging import Unmet
from tests.campaigns.docking.scenarios import SCENARIOS, Scenario
from tests.campaigns.docking.stage import Installed, prepare, stage
from tests.dock.faults import LabError, PieceMissing


def main(arguments: list[str]) -> int:
    """Run the campaign; 0 when every scenario saw what it must and every broken build was caught."""
    given = _parser().parse_args(arguments)
    began = time.monotonic()
    try:
        installed = prepare()
        print(f"guest ready after {time.monotonic() - began:.0f} s; packaging/run install took {installed.seconds:.0f} s in it")
        with ThreadPoolExecutor(given.jobs) as pool:
            plays = {one.name: pool.submit(_plays, one, installed) for one in _chosen(given.only)}
            if not given.only:
                plays |= {build.name: pool.submit(_is_caught, build, installed) for build in broken.BUILDS}
            failed = [name for name, play in plays.items() if not play.result()]
    except PieceMissing as error:
        print(f"dock: this needs {error}", file=sys.stderr)
        return 5
    except LabError:
        traceback.print_exc()
        return 1
    print(f"{'FAILED: ' + ', '.join(failed) if failed else 'passed'} in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="campaign dock", description=(__doc__ or "").partition("\n")[0])
    names = [one.name for one in SCENARIOS]
    parser.add_argument("--only", action="append", choices=names, metavar="SCENARIO", help=f"only these: {', '.join(names)}")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="guests at a time (default 2)")
    return parser


def _chosen(names: Sequence[str] | None) -> list[Scenario]:
    return [one for one in SCENARIOS if not names or one.name in names]


def _plays(scenario: Scenario, installed: Installed) -> bool:
    """Play one scenario, and say how it went."""
    began = time.monotonic()
    problem = _problem(scenario, installed, None)
    word = "ok" if problem is None else "FAILED"
    print(f"{scenario.name:16} {word:6} {time.monotonic() - began:6.0f} s  {scenario.sees}", flush=True)
    if problem is not None:
        print(f"    {problem}\n    packaging/run campaign dock --only {scenario.name}", flush=True)
    return problem is None


def _is_caught(build: broken.BrokenBuild, installed: Installed) -> bool:
    """Play a scenario with a broken build, and say whether it saw that."""
    scenario = next(one for one in SCENARIOS if one.name == build.scenario)
    problem = _problem(scenario, installed, build)
    told = "NOT CAUGHT" if problem is None else f"caught: {problem.splitlines()[0][:160]}"
    print(f"broken build: {build.name}: {scenario.name}: {told}", flush=True)
    return problem is not None


def _problem(scenario: Scenario, installed: Installed, build: broken.BrokenBuild | None) -> str | None:
    """What a scenario found; None when all was as it must be. A lab that breaks down is no finding of a broken build's."""
    with stage(installed) as set_up:
        try:
            if build is not None:
                broken.break_it(set_up, build)
            scenario.play(set_up)
        except Unmet as unmet:
            return f"{unmet}\n    the service said last: {set_up.station.journal(5).strip()}"
        except LabError:
            if build is not None:
                raise
            return f"the lab broke down: {traceback.format_exc()}"
    return None
