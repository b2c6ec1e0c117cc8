"""The docks on this machine: real mounts of real file systems, and the real monitor."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.docks.facts import Plugged, UsbStrings
from ingest.docks.mounting import mounts_at
from ingest.docks.plain import PlainMounter
from station.board import Board
from station.docks import Docks, board_of, docks_here
from station.lending import SharedWorker
from tests.ingest.docks.images import loop_card, make_image, need_mounts
from tests.station.docks.dock import Eyes, Told, plug
from tests.station.stations import Station


@pytest.mark.parametrize("name", ["ext4-journal-to-replay", "ntfs"])
def test_a_card_is_taken_and_sealed_and_not_one_byte_of_it_has_changed(station: Station, tmp_path: Path, name: str) -> None:
    need_mounts()
    rooms, board, arrivals = station.rooms(), Board(1), Told()
    eyes, mounter = Eyes(board), PlainMounter(tmp_path / "mounts")
    with loop_card(make_image(name, tmp_path), name.partition("-")[0]) as card:
        before = card.sha256
        with SharedWorker() as worker, Docks(rooms, board, arrivals, mounter, worker.lend, untouched=lambda _volume: None):
            plug(arrivals, Plugged("/devices/usb/1", "p1", UsbStrings("0000", "0000"), (card.volume,)))
            assert eyes.wait(1, "safe-to-take").reason is None
        assert card.sha256 == before
    assert list((tmp_path / "mounts").iterdir()) == []
    with rooms.queries() as queries:
        (row,) = queries.dockings()
    rooms.close()
    how = row.acquisition
    assert (how["kind"], how["read_only"], how["device"]["read_only"], how["mounted_by"]) == ("block-device", True, True, "mount")
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(how["file_system"]["options"])
    assert station.json("verify")["problems"] == []


def test_a_loop_device_is_none_of_ours_by_the_real_rule(station: Station, tmp_path: Path) -> None:
    need_mounts()
    rooms, board, arrivals = station.rooms(), Board(2), Told()
    eyes, mounter = Eyes(board), PlainMounter(tmp_path / "mounts")
    with (
        SharedWorker() as worker,
        loop_card(make_image("ext4", tmp_path), "ext4") as card,
        Docks(rooms, board, arrivals, mounter, worker.lend),
    ):
        plug(arrivals, Plugged("/devices/usb/1", "p1", UsbStrings("0000", "0000"), (card.volume,)))
        plug(arrivals, Plugged("/devices/usb/2", "p2", UsbStrings("0000", "0000"), protocol="mtp"))
        eyes.wait(1, "unknown", reason="no-driver")  # the first port that is anything to us is slot 1
        assert mounts_at(str(tmp_path / "mounts").encode()) == []
    rooms.close()
    assert not (tmp_path / "mounts").exists()


def test_the_docks_of_this_machine_begin_and_end(station: Station, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need_mounts()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    station.json("slots", "learn", "--port", "pci-0000:00:14.0-usb-0:1.2", "--slot", "3")
    rooms = station.rooms()
    board = board_of(rooms)
    with SharedWorker() as worker, docks_here(rooms, board, worker.lend) as docks:
        assert docks.mounter.name == "mount"
        assert {view.slot for view in board.views()} >= {1, 2, 3}
    rooms.close()
