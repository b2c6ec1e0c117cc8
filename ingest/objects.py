"""A device that shows objects instead of a disk (MTP, PTP), as a source.

Rules it keeps:

* **there is no write block**: these protocols know no way to keep a device from writing, so the manifest says so. Nothing is sent but
  questions;
* with one storage, paths are those below it (``DCIM/…``, as on a card); with several they begin with the storage (``store_00010001/…``);
* a device without any storage is locked or waits for a yes on its screen: that is an error, not an empty card;
* where the device can read at an offset (GetPartialObject), a file is read in blocks and continued in the middle after an
  interruption. Where it cannot, or hides how long the file is, the whole object streams through a pipe, and an interrupted one
  begins anew: its prefix could not be skipped anyway;
* a failed read is the file's fault only if the device still answers a question of another kind. Otherwise it is
  :class:`ingest.errors.CardGone`; so is a file that ends early, or seems empty, on a device that no longer answers.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evidence.canonical import Json, JsonObject
from evidence.inventory import Inventory, Item, Kind, Space
from ingest.copying.facts import Change, CopyLimits, CopyTask, Reason
from ingest.copying.reading import NotTaken, Patience, PatientFile
from ingest.devicechild import DeviceChild
from ingest.errors import CardBusy, CardGone, CardMissing, CardTooLarge, CardUnreadable, ProtocolMissing
from ingest.gphoto import DeviceInfo, Storage, clean
from ingest.listing import ListingLimits
from ingest.source import AcquisitionKind, WriteBlock

HIDDEN_SIZE = 0xFFFFFFFF
"""What a device reports whose field for the size has 32 bits and whose file has more (ISO 15740, ObjectInfo)."""
LOOKED_AT_WHOLE = 16 << 20
"""A device that only gives files whole is not asked for a bigger one merely to look at its beginning."""
UNFIT = "name-unfit"
"""Error of an entry whose name cannot stand in a path."""
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_USB = re.compile(r"usb:(\d{3}),(\d{3})")
_REASONS = {errno.ENOENT: Reason.VANISHED, errno.EACCES: Reason.NOT_PERMITTED, errno.EILSEQ: Reason.REPLACED}


class Objects(Protocol):
    """What is needed of a device, as :class:`ingest.gphoto.ObjectDevice` explains it. Every method raises ``OSError``."""

    def info(self) -> DeviceInfo: ...
    def storages(self) -> tuple[Storage, ...]: ...
    def folders(self, folder: bytes) -> list[bytes]: ...
    def files(self, folder: bytes) -> list[bytes]: ...
    def facts(self, folder: bytes, name: bytes) -> tuple[int, int]: ...
    def read(self, folder: bytes, name: bytes, offset: int, block: memoryview) -> int: ...
    def stream(self, folder: bytes, name: bytes, descriptor: int) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class UsbPlace:
    """Where on the bus a device is: its entry in sysfs and its number there, and its node. ``serial`` is the USB descriptor's."""

    entry: Path
    number: str
    node: Path
    vendor_id: str | None
    product_id: str | None
    serial: str | None

    @property
    def occupied(self) -> bool:
        """Whether the same device is still there: one that was plugged in again has another number."""
        return _attribute(self.entry / "devnum") == self.number


@dataclass(frozen=True, slots=True)
class ObjectProvenance:
    """How a device's objects were read."""

    info: DeviceInfo
    storages: tuple[Storage, ...]
    usb: UsbPlace | None
    volume_id: None = None

    def document(self) -> JsonObject:
        """As it stands in the manifest."""
        usb = self.usb
        return {
            "kind": (AcquisitionKind.MTP if self.info.protocol == "mtp" else AcquisitionKind.PTP).value,
            "read_only": False,
            "write_block": WriteBlock.PROTOCOL_HAS_NONE.value,
            "file_system": None,
            "device": {
                "vendor": self.info.maker,
                "model": self.info.model,
                "version": self.info.version,
                "serial": self.info.serial,
                "usb": None
                if usb is None
                else {
                    "vendor_id": usb.vendor_id,
                    "product_id": usb.product_id,
                    "serial": usb.serial,
                    "port": usb.entry.name,
                },
            },
            "storages": [_storage_document(one) for one in self.storages],
        }


class ObjectSource:
    """One device as a source."""

    fingerprint = None

    def __init__(self, root: bytes, device: Objects, usb: UsbPlace | None) -> None:
        self._root = root
        self._device: Objects | None = device
        self._usb = usb
        self._lock = -1
        self._out_of_step = False
        try:
            self._storages = device.storages()
        except OSError as error:
            raise CardUnreadable(path=self._name, error=_errno_name(error)) from error
        if not self._storages:
            raise CardUnreadable(path=self._name, error="no-storage")

    @property
    def root(self) -> bytes:
        return self._root

    @property
    def _name(self) -> str:
        return os.fsdecode(self._root)

    @property
    def _open(self) -> Objects:
        if self._device is None:
            raise ValueError("the device was handed over")
        return self._device

    def lock(self) -> None:
        """For USB devices; a device in the network serves one session by itself (PTP/IP)."""
        if self._usb is None:
            return
        try:
            self._lock = os.open(self._usb.node, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CardBusy(path=self._name) from error

    def listing(self, taken_at: str, limits: ListingLimits | None = None) -> Inventory:
        walk = _Walk(self, self._open, limits or ListingLimits())
        for storage in self._storages:
            walk.enter(self.place(b"", storage), b"" if len(self._storages) == 1 else storage.name, 0)
        self.check_present()
        if walk.root_error is not None:
            raise CardUnreadable(path=self._name, error=walk.root_error)
        found = sorted(walk.found, key=lambda item: item.path)
        items = tuple(
            Item(number, item.path, item.kind, item.size, item.mtime_ns, error=item.error) for number, item in enumerate(found)
        )
        return Inventory(items, self._space(), taken_at)

    def place(self, path: bytes, storage: Storage | None = None) -> bytes:
        """A path as the device knows it."""
        one = storage or (self._storages[0] if len(self._storages) == 1 else None)
        return b"/" + b"/".join(part for part in (one.name if one else b"", path) if part)

    def split(self, path: bytes) -> tuple[bytes, bytes]:
        """Folder and name, as the device knows them. Raises ``OSError``."""
        if not path or any(unfit(part) for part in path.split(b"/")):
            raise OSError(errno.EILSEQ, "not a path of a device")
        folder, _, name = self.place(path).rpartition(b"/")
        return folder or b"/", name

    def _space(self) -> Space | None:
        total = sum(one.total or 0 for one in self._storages)
        return Space(total, sum(one.free or 0 for one in self._storages)) if total else None

    def read_head(self, path: bytes, limit: int) -> bytes:
        task = CopyTask(0, path, 0, 0)
        try:
            with self.reader(CopyLimits()).open(task) as file:
                if not file.resumable and file.size > LOOKED_AT_WHOLE:
                    raise NotTaken(Reason.READ_ERROR, "EFBIG")
                head = memoryview(bytearray(min(limit, file.size)))
                at = count = file.fill(head, 0)
                rest = memoryview(bytearray(0 if file.resumable else _PIPE_BYTES))
                while rest and (more := file.fill(rest, at)):  # a stream has to be heard to its end
                    at += more
        except NotTaken as error:
            raise CardUnreadable(path=os.fsdecode(path), error=error.error) from error
        if file.error is not None:
            raise CardUnreadable(path=os.fsdecode(path), error=file.error)
        return bytes(head[:count])

    def check_present(self) -> None:
        if self._usb is not None and not self._usb.occupied:
            raise CardGone(path=self._name, error="device-removed")
        self.check_in_step()
        if self._device is not None:
            try:
                there = self._device.storages()
            except OSError as error:
                raise CardGone(path=self._name, error=_errno_name(error)) from error
            if {one.name for one in there} != {one.name for one in self._storages}:
                raise CardGone(path=self._name, error="replaced")

    def check_in_step(self) -> None:
        """Raise :class:`CardGone` when nothing more can be learnt in this session."""
        if self._out_of_step:
            raise CardGone(path=self._name, error="session-lost")

    def lose(self) -> None:
        """An answer was left in its middle, so what the device says next answers nothing: it has to be opened anew."""
        self._out_of_step = True

    def provenance(self) -> ObjectProvenance:
        try:
            return ObjectProvenance(self._open.info(), self._storages, self._usb)
        except OSError as error:
            self.check_present()
            raise CardUnreadable(path=self._name, error=_errno_name(error)) from error

    def hand_over(self) -> None:
        if self._device is not None:
            self._device.close()
            self._device = None

    def reader(self, limits: CopyLimits, clock: Callable[[], float] = time.monotonic) -> ObjectReader:
        return ObjectReader(self, self._open, limits, clock)

    def close(self) -> None:
        """Let the device and the lock go."""
        self.hand_over()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def object_root(devpath: str, sysfs: Path = Path("/sys")) -> bytes:
    """The root of the device at a place of sysfs, for a source. Raises :class:`CardGone`."""
    entry = sysfs / devpath.lstrip("/")
    bus, number = _attribute(entry / "busnum"), _attribute(entry / "devnum")
    if bus is None or number is None or not (bus + number).isdecimal():
        raise CardGone(path=entry.name, error="device-removed")
    return b"gphoto2:usb:%03d,%03d" % (int(bus), int(number))


@contextmanager
def open_objects(root: bytes, untrusted_port: bytes, *, sysfs: Path = Path("/sys")) -> Iterator[ObjectSource]:
    """Hold a device open. Raises :class:`CardMissing`, :class:`CardBusy`, :class:`CardUnreadable`, :class:`ProtocolMissing`."""
    name = os.fsdecode(root)
    port = untrusted_port.decode("ascii", "replace")
    try:
        device = DeviceChild(port)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise CardBusy(path=name) from error
        if error.errno == errno.ENOPKG:
            raise ProtocolMissing(protocol="MTP, PTP", extra="mtp") from error
        fault = CardMissing if error.errno in {errno.ENODEV, errno.ENOENT} else CardUnreadable
        raise fault(path=name, error=_errno_name(error)) from error
    try:
        source = ObjectSource(root, device, usb_place(port, sysfs))
    except BaseException:
        device.close()
        raise
    try:
        yield source
    finally:
        source.close()


def usb_place(port: str, sysfs: Path = Path("/sys")) -> UsbPlace | None:
    """Where in sysfs the device at a port is; None for no USB port, or where sysfs is hidden."""
    match = _USB.fullmatch(port)
    if match is None:
        return None
    bus, number = (str(int(part)) for part in match.groups())
    for entry in sorted((sysfs / "bus/usb/devices").glob("*")):
        if (_attribute(entry / "busnum"), _attribute(entry / "devnum")) == (bus, number):
            node = Path(f"/dev/bus/usb/{match[1]}/{match[2]}")
            ids = (_attribute(entry / "idVendor"), _attribute(entry / "idProduct"), _attribute(entry / "serial"))
            return UsbPlace(entry, number, node, *ids)
    return None


def unfit(name: bytes) -> bool:
    """Whether a name cannot stand in a path: a device may call an object anything."""
    return name in (b"", b".", b"..") or b"/" in name or b"\0" in name


class _Walk:
    """One walk in progress: what was found so far. ``root_error``: no storage could be listed at all."""

    def __init__(self, source: ObjectSource, device: Objects, limits: ListingLimits) -> None:
        self._source = source
        self._device = device
        self._limits = limits
        self.found: list[Item] = []
        self.root_error: str | None = None

    def enter(self, place: bytes, path: bytes, depth: int) -> None:
        """List a folder and all below it. ``place`` is its path on the device, ``path`` the one in the inventory."""
        here = len(self.found)
        if path:
            self._add(Item(0, path, Kind.DIRECTORY, 0, 0))
        if depth > self._limits.depth:
            self.found[here] = Item(0, path, Kind.UNREADABLE_DIRECTORY, 0, 0, error="too-deep")
            return
        try:
            folders, files = self._device.folders(place), self._device.files(place)
        except OSError as error:
            self._source.check_present()
            if path:
                self.found[here] = Item(0, path, Kind.UNREADABLE_DIRECTORY, 0, 0, error=_errno_name(error))
            else:
                self.root_error = _errno_name(error)
            return
        for name in files:
            self._file(place, path, name)
        for name in folders:
            if unfit(name):
                self._unfit(path, name, Kind.UNREADABLE_DIRECTORY)
            else:
                self.enter(_below(place, name), _below(path, name), depth + 1)

    def _file(self, place: bytes, folder: bytes, name: bytes) -> None:
        if unfit(name):
            self._unfit(folder, name, Kind.UNKNOWN)
            return
        path = _below(folder, name)
        try:
            size, mtime = self._device.facts(place, name)
        except OSError as error:
            self._source.check_present()
            self._add(Item(0, path, Kind.UNKNOWN, 0, 0, error=_errno_name(error)))
            return
        self._add(Item(0, path, Kind.FILE, size, mtime * 1_000_000_000))

    def _unfit(self, folder: bytes, name: bytes, kind: Kind) -> None:
        """Nothing is left out in silence: such an entry is listed under its name with what is unfit in it written as %XX."""
        quoted = re.sub(rb"[/\0%]|^\.{1,2}$", lambda found: b"".join(b"%%%02X" % byte for byte in found[0]), name) or b"%"
        self._add(Item(0, _below(folder, quoted), kind, 0, 0, error=UNFIT))

    def _add(self, item: Item) -> None:
        if len(self.found) >= self._limits.entries:
            raise CardTooLarge(path=os.fsdecode(self._source.root), limit=self._limits.entries)
        self.found.append(item)


class ObjectReader:
    """Opens the files of one device for one job. ``clock`` counts seconds."""

    def __init__(self, source: ObjectSource, device: Objects, limits: CopyLimits, clock: Callable[[], float]) -> None:
        self._source = source
        self._device = device
        self._limits = limits
        self._clock = clock
        self._patience = Patience(limits)
        self._at_offset: dict[bool, bool] = {}

    def close(self) -> None:
        """Nothing is held open between files."""

    def expect(self, task: CopyTask) -> None:
        """A device answers one question at a time."""

    @contextmanager
    def open(self, task: CopyTask) -> Iterator[PatientFile]:
        """A listed file. Raises :class:`NotTaken`, :class:`CardGone`."""
        self._source.check_in_step()
        try:
            folder, name = self._source.split(task.path)
            size, mtime = self._device.facts(folder, name)
            at_offset = self._reads_at_offset(folder, name, size)
        except OSError as error:
            self._source.check_present()
            raise NotTaken(_REASONS.get(error.errno or 0, Reason.READ_ERROR), _errno_name(error)) from error
        self._patience.new_file()
        kind = BlockwiseFile if at_offset else StreamedFile
        file = kind(self._source, self._device, (folder, name), task, size, mtime, self._limits, self._patience, self._clock)
        try:
            yield file
        finally:
            file.close()

    def _reads_at_offset(self, folder: bytes, name: bytes, size: int) -> bool:
        """Whether the device gives this file's last byte when asked for that alone. Asked once for small files, once for big ones.

        Some devices read at an offset only below 4 GiB.
        """
        if size in {0, HIDDEN_SIZE}:
            return size == 0
        big = size > HIDDEN_SIZE
        if big not in self._at_offset:
            try:
                self._at_offset[big] = self._device.read(folder, name, size - 1, memoryview(bytearray(1))) == 1
            except OSError as error:
                if error.errno != errno.EOPNOTSUPP:
                    raise
                self._at_offset[big] = False
        return self._at_offset[big]


class _ObjectFile(PatientFile):
    """One file of a device."""

    def __init__(
        self,
        source: ObjectSource,
        device: Objects,
        place: tuple[bytes, bytes],
        task: CopyTask,
        size: int,
        mtime: int,
        limits: CopyLimits,
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(task, size, mtime * 1_000_000_000, limits, patience, clock)
        self._source = source
        self._device = device
        self._folder, self._name = place

    def _check_not_gone(self, error: OSError) -> None:
        self._source.check_present()

    def changed(self, read_until: int) -> Change | None:
        if read_until == self._task.size and read_until > 0:
            return Change.TOUCHED if self.mtime_ns != self._task.mtime_ns else None
        self._source.check_present()  # a device that was pulled may end a file early, or call it empty
        if self._task.size in {HIDDEN_SIZE, read_until}:
            return None
        return Change.GREW if read_until > self._task.size else Change.SHRANK

    def close(self) -> None:
        """Let go of what is held open."""


class BlockwiseFile(_ObjectFile):
    """A file that the device gives block by block."""

    def _read(self, block: memoryview, offset: int) -> int:
        if offset >= self.size:
            return 0  # some devices hang when asked beyond the end
        return self._device.read(self._folder, self._name, offset, block)


class StreamedFile(_ObjectFile):
    """A file that the device only gives whole: a thread has it written into a pipe, from which blocks are taken."""

    resumable = False
    _pipe = -1
    _thread: threading.Thread | None = None
    _broken: OSError | None = None
    _at = 0
    _over = False

    def _read(self, block: memoryview, offset: int) -> int:
        if self._broken is not None:
            raise self._broken
        if self._over:
            return 0
        if self._thread is None:
            self._begin()
        if offset != self._at:
            raise ValueError("a stream is read in order")
        count = os.readv(self._pipe, [block])
        if count == 0:
            self._over = True
            self._end_thread()
            if self._broken is not None:
                raise self._broken
        self._at += count
        return count

    def fill(self, block: memoryview, offset: int) -> int:
        done = super().fill(block, offset)
        if self._broken is not None and not self.gave_up:
            self._check_not_gone(self._broken)  # the stream may break after the last read that was asked for went well
            self.gave_up = True  # nothing more comes, and asking again would only count the tries
            done = self._give_up(block, offset, done)
        return done

    @property
    def reason(self) -> Reason | None:
        return None if self._broken is None else Reason.READ_ERROR

    def begin_again(self) -> None:
        self.close()
        super().begin_again()

    def close(self) -> None:
        if self._pipe >= 0:
            if not self._over and self._broken is None:
                self._source.lose()
            os.close(self._pipe)  # whoever still writes into it is told by an error
            self._pipe = -1
        self._end_thread()
        self._broken, self._at, self._over = None, 0, False

    def _begin(self) -> None:
        if self.size == HIDDEN_SIZE:
            self._end = sys.maxsize
        self._pipe, write = os.pipe2(os.O_CLOEXEC)
        with suppress(OSError):
            fcntl.fcntl(write, _F_SETPIPE_SZ, _PIPE_BYTES)
        self._thread = threading.Thread(target=self._stream, args=(write,), name="stream", daemon=True)
        self._thread.start()

    def _stream(self, write: int) -> None:
        try:
            self._device.stream(self._folder, self._name, write)
        except OSError as error:
            self._broken = error

    def _end_thread(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _below(path: bytes, name: bytes) -> bytes:
    return path.rstrip(b"/") + b"/" + name if path else name


def _storage_document(one: Storage) -> Json:
    return {
        "id": clean(one.name.decode("utf-8", "replace")),
        "description": one.description,
        "label": one.label,
        "access": one.access,
        "total": None if one.total is None else str(one.total),
        "free": None if one.free is None else str(one.free),
    }


def _attribute(file: Path) -> str | None:
    try:
        return clean(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
