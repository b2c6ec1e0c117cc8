"""Programs that are not ours accept every package: bagit, sha256sum, openssl, case_validate, an RFC 6962 checker, a bare Python."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from evidence import package_verifier
from tests.court import rfc6962
from tests.court.stage import Stage
from tests.pieces import need_program

ROOT = Path(__file__).parents[2]


def run(folder: Path, *command: str | Path, status: int = 0, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=100, check=False, env=env
    )
    assert done.returncode == status, (command, done.stdout, done.stderr)
    return done.stdout.decode()


def test_bagit_validates_it(stage: Stage) -> None:
    run(stage.package.parent, sys.executable, "-W", "ignore", "-m", "bagit", "--validate", stage.package)


@pytest.mark.parametrize("manifest", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_sha256sum_checks_it(stage: Stage, manifest: str) -> None:
    run(stage.package, need_program("sha256sum", "coreutils"), "--strict", "-c", manifest)


def test_openssl_checks_every_seal(stage: Stage) -> None:
    for docking in stage.dockings:
        stem = stage.package / "data" / "manifests" / docking
        run(
            stage.package,
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{stem}.p7s", "-content", f"{stem}.json"),
            *("-CAfile", "data/certificates/ca.pem", "-purpose", "any", "-out", os.devnull),
        )


def test_openssl_checks_every_time_stamp(stage: Stage) -> None:
    stamps = sorted(stage.package.glob("data/*/*.tsr"))
    assert len(stamps) == 3
    for one in stamps:
        message = one.with_suffix(".p7s" if one.parent.name == "manifests" else ".checkpoint")
        run(stage.package, *("openssl", "ts", "-verify", "-data", message, "-in", one, "-CAfile", stage.authority.certificate))


def test_case_validate_conforms(stage: Stage) -> None:
    program = Path(sys.executable).parent / "case_validate"
    assert "Conforms: True" in run(stage.package, program, "data/case.jsonld")


def test_an_rfc_6962_checker_that_is_not_ours_follows_every_proof(stage: Stage) -> None:
    custody = stage.package / "data" / "custody"
    proofs = json.loads((custody / "proofs.json").read_bytes())
    size = proofs["heads"]["1"]["size"]
    raw = (custody / "leaves-1.bin").read_bytes()
    leaves = [raw[at : at + 32] for at in range(0, len(raw), 32)]
    root = root_of(custody / f"1-{size}.checkpoint", size)
    assert len(leaves) == size
    assert rfc6962.mth(leaves) == root
    lines = (custody / "log-1.jsonl").read_bytes().splitlines()
    assert len(lines) > 20
    for line in lines:
        seq = json.loads(line)["seq"]
        leaf = sha256(b"\x00" + line).digest()
        assert leaf == leaves[seq]
        steps = [bytes.fromhex(step) for step in proofs["inclusion"][f"1/{seq}"]]
        assert steps == rfc6962.path(seq, leaves)
        assert rfc6962.check_path(leaf, seq, size, steps) == root
    assert proofs["consistency"]
    for one in proofs["consistency"]:
        assert [bytes.fromhex(step) for step in one["proof"]] == rfc6962.proof(one["old"], leaves[: one["new"]])
        assert root_of(custody / f"1-{one['old']}.checkpoint", one["old"]) == rfc6962.mth(leaves[: one["old"]])


def root_of(path: Path, size: int) -> bytes:
    lines = path.read_text().split("\n")
    assert lines[:2] == ["evidence-station/s1/1", str(size)]
    return b64decode(lines[2])


def commands(package: Path) -> list[str]:
    lines = (package / "HOW-TO-VERIFY.txt").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_every_command_of_how_to_verify_does_what_it_says(stage: Stage) -> None:
    typed = commands(stage.package)
    assert len(typed) > 10
    answers = [run(stage.package, "bash", "-c", one, status=4 if "verify_package.py" in one else 0) for one in typed]
    assert stage.anchor in answers[2]
    leaf = next(at for at, one in enumerate(typed) if "leaves-1.bin" in one)
    assert answers[leaf - 1].strip() == answers[leaf].strip() != ""
    assert sum(one.endswith(" OK\n") for one in answers) == len(stage.clips) + 1, "each clip, and the log's certificate"


def test_how_to_verify_names_each_clip_for_windows(stage: Stage) -> None:
    text = (stage.package / "HOW-TO-VERIFY.txt").read_text(encoding="utf-8")
    for path in (stage.package / "data" / "clips").iterdir():
        assert f"certutil -hashfile data\\clips\\{path.name} SHA256\n    {sha256(path.read_bytes()).hexdigest()}\n" in text


def carried(stage: Stage, folder: Path, *arguments: str | Path, status: int) -> str:
    """The copy in the package, as somebody runs it who has nothing of ours."""
    program: list[str | Path] = [sys.executable, "-I", "-S", stage.package / "verify_package.py", stage.package]
    return run(folder, "/usr/bin/env", "-i", *program, *arguments, status=status)


def test_the_carried_verifier_runs_alone(stage: Stage, tmp_path: Path) -> None:
    assert "unproven" in carried(stage, tmp_path, status=4)
    given: Sequence[str | Path] = ("--anchor", stage.anchor, "--checkpoint", stage.checkpoint)
    given = (*given, "--witness", stage.witness.verifier_key, "--authority", stage.authority.certificate, "--json")
    document = json.loads(carried(stage, tmp_path, *given, status=0))
    assert document["ok"]
    assert document["anchored"]
    assert document["problems"] == []
    assert {one["kind"] for one in document["notes"]} >= {"witnessed", "time-stamped", "checkpoint-agrees"}
    assert [len(one["time_stamps"]) for one in document["seals"]] == [1, 1]
    assert not list(tmp_path.iterdir()), "it writes nothing"
    assert "foreign-key" in carried(stage, tmp_path, "--anchor", "00" * 32, status=3)
    run(tmp_path, sys.executable, "-I", stage.package / "verify_package.py", tmp_path / "nowhere", status=2)


def test_a_witness_that_did_not_sign_is_missed(stage: Stage, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tests.court.authority import Witness

    other = Witness("other.example", Ed25519PrivateKey.generate())
    assert "[not-witnessed] other.example" in carried(
        stage, tmp_path, "--anchor", stage.anchor, "--witness", other.verifier_key, status=4
    )


def test_the_verifier_imports_nothing_but_the_standard_library_and_is_python_3_9() -> None:
    source = Path(package_verifier.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert "slots=True" not in source
    assert (ROOT / "evidence" / "package_verifier.py").read_bytes() == source.encode()


def test_the_package_carries_the_verifier_that_the_command_runs(stage: Stage) -> None:
    assert (stage.package / "verify_package.py").read_bytes() == Path(package_verifier.__file__).read_bytes()
