"""Room in the vault: copies go while a real store holds the bytes, never the last one, and come back when they are asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ingest.vault import Vault
from station.clock import now
from station.service.duties import Clearing
from tests.independent_verifier import Verification
from tests.pieces import need_program
from tests.servers import seaweedfs
from tests.station.confirmed import clips_of, confirm
from tests.station.stations import ROOT, Document, Station
from uploader.stores import Proof, StoreKind

SIZES = {"old.mp4": 3000, "tagged.mp4": 4000, "noted.mp4": 5000, "classified.mp4": 6000, "new.mp4": 7000}
FILES = {name: bytes([number]) * size for number, (name, size) in enumerate(SIZES.items(), 1)}
LOW = "EVIDENCE_STATION_VAULT_LOW_BYTES"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> seaweedfs.SeaweedFS:
    """The store of the run, in a bucket of this test's own without locks, so that a test may spoil it."""
    server = seaweedfs.shared()
    settings = {
        "STORE": "s3",
        "STORE_ENDPOINT": server.endpoint,
        "STORE_BUCKET": server.bucket(locks=False),
        "STORE_RETENTION_DAYS": "0",
        "S3_ACCESS_KEY": seaweedfs.STATION.access_key,
        "S3_SECRET_KEY": seaweedfs.STATION.secret_key,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"EVIDENCE_STATION_{name}", value)
    return server


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many bytes the vault's disk lacks."""

    def lacks(count: int) -> None:
        monkeypatch.setattr(Vault, "free_bytes", lambda _self: 1 << 40)
        monkeypatch.setenv(LOW, str((1 << 40) + count))

    return lacks


def take(station: Station, folder: Path, files: dict[str, bytes] = FILES, *more: str) -> None:
    """On two cards, so that what is new is newer than the rest."""
    for card in (folder / "card", folder / "newer"):
        mine = {name: content for name, content in files.items() if (name == "new.mp4") is (card.name == "newer")}
        card.mkdir()
        for name, content in mine.items():
            (card / name).write_bytes(content)
        if mine:
            station.json("ingest", card, *more)


def sent(station: Station, folder: Path, files: dict[str, bytes] = FILES) -> dict[str, str]:
    """Taken, tagged as their names say, and confirmed by the store: id by name."""
    take(station, folder, files)
    ids = {clip["path"]: clip["id"] for clip in station.json("clips")["clips"]}
    for name, tags in {
        "tagged.mp4": ["--case", "A-1"],
        "noted.mp4": ["--note", "x"],
        "classified.mp4": ["--category", "traffic"],
    }.items():
        if name in ids:
            station.json("tag", ids[name], *tags)
    station.json("upload", "--until-idle")
    return ids


def digest(name: str) -> str:
    return sha256(FILES[name]).hexdigest()


def blob(station: Station, name: str, root: Path | None = None) -> Path:
    return (root or station.folder / "vault") / "blobs" / digest(name)[:2] / digest(name)


def check_proof(station: Station, *notes: str) -> None:
    found = station.json("verify")
    assert found["problems"] == []
    assert {note["kind"] for note in found["notes"]} - {"unanchored", "unwitnessed"} == set(notes)
    assert Verification(station.folder, []).kinds([]) == set()


def evicted(answer: Document) -> list[str]:
    names = {digest(name): name for name in FILES}
    return [names[one["sha256"]] for one in answer["evicted"]]


def acts(station: Station, *kinds: str) -> list[Document]:
    return [entry for entry in station.log() if entry["type"] in (kinds or ("evicted", "recalled"))]


# What goes


@pytest.mark.usefixtures("s3")
def test_the_least_important_and_oldest_go_first_until_there_is_room(
    station: Station, tmp_path: Path, full: Callable[[int], None]
) -> None:
    ids = sent(station, tmp_path)
    assert station.json("evict")["evicted"] == [], "never, unless the settings say when"
    full(3000 + 7000 + 1)
    dry = station.json("evict", "--dry-run")
    assert acts(station) == []
    answer = station.json("evict")
    assert evicted(answer) == evicted(dry) == ["old.mp4", "new.mp4", "classified.mp4"]
    assert {name for name in FILES if blob(station, name).exists()} == {"tagged.mp4", "noted.mp4"}
    assert {entry["subject"] for entry in acts(station)} == {
        f"clip:{ids[name]}" for name in ("old.mp4", "new.mp4", "classified.mp4")
    }
    first = acts(station)[0]["what"]
    assert (first["sha256"], first["size"], first["proof"]) == (digest("old.mp4"), 3000, "composite")
    (note,) = [one for one in station.json("verify")["notes"] if one["kind"] == "evicted"]
    assert note["detail"] == "3 contents, 16000 bytes, lie in the store alone"
    check_proof(station, "evicted")

    kept = {clip["path"]: clip["kept_in"] for clip in station.json("clips")["clips"]}
    assert kept == {name: "vault" if name in ("tagged.mp4", "noted.mp4") else "store" for name in FILES}
    assert station.json("show", ids["old.mp4"])["kept_in"] == "store"
    assert station.json("scrub")["blobs"] == 2
    assert station.json("status")["vault"]["bytes"] == 9000


def test_nothing_goes_that_no_store_has_for_good(station: Station, tmp_path: Path, full: Callable[[int], None]) -> None:
    take(station, tmp_path)
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("DELETE FROM upload WHERE sha256 != ?", (digest("tagged.mp4"),))
    rooms = station.rooms()
    rows = clips_of(rooms)
    confirm(rooms, [rows["old.mp4"]], kind=StoreKind.TRIAL)
    confirm(rooms, [rows["new.mp4"]], proof=Proof.SAMPLE)
    confirm(rooms, [rows["noted.mp4"]])  # by a store that the settings do not name
    rooms.close()
    full(1 << 30)
    answer = station.json("evict", status=4)
    assert answer["evicted"] == []
    assert answer["kept"] == {"no-receipt": 1, "other-store": 1, "sample-receipt": 1, "trial-receipt": 1, "waiting": 1}
    assert all(blob(station, name).exists() for name in FILES)
    assert acts(station) == []


@pytest.mark.usefixtures("s3")
def test_the_service_makes_room_by_itself(station: Station, tmp_path: Path, full: Callable[[int], None]) -> None:
    sent(station, tmp_path)
    rooms = station.rooms()
    Clearing(rooms).turn(threading.Event())
    assert acts(station, "evicted") == [], "nobody asked for room"
    rooms.close()
    full(1)
    rooms = station.rooms()
    assert Clearing(rooms).turn(threading.Event()) > 0
    rooms.close()
    (entry,) = acts(station, "evicted")
    assert entry["actor"] == {"system": "station"}
    check_proof(station, "evicted")


def test_a_receipt_is_not_enough_when_the_store_no_longer_holds_the_bytes(
    station: Station, tmp_path: Path, s3: seaweedfs.SeaweedFS, full: Callable[[int], None]
) -> None:
    sent(station, tmp_path, {name: FILES[name] for name in ("old.mp4", "new.mp4")})
    key = f"s1/blobs/{digest('old.mp4')[:2]}/{digest('old.mp4')}"
    with s3.store(os.environ["EVIDENCE_STATION_STORE_BUCKET"], seaweedfs.ADMINISTRATOR) as store:
        store._call("delete", "DELETE", key)
    full(1 << 30)
    answer = station.json("evict", status=3)
    assert evicted(answer) == ["new.mp4"]
    assert [one["kind"] for one in answer["problems"]] == ["object-missing"]
    assert blob(station, "old.mp4").exists(), "the last copy"


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("kind", ["vault-missing", "vault-digest"])
def test_what_was_tampered_with_is_not_let_go_of(
    station: Station, tmp_path: Path, full: Callable[[int], None], kind: str
) -> None:
    sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    blob(station, "old.mp4").chmod(0o600)
    if kind == "vault-missing":
        blob(station, "old.mp4").unlink()
    else:
        blob(station, "old.mp4").write_bytes(b"other bytes")
    full(1 << 30)
    answer = station.json("evict", status=3)
    assert (answer["evicted"], answer["kept"]) == ([], {"unsound": 1})
    assert [one["kind"] for one in answer["problems"]] == [kind]
    assert [one["kind"] for one in station.json("verify", status=3)["problems"]] == [kind]


@pytest.mark.usefixtures("s3")
def test_only_who_may_lets_go(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "clerk")
    assert station.json("evict", status=5)["code"] == "permission-denied"


# What comes back


@pytest.mark.usefixtures("s3")
def test_what_was_let_go_of_comes_back_from_the_store_into_both_vaults(
    station: Station, tmp_path: Path, full: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    monkeypatch.setenv("EVIDENCE_STATION_SECOND_VAULT", str(second))
    ids = sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")
    assert not blob(station, "old.mp4").exists()
    assert not blob(station, "old.mp4", second).exists()
    check_proof(station, "evicted")
    monkeypatch.setenv(LOW, "0")
    (answer,) = station.json("recall", ids["old.mp4"])["recalled"]
    assert answer["fetched"] is True
    for root in (None, second):
        assert blob(station, "old.mp4", root).read_bytes() == FILES["old.mp4"]
        assert blob(station, "old.mp4", root).stat().st_mode & 0o777 == 0o440
    what = acts(station, "recalled")[0]["what"]
    assert (what["vaults"], what["source"][:3]) == (2, "s3:")
    check_proof(station)
    assert station.json("recall", ids["old.mp4"])["recalled"][0]["fetched"] is False
    assert not [*(station.folder / "vault" / "recall").iterdir()]
    blob(station, "old.mp4", second).unlink()
    assert [one["kind"] for one in station.json("verify", status=3)["problems"]] == ["vault-missing"]


@pytest.mark.usefixtures("s3")
def test_an_export_fetches_what_lies_in_the_store_alone(station: Station, tmp_path: Path, full: Callable[[int], None]) -> None:
    ids = sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")
    (path,) = station.json("export", ids["old.mp4"], tmp_path / "out")["files"]
    assert Path(path).read_bytes() == FILES["old.mp4"]
    assert [entry["type"] for entry in acts(station, "evicted", "recalled", "exported")] == ["evicted", "recalled", "exported"]
    check_proof(station)


def test_what_the_store_altered_does_not_come_back(
    station: Station, tmp_path: Path, s3: seaweedfs.SeaweedFS, full: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")
    key = f"s1/blobs/{digest('old.mp4')[:2]}/{digest('old.mp4')}"
    for untrusted in (FILES["old.mp4"][:-1] + b"x", FILES["old.mp4"] + b"x", b""):
        with s3.store(os.environ["EVIDENCE_STATION_STORE_BUCKET"], seaweedfs.ADMINISTRATOR) as store:
            store._call("spoil", "PUT", key, body=untrusted)
        assert station.json("recall", ids["old.mp4"], status=3)["code"] == "recall-differs"
        assert not blob(station, "old.mp4").exists()
    assert len(acts(station)) == 1
    check_proof(station, "evicted")


@pytest.mark.usefixtures("s3")
def test_docked_again_the_bytes_are_in_the_vault_again(station: Station, tmp_path: Path, full: Callable[[int], None]) -> None:
    sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")
    (tmp_path / "again" / "copy").mkdir(parents=True)
    (tmp_path / "again" / "copy" / "of old.mp4").write_bytes(FILES["old.mp4"])
    docking = station.json("ingest", tmp_path / "again", "--device", "another")["docking"]
    assert blob(station, "old.mp4").exists()
    back = acts(station, "recalled")
    assert len(back) == 2, "one for each clip with these bytes"
    assert {entry["what"]["source"] for entry in back} == {f"docking:{docking}"}
    check_proof(station)
    assert station.json("evict", status=4)["kept"] == {"waiting": 1}, "the other clip of these bytes has no receipt yet"


# Struck in the middle


@pytest.mark.usefixtures("s3")
def test_killed_before_the_file_goes_the_next_eviction_removes_it(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strace = need_program("strace", "strace")
    sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    monkeypatch.setenv(LOW, str(shutil.disk_usage(tmp_path).total * 2))
    kill = [
        strace,
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        str(blob(station, "old.mp4")),
        "-e",
        "inject=unlink,unlinkat:signal=SIGKILL",
    ]
    program = [sys.executable, "-c", "from station.cli import main; main()", "--home", str(station.folder), "evict"]
    struck = subprocess.run([*kill, *program], cwd=ROOT, check=False, capture_output=True)
    assert struck.returncode in (-9, 137), struck
    assert len(acts(station)) == 1
    assert blob(station, "old.mp4").exists()
    check_proof(station, "evicted", "evicted-still-there")
    assert station.json("evict", status=4)["swept"] == 1
    assert not blob(station, "old.mp4").exists()
    check_proof(station, "evicted")


@pytest.mark.usefixtures("s3")
def test_killed_before_what_came_back_is_in_the_log_it_is_let_go_of_still(
    station: Station, tmp_path: Path, full: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evidence.catalogue.acts import space

    ids = sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")

    def cut(*_arguments: object, **_keywords: object) -> bool:
        raise ConnectionAbortedError

    with monkeypatch.context() as patch:
        patch.setattr(space, "recalled", cut)
        assert station("recall", ids["old.mp4"]).status == 1
    left = station.folder / "vault" / "recall" / "left by one that was killed"
    left.write_bytes(b"half of it")
    assert blob(station, "old.mp4").exists()
    check_proof(station, "evicted", "evicted-still-there")
    assert station.json("recall", ids["old.mp4"])["recalled"][0]["fetched"] is True
    assert not left.exists()
    check_proof(station)


# Tampering


def test_a_row_that_says_let_go_of_and_no_entry(station: Station, tmp_path: Path) -> None:
    take(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql(f"UPDATE blob SET evicted_at = '{now().utc}'")
    blob(station, "old.mp4").unlink()
    kinds = {one["kind"] for one in station.json("verify", status=3)["problems"]}
    assert kinds == {"catalogue-differs", "vault-missing"} == Verification(station.folder, []).kinds([])


@pytest.mark.parametrize("receipt", [{"kind": StoreKind.TRIAL}, {"proof": Proof.SAMPLE}, None], ids=["trial", "sample", "none"])
def test_a_station_that_lets_go_without_a_good_receipt_is_found_out(
    station: Station, tmp_path: Path, receipt: dict[str, object] | None
) -> None:
    from evidence.catalogue.acts import space
    from evidence.ids import Digest

    take(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    rooms = station.rooms()
    if receipt is not None:
        confirm(rooms, clips_of(rooms).values(), **receipt)  # type: ignore[arg-type]  # kind or proof
    with rooms.queries() as queries:
        name = next((row.id for row in queries.receipts()), "01a00000-0000-7000-8000-000000000000")
    with rooms.ledger.commit() as commit:
        space.evicted(commit, [space.LetGo(Digest(digest("old.mp4")), 3000, name, "s3:x/y", "k", None, "full")])
    rooms.close()
    blob(station, "old.mp4").unlink()
    kinds = {one["kind"] for one in station.json("verify", status=3)["problems"]}
    assert kinds == {"vault-missing"} == Verification(station.folder, []).kinds([])


@pytest.mark.usefixtures("s3")
def test_an_entry_of_letting_go_removed_or_changed_is_found(
    station: Station, tmp_path: Path, full: Callable[[int], None]
) -> None:
    sent(station, tmp_path, {"old.mp4": FILES["old.mp4"]})
    full(1)
    station.json("evict")
    spoiled = {
        "DELETE FROM custody_entry WHERE type = 'evicted'": {"log-missing"},
        "UPDATE custody_entry SET body = replace(body, 'evicted', 'exicted') WHERE type = 'evicted'": {"log-altered"},
        "UPDATE blob SET evicted_at = NULL": {"catalogue-differs"},
        "UPDATE receipt SET body = replace(body, '3000', '3001')": {"catalogue-differs"},
    }
    for statement, kinds in spoiled.items():
        copy = tmp_path / "copy"
        shutil.copytree(station.folder, copy)
        with Station(copy, station.capture).rooms().catalogue.begin() as connection:
            connection.exec_driver_sql(statement)
        found = {one["kind"] for one in Station(copy, station.capture).json("verify", status=3)["problems"]}
        assert kinds <= found, statement
        assert found <= kinds | {"log-missing", "rolled-back"}, (statement, found)
        shutil.rmtree(copy)


def test_the_answer_is_plain_json(station: Station) -> None:
    assert json.loads(json.dumps(station.json("evict")))["evicted"] == []
