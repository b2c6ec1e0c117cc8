"""The station's own disk fails in the middle of a copy, and comes back."""

from __future__ import annotations

from tests.campaigns.docking.judging import all_there, must
from tests.campaigns.docking.stage import Stage
from tests.campaigns.docking.station import ACCOUNT, HOME, Document, has_begun
from tests.dock.media import Card

SLOW = 120_000
"""Bytes a second at which the card is read until its copy is in its middle."""
DEVICE, IMAGE, MEGABYTES = "vault", "/srv/vault.img", 96
SECTORS = MEGABYTES << 11
FAILS = "0 {sectors} flakey {loop} 0 0 3600 1 error_writes"
"""dm-flakey: no second up, an hour down; what is written comes back as an error, what is read is read."""
WORKS = "0 {sectors} linear {loop} 0"


def failing_vault(stage: Stage) -> None:
    """Writes to the vault's disk fail while a card is copied: never safe to take; with the disk well again, nothing is lost."""
    shell, station = stage.station.shell, stage.station
    earlier, card = Card("CAM0002"), Card("CAM0001", clips=4, clip_bytes=1_500_000)
    with station.board() as board:
        stage.plug("2", earlier)
        board.wait("the first card to be safe to take", lambda one: one["state"] == "safe-to-take")
    loop = _vault_on_a_disk_of_its_own(stage)
    with station.board() as board:
        stage.plug("1", card, slow=SLOW)
        slot = board.wait("the copy to be in its middle", lambda one: has_begun(one) and one["device"] == "dsj:CAM0001")
        _table(stage, FAILS.format(sectors=SECTORS, loop=loop))
        stage.plugs.quicken("cam-cam0001")
        board.wait("the slot to say that it does not go on", lambda one: _same(slot, one) and _halted(one), errors=True)
        must(not any(_same(slot, one) and one["state"] == "safe-to-take" for one in board.history), "unkept, and safe to take")
    sealed = [one for one in station.dockings() if one["device"] == "dsj:CAM0001" and one["state"] == "sealed"]
    must(not sealed, "a docking was sealed whose copies the disk did not take")
    shell.run("systemctl stop evidence-station.service", timeout=300)
    _table(stage, WORKS.format(sectors=SECTORS, loop=loop))
    shell.run(f"umount {HOME}/vault; e2fsck -fy /dev/mapper/{DEVICE}; [ $? -le 2 ] && mount /dev/mapper/{DEVICE} {HOME}/vault")
    station.start()
    with station.board() as board:
        board.wait("the card to be safe to take after all", lambda one: _same(slot, one) and one["state"] == "safe-to-take")
    all_there(station.clips(), [earlier, card])
    station.must_verify()
    must(not stage.changed(), "an image is not what it was")


def _vault_on_a_disk_of_its_own(stage: Stage) -> str:
    """Move the vault to an ext4 on a device-mapper disk, which can be made to fail. Returns the loop device below it."""
    shell = stage.station.shell
    shell.run("systemctl stop evidence-station.service && modprobe dm-flakey", timeout=300)
    shell.run(f"truncate -s {MEGABYTES}M {IMAGE}")
    loop = shell.text(f"losetup --show -f {IMAGE}")
    shell.run(f"dmsetup create {DEVICE} --table '{WORKS.format(sectors=SECTORS, loop=loop)}'")
    shell.run(
        f"mkfs.ext4 -q /dev/mapper/{DEVICE} && mkdir /srv/new && mount /dev/mapper/{DEVICE} /srv/new && cp -a {HOME}/vault/. /srv/new/"
    )
    shell.run(f"chown --reference={HOME}/vault /srv/new && chmod --reference={HOME}/vault /srv/new && umount /srv/new")
    shell.run(f"mount /dev/mapper/{DEVICE} {HOME}/vault && runuser -u {ACCOUNT} -- test -w {HOME}/vault")
    stage.station.start()
    return loop


def _table(stage: Stage, table: str) -> None:
    stage.station.shell.run(
        f"dmsetup suspend --noflush --nolockfs {DEVICE} && dmsetup reload {DEVICE} --table '{table}' && dmsetup resume {DEVICE}"
    )


def _same(slot: Document, one: Document) -> bool:
    return bool(one["slot"] == slot["slot"])


def _halted(one: Document) -> bool:
    return one["state"] in {"error", "waiting"} and one["reason"] is not None
