"""Files removed from a card by a plan: the only code that writes to one.

Rules it keeps:

* each file is read again from below the page cache, just before, and must have the digest of the record;
* what is unlinked is the very file that was read: its folder is held open, no link is followed, and inode, size and times agree;
* one file at a time, its folder synchronised after each; a structure that is kept whole is read whole before any of it goes;
* a card that was pulled is no erased card: a name that is not there counts only while the device is (a pulled FAT card lists as empty).

An error of the card that leaves open whether a removal happened ends the work, so that nobody writes down how it ended.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from evidence.erasure import Erased, Plan, PlannedFile, Stays
from evidence.inventory import Item, Kind
from ingest.copying.medium import Resident, aligned_block, digest_from_medium
from ingest.copying.syscalls import sync_file_system
from ingest.errors import EraseBroken
from ingest.listing import Card

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FS_IOC_GETFLAGS = 0x80086601  # linux/fs.h: _IOR('f', 1, long)
_UNCHANGEABLE = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL
_REFUSED = (errno.EPERM, errno.EACCES, errno.EROFS)


@dataclass(frozen=True, slots=True)
class _Proved:
    """A file that was read again, and how it lay there."""

    file: PlannedFile
    identity: tuple[int, int, int, int, int]


def write_protected(card: Card, items: Iterable[Item]) -> frozenset[bytes]:
    """Files that the camera, or somebody, locked: the read-only attribute (no write bit), or the flags immutable and append-only."""
    return frozenset(item.path for item in items if item.kind is Kind.FILE and _is_protected(card, item.path))


def erase(card: Card, plan: Plan, told: Callable[[int], None]) -> Erased:
    """Remove what the plan says, as far as it can be proved. ``told``: bytes that were read again so far.

    Raises :class:`~ingest.errors.CardGone`, :class:`EraseBroken`: then some of it may be gone, and the card has to be docked again.
    """
    erased = Erased(gone=list(plan.gone), unlisted=plan.unlisted)
    for reason, positions in plan.kept.items():
        erased.kept[reason] += positions
    block, done = aligned_block(), 0
    for together in plan.together:
        proved: list[_Proved] = []
        stays: Stays | None = None
        for file in together:
            found = _read_again(card, file, block)
            done += file.size
            told(done)
            if isinstance(found, _Proved):
                proved.append(found)
            elif found is None:
                erased.gone.append(file.position)
            else:
                erased.kept[found].append(file.position)
                stays = found
        for one in proved:
            if stays is None:
                stays = _remove(card, one)
                if stays is None:
                    erased.removed.append(one.file.position)
                    erased.freed += one.file.size
                    continue
                erased.kept[stays].append(one.file.position)
            else:
                erased.kept[Stays.STRUCTURE].append(one.file.position)
    try:
        sync_file_system(card.descriptor)
    except OSError as error:
        raise _broken(card, card.root, error) from error
    card.check_present()
    return erased


def _is_protected(card: Card, path: bytes) -> bool:
    try:
        with _folder_of(card, path) as (folder, name):
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o222 == 0:
                return True
            descriptor = os.open(name, _FILE, dir_fd=folder)
            try:
                flags = bytearray(struct.calcsize("l"))
                fcntl.ioctl(descriptor, _FS_IOC_GETFLAGS, flags)
                return bool(struct.unpack("l", flags)[0] & _UNCHANGEABLE)
            finally:
                os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL):
            return False  # a file system without such flags
        card.check_present()
        return True  # what cannot be looked at is left alone


def _read_again(card: Card, file: PlannedFile, block: memoryview) -> _Proved | Stays | None:
    """The file, proved; why it stays; None when it is not there any more."""
    try:
        with _folder_of(card, file.path) as (folder, name):
            before = _identity(folder, name)
            # By descriptor, so that no component of the path is looked up a second time.
            digest, size, _ = digest_from_medium(b"/proc/self/fd/%d/%s" % (folder, name), block)
            if _identity(folder, name) != before or (before[2], before[3]) != (file.size, file.mtime_ns):
                return Stays.CHANGED
    except FileNotFoundError:
        card.check_present()
        return None
    except (OSError, Resident):
        card.check_present()
        return Stays.NOT_REREAD
    return _Proved(file, before) if (digest, size) == (file.sha256, file.size) else Stays.DIFFERS


def _remove(card: Card, one: _Proved) -> Stays | None:
    """None once the removal is durable; why the file stays otherwise."""
    try:
        with _folder_of(card, one.file.path) as (folder, name):
            if _identity(folder, name) != one.identity:
                return Stays.CHANGED
            try:
                os.unlink(name, dir_fd=folder)
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
                card.check_present()
                return Stays.NOT_REMOVED
            os.fsync(folder)
    except OSError as error:
        raise _broken(card, one.file.path, error) from error
    return None


def _broken(card: Card, path: bytes, error: OSError) -> EraseBroken:
    card.check_present()
    return EraseBroken(path=os.fsdecode(path), error=errno.errorcode.get(error.errno or 0, "EIO"))


def _identity(folder: int, name: bytes) -> tuple[int, int, int, int, int]:
    facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_mode


@contextmanager
def _folder_of(card: Card, path: bytes) -> Iterator[tuple[int, bytes]]:
    """The folder of a file, opened component by component from the card's root, and the file's name."""
    *folders, name = path.split(b"/")
    if not {b"", b".", b".."}.isdisjoint((*folders, name)):
        raise OSError(errno.EINVAL, "not a path of a card")
    with ExitStack() as held:
        folder = card.descriptor
        for component in folders:
            folder = os.open(component, _FOLDER, dir_fd=folder)
            held.callback(os.close, folder)
        yield folder, name
