"""A recorder of the Ambarella "Amba Simple Class" as its endpoints show it: bytes in, answers of at most 64 bytes out.

Plays what is publicly known of it (device facts, section 1.2), and what goes wrong with such recorders. The standard library only, so
that it also runs as a USB gadget inside a virtual machine.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field
from enum import Enum

COMMAND = re.compile(rb"@([A-Za-z]{3});(\d);([^;#]*);#")


class Trouble(Enum):
    """What goes wrong with the answer to one command."""

    SHORT = "an answer cut in its middle"
    GARBAGE = "bytes that are no answer"
    EMPTY = "a transfer without bytes"
    SILENT = "no answer in time"
    STALL = "a stalled endpoint"
    UNPLUG = "the cable is out"
    FOREIGN = "an answer to another command, then nothing"
    LEFT_OVER = "an answer to another command, then the right one"
    STALL_ONCE = "a stalled endpoint, then the right answer"
    REFUSED = "an answer that says no"
    STUCK = "answers to another command without end"


@dataclass
class AmbaRecorder:
    """The recorder. ``trouble``: what goes wrong at which command."""

    identity: str = "DSJ0001"
    password: str = "00000000"
    trouble: dict[str, Trouble] = field(default_factory=dict)
    opened: bool = False
    date: str | None = None
    time: str | None = None
    is_disk: bool = False
    heard: list[str] = field(default_factory=list)

    def answer(self, untrusted_command: bytes) -> bytes:
        """What it says to a command, padded to whole transfers as its firmware does."""
        found = COMMAND.fullmatch(untrusted_command)
        if found is None:
            return _padded("@ERR;")
        name, argument = found[1].decode(), found[3].decode()
        self.heard.append(name)
        return _padded(self._said(name, argument))

    def _said(self, name: str, argument: str) -> str:
        if name == "Ver":
            self.opened = argument == self.password
            return "@Ver;OK;#" if self.opened else "@Ver;ERROR;#"
        if not self.opened:
            return f"@{name};ERROR;#"
        match name:
            case "Gdv":
                return f"@Gdv;{len(self.identity)};{self.identity};#"
            case "Sdt":
                self.date = argument
            case "Stm":
                self.time = argument
            case "ATH":
                self.is_disk = True
            case _:
                return f"@{name};ERROR;#"
        return f"@{name};OK;#"


class AmbaPipe:
    """Its two endpoints, without a bus between. ``seconds`` that a real one would have waited are not spent."""

    def __init__(self, recorder: AmbaRecorder) -> None:
        self._recorder = recorder
        self._waiting: list[bytes | OSError] = []
        self.closed = False
        self.written: list[bytes] = []

    def write(self, data: bytes, seconds: float) -> None:
        self.written.append(data)
        name = data[1:4].decode()
        right = self._recorder.answer(data)
        other = _padded("@Ver;OK;#" if name != "Ver" else "@Gdv;1;X;#")
        told: dict[Trouble | None, list[bytes | OSError]] = {
            None: [right],
            Trouble.SHORT: [right[:3]],
            Trouble.GARBAGE: [b"\xff\x00\x80 garbage \x01" * 4],
            Trouble.EMPTY: [b""],
            Trouble.SILENT: [],
            Trouble.STALL: [_stall(), _stall()],
            Trouble.UNPLUG: [OSError(errno.ENODEV, "gone")],
            Trouble.FOREIGN: [other],
            Trouble.LEFT_OVER: [other, right],
            Trouble.STALL_ONCE: [_stall(), right],
            Trouble.REFUSED: [_padded(f"@{name};ERROR;#")],
            Trouble.STUCK: [other] * 100,
        }
        self._waiting = told[self._recorder.trouble.get(name)]

    def read(self, limit: int, seconds: float) -> bytes:
        if not self._waiting:
            raise TimeoutError(errno.ETIMEDOUT, "nothing came")
        next_one = self._waiting.pop(0)
        if isinstance(next_one, OSError):
            raise next_one
        return next_one[:limit]

    def close(self) -> None:
        self.closed = True


def _stall() -> OSError:
    return BrokenPipeError(errno.EPIPE, "stalled")


def _padded(text: str) -> bytes:
    return text.encode().ljust(64, b"\0")
