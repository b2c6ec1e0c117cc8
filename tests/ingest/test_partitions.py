"""The layout of a medium, from real tools' output and from hostile bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import canonical
from ingest.partitions import FileSystem, Layout, ReadAt, file_system, layout
from tests.pieces import need_program

SIZE = 16 << 20


def of(image: Path) -> Layout:
    return layout(reading(image.read_bytes()), image.stat().st_size)


def reading(data: bytes) -> ReadAt:
    return lambda offset, length: data[offset : offset + length]


def blank(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def divided(image: Path, script: str) -> Path:
    subprocess.run([need_program("sfdisk", "fdisk"), "-q", image], input=script.encode(), check=True, capture_output=True)
    return image


def test_an_mbr_as_sfdisk_writes_it(tmp_path: Path) -> None:
    found = of(divided(blank(tmp_path / "card.img"), "label: dos\nlabel-id: 0xdeadbeef\n2048,8192,c\n10240,4096,83\n"))
    assert (found.table, found.table_id) == ("mbr", "deadbeef")
    assert [(one.number, one.offset, one.size, one.type) for one in found.partitions] == [
        (1, 1 << 20, 4 << 20, "0c"),
        (2, 5 << 20, 2 << 20, "83"),
    ]


def test_a_gpt_as_sfdisk_writes_it(tmp_path: Path) -> None:
    label = "A1B2C3D4-0000-4000-8000-000000000001"
    kind = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
    found = of(divided(blank(tmp_path / "card.img"), f"label: gpt\nlabel-id: {label}\n2048,8192,{kind}\n"))
    assert (found.table, found.table_id) == ("gpt", label.lower())
    assert [(one.offset, one.size, one.type) for one in found.partitions] == [(1 << 20, 4 << 20, kind.lower())]


def test_file_systems_as_mkfs_writes_them(tmp_path: Path) -> None:
    ext4 = blank(tmp_path / "ext4.img")
    identity = "11111111-2222-3333-4444-555555555555"
    subprocess.run([need_program("mkfs.ext4", "e2fsprogs"), "-q", "-L", "CAM01", "-U", identity, ext4], check=True)
    assert of(ext4) == Layout(None, None, (), FileSystem("ext", "CAM01", identity))


def test_fat_as_mkfs_writes_it(tmp_path: Path) -> None:
    fat = blank(tmp_path / "fat.img")
    subprocess.run([need_program("mkfs.vfat", "dosfstools"), "-n", "CAM01", "-i", "AB12CD34", fat], check=True)
    assert of(fat).file_system == FileSystem("vfat", "CAM01", "AB12-CD34")


def test_a_partition_tells_its_file_system(tmp_path: Path) -> None:
    image, inner = divided(blank(tmp_path / "card.img"), "label: dos\n2048,8192,83\n"), blank(tmp_path / "inner.img")
    subprocess.run([need_program("mkfs.ext4", "e2fsprogs"), "-q", inner, "4M"], check=True)
    with image.open("r+b") as file:
        file.seek(1 << 20)
        file.write(inner.read_bytes()[: 4 << 20])
    (only,) = of(image).partitions
    assert only.file_system is not None
    assert only.file_system.fs_type == "ext"


def test_nothing_known(tmp_path: Path) -> None:
    assert of(blank(tmp_path / "blank.img")) == Layout(None, None, (), None)


@pytest.mark.parametrize("start", [b"\xeb\x3c\x90", b"EFI PART"])
@given(data=st.binary(max_size=4096), claims=st.binary(min_size=64, max_size=64))
def test_hostile_bytes_yield_less_and_never_an_error(start: bytes, data: bytes, claims: bytes) -> None:
    medium = (start + data).ljust(446, b"\0")[:446] + claims + b"\x55\xaa" + data
    for one in (data, medium, medium[:512] + b"EFI PART" + data):
        assert canonical(layout(reading(one), len(one)).document())
        file_system(one)
