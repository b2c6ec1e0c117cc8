"""What only the folder has: a disk that fills up, bytes that rot, debris of a power cut."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

import pytest

from evidence.canonical import digest
from tests.pieces import need_root
from tests.uploader.rig import footage
from uploader.errors import ObjectMissing, StoreDisagrees, StoreFull, StoreRefused, StoreUnreachable
from uploader.stores import Content, Found, StoreKind
from uploader.stores.folder import Folder

DATA = footage(300_001)
CONTENT = Content(len(DATA), digest(DATA))


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store", os.urandom)


def partials(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store" / ".partial").iterdir())


def test_it_is_for_trying_out_and_leaves_nothing_but_the_object(store: Folder, tmp_path: Path) -> None:
    store.put("a/b/c", DATA, CONTENT, None)
    assert store.kind is StoreKind.TRIAL
    path = tmp_path / "store/a/b/c"
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_nlink) == (DATA, 0o440, 1)
    assert partials(tmp_path) == []


def test_rot_is_found(store: Folder, tmp_path: Path) -> None:
    store.put("object", DATA, CONTENT, None)
    path = tmp_path / "store/object"
    path.chmod(0o600)
    with path.open("r+b") as stored:
        stored.seek(200_000)
        stored.write(b"\0")
    with pytest.raises(StoreDisagrees):
        store.confirm("object", None, CONTENT, None)
    path.write_bytes(DATA[:-1])
    with pytest.raises(StoreDisagrees):
        store.confirm("object", None, CONTENT, None)
    path.unlink()
    with pytest.raises(ObjectMissing):
        store.confirm("object", None, CONTENT, None)


def test_bytes_that_the_disk_changed_never_get_their_name(store: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite

    def lying_disk(descriptor: int, data: memoryview, offset: int) -> int:
        changed = bytearray(data)
        changed[-1] ^= len(data) > 1000
        return real(descriptor, changed, offset)

    monkeypatch.setattr(os, "pwrite", lying_disk)
    with pytest.raises(StoreDisagrees):
        store.put("object", DATA, CONTENT, None)
    assert store.find("object") is None


def test_a_disk_that_is_full(store: Folder, tmp_path: Path) -> None:
    store.put("small", b"x", Content(1, digest(b"x")), None)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(StoreFull):
            store.put("object", DATA, CONTENT, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert store.find("object") is None
    assert partials(tmp_path) == []
    store.put("object", DATA, CONTENT, None)


def test_a_folder_that_is_not_ours_to_write(store: Folder, tmp_path: Path) -> None:
    need_root("write to a folder in the name of somebody who may not")
    store.put("small", b"x", Content(1, digest(b"x")), None)
    os.seteuid(65534)
    try:
        with pytest.raises((StoreRefused, StoreUnreachable)):
            store.put("object", DATA, CONTENT, None)
    finally:
        os.seteuid(0)


def test_a_disk_that_is_not_mounted_is_not_made_up_for(tmp_path: Path) -> None:
    store = Folder(tmp_path / "mount" / "store", os.urandom)
    with pytest.raises(StoreUnreachable):
        store.put("object", DATA, CONTENT, None)
    with pytest.raises(StoreUnreachable):
        store.find("object")
    assert not (tmp_path / "mount").exists()


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", ".partial/x", "a/../../b", ""])
def test_keys_lead_nowhere_else(store: Folder, tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreRefused):
        store.put(key, DATA, CONTENT, None)
    with pytest.raises(StoreRefused):
        store.fetch(key, None, 10)
    assert not (tmp_path / "outside").exists()


def test_debris_of_a_power_cut_harms_nothing(store: Folder, tmp_path: Path) -> None:
    token = store.open_upload("object", len(DATA), 100_000, None)
    broken = tmp_path / "store/.partial" / os.urandom(16).hex()
    broken.mkdir()
    (tmp_path / "store/.partial" / "strange").mkdir()
    assert store.unfinished("object") == [("", broken.name), ("object", token)]
    for one in store.unfinished("object"):
        store.abort(*one)
    assert [path.name for path in partials(tmp_path)] == ["strange"]
    store.put("object", DATA, CONTENT, None)
    assert store.find("object") == Found(None, len(DATA), None)
    assert [one.key for one in store.list("")] == ["object"]


def test_a_power_cut_between_naming_and_clearing(store: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    def cut(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut)
        with pytest.raises(KeyboardInterrupt):
            store.put("object", DATA, CONTENT, None)
    assert store.confirm("object", None, CONTENT, None).size == len(DATA)
    ((key, token),) = store.unfinished("")
    assert key == "object"
    store.abort(key, token)
    assert partials(tmp_path) == []
    assert store.fetch("object", None, len(DATA)) == DATA
