"""A device that waits at a dock of the running service, and the command that lets it in."""

from __future__ import annotations

from pathlib import Path

from ingest.docks.facts import Plugged
from ingest.visit import Opening
from station.board import Board
from station.commands import AdmitDevice, SettingsCommand, Tag, silent
from station.devices import judge
from station.docks import Docks
from station.rooms import Lender
from station.service.service import Service
from tests.station.docks.dock import Eyes, Folders, Told, device, plug
from tests.station.stations import Station


def test_a_device_that_is_admitted_while_it_waits_is_taken_without_being_plugged_in_again(
    station: Station, tmp_path: Path
) -> None:
    file = tmp_path / "card" / "DCIM" / "DSJ0042_004217_20260115080001_0001.MP4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"footage")
    rooms, board, arrivals = station.rooms(), Board(1), Told()
    eyes = Eyes(board)

    def judged(opening: Opening, plugged: Plugged, slot: int) -> Opening:
        return judge(rooms, rooms.operator, opening, plugged, slot)

    def docks(lend: Lender) -> Docks:
        return Docks(rooms, board, arrivals, Folders(), lend, judged=judged, untouched=lambda _volume: None)

    service = Service(rooms, board, docks=docks, duties=())
    docking = service._rooms["docks"]
    docking.start()
    plug(arrivals, device(tmp_path / "card"))
    assert eyes.wait(1, "unknown").reason == "device-quarantined"
    service.carry_out(Tag((), note="x"), None, "en", silent)
    service.carry_out(SettingsCommand("show"), None, "en", silent)
    refusals = [one for one in station.log() if one["type"] == "refused"]
    assert len(refusals) == 1, "what lets nobody in is no reason to try again"
    (waiting,) = station.json("devices", "list")["devices"]
    service.carry_out(AdmitDevice(waiting["key"]), None, "en", silent)
    assert eyes.wait(1, "safe-to-take").device == waiting["key"]
    docking.stop()
    assert docking.join(60)
    service._worker.close()
    rooms.close()
