"""What stands at the head of the kiosk: clock, room, line, queue. It names nobody and no clip, so whoever stands there may see it.

It is asked every few seconds and looks at a month of dockings, so it is found anew at most each :data:`SECONDS`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from evidence.canonical import JsonObject
from evidence.custody.entry import STATION
from station.commands import Forecast, silent
from station.rooms import Rooms

SECONDS = 10.0


class Glance:
    """The station at a glance. Its methods may be called from any thread."""

    def __init__(self, rooms: Rooms, line: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        """``line``: the state of the room that sends."""
        self._rooms, self._line, self._clock = rooms, line, clock
        self._lock = threading.Lock()
        self._found: JsonObject | None = None
        self._at = float("-inf")

    def document(self) -> JsonObject:
        """``vault.days``: until the vault's disk is full, null where nobody can know or it never will be; ``queue``: what waits to be sent."""
        with self._lock:
            if self._found is None or self._clock() - self._at >= SECONDS:
                self._found, self._at = self._look(), self._clock()
            return {**self._found, "now": self._rooms.clock().utc}

    def _look(self) -> JsonObject:
        from station.handlers.space import forecast
        from station.signing_in import accounts_here

        rooms = self._rooms
        told: Any = forecast(rooms, Forecast(), STATION, silent).document["station"]
        with rooms.queries() as queries:
            waiting = {state: count for state, count in queries.uploads_by_state().items() if state != "done"}
            unit, alarms = queries.unit(), queries.open_alarms()
        return {
            "station": rooms.station,
            "unit": unit,
            "time_zone": rooms.settings.time_zone,
            "accounts": accounts_here(rooms),
            "card_pin": rooms.settings.card_pin,
            "session_idle_minutes": rooms.settings.session_idle_minutes,
            "clock": rooms.clock().clock.value,
            "vault": {
                "free_bytes": told["free_bytes"],
                "days": _days(told["full_at"], rooms.clock().utc),
                "outlook": told["outlook"],
            },
            "line": self._line(),
            "queue": {"items": sum(waiting.values()), "bytes": told["waiting_bytes"], "outlook": told["line"]},
            "alarms": alarms,
        }


def _days(full_at: str | None, now: str) -> int | None:
    if full_at is None:
        return None
    return max(0, (datetime.fromisoformat(full_at) - datetime.fromisoformat(now)).days)
