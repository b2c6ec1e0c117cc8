"""Sources that are no folder, taken by the command line: a device that shows objects, and a whole block device."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

from evidence.errors import Exit
from tests.pieces import missing
from tests.servers.ptpip import Camera
from tests.station.stations import Station

CLIP = random.Random(11).randbytes(3_000_000)

try:
    import gphoto2  # noqa: F401 - only whether it is there
except ImportError:
    LIBRARY = False
else:
    LIBRARY = True


def test_a_device_is_taken_sealed_and_verified(station: Station) -> None:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    camera = Camera()
    camera.put("DCIM/100MEDIA/20240304_050607AA.MP4", CLIP)
    camera.put("DCIM/100MEDIA/执法.JPG", b"picture")
    with camera.plugged_in():
        answer = station.json("ingest", camera.root)
    taken = {clip["path"]: (clip["state"], clip["sha256"]) for clip in answer["clips"]}
    assert taken == {
        "DCIM/100MEDIA/20240304_050607AA.MP4": ("verified", hashlib.sha256(CLIP).hexdigest()),
        "DCIM/100MEDIA/执法.JPG": ("verified", hashlib.sha256(b"picture").hexdigest()),
    }
    (docking,) = station.json("dockings")["dockings"]
    how = docking["acquisition"]
    assert (how["kind"], how["read_only"], how["write_block"]) == ("ptp", False, "protocol-has-none")
    assert how["device"]["serial"] == "SN0001"
    assert station.json("verify")["ok"] is True


def test_a_device_pulled_in_the_middle_is_gone_and_the_next_visit_goes_on(station: Station) -> None:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    names = [f"DCIM/{number}.MP4" for number in range(4)]
    first, second = Camera(pull_after=7_000_000), Camera()
    for camera in (first, second):
        for number, name in enumerate(names):
            camera.put(name, CLIP[number:])
    with first.plugged_in():
        error = station.json("ingest", first.root, status=Exit.PARTIAL)
    assert error["code"] == "card-gone"
    (docking,) = station.json("dockings")["dockings"]
    assert docking["state"] == "open"
    with second.plugged_in():
        answer = station.json("ingest", second.root)
    assert answer["docking"] == docking["id"]
    assert {clip["path"] for clip in answer["clips"]} == set(names)
    assert second.sent < 4 * len(CLIP) - 2 * len(CLIP), "what had its outcome was not read again"


def test_a_device_that_is_not_there(station: Station) -> None:
    if not LIBRARY:
        missing("python-gphoto2 (the extra mtp)")
    error = station.json("ingest", "gphoto2:usb:250,250", status=Exit.USAGE)
    assert error["code"] == "card-missing"


def test_a_folder_may_be_called_like_a_device(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gphoto2:usb:001,001"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"footage")
    monkeypatch.chdir(tmp_path)
    answer = station.json("ingest", "./gphoto2:usb:001,001")
    assert [clip["path"] for clip in answer["clips"]] == ["a.mp4"]


def test_an_image_is_one_clip_with_the_facts_of_its_medium(station: Station, tmp_path: Path) -> None:
    medium = tmp_path / "card.img"
    medium.write_bytes(CLIP[: 2 << 20])
    answer = station.json("ingest", "--image", medium)
    (clip,) = answer["clips"]
    assert (clip["path"], clip["sha256"]) == ("image.raw", hashlib.sha256(CLIP[: 2 << 20]).hexdigest())
    (docking,) = station.json("dockings")["dockings"]
    how = docking["acquisition"]
    assert (how["kind"], how["size"], how["write_block"]) == ("block-image", str(2 << 20), "none")
    assert how["layout"]["partitions"] == []
    assert str(tmp_path) not in json.dumps(how)
    assert station.json("verify")["ok"] is True


def test_a_folder_is_no_medium(station: Station, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert station.json("ingest", "--image", folder, status=Exit.USAGE)["code"] == "card-missing"


def test_the_help_says_how_the_files_in_an_image_are_taken(station: Station) -> None:
    told = station("ingest", "--help").out.decode()
    assert "mount -o ro,loop" in told
    assert "gphoto2:usb:BBB,DDD" in told
