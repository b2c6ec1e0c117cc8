"""Opening a clip: what there is of it at the station, one look that is written down, and the small files that lie beside the footage.

Runs on a thread of its own (``Asker.work``). What the look is for (the copy that will be played) and all that lies beside it come with one request,
so that it is one entry of the log and, for an auditor, one approval.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import Fault
from gui.player.driver import Copy
from gui.player.frames import Index
from gui.player.frames import read as read_index
from station.commands import Progress, ShowClip
from station.commands.derived import Derive, ListDerivatives
from station.httpclient import HttpClient

BESIDE = ("proxy", "working-copy", "pts-index", "filmstrip", "filmstrip-index", "waveform")
HEAVY = 4_000_000
"""Bits a second from which on the light copy is played when it goes fast: twice what 720 lines of a camera have."""
LATER = ("filmstrip", "waveform")
"""What is made while the clip plays already."""


@dataclass(slots=True)
class Opened:
    """A clip that may be looked at."""

    clip: dict[str, Any]
    main: Copy
    light: Copy | None
    expires_at: str
    index: Index | None = None
    strip: tuple[bytes, dict[str, Any]] | None = None
    wave: dict[str, Any] | None = None
    missing: tuple[str, ...] = ()
    """What of it could still be made."""
    unmade: Fault | None = field(default=None)
    """Why there is no index."""


def opened(client: HttpClient, base: str, clip: str, reason: str | None, report: Callable[[Progress], None]) -> Opened:
    """Look at a clip. Raises what the station refuses with."""
    shown: Any = client.call(ShowClip(clip)).document
    made, unmade = _made(client, clip), None
    if "pts-index" not in made and shown["kept_in"] == "vault":
        try:
            client.call(Derive(clip, "pts-index"), report)
        except Fault as fault:
            unmade = fault
        made = _made(client, clip)
    of = (
        "working-copy"
        if "working-copy" in made
        else "original"
        if shown["kept_in"] == "vault" or "proxy" not in made
        else "proxy"
    )
    wanted = {"of": of, "beside": [one for one in BESIDE if one in made and one != of], "reason": reason}
    ticket = client.ask("POST", f"/v1/clips/{clip}/tickets", wanted)
    beside = {one["of"]: one for one in ticket["beside"]}
    light = None if "proxy" not in beside else Copy("proxy", base + beside["proxy"]["url"])
    found = Opened(shown, Copy(of, base + ticket["url"], heavy(ticket["size"], shown["duration"])), light, ticket["expires_at"])
    found.unmade = unmade
    with suppress(KeyError, ValueError):
        found.index = read_index(_document(client, beside["pts-index"]))
    look_beside(client, beside, found)
    found.missing = tuple(one for one in LATER if one not in beside)
    return found


def renewed(client: HttpClient, base: str, before: Opened, reason: str | None) -> Opened:
    """The same at other addresses: a ticket is good for a quarter of an hour, and this is another look, which is written down, too."""
    clip = before.clip["id"]
    wanted = {"of": before.main.of, "beside": ["proxy"] if before.light is not None else [], "reason": reason}
    ticket = client.ask("POST", f"/v1/clips/{clip}/tickets", wanted)
    before.main = Copy(before.main.of, base + ticket["url"], before.main.heavy)
    before.light = next((Copy("proxy", base + one["url"]) for one in ticket["beside"]), None)
    before.expires_at = ticket["expires_at"]
    return before


def made_later(client: HttpClient, clip: str, what: str, found: Opened) -> Opened:
    """Have something made that was missing, and look at that."""
    client.call(Derive(clip, what))  # type: ignore[arg-type]  # one of LATER
    first, *rest = (one for one in BESIDE if one.startswith(what))
    ticket = client.ask("POST", f"/v1/clips/{clip}/tickets", {"of": first, "beside": rest})
    look_beside(client, {first: ticket, **{one["of"]: one for one in ticket["beside"]}}, found)
    return found


def look_beside(client: HttpClient, beside: dict[str, Any], found: Opened) -> None:
    """Fetch strip and waveform, where there are any; without them it plays all the same."""
    with suppress(KeyError, ValueError):
        found.strip = (client.bytes_of(beside["filmstrip"]["url"]), _document(client, beside["filmstrip-index"]))
    with suppress(KeyError, ValueError):
        found.wave = _document(client, beside["waveform"])


def heavy(size: int, seconds: float | None) -> bool:
    """Whether it is too much to be played many times as fast."""
    return bool(seconds) and size * 8 / float(seconds or 1) > HEAVY


def _made(client: HttpClient, clip: str) -> set[str]:
    document: Any = client.call(ListDerivatives(clip)).document
    return {one["makes"] for one in document["derivatives"] if one["file"] is not None}


def _document(client: HttpClient, ticket: dict[str, Any]) -> Any:  # what JSON can hold
    return json.loads(client.bytes_of(ticket["url"]))
