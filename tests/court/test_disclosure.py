"""A package for disclosure: redacted copies that were approved, their recipes and digests, and nothing of the originals."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence import package_verifier
from evidence.custody.entry import Actor
from station.client import InProcess
from station.commands import Command, Ingest, Package, Tag
from station.commands.derived import (
    AddRedaction,
    ApproveRedaction,
    ChangeRedaction,
    ListDerivatives,
    MakeRedaction,
    RemoveDerivative,
)
from station.derived.recipes import Makes
from station.engine import Engine
from station.home import Home
from station.packages import NothingRedacted
from station.rooms import Rooms
from station.setup import init
from tests.court.authority import openssl
from tests.court.stage import Forgery, Stage, do, kinds
from tests.court.test_accepted import commands, run
from tests.footage import footage
from tests.pieces import need_program

BOX = "black start:8,8,24,24 end:16,8,24,24"
SECRETS = (b"bystander", b"badge 7", b"MINOR.mp4", b"knife")


def as_supervisor(home: Path, command: Command) -> Any:  # noqa: ANN401  # a JSON document
    rooms = Rooms.open(Home(home))
    try:
        return InProcess(Engine(rooms), Actor("badge 9", "supervisor")).call(command).document
    finally:
        rooms.close()


@pytest.fixture(scope="module")
def disclosed(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A station, two clips with redactions, and the package for disclosure; nobody writes to it."""
    need_program("openssl", "openssl")
    folder = tmp_path_factory.mktemp("disclosed")
    home = folder / "home"
    init(Home(home), "s1", "unit-1")
    (folder / "card").mkdir()
    (folder / "card" / "MINOR.mp4").write_bytes(footage())
    (folder / "card" / "other.mp4").write_bytes(footage(seconds=2))
    taken = do(home, Ingest((os.fsencode(folder / "card"),), "badge 7"))
    clips = tuple(sorted(one["id"] for one in taken["clips"]))
    do(home, Tag(clips, note="knife"))
    for clip in clips:
        redaction = do(home, AddRedaction(clip, (BOX,), ("start-0.5s",), note="bystander"))["redaction"]
        do(home, MakeRedaction(redaction))
        as_supervisor(home, ApproveRedaction(redaction))
    shutil.copytree(home, folder / "before")
    do(home, Package(os.fsencode(folder / "package"), clips=clips, purpose="defence", disclosure=True))
    anchor = openssl("x509", "-in", home / "keys" / "ca.pem", "-noout", "-fingerprint", "-sha256").decode()
    anchor = anchor.strip().partition("=")[2]
    nothing: Any = None
    return Stage(
        *(home, folder / "before", folder / "package", nothing, anchor, nothing, nothing, clips, "", (taken["docking"],))
    )


def verdict_of(stage: Stage, folder: Path) -> Any:  # noqa: ANN401  # the verifier's own
    return package_verifier.verify(folder, (stage.anchor,))


def test_it_is_proven_and_says_of_each_copy_which_original_it_is_of(disclosed: Stage) -> None:
    found = verdict_of(disclosed, disclosed.package)
    assert (found.problems, found.status) == ([], 0)
    assert [one["state"] for one in found.about["clips"]] == ["redacted", "redacted"]
    noted = {one["subject"]: one["detail"] for one in found.notes if one["kind"] == "redacted"}
    index = json.loads((disclosed.package / "data/package.json").read_bytes())
    assert {one["clip"] for one in index["clips"]} == set(disclosed.clips) == set(noted)
    assert all(one["sha256"] in noted[one["clip"]] for one in index["clips"])


def test_no_original_and_nobodys_name_is_in_it(disclosed: Stage) -> None:
    everything = b"".join(path.read_bytes() for path in disclosed.package.rglob("*") if path.is_file())
    assert not [one for one in SECRETS if one in everything]
    originals = {path.read_bytes() for path in (disclosed.home / "vault" / "blobs").glob("*/*")}
    assert not originals & {path.read_bytes() for path in disclosed.package.rglob("*") if path.is_file()}
    assert sorted(path.name for path in (disclosed.package / "data").iterdir()) == [
        *("case.jsonld", "certificates", "custody", "manifests", "package.json", "papers", "redacted")
    ]
    entries = [json.loads(line) for line in (disclosed.package / "data/custody/log-1.jsonl").read_bytes().splitlines()]
    recipes = [one["what"]["said"]["recipe"] for one in entries if one["type"] == "recorded"]
    assert len(recipes) == 6
    assert {len(one["boxes"]) for one in recipes} == {1}


def test_programs_that_are_not_ours_accept_it(disclosed: Stage) -> None:
    run(disclosed.package.parent, sys.executable, "-W", "ignore", "-m", "bagit", "--validate", disclosed.package)
    program = Path(sys.executable).parent / "case_validate"
    assert "Conforms: True" in run(disclosed.package, program, "data/case.jsonld")
    typed = commands(disclosed.package)
    answers = [run(disclosed.package, "bash", "-c", one, status=4 if "verify_package.py" in one else 0) for one in typed]
    assert sum(one.endswith(" OK\n") for one in answers) == 3, "each copy, and the log's certificate"


def test_the_same_position_gives_the_same_bytes_also_when_the_copies_are_made_again(disclosed: Stage, tmp_path: Path) -> None:
    shutil.copytree(disclosed.home, tmp_path / "home")
    size = json.loads((disclosed.package / "data/package.json").read_bytes())["log"]["size"]
    for one in do(tmp_path / "home", ListDerivatives())["derivatives"]:
        if one["makes"] == Makes.REDACTED:
            do(tmp_path / "home", RemoveDerivative(one["id"]))
    again = Package(os.fsencode(tmp_path / "again"), clips=disclosed.clips, purpose="defence", disclosure=True, at=size)
    do(tmp_path / "home", again)
    for path in disclosed.package.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(disclosed.package)).read_bytes() == path.read_bytes()


def test_a_copy_that_was_changed_after_it_was_approved_goes_nowhere(disclosed: Stage, tmp_path: Path) -> None:
    shutil.copytree(disclosed.before, tmp_path / "home")
    found = do(tmp_path / "home", ChangeRedaction(redaction_of(tmp_path / "home", disclosed.clips[0]), burn_in=False))
    assert found["state"] == "drafted"
    with pytest.raises(NothingRedacted):
        do(tmp_path / "home", Package(os.fsencode(tmp_path / "out"), clips=disclosed.clips, disclosure=True))
    assert not (tmp_path / "out").exists()


def redaction_of(home: Path, clip: str) -> str:
    from station.commands.derived import ListRedactions

    return str(do(home, ListRedactions(clip))["redactions"][0]["redaction"])


def other_copy(forgery: Forgery) -> None:
    """The approved copy of another clip."""
    forgery.path("data/redacted/*", 0).write_bytes(forgery.path("data/redacted/*", 1).read_bytes())


def without_approval(forgery: Forgery) -> None:
    entries = forgery.entries()
    entries.remove(next(one for one in entries if one["type"] == "recorded" and one["what"]["said"]["state"] == "approved"))
    forgery.write_entries(entries)


def an_original(forgery: Forgery) -> None:
    blob = next((forgery.stage.home / "vault" / "blobs").glob("*/*"))
    (forgery.root / "data" / "clips").mkdir()
    (forgery.root / "data" / "clips" / f"{forgery.stage.clips[0]}.mp4").write_bytes(blob.read_bytes())


def another_original(index: Any) -> None:  # noqa: ANN401  # a JSON document
    index["clips"][0]["sha256"] = "0" * 64


def no_redaction(index: Any) -> None:  # noqa: ANN401  # a JSON document
    del index["clips"][0]["redacted"]


@pytest.mark.parametrize(
    ("kind", "tamper"),
    [
        ("clip-altered", lambda forgery: forgery.flip(forgery.path("data/redacted/*"))),
        ("clip-altered", other_copy),
        ("clip-missing", lambda forgery: forgery.path("data/redacted/*").unlink()),
        ("entry-missing", without_approval),
        ("file-extra", an_original),
        ("package-index", lambda forgery: forgery.json("data/package.json", another_original)),
        ("package-index", lambda forgery: forgery.json("data/package.json", no_redaction)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_forgery_is_named_also_when_it_is_listed_and_signed_anew(
    disclosed: Stage, tmp_path: Path, kind: str, tamper: Callable[[Forgery], object]
) -> None:
    forgery = Forgery(disclosed, tmp_path / "forged")
    tamper(forgery)
    forgery.relist()
    forgery.sign()
    assert kind in kinds(verdict_of(disclosed, forgery.root))
