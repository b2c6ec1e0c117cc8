"""Webhooks: telling another system what happens here. What is told, how it is signed, and when it is tried again.

A notice is a POST of JSON to the address of the settings, signed as Standard Webhooks has it (standardwebhooks.com): ``webhook-id`` names it for
ever, so that what comes twice is known; ``webhook-timestamp`` is when this attempt was made, in seconds since 1970; ``webhook-signature`` is ``v1,`` and the
base64 of ``HMAC-SHA256(secret, id || "." || timestamp || "." || body)``. It names nobody: it repeats what the log says in plain. Whoever gets it asks the
station for the rest, with his own rights.

Every 2xx is taken for an answer. Another one, or none, is tried again after a pause that doubles from :data:`FIRST_SECONDS` to
:data:`LONGEST_SECONDS`; after :data:`ATTEMPTS`, and at once when the answer is 410, the notice is dead until somebody asks for it.
"""

from __future__ import annotations

import hmac
import os
import stat
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from evidence.catalogue.hookbox import Event, HookBox, Notice
from evidence.custody.entry import Moment, rfc3339
from evidence.errors import Exit, Fault
from evidence.ids import StationId, uuid7
from station.home import StationError
from station.rooms import Rooms
from uploader.http import Http, HttpLimits, Trust

FIRST_SECONDS = 30
LONGEST_SECONDS = 6 * 3600
ATTEMPTS = 12
"""About a day and a half from the first to the last."""
LIMITS = HttpLimits(connect=5.0, silence=10.0, answer=1 << 16, whole=20.0)
LONGEST_SECRET = 4096
SHORTEST_SECRET = 16
TEST = "webhook-test"
GONE = 410


class NoWebhook(StationError):
    """The settings name no address."""

    code = "no-webhook"
    status = Exit.USAGE


class WebhookSecretUnusable(StationError):
    """The file with the secret is not there, may be read by others, or holds none. Fields: ``path``, ``rule``."""

    code = "webhook-secret-unusable"
    status = Exit.REFUSED


class NoSuchNotice(StationError):
    """No notice that waits or is dead has that id. Fields: ``notice``."""

    code = "no-such-notice"
    status = Exit.USAGE


def event_of(entry: Mapping[str, Any]) -> str:
    """Under which event an entry is told: its act, or, of a sheet and of a note, kind and what was done."""
    match entry["type"]:
        case "recorded":
            return f"{entry['what']['kind']}-{entry['what']['did']}"
        case "noted":
            return str(entry["what"]["did"])
        case "sealed":
            return "docking-sealed"
    return str(entry["type"])


def told(station: StationId, entry: Mapping[str, Any], notice: str) -> Event:
    """What is sent of an entry."""
    event = event_of(entry)
    document = {
        "id": notice,
        "event": event,
        "station": station,
        "at": entry["when"]["utc"],
        "subject": entry["subject"],
        "entry": entry["id"],
        "data": _plain(entry["what"]),
    }
    return event, msgspec.json.encode(document).decode()


def signature(secret: bytes, notice: str, seconds: int, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    digest = hmac.new(secret, f"{notice}.{seconds}.".encode() + body, sha256).digest()
    return "v1," + b64encode(digest).decode()


def pause_seconds(attempts: int) -> int | None:
    """How long to wait after so many attempts that failed; None: no more by itself."""
    return None if attempts >= ATTEMPTS else min(LONGEST_SECONDS, FIRST_SECONDS << (attempts - 1))


def collect(rooms: Rooms) -> int:
    """Make notices of what the log has got: how many."""
    wanted = frozenset(rooms.settings.webhook_events.replace(",", " ").split())

    def made(entry: Mapping[str, Any], notice: str) -> Event | None:
        return told(rooms.station, entry, notice) if event_of(entry) in wanted else None

    now = rooms.clock()
    return HookBox(rooms.catalogue, rooms.station).collect(made, _ids(rooms, now), now.utc)


def deliver(rooms: Rooms, stop: threading.Event | None = None) -> tuple[int, int]:
    """Send what is due, the oldest first: how many were taken, and how many were not.

    Raises :class:`NoWebhook`, :class:`WebhookSecretUnusable`.
    """
    secret, box, taken, failed = secret_of(rooms), HookBox(rooms.catalogue, rooms.station), 0, 0
    address = urlsplit(rooms.settings.webhook_url)
    trust = Trust(ca_file=_path(rooms, rooms.settings.webhook_ca_file))
    with Http(f"{address.scheme}://{address.netloc}", "webhook", LIMITS, trust, 1) as http:
        while not (stop is not None and stop.is_set()):
            notice = box.due(rooms.clock().utc)
            if notice is None:
                break
            problem = _send(rooms, http, address.path + (f"?{address.query}" if address.query else ""), secret, notice)
            if problem is None:
                box.taken(notice.id)
                taken += 1
                continue
            failed += 1
            seconds = None if problem == f"answer {GONE}" else pause_seconds(notice.attempts + 1)
            again = None if seconds is None else rfc3339(rooms.clock().unix_ns + seconds * 1_000_000_000)
            box.failed(notice.id, problem, again)
    return taken, failed


def make_trial(rooms: Rooms) -> Notice:
    """Queue a notice that nothing caused."""
    if not rooms.settings.webhook_url:
        raise NoWebhook
    now = rooms.clock()
    notice = _ids(rooms, now)()
    document: dict[str, Any] = {
        "id": notice,
        "event": TEST,
        "station": rooms.station,
        "at": now.utc,
        "subject": "station",
        "entry": None,
        "data": {},
    }
    box = HookBox(rooms.catalogue, rooms.station)
    box.add(notice, (TEST, msgspec.json.encode(document).decode()), now.utc)
    return next(one for one in box.all() if one.id == notice)


def secret_of(rooms: Rooms) -> bytes:
    """The secret, from a file that only its owner may read. Raises :class:`NoWebhook`, :class:`WebhookSecretUnusable`."""
    if not rooms.settings.webhook_url:
        raise NoWebhook
    path = _path(rooms, rooms.settings.webhook_secret_file)
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            untrusted = file.read(LONGEST_SECRET + 1)
    except OSError as error:
        raise WebhookSecretUnusable(path=path, rule=error.strerror or "cannot be read") from error
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
        raise WebhookSecretUnusable(path=path, rule=f"mode {stat.S_IMODE(mode):04o}, must be a file of mode 0600")
    secret = untrusted.strip()
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise WebhookSecretUnusable(path=path, rule=f"{SHORTEST_SECRET} to {LONGEST_SECRET} bytes")
    return secret


def _send(rooms: Rooms, http: Http, target: str, secret: bytes, notice: Notice) -> str | None:
    """One attempt; why it failed, None when it was taken."""
    body, seconds = notice.body.encode(), rooms.clock().unix_ns // 1_000_000_000
    headers = {
        "Content-Type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, notice.id, seconds, body),
    }
    try:
        answer = http.request("POST", target or "/", headers, body)
    except Fault as fault:
        return f"{fault.code}: {fault.fields.get('rule')}"
    return None if 200 <= answer.status < 300 else f"answer {answer.status}"


def _plain(value: Any) -> Any:  # noqa: ANN401  # what JSON can hold
    """What an entry says in plain: commitments to personal values tell nobody anything, and are left out."""
    if isinstance(value, Mapping):
        if set(value) == {"commitment"}:
            return None
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _path(rooms: Rooms, path: str) -> str:
    return str(rooms.home.root / path) if path else ""


def _ids(rooms: Rooms, now: Moment) -> Callable[[], str]:
    count = 0

    def new_id() -> str:
        nonlocal count
        count += 1
        return uuid7(now.unix_ns, rooms.draw(8), count)

    return new_id
