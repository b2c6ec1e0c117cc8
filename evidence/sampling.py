"""A sample that nobody chooses, and that anybody can draw again. Pure.

Rules it keeps (``SHEETS.md``, "sample"):

* the population is fixed and committed to first; what decides comes from a signed head of the log that covers that entry, so it did not
  exist when the population was fixed;
* every member gets a ticket, ``SHA-256("evidence-station/sample/v1" || 0x00 || root || 0x00 || member)``, and the lowest tickets are the sample:
  no member's chance depends on where it stands, and a smaller sample is the beginning of a larger one.

Like the selection of RFC 3797, it shows to everybody that nobody chose, as far as nobody could choose the seed: software that was altered to
throw roots away until it likes one is found by nothing here. A witness that cosigns heads, or a time stamp, bounds how often it could.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from hashlib import sha256

from evidence.ids import Digest

TAG = b"evidence-station/sample/v1\x00"


def population_digest(members: Iterable[str]) -> Digest:
    """What is committed to: SHA-256 over the members in ascending order, each followed by a line feed."""
    hasher = sha256()
    for one in sorted(members):
        hasher.update(one.encode() + b"\n")
    return Digest(hasher.hexdigest())


def drawn(members: Sequence[str], root: str, wanted: int) -> tuple[str, ...]:
    """The members with the lowest tickets, lowest first; all of them where there are no more than ``wanted``.

    ``root``: root of the log (64 hex digits).
    """
    seed = TAG + bytes.fromhex(root) + b"\x00"
    return tuple(heapq.nsmallest(wanted, members, key=lambda one: (sha256(seed + one.encode()).digest(), one)))
