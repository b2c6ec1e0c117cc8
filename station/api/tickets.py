"""Tickets: what a media player shows instead of a header. Signed, for one clip and one session, and good for a quarter of an hour.

The key is made anew with every service and leaves it never, so a ticket of before a restart is worth nothing. A ticket says what its bytes
are, so that a request with one needs no look into the catalogue.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from typing import Final

import msgspec

from evidence.learned import learned
from station.api.faults import TicketInvalid

SECONDS = 900


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ticket is for. ``ending``: of the file of what was made from the clip; None: the original. ``until``: seconds since 1970."""

    clip: str
    of: str
    session: str
    sha256: str
    size: int
    media_type: str
    until: int
    ending: str | None = None


_GRANT: Final = learned(Grant)


class Tickets:
    """Makes and reads the tickets of one service. ``now``: seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._key = secrets.token_bytes(32)
        self._now = now

    def until(self) -> int:
        """When one that is made now expires."""
        return int(self._now()) + SECONDS

    def made(self, grant: Grant) -> str:
        """The ticket for a grant."""
        body = urlsafe_b64encode(msgspec.json.encode(grant)).rstrip(b"=")
        return f"{body.decode()}.{self._sealed(body)}"

    def read(self, untrusted_ticket: str, clip: str, of: str) -> Grant:
        """What a ticket allows, for this clip and now. Raises :class:`~station.api.faults.TicketInvalid`."""
        body, _, seal = untrusted_ticket.encode("utf-8", "replace").partition(b".")
        if not hmac.compare_digest(seal, self._sealed(body).encode()):
            raise TicketInvalid
        try:
            grant = msgspec.json.decode(urlsafe_b64decode(body + b"=" * (-len(body) % 4)), type=_GRANT)
        except (Error, msgspec.DecodeError) as error:
            raise TicketInvalid from error
        if (grant.clip, grant.of) != (clip, of) or self._now() >= grant.until:
            raise TicketInvalid
        return grant

    def _sealed(self, body: bytes) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, body, "sha256")).rstrip(b"=").decode()
