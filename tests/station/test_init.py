"""Making a home: nothing is overwritten, nothing is half made for good, and the folder can be moved."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import certificates
from evidence.ids import StationId
from station import durable, setup
from station.home import Home
from tests.station.stations import Station, call, run

Capture = pytest.CaptureFixture[bytes]


def digests(folder: Path) -> dict[str, str]:
    """Every file of a folder with its digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def kept(folder: Path) -> dict[str, str]:
    """What init may never change: everything but the databases' own working files."""
    return {name: value for name, value in digests(folder).items() if "sqlite3-" not in name}


def test_init_says_home_station_and_anchor(tmp_path: Path, capsysbinary: Capture) -> None:
    told = call(capsysbinary, "--home", tmp_path / "h", "init", "--station", "s1", "--unit", "u", "--json")
    assert told.status == 0
    anchor = certificates.fingerprint(x509.load_pem_x509_certificate((tmp_path / "h/keys/ca.pem").read_bytes()))
    assert told.document == {"home": str(tmp_path / "h"), "station": "s1", "anchor": anchor}
    people = call(capsysbinary, "--home", tmp_path / "h", "init")
    assert anchor in people.out.decode()


def test_several_at_once_make_one_station(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda _: run("--home", tmp_path / "h", "init", "--station", "s1", "--json"), range(4)))
    assert [one.status for one in told] == [0] * 4, told
    assert len({one.document["anchor"] for one in told}) == 1
    assert run("--home", tmp_path / "h", "verify", "--json").document["problems"] == []


def test_again_changes_nothing_and_says_the_same(station: Station) -> None:
    before = kept(station.folder)
    first = station.json("init")
    assert station.json("init", "--station", "s1", "--unit", "unit-1") == first
    assert kept(station.folder) == before
    assert len(station.log()) == 5


def test_the_log_begins_with_the_station_its_keys_and_its_settings(station: Station) -> None:
    log = station.log()
    assert [one["type"] for one in log] == ["initialised", *["key-introduced"] * 3, "settings-changed"]
    assert [one["what"]["role"] for one in log[1:4]] == ["ca", "seal", "log"]
    assert log[4]["what"]["sha256"] == hashlib.sha256((station.folder / "station.toml").read_bytes()).hexdigest()
    assert log[0]["what"]["unit"] == "unit-1"
    assert station.json("verify")["problems"] == []


def test_private_keys_are_their_owners_alone(station: Station) -> None:
    assert stat.S_IMODE((station.folder / "keys").stat().st_mode) == 0o700
    for key in (station.folder / "keys").glob("*.key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o400


def test_no_secret_stands_outside_the_keys_folder(station: Station) -> None:
    for path in station.folder.rglob("*"):
        if path.is_file() and path.parent.name != "keys":
            assert b"PRIVATE KEY" not in path.read_bytes()


@pytest.mark.parametrize("arguments", [["--station", "s2"], ["--unit", "unit-2"], ["--station", "s1", "--unit", ""]])
def test_another_station_is_refused_and_nothing_changes(station: Station, arguments: list[str]) -> None:
    before = kept(station.folder)
    error = station.json("init", *arguments, status=5)
    assert error["code"] == "other-station"
    assert kept(station.folder) == before


@pytest.mark.parametrize("arguments", [["--station", "a b"], ["--station", "a+b"], ["--station", ""], ["--unit", "u" * 65]])
def test_what_cannot_be_a_station_leaves_no_home_behind(tmp_path: Path, capsysbinary: Capture, arguments: list[str]) -> None:
    home = tmp_path / "h"
    told = call(capsysbinary, "--home", home, "init", *arguments, "--json")
    assert told.status == 2
    assert told.error["code"] in {"settings-invalid", "invalid-station-id"}
    assert not home.exists()
    assert call(capsysbinary, "--home", home, "init", "--station", "good", "--json").document["station"] == "good"


def test_without_a_name_a_station_gets_one_that_stays(tmp_path: Path, capsysbinary: Capture) -> None:
    first = call(capsysbinary, "--home", tmp_path / "h", "init", "--json").document
    assert first["station"].startswith("station-")
    assert call(capsysbinary, "--home", tmp_path / "h", "init", "--json").document == first


class PowerCut(BaseException):
    """The power went."""


def test_init_cut_at_any_durable_step_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0

    def cut_at(limit: int, name: str) -> None:
        nonlocal steps
        steps = 0
        real = getattr(durable, name)

        def counted(path: Path, *rest: object) -> object:
            nonlocal steps
            steps += 1
            if steps == limit:
                raise PowerCut
            return real(path, *rest)

        monkeypatch.setattr(durable, name, counted)

    for name in ("place_new", "make_folder"):
        for limit in range(1, 100):
            home = Home(tmp_path / f"{name}-{limit}")
            with monkeypatch.context():
                cut_at(limit, name)
                try:
                    setup.init(home, "s1", "u")
                except PowerCut:
                    pass
                else:
                    monkeypatch.undo()
                    break
            monkeypatch.undo()
            before = kept(home.root)
            made = setup.init(home, "s1", "u")
            after = kept(home.root)
            assert before.items() <= after.items(), "what was made stays"
            assert made.anchor is not None
            assert setup.init(home, "s1", "u") == made
        assert limit > 4, "the cut was tried at several steps"


# A folder that can be moved


def test_a_home_can_be_moved(station: Station, card: Path, tmp_path: Path, capsysbinary: Capture) -> None:
    station.json("ingest", str(card))
    station.json("upload", "--until-idle")
    station.json("tag", station.json("clips")["clips"][0]["id"], "--case", "A-1")
    before = station.json("verify")
    assert before["problems"] == []
    assert len(before["checked"]) > 5
    (tmp_path / "elsewhere").mkdir()
    moved = Station(tmp_path / "elsewhere" / "other name", capsysbinary)
    station.folder.rename(moved.folder)
    assert moved.json("verify")["problems"] == []
    clips = moved.json("clips")["clips"]
    assert len(clips) == 3
    assert {one["received"] for one in clips} == {True}, "an empty file is there when the records of its docking are"
    assert len(moved.json("receipts")["receipts"]) > 0
    (card / "more.mp4").write_bytes(b"more")
    again = moved.json("ingest", str(card))
    assert sorted(one["duplicate_of"] is None for one in again["clips"]) == [False, False, False, True]
    assert moved.json("upload", "--until-idle")["received"] > 0
    assert moved.json("settings", "set", "language", "zh")["new"] == "zh"
    assert moved.json("init")["home"] == str(moved.folder)
    verdict = moved.json("verify")
    assert verdict["problems"] == []


def test_no_file_of_a_home_holds_its_own_place(station: Station, card: Path) -> None:
    station.json("ingest", str(card))
    station.json("upload", "--until-idle")
    for path in station.folder.rglob("*"):
        if path.is_file():
            assert os.fsencode(station.folder) not in path.read_bytes(), path
        assert not path.is_symlink()


def test_a_home_named_by_a_relative_path_works(station: Station, monkeypatch: pytest.MonkeyPatch, capsysbinary: Capture) -> None:
    monkeypatch.chdir(station.folder.parent)
    assert call(capsysbinary, "--home", "home", "status", "--json").document["home"] == str(station.folder)


def test_a_home_from_the_environment(station: Station, monkeypatch: pytest.MonkeyPatch, capsysbinary: Capture) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_HOME", str(station.folder))
    assert call(capsysbinary, "status", "--json").document["station"] == "s1"


# A real authority


def test_a_real_authority_issues_the_certificates(tmp_path: Path, capsysbinary: Capture) -> None:
    station = Station(tmp_path / "h", capsysbinary)
    waiting = station.json("init", "--station", "s1", "--request", status=4)
    assert waiting["anchor"] is None
    keys = tmp_path / "h" / "keys"
    assert not (keys / "ca.key.pem").exists()
    now = datetime.now(UTC)
    ca_key = certificates.new_private_key("p256")
    ca = certificates.make_authority(ca_key, StationId("city"), now)
    (tmp_path / "ca.pem").write_bytes(certificates.pem(ca))
    issued = []
    for role in ("seal", "log"):
        asked = x509.load_pem_x509_csr((keys / f"{role}.csr.pem").read_bytes())
        assert asked.is_signature_valid
        public = asked.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        path = tmp_path / f"{role}.pem"
        path.write_bytes(certificates.pem(certificates.issue(ca_key, ca, public, role, StationId("s1"), now)))
        issued.append(str(path))
    swapped = station.json("init", "--certificates", str(tmp_path / "ca.pem"), *reversed(issued), status=5)
    assert swapped["code"] == "certificate-unfit"
    made = station.json("init", "--certificates", str(tmp_path / "ca.pem"), *issued)
    assert made["anchor"] == certificates.fingerprint(ca)
    verdict = station.json("verify", "--anchor", made["anchor"])
    assert (verdict["problems"], verdict["anchored"]) == ([], True)
    other = certificates.make_authority(certificates.new_private_key("p256"), StationId("other"), now)
    (tmp_path / "other.pem").write_bytes(certificates.pem(other))
    assert station.json("init", "--certificates", str(tmp_path / "other.pem"), *issued, status=5)["code"] == "certificate-unfit"


def test_a_copied_home_is_the_same_station(station: Station, tmp_path: Path, capsysbinary: Capture) -> None:
    shutil.copytree(station.folder, tmp_path / "copy")
    copy = Station(tmp_path / "copy", capsysbinary)
    assert copy.json("checkpoint") == station.json("checkpoint")
