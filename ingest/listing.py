"""Listing a card: one walk, before the first byte is copied.

Rules it keeps:

* the walk holds a descriptor of every directory it is in and follows no symbolic link, so a card that swaps a directory
  for a link cannot lead it elsewhere, and a path may be longer than ``PATH_MAX``;
* it stays on the file system it began on, and a directory that is its own ancestor is not entered again;
* what cannot be read is listed with the errno's name; nothing is left out in silence;
* few written rules skip an entry (:class:`SkipRule`), and **media is never skipped**: what lies in a system folder is
  taken when its name or its first bytes say media, or when it cannot be looked into;
* an answer is believed only after the source has proved to be still there, and the same one: a FAT card that was pulled lists
  as an empty directory without an error. Nor does FAT say so when a sector of a directory cannot be read, or when the card was
  pulled and the kernel is about to notice: so a listing during which the device refused to read is made again, until it comes
  out the same twice; an empty one is never believed then.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from evidence.inventory import Inventory, Item, Kind, Space
from ingest import mediatype
from ingest.errors import CardGone, CardMissing, CardTooLarge, CardUnreadable


class SkipRule(StrEnum):
    """The written rules by which an entry is not taken. The codes are stable: they stand in signed inventories."""

    SYMLINK = "symlink"
    """A link holds no footage; what it points at is taken where it lies, if that is on the card."""
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"
    SYSTEM_FOLDER = "system-folder"
    """Written by a computer the card was plugged into. Found footage (``LOST.DIR``, ``FOUND.000``) is no such folder."""
    OTHER_FILE_SYSTEM = "other-file-system"
    """Another file system is mounted here."""
    DIRECTORY_LOOP = "directory-loop"
    """A directory that is its own ancestor, as a damaged card may have."""


SYSTEM_FOLDERS = frozenset(
    (b"system volume information", b".trashes", b".fseventsd", b".spotlight-v100", b".temporaryitems", b".documentrevisions-v100")
)
"""Names of top-level folders, in lower case."""

_KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFIFO: Kind.FIFO,
    stat.S_IFSOCK: Kind.SOCKET,
    stat.S_IFCHR: Kind.CHAR_DEVICE,
    stat.S_IFBLK: Kind.BLOCK_DEVICE,
}
_RULES = {
    Kind.SYMLINK: SkipRule.SYMLINK,
    Kind.FIFO: SkipRule.FIFO,
    Kind.SOCKET: SkipRule.SOCKET,
    Kind.CHAR_DEVICE: SkipRule.DEVICE,
    Kind.BLOCK_DEVICE: SkipRule.DEVICE,
}
_WALKS = 4
"""Walks of a card whose device refuses to read now and then."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class ListingLimits:
    """Bounds of a walk: entries in all, directory levels below the root. One descriptor is open per level."""

    entries: int = 1_000_000
    depth: int = 128


@dataclass(frozen=True, slots=True)
class Card:
    """A source folder that is held open. ``device`` is its ``st_dev``; ``block_device`` its entry in sysfs, if it has one.

    ``medium`` is what that entry said of the medium in it: another device, or another card in the same reader, says otherwise.
    """

    root: bytes
    descriptor: int
    device: int
    inode: int
    block_device: Path | None
    medium: str | None = None

    def read_head(self, path: bytes, limit: int) -> bytes:
        """The first ``limit`` bytes of a regular file of the card, never through a symbolic link.

        Raises :class:`CardUnreadable`.
        """
        *folders, name = path.split(b"/")
        try:
            if not {b"", b".", b".."}.isdisjoint((*folders, name)):
                raise OSError(errno.EINVAL, "not a path of a card")
            with ExitStack() as held:
                directory = self.descriptor
                for folder in folders:
                    directory = os.open(folder, _DIRECTORY, dir_fd=directory)
                    held.callback(os.close, directory)
                return _head(directory, name, limit)
        except OSError as error:
            raise CardUnreadable(path=os.fsdecode(path), error=_errno_name(error)) from error

    def check_present(self) -> None:
        """Raise :class:`CardGone` unless the source still answers and, on a block device, that device and medium are still there.

        Both are needed: after a pull ``statvfs`` fails on FAT, but succeeds on exFAT and ext4.
        """
        try:
            os.statvfs(self.descriptor)
            now = os.stat(self.root)
        except OSError as error:
            raise CardGone(path=os.fsdecode(self.root), error=_errno_name(error)) from error
        if (now.st_dev, now.st_ino) != (self.device, self.inode):
            raise CardGone(path=os.fsdecode(self.root), error="replaced")
        if self.block_device is not None and _medium(self.block_device) != self.medium:
            raise CardGone(path=os.fsdecode(self.root), error="device-removed")

    def refusals(self) -> int:
        """How many requests the device has refused so far, as its driver counts them; 0 where it does not (SCSI's do)."""
        if self.block_device is None:
            return 0
        real = self.block_device.resolve()
        disk = real.parent if (real / "partition").exists() else real
        try:
            return int((disk / "device" / "ioerr_cnt").read_text(encoding="ascii"), 16)
        except (OSError, ValueError):
            return 0


@contextmanager
def open_card(root: bytes, *, sysfs: Path = Path("/sys")) -> Iterator[Card]:
    """Hold a source folder open. A symbolic link given as the root itself is followed: the person named it.

    Raises :class:`CardMissing`, :class:`CardUnreadable`.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        fault = CardMissing if error.errno in (errno.ENOENT, errno.ENOTDIR) else CardUnreadable
        raise fault(path=os.fsdecode(root), error=_errno_name(error)) from error
    try:
        facts = os.fstat(descriptor)
        # No entry: a file system without a block device (tmpfs, FUSE, a network folder, btrfs), or a hidden sysfs.
        block_device = sysfs / f"dev/block/{os.major(facts.st_dev)}:{os.minor(facts.st_dev)}"
        known = block_device if block_device.exists() else None
        yield Card(root, descriptor, facts.st_dev, facts.st_ino, known, None if known is None else _medium(known))
    finally:
        os.close(descriptor)


def list_card(card: Card, taken_at: str, limits: ListingLimits | None = None) -> Inventory:
    """List the whole card, sorted bytewise by path. ``taken_at`` is the station's clock, RFC 3339 UTC.

    Raises :class:`CardGone` when the source went away meanwhile, :class:`CardTooLarge`, :class:`CardUnreadable` when not
    even the root can be listed.
    """
    limits = limits or ListingLimits()
    found, refused = _walked(card, limits)
    for _ in range(_WALKS - 1):
        if not refused:
            break
        before = found
        found, refused = _walked(card, limits)
        if found and found == before:
            refused = False
    if refused:
        raise CardUnreadable(path=os.fsdecode(card.root), error=errno.errorcode[errno.EIO])
    return Inventory(tuple(replace(item, position=position) for position, item in enumerate(found)), _space(card), taken_at)


def _walked(card: Card, limits: ListingLimits) -> tuple[list[Item], bool]:
    """What one walk finds, sorted, and whether the device refused to read meanwhile."""
    refusals = card.refusals()
    walk = _Walk(card, limits)
    walk.enter(card.descriptor, b"", ((card.device, card.inode),), in_system_folder=False)
    card.check_present()
    if walk.root_error is not None:
        raise CardUnreadable(path=os.fsdecode(card.root), error=walk.root_error)
    return sorted(walk.found, key=lambda item: item.path), card.refusals() != refusals


class _Walk:
    """One walk in progress: what was found so far."""

    def __init__(self, card: Card, limits: ListingLimits) -> None:
        self._card = card
        self._limits = limits
        self.found: list[Item] = []
        self.root_error: str | None = None

    def enter(self, directory: int, path: bytes, ancestors: tuple[tuple[int, int], ...], *, in_system_folder: bool) -> str | None:
        """List one open directory and all below it; the errno's name when its listing broke off."""
        broken = None
        names: list[bytes] = []
        try:
            with os.scandir(directory) as entries:
                # By descriptor scandir gives text; fsencode returns exactly the bytes of the card.
                for entry in entries:
                    names.append(os.fsencode(entry.name))  # noqa: PERF401 - the names before a read error count
        except OSError as error:
            broken = _errno_name(error)
            if not path:
                self.root_error = broken
        for name in names:
            self._entry(directory, name, path + b"/" + name if path else name, ancestors, in_system_folder=in_system_folder)
        return broken

    def _entry(
        self, directory: int, name: bytes, path: bytes, ancestors: tuple[tuple[int, int], ...], *, in_system_folder: bool
    ) -> None:
        if len(self.found) >= self._limits.entries:
            raise CardTooLarge(path=os.fsdecode(self._card.root), limit=self._limits.entries)
        try:
            facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            self.found.append(Item(0, path, Kind.UNKNOWN, 0, 0, error=_errno_name(error)))
            return
        kind = _KINDS.get(stat.S_IFMT(facts.st_mode), Kind.UNKNOWN)
        item = Item(0, path, kind, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        if kind is Kind.DIRECTORY:
            self._directory(directory, name, item, facts, ancestors, in_system_folder=in_system_folder)
        elif kind is Kind.FILE:
            skip = in_system_folder and not self._is_media(directory, name)
            self.found.append(replace(item, reason=SkipRule.SYSTEM_FOLDER) if skip else item)
        elif kind is Kind.UNKNOWN:
            self.found.append(replace(item, error="unknown-kind"))
        else:
            self.found.append(replace(item, reason=_RULES[kind]))

    def _directory(
        self,
        parent: int,
        name: bytes,
        item: Item,
        facts: os.stat_result,
        ancestors: tuple[tuple[int, int], ...],
        *,
        in_system_folder: bool,
    ) -> None:
        identity = (facts.st_dev, facts.st_ino)
        item = replace(item, size=0)
        if facts.st_dev != self._card.device:
            self.found.append(replace(item, reason=SkipRule.OTHER_FILE_SYSTEM))
        elif identity in ancestors:
            self.found.append(replace(item, reason=SkipRule.DIRECTORY_LOOP))
        elif len(ancestors) > self._limits.depth:
            self.found.append(replace(item, kind=Kind.UNREADABLE_DIRECTORY, error="too-deep"))
        else:
            in_system_folder = in_system_folder or (len(ancestors) == 1 and name.lower() in SYSTEM_FOLDERS)
            try:
                inside = os.open(name, _DIRECTORY, dir_fd=parent)
            except OSError as error:
                self.found.append(replace(item, kind=Kind.UNREADABLE_DIRECTORY, error=_errno_name(error)))
                return
            place = len(self.found)
            self.found.append(item)
            try:
                broken = self.enter(inside, item.path, (*ancestors, identity), in_system_folder=in_system_folder)
            finally:
                os.close(inside)
            if broken is not None:
                self.found[place] = replace(item, kind=Kind.UNREADABLE_DIRECTORY, error=broken)

    @staticmethod
    def _is_media(directory: int, name: bytes) -> bool:
        if mediatype.by_name(name):
            return True
        try:
            return mediatype.by_content(_head(directory, name, mediatype.HEAD_BYTES))
        except OSError:
            return True  # Not looked into, so not known to be no media: the copy will say what is wrong with it.


def _head(directory: int, name: bytes, limit: int) -> bytes:
    descriptor = os.open(name, _FILE, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        head = b""
        while len(head) < limit and (block := os.read(descriptor, limit - len(head))):
            head += block
        return head
    finally:
        os.close(descriptor)


def _medium(block_device: Path) -> str | None:
    """Which medium an entry in sysfs stands for: its place, the kernel's number of the medium, its size; None once it is gone."""
    try:
        real = block_device.resolve(strict=True)
    except OSError:
        return None
    disk = real.parent if (real / "partition").exists() else real

    def said(file: Path) -> str:
        try:
            return file.read_text(encoding="ascii").strip()
        except OSError:
            return ""

    size = said(disk / "size")
    return None if size == "0" else f"{real} {said(disk / 'diskseq')} {size}"


def _space(card: Card) -> Space | None:
    try:
        facts = os.statvfs(card.descriptor)
    except OSError as error:
        raise CardGone(path=os.fsdecode(card.root), error=_errno_name(error)) from error
    total = facts.f_blocks * facts.f_frsize
    return Space(total, facts.f_bavail * facts.f_frsize) if total else None


def _errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
