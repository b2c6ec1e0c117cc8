"""Fetching time stamps: what waits is asked for, judged, and kept in the ledger; what fails waits with its reason.

* A docking is to be stamped by every authority of the settings; its requests are queued in the commit that seals it.
* Of checkpoints the newest is stamped, by each authority at most once in ``timestamp_interval``.
* An authority that cannot be reached is asked once in a pass, whatever waits for it; one that lies is asked about the next thing, too.
* Only what ``evidence/timestamps.py`` accepts is kept. Token, entry and the end of its request are one commit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Protocol

from evidence.canonical import canonical, digest
from evidence.catalogue import stampbox
from evidence.catalogue.acts import stamping as acts
from evidence.catalogue.stampbox import DOCKING, StampBox, StampRequest
from evidence.custody.entry import Moment, rfc3339
from evidence.errors import Exit, Fault, worst
from evidence.ids import DockingId, epoch_of
from station.authorities import Authority, parse_authorities
from station.delivering import SystemClock
from station.home import StationError
from station.rooms import Rooms
from uploader import authority as out
from uploader.queue import RetryLimits

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PATIENCE_SECONDS = 20.0
"""The longest wait for a next try inside one run that goes on until nothing is due."""


class AuthorityNotSet(StationError):
    """A time stamp waits for an authority that the settings do not name (any more). Fields: ``authority``."""

    code = "authority-not-set"
    status = Exit.USAGE


class NothingToStamp(StationError):
    """What a request names is not in the catalogue. Fields: ``covers``."""

    code = "nothing-to-stamp"
    status = Exit.TAMPERED


class Pause(Protocol):
    """Waits."""

    def pause(self, seconds: float, stop: Event) -> None:
        """Wait so long, or until ``stop`` is set."""
        ...


@dataclass(slots=True)
class Stamped:
    """What a run came to. ``faults``: the last one of each request that was tried and still waits."""

    attested: int = 0
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    waiting: int = 0

    @property
    def status(self) -> Exit:
        """The exit status that this calls for."""
        return worst([*(fault.status for fault in self.faults.values()), *([Exit.PARTIAL] if self.waiting else [])])


Ask = Callable[[str, str, str, bytes], bytes]
"""Name, address, CA file for TLS, request: what the authority answers."""


class Stamper:
    """Fetches the time stamps of one station."""

    def __init__(self, rooms: Rooms, ask: Ask = out.ask, clock: Pause | None = None) -> None:
        self._rooms = rooms
        self._ask = ask
        self._pause = SystemClock() if clock is None else clock
        self._authorities = {one.name: one for one in parse_authorities(rooms.settings.timestamp_authorities)}
        self._box = StampBox(rooms.catalogue, rooms.station)
        self._roots: dict[str, list[Certificate]] = {}

    def run(self, *, until_idle: bool, hasten: bool = True) -> Stamped:
        """Ask for everything that waits, at once, or without ``hasten`` for what is due. ``until_idle``: and again for what comes due soon.

        Raises only what is no fault of an authority: one of the catalogue or the ledger.
        """
        done = Stamped()
        self._want_checkpoints()
        hastened = hasten
        while True:
            self._pass(done, hastened=hastened)
            waiting = self._box.waiting()
            done.waiting = len(waiting)
            soonest = min((one.next_try_at for one in waiting if one.authority in self._authorities), default=None)
            if not until_idle or soonest is None:
                return done
            seconds = (datetime.fromisoformat(soonest) - datetime.fromisoformat(self._now())).total_seconds()
            if seconds > PATIENCE_SECONDS:
                return done
            self._pause.pause(max(0.0, seconds), Event())
            hastened = False

    def _want_checkpoints(self) -> None:
        if not self._authorities:
            return
        with self._rooms.queries() as queries:
            head = queries.head()
        now = self._rooms.clock()
        not_since = rfc3339(now.unix_ns - self._rooms.settings.timestamp_interval * 1_000_000_000)
        for name in self._authorities:
            self._box.want_checkpoint(head.epoch, head.origin, name, not_since, now.utc)

    def _pass(self, done: Stamped, *, hastened: bool) -> None:
        """Try everything that waits once; ``hastened``: whether or not it is due."""
        unreachable: dict[str, tuple[str, str]] = {}
        for one in self._box.waiting():
            if one.authority in unreachable:
                self._box.failed(one, *unreachable[one.authority])
                continue
            if not hastened and one.next_try_at > self._now():
                continue
            try:
                done.attested += self._fetch(one)
                done.faults.pop((one.covers, one.authority), None)
            except Fault as fault:
                if not isinstance(fault, _expected()):
                    raise
                done.faults[one.covers, one.authority] = fault
                reason, next_try_at = _reason(fault), self._next_try(fault, one.attempts)
                self._box.failed(one, reason, next_try_at)
                if isinstance(fault, out.AuthorityFault):
                    unreachable[one.authority] = (reason, next_try_at)

    def _fetch(self, one: StampRequest) -> bool:
        """Ask, judge, keep. Whether it was kept, and not by another process meanwhile."""
        from evidence import timestamps

        authority = self._authorities.get(one.authority)
        if authority is None:
            raise AuthorityNotSet(authority=one.authority)
        message = self._message(one.covers)
        asked = timestamps.request(message, self._rooms.draw(timestamps.NONCE_BYTES))
        trusted = self._trusted(authority)
        ca_file = self._rooms.settings.timestamp_ca_file
        before = self._rooms.clock()
        response = self._ask(authority.name, authority.url, self._in_home(ca_file) if ca_file else "", asked.encoded())
        after = self._rooms.clock()
        token = timestamps.judge(asked, response, authority.name, trusted)
        with self._rooms.ledger.commit() as commit:
            if not stampbox.done(commit.connection, commit.station, one.covers, one.authority):
                return False
            drift = drift_ms(before, after, token.at)
            acts.time_stamped(commit, one.covers, one.authority, digest(message), response, token.at, drift)
        return True

    def _message(self, covers: str) -> bytes:
        """The bytes that a stamp is about (``FORMATS.md``): a docking's signature, or a checkpoint's note."""
        with self._rooms.queries() as queries:
            if covers.startswith(DOCKING):
                manifest = queries.manifest(DockingId(covers.removeprefix(DOCKING)))
                found = None if manifest is None else manifest[1]
            else:
                log, _, size = covers.rpartition("/")
                note = queries.checkpoint_at(epoch_of(self._rooms.station, log), int(size))
                found = None if note is None else note.encode()
        if found is None:
            raise NothingToStamp(covers=covers)
        return found

    def _trusted(self, authority: Authority) -> list[Certificate]:
        from evidence import timestamps

        if authority.name not in self._roots:
            self._roots[authority.name] = timestamps.roots(self._rooms.home.root / authority.roots)
        return self._roots[authority.name]

    def _in_home(self, path: str) -> str:
        return str(self._rooms.home.root / path)

    def _now(self) -> str:
        return self._rooms.clock().utc

    def _next_try(self, fault: Fault, attempts: int) -> str:
        limits = RetryLimits()
        if not isinstance(fault, out.AuthorityFault):
            seconds = limits.after_alarm  # it answers, and wrongly: asking again at once would only repeat that
        else:
            jitter = int.from_bytes(self._rooms.draw(2)) / 65535
            seconds = min(limits.longest, limits.first * 2.0 ** min(attempts, 32)) * (0.5 + jitter / 2)
        return rfc3339(self._rooms.clock().unix_ns + int(seconds * 1e9))


def drift_ms(before: Moment, after: Moment, token_at: str) -> int:
    """How far the station's clock was ahead of a token's time, midway between asking and the answer. Milliseconds; negative: behind."""
    midway = before.unix_ns + (after.mono_ns - before.mono_ns) // 2
    token_ns = int((datetime.fromisoformat(token_at) - _UNIX_EPOCH) / timedelta(microseconds=1)) * 1000
    return (midway - token_ns) // 1_000_000


_UNIX_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


def _reason(fault: Fault) -> str:
    return canonical({**fault.fields, "code": fault.code}).decode()


def _expected() -> tuple[type[Fault], ...]:
    """The faults that make a request wait. Named here, because what judges tokens loads the cryptography."""
    from evidence.timestamps import AuthorityRootsUnusable, TokenRefused

    return (out.AuthorityFault, TokenRefused, AuthorityRootsUnusable, AuthorityNotSet, NothingToStamp)
