"""Who calls: whoever holds the service's token, somebody who signed in, or another system that was admitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from evidence.access import VISITOR
from evidence.custody.entry import Actor

SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Caller:
    """One who may ask.

    ``session`` is what tickets are bound to. ``scopes``: what another system was given; None: whatever the role allows. ``client``: the name of
    that system. ``certificate`` (DER): with which a person came over TLS. ``renewed``: who that is now, asked again while a long answer goes on; None
    when it is nobody any more.
    """

    actor: Actor
    session: str = SERVICE
    scopes: frozenset[str] | None = None
    client: str | None = None
    certificate: bytes | None = field(default=None, repr=False)
    renewed: Callable[[], Actor | None] | None = field(default=None, repr=False, compare=False)

    @property
    def anonymous(self) -> bool:
        """Whether nobody said who calls: what there is to have is had with a ticket."""
        return self.session == ""


ANONYMOUS = Caller(VISITOR, "", frozenset({"media:read"}))
