"""The child process that holds one device open: a typed question in, an answer or an errno out.

libgphoto2 is a large C library that parses whatever a device sends, and some of its calls keep every thread of a Python process
waiting until the device answers. So it runs beside the station and the copy worker, one child for each device that is open. When the
library crashes or the device hangs, one docking notices; the child is killed, and the device counts as gone.

Started as ``python -P -m ingest.devicechild DESCRIPTOR PARENT PORT`` by :class:`DeviceChild`; it dies with the thread that started it.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from ingest.copying.syscalls import die_with_parent
from ingest.copying.wire import Packets
from ingest.gphoto import DeviceInfo, ObjectDevice, Storage, open_device

ANSWER_SECONDS = 60.0
"""More than the longest time-out of libgphoto2 (20 s) and the tries for a busy device: who is silent for longer hangs."""
_ROOT = Path(__file__).resolve().parents[1]

Kind = TypeVar("Kind")


class Ask(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A question: the name of a method of :class:`ingest.gphoto.ObjectDevice`, and what it is asked about."""

    question: str
    folder: bytes = b""
    name: bytes = b""
    offset: int = 0
    length: int = 0


class Said(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An answer: one of the members, or ``number``, the errno of what went wrong, with ``text``."""

    number: int = 0
    text: str = ""
    info: DeviceInfo | None = None
    storages: tuple[Storage, ...] = ()
    names: tuple[bytes, ...] = ()
    facts: tuple[int, int] = (0, 0)
    data: bytes = b""


class DeviceChild:
    """A device behind its child. One thread asks at a time; methods raise ``OSError``, after a hang or a crash for good."""

    def __init__(self, port: str) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_SECONDS)
        self._socket = ours
        self._packets = Packets(ours)
        environment = {"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "TZ": "UTC0", "HOME": "/nonexistent"}
        with theirs:
            arguments = [sys.executable, "-P", "-m", "ingest.devicechild", str(theirs.fileno()), str(os.getpid()), port]
            try:
                self._process = subprocess.Popen(arguments, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL)
            except OSError:
                ours.close()
                raise
        try:
            self._heard(lost=errno.ECHILD)  # that it is open
        except OSError:
            self.close()
            raise

    def info(self) -> DeviceInfo:
        info = self._ask(Ask("info")).info
        if info is None:
            raise OSError(errno.EPROTO, "no answer to the question")
        return info

    def storages(self) -> tuple[Storage, ...]:
        return self._ask(Ask("storages")).storages

    def folders(self, folder: bytes) -> list[bytes]:
        return list(self._ask(Ask("folders", folder)).names)

    def files(self, folder: bytes) -> list[bytes]:
        return list(self._ask(Ask("files", folder)).names)

    def facts(self, folder: bytes, name: bytes) -> tuple[int, int]:
        return self._ask(Ask("facts", folder, name)).facts

    def read(self, folder: bytes, name: bytes, offset: int, block: memoryview) -> int:
        data = self._ask(Ask("read", folder, name, offset, len(block))).data
        block[: len(data)] = data
        return len(data)

    def stream(self, folder: bytes, name: bytes, descriptor: int) -> None:
        try:
            self._socket.settimeout(None)  # a big file takes its time; the library's own time-outs hold
            self._ask(Ask("stream", folder, name), descriptor)
        finally:
            with suppress(OSError):
                self._socket.settimeout(ANSWER_SECONDS)

    def close(self) -> None:
        """Let the device go; a child that does not end by itself is killed."""
        self._packets.hang_up()
        try:
            self._process.wait(ANSWER_SECONDS / 4)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()

    def _ask(self, ask: Ask, descriptor: int | None = None) -> Said:
        try:
            try:
                self._packets.send(msgspec.msgpack.encode(ask))
                if descriptor is not None:
                    socket.send_fds(self._socket, [b"\0"], [descriptor])
            finally:
                if descriptor is not None:
                    os.close(descriptor)
        except OSError as error:
            raise OSError(errno.ENODEV, "the child of the device is gone") from error
        return self._heard()

    def _heard(self, lost: int = errno.ENODEV) -> Said:
        untrusted_answer = self._packets.receive()
        if untrusted_answer is None:
            self._process.kill()
            raise OSError(lost, "the child of the device is gone, or it hung")
        said = _said.decode(untrusted_answer)
        if said.number:
            raise OSError(said.number, said.text)
        return said


_ask = msgspec.msgpack.Decoder(Ask)
_said = msgspec.msgpack.Decoder(Said)


def _answered(device: ObjectDevice, ask: Ask, connection: socket.socket) -> Said:
    match ask.question:
        case "info":
            return Said(info=device.info())
        case "storages":
            return Said(storages=device.storages())
        case "folders":
            return Said(names=tuple(device.folders(ask.folder)))
        case "files":
            return Said(names=tuple(device.files(ask.folder)))
        case "facts":
            return Said(facts=device.facts(ask.folder, ask.name))
        case "read":
            block = memoryview(bytearray(ask.length))
            count = device.read(ask.folder, ask.name, ask.offset, block)
            return Said(data=bytes(block[:count]))
        case "stream":
            _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
            device.stream(ask.folder, ask.name, descriptors[0])
            return Said()
    raise OSError(errno.EPROTO, "no such question")


def _tried(work: Callable[[], Kind]) -> Kind | Said:
    try:
        return work()
    except OSError as error:
        return Said(error.errno or errno.EIO, str(error.strerror))


def main() -> None:
    """Entry point of the child."""
    descriptor, parent, port = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died before it could take us along
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the station
    connection = socket.socket(fileno=descriptor)
    packets = Packets(connection)
    device = _tried(lambda: open_device(port))
    if isinstance(device, Said):
        packets.send(msgspec.msgpack.encode(device))
        return
    packets.send(msgspec.msgpack.encode(Said()))
    with suppress(OSError):
        while (untrusted_question := packets.receive()) is not None:
            answer = _tried(partial(_answered, device, _ask.decode(untrusted_question), connection))
            packets.send(msgspec.msgpack.encode(answer))
    device.close()


if __name__ == "__main__":
    main()
