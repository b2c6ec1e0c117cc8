"""The door: everything the window asks of the station, and everything it hears, goes through one :class:`Link`.

Rules kept here:

* nothing waits on the window's thread: a question runs on a thread of its own, and its answer comes back by a call on the window's;
* an answer that nobody waits for is dropped: the screen was left, or the same thing was asked anew since;
* a cancelled question is left: its connection ends, and what it brings comes to nobody;
* what changes is handed over ten times a second at most, together;
* a session that is over is told once, by ``expired``, and not as the fault of each question.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from evidence.errors import Exit, Fault
from gui.link.finding import Station
from gui.link.hearing import Hearing
from gui.link.values import Change, LinkState, Person, Problem, problem_of
from station.commands import Answer, Command, Progress
from station.commands.people import SignIn, SignOut, WhoAmI
from station.httpclient import HttpClient

WORKERS = 8
"""Questions at a time; more wait for their turn."""
GATHER_MS = 100

Done = Callable[[Any], None]
Failed = Callable[[Problem], None]
Progressed = Callable[[Progress], None]
Work = Callable[[HttpClient, Callable[[Progress], None]], Any]


def nobody(_value: object) -> None:
    """Whom nothing is told."""


@dataclass(eq=False)
class Question:
    """Something that was asked. :meth:`cancel` from the window's thread; afterwards nothing is told of it."""

    done: Done
    failed: Failed
    progressed: Progressed
    left: bool = False
    over: bool = False
    client: HttpClient | None = field(default=None, repr=False)

    def cancel(self) -> None:
        """Wait for it no more."""
        self.left = True
        if self.client is not None:
            self.client.leave()


class Asker:
    """The questions of one screen. What is asked anew under the same name replaces what was asked before."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._open: dict[str, Question] = {}

    def ask(self, name: str, command: Command, done: Done, failed: Failed = nobody, progressed: Progressed = nobody) -> Question:
        """Have a command carried out. ``done`` gets its :class:`~station.commands.Answer`."""
        return self.work(name, lambda client, report: client.call(command, report), done, failed, progressed)

    def get(self, name: str, path: str, done: Done, failed: Failed = nobody, *, open_to_all: bool = False) -> Question:
        """Ask for the document at a path (``/v1/…``, ``/health``).

        ``open_to_all``: what everybody at this machine may see is asked for in nobody's name, so that a window that only looks keeps no
        session alive.
        """
        return self.work(name, lambda client, _report: client.get(path), done, failed, session=not open_to_all)

    def post(self, name: str, path: str, document: object, done: Done, failed: Failed = nobody) -> Question:
        """Send a document to a path, as for a ticket."""
        return self.work(name, lambda client, _report: client.ask("POST", path, document), done, failed)

    def work(
        self, name: str, work: Work, done: Done, failed: Failed = nobody, progressed: Progressed = nobody, *, session: bool = True
    ) -> Question:
        """Anything that takes several answers: ``work`` runs on a thread with a client, and what it returns comes to ``done``."""
        self.drop(name)
        question = self._link.begin(work, done, failed, progressed, session=session)
        self._open[name] = question
        return question

    def asking(self, name: str) -> bool:
        """Whether something under this name is still open."""
        found = self._open.get(name)
        return found is not None and not (found.left or found.over)

    def drop(self, name: str | None = None) -> None:
        """Wait no more for what was asked under a name; without one, for anything."""
        names = list(self._open) if name is None else [name]
        for one in names:
            found = self._open.pop(one, None)
            if found is not None:
                found.cancel()


class Link(QObject):
    """The door to one station, for whoever is signed in at this window."""

    state_changed = Signal(str)
    """How it stands, a :class:`~gui.link.values.LinkState`."""
    changed = Signal(object)
    """What changed since the last time: a tuple of :class:`~gui.link.values.Change`."""
    back = Signal()
    """The station answers again, or for the first time: what is shown has to be asked anew."""
    expired = Signal()
    """The session is over: somebody has to sign in."""
    person_changed = Signal()

    _arrived = Signal()

    def __init__(self, station: Station, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.station = station
        self.state = LinkState.CONNECTING
        self.person: Person | None = None
        self.language: str | None = None
        self._session: str | None = None
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="asking")
        self._open: set[Question] = set()
        self._posted: deque[Callable[[], None]] = deque()
        self._changes: deque[Change] = deque()
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MS)
        self._gather.timeout.connect(self._tell_changes)
        self._hearing = Hearing(self._client, self)
        self._lock = threading.Lock()

    # What the window calls

    def open(self) -> None:
        """Begin to hear the station."""
        self._hearing.begin()

    def close(self) -> None:
        """Hear and ask no more. Threads that wait are woken; nothing is told any more."""
        self._closed = True
        for question in list(self._open):
            question.cancel()
        self._hearing.close()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._posted.clear()

    def asker(self) -> Asker:
        """For a screen's own questions."""
        return Asker(self)

    @property
    def session(self) -> str | None:
        """The secret of the session, for a child that acts for the same person."""
        return self._session

    def sign_in(self, command: SignIn, done: Callable[[Person], None], failed: Failed) -> Question:
        """Sign in; from then on the window acts for that person."""

        def came(answer: Answer) -> None:
            document: Any = answer.document
            whose = document["person"]
            self._session = document["session"]
            self._is(Person(whose["badge"], whose["name"], whose["role"], signed_in=True))
            assert self.person is not None
            done(self.person)

        return self.begin(lambda client, report: client.call(command, report), came, failed, nobody, session=False)

    def sign_out(self) -> None:
        """End the session here at once, and there as soon as it hears."""
        session, self._session = self._session, None
        self._is(None)
        if session is not None:
            self.begin(lambda client, report: client.call(SignOut(session), report), nobody, nobody, nobody, session=session)

    def lock(self) -> None:
        """Whoever is signed in has gone: his session ends, and what he looked at waits for him behind his PIN."""
        session = self._session
        self._expire()
        if session is not None:
            self.begin(lambda client, report: client.call(SignOut(session), report), nobody, nobody, nobody, session=session)

    def who(self, done: Callable[[Person | None], None], failed: Failed = nobody) -> Question:
        """Find out who acts: the operator while nobody has an account, otherwise None until somebody signs in."""

        def came(answer: Answer) -> None:
            document: Any = answer.document
            name = None if self.person is None or self.person.badge != document["badge"] else self.person.name
            self._is(Person(document["badge"], name, document["role"], signed_in=bool(document["signed_in"])))
            done(self.person)

        def went_wrong(problem: Problem) -> None:
            if problem.code in {"not-signed-in", "permission-denied"}:
                done(None)
            else:
                failed(problem)

        return self.begin(lambda client, report: client.call(WhoAmI(), report), came, went_wrong, nobody)

    def begin(self, work: Work, done: Done, failed: Failed, progressed: Progressed, *, session: str | bool = True) -> Question:
        """Have something done on a thread. Screens use an :class:`Asker`. ``session``: whose; False: nobody's."""
        question = Question(done, failed, progressed)
        if self._closed:  # a timer that outlives the window by a moment
            question.cancel()
            return question
        self._open.add(question)
        whose = self._session if session is True else session or None
        self._workers.submit(self._carry_out, question, work, whose)
        return question

    # On a worker's thread

    def _client(self, session: str | bool | None = True) -> HttpClient:
        shown = self._session if session is True else session or None
        return HttpClient(self.station.shown, self.station.find(), self.language, session=shown)

    def _carry_out(self, question: Question, work: Work, session: str | None) -> None:
        if question.left:
            self._post(lambda: self._over(question, nobody, None))
            return
        told: Done
        value: Any
        try:
            question.client = client = self._client(session)
            value = work(client, lambda progress: self._post(lambda: self._report(question, progress)))
            told = question.done
        except Fault as fault:
            told, value = question.failed, problem_of(fault)
        except Exception as error:  # noqa: BLE001  # the edge of a thread: whatever it was, the screen is told
            told, value = question.failed, Problem("internal", Exit.INTERNAL, {"error": type(error).__name__})
        self._post(lambda: self._over(question, told, value))

    def _post(self, call: Callable[[], None]) -> None:
        self._posted.append(call)
        if not self._closed:
            self._arrived.emit()

    # What the hearing tells, on its thread

    def heard_state(self, state: LinkState) -> None:
        self._post(lambda: self._stands(state))

    def heard(self, change: Change) -> None:
        with self._lock:
            first = not self._changes
            self._changes.append(change)
        if first:
            self._post(self._gather.start)

    def heard_expired(self) -> None:
        self._post(self._expire)

    # On the window's thread

    @Slot()
    def _deliver(self) -> None:
        while self._posted and not self._closed:
            self._posted.popleft()()

    def _report(self, question: Question, progress: Progress) -> None:
        if not question.left:
            question.progressed(progress)

    def _over(self, question: Question, told: Done, value: object) -> None:
        self._open.discard(question)
        question.over = True
        if question.left:
            return
        if isinstance(value, Problem) and value.code == "not-signed-in" and self._session is not None:
            self._expire()
        told(value)

    def _expire(self) -> None:
        if self._session is not None:
            self._session = None
            self.expired.emit()
            self._hearing.anew()

    def _stands(self, state: LinkState) -> None:
        before, self.state = self.state, state
        if state is before:
            return
        self.state_changed.emit(state.value)
        if state is LinkState.CONNECTED:
            self.back.emit()

    def _tell_changes(self) -> None:
        with self._lock:
            changes, self._changes = tuple(self._changes), deque()
        if changes:
            self.changed.emit(changes)

    def _is(self, person: Person | None) -> None:
        before, self.person = self.person, person
        if before != person:
            self._hearing.anew()
            self.person_changed.emit()
