"""What udev, polkit and the units let through: a device is read-only from its first moment, and only the erase step opens one."""

from __future__ import annotations

from tests.campaigns.docking.judging import must
from tests.campaigns.docking.stage import INSTALL, INSTALL_SECONDS, Stage, fill
from tests.campaigns.docking.station import ACCOUNT, HOME, UNIT
from tests.dock.machine import SHARE
from tests.dock.media import Card, Format, wait_for_disk
from tests.dock.shell import Shell

SERVICE = f"runuser -u {ACCOUNT} --"
STRANGER = "runuser -u nobody --"
SOON = "timeout 60 sh -c"


def _flags(shell: Shell, *names: str) -> str:
    """The kernel's read-only flags of block devices."""
    return " ".join(shell.text(f"cat /sys/class/block/{name}/ro") for name in names)


def _opens(shell: Shell, by: str, name: str) -> bool:
    """Whether somebody can have a device opened for writing."""
    command = f"{by} systemctl --no-ask-password start evidence-station-blockdev@{name}"
    return shell.run(command, check=False).returncode == 0


def rights(stage: Stage) -> None:
    """Who may do what to a device in a dock port. The station is stopped, so that it does not take the card itself."""
    shell = stage.station.shell
    shell.run(f"systemctl stop {UNIT}")
    card = Card("CAM0001")
    stage.plug("1", card)
    node = shell.text(wait_for_disk(card.device, partition=True))
    name = node.removeprefix("/dev/")
    disk = name.rstrip("0123456789")
    must(_flags(shell, disk, name) == "1 1", "a device in a dock port is not read-only from its first moment")
    must(shell.run(f"dd if=/dev/zero of=/dev/{disk} count=1", check=False).returncode, "even root's writing was let through")

    mount = f"udisksctl mount --no-user-interaction -b {node} -o"
    must(shell.run(f"{STRANGER} {mount} ro", check=False).returncode, "a stranger may mount a card")
    must(shell.run(f"{SERVICE} {mount} rw", check=False).returncode, "the station may mount a card for writing just like that")
    shell.run(f"{SERVICE} {mount} ro,noexec")
    options = shell.text(f"findmnt --noheadings --output OPTIONS {node}").split(",")
    must({"ro", "nosuid", "nodev", "noexec"} <= set(options), f"a card is mounted {options}")
    must(not _opens(shell, SERVICE, name), "a mounted device was opened for writing")
    shell.run(f"{SERVICE} udisksctl unmount --no-user-interaction -b {node}")

    must(not _opens(shell, STRANGER, name), "a stranger may open a device for writing")
    must(not _opens(shell, SERVICE, "vda"), "the system disk may be opened for writing")
    must(
        shell.run(f"{SERVICE} systemctl --no-ask-password stop ssh", check=False).returncode,
        "the station may stop other services",
    )
    must(_flags(shell, disk, name) == "1 1", "a refused request opened the device")


def write_access(stage: Stage) -> None:
    """Write access is given for one device, and ends when it is given back, when the station dies, and when the card goes."""
    shell = stage.station.shell
    card = Card("CAM0001")
    with stage.station.board() as board:
        stage.plug("1", card)
        board.wait("the card to be safe to take", lambda slot: slot["state"] == "safe-to-take")
        stage.plugs.pull("cam-cam0001")
        board.wait("the slot to be empty", lambda slot: slot["state"] == "empty")
    quiet = Card("QUI0001", clips=0)
    stage.plug("2", quiet, Format(table=False))
    node = shell.text(wait_for_disk(quiet.device))
    disk = node.removeprefix("/dev/")
    with stage.station.board() as board:
        board.wait("the second card to come to its end", lambda slot: slot["state"] in {"safe-to-take", "error", "unknown"})
    must(_opens(shell, SERVICE, disk), "the station may not open a device for writing")
    must(_flags(shell, disk) == "0", "the device was not opened")
    shell.run(f"{SERVICE} systemctl --no-ask-password stop evidence-station-blockdev@{disk}")
    must(_flags(shell, disk) == "1", "the device was not closed again")
    must(_opens(shell, SERVICE, disk), "the device may not be opened a second time")
    stage.station.kill()
    closed = shell.run(f"{SOON} 'until [ $(cat /sys/class/block/{disk}/ro) = 1 ]; do sleep 0.2; done'", check=False)
    must(closed.returncode == 0, "the station died, and the device stayed open for writing")


def confined(stage: Stage) -> None:
    """The service's process has no privilege, and the units are what systemd's own tools approve of."""
    shell = stage.station.shell
    process = stage.station.main_process()
    must(process, "the service does not run")
    told = shell.text(f"cat /proc/{process}/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        must(line in told, f"the service's process is not as it should be: {line}")
    must(f"{shell.text(f'id -u {ACCOUNT}')}\t" in told.partition("Uid:\t")[2], "the service runs as somebody else")
    units = f"/etc/systemd/system/{UNIT} /etc/systemd/system/evidence-station-blockdev@.service"
    found = shell.run(f"systemd-analyze verify {units} 2>&1", check=False).stdout
    must("evidence-station" not in found, f"systemd-analyze verify: {found}")
    figure = shell.text(f"systemd-analyze security --no-pager {UNIT} | tail -n 1")
    print(f"    {figure}")
    must(float(figure.rpartition(": ")[2].split()[0]) < 2.0, f"systemd-analyze security: {figure}")
    must(shell.text(f"stat -c '%a %U %G' {HOME}") == f"750 {ACCOUNT} {ACCOUNT}", "the home is not the station's alone")


def again_and_away(stage: Stage) -> None:
    """Installing again changes nothing; uninstalling leaves the evidence, and takes all else away."""
    shell = stage.station.shell
    fill(stage.machine.share)
    stamps = f"stat -c %y /etc/systemd/system/{UNIT} /etc/udev/rules.d/70-evidence-station.rules /opt/evidence-station/current"
    before = shell.text(stamps)
    told = shell.run(INSTALL, timeout=INSTALL_SECONDS).stderr
    must("nothing new" in told, f"a second installation changed something: {told}")
    must(shell.text(stamps) == before, "a second installation wrote files anew")
    # A service that stops in good order folds the catalogue's companion files into it.
    listed = f"cd {HOME} && find . -path ./run -prune -o -type f ! -name '*-wal' ! -name '*-shm' -print"
    kept = set(shell.text(listed).splitlines())
    shell.run(f"cd {SHARE}/checkout && packaging/run uninstall")
    must(
        kept <= set(shell.text(listed).splitlines()),
        "uninstalling took evidence",
    )
    # A drop-in of the unit is an administrator's, here the lab's own: it is not the station's to remove.
    left = shell.text(
        "find /etc /opt /usr/local -name '*evidence-station*' -not -path '/etc/evidence-station*' -not -name '*.service.d'"
    )
    must(not left, f"uninstalling left {left}")
