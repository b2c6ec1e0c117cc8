"""Who is not root has the write block lifted by the unit that comes with the station, and believes the kernel's flag alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.docks.facts import Volume
from ingest.docks.udisks import UNIT_PAUSES, Bus, Refusal, UDisksMounter
from ingest.errors import MountNotAllowed

UNIT = "evidence-station-blockdev@sdq1.service"
SYSTEMD = "org.freedesktop.systemd1"


class Manager:
    """A systemd whose unit sets the flag in a made-up sysfs, after as many looks as it is told, or never."""

    def __init__(self, sysfs: Path, *, after: int | None = 0, refusal: Refusal | None = None) -> None:
        self.flag = sysfs / "dev/block/8:17/ro"
        self.flag.parent.mkdir(parents=True)
        self.flag.write_text("1\n", encoding="ascii")
        self.asked: list[tuple[str, ...]] = []
        self.paused: list[float] = []
        self._after, self._refusal = after, refusal
        self._wanted: str | None = None

    @contextmanager
    def conversation(self) -> Iterator[Manager]:
        yield self

    def call(
        self, path: str, interface: str, method: str, signature: str = "", *arguments: object, service: str = ""
    ) -> tuple[Any, ...]:
        if service != SYSTEMD:
            raise Refusal("org.freedesktop.DBus.Error.ServiceUnknown", "there is no UDisks2 here")
        assert (path, interface, signature) == ("/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "ss")
        self.asked.append((method, *map(str, arguments)))
        if self._refusal is not None:
            raise self._refusal
        self._wanted = {"StartUnit": "0\n", "StopUnit": "1\n"}[method]
        self.pause(0.0)
        return ("/org/freedesktop/systemd1/job/1",)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        if self._wanted is not None and self._after is not None and len(self.paused) > self._after:
            self.flag.write_text(self._wanted, encoding="ascii")


def mounter(manager: Manager, sysfs: Path) -> UDisksMounter:
    return UDisksMounter(cast("Bus", manager), pause=manager.pause, sysfs=sysfs)


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    # No such node: nobody may open it, root included.
    return Volume(
        node=str(tmp_path / "sdq1"), number=os.makedev(8, 17), devpath="/devices/x/block/sdq/sdq1", size=1, fs_type="vfat"
    )


@pytest.mark.parametrize("after", [0, 3])
def test_the_unit_is_started_and_the_flag_waited_for(tmp_path: Path, volume: Volume, after: int) -> None:
    manager = Manager(tmp_path, after=after)
    mounter(manager, tmp_path)._lift_write_block(volume)
    assert manager.asked == [("StartUnit", UNIT, "replace")]
    assert manager.flag.read_text(encoding="ascii") == "0\n"


def test_the_unit_is_stopped_when_the_card_is_let_go(tmp_path: Path, volume: Volume) -> None:
    manager = Manager(tmp_path)
    card = mounter(manager, tmp_path)
    card._lift_write_block(volume)
    card._restore_write_block(volume)
    assert [asked[0] for asked in manager.asked] == ["StartUnit", "StopUnit"]
    assert manager.flag.read_text(encoding="ascii") == "1\n"


def test_a_unit_that_does_nothing_is_not_believed(tmp_path: Path, volume: Volume) -> None:
    manager = Manager(tmp_path, after=None)
    with pytest.raises(MountNotAllowed, match=UNIT):
        mounter(manager, tmp_path).mount_writable(volume)
    assert tuple(manager.paused[1:]) == UNIT_PAUSES


def test_without_the_polkit_rule_the_fault_names_the_unit(tmp_path: Path, volume: Volume) -> None:
    refusal = Refusal("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required.")
    manager = Manager(tmp_path, refusal=refusal)
    with pytest.raises(MountNotAllowed, match=UNIT):
        mounter(manager, tmp_path).mount_writable(volume)
    assert manager.flag.read_text(encoding="ascii") == "1\n"
