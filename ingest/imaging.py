"""A whole block device, or a file that holds one, as a source of one file: ``image.raw``.

Rules it keeps:

* a block device is read only while the kernel refuses writes to it and its partitions. Where that is not so, the flag is set here
  (``BLKROSET``, ioctl_list(2)), which takes the right to administer the system; without it nothing is read;
* a device that is mounted for writing, swapped on, or under another device (LVM, RAID, device mapper) is left alone;
* it is read once from its first to its last byte; what cannot be read is zero bytes in its place and recorded, as of any file. All the
  patience of a job is for its one file;
* two media of one size have one listing, so a digest of the first and last MiB, and what the device calls itself, go into what decides
  whether this is the medium of an interrupted visit.

The files in it are no clips of their own. They are taken by mounting the image read-only (``mount -o ro,loop,offset=…``) and
collecting from there.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evidence.canonical import JsonObject
from evidence.inventory import Inventory, Item, Kind
from ingest.copying.facts import MEBIBYTE, Change, CopyLimits, CopyTask, Reason
from ingest.copying.reading import NotTaken, Patience, PatientFile
from ingest.errors import CardBusy, CardGone, CardMissing, CardUnreadable, DeviceWritable
from ingest.partitions import Layout, layout
from ingest.source import AcquisitionKind, BlockDevice, WriteBlock, block_device

NAME = b"image.raw"
_BLKROSET, _BLKROGET, _BLKGETSIZE64 = 0x125D, 0x125E, 0x80081272
_GONE = (errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.ESHUTDOWN)


@dataclass(frozen=True, slots=True)
class ImageProvenance:
    """How a medium was imaged. ``protected``: the kernel refused writes; ``set_here``: the flag that forbids writing was set by the station and stays set."""

    device: BlockDevice | None
    size: int
    protected: bool
    set_here: bool
    layout: Layout
    volume_id: None = None

    def document(self) -> JsonObject:
        """As it stands in the manifest."""
        return {
            "kind": AcquisitionKind.BLOCK_IMAGE.value,
            "read_only": self.protected,
            "write_block": (WriteBlock.DEVICE if self.protected else WriteBlock.NONE).value,
            "write_block_set_by_station": self.set_here,
            "file_system": None,
            "device": None if self.device is None else self.device.document(),
            "size": str(self.size),
            "layout": self.layout.document(),
        }


class ImageSource:
    """An open device or image file. ``number`` is its device number, None for a plain file."""

    def __init__(self, root: bytes, descriptor: int, size: int, number: int | None, *, set_here: bool, sysfs: Path) -> None:
        self.root = root
        self.size = size
        self._descriptor = descriptor
        self._number = number
        self._set_here = set_here
        self._sysfs = sysfs

    @property
    def _name(self) -> str:
        return os.fsdecode(self.root)

    @property
    def fingerprint(self) -> str:
        device = None if self._number is None else block_device(self._number, self._sysfs)
        told = "" if device is None else repr((device.udev.vendor, device.udev.model, device.udev.serial))
        ends = self._read_at(0, MEBIBYTE) + self._read_at(max(0, self.size - MEBIBYTE), MEBIBYTE)
        return hashlib.sha256(ends + told.encode()).hexdigest()

    def lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CardBusy(path=self._name) from error

    def listing(self, taken_at: str) -> Inventory:
        return Inventory((Item(0, NAME, Kind.FILE, self.size, self._mtime_ns()),), None, taken_at)

    def _mtime_ns(self) -> int:
        """A medium has no time of its own; an image file has."""
        return 0 if self._number is not None else os.fstat(self._descriptor).st_mtime_ns

    def read_head(self, path: bytes, limit: int) -> bytes:
        if path != NAME:
            raise CardUnreadable(path=os.fsdecode(path), error="ENOENT")
        return self._read_at(0, limit)

    def _read_at(self, offset: int, length: int) -> bytes:
        """Fewer bytes where they cannot be read: the copy will say what is wrong there."""
        try:
            return os.pread(self._descriptor, max(0, min(length, self.size - offset)), offset)
        except OSError:
            return b""

    def check_present(self) -> None:
        if self._number is None:
            return
        entry = self._sysfs / f"dev/block/{os.major(self._number)}:{os.minor(self._number)}"
        if not entry.exists():
            raise CardGone(path=self._name, error="device-removed")
        if _size_of(self._descriptor) != self.size:
            raise CardGone(path=self._name, error="replaced")  # another card was put into the reader

    def provenance(self) -> ImageProvenance:
        device = None if self._number is None else block_device(self._number, self._sysfs)
        found = layout(self._read_at, self.size)
        return ImageProvenance(device, self.size, self._number is not None, self._set_here, found)

    def hand_over(self) -> None:
        """Any number of processes may read a device."""

    def reader(self, limits: CopyLimits, clock: Callable[[], float] = time.monotonic) -> ImageReader:
        one_file = replace(limits, bad_seconds_per_file=limits.bad_seconds_per_job)
        return ImageReader(self, self._descriptor, self._mtime_ns(), one_file, clock)


@contextmanager
def open_image(root: bytes, path: bytes, *, sysfs: Path = Path("/sys"), proc: Path = Path("/proc")) -> Iterator[ImageSource]:
    """Hold a device or an image file open. Raises :class:`CardMissing`, :class:`CardUnreadable`, :class:`DeviceWritable`."""
    name = os.fsdecode(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        gone = (errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENOMEDIUM, errno.ENODEV)
        raise (CardMissing if error.errno in gone else CardUnreadable)(path=name, error=_errno_name(error)) from error
    try:
        with _unreadable(name):
            source = _opened(root, name, descriptor, sysfs, proc)
        yield source
    finally:
        os.close(descriptor)


def _opened(root: bytes, name: str, descriptor: int, sysfs: Path, proc: Path) -> ImageSource:
    facts = os.fstat(descriptor)
    if stat.S_ISBLK(facts.st_mode):
        number = facts.st_rdev
        set_here = _forbid_writing(name, descriptor, number, sysfs, proc)
        size = _size_of(descriptor)
    elif stat.S_ISREG(facts.st_mode):
        number, set_here, size = None, False, facts.st_size
    else:
        raise CardMissing(path=name, error="no-block-device")
    if size == 0:
        raise CardUnreadable(path=name, error="no-medium")
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    return ImageSource(root, descriptor, size, number, set_here=set_here, sysfs=sysfs)


@contextmanager
def _unreadable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CardUnreadable(path=name, error=_errno_name(error)) from error


def _forbid_writing(name: str, descriptor: int, number: int, sysfs: Path, proc: Path) -> bool:
    """Whether the flag had to be set. Raises :class:`DeviceWritable`, ``OSError``."""
    entry = (sysfs / f"dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    parts = [one.parent for one in sorted(entry.glob("*/partition"))]
    above = [entry.parent] if (entry / "partition").exists() else []
    for one in (*above, entry, *parts):
        _check_unused(name, one, proc)
    nodes = [os.open(f"/dev/{part.name}", os.O_RDONLY | os.O_CLOEXEC) for part in parts]
    try:
        changed = [_set_read_only(name, one) for one in (descriptor, *nodes)]
    finally:
        for node in nodes:
            os.close(node)
    return any(changed)


def _check_unused(name: str, entry: Path, proc: Path) -> None:
    number = _text(entry / "dev")
    for line in (proc / "self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        fields, tail = before.split(" "), after.split(" ")
        # Both must say so: a read-only mount of a file system that is written through another mount is no protection.
        if len(fields) > 5 and fields[2] == number and not ("ro" in fields[5].split(",") and "ro" in tail[-1].split(",")):
            raise DeviceWritable(path=name, reason=f"{entry.name} is mounted for writing at {fields[4]}")
    if any((entry / "holders").glob("*")):
        raise DeviceWritable(path=name, reason=f"{entry.name} is in use by another device")
    swaps = (proc / "swaps").read_text(encoding="utf-8", errors="replace").splitlines()
    if any(line.split()[:1] == [f"/dev/{entry.name}"] for line in swaps):
        raise DeviceWritable(path=name, reason=f"{entry.name} is swap space")


def _set_read_only(name: str, descriptor: int) -> bool:
    if _flag(descriptor):
        return False
    try:
        fcntl.ioctl(descriptor, _BLKROSET, struct.pack("i", 1))
    except OSError as error:
        reason = "the kernel allows writing to it, and this user may not forbid that"
        raise DeviceWritable(path=name, reason=reason) from error
    if not _flag(descriptor):
        raise DeviceWritable(path=name, reason="its driver does not forbid writing when told to")
    return True


def _flag(descriptor: int) -> bool:
    return struct.unpack("i", fcntl.ioctl(descriptor, _BLKROGET, bytes(4))) != (0,)


def _size_of(descriptor: int) -> int:
    try:
        return int(struct.unpack("Q", fcntl.ioctl(descriptor, _BLKGETSIZE64, bytes(8)))[0])
    except OSError as error:
        if error.errno == errno.ENOTTY:
            return os.fstat(descriptor).st_size
        raise


class ImageReader:
    """Reads the one file of a medium."""

    def __init__(
        self, source: ImageSource, descriptor: int, mtime_ns: int, limits: CopyLimits, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._descriptor = descriptor
        self._mtime_ns = mtime_ns
        self._limits = limits
        self._clock = clock
        self._patience = Patience(limits)

    def close(self) -> None:
        """The source holds the device."""

    def expect(self, task: CopyTask) -> None:
        """There is only one file."""

    @contextmanager
    def open(self, task: CopyTask) -> Iterator[ImageFile]:
        """The image. Raises :class:`NotTaken`, :class:`ingest.errors.CardGone`."""
        self._source.check_present()
        if task.path != NAME:
            raise NotTaken(Reason.VANISHED, "ENOENT")
        self._patience.new_file()
        yield ImageFile(self._source, self._descriptor, self._mtime_ns, task, self._limits, self._patience, self._clock)


class ImageFile(PatientFile):
    """The bytes of a medium."""

    def __init__(
        self,
        source: ImageSource,
        descriptor: int,
        mtime_ns: int,
        task: CopyTask,
        limits: CopyLimits,
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(task, source.size, mtime_ns, limits, patience, clock)
        self._source = source
        self._descriptor = descriptor
        self._end = source.size

    def _read(self, block: memoryview, offset: int) -> int:
        return os.preadv(self._descriptor, [block], offset)

    def _check_not_gone(self, error: OSError) -> None:
        self._source.check_present()
        if error.errno in _GONE:
            raise CardGone(path=os.fsdecode(self._source.root), error=_errno_name(error)) from error

    def forget(self, until: int = 0) -> None:
        os.posix_fadvise(
            self._descriptor, self._forgotten if until else 0, until and until - self._forgotten, os.POSIX_FADV_DONTNEED
        )
        super().forget(until)

    def changed(self, read_until: int) -> Change | None:
        self._source.check_present()
        if read_until != self._task.size:
            return Change.GREW if read_until > self._task.size else Change.SHRANK
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
