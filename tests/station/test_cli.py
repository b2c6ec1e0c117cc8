"""The command line: one JSON document whatever happens, people's words elsewhere, and one exit status for each code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evidence.certificates import new_private_key
from station.cli.main import station as command_tree
from tests.station.stations import Station, Told, call, run

Capture = pytest.CaptureFixture[bytes]
NOBODY = "0197f000-0000-7000-8000-000000000000"


def commands(group: click.Group = command_tree, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that there is, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = sorted(commands())

SUCCESS: dict[str, tuple[list[str], int]] = {  # arguments, status
    "init": ([], 0),
    "status": ([], 0),
    "settings show": ([], 0),
    "settings set": (["language", "zh"], 0),
    "settings accept": ([], 0),
    "recover": (["--reason", "drill"], 0),
    "ingest": (["CARD"], 0),
    "watch": (["--once"], 0),
    "seal": (["OPEN"], 4),
    "clips": ([], 0),
    "show": (["CLIP"], 0),
    "dockings": ([], 0),
    "tag": (["CLIP", "--case", "A-1"], 0),
    "export": (["CLIP", "OUT"], 0),
    "custody": ([], 0),
    "checkpoint": ([], 0),
    "verify": ([], 0),
    "scrub": ([], 0),
    "upload": (["--until-idle"], 0),
    "uploads": ([], 0),
    "receipts": ([], 0),
}
FAILURE: dict[str, tuple[list[str], str, int]] = {  # arguments, code, status
    "init": (["--station", "other"], "other-station", 5),
    "status": (["--no-such-option"], "usage", 2),
    "settings show": (["extra"], "usage", 2),
    "settings set": (["langauge", "zh"], "unknown-setting", 2),
    "settings accept": (["extra"], "usage", 2),
    "recover": ([], "usage", 2),
    "ingest": (["/nonexistent"], "card-missing", 2),
    "watch": (["--once"], "no-drop-folder", 2),
    "seal": ([NOBODY], "not-open", 2),
    "clips": (["extra"], "usage", 2),
    "show": ([NOBODY], "no-such-clip", 2),
    "dockings": (["extra"], "usage", 2),
    "tag": ([NOBODY, "--case", "A"], "no-such-clip", 2),
    "export": ([NOBODY, "OUT"], "no-such-clip", 2),
    "custody": (["--clip", NOBODY], "no-such-clip", 2),
    "checkpoint": (["--out", "/nonexistent/folder/c"], "target-unusable", 5),
    "verify": (["--checkpoint", "/nonexistent"], "usage", 2),
    "scrub": (["--budget", "0"], "usage", 2),
    "upload": (["extra"], "usage", 2),
    "uploads": (["extra"], "usage", 2),
    "receipts": (["--clip", NOBODY], "no-such-clip", 2),
}


def test_every_command_is_tried() -> None:
    words = {" ".join(command) for command in COMMANDS}
    assert words == set(SUCCESS) == set(FAILURE)


def filled(station: Station, tmp_path: Path, arguments: list[str]) -> list[str]:
    """The arguments with the station's own ids in them."""
    names = {"CARD": str(tmp_path / "card"), "OUT": str(tmp_path / "out")}
    if "CLIP" in arguments:
        names["CLIP"] = station.json("clips")["clips"][0]["id"]
    if "OPEN" in arguments:
        names["OPEN"] = interrupted(station, tmp_path)
    return [names.get(one, one) for one in arguments]


def interrupted(station: Station, tmp_path: Path) -> str:
    """A docking that was opened and never finished."""
    from ingest import visit

    card = tmp_path / "lost"
    card.mkdir()
    (card / "a.mp4").write_bytes(b"lost footage")

    def pulled(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visit, "_copy", pulled)
        assert station("ingest", card, "--json").error["code"] == "interrupted"
    (name,) = station.json("status")["open_dockings"]
    assert isinstance(name, str)
    return name


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_success_is_one_document_on_stdout(
    stocked: Station, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, status = SUCCESS[" ".join(command)]
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    if command == ("watch",):
        (tmp_path / "drop").mkdir()
        monkeypatch.setenv("EVIDENCE_STATION_DROP_FOLDER", str(tmp_path / "drop"))
        monkeypatch.setenv("EVIDENCE_STATION_DROP_SETTLE_SECONDS", "1")
    given = filled(stocked, tmp_path, arguments)
    told = run("--home", stocked.folder, *command, *given, "--json")
    assert told.status == status, told
    assert "error" not in told.document
    assert b"Traceback" not in told.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_failure_is_one_document_on_stdout(station: Station, tmp_path: Path, command: tuple[str, ...]) -> None:
    arguments, code, status = FAILURE[" ".join(command)]
    given = filled(station, tmp_path, arguments)
    told = station(*command, *given, "--json")
    assert (told.error["code"], told.status) == (code, status)
    assert b"Traceback" not in told.err
    people = station(*command, *given)
    assert people.status == status
    assert people.out == b"", "a failure is not told on stdout"
    assert people.err.startswith(b"evidence-station: ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_home_every_command_says_so(command: tuple[str, ...], capsysbinary: Capture, tmp_path: Path) -> None:
    given = [NOBODY if one == "OPEN" else str(tmp_path) if one.isupper() else one for one in SUCCESS[" ".join(command)][0]]
    nameless = call(capsysbinary, *command, *given, "--json")
    assert (nameless.error["code"], nameless.status) == ("no-home", 2)
    if command != ("init",):
        empty = call(capsysbinary, "--home", tmp_path / "none", *command, *given, "--json")
        assert (empty.error["code"], empty.status) == ("no-home", 2)
        assert not (tmp_path / "none").exists(), "asking makes no home"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in {("watch",), ("seal",), ("init",)}], ids=" ".join)
def test_people_are_told_in_their_language(
    stocked: Station, tmp_path: Path, command: tuple[str, ...], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    told = stocked(*command, *filled(stocked, tmp_path, SUCCESS[" ".join(command)][0]))
    assert told.status == 0, told
    words = told.out.decode()
    assert b"Traceback" not in told.err
    if command in {("status",), ("ingest",), ("verify",), ("custody",), ("settings", "show")}:
        assert bool(re.search("[一-鿿]", words)) == (language == "zh")


def test_faults_are_told_in_the_language_of_the_home(station: Station) -> None:
    station.json("settings", "set", "language", "zh")
    assert "没有片段" in station("show", NOBODY).err.decode()
    assert "没有片段" in station.json("show", NOBODY, status=2)["message"]


def test_a_home_whose_settings_cannot_be_read_is_told_too(station: Station) -> None:
    (station.folder / "station.toml").write_bytes(b"\xff\xfe")
    assert station.json("status", status=2)["code"] == "settings-invalid"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["nonsense", "--json"],
        ["settings", "--json"],
        ["settings", "nonsense", "--json"],
        ["ingest", "--json"],
        ["ingest", "/tmp", "--source", "toaster", "--json"],
        ["tag", "x", "--json"],
        ["--nonsense", "status", "--json"],
        ["export", "x", "--json"],
        ["checkpoint", "--json", "--out"],
    ],
    ids=" ".join,
)
def test_usage_errors_are_one_document_too(station: Station, arguments: list[str]) -> None:
    told = station(*arguments)
    assert told.status == 2, told
    assert told.error["code"] == "usage"
    assert told.err == b""


def test_help_and_version_are_no_errors(capsysbinary: Capture) -> None:
    for arguments in (["--help"], ["ingest", "-h"], ["settings", "--help"], ["--version"]):
        told = call(capsysbinary, *arguments)
        assert (told.status, told.err) == (0, b"")
        assert told.out


# Faults that have to be made


def no_key(station: Station) -> list[str]:
    (station.folder / "keys" / "log.key.pem").unlink()
    return ["settings", "set", "language", "zh"]


def other_key(station: Station) -> list[str]:
    key = station.folder / "keys" / "log.key.pem"
    key.chmod(0o600)
    key.write_bytes(b"not a key")
    return ["settings", "set", "language", "zh"]


def no_catalogue(station: Station) -> list[str]:
    (station.folder / "catalogue.sqlite3").unlink()
    return ["status"]


def foreign_catalogue(station: Station) -> list[str]:
    (station.folder / "catalogue.sqlite3").write_bytes(b"no database at all" * 500)
    return ["status"]


def empty_catalogue(station: Station) -> list[str]:
    (station.folder / "catalogue.sqlite3").write_bytes(b"")
    return ["status"]


def gone_server(station: Station) -> list[str]:
    os.environ["EVIDENCE_STATION_CATALOGUE_URL"] = f"postgresql+psycopg://u@/d?host={station.folder}"
    return ["status"]


def another_station(station: Station) -> list[str]:
    os.environ["EVIDENCE_STATION_STATION"] = "s2"
    return ["status"]


def no_zone(station: Station) -> list[str]:
    os.environ["EVIDENCE_STATION_TIME_ZONE"] = "Nowhere/Land"
    return ["status"]


def store_not_set(station: Station) -> list[str]:
    os.environ["EVIDENCE_STATION_STORE"] = "s3"
    return ["upload"]


@pytest.mark.parametrize(
    ("make", "code", "status"),
    [
        (no_key, "key-unusable", 5),
        (other_key, "key-unusable", 5),
        (no_catalogue, "no-home", 2),
        (foreign_catalogue, "catalogue-unusable", 5),
        (empty_catalogue, "catalogue-failed", 5),
        (gone_server, "catalogue-unusable", 5),
        (another_station, "no-log", 5),
        (no_zone, "settings-invalid", 2),
        (store_not_set, "store-not-set", 2),
    ],
)
def test_what_is_broken_has_a_code_of_its_own(
    station: Station,
    make: object,
    code: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert callable(make)
    arguments = make(station)
    assert station.json(*arguments, status=status)["code"] == code


# Roles


ASKED = {
    "auditor": [
        ("ingest", "CARD"),
        ("tag", NOBODY, "--note", "x"),
        ("export", NOBODY, "out"),
        ("upload",),
        ("settings", "accept"),
    ],
    "officer": [("custody",), ("verify",), ("settings", "show"), ("upload",), ("tag", NOBODY, "--note", "x")],
    "clerk": [("settings", "set", "language", "zh"), ("verify",), ("custody",)],
    "supervisor": [("settings", "set", "language", "zh"), ("recover", "--reason", "x")],
}


@pytest.mark.parametrize("role", ASKED)
def test_a_role_that_may_not_is_refused(station: Station, card: Path, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = station.json("checkpoint")
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", role)
    for asked in ASKED[role]:
        error = station.json(*(str(card) if one == "CARD" else one for one in asked), status=5)
        assert (error["code"], error["role"]) == ("permission-denied", role)
    monkeypatch.delenv("EVIDENCE_STATION_OPERATOR_ROLE")
    assert station.json("checkpoint") == before


def test_the_log_says_in_which_role_somebody_acted(station: Station, card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "officer")
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR", "Officer Two")
    station.json("ingest", card)
    monkeypatch.delenv("EVIDENCE_STATION_OPERATOR_ROLE")
    docked = next(one for one in station.log() if one["type"] == "docked")
    assert docked["actor"]["role"] == "officer"
    assert docked["personal"]["actor"] == "Officer Two"


# What the commands answer


def test_status(stocked: Station) -> None:
    found = stocked.json("status")
    assert found["home"] == str(stocked.folder)
    assert found["vault"]["bytes"] == 7, "two equal files share a blob"
    head = stocked.json("checkpoint")
    assert found["log"].items() >= {"origin": "evidence-station/s1/1", "size": head["size"], "root": head["root"]}.items()
    assert head["note"].splitlines()[:2] == ["evidence-station/s1/1", str(head["size"])]
    assert found["counts"]["clip"] == 3
    assert found["open_dockings"] == []


def test_a_checkpoint_is_written_once_and_verifies(stocked: Station, tmp_path: Path) -> None:
    told = stocked("checkpoint", "--out", tmp_path / "c.txt")
    assert told.status == 0
    note = (tmp_path / "c.txt").read_text()
    assert note == stocked.json("checkpoint")["note"] == stocked("checkpoint").out.decode()
    assert stocked.json("checkpoint", "--out", tmp_path / "c.txt", status=5)["code"] == "target-exists"
    verdict = stocked.json("verify", "--checkpoint", tmp_path / "c.txt")
    assert verdict["ok"] is True
    assert verdict["witnessed_until"] is not None


def test_tags(stocked: Station) -> None:
    clip = stocked.json("clips")["clips"][0]["id"]
    made = stocked.json("tag", clip, clip, "--case", "A-1", "--note", "red van", "--category", "traffic")
    assert [one["id"] for one in made["tagged"]] == [clip]
    assert {"field": "case_number", "old": None, "new": "A-1"} in made["tagged"][0]["changes"]
    assert [one["id"] for one in stocked.json("clips", "--case", "A-1")["clips"]] == [clip]
    assert stocked.json("clips", "--category", "traffic")["clips"][0]["note"] == "red van"
    stocked.json("tag", clip, "--case", "", "--category", "")
    assert stocked.json("clips", "--case", "A-1")["clips"] == []
    assert stocked.json("show", clip)["category"] == "unclassified"
    assert stocked.json("verify")["ok"] is True


def test_tagging_several_is_all_or_none(stocked: Station) -> None:
    clip = stocked.json("clips")["clips"][0]["id"]
    before = stocked.json("checkpoint")
    assert stocked.json("tag", clip, NOBODY, "--case", "A-1", status=2)["clip"] == NOBODY
    assert stocked.json("checkpoint") == before
    assert stocked.json("clips", "--case", "A-1")["clips"] == []


def test_show_is_an_entry_and_says_everything(stocked: Station) -> None:
    stocked.json("upload")
    clip = stocked.json("clips")["clips"][0]
    shown = stocked.json("show", clip["id"])
    assert shown["record"]["path"] == clip["path"] == "DCIM/a.mp4"
    assert shown["officer"] == "badge 7"
    assert shown["receipts"][0]["kind"] == "trial"
    assert shown["sightings"][0]["state"] == "verified"
    entries = stocked.json("custody", "--clip", clip["id"])["entries"]
    kinds = [one["type"] for one in entries]
    assert kinds[0] == "docked"
    assert kinds[-1] == "viewed"
    assert {"inventory", "copied", "verified", "sealed", "sent", "received"} <= set(kinds)
    others = stocked.json("clips")["clips"][1]["id"]
    assert not any(one["subject"] == f"clip:{others}" for one in entries)


def test_export_writes_verified_bytes_once(stocked: Station, tmp_path: Path) -> None:
    clip = stocked.json("clips")["clips"][0]
    made = stocked.json("export", clip["id"], tmp_path / "out", "--purpose", "hearing")
    (name,) = made["files"]
    assert Path(name).read_bytes() == b"footage"
    assert Path(name).name == f"{clip['id']}-a.mp4"
    assert stocked.log()[-1]["personal"] == {"actor": "operator", "purpose": "hearing"}
    assert stocked.json("export", clip["id"], tmp_path / "out", status=5)["code"] == "target-exists"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [Path(name).name]


def test_an_altered_blob_is_not_exported(stocked: Station, tmp_path: Path) -> None:
    clip = stocked.json("clips")["clips"][0]
    blob = stocked.folder / "vault" / "blobs" / clip["sha256"][:2] / clip["sha256"]
    blob.chmod(0o640)
    blob.write_bytes(b"Footage")
    assert stocked.json("export", clip["id"], tmp_path / "out", status=3)["code"] == "blob-unsound"
    assert list((tmp_path / "out").iterdir()) == []
    verdict = stocked.json("verify", status=3)
    assert [(one["kind"], verdict["ok"]) for one in verdict["problems"]] == [("vault-digest", False)]
    blob.unlink()
    assert stocked.json("export", clip["id"], tmp_path / "out", status=3)["code"] == "blob-unsound"


def test_a_docking_is_exported_with_what_openssl_needs(stocked: Station, tmp_path: Path) -> None:
    docking = stocked.json("dockings")["dockings"][0]["id"]
    out = tmp_path / "out"
    stocked.json("export", docking, out)
    done = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", os.devnull),
            *("-in", out / f"{docking}.p7s", "-content", out / f"{docking}.json", "-CAfile", out / "ca.pem"),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / f"{docking}.json").read_bytes())
    assert len(manifest["records"]) == 3
    assert "badge" not in (out / f"{docking}.json").read_text()


def test_other_bytes_under_the_log_key_are_found(stocked: Station) -> None:
    key = stocked.folder / "keys" / "log.key.pem"
    key.chmod(0o600)
    key.write_bytes(new_private_key("ed25519"))
    stocked("tag", stocked.json("clips")["clips"][0]["id"], "--note", "x")
    verdict = stocked.json("verify", status=3)
    assert {one["kind"] for one in verdict["problems"]} <= {"foreign-key", "log-altered", "log-missing"}


def test_verify_never_writes(stocked: Station) -> None:
    def everything() -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in stocked.folder.rglob("*")
        }

    before = everything()
    assert run("--home", stocked.folder, "verify", "--json").document["ok"] is True
    assert everything() == before


def test_a_missing_home_folder_part_is_not_made_by_asking(stocked: Station) -> None:
    shutil.rmtree(stocked.folder / "vault")
    verdict = stocked.json("verify", status=3)
    assert {one["kind"] for one in verdict["problems"]} == {"vault-missing"}
    assert not (stocked.folder / "vault").exists()


# A terminal


def test_names_from_a_card_are_shown_and_not_obeyed(station: Station, tmp_path: Path) -> None:
    hostile = b"\x1b[2J\x1b]0;owned\x07\n\xff\xe2\x80\xae.mp4"
    card = os.fsencode(tmp_path / "hostile")
    os.mkdir(card)
    with open(card + b"/" + hostile, "wb") as file:
        file.write(b"x")
    os.symlink(b"nowhere", card + b"/l" + hostile)
    clip = None
    for arguments in (["ingest", card], ["ingest", card + b"/" + hostile], ["clips"], ["uploads"], ["custody"]):
        told: Told = station(*arguments)
        for stream in (told.out, told.err):
            assert b"\x1b" not in stream
            assert b"\x07" not in stream
            assert b"\xe2\x80\xae" not in stream
            stream.decode()
    clip = station.json("clips")["clips"][0]
    for arguments in (["show", clip["id"]], ["export", clip["id"], os.fsencode(tmp_path) + b"/\x1b[2J\xff"], ["receipts"]):
        told = station(*arguments)
        assert told.status == 0
        assert b"\x1b" not in told.out + told.err


def test_names_that_are_not_utf8_come_exactly_in_json(station: Station, tmp_path: Path) -> None:
    from base64 import b64decode

    missing = os.fsencode(tmp_path) + b"/\xff missing"
    error = station.json("ingest", missing, status=2)
    assert b64decode(error["path_b64"]) == missing
    card = os.fsencode(tmp_path / "c")
    os.mkdir(card)
    with open(card + b"/\xfe.mp4", "wb") as file:
        file.write(b"x")
    (clip,) = station.json("ingest", card)["clips"]
    assert b64decode(clip["path_b64"]) == b"\xfe.mp4"
    assert b64decode(station.json("show", clip["id"])["path_b64"]) == b"\xfe.mp4"
    made = station.json("export", clip["id"], tmp_path / "out")
    assert [os.fsdecode(b64decode(one)) for one in made["files_b64"]] == [str(path) for path in (tmp_path / "out").iterdir()]


@pytest.mark.parametrize("name", ["n" * 255, "字" * 85, "é" * 127, "a"], ids=["ascii", "chinese", "accents", "short"])
def test_the_longest_names_can_be_exported(station: Station, tmp_path: Path, name: str) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / name).write_bytes(b"x")
    (clip,) = station.json("ingest", tmp_path / "c")["clips"]
    (made,) = station.json("export", clip["id"], tmp_path / "out")["files"]
    assert Path(made).read_bytes() == b"x"
    assert Path(made).name.startswith(clip["id"] + "-")
    assert name.endswith(Path(made).name.removeprefix(clip["id"] + "-"))
