"""What the crash campaign brought to light, each in one small test: homes struck half-way, disks that fail, programs that are missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from evidence.catalogue.connect import CatalogueFailed, connect, sqlite_url, writing
from evidence.facts import Taken, Unread
from evidence.ids import Digest, DockingId
from station import durable
from station.book import Book
from tests.station.stations import Station


class _Cut(Exception):
    """The power fails, as far as a test inside the process can have it."""


def test_what_was_placed_when_the_power_failed_is_sealed_without_the_card(
    station: Station, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(self: Book, docking: DockingId, taken: Sequence[Taken], unread: Sequence[Unread], repaired: Sequence[Digest]) -> None:
        raise _Cut

    with monkeypatch.context() as patch:
        patch.setattr(Book, "files", cut)
        assert station("ingest", card, "--json").status == 1
    placed = sorted(path.name for path in (station.folder / "vault" / "blobs").glob("*/*"))
    assert placed
    (docking,) = station.json("dockings")["dockings"]
    assert docking["state"] == "open"
    sealed = station.json("seal", docking["id"], status=4)
    assert sorted({clip["sha256"] for clip in sealed["clips"] if clip["size"]}) == placed
    assert station.json("verify")["problems"] == []
    assert list((station.folder / "vault" / "partial").iterdir()) == []


def test_files_that_a_docking_cut_short_never_came_to_are_no_tampering(
    station: Station, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ingest.visit._copy", _raise_cut)
        assert station("ingest", card, "--json").status == 1
    (docking,) = station.json("dockings")["dockings"]
    assert station.json("seal", docking["id"], status=4)["clips"] == []
    assert station.json("verify")["problems"] == []


def _raise_cut(*_arguments: object) -> None:
    raise _Cut


def test_without_ffprobe_a_clip_is_evidence_all_the_same(
    station: Station, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    taken = station.json("ingest", card)
    assert taken["clips"]
    assert all(clip["duration"] is None for clip in taken["clips"])


def test_a_home_that_took_nothing_yet_is_whole(station: Station) -> None:
    assert not (station.folder / "vault" / "blobs").exists()
    assert station.json("verify")["problems"] == []


def test_a_settings_change_that_the_power_struck_is_no_tampering(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = _struck_while_setting(station, monkeypatch)
    found = station.json("verify")
    assert (found["ok"], found["problems"]) == (True, [])
    assert "settings-pending" in {note["kind"] for note in found["notes"]}
    edited.write_bytes(edited.read_bytes() + b"# by hand\n")
    assert [one["kind"] for one in station.json("verify", status=3)["problems"]] == ["settings-unexplained"]


def test_a_draft_that_nobody_accepted_explains_nothing(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = _struck_while_setting(station, monkeypatch)
    draft = edited.with_suffix(".toml.next")
    draft.write_bytes(draft.read_bytes() + b"# by hand\n")
    assert [one["kind"] for one in station.json("verify", status=3)["problems"]] == ["settings-unexplained"]


def _struck_while_setting(station: Station, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of a home whose change is committed, and not in place yet."""
    real = Path.replace

    def replace(draft: Path, target: Path) -> Path:
        if draft.name == "station.toml.next":
            raise _Cut
        return real(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        assert station("settings", "set", "probe_seconds", "7", "--json").status == 1
    return station.folder / "station.toml"


def test_a_log_that_was_struck_at_its_first_page_is_no_damage(station: Station) -> None:
    """SQLite's reader can neither use nor mend what a writer leaves that was killed between a new WAL's head and its first page."""
    catalogue = station.folder / "catalogue.sqlite3"
    struck = subprocess.run([sys.executable, "-c", _WRITE_A_HEAD, str(catalogue)], check=False)
    assert struck.returncode == -signal.SIGXFSZ
    assert catalogue.with_name("catalogue.sqlite3-wal").stat().st_size == 32
    before = {path: path.read_bytes() for path in station.folder.glob("catalogue.sqlite3*")}
    assert station.json("verify")["problems"] == []
    assert before == {path: path.read_bytes() for path in station.folder.glob("catalogue.sqlite3*")}


_WRITE_A_HEAD = """
import resource, signal, sqlite3, sys
catalogue = sqlite3.connect(sys.argv[1], isolation_level=None)
catalogue.execute("SELECT count(*) FROM log").fetchall()
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (32, 32))
catalogue.execute("UPDATE log SET unit = 'x'")
"""


def test_a_full_disk_under_the_catalogue_is_a_fault_that_says_so(tmp_path: Path) -> None:
    catalogue = connect(sqlite_url(tmp_path / "c.sqlite3"))
    with writing(catalogue) as connection:
        connection.exec_driver_sql("CREATE TABLE t (b BLOB)")
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite's own way to be full; the pool keeps the connection
    with pytest.raises(CatalogueFailed) as caught, writing(catalogue) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(1000000))")
    assert "full" in str(caught.value.fields["rule"])
    catalogue.dispose()


def test_a_home_that_cannot_be_written_is_a_fault_that_says_so(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes, mode: int) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(durable, "replace", refuse)
    error = station.json("settings", "set", "probe_seconds", "7", status=5)
    assert error["code"] == "home-unusable"
    assert error["path"] == str(station.folder / "station.toml.next")


def test_drafts_of_processes_that_are_no_more_are_swept_by_the_next_command_that_writes(station: Station) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = station.folder / "keys" / f".ca.key.pem.{ended.pid}.new"
    alive = station.folder / "keys" / f".ca.key.pem.{os.getpid()}.new"
    other = station.folder / "keys" / ".hidden.new"
    for path in (left, alive, other):
        path.write_bytes(b"half a key")
    station.json("settings", "set", "probe_seconds", "7")
    assert (left.exists(), alive.exists(), other.exists()) == (False, True, True)
