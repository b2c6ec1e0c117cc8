"""The lab itself: the traps that a real kernel sets are there, and its instruments see what they must. The station is stopped for it."""

from __future__ import annotations

from tests.campaigns.docking.judging import must
from tests.campaigns.docking.stage import Stage
from tests.campaigns.docking.station import UNIT
from tests.dock.media import Card, FileSystem, Format, wait_for_disk

_LISTED = "python3 -c 'import os; print(len(os.listdir(\"/mnt/cam/DCIM/20260115\")))'"


def real_traps(stage: Stage) -> None:
    """A pulled FAT card lists as empty without an error; a mount for writing changes the image, one for reading does not."""
    shell = stage.station.shell
    shell.run(f"systemctl stop {UNIT}; mkdir -p /mnt/cam")
    for system in (FileSystem.FAT32, FileSystem.EXT4):
        card = Card(f"{system.name}1")
        plug = stage.plug("1", card, Format(system, table=False))
        node = shell.text(wait_for_disk(card.device))
        options = "ro" if system is FileSystem.FAT32 else "ro,noload"
        shell.run(f"mount -t {system} -o {options} {node} /mnt/cam")
        must(shell.text(_LISTED) == str(card.clips), f"{system}: the card's own files cannot be listed")
        stage.plugs.pull(plug)
        if system is FileSystem.FAT32:
            shell.run("echo 3 > /proc/sys/vm/drop_caches")
            must(shell.text(_LISTED_ANYHOW) in {"0", "ENOENT", "EIO"}, "a pulled FAT card still shows its files")
        shell.run("umount /mnt/cam")
    must(not stage.changed(), "reading changed an image")
    card = Card("WRT0001")
    plug = stage.plug("1", card, Format(FileSystem.FAT32, table=False))
    node = shell.text(wait_for_disk(card.device))
    shell.run(f"blockdev --setrw {node} && mount -t vfat {node} /mnt/cam && mkdir /mnt/cam/LOST.DIR && umount /mnt/cam")
    must(stage.changed() == [card.device], "a mount for writing left no trace: the digests of images would see nothing")


_LISTED_ANYHOW = "python3 -c 'import errno, os\ntry: print(len(os.listdir(\"/mnt/cam\")))\nexcept OSError as error: print(errno.errorcode[error.errno])'"
