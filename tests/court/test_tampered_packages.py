"""What a forger can do to a package, with and without the station's keys, and the name that the verifier has for it."""

from __future__ import annotations

import json
import os
import shutil
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import package_verifier
from station.commands import Ingest, Package, Tag
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.court.authority import Authority, openssl
from tests.court.stage import CASE, Forgery, Stage, canonical, do, judge, kinds, revoke, stamp

PLAIN, LISTED, SIGNED = "left as it is", "listed anew", "listed and signed anew with the station's own log key"


@dataclass(frozen=True)
class Tamper:
    """What is done, how far the forger covers it up, and the kind that must be among the problems."""

    kind: str
    how: str
    do: Callable[[Forgery], object]


def clip_path(forgery: Forgery, which: int) -> Path:
    return forgery.path("data/clips/*", which)


def swap(first: Path, second: Path) -> None:
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def other_genuine(forgery: Forgery) -> None:
    rooms = Rooms.open(Home(forgery.stage.home))
    with rooms.queries() as queries:
        row = queries.clip(forgery.stage.other_clip)  # type: ignore[arg-type]  # an id out of an answer
    rooms.close()
    assert row is not None
    clip_path(forgery, 0).write_bytes((forgery.stage.home / "vault" / "blobs" / row.sha256[:2] / row.sha256).read_bytes())


def leave_out(forgery: Forgery, act: str) -> None:
    entries = forgery.entries()
    entries.remove([one for one in entries if one["type"] == act][-1])
    forgery.write_entries(entries)


def alter_entry(forgery: Forgery) -> None:
    entries = forgery.entries()
    next(one for one in entries if one["type"] == "tagged")["when"]["utc"] = "2026-01-01T00:00:00.000000Z"
    forgery.write_entries(entries)


def drop_clip(forgery: Forgery, index: bool) -> None:
    clip_path(forgery, 0).unlink()
    if index:
        forgery.json("data/package.json", lambda value: value["clips"].pop(0))


def drop_newest_clip_whole(forgery: Forgery) -> None:
    """The clip, its index line, its entries and the one that ends its list."""
    clip = forgery.stage.clips[-1]
    forgery.path(f"data/clips/{clip}*").unlink()
    forgery.json("data/package.json", lambda value: value.update(clips=[one for one in value["clips"] if one["clip"] != clip]))
    for path in forgery.root.glob("data/records/*"):
        if json.loads(path.read_bytes())["clip"] == clip:
            path.unlink()
    forgery.write_entries([one for one in forgery.entries() if one["subject"] != f"clip:{clip}"])


def token_of_another(forgery: Forgery) -> None:
    first, second = sorted(forgery.root.glob("data/manifests/*.tsr"))
    first.write_bytes(second.read_bytes())


def token_of_a_stranger(forgery: Forgery) -> None:
    stranger = Authority(forgery.root.parent / "stranger")
    token = forgery.path("data/manifests/*.tsr")
    token.write_bytes(stranger.stamp(token.with_suffix(".p7s").read_bytes())[0])


def reseal(forgery: Forgery) -> None:
    body, seal = forgery.path("data/manifests/*.json"), forgery.path("data/manifests/*.p7s")
    key, certificate = forgery.root.parent / "k.pem", forgery.root.parent / "c.pem"
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=s1 seal"),
        *("-keyout", key, "-out", certificate),
    )
    openssl("cms", "-sign", "-binary", "-outform", "DER", "-in", body, "-signer", certificate, "-inkey", key, "-out", seal)


def another_certificate(forgery: Forgery) -> None:
    made = forgery.root.parent / "c.pem"
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=s1 seal"),
        *("-keyout", forgery.root.parent / "k.pem", "-out", made),
    )
    forgery.path("data/certificates/seal-*.pem").write_bytes(made.read_bytes())


def line_added(forgery: Forgery, line: str) -> None:
    manifest = forgery.root / "manifest-sha256.txt"
    manifest.write_text(manifest.read_text() + line)
    forgery.relist_tags()


def twice(forgery: Forgery) -> None:
    line_added(forgery, (forgery.root / "manifest-sha256.txt").read_text().splitlines(keepends=True)[0])


def in_capitals(forgery: Forgery) -> None:
    path = forgery.path("data/records/*")
    shutil.copy(path, path.with_name(path.name.upper()))


def a_link(forgery: Forgery) -> None:
    path = clip_path(forgery, 0)
    path.rename(forgery.root.parent / "elsewhere")
    path.symlink_to(forgery.root.parent / "elsewhere")


def grown(forgery: Forgery) -> None:
    with forgery.path("data/package.json").open("r+b") as file:
        file.truncate(package_verifier.SMALL + 1)


def member_twice(forgery: Forgery) -> None:
    path = forgery.path("data/package.json")
    path.write_bytes(path.read_bytes()[:-1] + b',"v":1}')


def index_of(forgery: Forgery, **members: Any) -> None:  # noqa: ANN401  # members of a JSON object
    forgery.json("data/package.json", lambda value: value["clips"][0].update(members))


def cosigned(forgery: Forgery) -> None:
    path = forgery.path("data/custody/*.cosigned")
    lines = path.read_text().splitlines(keepends=True)
    letter = "A" if lines[-1][-20] != "A" else "B"
    path.write_text("".join(lines[:-1]) + lines[-1][:-20] + letter + lines[-1][-19:])


def head_signature(forgery: Forgery) -> None:
    path = forgery.path("data/custody/*.checkpoint", -1)
    text = path.read_text()
    letter = "A" if text[-20] != "A" else "B"
    path.write_text(text[:-20] + letter + text[-19:])


def foreign_entry(forgery: Forgery) -> None:
    """A genuine entry of another clip, with a genuine proof: it was nobody's to see."""
    from evidence.catalogue.connect import reading
    from evidence.catalogue.extracts import Extracts
    from evidence.ids import StationId

    rooms = Rooms.open(Home(forgery.stage.home))
    with reading(rooms.catalogue) as connection:
        extracts = Extracts(connection, StationId("s1"))
        stranger = extracts.entries([f"clip:{forgery.stage.other_clip}"])[0]
        size = json.loads(forgery.path("data/custody/proofs.json").read_bytes())["heads"]["1"]["size"]
        proof = [step.hex() for step in extracts.tree(1).inclusion(stranger.seq, size)]
    rooms.close()
    forgery.write_entries(sorted([*forgery.entries(), json.loads(stranger.body)], key=lambda one: int(one["seq"])))
    forgery.json("data/custody/proofs.json", lambda value: value["inclusion"].update({f"1/{stranger.seq}": proof}))


def entry_twice(forgery: Forgery) -> None:
    entries = forgery.entries()
    forgery.write_entries([entries[0], *entries])


def proof_changed(forgery: Forgery) -> None:
    def change(value: Any) -> None:  # noqa: ANN401  # a JSON object
        name = sorted(value["inclusion"])[3]
        value["inclusion"][name][0] = "00" * 32

    forgery.json("data/custody/proofs.json", change)


def consistency_changed(forgery: Forgery) -> None:
    forgery.json("data/custody/proofs.json", lambda value: value["consistency"][0]["proof"].__setitem__(0, "00" * 32))


def personal(forgery: Forgery, member: str, value: str) -> None:
    forgery.json("data/custody/personal.json", lambda found: found[0].update({member: value}))


def record(forgery: Forgery) -> None:
    forgery.json("data/records/*", lambda value: value.update(salt="00" * 16))


def stray_clip(forgery: Forgery) -> None:
    shutil.copy(clip_path(forgery, 0), forgery.root / f"data/clips/{forgery.stage.other_clip}.mp4")


def rename(forgery: Forgery) -> None:
    path = clip_path(forgery, 0)
    path.rename(path.with_suffix(".mov"))


def no_token(forgery: Forgery) -> None:
    forgery.path("data/manifests/*.tsr").unlink()


def no_manifest(forgery: Forgery) -> None:
    for pattern in ("data/manifests/*.json", "data/manifests/*.p7s", "data/manifests/*.tsr"):
        forgery.path(pattern).unlink()


def bundle(forgery: Forgery) -> None:
    another_certificate(forgery)
    path = forgery.path("data/certificates/ca.pem")
    path.write_bytes(path.read_bytes() + (forgery.root.parent / "c.pem").read_bytes())


def bomb(forgery: Forgery) -> None:
    forgery.path("data/package.json").write_bytes(b"[" * 100_000 + b"]" * 100_000)


def digits(forgery: Forgery) -> None:
    forgery.path("data/package.json").write_bytes(b'{"v":' + b"9" * 100_000 + b"}")


TAMPERS: dict[str, Tamper] = {
    "a byte of a clip": Tamper("file-altered", PLAIN, lambda f: f.flip(clip_path(f, 0))),
    "a byte of a clip, listed": Tamper("package-signature", LISTED, lambda f: f.flip(clip_path(f, 0))),
    "a byte of a clip, signed": Tamper("clip-altered", SIGNED, lambda f: f.flip(clip_path(f, 0))),
    "a clip swapped for another genuine one": Tamper("clip-altered", SIGNED, other_genuine),
    "two clips of the package swapped": Tamper("clip-altered", SIGNED, lambda f: swap(clip_path(f, 0), clip_path(f, 1))),
    "a clip and its digest in the index": Tamper("package-index", SIGNED, lambda f: index_of(f, sha256="00" * 32)),
    "another unit in the index": Tamper(
        "package-index", SIGNED, lambda f: f.json("data/package.json", lambda v: v.update(unit="x"))
    ),
    "another log in the index": Tamper(
        "package-index", SIGNED, lambda f: f.json("data/package.json", lambda v: v["log"].update(size=1))
    ),
    "another date in the index": Tamper(
        "package-index", SIGNED, lambda f: f.json("data/package.json", lambda v: v.update(made_at="2026-01-01T00:00:00.000000Z"))
    ),
    "another path in the index": Tamper("package-index", SIGNED, lambda f: index_of(f, path="DCIM/z.mp4")),
    "a clip is gone": Tamper("clip-missing", SIGNED, lambda f: drop_clip(f, index=False)),
    "a clip is gone, from the index too": Tamper("clip-missing", SIGNED, lambda f: drop_clip(f, index=True)),
    "a clip is gone with all that speaks of it": Tamper("entry-missing", SIGNED, drop_newest_clip_whole),
    "a clip too many": Tamper("file-extra", SIGNED, stray_clip),
    "an entry left out of the middle": Tamper("entry-missing", SIGNED, lambda f: leave_out(f, "tagged")),
    "the newest entry of a docking left out": Tamper("entry-missing", SIGNED, lambda f: leave_out(f, "time-stamped")),
    "the entry that ends a list left out": Tamper("entry-missing", SIGNED, lambda f: leave_out(f, "exported")),
    "the introduction of a key left out": Tamper("entry-missing", SIGNED, lambda f: leave_out(f, "key-introduced")),
    "the sealing left out": Tamper("entry-missing", SIGNED, lambda f: leave_out(f, "sealed")),
    "an entry altered": Tamper("entry-altered", SIGNED, alter_entry),
    "an entry twice": Tamper("entry-extra", SIGNED, entry_twice),
    "an entry of another clip": Tamper("entry-extra", SIGNED, foreign_entry),
    "an inclusion proof": Tamper("proof-altered", SIGNED, proof_changed),
    "a consistency proof": Tamper("proof-altered", SIGNED, consistency_changed),
    "a leaf hash": Tamper("proof-altered", SIGNED, lambda f: f.flip(f.path("data/custody/leaves-1.bin"), 40)),
    "a token of another manifest": Tamper("time-stamp-other", SIGNED, token_of_another),
    "a token of another authority": Tamper("time-stamp-signature", SIGNED, token_of_a_stranger),
    "garbage for a token": Tamper(
        "time-stamp-signature", SIGNED, lambda f: f.path("data/manifests/*.tsr").write_bytes(b"0" * 900)
    ),
    "a token left out": Tamper("file-missing", SIGNED, no_token),
    "a record's salt": Tamper("record-altered", SIGNED, record),
    "two records swapped": Tamper(
        "record-altered", SIGNED, lambda f: swap(f.path("data/records/*", 0), f.path("data/records/*", 1))
    ),
    "a personal value": Tamper("personal-altered", SIGNED, lambda f: personal(f, "value", "somebody else")),
    "the salt of a personal value": Tamper("personal-altered", SIGNED, lambda f: personal(f, "salt", "00" * 16)),
    "a manifest": Tamper("manifest-altered", SIGNED, lambda f: f.json("data/manifests/*.json", lambda v: v.update(bytes=1))),
    "a manifest left out": Tamper("file-missing", SIGNED, no_manifest),
    "a manifest sealed by somebody else": Tamper("foreign-key", SIGNED, reseal),
    "seals of two manifests swapped": Tamper(
        "manifest-signature", SIGNED, lambda f: swap(f.path("data/manifests/*.p7s", 0), f.path("data/manifests/*.p7s", 1))
    ),
    "a certificate of somebody else": Tamper("foreign-key", SIGNED, another_certificate),
    "an authority slipped in": Tamper("foreign-key", SIGNED, bundle),
    "a witness's line": Tamper("cosignature", SIGNED, cosigned),
    "the checkpoint's signature": Tamper("checkpoint-signature", SIGNED, head_signature),
    "a paper, listed anew": Tamper("package-signature", LISTED, lambda f: f.flip(f.path("data/case.jsonld"))),
    "a file is missing": Tamper("file-missing", PLAIN, lambda f: f.path("data/case.jsonld").unlink()),
    "a file too many": Tamper("file-extra", PLAIN, lambda f: (f.root / "data" / "note.txt").write_text("x")),
    "a file renamed": Tamper("file-extra", PLAIN, rename),
    "a link for a clip": Tamper("bag-link", PLAIN, a_link),
    "a pipe": Tamper("bag-link", PLAIN, lambda f: os.mkfifo(f.root / "data" / "pipe")),
    "a path that leads out": Tamper("bag-path", PLAIN, lambda f: line_added(f, f"{'0' * 64}  ../../etc/passwd\n")),
    "an absolute path": Tamper("bag-path", PLAIN, lambda f: line_added(f, f"{'0' * 64}  /etc/passwd\n")),
    "a hidden file": Tamper("bag-path", PLAIN, lambda f: (f.root / ".x").write_text("x")),
    "a line twice": Tamper("bag-duplicate", PLAIN, twice),
    "a name in capitals": Tamper("bag-case", PLAIN, in_capitals),
    "a line that is none": Tamper("bag-malformed", PLAIN, lambda f: line_added(f, "nothing\n")),
    "another kind of bag": Tamper("bag-malformed", SIGNED, lambda f: (f.root / "bagit.txt").write_text("BagIt-Version: 0.97\n")),
    "a file of 64 megabytes where small ones are": Tamper("too-large", PLAIN, grown),
    "a member twice": Tamper("package-malformed", SIGNED, member_twice),
    "a hundred thousand brackets": Tamper("package-malformed", SIGNED, bomb),
    "a number of a hundred thousand digits": Tamper("package-malformed", SIGNED, digits),
    "JSON of another shape": Tamper("package-malformed", SIGNED, lambda f: f.path("data/package.json").write_bytes(b"[]")),
}


def commit(forgery: Forgery, tamper: Tamper) -> None:
    tamper.do(forgery)
    if tamper.how in (LISTED, SIGNED):
        forgery.relist()
    if tamper.how == SIGNED:
        forgery.sign()


def test_there_are_many_kinds_of_tampering() -> None:
    assert len(TAMPERS) >= 50


def test_the_package_itself_is_proven(stage: Stage) -> None:
    verdict = judge(stage, stage.package)
    assert verdict.problems == []
    assert verdict.status == 0


def test_a_package_that_was_listed_and_signed_anew_without_a_change_is_proven(stage: Stage, forgery: Forgery) -> None:
    forgery.write_entries(forgery.entries())
    forgery.relist()
    forgery.sign()
    verdict = judge(stage, forgery.root)
    assert verdict.problems == []
    assert verdict.status == 0


@pytest.mark.parametrize("name", TAMPERS)
def test_tampering_is_named(stage: Stage, forgery: Forgery, name: str) -> None:
    commit(forgery, TAMPERS[name])
    verdict = judge(stage, forgery.root)
    assert TAMPERS[name].kind in kinds(verdict), verdict.problems
    assert verdict.status == 3
    assert kinds(verdict) <= set(package_verifier.KINDS)
    assert {one["kind"] for one in verdict.notes} <= set(package_verifier.NOTES)


def forged_station(stage: Stage, folder: Path) -> Path:
    """Everything made again under a fresh authority, with the same names and footage."""
    home = folder / "fresh"
    init(Home(home), "s1", "unit-1")
    do(home, Ingest((os.fsencode(stage.home.parent / "card"),), "badge 7"))
    clips = [one["id"] for one in do(home, Ingest((os.fsencode(stage.home.parent / "card"),), "badge 7"))["clips"]]
    do(home, Tag(tuple(clips), case_number=CASE))
    do(home, Package(os.fsencode(folder / "package"), CASE))
    return folder / "package"


def test_a_package_of_a_fresh_authority_is_foreign_to_the_anchor_and_to_a_kept_checkpoint(stage: Stage, tmp_path: Path) -> None:
    made = forged_station(stage, tmp_path)
    alone = package_verifier.verify(made)
    assert alone.problems == []
    assert alone.status == 4, "without an anchor it is consistent, and no more"
    assert "foreign-key" in kinds(package_verifier.verify(made, anchors=(stage.anchor,)))
    assert "foreign-key" in kinds(package_verifier.verify(made, checkpoints=(stage.checkpoint,)))


def test_a_package_of_a_fork_contradicts_the_checkpoint_that_was_kept(stage: Stage, tmp_path: Path) -> None:
    from evidence.catalogue import schema
    from evidence.catalogue.connect import writing

    fork = tmp_path / "fork"
    shutil.copytree(stage.before, fork)
    rooms = Rooms.open(Home(fork))
    with rooms.queries() as queries:
        size = queries.head().size
    with writing(rooms.catalogue) as connection:  # the last commit never happened, and then history goes on otherwise
        entry, checkpoint, clip = schema.custody_entry, schema.checkpoint, schema.clip
        connection.execute(entry.delete().where(entry.c.seq == size - 1))
        connection.execute(checkpoint.delete().where(checkpoint.c.size == size))
        connection.execute(clip.update().values(category="unclassified"))
    rooms.close()
    do(fork, Tag(stage.clips[:1], category="training"))
    do(fork, Package(os.fsencode(tmp_path / "package"), CASE))
    assert judge(stage, tmp_path / "package", checkpoints=()).problems == []
    verdict = judge(stage, tmp_path / "package")
    assert kinds(verdict) == {"forked"}
    assert verdict.status == 3


def test_a_checkpoint_from_later_proves_nothing_and_says_so(stage: Stage, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(stage.home, later)
    do(later, Tag(stage.clips[:1], note="after"))
    rooms = Rooms.open(Home(later))
    with rooms.queries() as queries:
        (tmp_path / "note").write_text(queries.head().note)
    rooms.close()
    verdict = judge(stage, stage.package, checkpoints=(tmp_path / "note",))
    assert verdict.status == 4
    assert "checkpoint-later" in {one["kind"] for one in verdict.notes}


def revoked(stage: Stage, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    shutil.copytree(stage.before, home)
    revoke(home, "seal")
    return home


def test_a_manifest_sealed_with_a_revoked_key_is_named(stage: Stage, tmp_path: Path) -> None:
    home = revoked(stage, tmp_path)
    card = tmp_path / "card"
    card.mkdir()
    (card / "late.mp4").write_bytes(b"late")
    clip = do(home, Ingest((os.fsencode(card),)))["clips"][0]["id"]
    do(home, Package(os.fsencode(tmp_path / "package"), clips=(clip,)))
    assert "key-not-in-force" in kinds(judge(stage, tmp_path / "package"))


def test_a_seal_from_before_the_compromise_counts_with_a_token_and_not_without(stage: Stage, tmp_path: Path) -> None:
    home = tmp_path / "unstamped"
    shutil.copytree(stage.before, home)
    card = tmp_path / "card"
    card.mkdir()
    (card / "new.mp4").write_bytes(b"new")
    taken = do(home, Ingest((os.fsencode(card),)))
    stamped = tmp_path / "stamped"
    shutil.copytree(home, stamped)
    rooms = Rooms.open(Home(stamped))
    stamp(rooms, stage.authority, taken["docking"])
    rooms.close()
    verdicts = []
    for one in (home, stamped):
        revoke(one, "seal")  # ended by a rotation; later it turns out that somebody had it
        revoke(one, "seal", "compromised")
        do(one, Package(os.fsencode(one.with_suffix(".package")), clips=(taken["clips"][0]["id"],)))
        verdicts.append(judge(stage, one.with_suffix(".package")))
    assert [one.problems for one in verdicts] == [[], []]
    assert [one.status for one in verdicts] == [4, 0]
    assert ["seal-unproven" in {note["kind"] for note in one.notes} for one in verdicts] == [True, False]


def test_a_seal_by_a_key_that_was_superseded_later_counts_by_its_place(stage: Stage, tmp_path: Path) -> None:
    home = revoked(stage, tmp_path)
    do(home, Package(os.fsencode(tmp_path / "package"), CASE))
    verdict = judge(stage, tmp_path / "package", authorities=())
    assert verdict.problems == []
    assert verdict.status == 0
    assert "key-revoked" in {one["kind"] for one in verdict.notes}


# Deliberately broken builds: each must let something pass that the table names

BROKEN = {
    "looks at no chain": ("if one.prev != prev:", "if False:", "an entry left out of the middle"),
    "trusts the leaf hashes": ("if not included(one.leaf", "if False and not included(one.leaf", "an inclusion proof"),
    "opens no commitment": (
        "or sha256(hidden) not in commitments(",
        "or False and sha256(hidden) not in commitments(",
        "a personal value",
    ),
    "reads no imprint": ("digest != self.bag.digest(message)", "False", "a token of another manifest"),
    "hashes no clip": (
        "if self.bag.digest(path) != facts",
        "if False and self.bag.digest(path) != facts",
        "a byte of a clip, signed",
    ),
    "checks no signature of the list": ("if signer is None:", "if signer is None and False:", "a paper, listed anew"),
    "knows no record digest": (".get(position) != sha256(body)", ".get(position) is None", "a record's salt"),
}


def broken_build(old: str, new: str) -> types.ModuleType:
    source = Path(package_verifier.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1, old
    module = types.ModuleType("broken_verifier")
    exec(compile(source.replace(old, new), "broken_verifier", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_verifier_is_caught_by_a_case(
    stage: Stage, forgery: Forgery, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    old, new, case = BROKEN[name]
    commit(forgery, TAMPERS[case])
    assert TAMPERS[case].kind in kinds(judge(stage, forgery.root))
    broken = broken_build(old, new)
    found = broken.verify(
        forgery.root, (stage.anchor,), (stage.checkpoint,), (stage.witness.verifier_key,), (stage.authority.certificate,)
    )
    assert TAMPERS[case].kind not in kinds(found), "the case would not have caught this build"


# One byte


def bag_problems(root: Path) -> list[dict[str, str]]:
    verdict = package_verifier.Verdict()
    package_verifier.Bag(root, verdict).check()
    return verdict.problems


@pytest.mark.parametrize("name", ["bagit.txt", "bag-info.txt", "tagmanifest-sha256.txt"])
def test_each_flipped_byte_of_the_lists_is_found(forgery: Forgery, name: str) -> None:
    path = forgery.root / name
    for at in range(path.stat().st_size):
        for mask in (0x01, 0x20):
            forgery.flip(path, at, mask)
            assert bag_problems(forgery.root), (name, at, mask)
            forgery.flip(path, at, mask)
    assert bag_problems(forgery.root) == []


def test_each_flipped_byte_of_the_signature_is_found(stage: Stage, forgery: Forgery) -> None:
    path = forgery.root / "tagmanifest-sha256.txt.sig"
    for at in range(0, path.stat().st_size, 7):
        forgery.flip(path, at)
        assert "package-signature" in kinds(judge(stage, forgery.root))
        forgery.flip(path, at)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 10_000), where=st.integers(0, 1 << 20), mask=st.integers(1, 255))
def test_any_flipped_byte_anywhere_is_found(forgery: Forgery, which: int, where: int, mask: int) -> None:
    files = sorted(path for path in forgery.root.rglob("*") if path.is_file() and path.stat().st_size and path.suffix != ".sig")
    path = files[which % len(files)]
    at = where % path.stat().st_size
    forgery.flip(path, at, mask)
    try:
        assert bag_problems(forgery.root), (path, at, mask)
    finally:
        forgery.flip(path, at, mask)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), which=st.integers(0, 10_000))
def test_garbage_is_refused_and_never_breaks_the_verifier(stage: Stage, forgery: Forgery, data: bytes, which: int) -> None:
    files = sorted(path for path in forgery.root.glob("data/*/*") if path.suffix in {".json", ".jsonl", ".checkpoint", ".p7s"})
    path = files[which % len(files)]
    before = path.read_bytes()
    path.write_bytes(data)
    forgery.relist()
    forgery.sign()
    try:
        assert judge(stage, forgery.root).status == 3
    finally:
        path.write_bytes(before)


def test_canonical_here_and_in_the_verifier_is_the_same() -> None:
    value = {"b": [1, "\u0001\u007f\u2028文"], "a": None}
    assert package_verifier.canonical(value) == canonical(value)
