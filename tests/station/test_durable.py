"""Small files, written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from station import durable
from station.files import TargetExists, TargetUnusable, write_new


def test_a_new_file_has_its_bytes_and_mode_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    assert durable.place_new(tmp_path / "f", b"bytes", 0o440) is True
    assert (tmp_path / "f").read_bytes() == b"bytes"
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o440
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling-link"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "f"
    if kind == "file":
        target.write_bytes(b"old")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    assert durable.place_new(target, b"new", 0o600) is False
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    if kind == "file":
        assert target.read_bytes() == b"old"


def test_replacing_is_a_change_of_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    held = (tmp_path / "f").open("rb")
    durable.replace(tmp_path / "f", b"new", 0o600)
    with held:
        assert held.read() == b"old", "the old file was not written into"
    assert (tmp_path / "f").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_draft_that_a_power_cut_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".f.{os.getpid()}.new").write_bytes(b"half")
    assert durable.place_new(tmp_path / "f", b"whole", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_bytes_are_on_the_disk_before_the_name_is_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real_fsync, real_link, real_rename = os.fsync, os.link, Path.replace

    def fsync(handle: int) -> None:
        done.append("fsync-folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync-file")
        real_fsync(handle)

    def link(old: Path, new: Path) -> None:
        done.append("name")
        real_link(old, new)

    def rename(old: Path, new: Path) -> Path:
        done.append("name")
        return real_rename(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(Path, "replace", rename)
    durable.place_new(tmp_path / "f", b"x", 0o600)
    assert done == ["fsync-file", "name", "fsync-folder"]
    done.clear()
    durable.replace(tmp_path / "f", b"y", 0o600)
    assert done == ["fsync-file", "name", "fsync-folder"]


def test_folders_are_made_with_those_above_them_and_kept(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b" / "c", 0o700)
    assert stat.S_IMODE((tmp_path / "a/b/c").stat().st_mode) == 0o700
    (tmp_path / "a/b/c/f").write_bytes(b"x")
    durable.make_folder(tmp_path / "a" / "b" / "c", 0o755)
    assert (tmp_path / "a/b/c/f").exists()
    assert stat.S_IMODE((tmp_path / "a/b/c").stat().st_mode) == 0o700


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(OSError):  # noqa: PT011  # which errno is the kernel's choice
        durable.make_folder(tmp_path / "a" / "b", 0o700)


def test_what_a_person_asked_for_is_written_once(tmp_path: Path) -> None:
    write_new(tmp_path / "f", b"x")
    with pytest.raises(TargetExists):
        write_new(tmp_path / "f", b"y")
    assert (tmp_path / "f").read_bytes() == b"x"
    with pytest.raises(TargetUnusable) as caught:
        write_new(tmp_path / "none" / "f", b"x")
    assert caught.value.fields["path"] == str(tmp_path / "none" / "f")
