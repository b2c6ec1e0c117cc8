"""Who calls: whoever holds the service's token, somebody who signed in, or another system that was admitted."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.access import VISITOR
from evidence.custody.entry import Actor

SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Caller:
    """One who may ask.

    ``session`` is what tickets are bound to. ``scopes``: what another system was given; None: whatever the role allows. ``client``: the name of
    that system.
    """

    actor: Actor
    session: str = SERVICE
    scopes: frozenset[str] | None = None
    client: str | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody said who calls: what there is to have is had with a ticket."""
        return self.session == ""


ANONYMOUS = Caller(VISITOR, "", frozenset({"media:read"}))
