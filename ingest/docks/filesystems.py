"""Which file systems are mounted, with which options, so that not one byte of the card changes.

Only these: every other driver of the kernel would be fed whatever somebody put on a card.
"""

from __future__ import annotations

from ingest.docks.facts import Volume
from ingest.errors import FileSystemUnknown

COMMON = ("nosuid", "nodev", "noexec")
_READ_ONLY: dict[str, tuple[str, ...]] = {
    "vfat": (),
    "exfat": (),
    "ext2": (),
    # Even read-only, the kernel replays a journal that a power cut left, which writes to the card.
    "ext3": ("noload",),
    "ext4": ("noload",),
    "ntfs": (),
}
_PLAIN: dict[str, tuple[str, ...]] = {
    "vfat": ("utf8",),
    "exfat": ("iocharset=utf8",),
    # A card may ask for a panic on the first error it makes; UDisks2 has this among its defaults.
    "ext2": ("errors=remount-ro",),
    "ext3": ("errors=remount-ro",),
    "ext4": ("errors=remount-ro",),
}


def options(volume: Volume, *, writable: bool = False) -> tuple[str, ...]:
    """Mount options of a volume. Raises :class:`~ingest.errors.FileSystemUnknown`."""
    if volume.fs_type not in _READ_ONLY:
        raise FileSystemUnknown(node=volume.node, fs_type=volume.fs_type)
    return ("rw", *COMMON) if writable else ("ro", *COMMON, *_READ_ONLY[volume.fs_type])


def plain_options(volume: Volume, *, writable: bool = False) -> tuple[str, ...]:
    """Those of mount(8), which knows no sound defaults for a file system."""
    return (*options(volume, writable=writable), *_PLAIN.get(volume.fs_type or "", ()))
