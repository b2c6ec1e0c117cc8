"""What the service makes of new clips by itself: proxies, strips, waveforms, and working copies where the container needs one.

Comfort only, and so it gives way to everything: children run at the idle priority, they are stopped while somebody copies, what was begun is
given up when the service ends, and what does not fit into ``derived_budget`` makes room by what nobody looked at for the longest time; what somebody
asked for since is made again, before anything else. An original of which nothing can be made is passed over with its reason and not tried again by
itself; where it ought to play, that is one alarm, raised at the next start where the power went between the reason and the alarm. Nothing here ever
makes a taking fail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from evidence.catalogue.acts import alarms
from evidence.catalogue.derivatives import DerivativeRow, Derivatives, Wanting
from evidence.custody.entry import STATION, rfc3339, subject_clip
from evidence.devices import AlarmKind, Concern
from evidence.errors import Fault
from evidence.ids import DeviceKey, uuid7
from ingest.bounded import Rein
from ingest.errors import ChildStopped
from station.derived.making import OriginalUnsound, Workshop
from station.derived.media import Unusable
from station.derived.recipes import AUTOMATIC, PROXY, Makes, named
from station.handlers.derived import standing
from station.playable import ENDINGS
from station.rooms import Rooms

LOOK_SECONDS = 15.0
NEW = timedelta(days=30)
"""Of clips that were taken before nothing is made by itself: a station that brings a million along would never come to today's."""
ASKED = timedelta(days=1)
"""Who asked longer ago than that has done without."""
PLAYS = ENDINGS - {"bin"}
"""Names of files that are sound or moving pictures; of anything else it is no news that it does not play."""


class Deriving:
    """Makes what is watched most, of what was taken last."""

    name = "deriving"

    def __init__(self, rooms: Rooms, busy: Callable[[], bool]) -> None:
        self._rooms = rooms
        self._busy = busy
        self._caught_up = False
        """Whether what failed before this start was looked through for what was never told."""

    def turn(self, stop: threading.Event) -> float:
        """What somebody asks for, then one clip after another, the newest first."""
        rows = Derivatives(self._rooms.catalogue, self._rooms.station)
        while not stop.is_set() and not self._busy() and self._rooms.settings.derived_budget:
            since = uuid7(self._ago(NEW), bytes(8))
            if not self._caught_up:
                for failed, reason in rows.untold(Makes.PROXY.value, AlarmKind.FOOTAGE_UNREADABLE.value, since):
                    self._alarm(failed, reason)
                self._caught_up = True
            try:
                if (asked := rows.asked([one.value for one in AUTOMATIC], rfc3339(self._ago(ASKED)))) is not None:
                    self._again(rows, asked, stop)
                elif (wanting := rows.wanting(Makes.PROXY.value, since)) is not None:
                    self._make(wanting, stop)
                else:
                    break
            except ChildStopped:
                break
        return LOOK_SECONDS

    def _ago(self, time: timedelta) -> int:
        """A moment in the past, in nanoseconds of Unix time."""
        return max(0, self._rooms.clock().unix_ns - int(time.total_seconds()) * 1_000_000_000)

    def hurry(self) -> None:
        """The child hears of it by itself, within a quarter of a second."""

    def _workshop(self, stop: threading.Event) -> Workshop:
        def reins() -> Rein:
            return Rein.END if stop.is_set() else Rein.WAIT if self._busy() else Rein.GO

        return Workshop(self._rooms, reins)

    def _again(self, rows: Derivatives, asked: DerivativeRow, stop: threading.Event) -> None:
        """What was let go of and asked for. It is asked for once, whatever comes of it; a stop leaves it to be asked for at the next start."""
        workshop = self._workshop(stop)
        makes = Makes.FILMSTRIP if asked.makes == Makes.FILMSTRIP_INDEX else Makes(asked.makes)
        try:
            standing(self._rooms, workshop, workshop.original(asked.original), makes, STATION)
        except Unusable:
            """The reason is kept."""
        except ChildStopped:
            raise
        except Fault:
            self._answered(rows, asked)
            raise
        self._answered(rows, asked)
        workshop.shelf.tidy()

    def _answered(self, rows: Derivatives, asked: DerivativeRow) -> None:
        """Where another version of ffmpeg made it, or nothing did, the row of before stays gone."""
        row = rows.find(asked.id)
        if row is not None and row.sha256 is not None and not row.present:
            rows.gone(row.sha256, self._rooms.clock().utc)

    def _make(self, wanting: Wanting, stop: threading.Event) -> None:
        workshop = self._workshop(stop)
        original = workshop.original(wanting.sha256)
        kinds = [Makes.FILMSTRIP, Makes.WAVEFORM, Makes.PROXY]  # the proxy last: it says that the clip was seen to
        try:
            if original.looked.transport:
                kinds.insert(0, Makes.WORKING_COPY)  # its index comes with it
            elif original.looked.picture is not None:
                kinds.insert(0, Makes.PTS_INDEX)
        except Unusable as error:
            self._passed_over(workshop, wanting, str(error.fields["rule"]))
            return
        for makes in kinds:
            try:
                standing(self._rooms, workshop, original, makes, STATION)
            except Unusable as error:
                if makes is Makes.PROXY:
                    self._alarm(wanting, str(error.fields["rule"]))
                continue  # the reason is kept
            except OriginalUnsound:
                self._passed_over(workshop, wanting, OriginalUnsound.code)
                raise
        workshop.shelf.tidy()

    def _passed_over(self, workshop: Workshop, wanting: Wanting, reason: str) -> None:
        name = named(PROXY, wanting.sha256, workshop.software_of(PROXY))
        workshop.shelf.failed(name, wanting.sha256, Makes.PROXY, reason)
        self._alarm(wanting, reason)

    def _alarm(self, wanting: Wanting, reason: str) -> None:
        """Somebody is to look, where the file's name says that it plays."""
        if wanting.path.rpartition(b".")[2].lower().decode("ascii", "replace") not in PLAYS:
            return
        self._rooms.prepare_to_write()
        with self._rooms.ledger.commit() as commit:
            alarms.raised(
                commit, Concern(AlarmKind.FOOTAGE_UNREADABLE, DeviceKey(""), {"reason": reason}), subject_clip(wanting.clip)
            )
