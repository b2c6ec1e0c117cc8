"""The door for other systems: TLS on an address of the settings, client certificates only, and of the API only ``/v1``.

Rules kept here:

* nobody is spoken to whose certificate does not chain to the authorities of the settings, now: the handshake ends, and that is an entry;
* a good certificate alone opens nothing: its bearer must have been admitted (``station/clients.py``), and is asked for anew with every request;
* he may what his scopes say and his role allows, on the clips in his reach, so many times a minute;
* a certificate that a person bears opens a session of that person, and nothing before; the session is worth nothing with any other certificate;
* every call is accounted for, refusals too (``calls.py``); when that is impossible, nobody is let in.

A token of this machine is worth nothing here, and neither is a ticket without the certificate of who got it.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import stat
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence.access import VISITOR
from evidence.catalogue.people import PersonRow
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.people import PersonState
from station import signing_in
from station.api.callers import Caller
from station.api.calls import Calls
from station.api.desk import Desk
from station.api.faults import ClientUnknown, RequestUnknown, TooManyRequests
from station.api.guard import GO, MEDIA, SESSION, Scope
from station.api.resources.form import Operation
from station.clients import Client, bearer
from station.home import StationError
from station.service.service import ServiceBusy
from station.settings import Settings
from station.signing_in import NotSignedIn

SOME_SECONDS = 10.0
"""A system that was quiet may make the requests of so many seconds at once."""
BUCKETS = 1000
STRANGER_RATE, PERSON_RATE = 60, 1200
"""Requests a minute of a certificate that is nobody's, and of a person's: a window asks often while somebody scrolls."""
OPEN = ("/v1/", "/go/")
"""What of the API can be seen at this door."""


class DoorUnfit(StationError):
    """The door for other systems cannot be opened as the settings say. Fields: ``setting``, ``rule``."""

    code = "door-unfit"
    status = Exit.USAGE


@dataclass(slots=True)
class _Bucket:
    """What a system may still ask for, as of a moment."""

    left: float
    at: float


class Rates:
    """How often each system may call: so many a minute, evenly. ``now``: seconds of a steady clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, rate: int) -> None:
        """One call. Raises :class:`~station.api.faults.TooManyRequests`."""
        now, most = self._now(), max(1.0, rate * SOME_SECONDS / 60)
        bucket = self._buckets.setdefault(client, _Bucket(most, now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > BUCKETS:
            self._buckets.popitem(last=False)
        bucket.left = min(most, bucket.left + (now - bucket.at) * rate / 60)
        bucket.at = now
        if bucket.left < 1:
            raise TooManyRequests(limit=rate, seconds=max(1, round((1 - bucket.left) * 60 / rate)))
        bucket.left -= 1


class Outside:
    """The door itself."""

    def __init__(self, desk: Desk, calls: Calls) -> None:
        self._desk = desk
        self._calls = calls
        self._rates = Rates()

    async def admit(self, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        """Whoever was admitted with the certificate that this connection showed."""
        if self._calls.full:
            raise ServiceBusy(limit=0)
        certificate: bytes = scope["extensions"]["certificate"]
        fingerprint = hashlib.sha256(certificate).hexdigest()
        scope["extensions"]["fingerprint"] = fingerprint
        client = await asyncio.to_thread(self._bearer, certificate, fingerprint)
        if client is None:
            row = await asyncio.to_thread(signing_in.bearer, self._desk.rooms, certificate)
            self._rates.take(fingerprint, STRANGER_RATE if row is None else PERSON_RATE)
            if row is None:
                raise ClientUnknown(fingerprint=fingerprint)
            return await asyncio.to_thread(self._person, row, certificate, scope, headers)
        scope["extensions"]["client"] = client.name
        self._rates.take(client.name, client.rate)
        if not scope["path"].startswith(OPEN):
            raise RequestUnknown(path=scope["path"][:200])
        if SESSION in headers:
            raise NotSignedIn  # a system acts as itself: what somebody gave it acts for nobody

        def renewed() -> Actor | None:
            found = self._bearer(certificate, fingerprint)
            return None if found is None else found.actor

        return Caller(client.actor, f"client:{fingerprint}", frozenset(client.scopes), client.name, renewed=renewed)

    def answered(self, scope: Scope, caller: Caller | None, status: int) -> None:
        """Every call is remembered. A path that nothing lies at is not repeated: anything could stand in it."""
        found: Operation | None = scope.get("state", {}).get("operation")
        extensions = scope["extensions"]
        self._calls.called(
            extensions.get("client"),
            extensions.get("fingerprint"),
            method=scope["method"][:20],
            path=None if found is None else scope["path"][:200],
            status=status,
            **({} if caller is None or caller.certificate is None else {"session": caller.session or None}),
        )

    def _person(self, row: PersonRow, certificate: bytes, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        """The person who bears it, in a session; without one he may sign in, show a ticket, follow a link."""
        path: str = scope["path"]
        if not path.startswith(OPEN):
            raise RequestUnknown(path=path[:200])
        session = headers.get(SESSION, b"").decode("latin-1")[:256]
        if session:
            actor, bound = self._desk.acting(session, certificate), session.partition(".")[0]
            if actor == VISITOR:
                raise NotSignedIn
            return Caller(actor, bound, certificate=certificate, renewed=lambda: self._desk.still(bound, certificate))
        if (scope["method"], path) == ("POST", "/v1/sessions"):
            return Caller(VISITOR, "", certificate=certificate)
        if row.person.state is PersonState.ACTIVE and (MEDIA.fullmatch(path) or GO.fullmatch(path)):
            return Caller(VISITOR, "", certificate=certificate)
        raise NotSignedIn

    def _bearer(self, certificate: bytes, fingerprint: str) -> Client | None:
        from cryptography.x509 import load_der_x509_certificate

        subject = load_der_x509_certificate(certificate).subject.rfc4514_string()
        with self._desk.rooms.sheets() as sheets:
            return bearer(sheets, fingerprint, subject)


def context_of(settings: Settings, root: Path, refused: Callable[[str], None]) -> ssl.SSLContext:
    """TLS as the settings say; ``refused`` is told why a handshake ended. Raises :class:`DoorUnfit`."""
    key = root / settings.api_tls_key
    try:
        mode = key.stat().st_mode
        if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
            raise DoorUnfit(setting="api_tls_key", rule=f"mode {stat.S_IMODE(mode):04o}, must be a file of mode 0600")
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.options |= ssl.OP_NO_RENEGOTIATION
        made.load_cert_chain(root / settings.api_tls_certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is one of the former
        raise DoorUnfit(setting="api_tls_certificate, api_tls_key", rule=str(error)) from error
    try:
        made.load_verify_locations(root / settings.api_client_ca)
    except (OSError, ValueError) as error:
        raise DoorUnfit(setting="api_client_ca", rule=str(error)) from error
    made.verify_mode = ssl.CERT_REQUIRED
    made.sslobject_class = _told(refused)
    return made


def _no_password() -> str:
    raise ValueError("a key without a password: nobody is there to type one")


def _told(refused: Callable[[str], None]) -> type[ssl.SSLObject]:
    class Told(ssl.SSLObject):
        """A connection whose handshake is told of when it fails."""

        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLCertVerificationError as error:
                refused(error.verify_message)
                raise
            except ssl.SSLError as error:
                refused((error.reason or "handshake").lower().replace("_", " "))
                raise

    return Told
