"""What the campaign disturbs: one command each, from a home made ready for it to the end it must come to."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaigns.crashing.running import KillAt, Ran, Runner, Undisturbed, Visit

Arguments = Sequence[str]
Answers = Sequence[Mapping[str, Any]]
"""The documents that the runs of one trial printed, in order; of a server, what its clients came to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of one run: the home, and what lies beside it."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def card(self) -> Path:
        return self.root / "card"

    @property
    def second(self) -> Path:
        return self.root / "second"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command to disturb. ``ready`` makes its home; ``command`` says what to run there; ``settings`` come from the environment."""

    name: str
    ready: Callable[[Runner, Place], None]
    command: Callable[[Place], Arguments]
    settings: Callable[[Place], Mapping[str, str]] = lambda _place: {}
    vaults: Callable[[Place], Sequence[Path]] = lambda _place: ()
    redocks: bool = False
    """Whether a run after one that sealed, and could not say so, makes another docking of the same card."""
    disks: tuple[str, ...] = ("home", "home/vault")
    """What lies on a file system of its own when the power is to fail."""
    done: frozenset[int] = frozenset((0,))
    """Statuses that it ends with when all is well."""
    finished: Callable[[Place, Ran], bool] = lambda _place, _ran: False
    """Whether a rerun that was refused says that there was nothing left to do."""
    outputs: tuple[str, ...] = ()
    """Folders beside the home whose files are part of the end."""
    beside: Callable[[Path, Place], AbstractContextManager[None]] = lambda _folder, _place: nullcontext()
    """Servers that the command asks, for as long as the scenario is in use: their own folder, and the place that says where they are."""
    visit: Callable[[Place], Visit] | None = None
    """For a command that is a server itself: what its clients do."""
    looks: Callable[[Place], Sequence[Arguments]] = lambda place: [given(place, "verify")]
    """Commands that must find nothing wrong, at the end and as soon as it was struck."""
    broken_word: Callable[[Place, Answers], Sequence[str]] = lambda _place, _answers: ()
    """What of its answers so far is no longer so, at the end and as soon as it was struck."""

    def run(self, runner: Runner, place: Place, disturbance: Undisturbed | None = None) -> Ran:
        """Run the command once."""
        visit = None if self.visit is None else self.visit(place)
        arguments = self.command(place) if self.visit is not None else given(place, *self.command(place))
        return runner.run(place.root, arguments, self._settings(place), disturbance, visit)

    def verify(self, runner: Runner, place: Place) -> Ran:
        """Let ``verify`` and what else looks at the place do so; the first that finds something, or the last."""
        first, *more = self.looks(place)
        ran = self._look(runner, place, first)
        for arguments in more:
            if is_sound(ran):
                ran = self._look(runner, place, arguments)
        return ran

    def _look(self, runner: Runner, place: Place, arguments: Arguments) -> Ran:
        return runner.run(place.root, arguments, {**self._settings(place), "PATH": os.defpath})

    def is_done(self, place: Place, ran: Ran) -> bool:
        """Whether a run came to its end."""
        return ran.status in self.done or self.finished(place, ran)

    def _settings(self, place: Place) -> Mapping[str, str]:
        return {**_EVERYWHERE, **self.settings(place)}


_EVERYWHERE = {"EVIDENCE_STATION_VAULT_RESERVE": "0"}
"""The images of the power cuts are smaller than what a vault keeps free."""


def given(place: Place, *arguments: str) -> list[str]:
    """A command as it is typed: about the home of a place, for one JSON document."""
    return ["--home", str(place.home), *arguments, "--json"]


def is_sound(ran: Ran) -> bool:
    """Whether a command that looks found nothing wrong."""
    document = ran.document
    return ran.status == 0 and document is not None and document.get("ok", True) is True and not document.get("problems")


def make_card(folder: Path, big: int = 400_000) -> None:
    """A small card of mixed files: several groups, one file of several checkpoints, twins, an empty file, hostile names."""
    draw = random.Random(7)  # the same bytes in every run
    root = os.fsencode(folder)
    names = [
        b"DCIM/20260115/T000123_004567_20260115080000_0001.MP4",
        b"DCIM/20260115/T000123_004567_20260115080500_0002.MP4",
        b"DCIM/20260115/T000123_004567_20260115080500_0002.THM",
        b"DCIM/20260115/t000123_004567_20260115080500_0002.thm",
        b"DCIM/20260115/T000123_004567_20260115081100_0003.WAV",
        b"DCIM/\xff\xfe.MP4",
        b"DCIM/a line\nand a bell\x07.MP4",
        b"DCIM/..two dots",
        b"DCIM/" + b"n" * 255,
        b"LOG/20260115.LOG",
    ]
    files = {name: draw.randbytes(draw.randrange(3_000, 60_000)) for name in names}
    files[b"DCIM/20260115/T000123_004567_20260115082000_0004.MP4"] = draw.randbytes(big)
    files[b"DCIM/twin.MP4"] = files[names[0]]
    files[b"DCIM/empty.MP4"] = b""
    for moment, (name, content) in enumerate(files.items(), 1_768_435_200):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (moment, moment))


def done(ran: Ran) -> Ran:
    """A run that must have gone well. Raises ``RuntimeError`` when it did not."""
    if ran.status != 0:
        raise RuntimeError(f"a scenario cannot be made ready: {ran.told()}")
    return ran


def command(
    runner: Runner,
    place: Place,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    disturbance: Undisturbed | None = None,
) -> Ran:
    """Run a command that makes a scenario ready."""
    return runner.run(place.root, given(place, *arguments), {**_EVERYWHERE, **(settings or {})}, disturbance)


def _nothing(runner: Runner, place: Place) -> None:
    place.root.mkdir(parents=True, exist_ok=True)


def station(runner: Runner, place: Place) -> None:
    """A station that took nothing yet."""
    _nothing(runner, place)
    done(command(runner, place, *_INIT))


def _station_and_card(runner: Runner, place: Place) -> None:
    station(runner, place)
    make_card(place.card)
    place.second.mkdir()


def ingested(runner: Runner, place: Place, settings: Mapping[str, str] | None = None) -> None:
    """A station with footage."""
    _station_and_card(runner, place)
    done(command(runner, place, "ingest", str(place.card), settings=settings))


def _with_store(runner: Runner, place: Place) -> None:
    ingested(runner, place)
    (place.home / "store").mkdir(0o750)


def _interrupted(runner: Runner, place: Place) -> None:
    """A docking killed when its last file was about to be placed: earlier groups are committed, its card does not come back."""
    _station_and_card(runner, place)
    kill = KillAt(name="renameat2:9")
    command(runner, place, "ingest", str(place.card), disturbance=kill)
    if not kill.happened:
        raise RuntimeError("a scenario cannot be made ready: the ingest did not come to its ninth file")
    docking = json.loads(done(command(runner, place, "dockings")).output)["dockings"][0]["id"]
    (place.root / "docking").write_text(docking, encoding="utf-8")
    shutil.rmtree(place.card)


def _dropped(runner: Runner, place: Place) -> None:
    station(runner, place)
    make_card(place.root / "drops" / "interview 12", big=200_000)
    (place.root / "drops" / "interview 12.done").touch()


def _tag(place: Place) -> Arguments:
    ids = sorted(json.loads((place.root / "clips").read_text(encoding="utf-8")))
    return ["tag", *ids[:3], "--case", "A-2026-17", "--category", "assault", "--note", "first to be seen"]


def with_clip_list(runner: Runner, place: Place) -> None:
    """A station with footage; the place says which clips it has."""
    ingested(runner, place)
    clips = json.loads(done(command(runner, place, "clips")).output)["clips"]
    (place.root / "clips").write_text(json.dumps([clip["id"] for clip in clips if clip["size"] > 3_000]), encoding="utf-8")


def _not_open(_place: Place, ran: Ran) -> bool:
    """``seal`` refuses a docking that it has sealed."""
    document = ran.document
    return document is not None and document.get("error", {}).get("code") == "not-open"


_INIT = ("init", "--station", "north-12", "--unit", "U7")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("init", _nothing, lambda _place: _INIT, disks=("home",)),
    Scenario("ingest", _station_and_card, lambda place: ["ingest", str(place.card)], redocks=True),
    Scenario(
        "two-vaults",
        _station_and_card,
        lambda place: ["ingest", str(place.card)],
        settings=lambda place: {"EVIDENCE_STATION_SECOND_VAULT": str(place.second)},
        vaults=lambda place: [place.second],
        redocks=True,
        disks=("home", "home/vault", "second"),
    ),
    Scenario(
        "seal",
        _interrupted,
        lambda place: ["seal", (place.root / "docking").read_text(encoding="utf-8")],
        done=frozenset((4,)),
        finished=_not_open,
    ),
    Scenario("settings", station, lambda _place: ["settings", "set", "time_zone", "Asia/Tokyo"]),
    Scenario("tag", with_clip_list, _tag),
    Scenario("upload", _with_store, lambda _place: ["upload", "--until-idle"], disks=("home", "home/vault", "home/store")),
    Scenario(
        "drop",
        _dropped,
        lambda _place: ["watch", "--once"],
        settings=lambda place: {
            "EVIDENCE_STATION_DROP_FOLDER": str(place.root / "drops"),
            "EVIDENCE_STATION_DROP_SETTLE_SECONDS": "1",
        },
    ),
)
