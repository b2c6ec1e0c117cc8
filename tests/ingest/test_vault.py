"""The vault as a folder: names, listing, work in progress, intents."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from ingest.copying.facts import FileOutcome, Reason, State
from ingest.errors import BlobMissing, VaultFailed
from ingest.vault import Intent, Vault

DIGEST = "ab" * 32
OUTCOME = FileOutcome(
    position=3,
    path=b"DCIM/\xff\n.mp4",
    state=State.DAMAGED,
    size=10,
    sha256=DIGEST,
    started_ns=1,
    ended_ns=2,
    reason=Reason.READ_ERROR,
    error="EIO",
    unreadable=((0, 4),),
)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "vault")
    made.create()
    return made


def put(vault: Vault, name: str, data: bytes = b"x") -> Path:
    path = Path(os.fsdecode(vault.blobs_folder), name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_creating_it_twice_changes_nothing(vault: Vault) -> None:
    put(vault, f"ab/{DIGEST}")
    vault.create()
    assert vault.has(DIGEST)
    assert sorted(os.listdir(vault.root)) == [b"blobs", b"partial", b"quarantine"]


def test_it_may_be_moved(vault: Vault, tmp_path: Path) -> None:
    put(vault, f"ab/{DIGEST}", b"footage")
    os.rename(vault.root, tmp_path / "elsewhere")
    with Vault(tmp_path / "elsewhere").open_blob(DIGEST) as blob:
        assert blob.read() == b"footage"


@pytest.mark.parametrize("name", ["", "..", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "../" + "a" * 61])
def test_only_a_digest_names_a_blob(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="64 lowercase hex"):
        vault.blob_path(name)


def test_a_missing_blob_has_a_fault_of_its_own(vault: Vault) -> None:
    assert not vault.has(DIGEST)
    with pytest.raises(BlobMissing) as caught:
        vault.open_blob(DIGEST)
    assert caught.value.fields == {"vault": os.fsdecode(vault.root), "sha256": DIGEST}


def test_a_blob_that_is_a_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    put(vault, "ab/other").with_name(DIGEST).symlink_to(tmp_path / "secret")
    with pytest.raises(VaultFailed) as caught:
        vault.open_blob(DIGEST)
    assert caught.value.fields["error"] == "ELOOP"


def test_the_listing_names_what_should_not_be_there(vault: Vault, tmp_path: Path) -> None:
    put(vault, f"ab/{DIGEST}", b"12345")
    put(vault, f"cd/{DIGEST}")
    put(vault, "ab/note.txt")
    put(vault, "stray")
    put(vault, "ab/link").unlink()
    Path(os.fsdecode(vault.blobs_folder), "ab", "ab" + "c" * 62).symlink_to(tmp_path)
    found = [(os.path.relpath(blob.path, vault.blobs_folder), blob.sha256) for blob in vault.blobs()]
    assert found == [
        (b"ab/" + DIGEST.encode(), DIGEST),
        (b"ab/ab" + b"c" * 62, None),
        (b"ab/note.txt", None),
        (b"cd/" + DIGEST.encode(), None),
        (b"stray", None),
    ]
    assert next(vault.blobs()).size == 5


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a" * 101, "a\n"])
def test_a_docking_must_do_as_a_folder_name(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="name of a folder"):
        vault.docking_folder(name)


def work_in_progress(vault: Vault, docking: str) -> Path:
    folder = Path(os.fsdecode(vault.docking_folder(docking)))
    folder.mkdir()
    (folder / "0.part").write_bytes(bytes(100_000))
    (folder / "0.journal").write_bytes(b"line\n")
    return folder


def test_sweeping_leaves_the_living(vault: Vault) -> None:
    living, dead = work_in_progress(vault, "living"), work_in_progress(vault, "dead")
    assert vault.sweep({"living", "not here"}) == ("dead",)
    assert living.exists()
    assert not dead.exists()


def test_space_held_by_a_docking(vault: Vault) -> None:
    assert vault.partial_bytes("none") == 0
    work_in_progress(vault, "docking")
    os.sync()  # blocks are allocated late
    assert 100_000 <= vault.partial_bytes("docking") <= 120_000
    assert vault.free_bytes() > 0


def test_an_intent_comes_back_as_it_was(vault: Vault) -> None:
    for docking, group in (("one", "g1"), ("one", "g2"), ("two", "g1")):
        Path(os.fsdecode(vault.docking_folder(docking))).mkdir(exist_ok=True)
        vault.write_intent(Intent(docking, group, (OUTCOME,)))
    assert vault.intents() == (Intent("one", "g1", (OUTCOME,)), Intent("one", "g2", (OUTCOME,)), Intent("two", "g1", (OUTCOME,)))
    assert vault.intents("two") == (Intent("two", "g1", (OUTCOME,)),)
    assert vault.intents("none") == ()
    vault.drop_intent("one", "g1")
    vault.drop_intent("one", "g1")
    assert [intent.group for intent in vault.intents("one")] == ["g2"]


def test_a_vault_that_is_not_there_yet_is_empty_but_has_no_space(tmp_path: Path) -> None:
    assert list(Vault(tmp_path / "none").blobs()) == []
    with pytest.raises(VaultFailed) as caught:
        Vault(tmp_path / "none").free_bytes()
    assert caught.value.fields["error"] == "ENOENT"
    assert caught.value.fields["vault"] == str(tmp_path / "none")


# Letting go of a blob


def laid(vault: Vault, content: bytes) -> str:
    name = sha256(content).hexdigest()
    path = os.fsdecode(vault.blob_path(name))
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(content)
    return name


def test_only_what_the_ledger_let_go_of_is_removed(vault: Vault) -> None:
    one, other = laid(vault, b"one"), laid(vault, b"other")
    assert vault.remove([one, other], lambda asked: [each for each in asked if each == one]) == (one,)
    assert not vault.has(one)
    assert vault.has(other)
    assert vault.remove([one], lambda asked: asked) == (), "gone already"


def test_what_a_docking_is_about_to_place_is_not_removed(vault: Vault) -> None:
    name = laid(vault, b"one")
    os.mkdir(vault.docking_folder("d1"))
    outcome = FileOutcome(0, b"a.mp4", State.VERIFIED, 3, name, 0, 0, vaults=1)
    vault.write_intent(Intent("d1", "g", (outcome,)))
    assert vault.remove([name], lambda asked: asked) == ()
    assert vault.has(name)
    vault.drop_intent("d1", "g")
    assert vault.remove([name], lambda asked: asked) == (name,)


def test_nobody_can_begin_to_place_anything_while_something_is_removed(vault: Vault) -> None:
    """Else a copy engine could find the blob there, and rely on it, just before it goes."""
    name = laid(vault, b"one")
    os.mkdir(vault.docking_folder("d1"))
    outcome = FileOutcome(0, b"a.mp4", State.VERIFIED, 3, name, 0, 0, vaults=1)
    begun = threading.Event()

    def place() -> bool:
        begun.set()
        vault.write_intent(Intent("d1", "g", (outcome,)))
        return vault.has(name)

    with ThreadPoolExecutor(1) as pool:
        found: list[Future[bool]] = []

        def let_go(asked: Sequence[str]) -> Sequence[str]:
            found.append(pool.submit(place))
            begun.wait()
            assert not vault.intents(), "it waits"
            return asked

        assert vault.remove([name], let_go) == (name,)
        assert found[0].result() is False, "it finds the blob gone, and places its own copy"
    assert vault.intents()
