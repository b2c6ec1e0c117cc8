"""A disposal as a value: which contents, which copies of each, and where it stands. No disk, network or clock.

``asked`` by one person, ``pending`` once another approved it, which begins the time in which it can be undone; ``begun`` when its time has come
and the first copy is about to go, ``carried-out`` when the last one is gone. What is ``undone`` can be asked for again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from evidence.canonical import Json
from evidence.errors import EvidenceError, Exit
from evidence.learned import learned

DISPOSAL = "disposal"


class DisposalState(StrEnum):
    """Where a disposal stands."""

    ASKED = "asked"
    PENDING = "pending"
    BEGUN = "begun"
    CARRIED_OUT = "carried-out"
    UNDONE = "undone"

    @property
    def open(self) -> bool:
        """Whether something may still come of it."""
        return bool(_MOVES[self])


_MOVES: dict[DisposalState, frozenset[DisposalState]] = {
    DisposalState.ASKED: frozenset({DisposalState.PENDING, DisposalState.UNDONE}),
    DisposalState.PENDING: frozenset({DisposalState.BEGUN, DisposalState.CARRIED_OUT, DisposalState.UNDONE}),
    DisposalState.BEGUN: frozenset({DisposalState.CARRIED_OUT}),
    DisposalState.CARRIED_OUT: frozenset(),
    DisposalState.UNDONE: frozenset(),
}


class DisposalMoved(EvidenceError):
    """That cannot be done to a disposal where it stands. Fields: ``disposal``, ``state``."""

    code = "disposal-moved"
    status = Exit.REFUSED


def check_move(disposal: str, before: DisposalState, after: DisposalState) -> None:
    """Raise :class:`DisposalMoved` unless the table of transitions allows it."""
    if after not in _MOVES[before]:
        raise DisposalMoved(disposal=disposal, state=before.value)


class CopyKind(StrEnum):
    """Where a copy of footage may lie."""

    VAULT = "vault"
    SECOND_VAULT = "second-vault"
    STORE = "store"
    COURIER = "courier"
    """What waits to be sent, with what of it has arrived."""
    DERIVATIVE = "derivative"
    """What was made from it for viewing."""


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One copy. ``name``: the store's name, the upload's id, the derivative's; ``outcome``: ``removed`` or ``gone``, once it was looked for."""

    kind: CopyKind
    name: str
    object_key: str | None = None
    version: str | None = None
    outcome: str | None = None


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clip of a content, and the newest entry that tagged it when the disposal was asked for."""

    id: str
    tagged: str | None


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One content that is to go: its clips, by which rule, on which receipt (None: by waiver), and every copy. Size in bytes."""

    sha256: str
    size: int
    clips: tuple[Named, ...]
    fate: str
    rule: str
    rule_version: int
    clause: str
    until: str
    receipt: str | None
    copies: tuple[Copy, ...]

    def document(self) -> dict[str, Json]:
        """As the log says it."""
        found: dict[str, Json] = msgspec.to_builtins(self)
        return found


_CONTENT: Final = learned(Content)


def contents_of(said: dict[str, Any]) -> tuple[Content, ...]:
    """The contents of a disposal's sheet."""
    return tuple(msgspec.convert(one, _CONTENT) for one in said["contents"])
