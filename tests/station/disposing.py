"""A station with footage that came due, and the two people who may dispose of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from evidence.custody.entry import Moment
from station import clock
from tests.independent_verifier import Verification
from tests.station.stations import Document, Station

DAY = 86_400
NAMES = ("patrol", "theft", "bare", "twin-1", "twin-2")
REASON = ("--reason", "retention is over")


@contextmanager
def acting(person: str, role: str = "supervisor") -> Iterator[None]:
    """Somebody at the keyboard."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVIDENCE_STATION_OPERATOR", person)
        patch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", role)
        yield


def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets days pass, as the station's clock sees it."""
    ahead, real = [0], clock.now

    def now() -> Moment:
        at = real()
        passed = sum(ahead) * DAY * 1_000_000_000
        return Moment(at.unix_ns + passed, at.mono_ns + passed, at.boot, at.clock)

    monkeypatch.setattr(clock, "now", now)
    return ahead.append


def content(name: str) -> bytes:
    return sha256(name.split("-", maxsplit=1)[0].encode()).digest() * 90


def fill(station: Station, folder: Path) -> dict[str, str]:
    """Clips by name; two of them have the same bytes."""
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.mp4").write_bytes(content(name))
    station.json("ingest", folder, "--officer", "000123")
    ids = {clip["path"].removesuffix(".mp4"): clip["id"] for clip in station.json("clips")["clips"]}
    for name in ("patrol", "theft", "twin-1", "twin-2"):
        station.json("tag", ids[name], "--category", "patrol")
    return ids


def blob(station: Station, name: str, root: Path | None = None) -> Path:
    digest = sha256(content(name)).hexdigest()
    return (root or station.folder / "vault") / "blobs" / digest[:2] / digest


def approved(station: Station, *words: str) -> str:
    """A disposal that one person asked for and another approved: its id."""
    with acting("000001"):
        disposal = str(station.json("disposals", "ask", *words, *REASON)["id"])
    with acting("000002"):
        station.json("disposals", "approve", disposal)
    return disposal


def ran(station: Station, status: int = 0) -> Document:
    with acting("000001"):
        return station.json("disposals", "run", status=status)


def check_proof(station: Station, *notes: str) -> None:
    found = station.json("verify")
    assert found["problems"] == []
    assert {note["kind"] for note in found["notes"]} - {"unanchored", "unwitnessed"} == set(notes)
    assert Verification(station.folder, []).kinds([]) == set()
    assert station.json("disposals", "check")["problems"] == []
