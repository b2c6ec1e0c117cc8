"""Filling a home with the month: each thing by the command that a person would use, under a clock that tells the month's time.

Rules kept here: the home is new, or nothing is done; only files that this made are removed, and those lie in a folder of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from evidence.catalogue.acts import incidents as incident_acts
from evidence.custody.entry import Actor, ClockState, Moment
from evidence.errors import Exit
from evidence.facts import SourceKind
from evidence.incidents import incident
from evidence.retention import HoldOn
from ingest.bounded import Bounds, Confinement
from ingest.probe import MediaFacts, ProbeFailure, Prober
from ingest.times import station_zone
from station import clock
from station.client import InProcess
from station.commands import AddDevice, Command, Ingest, IssueDevice, SettingsCommand, Tag
from station.commands.keeping import PlaceHold
from station.commands.supervising import CheckAlarms, DrawSample
from station.demo.card import MediaNotMade
from station.engine import Engine
from station.home import Home, StationError
from station.lending import SharedWorker
from station.practice.month import (
    CLERK,
    NOTES,
    OFFICERS,
    PLACES,
    POOLED,
    SUPERVISOR,
    Call,
    Dock,
    Planted,
    Shot,
    device_of,
    made,
    planted_in,
)
from station.practice.people import enter
from station.rooms import Rooms
from station.setup import init

STATION, UNIT = "practice-1", "310199"
BOOT = "00000000-0000-4000-8000-000000000947"
DAYS = 30
TEMPLATES = 4
MARK = b"made up for practice"


class HomeThere(StationError):
    """There is something at the place where the home was to be made. Fields: ``home``."""

    code = "home-there"
    status = Exit.REFUSED


@dataclass
class Told:
    """A clock that is set, and runs a little at every reading."""

    at: datetime

    def __call__(self) -> Moment:
        self.at += timedelta(milliseconds=1)
        nanoseconds = round(self.at.timestamp() * 1e6) * 1000
        return Moment(nanoseconds, nanoseconds, BOOT, ClockState.SYNCHRONISED)

    def until(self, moment: datetime) -> None:
        """Time passes; it never goes back."""
        self.at = max(self.at, moment.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Filled:
    """What lies in the home now."""

    dockings: int
    clips: int
    incidents: int
    tagged: int
    days: int
    people: list[dict[str, str]]
    """Who signs in, with a PIN each; told here and nowhere else."""
    planted: list[Planted]


def fill(root: Path, language: str, report: Callable[[int, int], None], days: int = DAYS) -> Filled:
    """Make a home and fill it. Raises :class:`HomeThere`, ``MediaNotMade`` and the faults of the commands."""
    if os.path.lexists(root):
        raise HomeThere(home=str(root))
    end = datetime.now(UTC) - timedelta(minutes=5)
    told = Told(end - timedelta(days=days, hours=1))
    with clock.pretended(told), TemporaryDirectory(prefix="practice-") as work:
        init(Home(root), STATION, UNIT)
        rooms = Rooms.open(Home(root))
        worker = SharedWorker()
        rooms.lender = worker.lend
        rooms.prober = _Remembering(Confinement.detect())
        try:
            return _Filling(rooms, told, Path(work), language).run(end, days, report)
        finally:
            worker.close()
            rooms.close()


class _Remembering(Prober):
    """Asks of each film once: the month has a few films under many names, and a child for each would be most of the time it takes."""

    def __init__(self, confinement: Confinement) -> None:
        super().__init__(confinement, Bounds(wall_s=60.0))
        self._known: dict[bytes, MediaFacts | ProbeFailure] = {}

    def taking_turns(self, turns: AbstractContextManager[object]) -> Prober:
        """Itself: what it remembers is worth more than turns."""
        return self

    def probe(self, file: Path, card_path: bytes) -> MediaFacts | ProbeFailure:
        """Facts about the film that the file is a copy of."""
        film = file.read_bytes().partition(MARK)[0][:-8]
        if film not in self._known:
            self._known[film] = super().probe(file, card_path)
        return self._known[film]


class _Filling:
    def __init__(self, rooms: Rooms, told: Told, work: Path, language: str) -> None:
        self._rooms = rooms
        self._told = told
        self._work = work
        self._language = language
        self._zone = station_zone(rooms.settings.time_zone)
        self._clips: dict[tuple[str, int], str] = {}
        self._random = Random(7)  # noqa: S311  # what a made-up clerk types
        self._made = 0
        self._tagged = 0
        self._planted: list[Planted] = []
        self._cut_off: Shot | None = None
        """The clip that is cut off in the middle, as by a battery that was empty: one of the last, which the service looks at."""

    def run(self, end: datetime, days: int, report: Callable[[int, int], None]) -> Filled:
        """The month, from its first device to its last tag."""
        month = made(end, days, self._zone)
        self._cut_off = next(dock.shots[0] for dock in reversed(month.docks) if dock.shots)
        self._begin()
        templates = [self._template(number) for number in range(TEMPLATES)]
        for number, dock in enumerate(month.docks):
            report(number, len(month.docks))
            self._told.until(dock.at)
            self._dock(dock, templates)
        self._told.until(end - timedelta(hours=2))
        for call in month.calls:
            self._dispatch(call)
        self._desk()
        people = enter(self._rooms, lambda command: self._ask(command, SUPERVISOR, "administrator"))
        report(len(month.docks), len(month.docks))
        planted = [*planted_in(month), *self._planted]
        return Filled(len(month.docks), len(self._clips), len(month.calls), self._tagged, days, people, planted)

    def _ask(self, command: Command, person: str, role: str) -> object:
        return InProcess(Engine(self._rooms), Actor(person, role)).call(command).document

    def _begin(self) -> None:
        self._ask(SettingsCommand("set", "language", self._language), SUPERVISOR, "administrator")
        self._ask(SettingsCommand("set", "supervision_alarms", "docking-late device-overdue"), SUPERVISOR, "administrator")
        self._ask(SettingsCommand("set", "alarm_escalation", "supervisor=60 administrator=1440"), SUPERVISOR, "administrator")
        for place, officer in enumerate(OFFICERS):
            own = None if place < POOLED else officer
            key = f"dsj:{device_of(officer)}"
            self._ask(
                AddDevice(key, SourceKind.BODY_CAMERA, serial=device_of(officer), assigned_to=own), SUPERVISOR, "supervisor"
            )
            if own is None:
                shows = (self._told.at.astimezone(self._zone) + timedelta(minutes=11 * place)).replace(tzinfo=None, microsecond=0)
                self._ask(IssueDevice(key, officer, shows.isoformat()), CLERK, "clerk")

    def _dock(self, dock: Dock, templates: list[bytes]) -> None:
        card = self._work / f"card-{self._made}"
        for shot in dock.shots:
            local = shot.at.astimezone(self._zone)
            folder = card / "DCIM" / f"{local:%Y%m%d}"
            folder.mkdir(parents=True, exist_ok=True)
            self._made += 1
            mark = MARK + b" %d" % self._made
            file = folder / f"{dock.device}_{dock.officer}_{local:%Y%m%d%H%M%S}_{shot.number:04}.MP4"
            # A box that players pass over (ISO 14496-12, section 8.1.2) makes each file another one.
            film = templates[self._made % TEMPLATES]
            if shot is self._cut_off:
                film = film[: len(film) // 2]
                self._planted.append(Planted("broken-clip", file.name, "serve; alarms list"))
            file.write_bytes(film + (8 + len(mark)).to_bytes(4) + b"free" + mark)
            os.utime(file, (shot.at.timestamp(),) * 2)
        if not dock.shots:
            return
        answer = self._ask(Ingest((os.fsencode(card),), dock.officer), CLERK, "clerk")
        assert isinstance(answer, dict)
        for clip in answer["clips"]:
            self._clips[dock.device, int(clip["path"].rpartition("_")[2][:4])] = clip["id"]

    def _dispatch(self, call: Call) -> None:
        place = self._random.choice(PLACES[self._language])
        record = incident(
            call.number,
            call.at.isoformat(),
            self._zone,
            ends_at=(call.at + timedelta(minutes=40)).isoformat(),
            place=place,
            officers=(call.officer,),
            devices=(f"dsj:{call.device}",),
            category=call.category,
            unit=UNIT,
        )
        with self._rooms.ledger.commit() as commit:
            incident_acts.put(commit, record, Actor(CLERK, "clerk"))
        clip = None if call.footage is None else self._clips.get((call.device, call.footage))
        if clip is not None:
            note = self._random.choice(NOTES[self._language])
            tag = Tag((clip,), category=call.category, note=note, incident=call.number, location=place)
            self._ask(tag, CLERK, "clerk")
            self._tagged += 1

    def _desk(self) -> None:
        """Cases, holds, a sample, and the alarms that there are cause for."""
        clips = sorted(self._clips.values())
        numbers = [f"A{UNIT}{self._told.at:%Y}{number:06}" for number in (101, 102, 103)]
        for place, number in enumerate(numbers):
            self._ask(Tag(tuple(clips[place * 4 : place * 4 + 4]), case_number=number, importance="1"), CLERK, "clerk")
        self._ask(
            PlaceHold(HoldOn.CASE, numbers[0], clause="practice", reason=NOTES[self._language][0]), SUPERVISOR, "supervisor"
        )
        self._ask(PlaceHold(HoldOn.CLIP, clips[-1], clause="practice", reason=NOTES[self._language][1]), SUPERVISOR, "supervisor")
        self._ask(DrawSample(5, reason=NOTES[self._language][2]), SUPERVISOR, "supervisor")
        self._ask(CheckAlarms(), SUPERVISOR, "supervisor")

    def _template(self, number: int) -> bytes:
        """Two seconds of a picture with a sound, as small as they are."""
        target = self._work / f"template-{number}.mp4"
        picture = f"testsrc2=size=320x240:rate=10:duration=2,hue=h={90 * number}"
        sound = f"sine=frequency={330 + 110 * number}:sample_rate=16000:duration=2"
        coding = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "mp4")
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
        try:
            done = subprocess.run([*command, *coding, str(target)], capture_output=True, text=True, timeout=120, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise MediaNotMade(program="ffmpeg", path=target.name, detail=type(error).__name__) from error
        if done.returncode != 0:
            raise MediaNotMade(program="ffmpeg", path=target.name, detail=done.stderr.strip()[-400:])
        return target.read_bytes()
