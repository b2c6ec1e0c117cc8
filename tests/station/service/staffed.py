"""A service at which people have accounts: footage of one officer, another officer, a supervisor; asked by hand, in somebody's session or in none."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.client import InProcess
from station.commands import Ingest, Tag
from station.commands.people import AddPerson, ResetPin
from station.engine import Engine
from station.founding import make_administrator
from station.home import Home
from station.rooms import Rooms
from station.signing_in import by_pin
from tests.station.service.serving import ask

ADMINISTRATOR, SUPERVISOR, RECORDER, OTHER = "000001", "004711", "004567", "004568"
PIN = "583917"
Answered = tuple[int, Any, Any]


def staff(home: Home) -> dict[str, str]:
    """Four people with accounts, and a card of each officer: his clip. That of one is restricted."""
    rooms, clips = Rooms.open(home), dict[str, str]()
    try:
        for badge in (RECORDER, OTHER):
            card = home.root.parent / f"card-{badge}"
            card.mkdir()
            (card / "a.mp4").write_bytes(b"footage of " + badge.encode())
            taken: Any = InProcess(Engine(rooms), rooms.operator).call(Ingest((os.fsencode(card),), badge)).document
            clips[badge] = taken["clips"][0]["id"]
        operator = InProcess(Engine(rooms), rooms.operator)
        operator.call(Tag((clips[OTHER],), sensitivity="minors"))
        for badge, role in ((SUPERVISOR, "supervisor"), (RECORDER, "officer"), (OTHER, "officer")):
            operator.call(AddPerson(badge, role))  # type: ignore[arg-type]  # one of the names of roles
        make_administrator(rooms, ADMINISTRATOR, PIN)
        for badge in (SUPERVISOR, RECORDER, OTHER):
            made = str(operator.call(ResetPin(badge)).document["pin"])
            by_pin(rooms, badge, made, PIN)
    finally:
        rooms.close()
    return clips


@dataclass
class Desk:
    """The service of such a home, over this machine's door."""

    home: Path
    url: str
    clips: dict[str, str]

    def call(self, method: str, path: str, body: object = None, session: str = "", **headers: str) -> Answered:
        """Status, headers, and the document or the bytes."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content_Type": "application/json"}
        response, content = ask(self.home, self.url, method, path, data, **{"X_Evidence_Session": session, **kind, **headers})
        told = json.loads(content) if "json" in (response.headers["Content-Type"] or "") else content
        return response.status, response.headers, told

    def sign_in(self, badge: str) -> str:
        """A session by PIN."""
        status, _, told = self.call("POST", "/v1/sessions", {"badge": badge, "secret": PIN})
        assert status == 201, told
        return str(told["session"])
