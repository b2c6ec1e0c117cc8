"""Running the campaign: clean homes, the control, every case, broken builds, the control again; and what it all came to."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.campaigns.stopping import SIGNALS, Stop
from tests.campaigns.tampering import broken, scenes
from tests.campaigns.tampering.cases import every_case
from tests.campaigns.tampering.command import Breaking
from tests.campaigns.tampering.homes import Pattern, make_gm, make_main, make_recovered, make_roomy, make_stamped
from tests.campaigns.tampering.judging import Case, Expected, Judged, clean, complaints, silent
from tests.campaigns.tampering.kept import make_kept
from tests.campaigns.tampering.opinion import disagreements
from tests.campaigns.tampering.victim import Victim, differences

SHOWN = 5
"""Complaints that are printed of one case."""

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 1 << 30

Task = tuple[str, int]
"""What a worker is to do: a list of the campaign, and the place in it."""


class Campaign:
    """One run. ``only``: parts of names; without any, everything."""

    def __init__(self, folder: Path, jobs: int, stop: Stop, *, quick: bool, only: Sequence[str]) -> None:
        self._folder = folder
        self._jobs = jobs
        self._stop = stop
        self._quick = quick
        self._only = only
        self._began = time.monotonic()
        self._memory = folder
        """Where copies lie that need no disk: their making and going is most of the time on a busy one."""
        self.patterns: dict[str, Pattern] = {}
        self.cases: list[Case] = []
        self._stopped: Event | None = None
        """Tells the workers that nothing new is to be begun."""

    def run(self, *, listing: bool) -> int:
        """Run what was asked for; 0 when nothing is to be complained of."""
        with memory_folder(self._folder) as self._memory:
            return self._run(listing=listing)

    def _run(self, *, listing: bool) -> int:
        makers: dict[str, Callable[[Path], Pattern]] = {
            "main": make_main,
            "recovered": lambda folder: make_recovered(folder, self.patterns["main"]),
            "stamped": make_stamped,
            "gm": make_gm,
            "roomy": make_roomy,
            "kept": make_kept,
        }
        for name, make in makers.items():
            self.patterns[name] = make(self._folder / name)
            if self._stop.asked():
                print(self._stop.told(0, 0, "cases", 0))
                return self._stop.status
        self.cases = [case for case in every_case(self.patterns) if self._wanted(case.title) and (case.quick or not self._quick)]
        if listing:
            for case in self.cases:
                print(case.title)
            return 0
        print(f"clean homes after {self._seconds():.1f} s; {len(self.cases)} cases on {self._jobs} processes", flush=True)
        tasks: list[tuple[str, list[Task]]] = [
            ("control", [("control", number) for number in range(2 * len(self.patterns))]),
            ("cases", [("case", number) for number in range(len(self.cases))]),
            (
                "broken builds",
                [("broken", number) for number, build in enumerate(broken.BUILDS) if self._runs(build.name, build.quick)],
            ),
            ("scenes", [("scene", number) for number, scene in enumerate(scenes.SCENES) if self._runs(scene.name, scene.quick)]),
            ("control again", [("control", number) for number in range(2 * len(self.patterns))]),
        ]
        judged: list[Judged] = []
        planned = sum(len(some) for _, some in tasks)
        for name, some in tasks:
            if self._stop.asked():
                break
            began = time.monotonic()
            found = self._all(some)
            judged += found
            bad = sum(bool(one.complaints) for one in found)
            print(f"{name}: {len(found)}, {bad} not as they should be, {time.monotonic() - began:.1f} s", flush=True)
        status = self._report(judged)
        if not self._stop.asked():
            return status
        print(self._stop.told(len(judged), planned, "tasks", sum(bool(one.complaints) for one in judged)))
        return self._stop.status

    def _wanted(self, title: str) -> bool:
        return not self._only or any(part in title for part in self._only)

    def _runs(self, title: str, quick: bool) -> bool:
        return self._wanted(title) and (quick or not self._quick)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _all(self, tasks: list[Task]) -> list[Judged]:
        global _campaign  # noqa: PLW0603  # forked workers find it here, since cases hold functions that cannot be sent
        _campaign = self
        if not tasks:
            return []
        found: list[Judged] = []
        context = multiprocessing.get_context("fork")
        self._stopped = context.Event()
        pool = context.Pool(self._jobs, _let_signals_be)
        try:
            for one in pool.imap_unordered(_do, tasks, chunksize=1):
                if self._stop.asked():
                    self._stopped.set()
                if one is None:
                    continue
                found.append(one)
                if one.complaints:
                    _complain(one)
        finally:
            pool.close()  # and not terminate: workers let signals be
            pool.join()
        return found

    def do(self, task: Task) -> Judged | None:
        """One task, in a worker; None when the campaign is to end."""
        if self._stopped is not None and self._stopped.is_set():
            return None
        what, number = task
        began = time.monotonic()
        on_disk = what in {"broken", "scene"} or (what == "case" and self.cases[number].on_disk)
        folder = Path(tempfile.mkdtemp(dir=self._folder if on_disk else self._memory))
        try:
            match what:
                case "control":
                    pattern = list(self.patterns.values())[number // 2]
                    alone = bool(number % 2)
                    judged = judge(Case("control", pattern.name, _untouched, pattern.name, alone=alone), self.patterns, folder)
                case "case":
                    judged = judge(self.cases[number], self.patterns, folder)
                case "broken":
                    build = broken.BUILDS[number]
                    every = every_case(self.patterns)
                    judged = Judged(
                        build.name, "broken builds", 0.0, complaints=tuple(build.uncaught(self.patterns, every, folder, judge))
                    )
                case _:
                    scene = scenes.SCENES[number]
                    judged = Judged(scene.name, "scenes", 0.0, complaints=tuple(scene.play(self.patterns, folder)))
        except Exception as error:  # noqa: BLE001  # a case that cannot be planted is a complaint about the campaign, and the rest goes on
            text = "".join(traceback.format_exception(error))
            judged = Judged(f"{what} {number}", "unplanted", 0.0, complaints=(text,))
            if what == "case":
                judged = Judged(self.cases[number].title, self.cases[number].group, 0.0, complaints=(text,))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Judged(judged.title, judged.group, time.monotonic() - began, judged.silent, judged.complaints)

    def _report(self, judged: list[Judged]) -> int:
        print(f"\n{'':24}{'cases':>7}{'found':>7}{'misnamed':>10}{'seconds':>9}")
        groups = sorted({one.group for one in judged})
        for group in [*groups, "all"]:
            some = [one for one in judged if group in {one.group, "all"}]
            missed = sum(one.silent for one in some)
            misnamed = sum(bool(one.complaints) and not one.silent for one in some)
            print(f"{group:24}{len(some):>7}{len(some) - missed:>7}{misnamed:>10}{sum(one.seconds for one in some):>9.1f}")
        bad = [one for one in judged if one.complaints]
        print(f"\n{len(bad)} of {len(judged)} not as they should be, after {self._seconds():.0f} s")
        for one in bad:
            print(f"  {one.title}")
        return 1 if bad else 0


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory if there is room for copies."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        yield otherwise
        return
    folder = Path(tempfile.mkdtemp(prefix="tamper.", dir=MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


_campaign: Campaign | None = None


def _let_signals_be() -> None:
    """In a worker: who stops the campaign stops no case in its middle."""
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)


def _do(task: Task) -> Judged | None:
    assert _campaign is not None
    return _campaign.do(task)


def _complain(judged: Judged) -> None:
    print(f"✖ {judged.title}")
    for line in judged.complaints[:SHOWN]:
        print(f"    {line}")
    if len(judged.complaints) > SHOWN:
        print(f"    and {len(judged.complaints) - SHOWN} more")
    sys.stdout.flush()


def _untouched(victim: Victim) -> Expected:
    return clean("unanchored") if victim.alone else clean(anchored=True)


def judge(case: Case, patterns: dict[str, Pattern], folder: Path, breaking: Breaking | None = None) -> Judged:
    """Attack a copy, let ``verify`` look at it, and judge what it says. ``breaking`` breaks the verifier first."""
    began = time.monotonic()
    victim = Victim(patterns[case.pattern], folder, alone=case.alone)
    expected = case.plant(victim)
    before = victim.fingerprint()
    said = victim.verify(breaking)
    wrong = complaints(expected, said)
    wrong += [f"verify wrote to {path}" for path in differences(before, victim.fingerprint())]
    if breaking is None and not case.lenient:
        wrong += disagreements(victim, said)
    return Judged(case.title, case.group, time.monotonic() - began, silent(expected, said), tuple(wrong))
