"""The lab's media hold what their cards say, and the lab says what it is missing."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.campaigns import dock
from tests.dock import image as images
from tests.dock.faults import LabError
from tests.dock.media import PARTITION_AT, Card, FileSystem, Format, make
from tests.dock.qmp import Qmp
from tests.pieces import need_program

CARD = Card("CAM0001", clips=3, clip_bytes=5_000)


def test_a_fat_image_holds_the_files_of_its_card(tmp_path: Path) -> None:
    need_program("mkfs.vfat", "dosfstools")
    mcopy = need_program("mcopy", "mtools")
    for table, start in ((True, PARTITION_AT), (False, 0)):
        made = make(CARD, tmp_path / f"card-{table}.img", Format(FileSystem.FAT32, table))
        out = tmp_path / str(table)
        out.mkdir()
        subprocess.run([mcopy, "-s", "-i", f"{made}@@{start}", "::/", out], check=True, env={"MTOOLS_SKIP_CHECK": "1"})
        held = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        assert held == CARD.files


def test_an_ext4_image_is_clean_and_holds_the_files(tmp_path: Path) -> None:
    need_program("mke2fs", "e2fsprogs")
    made = make(CARD, tmp_path / "card.img", Format(FileSystem.EXT4, table=False))
    subprocess.run([need_program("e2fsck", "e2fsprogs"), "-f", "-n", made], check=True, capture_output=True)
    name, content = next(iter(CARD.files.items()))
    shown = subprocess.run([need_program("debugfs", "e2fsprogs"), "-R", f"cat /{name}", made], check=True, capture_output=True)
    assert shown.stdout == content


def test_two_cards_of_one_batch_share_label_and_volume_id_and_nothing_else(tmp_path: Path) -> None:
    need_program("mkfs.vfat", "dosfstools")
    blkid = need_program("blkid", "util-linux")
    told = []
    for card in (CARD, Card("CAM0002")):
        made = make(card, tmp_path / f"{card.device}.img", Format(FileSystem.FAT32, table=False))
        told.append(
            subprocess.run([blkid, "-p", "-o", "export", made], check=True, capture_output=True, text=True).stdout.split("\n")[1:]
        )
    assert told[0] == told[1]
    assert not set(CARD.digests) & set(Card("CAM0002").digests)


def test_a_machine_without_qemu_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(images, "PATH", "/nowhere")
    assert dock.main([]) == 5
    assert "qemu-system-x86_64 (Debian package qemu-system-x86)" in capsys.readouterr().err


def test_answers_and_events_of_qemu_are_told_apart() -> None:
    said = [
        {"QMP": {}},
        {"return": {}},
        {"event": "DEVICE_DELETED", "data": {"path": "/machine/peripheral/a/lun"}},
        {"event": "DEVICE_DELETED", "data": {"device": "b"}},
        {"return": [{"name": "x"}]},
        {"event": "DEVICE_DELETED", "data": {"device": "a"}},
        {"error": {"class": "GenericError", "desc": "no such device"}},
    ]
    heard = io.BytesIO()
    qmp = Qmp(heard, io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in said)))
    assert qmp.list("qom-list", path="/machine") == [{"name": "x"}]
    assert qmp.wait("DEVICE_DELETED", device="a") == {"device": "a"}
    assert qmp.wait("DEVICE_DELETED", device="b") == {"device": "b"}
    with pytest.raises(LabError, match=r"device_del: no such device"):
        qmp.do("device_del", id="a")
    with pytest.raises(LabError, match=r"QEMU ended"):
        qmp.wait("RESET")
    assert [json.loads(line)["execute"] for line in heard.getvalue().splitlines()] == [
        "qmp_capabilities",
        "qom-list",
        "device_del",
    ]
