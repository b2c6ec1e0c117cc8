"""The service: one home, opened once, and everything that works in it. It only composes.

Order at start: the lock, the self-check, the rooms (the docks are one), the socket, and only then the address that clients look for. Order
at SIGTERM: no new command, the rooms end, commands under way get half of ``drain_seconds`` to end by themselves, then copies
come to a point from which they can be continued; what is still at work when the time is over is cut off, as SIGKILL would, and loses nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import BinaryIO, Literal, Protocol

from evidence.access import VISITOR, Permission
from evidence.canonical import Json, JsonObject
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault
from station import holding
from station.board import Board
from station.commands import AddDevice, AdmitDevice, Answer, Command, Report, SettingsCommand, Upload, Watch
from station.commands.keeping import RunDisposals
from station.engine import Engine
from station.glance import Glance
from station.home import Home, NoHome, StationError
from station.lending import SharedWorker
from station.rooms import Lender, Rooms
from station.service.attending import Supervising, Telling
from station.service.background import Background, Duty
from station.service.deriving import Deriving
from station.service.disposing import Disposing
from station.service.duties import Clearing, Cosigning, Docking, Docks, Dropping, Scrubbing, Sending, Stamping
from station.service.matching import Matching
from station.service.notify import Notifier
from station.service.outgoing import Outgoing
from station.service.selfcheck import Checked, Outcome, light_check, self_check
from station.software import software
from station.wire import Place

Language = Literal["en", "zh"]
LANGUAGES: dict[str, Language] = {"en": "en", "zh": "zh"}
READING = frozenset(
    {
        *(Permission.READ_CLIPS, Permission.READ_STATION, Permission.READ_LOG, Permission.READ_SETTINGS, Permission.VERIFY),
        *(Permission.SIGN_IN, Permission.OWN_SESSION, Permission.READ_PEOPLE, Permission.ASK_APPROVAL, Permission.PLAY),
    }
)
"""What commands need that leave nothing to do for the rooms."""
PATIENCE_SECONDS = 10.0
"""How long a start waits for one-shot commands that have the home open."""
COMMANDS = 32
"""Commands at a time."""
LETTING_IN = (AddDevice, AdmitDevice, SettingsCommand)
"""Commands after which a device may be welcome that was kept out before. Not after every one: each try that is refused is an entry."""
LIGHT_SECONDS = 60.0
"""Between two looks at what changes by itself: disk, clock, settings."""
TICK_SECONDS = 1.0


class ServiceStopping(StationError):
    """The service is ending and takes no more commands. Fields: ``home``."""

    code = "service-stopping"
    status = Exit.REFUSED


class ServiceBusy(StationError):
    """Too many commands are under way. Fields: ``limit``."""

    code = "service-busy"
    status = Exit.REFUSED


class ServiceWatches(StationError):
    """The service watches the drop folder itself."""

    code = "service-watches"
    status = Exit.REFUSED


class Listener(Protocol):
    """The API's server."""

    url: str

    def start(self) -> None:
        """Take connections; returns when it does. Its address is there for clients from then on."""

    @property
    def alive(self) -> bool:
        """Whether it is there at all."""

    def responds(self, seconds: float) -> bool:
        """Whether it turns to a new request within so many seconds."""

    def hide(self) -> None:
        """Take the address away."""

    def stop(self, seconds: float) -> bool:
        """End its connections. Whether they had ended in time."""


class Service:
    """A running station."""

    def __init__(
        self,
        rooms: Rooms,
        board: Board,
        *,
        docks: Callable[[Lender], Docks] | None = None,
        duties: Sequence[Duty] | None = None,
        who: Callable[[], Actor] | None = None,
        notifier: Notifier | None = None,
    ) -> None:
        """``docks`` makes the docks, given who lends the copy worker.

        ``duties``: instead of the usual rooms. ``who``: who acts, whatever the session.
        """
        self.rooms = rooms
        self.board = board
        self._who = who
        self._notifier = notifier or Notifier()
        self._worker = SharedWorker()
        rooms.lender = self._worker.lend
        rooms.health = self.brief
        chosen = duties if duties is not None else usual(rooms, board, self._worker, self.wake, self._room_aside)
        self._docking = None if docks is None else Docking(rooms, lambda: docks(self._worker.lend))
        if self._docking is not None:
            chosen = [*chosen, self._docking]
        self._rooms = {duty.name: Background(duty, lambda: rooms.clock().utc, lambda: rooms.settings.language) for duty in chosen}
        self._checks: dict[str, Checked] = {}
        self._commands = 0
        self._quiet = threading.Condition()
        self._stopping = threading.Event()
        self._started_at = rooms.clock().utc
        self.outgoing = Outgoing(rooms.home)
        self._glance = Glance(rooms, self._line)

    # What the API asks

    @property
    def stopping(self) -> bool:
        """Whether it takes no more commands."""
        return self._stopping.is_set()

    def language(self, asked: str | None) -> Language:
        """The language of an answer: what was asked for, or the station's own."""
        return LANGUAGES.get((asked or "")[:2].lower(), self.rooms.settings.language)

    def acting(self, session: str | None = None, certificate: bytes | None = None) -> Actor:
        """Who acts in a session; the operator while nobody has an account; a visitor, who may sign in, where it is none.

        ``certificate`` (DER): over TLS it is a session of that certificate's bearer, or none.
        """
        if self._who is not None:
            return self._who()
        from station.signing_in import NotSignedIn, acting  # loads what a start does without

        try:
            return acting(self.rooms, session, certificate)
        except NotSignedIn:
            return VISITOR

    def still(self, session: str, certificate: bytes | None = None) -> Actor | None:
        """Who acts now in the session of an id; None: it is over. To ask is no use of the session."""
        if self._who is not None:
            return self._who()
        from station.signing_in import still

        return still(self.rooms, session, certificate)

    def carry_out(
        self, command: Command, place: Place | None, language: Language, report: Report, actor: Actor | None = None
    ) -> tuple[Answer, str | None]:
        """One command: its answer, and the name of the files that the caller is to fetch. Raises faults.

        ``actor``: who asks; None: whoever acts where nobody says so.
        """
        who = self.acting() if actor is None else actor
        Engine(self.rooms).check(command, who)  # before anything else, as the engine does once more
        with self._under_way():
            detour = self.outgoing.detour(command, place)
            try:
                with self._aside(command):
                    engine = Engine(self.rooms.speaking(language))
                    answer = engine.carry_out(command if detour is None else detour.command, who, report)
            except Fault as fault:
                if detour is None:
                    raise
                self.outgoing.drop(detour.id)
                raise detour.fault(fault) from fault
            except BaseException:
                if detour is not None:
                    self.outgoing.drop(detour.id)
                raise
        if command.permission not in READING:
            self.wake()
            if self._docking is not None and isinstance(command, LETTING_IN):
                self._docking.look_again()
        if detour is None:
            return answer, None
        self.outgoing.ready(detour.id)
        return detour.answer(answer), detour.id

    def open_footage(self, sha256: str, ending: str | None) -> BinaryIO:
        """The bytes of footage, for reading: from the second vault where the first has lost them. Raises faults of the vault.

        ``ending``: of the file of what was made from it, which lies beside the vault; None: the original.
        """
        from ingest.errors import BlobMissing
        from ingest.vault import Vault

        if ending is not None:
            with self.rooms.home.faults():
                return (self.rooms.home.derived / sha256[:2] / f"{sha256}.{ending}").open("rb")
        try:
            return Vault(self.rooms.home.vault).open_blob(sha256)
        except BlobMissing:
            if not self.rooms.settings.second_vault:
                raise
            return Vault(self.rooms.settings.second_vault).open_blob(sha256)

    def wake(self) -> None:
        """Something was taken or changed: the rooms look whether there is something to do."""
        for room in self._rooms.values():
            room.wake()

    def health(self, language: str) -> JsonObject:
        """How the service is: every check, every room."""
        checks: list[Json] = [one.document(language) for one in self._checks.values()]
        rooms: list[Json] = [room.document() for room in self._rooms.values()]
        states = [view.state.value for view in self.board.views()]
        slots: dict[str, Json] = {state: states.count(state) for state in sorted(set(states))}
        return {
            "status": self._status(),
            "station": self.rooms.station,
            "home": str(self.rooms.home.root),
            "pid": os.getpid(),
            "software": software(),
            "started_at": self._started_at,
            "checks": checks,
            "rooms": rooms,
            "slots": slots,
            "commands": self._commands,
            "copying": self._worker.busy,
        }

    def glance(self) -> JsonObject:
        """What stands at the head of the kiosk."""
        return self._glance.document()

    def _line(self) -> str:
        """The state of the room that sends, ``none`` where there is none."""
        room = self._rooms.get("sending")
        return "none" if room is None else str(room.document()["state"])

    def brief(self, language: str) -> JsonObject:
        """As ``status`` shows it."""
        whole = self.health(language)
        return {name: whole[name] for name in ("status", "pid", "started_at", "checks", "rooms")}

    # Its life

    def run(
        self,
        listener: Listener,
        stop: threading.Event,
        checked: Callable[[Checked], None] = lambda _checked: None,
        ready: Callable[[], None] = lambda: None,
    ) -> bool:
        """Work until ``stop`` is set. Whether everything had ended in time.

        Raises the first fault that the self-check stops at; then nothing was begun.
        """
        with ExitStack() as held:
            held.callback(self._worker.close)
            self._check(checked)
            for room in self._rooms.values():
                room.start()
            listener.start()
            self._notifier.tell(READY="1", STATUS=f"{self.rooms.station}: {self._status()}, {listener.url}")
            ready()
            whole = self._attend(listener, stop)
            clean = self._drain(listener)
        return whole and clean

    def _check(self, checked: Callable[[Checked], None]) -> None:
        self._notifier.tell(STATUS="self-check")
        stops: Fault | None = None
        for one in self_check(self.rooms):
            self._checks[one.check] = one
            checked(one)
            if one.stops:
                stops = stops or one.fault
        if stops is not None:
            self._notifier.tell(STATUS=f"self-check stops: {stops.code}")
            raise stops

    def _attend(self, listener: Listener, stop: threading.Event) -> bool:
        """Wait to be told to stop; meanwhile tell the manager that all is well while it is."""
        watched = self._notifier.watchdog_seconds
        pause = TICK_SECONDS if watched is None else min(TICK_SECONDS, watched / 3)
        looked, shown = time.monotonic(), ""
        while not stop.wait(pause):
            if not listener.alive:
                return False
            if watched is not None:
                if not listener.responds(watched / 3):
                    continue  # the manager ends what it does not hear from
                self._notifier.tell(WATCHDOG="1")
            now = f"{self.rooms.station}: {self._status()}, {listener.url}"
            if now != shown:
                self._notifier.tell(STATUS=now)
                shown = now
            if time.monotonic() - looked >= LIGHT_SECONDS:
                looked = time.monotonic()
                self._checks.update({one.check: one for one in light_check(self.rooms)})
        return True

    def _drain(self, listener: Listener) -> bool:
        seconds = float(self.rooms.settings.drain_seconds)
        begun = time.monotonic()

        def left(share: float = 1.0) -> float:
            return max(0.0, begun + seconds * share - time.monotonic())

        self._stopping.set()
        self._notifier.tell(STOPPING="1", STATUS=f"{self.rooms.station}: stops within {seconds:.0f} s")
        listener.hide()
        for room in self._rooms.values():
            room.stop()
        with self._quiet:
            self._quiet.wait_for(lambda: self._commands == 0, left(0.5))
        self._worker.stop_copying()
        with self._quiet:
            clean = self._quiet.wait_for(lambda: self._commands == 0, left(0.9))
        for room in self._rooms.values():
            clean &= room.join(left(0.9))
        self.outgoing.wait(left(0.9))
        return listener.stop(left()) and clean

    def _status(self) -> str:
        if self.stopping:
            return "stopping"
        warns = any(one.outcome is not Outcome.PASSES for one in self._checks.values())
        return "warning" if warns or any(room.failing for room in self._rooms.values()) else "ok"

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        with self._quiet:
            if self.stopping:
                raise ServiceStopping(home=str(self.rooms.home.root))
            if self._commands >= COMMANDS:
                raise ServiceBusy(limit=COMMANDS)
            self._commands += 1
        try:
            yield
        finally:
            with self._quiet:
                self._commands -= 1
                self._quiet.notify_all()

    @contextmanager
    def _aside(self, command: Command) -> Iterator[None]:
        """The rooms whose work a command does at once keep out of its way."""
        if isinstance(command, Watch) and not command.once:
            raise ServiceWatches
        with ExitStack() as others:
            for name in ASIDE.get(type(command), ()):
                others.enter_context(self._room_aside(name))
            yield

    def _room_aside(self, name: str) -> AbstractContextManager[None]:
        room = self._rooms.get(name)
        return nullcontext() if room is None else room.aside()


WITHOUT_DISPOSING = (Sending.name, Deriving.name)
"""Rooms that stand aside while copies are removed."""
ASIDE: dict[type[object], tuple[str, ...]] = {
    Upload: (Disposing.name, Sending.name),
    RunDisposals: (Disposing.name, *WITHOUT_DISPOSING),
    Watch: (Dropping.name,),
}
"""By command: the rooms that stand aside for it. The first waits for nobody behind it."""


def usual(
    rooms: Rooms,
    board: Board,
    worker: SharedWorker,
    sealed: Callable[[], None],
    aside: Callable[[str], AbstractContextManager[None]],
) -> list[Duty]:
    """The rooms of a station. ``sealed`` is told when the drop folder brought something; ``aside`` keeps a room, by name, out of the way."""
    return [
        Sending(rooms),
        Stamping(rooms),
        Cosigning(rooms),
        Scrubbing(rooms, lambda: worker.busy),
        Clearing(rooms),
        Disposing(rooms, aside, WITHOUT_DISPOSING),
        Deriving(rooms, lambda: worker.busy),
        Dropping(rooms, sealed),
        Supervising(rooms, board),
        Telling(rooms),
        Matching(rooms),
    ]


@contextmanager
def opened(home: Home) -> Iterator[Rooms]:
    """The rooms of a home that the service holds alone.

    Raises :class:`~station.home.NoHome`, :class:`~station.holding.HomeHeld` and faults of the settings.
    """
    if not home.settings.exists():
        raise NoHome(home=str(home.root))
    with holding.alone(home, PATIENCE_SECONDS):
        rooms = Rooms.open(home)
        try:
            yield rooms
        finally:
            rooms.close()
