"""The commands ``package`` and ``verify-package``: what they write, log, repeat and refuse."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evidence import certificates, package_verifier
from evidence.catalogue.acts import foundation
from evidence.ids import StationId
from evidence.signing import key_id, open_signer
from station.commands import Ingest, Package, Tag
from station.home import Home
from station.messages import PHRASES
from station.setup import Given, init
from station.vocabulary import FLAWS, REMARKS
from tests.court.stage import CASE, Stage, do, judge
from tests.pieces import need_program
from tests.station.stations import Station, call


@pytest.fixture
def court(stage: Stage, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Station:
    """A station of this test's own that has not packaged anything yet."""
    shutil.copytree(stage.before, tmp_path / "home")
    return Station(tmp_path / "home", capsysbinary)


def same(first: Path, second: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    names = [sorted(path.relative_to(root).as_posix() for path in root.rglob("*")) for root in (first, second)]
    files = [name for name in names[0] if (first / name).is_file()]
    return names[0] == names[1] and filecmp.cmpfiles(first, second, files, shallow=False)[0] == files


def test_a_package_holds_the_originals_under_safe_names(stage: Stage) -> None:
    names = {path.name for path in (stage.package / "data" / "clips").iterdir()}
    assert {name.partition(".")[0] for name in names} == set(stage.clips)
    assert {name.partition(".")[2] for name in names} == {"mp4", "bin", "txt"}, (
        "what a card calls a program is not called one here"
    )
    index = json.loads((stage.package / "data" / "package.json").read_bytes())
    assert {one["path"] for one in index["clips"]} == {"DCIM/a.mp4", "DCIM/b.exe", "empty.txt"}


def test_only_the_records_of_its_clips_are_in_it(stage: Stage) -> None:
    everything = b"".join(path.read_bytes() for path in stage.package.rglob("*") if path.is_file())
    assert b"DCIM/a.mp4" in everything
    assert b"DCIM/c.mp4" not in everything
    records = [json.loads(path.read_bytes()) for path in stage.package.glob("data/records/*.json")]
    assert {one["clip"] for one in records} == set(stage.clips)


def test_packaging_is_an_entry_for_each_clip_and_docking_with_its_purpose(court: Station, stage: Stage, tmp_path: Path) -> None:
    answer = court.json("package", tmp_path / "out", "--case", CASE, "--purpose", "hearing")
    tail = court.log()[-len(stage.clips) - len(stage.dockings) :]
    assert [one["type"] for one in tail] == ["exported"] * len(tail)
    assert {one["subject"] for one in tail} == {f"clip:{one}" for one in stage.clips} | {
        f"docking:{one}" for one in stage.dockings
    }
    assert {one["personal"]["purpose"] for one in tail} == {"hearing"}
    assert {one["what"]["package"] for one in tail} == {answer["package"]}
    assert court.json("verify")["ok"], "the whole home still verifies"


def test_the_same_position_gives_the_same_bytes(court: Station, tmp_path: Path) -> None:
    first = court.json("package", tmp_path / "out", "--case", CASE)
    court("tag", first["clips"][0]["id"], "--note", "later")
    again = court.json("package", tmp_path / "again", "--case", CASE, "--at", str(first["size"]))
    assert again["package"] == first["package"]
    assert same(tmp_path / "out", tmp_path / "again")
    assert court.log()[-1]["what"]["at"] == first["size"], "a second copy is on record, too"
    assert not same(tmp_path / "out", tmp_path / "home")


def test_a_position_at_which_nothing_was_packaged_is_refused(court: Station, tmp_path: Path) -> None:
    assert court.json("package", tmp_path / "out", "--case", CASE, "--at", "9", status=2)["code"] == "no-such-package"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (("--case", "nobody's"), "nothing-to-package", 2),
        (("--clip", "01a1feae-d994-7001-93da-a2992bec3715"), "no-such-clip", 2),
        (("--case", CASE, "--disclosure"), "nothing-redacted", 5),
        (("--case", CASE, "--split", "1000"), "part-too-small", 2),
        ((), "usage", 2),
        (("--case", CASE, "--clip", "x"), "usage", 2),
    ],
)
def test_what_cannot_be_packaged_is_refused_by_name(
    court: Station, tmp_path: Path, arguments: tuple[str, ...], code: str, status: int
) -> None:
    assert court.json("package", tmp_path / "out", *arguments, status=status)["code"] == code
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_target_that_is_there_is_left_alone_and_nothing_is_logged(court: Station, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    before = len(court.log())
    assert court.json("package", tmp_path / "out", "--case", CASE, status=5)["code"] == "target-exists"
    assert list((tmp_path / "out").iterdir()) == []
    assert len(court.log()) == before


def test_an_altered_original_ends_the_packaging_and_leaves_no_folder(court: Station, tmp_path: Path) -> None:
    for blob in (court.folder / "vault" / "blobs").glob("*/*"):
        blob.chmod(0o640)
        blob.write_bytes(b"x" + blob.read_bytes()[1:])
    assert court.json("package", tmp_path / "out", "--case", CASE, status=3)["code"] == "blob-unsound"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_what_a_power_cut_left_is_swept_and_never_looks_whole(court: Station, tmp_path: Path) -> None:
    left = tmp_path / ".out.4194999.new"
    (left / "data").mkdir(parents=True)
    court.json("package", tmp_path / "out", "--case", CASE)
    assert not left.exists()
    assert not list(tmp_path.glob(".*"))


def test_discs_are_bags_of_their_own_with_a_common_index(court: Station, stage: Stage, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    for name in ("x.mp4", "y.mp4", "z.mp4"):
        (card / name).write_bytes(name.encode() * 100_000)
    taken = [one["id"] for one in court.json("ingest", card)["clips"]]
    chosen = [word for clip in taken for word in ("--clip", clip)]
    needed = court.json("package", tmp_path / "discs", *chosen, "--split", "1700000", status=2)["needed"]
    court.json("package", tmp_path / "discs", *chosen, "--split", str(needed + 600_000))
    parts = sorted(path for path in (tmp_path / "discs").iterdir() if path.is_dir())
    assert [part.name for part in parts] == ["part-01-of-02", "part-02-of-02"]
    index = (tmp_path / "discs" / "INDEX.txt").read_text(encoding="utf-8")
    for part in parts:
        assert part.name in index
        assert sum(path.stat().st_size for path in part.rglob("*")) < needed + 600_000
        verdict = judge(stage, part)
        assert verdict.problems == []
        assert verdict.status == 0
        assert "clip-elsewhere" in {one["kind"] for one in verdict.notes}
    assert all(clip in index for clip in taken)


def test_a_package_across_a_recovery_proves_both_logs(court: Station, stage: Stage, tmp_path: Path) -> None:
    court("recover", "--reason", "disk changed")
    do(court.folder, Tag(stage.clips[:1], note="after the recovery"))
    court.json("package", tmp_path / "out", "--case", CASE)
    verdict = judge(stage, tmp_path / "out")
    assert verdict.problems == []
    assert verdict.status == 0
    assert "recovered" in {one["kind"] for one in verdict.notes}


def test_verify_package_needs_no_station_and_speaks_both_languages(
    stage: Stage, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(capsysbinary, "verify-package", stage.package).status == 4
    told = call(capsysbinary, "verify-package", stage.package, "--anchor", stage.anchor)
    assert told.status == 0
    assert "comes from the station" in told.out.decode()
    monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", "zh")
    told = call(capsysbinary, "verify-package", stage.package, "--anchor", "00" * 32)
    assert told.status == 3
    assert FLAWS["flaw-foreign-key"][1] in told.out.decode()
    document = call(capsysbinary, "verify-package", stage.package, "--anchor", stage.anchor, "--json").document
    assert set(document) == {
        *("ok", "anchored", "unproven", "package", "station", "made_at", "log", "clips", "seals", "problems", "notes")
    }


def test_a_witness_key_that_is_none_is_a_usage_error(stage: Stage, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    told = call(capsysbinary, "verify-package", stage.package, "--witness", "nonsense", "--json")
    assert told.status == 2
    assert told.error["code"] == "not-a-witness-key"


def test_every_flaw_and_note_has_its_words_and_none_is_left_over() -> None:
    assert {code.removeprefix("flaw-") for code in FLAWS} == set(package_verifier.KINDS)
    assert {code.removeprefix("remark-") for code in REMARKS} == set(package_verifier.NOTES)
    assert FLAWS.items() <= PHRASES.items()
    source = Path(package_verifier.__file__).read_text(encoding="utf-8")
    unused = [kind for kind in (*package_verifier.KINDS, *package_verifier.NOTES) if source.count(f'"{kind}"') < 2]
    assert unused == []


def test_an_officer_may_not_package(court: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "officer")
    assert court.json("package", tmp_path / "out", "--case", CASE, status=5)["code"] == "permission-denied"


def test_a_home_can_be_packaged_by_a_value(court: Station, stage: Stage, tmp_path: Path) -> None:
    answer = do(court.folder, Package(os.fsencode(tmp_path / "out"), clips=stage.clips[:1]))
    assert [one["id"] for one in answer["clips"]] == list(stage.clips[:1])
    assert judge(stage, tmp_path / "out").status == 0


def test_a_log_key_that_cannot_do_ed25519_and_an_authority_under_another_are_proven_too(tmp_path: Path) -> None:
    ca_key, root_key = (certificates.new_private_key("p256") for _ in range(2))
    now = datetime.now(UTC)
    root = certificates.make_authority(root_key, StationId("police-root"), now)
    signer = serialization.load_pem_private_key(ca_key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    between = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "police branch")]))
        .issuer_name(root.subject)
        .public_key(signer.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=999))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(serialization.load_pem_private_key(root_key, None), hashes.SHA256())  # type: ignore[arg-type]  # the key was made as an EC key
    )
    home = Home(tmp_path / "home")
    home.keys.mkdir(parents=True)
    home.private_key("log").write_bytes(certificates.new_private_key("p256"))
    init(home, "s2", "unit-2", request=True)
    (tmp_path / "ca.pem").write_bytes(certificates.pem(between))
    for role in ("seal", "log"):
        public = open_signer(f"file:{home.private_key(role)}", home.root).public_der()
        issued = certificates.issue(ca_key, between, public, role, StationId("s2"), now)
        (tmp_path / f"{role}.pem").write_bytes(certificates.pem(issued))
    anchor = init(home, None, None, Given(*(tmp_path / f"{name}.pem" for name in ("ca", "seal", "log")))).anchor
    assert anchor == certificates.fingerprint(between)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    clip = do(home.root, Ingest((os.fsencode(tmp_path / "card"),)))["clips"][0]["id"]
    do(home.root, Package(os.fsencode(tmp_path / "out"), clips=(clip,)))
    verdict = package_verifier.verify(tmp_path / "out", anchors=(anchor,))
    assert verdict.problems == []
    assert verdict.status == 0
    for line in (tmp_path / "out" / "HOW-TO-VERIFY.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("$ openssl"):
            done = subprocess.run(["bash", "-c", line[2:]], cwd=tmp_path / "out", capture_output=True, check=False)
            assert done.returncode == 0, (line, done.stderr)
    signature = tmp_path / "out" / "tagmanifest-sha256.txt.sig"
    signature.chmod(0o644)
    signature.write_bytes(signature.read_bytes()[:-1] + bytes([signature.read_bytes()[-1] ^ 1]))
    assert "package-signature" in {one["kind"] for one in package_verifier.verify(tmp_path / "out", anchors=(anchor,)).problems}


def test_playable_copies_lie_apart_and_say_that_they_are_no_originals(court: Station, stage: Stage, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    film = [need_program("ffmpeg", "ffmpeg"), "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=5"]
    subprocess.run([*film, card / "film.avi"], check=True, stdin=subprocess.DEVNULL)
    (card / "torn.mp4").write_bytes(b"no film at all")
    clips = {one["path"]: one["id"] for one in court.json("ingest", card)["clips"]}
    chosen = [word for clip in clips.values() for word in ("--clip", clip)]
    answer = court.json("package", tmp_path / "out", *chosen, "--playable")
    assert answer["unplayable"] == [clips["torn.mp4"]]
    copy = tmp_path / "out" / "data" / "playable" / f"{clips['film.avi']}.mp4"
    told = subprocess.run(
        [need_program("ffprobe", "ffmpeg"), "-v", "error", "-show_entries", "format_tags=comment:stream=codec_name", copy],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "h264" in told
    assert "NOT THE ORIGINAL" in told
    assert judge(stage, tmp_path / "out").status == 0
    index = json.loads((tmp_path / "out" / "data" / "package.json").read_bytes())
    assert [one.get("playable") for one in index["clips"] if one["path"] == "film.avi"] == [f"data/playable/{copy.name}"]


def test_a_position_from_before_the_log_key_of_today_cannot_be_packaged_again(court: Station, tmp_path: Path) -> None:
    size = court.json("package", tmp_path / "out", "--case", CASE)["size"]
    private = court.folder / "keys" / "new.key.pem"
    private.write_bytes(certificates.new_private_key("ed25519"))
    signer = open_signer("file:keys/new.key.pem", court.folder)
    authority = x509.load_pem_x509_certificate((court.folder / "keys" / "ca.pem").read_bytes())
    issued = certificates.issue(
        (court.folder / "keys" / "ca.key.pem").read_bytes(),
        authority,
        signer.public_der(),
        "log",
        StationId("s1"),
        datetime.now(UTC),
    )
    rooms = court.rooms()
    with rooms.ledger.commit() as commit:
        foundation.key_introduced(commit, key_id(signer.public_der()), "log", certificates.der(issued))
    rooms.close()
    court.json("settings", "set", "log_key", "file:keys/new.key.pem")
    before = len(court.log())
    assert court.json("package", tmp_path / "again", "--case", CASE, "--at", str(size), status=5)["code"] == "key-came-later"
    assert len(court.log()) == before
    assert court.json("package", tmp_path / "now", "--case", CASE)["size"] > size
    anchor = court.json("init")["anchor"]
    for name in ("out", "now"):
        assert package_verifier.verify(tmp_path / name, anchors=(anchor,)).status == 0
