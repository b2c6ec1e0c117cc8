"""A package of the suite ``gm``: programs that are not ours accept it, and what is changed of SM3 or SM2 is named."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence import package_verifier
from evidence.certificates import new_private_key
from evidence.pem import pem
from evidence.signing import open_signer
from station.commands import Package, RevokeKey
from station.home import Home
from station.rooms import Rooms
from tests.court.authority import openssl
from tests.court.stage import CASE, Forgery, Stage, do, judge, kinds
from tests.court.test_accepted import commands, run
from tests.pieces import need_program


def test_the_package_of_the_suite_is_proven_to_the_command_and_to_the_carried_verifier(gm_stage: Stage, tmp_path: Path) -> None:
    verdict = judge(gm_stage, gm_stage.package)
    assert verdict.problems == []
    assert verdict.status == 0
    assert len(list(gm_stage.package.glob("data/manifests/*.sm2"))) == len(gm_stage.dockings)
    alone = [sys.executable, "-I", "-S", str(gm_stage.package / "verify_package.py"), str(gm_stage.package)]
    run(tmp_path, *alone, "--anchor", gm_stage.anchor, status=0)


def test_bagit_and_every_command_of_how_to_verify_accept_it(gm_stage: Stage) -> None:
    run(gm_stage.package.parent, sys.executable, "-W", "ignore", "-m", "bagit", "--validate", gm_stage.package)
    typed = commands(gm_stage.package)
    answers = [run(gm_stage.package, "bash", "-c", one, status=4 if "verify_package.py" in one else 0) for one in typed]
    assert sum("Signature Verified Successfully" in one for one in answers) == len(gm_stage.dockings) + 1, "SM2s, and the list's"
    assert sum(one.endswith(" SM3 OK\n") for one in answers) == len(gm_stage.clips)


def test_openssl_takes_the_same_sm3_as_entries_and_records(gm_stage: Stage) -> None:
    entries = [json.loads(line) for line in (gm_stage.package / "data/custody/log-1.jsonl").read_bytes().splitlines()]
    said = {one["subject"]: one["what"]["sm3"] for one in entries if one["type"] == "copied"}
    again = {one["subject"]: one["what"]["sm3"] for one in entries if one["type"] == "duplicate-seen"}
    assert said == again
    assert len(said) == len(gm_stage.clips)
    for path in (gm_stage.package / "data/clips").iterdir():
        told = openssl("dgst", "-sm3", "-r", path).split()[0].decode()
        assert said[f"clip:{path.stem}"] == told
        records = [json.loads(one.read_bytes()) for one in gm_stage.package.glob("data/records/*")]
        assert [one["sm3"] for one in records if one["clip"] == path.stem] == [told, told]


def test_the_custody_report_prints_it(gm_stage: Stage) -> None:
    need_program("pdftotext", "poppler-utils")
    text = run(gm_stage.package, "pdftotext", "-layout", "data/papers/custody-report.pdf", "-")
    for path in (gm_stage.package / "data/clips").iterdir():
        assert openssl("dgst", "-sm3", "-r", path).split()[0].decode() in text.replace("\n", " ")


def swapped(forgery: Forgery) -> None:
    one, other = sorted(forgery.root.glob("data/manifests/*.sm2"))
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)


def by_another_key(forgery: Forgery, *, laid_in: bool) -> None:
    folder = forgery.root.parent
    (folder / "stranger.pem").write_bytes(new_private_key("sm2"))
    stranger = open_signer("file:stranger.pem", folder)
    signature = forgery.path("data/manifests/*.sm2")
    signature.write_bytes(stranger.sign(signature.with_suffix(".json").read_bytes()))
    if laid_in:
        forgery.path("data/certificates/seal-gm-*.pub.pem").write_bytes(pem("PUBLIC KEY", stranger.public_der()))


def entry_says(forgery: Forgery, act: str, **members: str) -> None:
    entries = forgery.entries()
    next(one for one in entries if one["type"] == act)["what"].update(members)
    forgery.write_entries(entries)


def record_without(forgery: Forgery) -> None:
    forgery.json("data/records/*", lambda value: value.pop("sm3"))


TAMPERS: dict[str, tuple[str, Callable[[Forgery], object]]] = {
    "two SM2 signatures swapped": ("manifest-signature", swapped),
    "an SM2 signature left out": ("file-missing", lambda f: f.path("data/manifests/*.sm2").unlink()),
    "an SM2 signature by another key": ("manifest-signature", lambda f: by_another_key(f, laid_in=False)),
    "an SM2 signature by another key, which is laid in": ("foreign-key", lambda f: by_another_key(f, laid_in=True)),
    "a byte of an SM2 signature": ("manifest-signature", lambda f: f.flip(f.path("data/manifests/*.sm2"))),
    "an empty SM2 signature": ("manifest-signature", lambda f: f.path("data/manifests/*.sm2").write_bytes(b"")),
    "something behind an SM2 signature": (
        "manifest-signature",
        lambda f: f.path("data/manifests/*.sm2").write_bytes(f.path("data/manifests/*.sm2").read_bytes() + b"\0"),
    ),
    "a byte of the SM2 key": ("foreign-key", lambda f: f.flip(f.path("data/certificates/seal-gm-*.pub.pem"), 60)),
    "the SM2 key left out": ("file-missing", lambda f: f.path("data/certificates/seal-gm-*.pub.pem").unlink()),
    "another SM3 in an entry": ("entry-altered", lambda f: entry_says(f, "copied", sm3="00" * 32)),
    "another SM2 key in the sealing": ("entry-altered", lambda f: entry_says(f, "sealed", key_gm="00" * 32)),
    "another SM3 in a record": ("record-altered", lambda f: f.json("data/records/*", lambda value: value.update(sm3="00" * 32))),
    "no SM3 in a record": ("record-altered", record_without),
    "a byte of a clip": ("clip-altered", lambda f: f.flip(f.path("data/clips/*"))),
    "an SM2 signature too many": (
        "file-extra",
        lambda f: (f.root / f"data/manifests/{f.stage.clips[0]}.sm2").write_bytes(b"0"),
    ),
}


def test_listed_and_signed_anew_without_a_change_it_is_proven(gm_stage: Stage, gm_forgery: Forgery) -> None:
    gm_forgery.write_entries(gm_forgery.entries())
    gm_forgery.relist()
    gm_forgery.sign()
    assert judge(gm_stage, gm_forgery.root).status == 0


@pytest.mark.parametrize("name", TAMPERS)
def test_tampering_with_sm3_or_sm2_is_named_though_the_stations_own_log_key_signed_the_list(
    gm_stage: Stage, gm_forgery: Forgery, name: str
) -> None:
    kind, tamper = TAMPERS[name]
    tamper(gm_forgery)
    gm_forgery.relist()
    gm_forgery.sign()
    verdict = judge(gm_stage, gm_forgery.root)
    assert kind in kinds(verdict), verdict.problems
    assert verdict.status == 3


def test_an_sm3_that_the_station_itself_logged_wrongly_is_found_at_the_clip(gm_stage: Stage, tmp_path: Path) -> None:
    """What only a dishonest station can do: entry, record and manifest agree, and the bytes do not."""
    clip = next(path for path in (gm_stage.package / "data/clips").iterdir() if path.stat().st_size)
    folder = tmp_path / "forged"
    shutil.copytree(gm_stage.package, folder)
    verdict = package_verifier.Verdict()
    given = argparse.Namespace(anchor=(), checkpoint=(), witness=(), authority=())
    found = package_verifier.Package(package_verifier.Bag(folder, verdict), package_verifier.OpenSSL(tmp_path), given, verdict)
    found._sm3(clip.stem, f"data/clips/{clip.name}", {"00" * 32})
    assert [one["kind"] for one in verdict.problems] == ["clip-altered"]


def test_a_compromised_sm2_key_is_noted_and_the_seal_stands(gm_stage: Stage, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(gm_stage.before, home)
    rooms = Rooms.open(Home(home))
    with rooms.queries() as queries:
        key = next(name for role, name, _ in queries.certificates() if role == "seal-gm")
    rooms.close()
    do(home, RevokeKey(key, "compromised"))
    do(home, Package(os.fsencode(tmp_path / "package"), CASE))
    verdict = judge(gm_stage, tmp_path / "package")
    assert verdict.problems == []
    assert verdict.status == 0
    assert "second-seal-unproven" in {one["kind"] for one in verdict.notes}


def test_an_openssl_without_sm2_and_sm3_says_that_it_could_not_check_and_calls_nothing_bad(
    gm_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("openssl")
    (tmp_path / "openssl").write_text(
        f'#!/bin/sh\ncase " $* " in *sm3*|*distid*|*seal-gm*) exit 1;; esac\nexec {real} "$@"\n', encoding="ascii"
    )
    (tmp_path / "openssl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert subprocess.run(["openssl", "dgst", "-sm3", "/dev/null"], check=False, capture_output=True).returncode == 1
    verdict = judge(gm_stage, gm_stage.package)
    assert verdict.problems == []
    assert verdict.status == 4
    assert sum(one["kind"] == "gm-unchecked" for one in verdict.notes) == len(gm_stage.dockings) + len(gm_stage.clips)
