"""Driver of the Ambarella "Amba Simple Class" (USB 4255:0001), whose commands are public (device facts, section 1.2).

A command is ASCII, ``@CMD;LENGTH;FIELD;#``; the answer comes in one transfer of at most 64 bytes, ``@CMD;FIELD;…#``. Four are known:
``Ver`` with the password opens the session and answers ``OK``; ``Gdv`` answers the device's id; ``Sdt`` and ``Stm`` set date and time;
``ATH`` turns it into a disk whose label is that id. No command is known that reads its clock, its battery or its storage, or removes
recordings: for these the recorder has to be asked as a disk.

Rules: an answer to another command (left over from before) is read over, a few times; what is no answer at all is a fault, never a
value; a stalled endpoint gets one more try; what was sent stands in no fault, since one command holds the password.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final, TypeVar

from ingest.errors import RecorderCannot, RecorderGone, RecorderRefused, RecorderSilent, RecorderUnclear
from ingest.recorders.clock import ClockReading, CommittedReading
from ingest.recorders.driver import Capability, Capacity, Password
from ingest.recorders.pipe import Pipe
from ingest.recorders.zfy import RecorderIdentity

Kind = TypeVar("Kind")

FAMILY: Final = "ambarella-simple-class"
ANSWER_BYTES: Final = 64
ANSWER_SECONDS: Final = 3.0
LEFT_OVER: Final = 4
"""So many answers to other commands are read over."""
FACTORY: Final = Password("00000000")
_PASSWORD = re.compile(r"[0-9A-Za-z]{8}")
_ANSWER = re.compile(rb"@([A-Za-z]{3});([ -~]{0,58}?)#?")
_ID = re.compile(r"[0-9A-Za-z._-]{1,32}")
_FILLER: Final = "12345678"
"""What the public implementation sends where a command needs no argument."""


class Ambarella:
    """One recorder of this family, in a session. Raises the recorder faults."""

    family = FAMILY
    capabilities = frozenset((Capability.IDENTITY, Capability.SET_CLOCK, Capability.DISK_MODE))

    def __init__(self, pipe: Pipe, device: str, password: Password = FACTORY) -> None:
        """``device`` names it in faults: its place on the bus."""
        self._pipe = pipe
        self._device = device
        if _PASSWORD.fullmatch(password.reveal()) is None:
            raise RecorderRefused(device=device, command="Ver")  # it would break the command's frame, and cannot be right
        if "OK" not in self._told("Ver", 8, password.reveal()):
            raise RecorderRefused(device=device, command="Ver")

    def identity(self) -> RecorderIdentity:
        untrusted_fields = self._told("Gdv", 8, _FILLER)
        untrusted_id = untrusted_fields[1] if len(untrusted_fields) > 1 else ""
        if _ID.fullmatch(untrusted_id) is None:
            raise RecorderUnclear(device=self._device, command="Gdv")
        return RecorderIdentity(untrusted_id)

    def battery(self) -> int:
        raise self._cannot(Capability.BATTERY)

    def capacity(self) -> Capacity:
        raise self._cannot(Capability.CAPACITY)

    def read_clock(self, zone: tzinfo) -> ClockReading:
        raise self._cannot(Capability.READ_CLOCK)

    def set_clock(self, now: Callable[[], datetime], zone: tzinfo, committed: CommittedReading) -> None:
        # The date goes last but one and the time last; over midnight both would disagree, so the day is compared and sent again.
        while True:
            day = now().astimezone(zone).date()
            self._obeyed("Sdt", 8, f"{day:%Y%m%d}")
            moment = now().astimezone(zone)
            if moment.date() == day:
                # The public implementation says 6 and sends 8 digits, the last two for what lies below a second.
                self._obeyed("Stm", 6, f"{moment:%H%M%S}00")
                return

    def disk_mode(self) -> None:
        try:
            self._obeyed("ATH", 8, _FILLER)
        except RecorderGone:
            return  # it left the bus before its answer was read: that is what it was told to do

    def clear(self) -> None:
        raise self._cannot(Capability.CLEAR)

    def close(self) -> None:
        self._pipe.close()

    def _cannot(self, capability: Capability) -> RecorderCannot:
        return RecorderCannot(device=self._device, family=self.family, capability=capability.value)

    def _obeyed(self, command: str, length: int, argument: str) -> None:
        if any("ERR" in field.upper() for field in self._told(command, length, argument)):
            raise RecorderRefused(device=self._device, command=command)

    def _told(self, command: str, length: int, argument: str) -> list[str]:
        """The fields of the answer to a command."""
        message = f"@{command};{length};{argument};#".encode("ascii")
        self._transfer(command, lambda: self._pipe.write(message, ANSWER_SECONDS))
        for _ in range(LEFT_OVER):
            untrusted_answer = self._transfer(command, lambda: self._pipe.read(ANSWER_BYTES, ANSWER_SECONDS))
            answer = _ANSWER.fullmatch(untrusted_answer.rstrip(b"\0\r\n "))
            if answer is None:
                raise RecorderUnclear(device=self._device, command=command)
            if answer[1].decode("ascii") == command:
                return [field.strip() for field in answer[2].decode("ascii").rstrip(";").split(";")]
        raise RecorderUnclear(device=self._device, command=command)

    def _transfer(self, command: str, once: Callable[[], Kind]) -> Kind:
        for tries_left in (1, 0):
            try:
                return once()
            except BrokenPipeError as error:
                if not tries_left:
                    raise RecorderUnclear(device=self._device, command=command) from error
            except TimeoutError as error:
                raise RecorderSilent(device=self._device, command=command, seconds=round(ANSWER_SECONDS)) from error
            except OSError as error:
                if error.errno == errno.ENODEV:
                    raise RecorderGone(device=self._device) from error
                raise RecorderUnclear(device=self._device, command=command) from error
        raise AssertionError  # the loop returns or raises
