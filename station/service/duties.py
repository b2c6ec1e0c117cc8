"""What the service does by itself: send, stamp, have cosigned, re-read, take what is dropped, make room. Each is one turn after another.

Nothing here is hastened: what waits for its next try waits, as its row says. A command that comes from a person (``upload``,
``stamp``, ``cosign``, ``scrub``) does the same work at once.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from evidence.catalogue.outbox import Outbox
from evidence.catalogue.stampbox import StampBox
from evidence.custody.entry import STATION, rfc3339
from evidence.errors import Exit
from ingest.dropfolder import DropFolder
from station import cosigning
from station.book import Book
from station.commands import silent
from station.delivering import courier_of
from station.handlers.dropping import rules_of, take
from station.handlers.intake import means_of, vaults_of
from station.handlers.proof import reread
from station.handlers.stamping import fetch
from station.home import StationError
from station.rooms import Rooms
from station.settings import witnesses_of
from station.space import evict
from station.startup import LogTurnedBack, prepare_vaults, warn_or_refuse
from uploader.courier import Courier

LOOK_SECONDS = 15.0
"""How often a room looks whether there is something to do when nobody wakes it."""
CHECKPOINT_SECONDS = 60.0
"""Between two checkpoints that go to the store by themselves; with footage one goes anyway."""
COSIGN_SECONDS = 600.0
CLEAR_SECONDS = 60.0
SCRUB_SLICE = 64 << 20
"""Bytes re-read in one go: between two, the room looks whether somebody copies, or the service stops."""
DAY = timedelta(days=1)
DROP_LOOK_SECONDS = 5.0
DROP_AGAIN_SECONDS = 60.0


class Docks(Protocol):
    """The docks, while the service runs."""

    def start(self) -> None:
        """Begin to watch the ports."""

    def look_again(self) -> None:
        """Try what policy kept out once more."""

    def stop(self, seconds: float) -> None:
        """Bring what is docked to a point from which it can be continued, in so many seconds."""


class ScrubFound(StationError):
    """Re-reading found what is not as it was. Fields: ``count``, ``subject``."""

    code = "scrub-found"
    status = Exit.TAMPERED


class DropNotTaken(StationError):
    """A drop could not be taken, and is tried again. Fields: ``name``, ``reason``."""

    code = "drop-not-taken"
    status = Exit.PARTIAL


class _Quiet:
    """A duty whose turns are short."""

    def hurry(self) -> None:
        """Nothing waits for long."""


class Sending:
    """Uploads what is due, and keeps a checkpoint of the newest head in the store."""

    name = "sending"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._courier: Courier | None = None
        self._checkpoint_at = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """One run of the courier, when something is due."""
        if not self._due():
            return LOOK_SECONDS
        with courier_of(self._rooms, 0.0, lambda _sent: None) as (courier, _store):
            self._courier = courier
            try:
                if stop.is_set():
                    return 0.0
                summary = courier.run_until_idle()
            finally:
                self._courier = None
        self._checkpoint_at = time.monotonic()
        if summary.faults:
            raise summary.faults[0]
        return LOOK_SECONDS

    def hurry(self) -> None:
        """End the run at the next part border."""
        courier = self._courier
        if courier is not None:
            courier.stop()

    def _due(self) -> bool:
        due = Outbox(self._rooms.catalogue, self._rooms.station).next_due()
        if due is not None and due <= self._rooms.clock().utc:
            return True
        if time.monotonic() - self._checkpoint_at < CHECKPOINT_SECONDS:
            return False
        with self._rooms.queries() as queries:
            head = queries.head()
            return (queries.last_witnessed(head.epoch) or 0) < head.size


class Stamping(_Quiet):
    """Fetches the time stamps that are due, and asks for one over the newest checkpoint now and then."""

    name = "stamping"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._wanted_at = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """Ask the authorities for what is due."""
        settings, now = self._rooms.settings, self._rooms.clock().utc
        waiting = StampBox(self._rooms.catalogue, self._rooms.station).waiting()
        early = time.monotonic() - self._wanted_at < settings.timestamp_interval
        if any(one.next_try_at <= now for one in waiting) or (settings.timestamp_authorities and not early):
            warn_or_refuse(self._rooms)
            self._wanted_at = time.monotonic()
            fetch(self._rooms, until_idle=False, hasten=False)
        return LOOK_SECONDS


class Cosigning(_Quiet):
    """Has the witnesses cosign the newest head."""

    name = "cosigning"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def turn(self, stop: threading.Event) -> float:
        """Ask the witnesses that have not cosigned the newest head."""
        names = [key.name for key, _ in witnesses_of(self._rooms.settings)]
        with self._rooms.queries() as queries:
            head = queries.head()
            behind = [name for name in names if (queries.newest_cosigned(head.epoch, name) or 0) < head.size]
        if not behind:
            return LOOK_SECONDS
        for one in cosigning.cosign(self._rooms):
            if one.contradicts:
                raise LogTurnedBack(kind=one.result, detail=f"{one.witness}: {one.detail}")
        return COSIGN_SECONDS


class Scrubbing(_Quiet):
    """Re-reads what was not re-read for a day, oldest first: ``scrub_budget`` bytes a day, and never while somebody copies."""

    name = "scrubbing"

    def __init__(self, rooms: Rooms, busy: Callable[[], bool]) -> None:
        self._rooms = rooms
        self._busy = busy
        self._spent = 0
        self._day = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """One slice after another, until nothing is due or the day's budget is used up."""
        if time.monotonic() - self._day >= DAY.total_seconds():
            self._day, self._spent = time.monotonic(), 0
        while not stop.is_set() and not self._busy():
            left = self._rooms.settings.scrub_budget - self._spent
            since = rfc3339(self._rooms.clock().unix_ns - int(DAY.total_seconds()) * 1_000_000_000)
            if left <= 0:
                break
            blobs, done, problems = reread(self._rooms, since, min(left, SCRUB_SLICE), silent)
            self._spent += done
            if problems:
                first = problems[0]
                assert isinstance(first, dict)
                raise ScrubFound(count=len(problems), subject=str(first["subject"]))
            if not blobs:
                break
        return LOOK_SECONDS


class Clearing(_Quiet):
    """Lets go of local copies that the store holds while the disks have less than ``vault_low_bytes`` free."""

    name = "clearing"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def turn(self, stop: threading.Event) -> float:
        """As ``evict`` does it, in the station's own name."""
        if self._rooms.settings.vault_low_bytes:
            problems = evict(self._rooms, STATION, dry_run=False, report=silent).document["problems"]
            if problems:
                assert isinstance(problems, list)
                raise ScrubFound(count=len(problems), subject=str(problems[0]["subject"]))
        return CLEAR_SECONDS


class Docking:
    """Keeps the docks at work. Where they cannot begin (no udev, nothing that mounts) it is tried again."""

    name = "docks"

    def __init__(self, rooms: Rooms, made: Callable[[], Docks]) -> None:
        self._rooms = rooms
        self._made = made
        self._docks: Docks | None = None

    def look_again(self) -> None:
        """A device was admitted, or the policy changed: what was kept out is tried once more."""
        docks = self._docks
        if docks is not None:
            docks.look_again()

    def turn(self, stop: threading.Event) -> float:
        """From their start to their end, which has half of the time that the service has for its own."""
        docks = self._made()
        docks.start()
        self._docks = docks
        stop.wait()
        self._docks = None
        docks.stop(self._rooms.settings.drain_seconds / 2)
        return 0.0

    def hurry(self) -> None:
        """The turn waits for nothing else."""


class Dropping:
    """Takes what is dropped into the drop folder of the settings."""

    name = "dropping"

    def __init__(self, rooms: Rooms, sealed: Callable[[], None]) -> None:
        self._rooms = rooms
        self._sealed = sealed
        self._folder: DropFolder | None = None

    def turn(self, stop: threading.Event) -> float:
        """Watch the folder until told to stop, or until the settings name another."""
        settings = self._rooms.settings
        if not settings.drop_folder:
            return LOOK_SECONDS
        vaults = vaults_of(self._rooms)
        self._rooms.prepare_to_write()
        prepare_vaults(self._rooms, vaults)
        failed: list[tuple[float, bytes, str]] = []
        with DropFolder(os.fsencode(settings.drop_folder), rules_of(self._rooms)) as folder:
            self._folder = folder
            try:
                while not stop.is_set() and self._rooms.settings is settings:
                    ready = folder.next(DROP_LOOK_SECONDS)
                    if ready:
                        with self._rooms.copying(vaults) as worker:
                            means = means_of(self._rooms, Book(self._rooms, self._rooms.attendant), worker, silent)
                            for one in ready:
                                for answer in take(self._rooms, one, means):
                                    error = answer.document.get("error")
                                    if isinstance(error, dict):
                                        failed.append((time.monotonic(), one.name, str(error["code"])))
                        self._sealed()
                    if failed and time.monotonic() - failed[0][0] >= DROP_AGAIN_SECONDS:
                        raise DropNotTaken(name=failed[0][1].decode(errors="replace"), reason=failed[0][2])
            finally:
                self._folder = None
        return 0.0

    def hurry(self) -> None:
        """End the wait for the next drop."""
        folder = self._folder
        if folder is not None:
            folder.close()
