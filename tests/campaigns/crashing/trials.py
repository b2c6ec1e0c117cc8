"""One trial: a command is disturbed at one point, finished, and its end is compared with that of an undisturbed run."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.campaigns.crashing import powerloss
from tests.campaigns.crashing.powerloss import Disks
from tests.campaigns.crashing.running import ActAt, FailAt, Kill, KillAfter, KillAt, Ran, Runner, Undisturbed
from tests.campaigns.crashing.scenarios import Place, Scenario, is_sound
from tests.campaigns.crashing.state import Committed, EndState, committed, end_state, wrong_blobs
from tests.campaigns.crashing.steps import Step
from tests.independent_verifier import Verification

RECOVERIES = 3
"""So often is a recovery killed, too, before one is left alone."""

SECOND_OPINION = 0.1
"""Share of the trials, of kinds where it does not always, in which the independent verifier looks at the end, too."""


class Kind(StrEnum):
    """What is done to a run."""

    NOTHING = "nothing"
    KILL = "kill"
    """SIGKILL to all processes instead of the step."""
    ONE = "one"
    """SIGKILL to the process that was to take the step, the station's or the copy worker's."""
    AGAIN = "again"
    """As ``kill``, and then the recovery is killed at a random step, several times."""
    EIO = "eio"
    ENOSPC = "enospc"
    DEAD = "dead"
    """From the step on, every step fails with EIO."""
    FULL = "full"
    """From the step on, every step that takes space fails with ENOSPC."""
    FLIP = "flip"
    """One byte of each copy in progress changes on the medium."""
    CUT = "cut"
    """The power fails."""


FAILING = {
    Kind.EIO: (errno.EIO, False),
    Kind.ENOSPC: (errno.ENOSPC, False),
    Kind.DEAD: (errno.EIO, True),
    Kind.FULL: (errno.ENOSPC, True),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What to disturb, how, and where: ``point`` is a step's name, or ``at:SECONDS``."""

    scenario: Scenario
    kind: Kind
    point: str

    @property
    def name(self) -> str:
        """How ``--only`` names it."""
        return f"{self.scenario.name}:{self.point}:{self.kind.value}"

    @property
    def instant(self) -> float | None:
        """Seconds after the start, when it is no step."""
        return float(self.point.removeprefix("at:")) if self.point.startswith("at:") else None


@dataclass(slots=True)
class Result:
    """What became of a trial. ``problems`` is empty when all was as it should be."""

    trial: Trial
    reached: bool = True
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A scenario made ready: where its place lies as a template, with and without disks, and how an undisturbed run went."""

    scenario: Scenario
    template: Path
    disks: tuple[str, ...]
    control: Ran
    expected: EndState
    sealed_before: int
    sealed_after: int

    def on_disks(self) -> Path:
        """The template whose folders lie in images."""
        return self.template.with_name(f"{self.template.name} on disks")


def prepare(scenario: Scenario, runner: Runner, folder: Path, beside: ExitStack, *, disks: bool) -> Bench:
    """Make a scenario ready and run it undisturbed, which must go well. Raises ``RuntimeError`` when it does not.

    ``beside`` keeps the servers that it needs until it is closed.
    """
    template = folder / scenario.name
    template.mkdir()
    beside.enter_context(scenario.beside(folder / f"{scenario.name}-beside", Place(template)))
    scenario.ready(runner, Place(template))
    mounts = tuple(one for one in scenario.disks if (template / one).is_dir() or one == "home")
    place = _copied(template, folder / f"{scenario.name} undisturbed")
    before = committed(place.home)
    control = scenario.run(runner, place, Undisturbed())
    verified = scenario.verify(runner, place)
    if not scenario.is_done(place, control) or not is_sound(verified):
        raise RuntimeError(f"undisturbed, it does not go well: {control.told()}\n{verified.told()}")
    expected = _end(scenario, place)
    wrong = [*wrong_blobs(place.home, *scenario.vaults(place)), *scenario.broken_word(place, _documents(control))]
    if wrong or expected.unsealed:
        raise RuntimeError(f"undisturbed, it ends wrong: {wrong}, {expected.unsealed} dockings left open")
    bench = Bench(scenario, template, mounts, control, expected, len(before.sealed), len(committed(place.home).sealed))
    shutil.rmtree(place.root)
    if disks:
        on_disks = _copied(template, bench.on_disks())
        for mount in mounts:
            (on_disks.root / mount).mkdir(parents=True, exist_ok=True)
        Disks(on_disks.root, mounts).make()
    return bench


def undisturbed(bench: Bench, runner: Runner, folder: Path) -> list[Step]:
    """The steps that another build takes when nothing happens."""
    place = _copied(bench.template, Path(tempfile.mkdtemp(dir=folder)) / "place")
    ran = bench.scenario.run(runner, place, Undisturbed())
    shutil.rmtree(place.root.parent)
    return ran.steps


def _end(scenario: Scenario, place: Place) -> EndState:
    return end_state(place.home, *scenario.vaults(place), outputs=[place.root / one for one in scenario.outputs])


def _documents(ran: Ran) -> list[dict[str, Any]]:
    """The answer that a run gave, when it did."""
    document = ran.document
    return [] if document is None or "error" in document else [document]


def attempt(trial: Trial, bench: Bench, runner: Runner, folder: Path, seed: int, *, keep: bool = True) -> Result:
    """Carry one trial out in a folder of its own, of which a copy is kept when there is a problem."""
    result = Result(trial)
    began = time.monotonic()
    place = _copied(bench.on_disks() if trial.kind is Kind.CUT else bench.template, Path(tempfile.mkdtemp(dir=folder)) / "place")
    try:
        with _power(trial, bench, place) as disks:
            _Attempt(trial, bench, runner, place, disks, random.Random(f"{seed} {trial.name}"), result).carry_out()
    except subprocess.CalledProcessError as error:
        result.problems.append(f"{' '.join(error.cmd)}: {error.stderr}")
    except TimeoutError as error:
        result.problems.append(str(error))
    result.seconds = time.monotonic() - began
    if result.problems and keep:
        result.kept = _copied(place.root, Path(tempfile.mkdtemp(prefix="evidence-station-crash-kept.")) / "place").root
    shutil.rmtree(place.root.parent)
    return result


def _power(trial: Trial, bench: Bench, place: Place) -> AbstractContextManager[Disks | None]:
    return powerloss.powered(place.root, bench.disks) if trial.kind is Kind.CUT else nullcontext()


@dataclass(slots=True)
class _Attempt:
    trial: Trial
    bench: Bench
    runner: Runner
    place: Place
    disks: Disks | None
    draw: random.Random
    result: Result
    promised: Committed = field(default_factory=Committed)
    keys: dict[str, bytes] = field(default_factory=dict)
    sealed: int = 0
    resealed: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    def carry_out(self) -> None:
        scenario, problems = self.trial.scenario, self.result.problems
        self.sealed = self.bench.sealed_before
        disturbance = self._disturbance()
        first = scenario.run(self.runner, self.place, disturbance)
        self.result.reached = disturbance.happened or self.trial.kind is Kind.NOTHING
        if disturbance.happened and self.disks is not None:
            self.disks.unmount()
            self.disks.mount()
        self._account(first)
        problems += self._impolite(first)
        if first.status == -signal.SIGKILL and self.promised.entries:
            self._look_without_touching()
        if not scenario.is_done(self.place, first):
            self._recover()
        self._compare()

    def _look_without_touching(self) -> None:
        """Before anybody recovers anything: a crash is no tampering, and ``verify`` writes nothing."""
        before = _listing(self.place.home)
        verified = self.trial.scenario.verify(self.runner, self.place)
        if not is_sound(verified):
            self.result.problems.append(f"verify, before it was finished: {verified.told()}")
        touched = _listing(self.place.home) ^ before
        if touched:
            self.result.problems.append(f"verify touched {sorted(touched)}")

    def _disturbance(self) -> Undisturbed:
        kind, point, instant = self.trial.kind, self.trial.point, self.trial.instant
        if kind is Kind.NOTHING:
            return Undisturbed()
        if kind in FAILING:
            error, on = FAILING[kind]
            return FailAt(name=point, error=error, on=on)
        if kind is Kind.FLIP:
            return ActAt(name=point, act=lambda _step: _flip(self.place.root))
        if kind is Kind.CUT:
            if instant is not None:
                return KillAfter(after=instant, act=self._cut)
            return ActAt(name=point, act=self._cut_and_kill)
        if instant is not None:
            return KillAfter(after=instant)
        return KillAt(name=point, alone=kind is Kind.ONE)

    def _cut(self) -> None:
        assert self.disks is not None
        self._promise(live=True)
        self.disks.cut()

    def _cut_and_kill(self, _step: Step) -> None:
        self._cut()
        raise Kill

    def _promise(self, *, live: bool = False) -> None:
        """What was committed must be there, and what is committed now must be there in the end."""
        now = committed(self.place.home, live=live)
        self.result.problems += self.promised.lost_in(now)
        self.promised = now
        if live:
            return  # a key that can be seen and that nobody relies on yet may still go with the power
        for path in self.place.home.glob("keys/[!.]*"):
            if not path.name.startswith("next-"):  # what waits there goes when its key comes into force
                self.keys.setdefault(path.name, path.read_bytes())

    def _account(self, ran: Ran) -> None:
        """After a disturbed run: what it had committed and said is promised from now on."""
        self._promise()
        if self.trial.scenario.redocks and not self.trial.scenario.is_done(self.place, ran):
            self.resealed += len(self.promised.sealed) > self.sealed
        self.sealed = len(self.promised.sealed)
        self.answers += _documents(ran)
        self.result.problems += self.trial.scenario.broken_word(self.place, self.answers)

    def _impolite(self, ran: Ran) -> list[str]:
        """What is wrong with how a disturbed run ended."""
        kind = self.trial.kind
        if ran.hung:
            return [f"it hung: {ran.told()}"]
        if not self.result.reached or (ran.status < 0 and kind not in FAILING and kind is not Kind.FLIP):
            return []
        if ran.document is None:
            # A full or dead disk may hold the place where the answer goes; here it does not.
            return [f"it ended without a document: {ran.told()}"]
        code = ran.document.get("error", {}).get("code")
        if code == "internal":
            return [f"an internal error instead of one that says what is wrong: {ran.told()}"]
        return []

    def _recover(self) -> None:
        scenario = self.trial.scenario
        for _ in range(RECOVERIES if self.trial.kind is Kind.AGAIN else 0):
            steps = [step.name for step in self.bench.control.steps]
            kill = KillAt(name=self.draw.choice(steps))
            ran = scenario.run(self.runner, self.place, kill)
            self._account(ran)
            if scenario.is_done(self.place, ran):
                return
        ran = scenario.run(self.runner, self.place)
        if not scenario.is_done(self.place, ran):
            self.result.problems.append(f"it cannot be finished: {ran.told()}")
        self.answers += _documents(ran)

    def _compare(self) -> None:
        scenario, place, problems = self.trial.scenario, self.place, self.result.problems
        vaults = scenario.vaults(place)
        verified = scenario.verify(self.runner, place)
        if not is_sound(verified):
            problems.append(f"verify: {verified.told()}")
        try:
            found = _end(scenario, place)
            asked = self.trial.kind in (Kind.AGAIN, Kind.CUT) or self.draw.random() < SECOND_OPINION
            if asked and found.keys and (kinds := Verification(place.home, []).kinds([])):
                problems.append(f"the independent verifier finds {sorted(kinds)}")
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the home, the campaign goes on with the next
            problems.append(f"the home cannot be read: {error!r}")
            return
        problems += found.differences(self.bench.expected)
        problems += wrong_blobs(place.home, *vaults)
        later = committed(place.home)
        problems += self.promised.lost_in(later)
        if len(later.sealed) != self.bench.sealed_after + self.resealed:
            problems.append(f"{len(later.sealed)} sealed dockings instead of {self.bench.sealed_after + self.resealed}")
        for name, content in self.keys.items():
            kept = place.home / "keys" / name
            if not kept.exists() or kept.read_bytes() != content:
                problems.append(f"keys/{name} was there and is another now")
        problems += scenario.broken_word(place, self.answers)
        self._hold_to_answers(later)

    def _hold_to_answers(self, later: Committed) -> None:
        """What a command had printed must still be so."""
        anchors = {answer["anchor"] for answer in self.answers if "anchor" in answer}
        if len(anchors) > 1:
            self.result.problems.append(f"two answers name different anchors: {anchors}")
        dockings = {answer["docking"] for answer in self.answers if "docking" in answer and "clips" in answer}
        if not dockings <= later.sealed:
            self.result.problems.append(f"dockings that were answered are gone: {dockings - later.sealed}")


def _listing(home: Path) -> set[tuple[str, int, int]]:
    """Everything in a home, but the index of the write-ahead log: SQLite's readers keep it, in memory if it could."""
    found = {(str(path), path.lstat()) for path in home.rglob("*") if not path.name.endswith(("-shm", "lost+found"))}
    return {(path, status.st_size, status.st_mtime_ns) for path, status in found}


def _copied(template: Path, target: Path) -> Place:
    target.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(template), str(target)], check=True, capture_output=True, text=True)
    return Place(target)


def _flip(root: Path) -> None:
    for copy in root.glob("**/partial/*/*.part"):
        with suppress(FileNotFoundError):  # placed meanwhile: the other threads run on
            _flip_a_byte(copy)


def _flip_a_byte(copy: Path) -> None:
    mode = copy.stat().st_mode & 0o7777
    copy.chmod(0o600)
    with copy.open("r+b", buffering=0) as file:
        copy.chmod(mode)
        at = max(
            0, os.fstat(file.fileno()).st_size - 1
        )  # the beginning of a big file may have been read back, and counted, before
        if byte := os.pread(file.fileno(), 1, at):
            os.pwrite(file.fileno(), bytes([byte[0] ^ 1]), at)
            os.fsync(file.fileno())
