from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from watchdog.observers import Observer

from ingest import dropfolder
from ingest.dropfolder import DropFolder, Ready
from ingest.errors import DropFolderMissing, DropFolderUnwatchable
from ingest.settling import DropRules, Verdict

PATIENCE = 30.0
"""Seconds after which a test that waits for an event gives up; it waits no longer than the event takes."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def still(root: Path, rules: DropRules | None = None) -> tuple[DropFolder, Clock]:
    """A drop folder that is not watched, with a clock that stands: what is found is found by looking."""
    clock = Clock()
    return DropFolder(os.fsencode(root), rules or DropRules(quiet_s=10), clock), clock


def names(ready: tuple[Ready, ...]) -> list[bytes]:
    return [drop.name for drop in ready]


def test_what_lay_there_before_the_start_is_found(tmp_path: Path) -> None:
    (tmp_path / "room1.mp4").write_bytes(b"x")
    folder, clock = still(tmp_path)
    assert folder.look() == ()
    clock.now = 10
    assert folder.look() == (Ready(os.fsencode(tmp_path), b"room1.mp4", (b"room1.mp4",), None),)
    clock.now = 1000
    assert folder.look() == ()


def test_a_file_that_is_still_written_is_not_taken_however_long_it_pauses(tmp_path: Path) -> None:
    folder, clock = still(tmp_path)
    with (tmp_path / "room1.mp4").open("wb") as writer:
        writer.write(b"first half")
        writer.flush()
        folder.look()
        clock.now = 1000
        assert folder.look() == ()
        assert [(waiting.name, waiting.why) for waiting in folder.waiting] == [(b"room1.mp4", Verdict.OPEN)]
    assert names(folder.look()) == [b"room1.mp4"]


def test_a_reader_does_not_count_as_a_writer(tmp_path: Path) -> None:
    (tmp_path / "room1.mp4").write_bytes(b"x")
    folder, clock = still(tmp_path)
    with (tmp_path / "room1.mp4").open("rb"):
        folder.look()
        clock.now = 10
        assert names(folder.look()) == [b"room1.mp4"]


def test_a_folder_that_arrives_in_pieces_is_taken_once_and_whole(tmp_path: Path) -> None:
    folder, clock = still(tmp_path)
    (tmp_path / "case/deep").mkdir(parents=True)
    assert folder.look() == ()
    assert [waiting.why for waiting in folder.waiting] == [Verdict.EMPTY]
    for second, name in enumerate(("a.mp4", "deep/b.mp4", "c.txt")):
        clock.now = 9.0 * (second + 1)
        (tmp_path / "case" / name).write_bytes(b"x")
        assert folder.look() == ()
    clock.now = 36.9
    assert folder.look() == ()
    clock.now = 37
    (ready,) = folder.look()
    assert ready.paths == (b"case/a.mp4", b"case/c.txt", b"case/deep/b.mp4")


def test_a_marker_names_what_is_whole(tmp_path: Path) -> None:
    (tmp_path / "room1").mkdir()
    (tmp_path / "room1/a.mp4").write_bytes(b"x")
    (tmp_path / "room2.mp4").write_bytes(b"x")
    (tmp_path / "room1.done").write_bytes(b"")
    folder, _ = still(tmp_path)
    assert folder.look() == (Ready(os.fsencode(tmp_path), b"room1", (b"room1/a.mp4",), b"room1.done"),)
    (tmp_path / "room2.mp4.ok").write_bytes(b"")
    other, _ = still(tmp_path, DropRules(quiet_s=10, marker=".ok"))
    assert names(other.look()) == [b"room2.mp4"]


def test_a_marker_beside_nothing_is_a_drop_like_all_others(tmp_path: Path) -> None:
    (tmp_path / "statement.done").write_bytes(b"x")
    folder, clock = still(tmp_path)
    folder.look()
    clock.now = 10
    assert names(folder.look()) == [b"statement.done"]


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.mp4").write_bytes(b"x")
    drop = tmp_path / "drop"
    (drop / "case").mkdir(parents=True)
    (drop / "link").symlink_to(tmp_path / "outside")
    (drop / "case/link.mp4").symlink_to(tmp_path / "outside/secret.mp4")
    (drop / "case/real.mp4").write_bytes(b"x")
    folder, clock = still(drop)
    folder.look()
    clock.now = 10
    assert [ready.paths for ready in folder.look()] == [(b"case/real.mp4",)]


def test_hostile_names(tmp_path: Path) -> None:
    for name in (b"new\nline.mp4", b"\xff\xfe.mp4", b"n" * 255):
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    folder, clock = still(tmp_path)
    folder.look()
    clock.now = 10
    assert sorted(names(folder.look())) == sorted([b"new\nline.mp4", b"\xff\xfe.mp4", b"n" * 255])


def test_what_failed_is_handed_out_again(tmp_path: Path) -> None:
    (tmp_path / "room1.mp4").write_bytes(b"x")
    (tmp_path / "room1.mp4.done").write_bytes(b"")
    folder, _ = still(tmp_path)
    assert names(folder.look()) == [b"room1.mp4"]
    folder.forget(b"room1.mp4")
    assert names(folder.look()) == [b"room1.mp4"]


@pytest.mark.parametrize("polling", [False, True])
def test_events_lead_to_what_was_dropped(tmp_path: Path, polling: bool) -> None:
    rules = DropRules(quiet_s=0.1, polling=polling, rescan_s=3600)
    with DropFolder(os.fsencode(tmp_path), rules) as folder:
        assert folder.next(0) == ()
        (tmp_path / "case").mkdir()
        (tmp_path / "case/a.mp4").write_bytes(b"x")
        (ready,) = folder.next(PATIENCE)
        assert ready.paths == (b"case/a.mp4",)
        (tmp_path / "case/b.mp4").write_bytes(b"x")
        (ready,) = folder.next(PATIENCE)
        assert ready.paths == (b"case/a.mp4", b"case/b.mp4")


def test_a_file_moved_in_is_found_under_its_new_name(tmp_path: Path) -> None:
    drop, aside = tmp_path / "drop", tmp_path / "aside"
    drop.mkdir()
    aside.mkdir()
    with DropFolder(os.fsencode(drop), DropRules(quiet_s=0.1, rescan_s=3600)) as folder:
        folder.next(0)
        (drop / ".upload.tmp").write_bytes(b"x")
        (drop / ".upload.tmp").rename(drop / "room1.mp4")
        assert names(folder.next(PATIENCE)) == [b"room1.mp4"]


def test_where_the_kernel_does_not_say_the_close_event_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropfolder, "_open_for_writing", lambda path: None)
    clock = Clock()
    with DropFolder(os.fsencode(tmp_path), DropRules(quiet_s=1.0, rescan_s=3600), clock) as folder:
        folder.look()
        with (tmp_path / "room1.mp4").open("wb") as writer:
            writer.write(b"x")
            writer.flush()
            wait_for_verdict(folder, b"room1.mp4", Verdict.OPEN)
            clock.now = 2.0
            assert folder.look() == ()
        assert names(folder.next(PATIENCE)) == [b"room1.mp4"]


def wait_for_verdict(folder: DropFolder, name: bytes, why: Verdict) -> None:
    """Take events as they come until a drop waits for this reason."""
    for _ in range(1000):
        folder.look()
        if any(waiting.name == name and waiting.why is why for waiting in folder.waiting):
            return
        folder._note(folder._events.get(timeout=PATIENCE))
    pytest.fail(f"{name!r} never was {why}")


def test_our_own_looking_causes_no_events(tmp_path: Path) -> None:
    (tmp_path / "room1.mp4").write_bytes(b"x")
    with DropFolder(os.fsencode(tmp_path), DropRules(quiet_s=3600)) as folder:
        for _ in range(5):
            folder.look()
        (tmp_path / "last").write_bytes(b"")
        first = folder._events.get(timeout=PATIENCE)
        assert first is not None
        assert os.path.basename(os.fsdecode(first.src_path)) == "last"


def test_a_watcher_is_woken_to_end(tmp_path: Path) -> None:
    with DropFolder(os.fsencode(tmp_path)) as folder:
        found: list[tuple[Ready, ...]] = []
        watcher = threading.Thread(target=lambda: found.append(folder.next(3600)))
        watcher.start()
        folder.close()
        watcher.join(PATIENCE)
        assert found == [()]


def test_a_folder_that_is_not_there_or_goes_away(tmp_path: Path) -> None:
    with pytest.raises(DropFolderMissing), DropFolder(os.fsencode(tmp_path / "absent")):
        pass
    (tmp_path / "drop").mkdir()
    folder, _ = still(tmp_path / "drop")
    folder.look()
    (tmp_path / "drop").rmdir()
    with pytest.raises(DropFolderMissing):
        folder.look()


def test_a_kernel_that_refuses_to_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(observer: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(Observer, "start", refuse)
    with pytest.raises(DropFolderUnwatchable) as refused, DropFolder(os.fsencode(tmp_path)):
        pass
    assert refused.value.fields["error"] == "ENOSPC"
