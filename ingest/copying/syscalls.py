"""The system calls of Linux that Python does not wrap. Every function raises ``OSError`` as those of ``os`` do.

All of them release the interpreter lock while the kernel works.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
_libc.syncfs.argtypes = (ctypes.c_int,)
_libc.renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong)

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1  # linux/fs.h
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MAP_FAILED = ctypes.c_void_p(-1).value
_WINDOW = 256 << 20
"""Bytes mapped at a time to ask for residency: the answer takes a byte a page."""


def _checked(result: int, path: bytes | None = None) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)


def rename_noreplace(source: bytes, target: bytes) -> None:
    """Rename within a file system, never over something: ``FileExistsError`` when ``target`` is there (renameat2(2)).

    Where the file system cannot do that in one step, a hard link and an unlink have the same effect.
    """
    try:
        _checked(_libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE), target)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise
        os.link(source, target, follow_symlinks=False)
        os.unlink(source)


def sync_file_system(descriptor: int) -> None:
    """Make everything on the file system of ``descriptor`` durable (syncfs(2)).

    Since Linux 5.8 write errors that happened after ``descriptor`` was opened are reported; older kernels are not supported.
    """
    _checked(_libc.syncfs(descriptor))


def reserve(descriptor: int, size: int) -> bool:
    """Reserve ``size`` bytes on disk (fallocate(2)); False where the file system cannot. ``ENOSPC`` when they are not there.

    Not ``os.posix_fallocate``: where the file system cannot reserve, that one writes the whole file full of zero bytes.
    """
    try:
        _checked(_libc.fallocate(descriptor, 0, 0, size))
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.ENOSYS):
            return False
        raise
    return True


def resident_bytes(descriptor: int, offset: int, length: int) -> int:
    """How much of a range of one's own file lies in the page cache (mincore(2)). ``offset`` is a multiple of the page size."""
    resident = 0
    while length > 0:
        size = min(length, _WINDOW)
        address = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, offset)
        if address == _MAP_FAILED:
            _checked(-1)
        try:
            pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
            _checked(_libc.mincore(address, size, pages))
            answer = bytes(pages)
        finally:
            _libc.munmap(address, size)
        resident += mmap.PAGESIZE * (len(answer) - answer.count(0))
        offset += size
        length -= size
    return resident


def die_with_parent(signal_number: int) -> None:
    """Be sent ``signal_number`` when the thread that started this process ends (PR_SET_PDEATHSIG, prctl(2))."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal_number))
