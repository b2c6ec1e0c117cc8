"""Checkpoints that lie far away, held against this log: whether somebody turned it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from station.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A checkpoint that this log cannot have led up to."""

    kind: Literal["rolled-back", "forked"]
    detail: str


def far_checkpoints(rooms: Rooms) -> list[bytes]:
    return []


def contradiction(rooms: Rooms, untrusted_notes: list[bytes]) -> Contradiction | None:
    return None
