"""A card erased by the records: exactly what was confirmed goes, one by one, and what strikes in the middle is finished later."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from evidence import erasure
from evidence.erasure import Stays
from evidence.ids import DockingId
from ingest import erasing
from ingest.docks.facts import Volume
from station import erasing as station_erasing
from station.erasing import erase
from tests.campaigns.crashing import powerloss
from tests.independent_verifier import Verification
from tests.pieces import missing, need_program
from tests.servers import cardimage
from tests.station.confirmed import clips_of, confirm
from tests.station.stations import ROOT, Document, Station
from uploader.stores import Proof, StoreKind

FILES = {f"DCIM/100MEDIA/{number:04}.mp4": bytes([number]) * (3000 + number) for number in range(1, 7)}
ALLOWED = {"EVIDENCE_STATION_ERASE": "after-receipt"}


@pytest.fixture(autouse=True)
def _allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALLOWED.items():
        monkeypatch.setenv(name, value)


def fill(card: Path, files: dict[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(content)
        os.utime(card / name, (1_780_000_000, 1_780_000_000))
    return card


def lying(card: Path) -> set[str]:
    return {str(path.relative_to(card)) for path in card.rglob("*") if path.is_file() and "lost+found" not in path.parts}


def docked(station: Station, card: Path, **receipts: object) -> str:
    """Taken and, but for what ``without`` names, confirmed."""
    docking = str(station.json("ingest", card)["docking"])
    without = receipts.pop("without", ())
    assert isinstance(without, Sequence)
    rooms = station.rooms()
    confirm(rooms, [row for path, row in clips_of(rooms).items() if path not in without], **receipts)  # type: ignore[arg-type]  # kind and proof
    rooms.close()
    return docking


def why(answer: Document) -> dict[str, str]:
    return {one["path"]: one["reason"] for one in answer["kept"]}


def acts(station: Station) -> list[str]:
    return [entry["type"] for entry in station.log() if entry["type"].startswith("erase")]


def check_proof(station: Station, *notes: str) -> None:
    """Both verifiers find nothing wrong."""
    found = station.json("verify")
    assert found["problems"] == []
    assert {note["kind"] for note in found["notes"]} - {"unanchored", "unwitnessed"} == set(notes)
    assert Verification(station.folder, []).kinds([]) == set()


# What goes and what stays


def test_exactly_what_was_confirmed_goes(station: Station, tmp_path: Path) -> None:
    card = fill(tmp_path / "card", FILES | {"DCIM/empty.txt": b"", "System Volume Information/x": b"0"})
    docking = docked(station, card, without=["DCIM/100MEDIA/0006.mp4"])
    (card / "DCIM/100MEDIA/0001.mp4").write_bytes(b"changed since")
    altered = card / "DCIM/100MEDIA/0002.mp4"
    facts = altered.stat()
    altered.write_bytes(bytes(facts.st_size))  # another content, with the size and the time of the one that was taken
    os.utime(altered, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (card / "DCIM/100MEDIA/0003.mp4").chmod(0o444)
    fill(card, {"DCIM/100MEDIA/new.mp4": b"recorded since"})
    before = lying(card)

    plan = station.json("erase", docking, card)
    assert plan["dry_run"]
    assert [one["path"][-8:] for one in plan["planned"]] == ["0002.mp4", "0004.mp4", "0005.mp4"]
    assert lying(card) == before
    assert acts(station) == []

    answer = station.json("erase", docking, card, "--yes", status=4)
    assert before - lying(card) == {"DCIM/100MEDIA/0004.mp4", "DCIM/100MEDIA/0005.mp4"}
    assert {path[-8:]: reason for path, reason in why(answer).items()} == {
        "0001.mp4": Stays.CHANGED,
        "0002.mp4": Stays.DIFFERS,
        "0003.mp4": Stays.PROTECTED,
        "0006.mp4": Stays.NO_RECEIPT,
        "mpty.txt": Stays.EMPTY,
        "mation/x": Stays.SKIPPED,
    }
    assert [one["path"] for one in answer["unlisted"]] == ["DCIM/100MEDIA/new.mp4"]
    begun, ended = (entry for entry in station.log() if entry["type"].startswith("erase"))
    assert begun["subject"] == ended["subject"] == f"docking:{docking}"
    assert begun["what"]["plan_sha256"] == answer["plan_sha256"]
    assert ended["what"]["begun"] == begun["id"]
    assert sum(count for _, count in ended["what"]["removed"]) == 2
    assert set(ended["what"]["kept"]) == {"changed", "differs", "protected", "no-receipt", "empty", "skipped"}
    assert ended["what"]["unlisted"] == 1
    assert "mp4" not in json.dumps([begun["what"], ended["what"]]), "a path may name a person"
    check_proof(station)


@pytest.mark.parametrize(
    ("receipts", "reason"),
    [({"kind": StoreKind.TRIAL}, Stays.TRIAL_RECEIPT), ({"proof": Proof.SAMPLE}, Stays.SAMPLE_RECEIPT)],
    ids=["trial", "sample"],
)
def test_a_receipt_that_never_allows_it_erases_nothing(
    station: Station, tmp_path: Path, receipts: dict[str, object], reason: Stays
) -> None:
    card = fill(tmp_path / "card")
    docking = docked(station, card, **receipts)
    assert set(why(station.json("erase", docking, card, "--yes")).values()) == {reason}
    assert lying(card) == set(FILES)
    assert acts(station) == []


def test_a_receipt_that_somebody_wrote_into_the_catalogue_erases_nothing(station: Station, tmp_path: Path) -> None:
    card = fill(tmp_path / "card")
    docking = docked(station, card, kind=StoreKind.TRIAL)
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("""UPDATE receipt SET body = replace(body, '"kind":"trial"', '"kind":"store"')""")
    assert set(why(station.json("erase", docking, card, "--yes")).values()) == {Stays.NO_RECEIPT}
    assert lying(card) == set(FILES)


@pytest.mark.parametrize("missing", [None, "PRIVATE/AVCHD/BDMV/STREAM/00001.MTS"])
def test_a_structure_goes_whole_or_not_at_all(station: Station, tmp_path: Path, missing: str | None) -> None:
    tree = {f"PRIVATE/AVCHD/BDMV/{name}": name.encode() for name in ("INDEX.BDM", "STREAM/00000.MTS", "STREAM/00001.MTS")}
    card = fill(tmp_path / "card", tree | FILES)
    docking = docked(station, card, without=[] if missing is None else [missing])
    answer = station.json("erase", docking, card, "--yes")
    assert lying(card) == (set() if missing is None else set(tree))
    if missing is not None:
        assert sorted(why(answer).values()) == [Stays.NO_RECEIPT, Stays.STRUCTURE, Stays.STRUCTURE]
    assert (card / "PRIVATE/AVCHD/BDMV/STREAM").is_dir(), "directories stay"


# Who may, and what


def test_it_is_refused_unless_the_settings_allow_it(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = fill(tmp_path / "card")
    docking = docked(station, card)
    monkeypatch.delenv("EVIDENCE_STATION_ERASE")
    assert station.json("erase", docking, card, "--yes", status=5)["code"] == "erase-not-allowed"
    assert station.json("erase", docking, card)["planned"], "the plan may be looked at"
    monkeypatch.setenv("EVIDENCE_STATION_ERASE", "after-receipt")
    for role, status in (("clerk", 5), ("officer", 5), ("auditor", 5), ("supervisor", 0)):
        monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", role)
        station.json("erase", docking, card, "--yes", status=status)
    assert lying(card) == set()


def test_another_folder_loses_only_what_is_the_very_footage(station: Station, tmp_path: Path) -> None:
    docking = docked(station, fill(tmp_path / "card"))
    other = fill(tmp_path / "other", {name: content[::-1] + b"x" for name, content in FILES.items()})
    assert set(why(station.json("erase", docking, other, "--yes")).values()) == {Stays.CHANGED}
    assert station.json("erase", docking, station.folder / "vault", "--yes", status=5)["code"] == "source-is-home"
    assert lying(other) == set(FILES)


def test_two_vaults_do_under_a_waiver_that_stands_in_the_log(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_SECOND_VAULT", str(tmp_path / "second"))
    monkeypatch.setenv("EVIDENCE_STATION_ERASE_WAIVER", "Superintendent 000001, order 7")
    monkeypatch.setenv("EVIDENCE_STATION_ERASE", "after-vault")
    card = fill(tmp_path / "card")
    docking = str(station.json("ingest", card)["docking"])
    spoiled = min((tmp_path / "second" / "blobs").glob("*/*"))
    spoiled.chmod(0o600)
    spoiled.write_bytes(b"not what it was")
    answer = station.json("erase", docking, card, "--yes")
    (kept,) = why(answer)
    assert lying(card) == {kept}
    assert spoiled.name == sha256(FILES[kept]).hexdigest()
    begun = next(entry for entry in station.log() if entry["type"] == "erase-begun")
    assert set(begun["what"]["waiver"]) == {"commitment"}
    assert begun["personal"]["waiver"] == "Superintendent 000001, order 7"


@pytest.mark.parametrize("without", ["EVIDENCE_STATION_ERASE_WAIVER", "EVIDENCE_STATION_SECOND_VAULT"])
def test_that_rule_needs_both_a_second_vault_and_a_waiver(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_SECOND_VAULT", str(tmp_path / "second"))
    monkeypatch.setenv("EVIDENCE_STATION_ERASE_WAIVER", "Superintendent 000001")
    monkeypatch.setenv("EVIDENCE_STATION_ERASE", "after-vault")
    monkeypatch.delenv(without)
    assert station.json("status", status=2)["code"] == "settings-invalid"


# Real file systems


@pytest.fixture(params=cardimage.FORMATS)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> cardimage.CardImage:
    """A card that holds the files."""
    made = cardimage.formatted(request.param, tmp_path / "card.img")
    with made.mounted(tmp_path / "mnt", writable=True) as card:
        fill(card)
        protected = card / "DCIM/100MEDIA/0003.mp4"
        if made.fs_type == "ext4":
            subprocess.run([need_program("chattr", "e2fsprogs"), "+i", protected], check=True)
        else:
            protected.chmod(0o555)  # the read-only attribute: these file systems refuse, in silence, to change any other bit
    return made


def test_a_real_card_is_erased_through_the_mounter(station: Station, tmp_path: Path, image: cardimage.CardImage) -> None:
    with image.mounted(tmp_path / "mnt") as card:
        docking = docked(station, card)
    digest = sha256(image.image.read_bytes()).hexdigest()
    rooms, mounter = station.rooms(), cardimage.LoopMounter(tmp_path / "mnt")
    volume = Volume(str(image.image), 0, "", 0, image.fs_type)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVIDENCE_STATION_ERASE", "never")
        assert erase(station.rooms(), rooms.operator, DockingId(docking), volume, mounter) is None
    assert mounter.writable == 0
    assert sha256(image.image.read_bytes()).hexdigest() == digest, "not one byte of a card changes but by erasing it"
    answer = erase(rooms, rooms.operator, DockingId(docking), volume, mounter)
    rooms.close()
    assert answer is not None
    assert mounter.writable == 1
    with image.mounted(tmp_path / "mnt", writable=True) as card:
        assert lying(card) == {"DCIM/100MEDIA/0003.mp4"}
        if image.fs_type == "ext4":
            subprocess.run(["chattr", "-i", card / "DCIM/100MEDIA/0003.mp4"], check=True)
    assert acts(station) == ["erase-begun", "erase-ended"]
    check_proof(station)


def test_a_card_mounted_read_only_is_refused(station: Station, tmp_path: Path) -> None:
    made = cardimage.formatted("ext4", tmp_path / "card.img")
    with made.mounted(tmp_path / "mnt", writable=True) as card:
        fill(card)
    with made.mounted(tmp_path / "mnt") as card:
        docking = docked(station, card)
        assert station.json("erase", docking, card, "--yes", status=5)["code"] == "card-read-only"
        assert lying(card) == set(FILES)
    assert acts(station) == []


def test_a_card_that_fails_while_it_is_erased_leaves_a_beginning_without_an_end(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card answers, and its device is gone: names that are not there are no erased files (a pulled FAT card lists as empty)."""
    from ingest.listing import Card

    card = fill(tmp_path / "card")
    docking = docked(station, card)
    real, pulled = Card.check_present, tmp_path / "pulled"

    def check_present(self: Card) -> None:
        real(
            Card(self.root, self.descriptor, self.device, self.inode, tmp_path / "no such device", "a card")
            if pulled.exists()
            else self
        )

    def unlink(path: bytes, *, dir_fd: int | None = None) -> None:
        if path == b"0002.mp4":
            pulled.touch()
            raise FileNotFoundError(2, "No such file or directory")
        os.remove(path, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(Card, "check_present", check_present)
        patch.setattr(os, "unlink", unlink)
        assert station.json("erase", docking, card, "--yes", status=4)["code"] == "card-gone"
    assert len(lying(card)) == len(FILES) - 1
    assert acts(station) == ["erase-begun"]
    check_proof(station, "erase-unfinished")


# Struck in the middle


def command(station: Station, docking: str, card: Path) -> list[str]:
    program = [sys.executable, "-c", "from station.cli import main; main()", "--home", str(station.folder)]
    return [*program, "erase", docking, str(card), "--yes", "--json"]


def test_killed_between_two_files_the_next_docking_of_the_card_finishes_it(station: Station, tmp_path: Path) -> None:
    strace = need_program("strace", "strace")
    card = fill(tmp_path / "card")
    docking = docked(station, card)
    inject = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat", "-e", "inject=unlinkat:signal=SIGKILL:when=3"]
    struck = subprocess.run([strace, *inject, *command(station, docking, card)], cwd=ROOT, check=False, capture_output=True)
    assert struck.returncode in (-9, 137), struck
    left = lying(card)
    assert 0 < len(left) < len(FILES)
    assert acts(station) == ["erase-begun"]
    check_proof(station, "erase-unfinished")

    again = str(station.json("ingest", card)["docking"])
    assert again != docking
    answer = station.json("erase", again, card, "--yes")
    assert {one["path"] for one in answer["removed"]} == left
    assert lying(card) == set()
    assert acts(station) == ["erase-begun", "erase-begun", "erase-ended"]
    check_proof(station, "erase-unfinished")


def test_typed_again_after_it_was_struck_it_ends(station: Station, tmp_path: Path) -> None:
    strace = need_program("strace", "strace")
    card = fill(tmp_path / "card")
    docking = docked(station, card)
    inject = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat", "-e", "inject=unlinkat:signal=SIGKILL:when=6"]
    subprocess.run([strace, *inject, *command(station, docking, card)], cwd=ROOT, check=False, capture_output=True)
    gone = set(FILES) - lying(card)
    answer = station.json("erase", docking, card, "--yes")
    assert answer["gone"] == len(gone)
    assert lying(card) == set()
    assert acts(station)[-1] == "erase-ended"
    assert acts(station).count("erase-ended") == 1
    check_proof(station)


@pytest.mark.parametrize("durable", [True, False], ids=["as it is", "without fsync"])
def test_what_the_log_says_was_removed_does_not_come_back_with_a_power_cut(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    if (piece := powerloss.missing_piece()) is not None:
        missing(piece)
    card = fill(tmp_path / "place" / "card")
    docking = docked(station, card)
    disks = powerloss.Disks(tmp_path / "place", ("card",))
    disks.make()
    disks.mount()
    try:
        if not durable:
            monkeypatch.setattr(erasing, "sync_file_system", lambda _descriptor: None)
            monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
        station.json("erase", docking, card, "--yes")
        assert acts(station) == ["erase-begun", "erase-ended"]
        disks.cut()
        disks.unmount()
        disks.mount()
        assert (lying(card) == set()) is durable
    finally:
        disks.unmount()


# Builds that are broken on purpose

BROKEN: dict[str, tuple[tuple[object, str, str, str], ...]] = {
    "does not compare what it read again": (
        (erasing, "_read_again", r"return _Proved\(file, before\) if .*", "return _Proved(file, before)"),
    ),
    "erases by name alone": (
        (erasure, "_judge", r"if not same or facts\.changed.*", "if False:"),
        (erasing, "_read_again", r"before = _identity\(folder, name\)", "return _Proved(file, _identity(folder, name))"),
    ),
    "takes any receipt": (
        (erasure, "_judge", r"if one\.stays is None\), None\)", "if True), None)"),
    ),
    "does not ask for a receipt": (
        (erasure, "_judge", r"return \(fitting\[0\]\.stays if fitting else None\) or Stays\.NO_RECEIPT", "return planned"),
    ),
    "writes no beginning": (
        (station_erasing, "erase_at", r"begun = acts\.erase_begun\(commit, docking, plan, actor\)", "begun = EntryId(docking)"),
    ),
}  # fmt: skip
"""Functions of the product with a part of them replaced."""


def broken(patch: pytest.MonkeyPatch, module: object, name: str, pattern: str, replacement: str) -> None:
    """Put a function with another line into its module. A change that finds nothing to change is a mistake of the test."""
    changed, times = re.subn(pattern, replacement, inspect.getsource(getattr(module, name)))
    assert times == 1, f"{name}: {times} times {pattern!r}"
    space = vars(module)
    kept = space[name]
    exec(compile(changed, f"<broken {name}>", "exec", dont_inherit=True, flags=annotations.compiler_flag), space)
    made, space[name] = space[name], kept
    patch.setattr(module, name, made)


def wrongs(station: Station, tmp_path: Path) -> list[str]:
    """What it does wrong with a card on which five files must stay."""
    card = fill(tmp_path / "card")
    names = sorted(FILES)
    trial, sample, unconfirmed, altered, changed = names[:5]
    docking = docked(station, card, without=[trial, sample, unconfirmed])
    rooms = station.rooms()
    confirm(rooms, [clips_of(rooms)[trial]], kind=StoreKind.TRIAL)
    confirm(rooms, [clips_of(rooms)[sample]], proof=Proof.SAMPLE)
    rooms.close()
    facts = (card / altered).stat()
    (card / altered).write_bytes(bytes(facts.st_size))
    os.utime(card / altered, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (card / changed).write_bytes(FILES[changed])
    os.utime(card / changed, (1_790_000_000, 1_790_000_000))
    station("erase", docking, card, "--yes")
    found = [f"it erased {name}" for name in names[:5] if not (card / name).exists()]
    found += ["it left what was confirmed"] if (card / names[5]).exists() else []
    return found + [one["kind"] for one in json.loads(station("verify", "--json").out)["problems"]]


def test_as_it_is_it_does_nothing_wrong(station: Station, tmp_path: Path) -> None:
    assert wrongs(station, tmp_path) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_build_is_caught(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for change in BROKEN[name]:
        broken(monkeypatch, *change)
    found = wrongs(station, tmp_path)
    assert found
    if name in {"takes any receipt", "does not ask for a receipt", "writes no beginning"}:
        assert "log-missing" in found, "verify alone sees it, afterwards"
