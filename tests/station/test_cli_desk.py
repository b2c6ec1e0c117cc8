"""What the commands about clips, proof and papers answer, and what a terminal is shown of names from a card."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from evidence.certificates import new_private_key
from tests.station.stations import Station, Told, run

Capture = pytest.CaptureFixture[bytes]
NOBODY = "0197f000-0000-7000-8000-000000000000"


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


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["tag", "CLIP", "--note", b"\xff"], "note"),
        (["tag", "CLIP", "--category", "c" * 65], "category"),
        (["ingest", "CARD", "--officer", b"\xff"], "officer"),
        (["ingest", "CARD", "--device", "d" * 129], "device"),
        (["export", "CLIP", "OUT", "--purpose", b"\xff"], "purpose"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_text_that_cannot_be_kept_is_refused(
    stocked: Station, card: Path, tmp_path: Path, arguments: list[str | bytes], name: str
) -> None:
    before = stocked.json("checkpoint")
    names = {"CARD": str(card), "OUT": str(tmp_path / "out"), "CLIP": stocked.json("clips")["clips"][0]["id"]}
    error = stocked.json(*(names.get(one, one) if isinstance(one, str) else one for one in arguments), status=2)
    assert (error["code"], error["name"]) == ("text-unfit", name)
    assert stocked.json("checkpoint") == before


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


def test_other_bytes_under_the_log_key_sign_nothing_and_are_found_where_the_software_lets_them(
    stocked: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stocked.folder / "keys" / "log.key.pem"
    key.chmod(0o600)
    key.write_bytes(new_private_key("ed25519"))
    clip = stocked.json("clips")["clips"][0]["id"]
    assert stocked.json("tag", clip, "--note", "x", status=5)["code"] == "key-not-in-force"
    assert stocked.json("verify")["problems"] == []
    monkeypatch.setattr("evidence.catalogue.ledger.check_log_key", lambda *_given: None)
    stocked.json("tag", clip, "--note", "x")
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
