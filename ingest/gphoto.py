"""libgphoto2 by python-gphoto2, as typed calls: the one module that touches it, which has no types.

Used in a child of its own (:mod:`ingest.devicechild`): this is much C code that reads what a device says, and some of its calls hold
the interpreter's lock until the device answers.

Every failure of the library becomes an ``OSError`` with the errno that fits it, so that a device which does not answer is treated like
a card that does not. Names are bytes: libgphoto2 gives UTF-8 in a UTF-8 locale. Sizes are bytes, times seconds since 1970; a
device tells local time, which is taken as UTC like that of a FAT card.

What it cannot do (device facts, section 13): a name that a device reports in no UTF-8 cannot be asked for again; a folder with
two objects of one name cannot be listed. On Canon cameras reading an object clears its "new" mark.
"""

from __future__ import annotations

import errno
import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

BUSY_TRIES = 10
BUSY_SECONDS = 0.3
"""A device that another process has just let go of is busy for a moment; a desktop that holds it stays so."""

_ERRNO = {
    -2: errno.ENOENT,  # what the PTP driver says of a path it does not know
    -3: errno.ENOMEM,
    -5: errno.ENODEV,
    -6: errno.EOPNOTSUPP,
    -10: errno.ETIMEDOUT,
    -52: errno.ENODEV,
    -53: errno.EBUSY,
    -60: errno.EBUSY,
    -105: errno.ENODEV,  # nothing at that port that any driver knows
    -107: errno.ENOENT,
    -108: errno.ENOENT,
    -110: errno.EBUSY,
}
"""Results of libgphoto2 (gphoto2-result.h, gphoto2-port-result.h) that are not simply ``EIO``."""
_MODELS = {"ptpip": "PTP/IP Camera"}
"""Ports at which the library does not look for the model by itself."""
_MICROSOFT = "6"
"""Vendor extension of MTP (Media Transfer Protocol 1.1, section 5.1.1.3)."""


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage of a device. ``name`` is its folder at the top; ``access`` as PTP says (0 read and write, 1 read, 2 read and delete)."""

    name: bytes
    description: str | None
    label: str | None
    access: int | None
    total: int | None
    free: int | None


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What the device says of itself (PTP DeviceInfo dataset, ISO 15740 section 5.5.1). ``protocol``: ``mtp`` or ``ptp``."""

    protocol: str
    maker: str | None
    model: str | None
    version: str | None
    serial: str | None


class _Failure(Exception):
    """What the library raises."""

    code: int


class _File(Protocol):
    size: int
    mtime: int


class _Info(Protocol):
    file: _File


class _Names(Protocol):
    def count(self) -> int: ...
    def get_name(self, index: int) -> str: ...


class _StorageInfo(Protocol):
    fields: int
    basedir: str
    description: str
    label: str
    access: int
    capacitykbytes: int
    freekbytes: int


class _Camera(Protocol):
    def init(self) -> None: ...
    def exit(self) -> None: ...
    def set_port_info(self, port: object) -> None: ...
    def set_abilities(self, model: object) -> None: ...
    def get_summary(self) -> object: ...
    def get_storageinfo(self) -> list[_StorageInfo]: ...
    def folder_list_folders(self, folder: str) -> _Names: ...
    def folder_list_files(self, folder: str) -> _Names: ...
    def file_get_info(self, folder: str, name: str) -> _Info: ...
    def file_read(self, folder: str, name: str, kind: int, offset: int, block: memoryview) -> int: ...
    def file_get(self, folder: str, name: str, kind: int, file: object) -> object: ...


class _Library(Protocol):
    """What is used of the module ``gphoto2``."""

    GPhoto2Error: type[_Failure]
    GP_FILE_TYPE_NORMAL: int
    GP_ERROR_NOT_SUPPORTED: int
    GP_STORAGEINFO_ACCESS: int
    GP_STORAGEINFO_DESCRIPTION: int
    GP_STORAGEINFO_FREESPACEKBYTES: int
    GP_STORAGEINFO_LABEL: int
    GP_STORAGEINFO_MAXCAPACITY: int

    def Camera(self) -> _Camera: ...  # noqa: N802 - the library's own name
    def CameraFile(self, descriptor: int) -> object: ...  # noqa: N802 - the library's own name


class ObjectDevice:
    """One device that shows objects, held open for this process alone; for one thread at a time. Methods raise ``OSError``."""

    def __init__(self, library: _Library, camera: _Camera) -> None:
        self._library = library
        self._camera = camera
        self._normal = library.GP_FILE_TYPE_NORMAL

    def info(self) -> DeviceInfo:
        """Its DeviceInfo."""
        with self._errors():
            try:
                untrusted_summary = str(self._camera.get_summary())
            except self._library.GPhoto2Error as error:
                if error.code != self._library.GP_ERROR_NOT_SUPPORTED:
                    raise
                untrusted_summary = ""
        return parse_summary(untrusted_summary)

    def storages(self) -> tuple[Storage, ...]:
        """Its storages; asks the device each time."""
        with self._errors():
            return tuple(self._storage(one) for one in self._camera.get_storageinfo())

    def _storage(self, untrusted: _StorageInfo) -> Storage:
        library, said = self._library, untrusted.fields
        return Storage(
            os.fsencode(untrusted.basedir).strip(b"/"),
            clean(untrusted.description) if said & library.GP_STORAGEINFO_DESCRIPTION else None,
            clean(untrusted.label) if said & library.GP_STORAGEINFO_LABEL else None,
            untrusted.access if said & library.GP_STORAGEINFO_ACCESS else None,
            untrusted.capacitykbytes << 10 if said & library.GP_STORAGEINFO_MAXCAPACITY else None,
            untrusted.freekbytes << 10 if said & library.GP_STORAGEINFO_FREESPACEKBYTES else None,
        )

    def folders(self, folder: bytes) -> list[bytes]:
        """Names of the folders in a folder."""
        with self._errors():
            return _names(self._camera.folder_list_folders(_text(folder)))

    def files(self, folder: bytes) -> list[bytes]:
        """Names of the files in a folder."""
        with self._errors():
            return _names(self._camera.folder_list_files(_text(folder)))

    def facts(self, folder: bytes, name: bytes) -> tuple[int, int]:
        """Size in bytes and modification time in seconds since 1970 of a file."""
        with self._errors():
            file = self._camera.file_get_info(_text(folder), _text(name)).file
            return file.size, file.mtime

    def read(self, folder: bytes, name: bytes, offset: int, block: memoryview) -> int:
        """Fill a block from an offset, as far as the device gives it; ``EOPNOTSUPP`` where it cannot read at an offset."""
        with self._errors():
            return self._camera.file_read(_text(folder), _text(name), self._normal, offset, block)

    def stream(self, folder: bytes, name: bytes, descriptor: int) -> None:
        """Write a whole file into a descriptor, which is closed, also when it fails."""
        file = self._library.CameraFile(descriptor)
        try:
            with self._errors():
                self._camera.file_get(_text(folder), _text(name), self._normal, file)
        finally:
            del file  # closes the descriptor: whoever reads at the other end is told that it is over

    def close(self) -> None:
        """Let the device go."""
        with suppress(OSError), self._errors():
            self._camera.exit()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._library.GPhoto2Error as error:
            raise OSError(_ERRNO.get(error.code, errno.EIO), str(error)) from error


def open_device(port: str) -> ObjectDevice:
    """Open the device at a port of libgphoto2 (``usb:BBB,DDD``). Raises ``OSError``: ``ENOPKG`` without the library."""
    try:
        import gphoto2
    except ImportError as error:
        raise OSError(errno.ENOPKG, "python-gphoto2 is not installed") from error
    # The one way to read a whole file without holding it in memory; the library has not yet got another.
    warnings.filterwarnings("ignore", "In function Camera_file_get a CameraFile", DeprecationWarning)
    for left in range(BUSY_TRIES - 1, -1, -1):
        try:
            return _open(port)
        except gphoto2.GPhoto2Error as error:
            number = _ERRNO.get(error.code, errno.EIO)
            if number != errno.EBUSY or not left:
                raise OSError(number, str(error)) from error
            time.sleep(BUSY_SECONDS)
    raise AssertionError  # the loop returns or raises


def _open(port: str) -> ObjectDevice:
    import gphoto2 as library

    camera, ports = library.Camera(), library.PortInfoList()
    ports.load()
    camera.set_port_info(ports[ports.lookup_path(port)])
    model = _MODELS.get(port.partition(":")[0])
    if model is not None:
        models = library.CameraAbilitiesList()
        models.load()
        camera.set_abilities(models[models.lookup_model(model)])
    camera.init()
    return ObjectDevice(library, camera)


def parse_summary(untrusted_summary: str) -> DeviceInfo:
    """DeviceInfo from the summary that the PTP driver writes; what does not stand there is None."""

    def line(name: str) -> str | None:
        found = re.search(rf"^[ \t]*{name}: *(.*)$", untrusted_summary, re.MULTILINE)
        return None if found is None else clean(found[1])

    extension = re.match(r"0x0*([0-9a-f]+)", line("Vendor Extension ID") or "")
    told = (line("Vendor Extension Description") or "").lower()
    mtp = (extension is not None and extension[1] == _MICROSOFT) or "microsoft.com" in told
    return DeviceInfo("mtp" if mtp else "ptp", line("Manufacturer"), line("Model"), line(r"Version"), line("Serial Number"))


def clean(untrusted_text: str | None) -> str | None:
    """At most 256 printable characters of what a device says, None when nothing is left."""
    kept = "".join(character for character in (untrusted_text or "")[:256] if character.isprintable()).strip()
    return kept or None


def _names(untrusted_list: _Names) -> list[bytes]:
    return [os.fsencode(untrusted_list.get_name(number)) for number in range(untrusted_list.count())]


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, "a name that is no UTF-8") from error
