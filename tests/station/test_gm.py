"""The suite gm at the command line: put in force, used, left, rotated, revoked; both verifiers and openssl look at the outcome."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic import command as alembic

from evidence.catalogue.connect import connect, sqlite_url, writing
from evidence.catalogue.migrate import configuration
from station.home import Home
from station.settings import initial
from station.setup import init
from tests.campaigns.tampering import command
from tests.pieces import need_program
from tests.station.stations import Document, Station
from tests.station.test_key_commands import key_of, killed_after, notes, openssl, sound, taken


@pytest.fixture(autouse=True)
def _openssl() -> None:
    need_program("openssl", "openssl")


@pytest.fixture
def gm(station: Station) -> Station:
    """A station in the suite gm."""
    station.json("key", "rotate", "--role", "seal-gm")
    station.json("settings", "set", "suite", "gm")
    return station


def sm2_verified(station: Station, docking: str, folder: Path) -> str:
    station.json("export", docking, folder)
    return openssl(
        *("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-pubin"),
        *("-inkey", folder / f"{docking}.sm2.pub.pem", "-in", folder / f"{docking}.json", "-sigfile", folder / f"{docking}.sm2"),
    )


def said(station: Station, act: str) -> list[Document]:
    return [one["what"] for one in station.log() if one["type"] == act]


# Putting it in force


def test_the_suite_is_refused_without_its_key_and_the_message_names_the_way(station: Station) -> None:
    for arguments in (("settings", "set", "suite", "gm"), ("settings", "accept")):
        if arguments[1] == "accept":
            (station.folder / "station.toml").write_bytes((station.folder / "station.toml").read_bytes() + b'suite = "gm"\n')
        refused = station.json(*arguments, status=5)
        assert refused["code"] == "gm-key-needed"
        assert "key rotate --role seal-gm" in refused["message"]


def test_two_commands_put_it_in_force_and_everything_is_proven(station: Station, card: Path, tmp_path: Path) -> None:
    before = station.json("ingest", card)["docking"]
    rotated = station.json("key", "rotate", "--role", "seal-gm")
    assert rotated["ended"] == []
    station.json("settings", "set", "suite", "gm")
    (card / "DCIM" / "new.mp4").write_bytes(b"recorded later")
    after = station.json("ingest", card)["docking"]
    station.json("upload", "--until-idle")
    verdict = sound(station, "--anchor", rotated["anchor"])
    assert verdict["anchored"]
    assert "Signature Verified Successfully" in sm2_verified(station, after, tmp_path / "out")
    assert (station.folder / "store" / "s1" / "manifests" / f"{after}.sm2").read_bytes() == (
        tmp_path / "out" / f"{after}.sm2"
    ).read_bytes()
    station.json("export", before, tmp_path / "before")
    assert not list((tmp_path / "before").glob("*.sm2*")), "what was sealed before has no second signature"
    assert not (station.folder / "store" / "s1" / "manifests" / f"{before}.sm2").exists()


def test_show_prints_what_openssl_takes_of_the_file(gm: Station, card: Path) -> None:
    gm.json("ingest", card)
    for clip in gm.json("clips")["clips"]:
        shown = gm.json("show", clip["id"])
        told = openssl("dgst", "-sm3", "-r", card / clip["path"]).split()[0]
        assert (shown["sm3"], shown["record"]["sm3"]) == (told, told)
        assert [one["sm3"] for one in shown["sightings"]] == [told]
        assert f"sm3: {told}\n".encode() in gm("show", clip["id"]).out


def test_a_file_that_is_seen_again_gets_its_own(station: Station, card: Path) -> None:
    """Taken in the standard suite, seen again in gm: nothing is added to what was logged, and the second sight has it."""
    station.json("ingest", card)
    station.json("key", "rotate", "--role", "seal-gm")
    station.json("settings", "set", "suite", "gm")
    station.json("ingest", card)
    assert all("sm3" not in what for what in said(station, "copied"))
    seen = said(station, "duplicate-seen")
    assert len(seen) == 3
    assert all(len(what["sm3"]) == 64 for what in seen)
    sound(station)


def test_a_standard_home_says_nothing_of_it_anywhere(stocked: Station) -> None:
    for what in [one["what"] for one in stocked.log()]:
        assert not {"sm3", "key_gm"} & what.keys()
    with closing(sqlite3.connect(stocked.folder / "catalogue.sqlite3")) as connection:
        records = [json.loads(row[0]) for row in connection.execute("SELECT record FROM sighting")]
        assert not any("sm3" in one for one in records)
        assert connection.execute("SELECT count(*) FROM sighting WHERE sm3 IS NOT NULL").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM manifest WHERE signature_gm IS NOT NULL").fetchone() == (0,)
    clip = stocked.json("clips")["clips"][0]["id"]
    assert b"sm3" not in stocked("show", clip).out


def test_a_settings_file_that_says_so_before_init_makes_a_station_of_the_suite(
    tmp_path: Path, card: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    home = tmp_path / "fresh"
    home.mkdir()
    (home / "station.toml").write_bytes(initial("s1", "unit-1") + b'\nsuite = "gm"\n')
    made = init(Home(home), "s1", "unit-1")
    again = init(Home(home), "s1", "unit-1")
    assert again.anchor == made.anchor
    fresh = Station(home, capsysbinary)
    fresh.json("ingest", card)
    assert sound(fresh, "--anchor", str(made.anchor))["anchored"]
    assert len(said(fresh, "sealed")[0]["key_gm"]) == 64
    assert (home / "keys" / "seal-gm.key.pem").stat().st_mode & 0o777 == 0o400


def test_under_a_real_authority_init_begins_as_standard(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    home = tmp_path / "fresh"
    home.mkdir()
    (home / "station.toml").write_bytes(initial("s1", "unit-1") + b'\nsuite = "gm"\n')
    refused = Station(home, capsysbinary).json("init", "--request", status=2)
    assert refused["code"] == "settings-invalid"
    assert not (home / "keys" / "seal.key.pem").exists()


def put_back(catalogue: Path, revision: str, scratch: Path) -> None:
    """Make a catalogue one of an earlier revision: tables, indexes and columns that came since go, and what they held."""
    engine = connect(sqlite_url(scratch))
    with writing(engine) as connection:
        alembic.upgrade(configuration(connection), revision)
    engine.dispose()
    with closing(sqlite3.connect(catalogue)) as now, closing(sqlite3.connect(scratch)) as then:
        named = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        for kind, name in sorted({*now.execute(named)} - {*then.execute(named)}):  # indexes before tables
            if now.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
                now.execute(f"DROP {kind} {name}")
        for (table,) in then.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = "SELECT name FROM pragma_table_info(?)"
            for (column,) in {*now.execute(columns, (table,))} - {*then.execute(columns, (table,))}:
                now.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        now.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        now.commit()


def test_a_home_of_before_is_brought_up_by_init_and_nothing_of_it_changes(stocked: Station, tmp_path: Path) -> None:
    entries = stocked.log()
    put_back(stocked.folder / "catalogue.sqlite3", "0002", tmp_path / "then.sqlite3")
    assert stocked.json("clips", status=5)["code"] == "catalogue-outdated"
    stocked.json("init")
    assert stocked.log() == entries
    sound(stocked)


# Keys


def test_a_rotation_between_two_dockings_leaves_both_signatures_proven(gm: Station, tmp_path: Path) -> None:
    first = taken(gm, tmp_path / "one", b"one")
    ended = key_of(gm, "seal-gm")
    assert gm.json("key", "rotate", "--role", "seal-gm")["ended"] == [ended]
    second = taken(gm, tmp_path / "two", b"two")
    for docking in (first, second):
        assert "Signature Verified Successfully" in sm2_verified(gm, docking, tmp_path / docking)
    sound(gm)
    assert len({what["key_gm"] for what in said(gm, "sealed")}) == 2


def test_without_its_key_nothing_is_sealed_and_in_the_standard_suite_it_is(gm: Station, tmp_path: Path) -> None:
    revoked = key_of(gm, "seal-gm")
    gm.json("key", "revoke", revoked[:12], "--reason", "lost")
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"one")
    refused = gm.json("ingest", folder, status=5)
    assert (refused["code"], refused["key"], refused["role"]) == ("key-not-in-force", revoked, "seal-gm")
    sound(gm)
    gm.json("settings", "set", "probe_seconds", "7")
    gm.json("settings", "set", "suite", "standard")
    assert gm.json("settings", "set", "suite", "gm", status=5)["code"] == "gm-key-needed"
    gm.json("ingest", folder)
    assert "key_gm" not in said(gm, "sealed")[0]
    assert len(said(gm, "copied")[0]["sm3"]) == 64, "it was taken before the suite was left"
    sound(gm)


def test_a_private_key_file_that_is_gone_is_named(gm: Station, card: Path) -> None:
    for path in (gm.folder / "keys").glob("seal-gm-*.key.pem"):
        path.unlink()
    assert gm.json("ingest", card, status=5)["code"] == "key-unusable"


def test_a_compromised_key_is_noted_and_the_seals_beside_it_stand(gm: Station, tmp_path: Path) -> None:
    docking = taken(gm, tmp_path / "one", b"one")
    gm.json("key", "rotate", "--role", "seal-gm", "--reason", "compromised")
    assert ("second-seal-unproven", f"manifest:{docking}") in notes(sound(gm))


def test_it_lies_in_a_file_and_another_key_does_not_come_by_a_setting(gm: Station) -> None:
    refused = gm.json("key", "init", "--role", "seal-gm", "--uri", "pkcs11:token=x;object=y?module-path=/none", status=5)
    assert refused["code"] == "key-unusable"
    assert "token" in refused["message"]
    for uri in ("file:keys/seal.key.pem", "file:keys/log.key.pem"):
        assert gm.json("settings", "set", "seal_gm_key", uri, status=5)["code"] == "key-not-in-force"
    uri = next(one["uri"] for one in gm.json("key", "list")["keys"] if one["role"] == "seal-gm")
    shutil.copy(gm.folder / uri.removeprefix("file:"), gm.folder / "keys" / "moved.pem")
    gm.json("settings", "set", "seal_gm_key", "file:keys/moved.pem")


def test_an_sm2_key_seals_nothing_alone(gm: Station) -> None:
    """It is no seal key, and no log key: the roles are kept apart."""
    uri = next(one["uri"] for one in gm.json("key", "list")["keys"] if one["role"] == "seal-gm")
    for name in ("seal_key", "log_key"):
        assert gm.json("settings", "set", name, uri, status=5)["code"] == "key-not-in-force"


@pytest.mark.parametrize("place", [0, 2, 4, 6])
def test_a_first_rotation_that_is_killed_is_finished_by_the_same_command(station: Station, card: Path, place: int) -> None:
    struck = command.run(station.folder, "key", "rotate", "--role", "seal-gm", broken=partial(killed_after, place))
    assert struck.status == -signal.SIGKILL
    assert station.json("verify")["problems"] == []
    if not any(one["role"] == "seal-gm" for one in station.json("key", "list")["keys"]):
        station.json("key", "rotate", "--role", "seal-gm")
    station.json("settings", "set", "suite", "gm")
    station.json("ingest", card)
    sound(station)
    assert len([one for one in station.json("key", "list")["keys"] if one["role"] == "seal-gm"]) == 1


def test_an_authority_that_signs_with_sm2_is_refused_and_nothing_is_introduced(station: Station, tmp_path: Path) -> None:
    key = tmp_path / "ca.key"
    openssl("genpkey", "-algorithm", "SM2", "-out", key)
    openssl(
        *("req", "-x509", "-new", "-key", key, "-sm3", "-sigopt", "distid:1234567812345678", "-subj", "/CN=Police"),
        *("-days", "30", "-out", tmp_path / "chain.pem"),
    )
    before = len(station.log())
    refused = station.json("key", "import", "--chain", tmp_path / "chain.pem", status=5)
    assert refused["code"] == "certificate-unfit"
    assert "SM2" in refused["message"]
    assert len(station.log()) == before


def test_no_secret_of_it_is_shown(gm: Station, card: Path) -> None:
    gm.json("ingest", card)
    (path,) = (gm.folder / "keys").glob("seal-gm-*.key.pem")
    secret = path.read_text().splitlines()[1][40:60]
    for arguments in (("key", "list"), ("settings", "show"), ("custody",), ("verify",)):
        told = gm(*arguments)
        assert secret not in (told.out + told.err).decode()
    assert subprocess.run(["grep", "-ral", secret, str(gm.folder)], capture_output=True, check=False).stdout.decode().split() == [
        os.fspath(path)
    ]
