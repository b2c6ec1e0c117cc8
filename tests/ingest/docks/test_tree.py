from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from ingest.docks.facts import Arrived, Noticed, Removed, UsbStrings
from ingest.docks.tree import Patience, Tree, UdevEvent, port_of, usb_device
from tests.ingest.docks.recordings import FOLDER, Timed, arrivals, moved, recording, told, words

RECORDINGS = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
USB = "/devices/pci0000:00/0000:00:04.0/usb2/2-2"
DISK = f"{USB}/2-2:1.0/host0/target0:0:0/0:0:0:0/block/sda"


def before_removal(events: list[Timed]) -> list[Timed]:
    return events[: next(n for n, (_, one) in enumerate(events) if one.action in {"remove", "unbind"})]


def device(interfaces: str, devpath: str = USB, **more: str) -> UdevEvent:
    properties = {"DEVPATH": devpath, "SUBSYSTEM": "usb", "DEVTYPE": "usb_device", "DEVNUM": "005", "ID_VENDOR_ID": "04b4"}
    return UdevEvent("add", {**properties, "ID_MODEL_ID": "1234", "ID_USB_INTERFACES": interfaces, **more})


def disk(name: str = "sda", *, lun: int = 0, size: int = 1 << 20, action: str = "add", **more: str) -> UdevEvent:
    path = f"{USB}/2-2:1.0/host0/target0:0:0/0:0:0:{lun}/block/{name}"
    properties = {"DEVPATH": path, "SUBSYSTEM": "block", "DEVTYPE": "disk", "DEVNAME": f"/dev/{name}", "MAJOR": "8"}
    return UdevEvent(action, {**properties, "MINOR": str(16 * (ord(name[2]) - ord("a"))), **more}, size)


def partition(number: int, *, action: str = "add", **more: str) -> UdevEvent:
    properties = {"DEVPATH": f"{DISK}/sda{number}", "SUBSYSTEM": "block", "DEVTYPE": "partition", "MAJOR": "8"}
    return UdevEvent(action, {**properties, "DEVNAME": f"/dev/sda{number}", "MINOR": str(number), **more}, 1 << 19)


def gone(devpath: str = USB, subsystem: str = "usb", devtype: str = "usb_device") -> UdevEvent:
    return UdevEvent("remove", {"DEVPATH": devpath, "SUBSYSTEM": subsystem, "DEVTYPE": devtype})


FAT: dict[str, Any] = {"ID_FS_USAGE": "filesystem", "ID_FS_TYPE": "vfat"}
STORAGE = ":080650:"


@pytest.mark.parametrize("name", ["fat32", "fat32-partition", "exfat-partition", "ext4", "gadget"])
def test_one_plug_of_a_real_device_is_one_arrival_however_many_events_it_makes(name: str) -> None:
    events = recording(name)
    said = told(before_removal(events))
    assert words(said) == ["noticed", "arrived"]
    (plugged,) = arrivals(said)
    (volume,) = plugged.volumes
    assert volume.fs_type in {"vfat", "exfat", "ext4"}
    assert volume.node == ("/dev/sda1" if "partition" in name else "/dev/sda")
    assert plugged.usb.serial in {"SN0001", "SN777"}
    assert volume.disk_sequence is not None


def test_a_device_with_a_partition_table_does_not_arrive_before_its_partition() -> None:
    events = before_removal(recording("fat32-partition"))
    at = next(at for at, one in events if one.properties["DEVTYPE"] == "partition")
    assert all(when > at for when, one in told(events) if isinstance(one, Arrived))


def test_a_device_that_is_pulled_before_it_settled_was_only_noticed() -> None:
    events = recording("fat32")
    quick = [(at / 100, one) for at, one in events]
    assert words(told(quick)) == ["noticed", "removed"]


@pytest.mark.parametrize("name", ["fat32", "fat32-partition", "gadget", "mtp"])
def test_what_was_pulled_leaves_once_matched_by_its_place_alone(name: str) -> None:
    events = recording(name)
    first = len(before_removal(events))
    said = told([*events[:first], *((at + 30, one) for at, one in events[first:])])
    assert words(said) == ["noticed", "arrived", "removed"]
    left = said[-1][1]
    assert isinstance(left, Removed)
    assert left.devpath == arrivals(said)[0].devpath


def test_twelve_at_once_on_hubs_in_hubs_are_twelve_devices_in_twelve_ports() -> None:
    found = arrivals(told(recording("hubs")))
    ports = {plugged.port for plugged in found}
    assert len(found) == len(ports) == 12
    assert {port.rpartition(":")[2] for port in ports} == {f"1.{n}" for n in range(1, 8)} | {f"1.8.{n}" for n in range(1, 6)}
    assert {plugged.usb.serial for plugged in found} == {f"SN{n:02}" for n in range(12)}


def test_in_whatever_order_the_events_of_several_devices_come_the_same_devices_arrive() -> None:
    events = [one for _, one in recording("hubs")]
    expected = {plugged.port: plugged for plugged in arrivals(told([(0.01 * n, one) for n, one in enumerate(events)]))}
    for seed in range(20):
        shuffled = random.Random(seed).sample(events, len(events))
        found = arrivals(told([(0.01 * n, one) for n, one in enumerate(shuffled)]))
        assert {plugged.port: plugged for plugged in found} == expected


def test_mtp_is_a_device_of_objects_without_volumes() -> None:
    (plugged,) = arrivals(told(before_removal(recording("mtp"))))
    assert (plugged.protocol, plugged.volumes, plugged.control) == ("mtp", (), False)
    assert plugged.usb.serial == "MTP0001"


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_port_said_by_udev_is_the_one_made_of_the_place_in_sysfs(name: str) -> None:
    for _, event in recording(name):
        where = usb_device(event.devpath)
        if where is not None:
            assert port_of(where, event.properties.get("ID_PATH")) == port_of(where, None)


def test_the_port_is_the_same_on_the_bus_for_fast_and_for_slow_devices_and_after_another_numbering() -> None:
    places = [f"/devices/pci0000:00/0000:00:14.0/usb{bus}/{bus}-3/{bus}-3.2" for bus in (1, 2, 7)]
    assert {port_of(place, None) for place in places} == {"pci-0000:00:14.0-usb-0:3.2"}


@pytest.mark.parametrize(
    "devpath",
    [
        "/devices/pci0000:00/0000:00:04.0/usb1",  # a root hub
        "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
        "/devices/virtual/block/loop0",
        "/devices/virtual/block/dm-0",
    ],
)
def test_what_hangs_on_no_usb_port_is_no_usb_device(devpath: str) -> None:
    assert usb_device(devpath) is None


@pytest.mark.parametrize("interfaces", [":030101:", ":030102:030000:", ":090000:", ":0b0000:", ":e00101:", ":0e0100:0e0200:"])
def test_keyboards_hubs_card_readers_for_people_and_cameras_for_calls_never_arrive(interfaces: str) -> None:
    assert told([(0.0, device(interfaces))]) == []


def test_a_recorder_in_control_mode_that_becomes_a_disk_is_one_visit() -> None:
    waiting = device(":ff0000:", ID_VENDOR_ID="4255", ID_MODEL_ID="0001")
    storage = device(STORAGE, DEVNUM="006", ID_MODEL_ID="0002")
    events = [(0.0, waiting), (5.0, gone()), (7.0, storage), (8.0, disk(**FAT))]
    said = told(events)
    assert words(said) == ["noticed", "arrived", "noticed", "arrived"]
    first, second = arrivals(said)
    assert first.control
    assert not first.volumes
    assert (second.control, second.port) == (False, first.port)
    assert len(second.volumes) == 1


def test_a_recorder_in_control_mode_that_stays_away_has_left() -> None:
    said = told([(0.0, device(":ff0000:")), (5.0, gone())])
    assert words(said) == ["noticed", "arrived", "removed"]
    assert said[-1][0] == pytest.approx(5.0 + Patience().switch)


def test_a_device_that_comes_back_before_its_leaving_was_heard_of_is_another() -> None:
    events = [(0.0, device(STORAGE)), (0.1, disk(**FAT)), (5.0, device(STORAGE, DEVNUM="009"))]
    assert words(told([*events, (5.1, disk(**FAT))])) == ["noticed", "arrived", "removed", "noticed", "arrived"]


def test_an_empty_card_reader_arrives_with_nothing_and_again_when_a_card_is_put_in_and_taken_out() -> None:
    events = [(0.0, device(STORAGE)), (1.0, disk("sda", size=0)), (1.0, disk("sdb", lun=1, size=0))]
    events.append((30.0, disk("sdb", lun=1, action="change", DISK_MEDIA_CHANGE="1", DISKSEQ="9", **FAT)))
    events.append((60.0, disk("sdb", lun=1, size=0, action="change", DISK_MEDIA_CHANGE="1", DISKSEQ="10")))
    found = arrivals(told(events))
    assert [[volume.node for volume in plugged.volumes] for plugged in found] == [[], ["/dev/sdb"], []]


def test_a_card_exchanged_for_another_is_another_picture_although_all_else_is_alike() -> None:
    events = [(0.0, device(STORAGE)), (1.0, disk(DISKSEQ="9", **FAT)), (30.0, disk(action="change", DISKSEQ="10", **FAT))]
    assert [plugged.volumes[0].disk_sequence for plugged in arrivals(told(events))] == [9, 10]


def test_every_partition_and_every_lun_is_a_volume_in_order_and_a_container_of_partitions_is_none() -> None:
    events = [(0.0, device(STORAGE)), (0.1, disk(ID_PART_TABLE_TYPE="dos"))]
    events += [(0.2, partition(number, **FAT)) for number in (10, 2)]
    events += [(0.3, partition(4, ID_PART_ENTRY_TYPE="0xf")), (0.4, disk("sdb", lun=1, **FAT))]
    (plugged,) = arrivals(told(events))
    assert [volume.node for volume in plugged.volumes] == ["/dev/sda2", "/dev/sda10", "/dev/sdb"]


def test_a_partition_that_comes_late_is_waited_for_and_a_table_without_any_comes_out_as_one_volume_nobody_knows() -> None:
    table = disk(ID_PART_TABLE_TYPE="dos")
    late = told([(0.0, device(STORAGE)), (0.1, table), (3.0, partition(1, **FAT))])
    assert [[volume.node for volume in plugged.volumes] for plugged in arrivals(late)] == [["/dev/sda1"]]
    broken = told([(0.0, device(STORAGE)), (0.1, table)])
    assert [(volume.node, volume.fs_type) for plugged in arrivals(broken) for volume in plugged.volumes] == [("/dev/sda", None)]


def test_a_storage_device_whose_disk_never_comes_arrives_with_nothing_in_bounded_time() -> None:
    said = told([(0.0, device(STORAGE))])
    assert said[-1][0] == pytest.approx(Patience().disk)
    assert not arrivals(said)[0].volumes


def test_a_disc_in_a_drive_is_no_volume() -> None:
    assert arrivals(told([(0.0, device(STORAGE)), (1.0, disk(ID_CDROM="1", ID_TYPE="cd", **FAT))]))[0].volumes == ()


@pytest.mark.parametrize("serial", ["SN0001", ""])
def test_two_devices_that_say_the_same_of_themselves_are_two(serial: str) -> None:
    events = [(at, moved(one, ("SN0001", serial))) for at, one in before_removal(recording("fat32"))]
    twins = [(at + 0.01, moved(one, ("2-1", "2-4"), ("usb-0:1", "usb-0:4"))) for at, one in events]
    found = arrivals(told(sorted([*events, *twins], key=lambda timed: timed[0])))
    assert len({plugged.devpath for plugged in found}) == len({plugged.port for plugged in found}) == len(found) == 2
    assert {plugged.usb.serial for plugged in found} == {serial or None}


def test_what_was_there_at_the_start_is_said_to_have_been_and_is_not_noticed() -> None:
    tree = Tree()
    tree.enumerated([device(STORAGE), disk(**FAT)], 0.0, at_start=True)
    (said,) = tree.due(1.0)
    assert isinstance(said, Arrived)
    assert said.at_start
    tree.feed(device(STORAGE, devpath=USB.replace("2-2", "2-3")), 2.0)
    assert tree.due(2.0) == [Noticed(USB.replace("2-2", "2-3"), "pci-0000:00:04.0-usb-0:3")]


def test_after_lost_events_what_is_no_longer_there_has_left_and_what_is_new_arrives() -> None:
    tree = Tree()
    tree.enumerated([device(STORAGE), disk(**FAT)], 0.0, at_start=True)
    tree.due(1.0)
    other = moved(device(STORAGE), ("2-2", "2-3"))
    tree.enumerated([other, moved(disk(**FAT), ("2-2", "2-3"))], 5.0, at_start=False)
    assert [type(one) for one in tree.due(9.0)] == [Removed, Noticed, Arrived]
    tree.enumerated([other, moved(disk(**FAT), ("2-2", "2-3"))], 10.0, at_start=False)
    assert tree.due(20.0) == []


def test_a_medium_that_vanished_unheard_is_missed_after_the_next_look() -> None:
    tree = Tree()
    tree.enumerated([device(STORAGE), disk(**FAT)], 0.0, at_start=True)
    tree.due(1.0)
    tree.enumerated([device(STORAGE), replace(disk(), size=0)], 5.0, at_start=False)
    (said,) = tree.due(9.0)
    assert isinstance(said, Arrived)
    assert said.plugged.volumes == ()


def test_strings_of_a_device_are_kept_in_bounds() -> None:
    (plugged,) = arrivals(told([(0.0, device(":060101:", ID_VENDOR="x" * 5000, ID_MODEL="  ", ID_SERIAL_SHORT="7"))]))
    assert plugged.usb == UsbStrings("04b4", "1234", "x" * 256, None, "7")
