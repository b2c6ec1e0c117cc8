"""The clients of the witness under trial: a log that has its heads cosigned, and forgers who wait for the witness to be struck.

A forger submits only what contradicts a head that was cosigned, so the witness must refuse him whatever happened to it meanwhile. What
was received lies outside the witness's home and outlives every crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from typing import IO, Any

from evidence.custody.cosignature import COSIGNATURE, cosigned_at, read_vkey
from tests.campaigns.crashing.running import Visit
from tests.campaigns.crashing.scenarios import Answers, Place
from tests.station.witness.logs import Log
from tests.station.witness.serving import submit

HEADS = (3, 5, 9)
"""Entries of the heads that the log has cosigned, one after the other."""
ATTEMPTS = 3
RECEIVED = "received"
VKEY = "witness.vkey"
GOOD = "the head that comes next"

log = Log.of(HEADS[-1])


def clients(place: Place) -> Visit:
    """Forgers, the log, and forgers again."""

    def visit(printed: IO[bytes]) -> Mapping[str, Any]:
        found = re.search(rb"https?://\S+", printed.readline())
        if found is not None:
            received = _Received(place)
            with suppress(OSError, HTTPException):  # nobody is there any more
                _forge(found[0].decode(), received)
                _submit(found[0].decode(), received)
                _forge(found[0].decode(), received)
        return {"complete": _newest(place) == HEADS[-1]}

    return visit


def contradictions(place: Place, _answers: Answers) -> Sequence[str]:
    """What the witness cosigned and does not stand by: heads of two histories, a head that it has forgotten."""
    wrong = [f"it cosigned {told}, of {size} entries" for size, told in _heads(place) if told != GOOD]
    notes = list((place.home / "heads").glob("[!.]*.note"))
    kept = int(notes[0].read_text(encoding="utf-8").split("\n")[1]) if notes else 0
    if kept < _newest(place):
        wrong.append(f"it cosigned {_newest(place)} entries, and knows {kept}")
    return wrong


class _Received:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.newest = _newest(place)
        self._vkey = read_vkey((place.home / VKEY).read_text(encoding="utf-8").rstrip("\n"), COSIGNATURE)

    def add(self, size: int, note: str, line: str, told: str) -> None:
        if cosigned_at(line.rstrip("\n"), self._vkey, note) is None:
            told = f"with a signature that is none {told}"
        path = self.place.root / RECEIVED
        path.write_text(json.dumps([*_heads(self.place), (size, told)]), encoding="utf-8")
        self.newest = max(self.newest, size)


def _heads(place: Place) -> list[tuple[int, str]]:
    path = place.root / RECEIVED
    return [(size, told) for size, told in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _newest(place: Place) -> int:
    return max((size for size, _ in _heads(place)), default=0)


def _submit(url: str, received: _Received) -> None:
    """As a station does: from the size that it knows of, or that the witness says it knows."""
    known = 0
    for size in HEADS:
        for _ in range(ATTEMPTS):
            status, _, said = submit(url, log.body(known, size))
            if status == 200:
                received.add(size, log.note(size), said, GOOD)
                known = size
            elif status == 409 and int(said) <= size:
                known = int(said)
                continue
            break


def _forge(url: str, received: _Received) -> None:
    """Logs that leave the one that was cosigned at a head of it, and that one turned back."""
    newest = received.newest
    for at in (size for size in (0, *HEADS) if size < newest):
        forged = Log.of(newest + 2, forked_at=at, branch="forged")
        for source, size, told in (
            (forged, newest, "another head"),
            (forged, newest + 2, "a head of another log"),
            (log, newest - 1, "a head from before its newest"),
        ):
            status, _, said = submit(url, source.body(at, size))
            if status == 200:
                received.add(size, source.note(size), said, told)
