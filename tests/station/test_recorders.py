"""Recorders at a station: the table, the password's file, and what a person is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.docks.facts import Plugged, UsbStrings
from ingest.errors import RecorderGone, RecorderRefused
from ingest.recorders.driver import Password
from ingest.recorders.families import families
from station.messages import PHRASES
from station.recorders import BY_HAND, RecorderPasswordUnusable, become_disk, recorder_password
from station.settings import Settings
from tests.servers.amba import AmbaPipe, AmbaRecorder, Trouble
from tests.station.stations import ROOT, Station


def test_the_table_says_what_was_tried_on_what(station: Station) -> None:
    document = station.json("recorders")
    assert [one["family"] for one in document["recorders"]] == [one.name for one in families()]
    by_name = {one["family"]: one for one in document["recorders"]}
    assert by_name["ambarella-simple-class"]["proof"] == "simulator"
    assert [one["family"] for one in document["recorders"] if one["supported"]] == ["ambarella-simple-class"]
    assert "disk mode by hand" in document["by_hand"]


def test_people_are_told_which_ones_have_no_driver_and_what_to_do_then(station: Station) -> None:
    told = station("recorders").out.decode()
    lines = [line for line in told.splitlines() if "untested" in line]
    assert len(lines) == len(families()) - 1
    assert all("no driver" in line for line in lines)
    assert PHRASES[BY_HAND][0] in told


def rows() -> str:
    """The table of the README."""
    return "\n".join(
        f"| {one.title} | {' '.join(f'`{usb}`' for usb in one.usb) or '–'} | {one.route} | {one.proof.value} |"
        f" {', '.join(sorted(capability.value for capability in one.can)) or 'no driver: disk mode by hand'} |"
        for one in families()
    )


def test_the_readme_has_the_same_table() -> None:
    assert rows() in (ROOT / "README.md").read_text(encoding="utf-8")


def password_file(folder: Path, text: str, mode: int = 0o600) -> Settings:
    file = folder / "recorder.pin"
    file.write_text(text)
    file.chmod(mode)
    return Settings(recorder_password_file="recorder.pin")


def test_the_password_comes_from_a_file_that_only_the_station_reads(tmp_path: Path) -> None:
    password = recorder_password(password_file(tmp_path, "12ab56\n"), tmp_path)
    assert isinstance(password, Password)
    assert password.reveal() == "12ab56"
    assert recorder_password(Settings(), tmp_path) is None


@pytest.mark.parametrize(
    ("text", "mode", "rule"),
    [
        ("secret77", 0o640, "mode 0640"),
        ("secret77;#", 0o600, "letters and digits"),
        ("two\nlines", 0o600, "letters and digits"),
        ("", 0o600, "letters and digits"),
        ("密码", 0o600, "letters and digits"),
        ("7" * 65, 0o600, "letters and digits"),
    ],
)
def test_a_file_that_cannot_be_the_password_is_refused_without_repeating_it(
    tmp_path: Path, text: str, mode: int, rule: str
) -> None:
    with pytest.raises(RecorderPasswordUnusable) as refused:
        recorder_password(password_file(tmp_path, text, mode), tmp_path)
    assert rule in str(refused.value.fields["rule"])
    assert not text or text not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecorderPasswordUnusable):
        recorder_password(Settings(recorder_password_file="nothing"), tmp_path)


def control(vendor: str = "4255", product: str = "0001") -> Plugged:
    return Plugged("/devices/usb1/1-1", "1-1", UsbStrings(vendor, product), control=True)


def test_a_device_of_no_known_family_has_no_driver(tmp_path: Path) -> None:
    assert become_disk(Settings(), tmp_path, control("1234", "5678")) is False


def test_a_recorder_in_a_dock_becomes_a_disk_with_the_password_of_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = AmbaRecorder(password="12ab56cd")
    pipe = AmbaPipe(recorder)
    monkeypatch.setattr("ingest.recorders.opening.open_usb", lambda devpath: pipe)
    with pytest.raises(RecorderRefused):
        become_disk(Settings(), tmp_path, control())
    assert "ATH" not in recorder.heard
    assert become_disk(password_file(tmp_path, "12ab56cd"), tmp_path, control()) is True
    assert recorder.is_disk
    assert pipe.closed
    assert not {"Sdt", "Stm"} & set(recorder.heard), "its clock is as it was"


@pytest.mark.parametrize("trouble", [Trouble.SILENT, Trouble.GARBAGE])
def test_what_shares_the_id_and_speaks_something_else_has_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    pipe = AmbaPipe(AmbaRecorder(trouble={"Ver": trouble}))
    monkeypatch.setattr("ingest.recorders.opening.open_usb", lambda devpath: pipe)
    assert become_disk(Settings(), tmp_path, control()) is False
    assert pipe.closed


def test_a_recorder_that_left_before_it_was_opened_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(devpath: str) -> AmbaPipe:
        raise RecorderGone(device=devpath)

    monkeypatch.setattr("ingest.recorders.opening.open_usb", gone)
    with pytest.raises(RecorderGone):
        become_disk(Settings(), tmp_path, control())


def test_the_way_by_hand_is_told_in_both_languages() -> None:
    english, chinese = PHRASES[BY_HAND]
    assert re.search(r"disk mode", english)
    assert "U盘模式" in chinese
