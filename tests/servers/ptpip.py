"""A camera in the network: a PTP responder over TCP on loopback, so that the real libgphoto2 has something to talk to.

PTP is ISO 15740, its way over TCP is PTP/IP (CIPA DC-005): packets of a length, a type and a payload on a command and an event
connection. What the camera can do, what lies on it, and when it is pulled out is up to the test.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

STORAGE = 0x00010001
ROOT = 0xFFFFFFFF
OK, GENERAL_ERROR, NOT_SUPPORTED, INVALID_HANDLE, ACCESS_DENIED = 0x2001, 0x2002, 0x2005, 0x2009, 0x200F
FOLDER, UNDEFINED, JPEG = 0x3001, 0x3000, 0x3801
GET_PARTIAL, GET_PARTIAL_64 = 0x101B, 0x95C1
_BASIC = (0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009)
ANDROID = 0xFFFFFFFF


@dataclass
class Thing:
    """One object: a folder has no ``data``. ``told_size`` is what the camera claims."""

    name: str
    parent: int = 0
    data: bytes | None = None
    told_size: int | None = None
    refused: bool = False
    storage: int = STORAGE

    @property
    def size(self) -> int:
        return len(self.data or b"") if self.told_size is None else self.told_size


@dataclass
class Camera:
    """What the responder plays. ``pull_after``: bytes of content after which the cable is out, and stays out."""

    things: dict[int, Thing] = field(default_factory=dict)
    operations: tuple[int, ...] = (*_BASIC, GET_PARTIAL)
    vendor: int = 0
    storages: tuple[int, ...] = (STORAGE,)
    pull_after: int | None = None
    pull_at_operation: int | None = None
    date: str = "20240304T050607"
    asked: list[int] = field(default_factory=list)
    sent: int = 0
    port: int = 0
    out: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        """The source's name."""
        return f"gphoto2:ptpip:127.0.0.1:{self.port}:{self.port}"

    def put(self, path: str, data: bytes, **facts: object) -> Thing:
        """Put a file there, and the folders above it."""
        *folders, name = path.split("/")
        parent = 0
        for folder in folders:
            found = [
                one for one, thing in self.things.items() if (thing.name, thing.parent, thing.data) == (folder, parent, None)
            ]
            parent = found[0] if found else self._add(Thing(folder, parent))
        return self.things[self._add(Thing(name, parent, data, **facts))]  # type: ignore[arg-type]  # the fields of Thing, as a test gives them

    def _add(self, thing: Thing) -> int:
        handle = len(self.things) + 1
        self.things[handle] = thing
        return handle

    @contextmanager
    def plugged_in(self) -> Iterator[Camera]:
        """Answer on a port of loopback until the end of the block."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._open: list[socket.socket] = [listener]
        thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.pull()
            thread.join()

    def pull(self) -> None:
        """The cable is out: every connection ends, and none is taken any more."""
        self.out.set()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self.out.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ConnectionError):
            while True:
                kind, payload = _receive(connection)
                if kind == 1:
                    _send(
                        connection,
                        2,
                        struct.pack("<I", 1) + bytes(16) + "camera\0".encode("utf-16-le") + struct.pack("<I", 1 << 16),
                    )
                elif kind == 3:
                    _send(connection, 4, b"")
                elif kind == 6:
                    code, number = struct.unpack_from("<HI", payload, 4)
                    parameters = struct.unpack(f"<{(len(payload) - 10) // 4}I", payload[10:])
                    self._obey(connection, code, number, parameters)

    def _obey(self, connection: socket.socket, code: int, number: int, parameters: tuple[int, ...]) -> None:
        self.asked.append(code)
        if code == self.pull_at_operation:
            self.pull()
            return
        result, data = self._answer(code, parameters)
        if data is not None:
            _send(connection, 9, struct.pack("<IQ", number, len(data)))
            content = code in {0x1009, GET_PARTIAL, GET_PARTIAL_64}
            for offset in range(0, len(data), 65536):
                block = data[offset : offset + 65536]
                if content and self.pull_after is not None and self.sent + len(block) > self.pull_after:
                    self.pull()
                    return
                self.sent += len(block) if content else 0
                _send(connection, 10, struct.pack("<I", number) + block)
            _send(connection, 12, struct.pack("<I", number))
        _send(connection, 7, struct.pack("<HI", result, number))

    def _answer(self, code: int, parameters: tuple[int, ...]) -> tuple[int, bytes | None]:
        if code not in self.operations:
            return NOT_SUPPORTED, None
        thing = self.things.get(parameters[0]) if parameters else None
        match code:
            case 0x1001:
                return OK, self._device_info()
            case 0x1002 | 0x1003:
                return OK, None
            case 0x1004:
                return OK, _array("I", self.storages)
            case 0x1005:
                facts = struct.pack("<HHHQQI", 3, 2, 0, 64 << 30, 32 << 30, 0)
                return OK, facts + _text("internal") + _text("CAM01")
            case 0x1007:
                return OK, _array("I", self._handles(*parameters))
            case 0x1008 if thing is not None:
                return OK, self._object_info(thing)
            case 0x1009 if thing is not None and thing.data is not None:
                return (ACCESS_DENIED, None) if thing.refused else (OK, thing.data)
            case 0x101B | 0x95C1 if thing is not None and thing.data is not None:
                big = code == GET_PARTIAL_64
                offset = parameters[1] | parameters[2] << 32 if big else parameters[1]
                length = parameters[3 if big else 2]
                return (ACCESS_DENIED, None) if thing.refused else (OK, thing.data[offset : offset + length])
        return INVALID_HANDLE, None

    def _handles(self, storage: int, _format: int = 0, parent: int = 0) -> list[int]:
        wanted = 0 if parent == ROOT else parent
        return [
            handle
            for handle, thing in self.things.items()
            if (storage in {ROOT, thing.storage}) and (thing.parent == wanted or parent == 0)
        ]

    def _device_info(self) -> bytes:
        told = "microsoft.com: 1.0; android.com: 1.0;" if self.vendor == ANDROID else ""
        head = struct.pack("<HIH", 100, self.vendor, 100) + _text(told) + struct.pack("<H", 0)
        lists = _array("H", self.operations) + _array("H", ()) * 3 + _array("H", (UNDEFINED, JPEG))
        return head + lists + _text("ACME") + _text("BodyCam X1") + _text("1.0") + _text("SN0001")

    def _object_info(self, thing: Thing) -> bytes:
        is_folder = thing.data is None
        kind = FOLDER if is_folder else JPEG
        facts = struct.pack("<IHHI", thing.storage, kind, 0, min(thing.size, 0xFFFFFFFF)) + struct.pack(
            "<HIIIIII", 0, 0, 0, 0, 0, 0, 0
        )
        place = struct.pack("<IHII", thing.parent, 1 if is_folder else 0, 0, 0)
        return facts + place + _text(thing.name) + _text(self.date) + _text(self.date) + _text("")


def _text(text: str) -> bytes:
    data = (text + "\0").encode("utf-16-le", "surrogatepass") if text else b""
    return bytes([len(data) // 2]) + data


def _array(kind: str, values: tuple[int, ...] | list[int]) -> bytes:
    return struct.pack(f"<I{len(values)}{kind}", len(values), *values)


def _send(connection: socket.socket, kind: int, payload: bytes) -> None:
    connection.sendall(struct.pack("<II", len(payload) + 8, kind) + payload)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    length, kind = struct.unpack("<II", _exactly(connection, 8))
    return kind, _exactly(connection, length - 8)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data
