"""Stopping a program before each of its durable system calls, so that the campaign decides what becomes of it.

A seccomp filter with user notification (seccomp_unotify(2)) hands every chosen call of a process and of all its children and
threads to one listener, in one order, before the kernel carries it out. ``strace -e inject`` counts calls for each thread apart
and so cannot reach "the 40th call of the station"; this can, and costs a tenth of the time.

Only for x86-64: the numbers of system calls stand in ``steps.py``.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

_libc = ctypes.CDLL(None, use_errno=True)

_SYS_SECCOMP = 317
_SET_MODE_FILTER = 1  # linux/seccomp.h
_NEW_LISTENER = 1 << 3
_WAIT_KILLABLE_RECV = 1 << 5  # without it a SIGCHLD would begin a stopped call anew, and it would be counted twice
_ALLOW = 0x7FFF0000
_USER_NOTIF = 0x7FC00000
_FLAG_CONTINUE = 1
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_AUDIT_ARCH_X86_64 = 0xC000003E

_NOTIF = struct.Struct("=QII iIQ 6Q")
_RESP = struct.Struct("=QqiI")
_RECV = (3 << 30) | (_NOTIF.size << 16) | (ord("!") << 8)
_SEND = (3 << 30) | (_RESP.size << 16) | (ord("!") << 8) | 1
_SET_FLAGS = (1 << 30) | (8 << 16) | (ord("!") << 8) | 4
_SYNC_WAKE_UP = 1  # since Linux 6.6: whoever waits is woken on this processor, which halves what a stop costs

_LD_W_ABS, _JEQ, _JSET, _RET = 0x20, 0x15, 0x45, 0x06  # linux/bpf_common.h
_NR, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data


@dataclass(frozen=True, slots=True)
class Stopped:
    """A system call that waits for the listener's answer. ``thread`` is who makes it."""

    id: int
    thread: int
    number: int
    arguments: tuple[int, ...]


def missing_piece() -> str | None:
    """What this system lacks for it, or None."""
    if platform.machine() != "x86_64":
        return "an x86-64 processor"
    try:
        with open("/proc/sys/kernel/seccomp/actions_avail", encoding="ascii") as file:
            offered = file.read().split()
    except OSError:
        offered = []
    return None if "user_notif" in offered else "a kernel with seccomp user notification (Linux 5.19 or newer)"


def install(calls: Mapping[int, tuple[int, int] | None]) -> int:
    """Stop this process, and all it starts, at these calls from now on; returns the listener.

    A call comes with None, or with the place of an argument and a mask: then it stops only with one of these bits set.
    Raises ``OSError``.
    """
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS")
    program = b"".join(_program(calls))
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(code)), 16)
    listener: int = _libc.syscall(_SYS_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE_RECV, header)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    with suppress(OSError):  # an older kernel does without
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
    return listener


def _program(calls: Mapping[int, tuple[int, int] | None]) -> list[bytes]:
    def line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    lines = [line(_LD_W_ABS, _ARCH), line(_JEQ, _AUDIT_ARCH_X86_64, 1), line(_RET, _ALLOW), line(_LD_W_ABS, _NR)]
    for number, when in calls.items():
        if when is None:
            lines += [line(_JEQ, number, 0, 1), line(_RET, _USER_NOTIF)]
        else:
            argument, mask = when
            lines += [
                line(_JEQ, number, 0, 4),
                line(_LD_W_ABS, _ARGUMENTS + 8 * argument),
                line(_JSET, mask, 0, 1),
                line(_RET, _USER_NOTIF),
                line(_RET, _ALLOW),
            ]
    return [*lines, line(_RET, _ALLOW)]


def receive(listener: int) -> Stopped | None:
    """The next stopped call; None when whoever made it was killed meanwhile. Raises ``OSError``."""
    buffer = bytearray(_NOTIF.size)
    try:
        fcntl.ioctl(listener, _RECV, buffer, True)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    id_, thread, _, number, _, _, *arguments = _NOTIF.unpack(buffer)
    return Stopped(id_, thread, number, tuple(arguments))


def go_on(listener: int, call: Stopped) -> None:
    """Let the kernel carry the call out."""
    _answer(listener, call, 0, _FLAG_CONTINUE)


def fail(listener: int, call: Stopped, error: int) -> None:
    """Let the call fail with an error number, not carried out."""
    _answer(listener, call, -error, 0)


def _answer(listener: int, call: Stopped, error: int, flags: int) -> None:
    try:
        fcntl.ioctl(listener, _SEND, bytearray(_RESP.pack(call.id, 0, error, flags)), True)
    except OSError as gone:
        if gone.errno != errno.ENOENT:
            raise


def text_at(thread: int, address: int) -> bytes:
    """The C string at an address of a stopped thread. Raises ``OSError`` when it was killed."""
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        found = bytearray()
        while b"\0" not in found and len(found) < 1 << 13:
            page_end = (address | 0xFFF) + 1
            page = os.pread(memory.fileno(), page_end - address, address)
            if not page:  # its memory is gone: it was killed while it was looked at
                raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
            found += page
            address = page_end
        return bytes(found.partition(b"\0")[0])
