"""What the station's process and its copy worker say to each other: MessagePack, each message after its length.

Both ends are this program in the same version; decoding is strict all the same, so a mistake shows at once.
"""

from __future__ import annotations

import socket
import struct
import threading

import msgspec

from ingest.copying.facts import CopyLimits, CopyTask, Placed, Progress

_LENGTH = struct.Struct(">I")


class _Message(msgspec.Struct, frozen=True, tag=True, array_like=True, forbid_unknown_fields=True):
    """Base of all messages."""


class Open(_Message, frozen=True):
    """The first message to the worker: which vaults, which bounds."""

    vaults: tuple[bytes, ...]
    limits: CopyLimits


class Begin(_Message, frozen=True):
    """A job begins; its tasks follow as the worker asks for them."""

    docking: str
    root: bytes | None
    double_read: bool
    sm3: bool


class Tasks(_Message, frozen=True):
    """The next tasks of a job; ``last``: there are no more."""

    docking: str
    tasks: tuple[CopyTask, ...]
    last: bool


class Pause(_Message, frozen=True):
    """Read no further for now."""

    docking: str


class Resume(_Message, frozen=True):
    """Read on after a pause."""

    docking: str


class Stop(_Message, frozen=True):
    """End the job at a point from which it can be continued."""

    docking: str


class Acknowledge(_Message, frozen=True):
    """The ledger has this group."""

    docking: str
    group: str


class MoreTasks(_Message, frozen=True):
    """The worker has room for more tasks."""

    docking: str


class Progressed(_Message, frozen=True):
    """Where a job stands."""

    docking: str
    event: Progress


class HasPlaced(_Message, frozen=True):
    """A group of a job is in the vault."""

    docking: str
    event: Placed


class Ended(_Message, frozen=True):
    """A job ended; ``code`` and ``fields`` are those of its fault, if it has one."""

    docking: str
    stopped: bool
    code: str | None = None
    fields: dict[str, str | int | None] = {}


ToWorker = Open | Begin | Tasks | Pause | Resume | Stop | Acknowledge
FromWorker = MoreTasks | Progressed | HasPlaced | Ended


class Channel:
    """One end of the connection. Any thread may send; one receives."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._encoder = msgspec.msgpack.Encoder()

    def send(self, message: ToWorker | FromWorker) -> None:
        """Send a message. Raises ``OSError`` when the other end is gone."""
        body = self._encoder.encode(message)
        with self._sending:
            self._connection.sendall(_LENGTH.pack(len(body)) + body)

    def receive(self) -> bytes | None:
        """The bytes of the next message; None once the other end is gone."""
        head = self._receive(_LENGTH.size)
        return None if head is None else self._receive(_LENGTH.unpack(head)[0])

    def _receive(self, size: int) -> bytes | None:
        received = bytearray()
        while len(received) < size:
            try:
                part = self._connection.recv(size - len(received))
            except OSError:
                return None
            if not part:
                return None
            received += part
        return bytes(received)

    def hang_up(self) -> None:
        """Tell the other end that nothing more will come."""
        with self._sending:
            try:
                self._connection.shutdown(socket.SHUT_WR)
            except OSError:
                return  # it is gone already

    def close(self) -> None:
        """Close this end."""
        self._connection.close()


to_worker = msgspec.msgpack.Decoder(ToWorker)
from_worker = msgspec.msgpack.Decoder(FromWorker)
