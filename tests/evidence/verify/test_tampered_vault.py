"""Faults planted among the blobs, and blobs that are there for a reason."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, Kind, NoteKind, Progress, Stage, vault, verify
from evidence.verify.vault import BLOCK, BlobReader
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import CARD, STATION, File, Sample, digest, standard

FIRST = CARD[0].content or b""


def make_writable(path: Path) -> Path:
    path.chmod(0o640)
    return path


@pytest.mark.parametrize("place", [0, 5000, len(FIRST) - 1])
def test_one_byte_changed(station: Station, place: int) -> None:
    path = make_writable(station.blob(FIRST))
    content = bytearray(FIRST)
    content[place] ^= 1
    path.write_bytes(content)
    assert station.problems() == [(Kind.VAULT_DIGEST, digest(FIRST))]


@pytest.mark.parametrize("content", [b"", FIRST[:-1], FIRST + b"\0"], ids=["emptied", "cut off", "lengthened"])
def test_another_length(station: Station, content: bytes) -> None:
    make_writable(station.blob(FIRST)).write_bytes(content)
    assert station.problems() == [(Kind.VAULT_DIGEST, digest(FIRST))]


def test_deleted(station: Station) -> None:
    station.blob(FIRST).unlink()
    assert station.problems() == [(Kind.VAULT_MISSING, digest(FIRST))]


def test_a_whole_vault_deleted(station: Station) -> None:
    shutil.rmtree(station.home / "vault")
    assert {kind for kind, _ in station.problems()} == {Kind.VAULT_MISSING}
    assert len(station.problems()) == 5


def test_replaced_by_a_link_to_a_good_copy(station: Station, tmp_path: Path) -> None:
    path = station.blob(FIRST)
    shutil.move(path, tmp_path / "copy")
    path.symlink_to(tmp_path / "copy")
    assert station.problems() == [(Kind.VAULT_MISSING, digest(FIRST))]


def test_a_blob_too_many(station: Station) -> None:
    path = station.blob(b"planted")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"planted")
    assert station.problems() == [(Kind.VAULT_EXTRA, digest(b"planted"))]


@pytest.mark.parametrize("name", ["stray", "zz/x", "00/short", "ab/" + "0" * 64, b"00/\xff\n".decode(errors="surrogateescape")])
def test_a_name_that_no_blob_has(station: Station, name: str) -> None:
    path = station.home / "vault" / "blobs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    found = station.problems()
    assert [kind for kind, _ in found] == [Kind.VAULT_EXTRA]
    found[0][1].encode()  # can be shown


def test_work_in_progress_is_no_blob(station: Station) -> None:
    (station.home / "vault" / "partial" / "docking").mkdir(parents=True)
    (station.home / "vault" / "partial" / "docking" / "0.part").write_bytes(b"half")
    assert station.problems() == []


def test_row_and_blob_deleted_are_two_problems(station: Station) -> None:
    station.blob(FIRST).unlink()
    station.sql("DELETE FROM blob WHERE sha256 = ?", digest(FIRST))
    assert station.problems() == [(Kind.CATALOGUE_MISSING_ROW, f"blob:{digest(FIRST)}"), (Kind.VAULT_MISSING, digest(FIRST))]


def test_a_row_deleted_leaves_the_blob_explained_by_the_log(station: Station) -> None:
    station.sql("DELETE FROM blob WHERE sha256 = ?", digest(FIRST))
    assert station.problems() == [(Kind.CATALOGUE_MISSING_ROW, f"blob:{digest(FIRST)}")]


def test_a_planted_blob_with_a_planted_row(station: Station) -> None:
    path = station.blob(b"planted")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"planted")
    station.sql(
        "INSERT INTO blob SELECT station, ?, 7, placed_at, last_verified_at, evicted_at FROM blob LIMIT 1", digest(b"planted")
    )
    name = digest(b"planted")
    assert station.problems() == [(Kind.CATALOGUE_EXTRA_ROW, f"blob:{name}"), (Kind.VAULT_EXTRA, name)]


def test_the_vault_is_read_although_the_log_is_cut_off(station: Station) -> None:
    station.sql("DELETE FROM custody_entry WHERE seq >= 10")
    make_writable(station.blob(FIRST)).write_bytes(b"other")
    assert [kind for kind, _ in station.problems()] == [Kind.LOG_MISSING, Kind.VAULT_DIGEST]


def check(station: Station, explained: frozenset[str] = frozenset(), second: Path | None = None) -> list[tuple[str, str]]:
    vaults = (station.home / "vault",) if second is None else (station.home / "vault", second)
    home = Home(vaults, station.home / "station.toml", lambda: explained)
    catalogue = ReadOnlyCatalogue(f"sqlite:///{station.home / 'catalogue.sqlite3'}", StationId(STATION))
    found = verify(catalogue, StationId(STATION), home)
    notes = [(note.kind.value, note.subject) for note in found.notes if note.kind is NoteKind.NOT_YET_IN_LOG]
    return [(problem.kind.value, problem.subject) for problem in found.problems] + notes


def test_what_an_interrupted_docking_placed_is_a_note(station: Station) -> None:
    path = station.blob(b"placed")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"placed")
    assert check(station, frozenset({digest(b"placed")})) == [("not-yet-in-log", f"blob:{digest(b'placed')}")]


def test_what_is_taken_while_the_vault_is_read_is_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = standard(tmp_path / "home")
    station = Station(made.home, made)
    genuine = vault.Vault.blobs

    def slow(self: vault.Vault) -> object:
        made.dock([File(b"late.mp4", b"taken meanwhile")])
        return genuine(self)

    monkeypatch.setattr(vault.Vault, "blobs", slow)
    assert station.problems() == []


def test_a_second_vault_lacks_only_what_it_was_given(station: Station, pattern: Sample, tmp_path: Path) -> None:
    second = tmp_path / "second"
    assert check(station, second=second) == []  # every blob says: one vault
    (second / "blobs" / digest(FIRST)[:2]).mkdir(parents=True)
    (second / "blobs" / digest(FIRST)[:2] / digest(FIRST)).write_bytes(b"other")
    assert check(station, second=second) == [("vault-digest", f"second:{digest(FIRST)}")]
    assert pattern.blobs


@pytest.mark.parametrize("size", [0, 1, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 4097])
def test_every_length_is_read_whole(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "blob").write_bytes(content)
    counted: list[int] = []
    reader = BlobReader(counted.append)
    reader.prepare()
    assert reader.check(str(tmp_path / "blob"), digest(content)) is None
    assert sum(counted) == size
    changed = bytearray(content + b"x")
    changed[-2 if size else -1] ^= 1
    (tmp_path / "blob").write_bytes(changed)
    assert reader.check(str(tmp_path / "blob"), digest(content)) is not None


def test_a_file_system_without_direct_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = os.open

    def refusing(path: str, flags: int, *rest: int) -> int:
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "no direct reads here")
        return genuine(path, flags, *rest)

    monkeypatch.setattr(os, "open", refusing)
    (tmp_path / "blob").write_bytes(b"x" * BLOCK * 2)
    reader = BlobReader(lambda _: None)
    reader.prepare()
    assert reader.check(str(tmp_path / "blob"), digest(b"x" * BLOCK * 2)) is None


def test_a_read_error_is_the_blob_s(tmp_path: Path, station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = os.preadv
    bad = station.blob(FIRST).stat().st_ino

    def failing(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(errno.EIO, "Input/output error")
        return genuine(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", failing)
    assert station.found() == [(Kind.VAULT_DIGEST, digest(FIRST))]


def test_progress_is_told_and_not_too_often(station: Station) -> None:
    told: list[Progress] = []
    home = Home((station.home / "vault",), station.home / "station.toml")
    verify(
        ReadOnlyCatalogue(f"sqlite:///{station.home / 'catalogue.sqlite3'}", StationId(STATION)),
        StationId(STATION),
        home,
        progress=told.append,
    )
    assert 1 <= len(told) <= 5
    assert told[-1].stage is Stage.VAULT
