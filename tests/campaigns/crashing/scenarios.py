"""What the campaign disturbs: one command each, from a home made ready for it to the end it must come to."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.crashing.running import KillAt, Ran, Runner, Undisturbed

Arguments = Sequence[str]


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

    def run(self, runner: Runner, place: Place, disturbance: Undisturbed | None = None) -> Ran:
        """Run the command once."""
        return runner.run(place.root, _given(place, *self.command(place)), self._settings(place), disturbance)

    def verify(self, runner: Runner, place: Place) -> Ran:
        """Run ``verify`` on the home."""
        return runner.run(place.root, _given(place, "verify"), self._settings(place))

    def is_done(self, place: Place, ran: Ran) -> bool:
        """Whether a run came to its end."""
        return ran.status in self.done or self.finished(place, ran)

    def _settings(self, place: Place) -> Mapping[str, str]:
        return {**_EVERYWHERE, **self.settings(place)}


_EVERYWHERE = {"EVIDENCE_STATION_VAULT_RESERVE": "0"}
"""The images of the power cuts are smaller than what a vault keeps free."""


def _given(place: Place, *arguments: str) -> list[str]:
    return ["--home", str(place.home), *arguments, "--json"]


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


def _done(ran: Ran) -> Ran:
    if ran.status != 0:
        raise RuntimeError(f"a scenario cannot be made ready: {ran.told()}")
    return ran


def _command(runner: Runner, place: Place, *arguments: str, disturbance: Undisturbed | None = None) -> Ran:
    return runner.run(place.root, _given(place, *arguments), _EVERYWHERE, disturbance)


def _nothing(runner: Runner, place: Place) -> None:
    place.root.mkdir(parents=True, exist_ok=True)


def _station(runner: Runner, place: Place) -> None:
    _nothing(runner, place)
    _done(_command(runner, place, *_INIT))


def _station_and_card(runner: Runner, place: Place) -> None:
    _station(runner, place)
    make_card(place.card)
    place.second.mkdir()


def _ingested(runner: Runner, place: Place) -> None:
    _station_and_card(runner, place)
    _done(_command(runner, place, "ingest", str(place.card)))


def _with_store(runner: Runner, place: Place) -> None:
    _ingested(runner, place)
    (place.home / "store").mkdir(0o750)


def _interrupted(runner: Runner, place: Place) -> None:
    """A docking killed when its last file was about to be placed: earlier groups are committed, its card does not come back."""
    _station_and_card(runner, place)
    kill = KillAt(name="renameat2:9")
    _command(runner, place, "ingest", str(place.card), disturbance=kill)
    if not kill.happened:
        raise RuntimeError("a scenario cannot be made ready: the ingest did not come to its ninth file")
    docking = json.loads(_done(_command(runner, place, "dockings")).output)["dockings"][0]["id"]
    (place.root / "docking").write_text(docking, encoding="utf-8")
    shutil.rmtree(place.card)


def _dropped(runner: Runner, place: Place) -> None:
    _station(runner, place)
    make_card(place.root / "drops" / "interview 12", big=200_000)
    (place.root / "drops" / "interview 12.done").touch()


def _tag(place: Place) -> Arguments:
    ids = sorted(json.loads((place.root / "clips").read_text(encoding="utf-8")))
    return ["tag", *ids[:3], "--case", "A-2026-17", "--category", "assault", "--note", "first to be seen"]


def _with_clip_list(runner: Runner, place: Place) -> None:
    _ingested(runner, place)
    clips = json.loads(_done(_command(runner, place, "clips")).output)["clips"]
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
    Scenario("settings", _station, lambda _place: ["settings", "set", "time_zone", "Asia/Tokyo"]),
    Scenario("tag", _with_clip_list, _tag),
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
