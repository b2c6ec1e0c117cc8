"""The command line while a service has the home: the same output, the same faults, the same files, and one writer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from evidence.custody.entry import Actor
from station.cli import output
from station.cli.output import Context
from station.commands import Verify
from tests.pieces import need_program
from tests.station.service.conftest import Served
from tests.station.service.serving import Hatchery
from tests.station.stations import Argument, Station, Told, run

NOBODY = "0197f000-0000-7000-8000-000000000000"
MOMENT = re.compile(rb'"free_bytes":\d+|\d+\.\d GB free|20\d\d-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{64}|[0-9a-f]{32}|"seconds":[\d.]+')


@pytest.fixture(autouse=True)
def _only_the_service_opens_the_home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a service is there, a command of this process must not open the home."""
    if "served" not in request.fixturenames:
        return
    here = Context._here

    def refused(context: Context, command: object) -> object:
        assert isinstance(command, Verify) or not (context.home.run / "service.json").exists(), command
        return here(context, command)  # type: ignore[arg-type]  # it is the command it was given

    monkeypatch.setattr(output.Context, "_here", refused)


def masked(told: Told) -> tuple[int, bytes, bytes]:
    return told.status, MOMENT.sub(b"X", told.out), MOMENT.sub(b"X", told.err)


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("clips",),
    ("clips", "--json"),
    ("dockings",),
    ("custody",),
    ("custody", "--json"),
    ("uploads", "--json"),
    ("receipts",),
    ("stamps",),
    ("key", "list"),
    ("checkpoint",),
    ("settings", "show"),
    ("settings", "show", "--json"),
    ("show", NOBODY),
    ("show", NOBODY, "--json"),
    ("tag", NOBODY, "--note", "x"),
    ("seal", NOBODY, "--json"),
    ("cosign",),
    ("settings", "set", "langauge", "zh"),
    ("ingest", "/nonexistent", "--json"),
    ("ingest", "/nonexistent"),
    ("slip", NOBODY),
    ("export", NOBODY, "/nonexistent/out"),
    ("shift", "--out", "/nonexistent/shift.pdf"),
    ("scrub", "--budget", "1000"),
    ("upload",),
    ("verify", "--json"),
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_says_the_same_through_the_service(
    stocked: Station, served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    shutil.move(stocked.folder, tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", stocked.folder)
    here = [masked(stocked(*command)) for command in COMMANDS]
    shutil.rmtree(stocked.folder)
    shutil.move(tmp_path / "kept", stocked.folder)  # the same home at the same place, as it was
    monkeypatch.delenv("EVIDENCE_STATION_LANGUAGE")  # the service's own language is another than the asker's
    served(stocked.folder)
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
    for command, before in zip(COMMANDS, here, strict=True):
        assert masked(stocked(*command)) == before, command


def test_the_station_speaks_its_own_language_through_the_service(stocked: Station, served: Served) -> None:
    stocked("settings", "set", "language", "zh")
    served(stocked.folder)
    assert "没有片段" in stocked("show", NOBODY).err.decode()
    assert "片段" in stocked("status").out.decode()


def test_status_says_that_the_service_runs(stocked: Station, served: Served) -> None:
    assert stocked.json("status")["service"] is None
    served(stocked.folder)
    service = stocked.json("status")["service"]
    assert service["pid"] > 1
    assert {one["check"] for one in service["checks"]} >= {"keys", "log", "store", "disk", "clock"}
    assert f"process {service['pid']}" in stocked("status").out.decode()


def test_a_card_goes_in_through_the_service_with_progress_and_a_name_that_is_no_text(
    station: Station, served: Served, tmp_path: Path
) -> None:
    (tmp_path / "card").mkdir()
    with open(os.fsencode(tmp_path) + b"/card/\xff\n.mp4", "wb") as file:
        file.write(b"footage")
    served(station.folder)
    told = station("ingest", tmp_path / "card", "--json")
    assert told.status == 0, told
    (clip,) = told.document["clips"]
    assert b64decode(clip["path_b64"]) == b"\xff\n.mp4"
    assert b"media facts of 1 of 1" in told.err


def test_what_changes_the_settings_is_in_force_in_the_service_at_once(station: Station, served: Served) -> None:
    served(station.folder)
    assert station("settings", "set", "unit", "310000").status == 0
    shown = {one["name"]: one["value"] for one in station.json("settings", "show")["settings"]}
    assert shown["unit"] == "310000"
    with (station.folder / "station.toml").open("a", encoding="utf-8") as file:
        file.write("probe_seconds = 7\n")
    assert {one["name"]: one["value"] for one in station.json("settings", "show")["settings"]}["probe_seconds"] == 20
    assert station("settings", "accept").status == 0
    assert {one["name"]: one["value"] for one in station.json("settings", "show")["settings"]}["probe_seconds"] == 7


# Files for the caller


def clip_of(station: Station) -> str:
    return str(next(one["id"] for one in station.json("clips")["clips"] if one["size"]))


def docking_of(station: Station) -> str:
    return str(station.json("dockings")["dockings"][0]["id"])


def test_exports_come_back_and_are_written_by_the_caller(
    stocked: Station, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip, docking = clip_of(stocked), docking_of(stocked)
    served(stocked.folder)
    exported = stocked.json("export", clip, "out", "--purpose", "court")
    (file,) = exported["files"]
    assert Path(file).parent == tmp_path / "out"
    assert Path(file).read_bytes() == b"footage"
    papers = stocked.json("export", docking, "out")["files"]
    assert all(Path(one).is_file() for one in papers)
    assert {Path(one).name for one in papers} == {
        *(f"{docking}.{ending}" for ending in ("json", "p7s", "listing.json", "records.jsonl")),
        "ca.pem",
    }
    assert stocked.json("export", docking, "out", status=5)["path"].startswith(str(tmp_path / "out" / docking))
    assert stocked.json("export", clip, "out", status=5) == {
        **stocked.json("export", clip, "out", status=5),
        "code": "target-exists",
        "path": file,
    }
    assert not list((stocked.folder / "run" / "outgoing").iterdir()), "nothing stays behind"
    assert [one for one in (tmp_path / "out").iterdir() if one.name.endswith(".new")] == []


def test_an_authority_of_another_name_is_kept_beside(stocked: Station, served: Served, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ca.pem").write_bytes(b"another docking's authority")
    docking = docking_of(stocked)
    served(stocked.folder)
    papers = stocked.json("export", docking, tmp_path / "out")["files"]
    assert str(tmp_path / "out" / f"{docking}.ca.pem") in papers
    assert (tmp_path / "out" / "ca.pem").read_bytes() == b"another docking's authority"


def test_papers_come_back_whole_and_over_nothing(stocked: Station, served: Served, tmp_path: Path) -> None:
    served(stocked.folder)
    before = len(stocked.log())
    (tmp_path / "there.pdf").write_bytes(b"mine")
    assert stocked.json("shift", "--out", tmp_path / "there.pdf", status=5)["code"] == "target-exists"
    refused = stocked.json("shift", "--out", tmp_path / "nowhere" / "s.pdf", status=5)
    assert (refused["code"], refused["path"]) == ("target-unusable", str(tmp_path / "nowhere" / "s.pdf"))
    assert len(stocked.log()) == before, "nothing is logged of what cannot be written"
    answer = stocked.json("slip", docking_of(stocked), "--out", tmp_path / "slip.pdf")
    assert answer["file"] == str(tmp_path / "slip.pdf")
    assert (tmp_path / "slip.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "there.pdf").read_bytes() == b"mine"


def test_a_package_comes_back_and_holds(stocked: Station, served: Served, tmp_path: Path) -> None:
    need_program("openssl", "openssl")
    served(stocked.folder)
    anchor = stocked.json("key", "list")["anchors"][0]
    answer = stocked.json("package", tmp_path / "court", "--clip", clip_of(stocked))
    assert answer["folder"] == str(tmp_path / "court")
    done = subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=tmp_path / "court", check=False)
    assert done.returncode == 0
    assert stocked("verify-package", tmp_path / "court", "--anchor", anchor).status == 0
    assert stocked.json("package", tmp_path / "court", "--clip", clip_of(stocked), status=5)["code"] == "target-exists"


def test_files_belong_to_the_caller_and_the_service_needs_no_right_to_the_folder(
    stocked: Station, served: Served, tmp_path: Path
) -> None:
    """As root: the caller is somebody else, who may read the token and nothing else of the home."""
    if os.geteuid() != 0:
        pytest.skip("missing: root, to become somebody else")
    clip = clip_of(stocked)
    served(stocked.folder)
    somebody = 65534
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    os.chown(private, somebody, somebody)
    run_folder = stocked.folder / "run"
    for path in (run_folder, run_folder / "token", run_folder / "service.json", run_folder / "service.lock", stocked.folder):
        os.chown(path, 0, somebody)
    open_to = [*tmp_path.parents][:3]
    modes = [(one, one.stat().st_mode) for one in (tmp_path, *open_to)]
    for one, _ in modes:
        one.chmod(0o755)
    script = (
        "import os, sys, tarfile, encodings.idna, encodings.ascii, encodings.latin_1, station.httpclient, station.receiving, station.files, station.durable\n"
        "from station.cli import main\n"  # loaded first: this Python may lie where nobody else may read
        f"os.setgroups([]); os.setgid({somebody}); os.setuid({somebody})\n"
        "main(sys.argv[1:])"
    )
    words: list[Argument] = ["export", clip, private]
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-c", script, "--home", stocked.folder, *words, "--json"],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        for one, mode in modes:
            one.chmod(mode & 0o7777)
    assert done.returncode == 0, done
    (file,) = json.loads(done.stdout)["files"]
    assert Path(file).stat().st_uid == somebody
    assert Path(file).read_bytes() == b"footage"


# Who has the home


def test_init_does_not_open_a_home_that_a_service_has(stocked: Station, served: Served) -> None:
    served(stocked.folder)
    refused = stocked.json("init", status=5)
    assert refused["code"] == "home-held"
    assert refused["pid"] > 1


def test_a_service_that_was_killed_leaves_nothing_in_the_way(stocked: Station, hatchery: Hatchery) -> None:
    hatchery.client(stocked.folder, Actor("operator", "administrator"))
    kept = {name: (stocked.folder / "run" / name).read_bytes() for name in ("service.json", "token")}
    hatchery.stop(stocked.folder)
    for name, data in kept.items():
        (stocked.folder / "run" / name).write_bytes(data)  # as SIGKILL leaves them
    assert stocked.json("status")["service"] is None


def test_a_command_on_a_folder_that_is_no_home_leaves_nothing_there(tmp_path: Path) -> None:
    told = run("--home", tmp_path, "status", "--json")
    assert (told.status, told.error["code"]) == (2, "no-home")
    assert list(tmp_path.iterdir()) == []


def test_only_a_service_has_a_board(station: Station) -> None:
    assert station.json("watch", "--board", status=5)["code"] == "no-service"
    assert station.json("watch", status=2)["code"] == "no-drop-folder"


def test_watch_shows_the_board_while_the_service_runs(station: Station, served: Served) -> None:
    served(station.folder)
    told = station("watch", "--board", "--once", "--json")
    assert told.status == 0
    assert [slot["slot"] for slot in told.document["slots"]] == [1, 2]
    assert station("watch", "--board", "--once").out.decode().splitlines() == ["slot  1  empty", "slot  2  empty"]
