"""What happens in the morning: clips looked at and tagged, cases packaged, a hold placed, and footage of last year disposed of by two people."""

from __future__ import annotations

import io
import os
import select
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evidence.custody.entry import Moment
from station import clock
from station.client import InProcess
from station.commands import Ingest, Tag
from station.engine import Engine
from station.founding import make_administrator
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.bench.children import Failed
from tests.bench.mornings.desk import Desk, Times

UNIT = "310199"
ADMINISTRATOR, CLERK, ASKS, AGREES = "000001", "000107", "000201", "000202"
PIN = "583917"
DAY = 86_400
OLD_DAYS, UNDO_DAYS = 200, 8
OLD = 3
CATEGORIES = ("traffic", "dispute", "theft", "fraud")
WAIVER = "Superintendent 000201: the store was never built"
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Morning:
    """What was done, and how long it took (seconds): all of it, and the clerk's and the supervisors' part of it."""

    clips: int
    cases: int
    seconds: float
    clerk_seconds: float
    times: Times
    certificate: bytes


@dataclass(frozen=True)
class Station:
    """A home under the set clock, and where it is served."""

    folder: Path
    url: str
    ahead: Path

    def pass_days(self, days: int) -> None:
        """Let days pass, by the station's clock."""
        self.ahead.write_text(str(days * DAY), encoding="ascii")

    def desk(self, times: Times) -> Desk:
        """The API, for nobody yet."""
        token = (self.folder / "home" / "run" / "token").read_text(encoding="ascii").strip()
        return Desk(self.url, token, times)


@contextmanager
def served(folder: Path, clips: int) -> Iterator[Station]:
    """A station with an administrator, footage of last year that somebody tagged, and this night's, which nobody looked at."""
    home, ahead = Home(folder / "home"), folder / "ahead"
    with clock.pretended(_ago(OLD_DAYS)):
        init(home, "morning", UNIT)
        old = taken(home, folder / "old", OLD, b"old")
        rooms = Rooms.open(home)
        InProcess(Engine(rooms), rooms.operator).call(Tag(tuple(old), category="patrol"))
        rooms.close()
    taken(home, folder / "night", clips, b"night")
    rooms = Rooms.open(home)
    make_administrator(rooms, ADMINISTRATOR, PIN)
    rooms.close()
    ahead.write_text("0", encoding="ascii")
    command = [sys.executable, "-m", "tests.bench.mornings.serving", str(home.root), str(ahead)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise Failed("the service did not begin")
        yield Station(folder, url, ahead)
    finally:
        watched = os.pidfd_open(process.pid)
        process.send_signal(signal.SIGTERM)
        select.select([watched], [], [], 60)
        os.close(watched)
        process.communicate(timeout=30)


def taken(home: Home, card: Path, clips: int, mark: bytes) -> list[str]:
    """A card with so many clips is docked: their ids."""
    folder = card / "DCIM"
    folder.mkdir(parents=True)
    for number in range(clips):
        (folder / f"DSJ0042_004217_{number:04}.MP4").write_bytes(mark + number.to_bytes(4) * 16_384)
    rooms = Rooms.open(home)
    answer = InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(card),), "004217"))
    rooms.close()
    found = answer.document["clips"]
    assert isinstance(found, list)
    return [str(one["id"]) for one in found if isinstance(one, dict)]


def staffed(station: Station) -> None:
    """The administrator enters a clerk and two supervisors; of the second one's door the first has to approve."""
    administrator = station.desk(Times()).sign_in(ADMINISTRATOR, PIN)
    for badge, role in ((CLERK, "clerk"), (ASKS, "supervisor"), (AGREES, "supervisor")):
        person = administrator.post("/v1/users", {"badge": badge, "role": role}, "enter")
        if badge == AGREES:
            question = {"act": "raise-rights", "subject": f"sheet:{person['id']}", "reason": "a second supervisor"}
            asked = administrator.post("/v1/approvals", question, "ask")
            supervisor = station.desk(Times()).sign_in(ASKS, PIN)
            supervisor.post(f"/v1/approvals/{asked['id']}/decision", {"decision": "given"}, "agree")
        made = administrator.post(f"/v1/users/{badge}/pin", {}, "pin")
        station.desk(Times()).sign_in(badge, made["pin"], PIN)


def morning(station: Station, clips: int, cases: int) -> Morning:
    """All of it, through the API alone. Raises :class:`~tests.bench.children.Failed` where something comes out otherwise."""
    times = Times()
    begun = time.perf_counter()
    clerk = station.desk(times).sign_in(CLERK, PIN)
    waiting = [one["id"] for one in clerk.every("/v1/search?q=missing:category&limit=100", "search")]
    if len(waiting) != clips:
        raise Failed(f"{len(waiting)} clips wait, not {clips}")
    numbers = opened(clerk, cases)
    for place, clip in enumerate(waiting):
        clerk.get(f"/v1/clips/{clip}", "look at a clip")
        tags = {
            "category": CATEGORIES[place % len(CATEGORIES)],
            "importance": "2",
            "note": f"round {place + 1}",
            "location": "渭塘路",
        }
        if place < cases * 4:
            tags["case_number"] = numbers[place % cases]
        changed = clerk.patch(f"/v1/clips/{clip}", tags, "tag a clip")["changed"]
        if changed != 1:
            raise Failed(f"{clip}: {changed} clips were changed")
    left = clerk.get("/v1/search/counts?q=missing:category", "search")["count"]["number"]
    if left:
        raise Failed(f"{left} clips are still without a category")
    hold = {"on": "case", "value": numbers[0], "clause": "order 7", "reason": "the court asked for it"}
    if clerk.post("/v1/holds", hold, "place a hold")["clips"] != 4:
        raise Failed("the hold speaks of other clips")
    for number in numbers:
        packaged(clerk, number)
    clerk_seconds = time.perf_counter() - begun
    certificate = disposed(station, times)
    return Morning(clips, cases, time.perf_counter() - begun, clerk_seconds, times, certificate)


def opened(clerk: Desk, cases: int) -> list[str]:
    """The cases of the morning: their numbers."""
    numbers = [f"A{UNIT}2026{number:06}" for number in range(101, 101 + cases)]
    for number in numbers:
        clerk.post("/v1/cases", {"number": number, "title": "theft in Weitang Road"}, "open a case")
    return numbers


def packaged(clerk: Desk, number: str) -> None:
    """A court package of a case, fetched and looked into."""
    _, files = clerk.job("/v1/packages", {"case_number": number, "purpose": "prosecutor"}, "package a case")
    with tarfile.open(fileobj=io.BytesIO(files or b"")) as archive:
        names = archive.getnames()
    if "bagit.txt" not in names or sum(name.startswith("data/clips/") for name in names) != 4:
        raise Failed(f"the package of {number} is not whole")


def disposed(station: Station, times: Times) -> bytes:
    """Footage of last year goes on the word of two people, when the days in which it can be undone are over: the certificate."""
    asks = station.desk(times).sign_in(ASKS, PIN)
    due = [one["id"] for one in asks.every("/v1/due", "what is due") if one["fate"] == "due"]
    if len(due) != OLD:
        raise Failed(f"{len(due)} clips are due, not {OLD}")
    wanted = {"clips": due, "reason": "retention is over", "waiver": WAIVER}
    asked = asks.post("/v1/disposals", wanted, "ask for a disposal")
    agrees = station.desk(times).sign_in(AGREES, PIN)
    if agrees.post(f"/v1/disposals/{asked['id']}/approval", {}, "approve a disposal")["state"] != "pending":
        raise Failed("nothing waits for the time to be over")
    job, _ = asks.job("/v1/disposals/run", {}, "too early")
    if job["answer"]["carried_out"]:
        raise Failed("it was carried out while it could be undone")
    station.pass_days(UNDO_DAYS)
    later = station.desk(times).sign_in(ASKS, PIN)
    job, _ = later.job("/v1/disposals/run", {}, "dispose")
    if job["answer"]["carried_out"] != [asked["id"]]:
        raise Failed(f"it was not carried out: {job['answer']['waiting']}")
    job, files = later.job(f"/v1/disposals/{asked['id']}/certificate", {}, "print the certificate")
    if {copy["outcome"] for one in job["answer"]["certificate"]["contents"] for copy in one["copies"]} - {"removed", "gone"}:
        raise Failed("a copy is still there")
    with tarfile.open(fileobj=io.BytesIO(files or b"")) as archive:
        (paper,) = archive.getmembers()
        content = archive.extractfile(paper)
        assert content is not None
        return content.read()


def verified(station: Station) -> list[str]:
    """What the verification of everything finds, asked for over the API: kinds of problems."""
    auditor = station.desk(Times()).sign_in(ASKS, PIN)
    job, _ = auditor.job("/v1/verification", {}, "verify")
    return [one["kind"] for one in job["answer"]["problems"]]


class _ago:  # noqa: N801  # reads as what it is where it is used
    """A clock that runs as the real one does, days behind it."""

    def __init__(self, days: int) -> None:
        self._begun = clock.now()
        self._since = time.monotonic_ns() + days * DAY * 1_000_000_000

    def __call__(self) -> Moment:
        by = time.monotonic_ns() - self._since
        return replace(self._begun, unix_ns=self._begun.unix_ns + by, mono_ns=self._begun.mono_ns + by)
