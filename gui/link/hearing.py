"""Hearing what changes: one thread that holds the stream of events open, and opens it again when it breaks.

It tells three things, each by a call from its own thread: how it stands with the station, what changed, and that the session is none
any more. Without a session, where there are accounts, it hears the board of slots and nothing else, which is all that a visitor may.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from evidence.errors import Fault
from gui.link.values import Change, LinkState
from station.httpclient import HttpClient

FIRST_SECONDS, LONGEST_SECONDS = 0.25, 5.0
"""Between attempts: doubled each time."""
OFFLINE_SECONDS = 12.0
"""A restart takes less; whoever is away for longer is said to be away."""


class Told(Protocol):
    """Who is told."""

    def heard_state(self, state: LinkState) -> None: ...
    def heard(self, change: Change) -> None: ...
    def heard_expired(self) -> None: ...


class Hearing:
    """The stream, until it is closed."""

    def __init__(self, client: Callable[[], HttpClient], told: Told) -> None:
        """``client`` makes one for whoever is signed in now; it may raise faults."""
        self._client = client
        self._told = told
        self._ended = threading.Event()
        self._again = threading.Event()
        self._now: HttpClient | None = None
        self._place: str | None = None
        self._thread = threading.Thread(target=self._work, name="hearing", daemon=True)

    def begin(self) -> None:
        """Begin to hear."""
        self._thread.start()

    def anew(self) -> None:
        """Somebody else is signed in: open the stream for him."""
        self._again.set()
        self._break()

    def close(self) -> None:
        """Hear no more."""
        self._ended.set()
        self._again.set()
        self._break()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _break(self) -> None:
        now = self._now
        if now is not None:
            now.leave()

    def _work(self) -> None:
        self._told.heard_state(LinkState.CONNECTING)
        wait, gone = FIRST_SECONDS, time.monotonic()
        ever = False
        while not self._ended.is_set():
            self._again.clear()
            heard = self._hear()
            if heard:
                ever, wait, gone = True, FIRST_SECONDS, time.monotonic()
            if self._ended.is_set():
                return
            if self._again.is_set():
                continue
            away = time.monotonic() - gone > OFFLINE_SECONDS
            self._told.heard_state(LinkState.OFFLINE if away else LinkState.RECONNECTING if ever else LinkState.CONNECTING)
            self._again.wait(wait)
            wait = min(wait * 2, LONGEST_SECONDS)

    def _hear(self) -> bool:
        """Hear until the stream ends. Whether it began."""
        began = False
        try:
            self._now = client = self._client()
            for name, document in self._events(client):
                if not began:
                    began = True
                    self._told.heard_state(LinkState.CONNECTED)
                self._place = document.get("event_id", self._place)
                self._told.heard(Change(name, document))
        except Fault:
            pass  # the state says it; what a person asked for says more
        finally:
            self._now = None
        return began

    def _events(self, client: HttpClient) -> Any:  # an iterator of names and documents
        try:
            yield from client.events("/v1/events", self._place)
        except Fault as fault:
            if fault.code != "not-signed-in":
                raise
            self._place = None
            if client.signed_in:
                self._told.heard_expired()
            yield from client.events("/events")
