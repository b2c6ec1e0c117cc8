"""Bringing the past along: footage of an older system, and what that system said of it."""

from __future__ import annotations

import os
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest

from station.brought import bringing, rows
from station.brought.bringing import handfuls
from station.brought.mapping import read_mapping
from tests.station.stations import Document, Station

MAPPING = """
[columns]
path = "文件名"
device = "设备编号"
recorded_by = "警号"
case_number = "案件编号"
note = "备注"
sha256 = "校验"
[claims]
recorded_at = "拍摄时间"
number = "旧编号"
[table]
encoding = "gb18030"
[footage]
source = "body-camera"
system = "the collector before"
"""
HEAD = "旧编号,文件名,设备编号,警号,拍摄时间,案件编号,备注,校验\r\n"


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """A folder of an older system: two devices, and a file that its table does not name."""
    folder = tmp_path / "past"
    for name in ("2019/a1.mp4", "2019/a2.mp4", "2020/b1.mp4", "2020/forgotten.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def table(tmp_path: Path, lines: list[str]) -> tuple[Path, Path]:
    metadata, mapping = tmp_path / "past.csv", tmp_path / "past.toml"
    metadata.write_bytes((HEAD + "".join(f"{line}\r\n" for line in lines)).encode("gb18030"))
    mapping.write_text(MAPPING, encoding="utf-8")
    return metadata, mapping


def whole() -> list[str]:
    return [
        f'17,2019/a1.mp4,DSJ-1,004217,2019-03-02 10:00:00,A-7,醉驾 "现场",{sha256(b"2019/a1.mp4").hexdigest()}'.replace('"', ""),
        "18,2020\\b1.mp4,DSJ-2,004218,2020-01-01 00:00:00,,,",
        "19,2019/a2.mp4,DSJ-1,004217,,,,",
    ]


def brought(station: Station, past: Path, lines: list[str], *more: str, status: int = 0) -> Document:
    metadata, mapping = table(past.parent, lines)
    return station.json("import", past, "--metadata", metadata, "--mapping", mapping, *more, status=status)


def test_footage_comes_in_by_device_with_what_was_said_of_it_and_nothing_more_is_claimed(station: Station, past: Path) -> None:
    told = brought(station, past, whole())
    assert (told["taken"], told["refused"], told["unnamed"], len(told["dockings"])) == (3, 0, 1, 2)
    clips = {one["path"]: one for one in station.json("clips")["clips"]}
    assert set(clips) == {"2019/a1.mp4", "2019/a2.mp4", "2020/b1.mp4"}
    first = clips["2019/a1.mp4"]
    assert (first["case"], first["note"], first["device"]) == ("A-7", "醉驾 现场", "DSJ-1")
    assert first["recorded_by"] == "004217"
    dockings = station.json("dockings")["dockings"]
    for docking in dockings:
        along = docking["acquisition"]["brought_along"]
        assert along["metadata_sha256"] == sha256((past.parent / "past.csv").read_bytes()).hexdigest()
        assert docking["officer"] is None, "nobody here saw who recorded"
    assert not first["recorded_at"].startswith("2019"), "the table's time is a claim, and no reading"
    (kept,) = [
        one["personal"]["kept"]
        for one in station.log()
        if one["type"] == "recorded" and one["what"]["kind"] == "brought-along" and one["what"]["said"]["files"] == 2
    ]
    assert '"recorded_at":"2019-03-02 10:00:00"' in kept
    assert '"number":"17"' in kept
    assert station.json("verify")["problems"] == []
    assert station.json("figures", "show", "late-docking")["total"]["counted"] == 0


def test_a_dry_run_takes_nothing_and_says_what_it_would(station: Station, past: Path) -> None:
    size = station.json("checkpoint")["size"]
    told = brought(station, past, whole(), "--dry-run")
    assert (told["taken"], told["known"], told["dry_run"]) == (3, 0, True)
    assert station.json("checkpoint")["size"] == size


def test_rows_that_do_not_fit_are_left_behind_with_their_rule(station: Station, past: Path) -> None:
    (past / "link.mp4").symlink_to(past / "2019" / "a1.mp4")
    (past / "away").symlink_to("/etc")
    lines = [
        *whole(),
        "20,../past.csv,,,,,,",
        "21,/etc/passwd,,,,,,",
        "22,away/passwd,,,,,,",
        "23,link.mp4,,,,,,",
        "24,2019/none.mp4,,,,,,",
        "25,2019/a1.mp4,,,,,,",
        f"26,2020/forgotten.mp4,,,,,,{'0' * 64}",
        "27,2020/forgotten.mp4",
    ]
    told = brought(station, past, lines, "--dry-run", status=4)
    assert (told["taken"], told["refused"]) == (3, 8)
    rules = {one["row"]: one["rule"] for one in told["refused_rows"]}
    assert rules[5] == rules[6] == "a path below the folder"
    assert rules[7] == rules[8] == rules[9] == "a file that is there, and no link on the way to it"
    assert rules[10] == "a file is named once"
    assert "digest" in rules[11]
    assert "cells" in rules[12]


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    station: Station, past: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = bringing._tell
    calls = []

    def cut(*arguments: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt  # sealed, and the power went before its tags
        tell(*arguments)  # type: ignore[arg-type]  # handed on as they came

    with monkeypatch.context() as patch:
        patch.setattr(bringing, "_tell", cut)
        metadata, mapping = table(past.parent, whole())
        assert station("import", past, "--metadata", metadata, "--mapping", mapping, "--json").status == 4
    told = brought(station, past, whole())
    assert (told["known"], told["taken"]) == (2, 1)
    assert len(station.json("dockings")["dockings"]) == 2
    assert {one["recorded_by"] for one in station.json("clips")["clips"]} == {"004217", "004218"}
    assert brought(station, past, whole())["known"] == 3


def test_ten_thousand_rows_are_read_without_memory_that_grows(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "one.mp4").write_bytes(b"x")
    mapping = read_mapping(b'[columns]\npath = "p"\ndevice = "d"\nnote = "n"\n')
    metadata = tmp_path / "many.csv"

    def peak(count: int) -> int:
        with metadata.open("w", encoding="utf-8") as file:
            file.write("p,d,n\n")
            file.writelines(f"f{number}.mp4,cam:{number % 60},{'words ' * 20}\n" for number in range(count))
        tracemalloc.start()
        refused: list[int] = []
        groups = handfuls(
            rows.rows(os.fsencode(folder), metadata, mapping, rows.Seen(), lambda _: None), lambda one: refused.append(1)
        )
        assert sum(map(len, groups)) + len(refused) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_facts", lambda _folder, _parts: (folder / "one.mp4").stat())
        patch.setattr(bringing, "WINDOW", 500)
        small, large = peak(2_000), peak(10_000)
    assert large < small + (3 << 19), "eight bytes a row, and what a set needs for them"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"[columns]\n", "path"),
        (b'[columns]\npath = "p"\nfile = "q"\n', "file"),
        (b'[columns]\npath="p"\n[table]\nencoding="x"\n', "encoding"),
    ],
)
def test_a_mapping_that_is_none_says_where(station: Station, past: Path, text: bytes, word: str) -> None:
    metadata, mapping = table(past.parent, whole())
    mapping.write_bytes(text)
    error = station.json("import", past, "--metadata", metadata, "--mapping", mapping, status=2)
    assert error["code"] == "mapping-malformed"
    assert word in error["message"]


def test_a_table_without_a_column_is_refused_before_anything_is_taken(station: Station, past: Path) -> None:
    metadata, mapping = table(past.parent, whole())
    metadata.write_text("文件名\n2019/a1.mp4\n", encoding="gb18030")
    assert station.json("import", past, "--metadata", metadata, "--mapping", mapping, status=2)["code"] == "metadata-unreadable"
    assert station.json("clips")["clips"] == []
