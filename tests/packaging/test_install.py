"""packaging/run install: what lies where afterwards, that it can be done twice, and what the helper of the dock ports allows."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.pieces import lacking, missing, need_program, need_root

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ROOT / "packaging" / "system"
PLACES = {
    "etc/evidence-station/dock-ports": 0o644,
    "etc/polkit-1/rules.d/50-evidence-station.rules": 0o644,
    "etc/systemd/system/evidence-station-blockdev@.service": 0o644,
    "etc/systemd/system/evidence-station.service": 0o644,
    "etc/sysusers.d/evidence-station.conf": 0o644,
    "etc/udev/rules.d/70-evidence-station.rules": 0o644,
    "opt/evidence-station/sbin/dock-port": 0o755,
}

KIOSK = {
    "etc/systemd/system/evidence-station-kiosk.service": 0o644,
    "etc/sysusers.d/evidence-station-kiosk.conf": 0o644,
}


def packaging(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "packaging" / "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def laid_out(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


def test_the_files_lie_where_the_system_looks_for_them(tmp_path: Path) -> None:
    done = packaging("install", "--root", tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert laid_out(tmp_path) == PLACES
    link = tmp_path / "usr/local/bin/evidence-station"
    assert str(link.readlink()) == "/opt/evidence-station/current/bin/evidence-station"


def test_installing_again_changes_nothing_and_leaves_what_an_administrator_wrote(tmp_path: Path) -> None:
    packaging("install", "--root", tmp_path)
    ports = tmp_path / "etc/evidence-station/dock-ports"
    ports.write_text("pci-*-usb-0:1.*\n", encoding="ascii")
    unit = tmp_path / "etc/systemd/system/evidence-station.service"
    before = unit.stat().st_mtime_ns
    done = packaging("install", "--root", tmp_path)
    assert "nothing new" in done.stderr
    assert unit.stat().st_mtime_ns == before
    assert ports.read_text(encoding="ascii") == "pci-*-usb-0:1.*\n"


def test_a_file_that_was_tampered_with_is_put_right(tmp_path: Path) -> None:
    packaging("install", "--root", tmp_path)
    rules = tmp_path / "etc/polkit-1/rules.d/50-evidence-station.rules"
    rules.write_text("polkit.addRule(function () { return polkit.Result.YES; });", encoding="ascii")
    packaging("install", "--root", tmp_path)
    assert rules.read_bytes() == (SYSTEM / "50-evidence-station.rules").read_bytes()


def test_uninstalling_leaves_evidence_and_settings_and_says_where_they_are(tmp_path: Path) -> None:
    packaging("install", "--root", tmp_path)
    evidence = tmp_path / "var/lib/evidence-station/vault/blob"
    evidence.parent.mkdir(parents=True)
    evidence.touch()
    done = packaging("uninstall", "--root", tmp_path)
    assert laid_out(tmp_path).keys() == {"etc/evidence-station/dock-ports", "var/lib/evidence-station/vault/blob"}
    assert "var/lib/evidence-station" in done.stderr


def test_the_kiosk_is_installed_when_it_is_asked_for_renewed_with_the_station_and_uninstalled_with_it(tmp_path: Path) -> None:
    packaging("install", "--root", tmp_path)
    packaging("install", "--root", tmp_path, "--kiosk")
    assert laid_out(tmp_path) == PLACES | KIOSK
    unit = tmp_path / "etc/systemd/system/evidence-station-kiosk.service"
    unit.write_text("of an older version\n", encoding="ascii")
    packaging("install", "--root", tmp_path)
    assert unit.read_bytes() == (SYSTEM / "evidence-station-kiosk.service").read_bytes()
    packaging("uninstall", "--root", tmp_path)
    assert laid_out(tmp_path).keys() == {"etc/evidence-station/dock-ports"}


def test_the_user_of_the_kiosk_has_the_group_of_the_service_and_no_shell(tmp_path: Path) -> None:
    need_root("make users below a folder")
    for place in ("etc", "usr/bin"):
        (tmp_path / place).mkdir(parents=True)
    files = [SYSTEM / "sysusers.conf", SYSTEM / "sysusers-kiosk.conf"]
    command = [need_program("systemd-sysusers", "systemd"), f"--root={tmp_path}", "-"]
    done = subprocess.run(
        command, input="".join(one.read_text(encoding="utf-8") for one in files), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    groups = dict(line.split(":", 1) for line in (tmp_path / "etc/group").read_text(encoding="ascii").splitlines())
    assert [name for name, rest in groups.items() if rest.endswith("evidence-station-kiosk")] == ["evidence-station"]
    (user,) = [line for line in (tmp_path / "etc/passwd").read_text(encoding="utf-8").splitlines() if "-kiosk:" in line]
    assert user.endswith(":/:/usr/sbin/nologin")
    (shadow,) = [line for line in (tmp_path / "etc/shadow").read_text(encoding="ascii").splitlines() if "-kiosk:" in line]
    assert shadow.split(":")[1].startswith("!"), "no password opens it"
    assert shadow.split(":")[7] == "", "an account that is over could have no session"


def test_only_root_installs_for_real() -> None:
    as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*as_user, "bash", str(ROOT / "packaging" / "run"), "install"]
    if as_user and subprocess.run([*as_user, "test", "-r", command[-2]], check=False).returncode:
        lacking("a checkout that another user may read")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert "only root" in done.stderr


@pytest.mark.parametrize(
    ("path", "port"),
    [
        ("pci-0000:00:03.0-usb-0:1.8.2:1.0-scsi-0:0:0:0", "pci-0000:00:03.0-usb-0:1.8.2"),
        ("pci-0000:00:03.0-usb-0:4", "pci-0000:00:03.0-usb-0:4"),
        ("pci-0000:00:03.0-usbv3-0:2.1:1.0-scsi-0:0:0:1", "pci-0000:00:03.0-usbv3-0:2.1"),
        ("platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2:1.0", "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2"),
        ("pci-0000:00:1f.2-ata-1", None),
        ("", None),
    ],
)
def test_a_port_is_told_by_the_path_without_what_lies_behind_it(path: str, port: str | None) -> None:
    assert dock_port(SYSTEM / "dock-ports", "tell", path).stdout == ("" if port is None else f"EVIDENCE_STATION_DOCK={port}\n")


def test_the_last_line_that_fits_decides_and_no_line_means_no(tmp_path: Path) -> None:
    ports = tmp_path / "dock-ports"
    ports.write_text("# all of one hub, but for one port\n*-usb-0:1.*\n!*-usb-0:1.4", encoding="ascii")
    docked = {
        chain: bool(dock_port(ports, "tell", f"pci-0000:00:03.0-usb-0:{chain}:1.0").stdout) for chain in ("1.1", "1.4", "2")
    }
    assert docked == {"1.1": True, "1.4": False, "2": False}


def test_without_a_list_there_are_no_dock_ports(tmp_path: Path) -> None:
    assert dock_port(tmp_path / "none", "tell", "pci-0000:00:03.0-usb-0:1").stdout == ""


@pytest.mark.parametrize("name", ["../sda", "sda;reboot", "", "SDA", "sda-1"])
def test_what_is_no_name_of_a_device_is_not_opened(name: str) -> None:
    done = dock_port(SYSTEM / "dock-ports", "open", name)
    assert done.returncode == 5
    assert "no name of a block device" in done.stderr


def test_a_disk_of_the_machine_is_not_opened() -> None:
    need_program("udevadm", "udev")
    disk = next((path.name for path in Path("/sys/class/block").iterdir() if path.name.isalnum()), None)
    if disk is None:
        missing("a block device in sysfs")
    done = dock_port(SYSTEM / "dock-ports", "open", disk)
    assert done.returncode == 5
    assert "in no dock port" in done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A made-up machine with a USB disk of two partitions, nothing mounted, and a blockdev that only notes what it is told."""
    disk = tmp_path / "sys/devices/usb1/block/sdq"
    block = tmp_path / "sys/class/block"
    block.mkdir(parents=True)
    for number, name in ((16, "sdq"), (17, "sdq1"), (18, "sdq2")):
        folder = disk if name == "sdq" else disk / name
        folder.mkdir(parents=True)
        (folder / "dev").write_text(f"8:{number}\n", encoding="ascii")
        if name != "sdq":
            (folder / "partition").write_text("1\n", encoding="ascii")
        (block / name).symlink_to(folder)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("", encoding="ascii")
    (tmp_path / "proc/swaps").write_text("Filename Type Size Used Priority\n", encoding="ascii")
    told = tmp_path / "bin/blockdev"
    told.parent.mkdir()
    told.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/told\n', encoding="ascii")
    told.chmod(0o755)
    (tmp_path / "told").touch()
    return {
        "EVIDENCE_STATION_SYSFS": str(tmp_path / "sys"),
        "EVIDENCE_STATION_PROC": str(tmp_path / "proc"),
        "PATH": f"{tmp_path}/bin:{os.defpath}",
    }


@pytest.mark.parametrize("name", ["sdq", "sdq1", "sdq2"])
def test_what_is_named_is_protected_and_nothing_else(machine: dict[str, str], tmp_path: Path, name: str) -> None:
    assert dock_port(SYSTEM / "dock-ports", "protect", f"/dev/{name}", machine).returncode == 0
    assert (tmp_path / "told").read_text(encoding="ascii") == f"--setro /dev/{name}\n"


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("self/mountinfo", "36 35 8:18 / /srv rw - ext4 /dev/sdq2 rw\n"),
        ("swaps", "Filename Type Size Used Priority\n/dev/sdq2 partition 1 0 -2\n"),
    ],
)
def test_no_part_of_a_disk_in_use_is_protected(machine: dict[str, str], tmp_path: Path, place: str, content: str) -> None:
    (tmp_path / "proc" / place).write_text(content, encoding="ascii")
    for name in ("sdq", "sdq1"):
        done = dock_port(SYSTEM / "dock-ports", "protect", f"/dev/{name}", machine)
        assert (done.returncode, "in use" in done.stderr) == (5, True)
    assert (tmp_path / "told").read_text(encoding="ascii") == ""


def test_a_disk_that_something_is_built_on_is_in_use(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sys/class/block/sdq1/holders/dm-0").mkdir(parents=True)
    assert "in use" in dock_port(SYSTEM / "dock-ports", "protect", "/dev/sdq2", machine).stderr


def test_nobody_writes_to_a_disk_that_is_protected(tmp_path: Path) -> None:
    need_root("have a loop device")
    losetup = need_program("losetup", "mount")
    image = tmp_path / "card.img"
    with image.open("wb") as file:  # a table (MBR) of one partition, from 1 MiB on
        file.truncate(4 << 20)
        file.write(
            bytes(446) + struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x0C, b"\xfe\xff\xff", 2048, 4096) + bytes(48) + b"\x55\xaa"
        )
    found = subprocess.run([losetup, "--find", "--show", "--partscan", image], capture_output=True, text=True, check=False)
    if found.returncode:
        missing(f"loop devices ({found.stderr.strip()})")
    node = found.stdout.strip()
    try:
        done = dock_port(SYSTEM / "dock-ports", "protect", node)
        assert (done.returncode, done.stderr) == (0, "")
        entry = Path("/sys/class/block") / Path(node).name
        assert (entry / "ro").read_text(encoding="ascii") == "1\n"
        with pytest.raises(OSError, match=r"Operation not permitted|Read-only"), open(node, "r+b", buffering=0) as device:
            device.write(bytes(512))
    finally:
        subprocess.run(["blockdev", "--setrw", node], check=True)  # the flag would outlive the loop device, and meet another test
        subprocess.run([losetup, "--detach", node], check=True)


def test_systemd_and_udev_find_nothing_to_complain_about(tmp_path: Path) -> None:
    analyze = need_program("systemd-analyze", "systemd")
    need_root("have systemd look at a unit's user")
    packaging("install", "--root", tmp_path)
    program = tmp_path / "opt/evidence-station/current/bin/evidence-station"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    units = [f"{tmp_path}/etc/systemd/system/evidence-station{name}.service" for name in ("", "-blockdev@sdq1")]
    shutil.copy(units[1].replace("sdq1", ""), units[1])
    done = subprocess.run(
        [analyze, "verify", "--root", tmp_path, "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if re.search(r"evidence-station[^ ]*\.service:\d+", line)]
    assert ours == []


def dock_port(ports: Path, verb: str, argument: str, machine: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath + ":/usr/sbin:/sbin", "EVIDENCE_STATION_DOCK_PORTS": str(ports), **(machine or {})}
    command = ["sh", str(SYSTEM / "dock-port"), verb, argument]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
