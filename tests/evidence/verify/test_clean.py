"""Controls: a whole home gives no problem, and verifying leaves no trace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, NoteKind, verify
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import STATION, Sample, keys, standard


def seen(home: Path) -> dict[str, tuple[str, int, int]]:
    """Every file with its digest, time and mode."""
    found = {}
    for path in sorted(home.rglob("*")):
        about = path.lstat()
        content = sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(home))] = (content, about.st_mtime_ns, about.st_mode)
    return found


def test_a_whole_home_has_no_problems(station: Station, pattern: Sample) -> None:
    anchor = sha256(pattern.keys.ca.der).hexdigest()
    verdict = station.verify(pattern.head(), anchors=(anchor,))
    assert verdict.problems == ()
    assert verdict.ok
    assert verdict.anchored
    assert verdict.witnessed_until is not None
    assert verdict.notes == ()
    assert verdict.checked["entries"] == pattern.tree.size
    assert verdict.checked["blobs"] == 5
    assert verdict.checked["manifests"] == 2


def test_an_anchor_may_be_given_with_colons_in_capitals(station: Station, pattern: Sample) -> None:
    anchor = sha256(pattern.keys.ca.der).hexdigest().upper()
    assert station.verify(anchors=(":".join(anchor[at : at + 2] for at in range(0, 64, 2)),)).anchored


def test_without_a_witness_it_says_since_when(station: Station) -> None:
    verdict = station.verify()
    assert verdict.ok
    assert verdict.witnessed_until is None
    assert not verdict.anchored
    assert {note.kind for note in verdict.notes} == {NoteKind.UNWITNESSED, NoteKind.UNANCHORED}


def test_an_open_docking_is_a_note(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    docking = made.dock([], sealed=False)
    verdict = Station(made.home, made).verify()
    assert verdict.ok
    assert (NoteKind.OPEN_DOCKING, f"docking:{docking}") in [(note.kind, note.subject) for note in verdict.notes]


def test_a_log_key_that_cannot_do_ed25519(tmp_path: Path) -> None:
    made = standard(tmp_path / "home", ring=keys("p256", "p256"))
    assert Station(made.home, made).problems(made.head()) == []


@pytest.mark.parametrize("state", ["at rest", "after a crash", "after a crash without shm"])
def test_it_writes_nothing(station: Station, state: str, tmp_path: Path) -> None:
    home = station.home
    if state != "at rest":
        database = home / "catalogue.sqlite3"
        command = (
            f"import sqlite3, os; c = sqlite3.connect({str(database)!r}, isolation_level=None); c.execute('PRAGMA journal_mode=WAL');"
            "c.execute('CREATE TABLE beside (a)'); os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", command], check=False)
        assert (home / "catalogue.sqlite3-wal").stat().st_size > 0
        if state.endswith("shm"):
            (home / "catalogue.sqlite3-shm").unlink()
    before = seen(home)
    assert station.verify().ok
    assert seen(home) == before


def test_what_only_the_wal_holds_is_read(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")  # its engine is still open: the last commits lie in the -wal
    assert (made.home / "catalogue.sqlite3-wal").stat().st_size > 0
    size = made.tree.size
    copy = tmp_path / "copy"
    shutil.copytree(made.home, copy)
    for home in (made.home, copy):
        assert Station(home, made).verify(made.head()).checked["entries"] == size


def test_on_every_database(database_url: str, tmp_path: Path) -> None:
    made = standard(tmp_path / "home", database_url)
    home = Home((made.home / "vault",), made.home / "station.toml")
    verdict = verify(ReadOnlyCatalogue(database_url, StationId(STATION)), StationId(STATION), home)
    made.engine.dispose()
    assert verdict.problems == ()
    assert verdict.checked["entries"] == made.tree.size
