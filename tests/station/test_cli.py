"""The command line: one JSON document whatever happens, people's words elsewhere, and one exit status for each code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import click
import pytest

from station.cli.main import station as command_tree
from tests.station import typed
from tests.station.stations import PROGRAM, Station, call, run

Capture = pytest.CaptureFixture[bytes]
NOBODY = "0197f000-0000-7000-8000-000000000000"


def commands(group: click.Group = command_tree, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that there is, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = sorted(command for command in commands() if command[0] not in {"witness", "gui"})
"""Those of a station. A witness is none, and has tests of its own; so has the window, which prints nothing."""
HOMELESS = {"verify-package"} | typed.HOMELESS
PROGRAMS = {"status", "ingest", "sign-in", "cosign", "verify-package", "catalogue prepare"}
"""Those that are started as a program where they work: several exit statuses, stdin, a child of their own, no home.

The others are forks of a program that was imported once: processes as well, with descriptors, folder and variables of their own, without the
second that an interpreter takes to start, which is the same for all.
"""
DEAD_WITNESS = "city.example/w1+b91ace57+BH5TQ8FnXIAa/AevxpNHTmtM08y7gqcIS8Xht4uaS1zr http://127.0.0.1:1"

SUCCESS: dict[str, tuple[list[str], int]] = {  # arguments, status
    **typed.SUCCESS,
    "init": ([], 0),
    "status": ([], 0),
    "serve": (["--check"], 0),
    "settings show": ([], 0),
    "settings set": (["language", "zh"], 0),
    "settings accept": ([], 0),
    "slots list": ([], 0),
    "slots learn": (["--port", "pci-0000:00:14.0-usb-0:1.2"], 0),
    "slots forget": (["SLOT"], 0),
    "recover": (["--reason", "drill"], 0),
    "ingest": (["CARD"], 0),
    "watch": (["--once"], 0),
    "recorders": ([], 0),
    "seal": (["OPEN"], 4),
    "clips": ([], 0),
    "show": (["CLIP"], 0),
    "dockings": ([], 0),
    "tag": (["CLIP", "--case", "A-1"], 0),
    "export": (["CLIP", "OUT"], 0),
    "package": (["OUT", "--clip", "CLIP"], 0),
    "verify-package": (["BAG", "--anchor", "ANCHOR"], 0),
    "erase": (["DOCKING", "CARD", "--dry-run"], 0),
    "evict": (["--dry-run"], 0),
    "recall": (["CLIP"], 0),
    "forecast": ([], 0),
    "devices list": ([], 0),
    "devices show": (["CAMERA"], 0),
    "devices add": (["dsj:new", "--make", "Falcon", "--serial", "7", "--assign", "badge 7"], 0),
    "devices change": (["CAMERA", "--note", "a dent"], 0),
    "devices admit": (["CAMERA"], 0),
    "devices retire": (["CAMERA"], 0),
    "devices issue": (["CAMERA", "--officer", "badge 7", "--clock-shows", "2026-01-15T08:00:03"], 0),
    "devices return": (["ISSUED"], 0),
    "alarms list": (["--open"], 0),
    "alarms acknowledge": (["ALARM", "--note", "looked at"], 0),
    "custody": ([], 0),
    "checkpoint": ([], 0),
    "verify": ([], 0),
    "scrub": ([], 0),
    "cosign": ([], 6),
    "slip": (["DOCKING", "--out", "PAPER"], 0),
    "shift": (["--out", "PAPER"], 0),
    "upload": (["--until-idle"], 0),
    "uploads": ([], 0),
    "stamp": (["--until-idle"], 0),
    "stamps": ([], 0),
    "receipts": ([], 0),
    "key list": ([], 0),
    "key init": (["--role", "log"], 0),
    "key csr": (["--role", "WAITS"], 0),
    "key import": (["--chain", "CHAIN"], 0),
    "key rotate": (["--role", "seal"], 0),
    "key revoke": (["KEY", "--reason", "lost"], 0),
}
FAILURE: dict[str, tuple[list[str], str, int]] = {  # arguments, code, status
    **typed.FAILURE,
    "init": (["--station", "other"], "other-station", 5),
    "status": (["--no-such-option"], "usage", 2),
    "serve": (["--host", "192.0.2.1"], "serve-failed", 2),
    "settings show": (["extra"], "usage", 2),
    "settings set": (["langauge", "zh"], "unknown-setting", 2),
    "settings accept": (["extra"], "usage", 2),
    "slots list": (["extra"], "usage", 2),
    "slots learn": ([], "usage", 2),
    "slots forget": (["7"], "no-such-slot", 2),
    "recover": ([], "usage", 2),
    "ingest": (["/nonexistent"], "card-missing", 2),
    "watch": (["--once"], "no-drop-folder", 2),
    "recorders": (["extra"], "usage", 2),
    "seal": ([NOBODY], "not-open", 2),
    "clips": (["extra"], "usage", 2),
    "show": ([NOBODY], "no-such-clip", 2),
    "dockings": (["extra"], "usage", 2),
    "tag": ([NOBODY, "--case", "A"], "no-such-clip", 2),
    "export": ([NOBODY, "OUT"], "no-such-clip", 2),
    "package": (["OUT", "--clip", NOBODY], "no-such-clip", 2),
    "verify-package": (["/nonexistent"], "usage", 2),
    "erase": ([NOBODY, "CARD"], "no-such-docking", 2),
    "evict": (["extra"], "usage", 2),
    "recall": ([NOBODY], "no-such-clip", 2),
    "forecast": (["extra"], "usage", 2),
    "devices list": (["extra"], "usage", 2),
    "devices show": (["dsj:none"], "no-such-device", 2),
    "devices add": (["unidentified"], "device-known", 2),
    "devices change": (["dsj:none", "--note", "x"], "no-such-device", 2),
    "devices admit": (["dsj:none"], "no-such-device", 2),
    "devices retire": (["dsj:none"], "no-such-device", 2),
    "devices issue": (["dsj:none", "--officer", "7", "--clock-shows", "noon"], "not-a-time", 2),
    "devices return": (["CAMERA"], "device-not-issued", 5),
    "alarms list": (["extra"], "usage", 2),
    "alarms acknowledge": ([NOBODY], "no-such-alarm", 2),
    "custody": (["--clip", NOBODY], "no-such-clip", 2),
    "checkpoint": (["--out", "/nonexistent/folder/c"], "target-unusable", 5),
    "verify": (["--checkpoint", "/nonexistent"], "usage", 2),
    "scrub": (["--budget", "0"], "usage", 2),
    "cosign": ([], "no-witnesses", 2),
    "slip": ([NOBODY], "no-such-docking", 2),
    "shift": (["--out", "/nonexistent/folder/s.pdf"], "target-unusable", 5),
    "upload": (["extra"], "usage", 2),
    "uploads": (["extra"], "usage", 2),
    "stamp": (["extra"], "usage", 2),
    "stamps": (["--docking", NOBODY], "no-such-docking", 2),
    "receipts": (["--clip", NOBODY], "no-such-clip", 2),
    "key list": (["extra"], "usage", 2),
    "key init": (["--role", "log", "--uri", "https://key"], "key-unusable", 5),
    "key csr": (["--role", "seal"], "no-key-waits", 2),
    "key import": ([], "usage", 2),
    "key rotate": (["--role", "ca"], "usage", 2),
    "key revoke": ([NOBODY, "--reason", "lost"], "no-such-key", 2),
}


def test_every_command_is_tried() -> None:
    words = {" ".join(command) for command in COMMANDS}
    assert words == set(SUCCESS) == set(FAILURE)
    assert words >= PROGRAMS


def filled(station: Station, tmp_path: Path, arguments: list[str]) -> list[str]:
    """The arguments with the station's own ids in them."""
    names = {"CARD": str(tmp_path / "card"), "OUT": str(tmp_path / "out"), "PAPER": str(tmp_path / "paper.pdf")}
    if "DOCKING" in arguments:
        names["DOCKING"] = station.json("dockings")["dockings"][0]["id"]
    if "CLIP" in arguments:
        names["CLIP"] = station.json("clips")["clips"][0]["id"]
    if "BAG" in arguments:
        names["BAG"], names["ANCHOR"] = str(tmp_path / "bag"), station.json("init")["anchor"]
        station.json("package", names["BAG"], "--clip", station.json("clips")["clips"][0]["id"])
    if "KEY" in arguments:
        names["KEY"] = next(one["key"] for one in station.json("key", "list")["keys"] if one["role"] == "seal")
    if "CHAIN" in arguments:
        names["CHAIN"] = str(station.folder / "keys" / "ca.pem")
    if "WAITS" in arguments:
        names["WAITS"] = station.json("key", "init", "--role", "seal")["role"]
    if "SLOT" in arguments:
        names["SLOT"] = str(station.json("slots", "learn", "--port", "pci-0000:00:14.0-usb-0:1.3")["learned"]["slot"])
    if {"CAMERA", "ISSUED", "ALARM"} & set(arguments):
        names["CAMERA"] = names["ISSUED"] = station.json("devices", "add", "dsj:DSJ0042")["key"]
    if {"ISSUED", "ALARM"} & set(arguments):
        station.json("devices", "issue", names["ISSUED"], "--officer", "badge 7", "--clock-shows", "2010-01-01T00:00:03")
        names["ALARM"] = station.json("alarms", "list")["alarms"][0]["id"]
    if "OPEN" in arguments:
        names["OPEN"] = interrupted(station, tmp_path)
    names |= {word: make(station, tmp_path) for word, make in typed.NAMES.items() if word in arguments}
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
    stocked: Station, forked: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, status = SUCCESS[" ".join(command)]
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    if command == ("watch",):
        (tmp_path / "drop").mkdir()
        monkeypatch.setenv("EVIDENCE_STATION_DROP_FOLDER", str(tmp_path / "drop"))
        monkeypatch.setenv("EVIDENCE_STATION_DROP_SETTLE_SECONDS", "1")
    if command == ("cosign",):
        monkeypatch.setenv("EVIDENCE_STATION_WITNESSES", DEAD_WITNESS)
    words = " ".join(command)
    if words in typed.READY:
        typed.READY[words](stocked, tmp_path, monkeypatch)
    given = filled(stocked, tmp_path, arguments)
    program = PROGRAM if words in PROGRAMS else [forked / "evidence-station"]
    told = run("--home", stocked.folder, *command, *given, "--json", lines=typed.LINES.get(words, ""), program=program)
    assert told.status == status, told
    assert told.document.get("error", {}).get("code") == typed.REFUSED.get(words)
    assert b"Traceback" not in told.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_failure_is_one_document_on_stdout(
    station: Station, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, code, status = FAILURE[" ".join(command)]
    monkeypatch.setattr("sys.stdin", StringIO(2 * typed.LINES.get(" ".join(command), "")))
    given = filled(station, tmp_path, arguments)
    told = station(*command, *given, "--json")
    assert (told.error["code"], told.status) == (code, status)
    assert b"Traceback" not in told.err
    people = station(*command, *given)
    assert people.status == status
    assert people.out == b"", "a failure is not told on stdout"
    assert people.err.startswith(b"evidence-station: ")


@pytest.mark.parametrize("command", [one for one in COMMANDS if " ".join(one) not in HOMELESS], ids=" ".join)
def test_without_a_home_every_command_that_needs_one_says_so(
    command: tuple[str, ...], capsysbinary: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(2 * typed.LINES.get(" ".join(command), "")))
    named = {"OPEN": NOBODY, "WAITS": "seal", "CHAIN": __file__, "SLOT": "7", **dict.fromkeys(typed.NAMES, NOBODY)}
    for word, text in typed.FILES.items():
        named[word] = str(tmp_path / word)
        (tmp_path / word).write_text(text)
    given = [named.get(one, str(tmp_path) if one.isupper() else one) for one in SUCCESS[" ".join(command)][0]]
    nameless = call(capsysbinary, *command, *given, "--json")
    assert (nameless.error["code"], nameless.status) == ("no-home", 2)
    if command != ("init",):
        empty = call(capsysbinary, "--home", tmp_path / "none", *command, *given, "--json")
        assert (empty.error["code"], empty.status) == ("no-home", 2)
        assert not (tmp_path / "none").exists(), "asking makes no home"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "command", [one for one in COMMANDS if one not in {("watch",), ("seal",), ("init",), ("cosign",)}], ids=" ".join
)
def test_people_are_told_in_their_language(
    stocked: Station, tmp_path: Path, command: tuple[str, ...], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    typing = " ".join(command)
    if typing in typed.READY:
        typed.READY[typing](stocked, tmp_path, monkeypatch)
    arguments, status = SUCCESS[typing]
    given = filled(stocked, tmp_path, arguments)
    monkeypatch.setattr("sys.stdin", StringIO(typed.LINES.get(typing, "")))
    told = stocked(*command, *given)
    assert told.status == status, told
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
        (empty_catalogue, "catalogue-unusable", 5),
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
