"""Identities: what names a thing for ever.

Ids are UUIDv7 (RFC 9562, section 5.7) in their lowercase text form, so that they sort by the time they were made and
need no counter shared between stations. Clock and randomness are passed in.
"""

from __future__ import annotations

import re
from typing import NewType

from evidence.errors import EvidenceError, Exit

StationId = NewType("StationId", str)
ClipId = NewType("ClipId", str)
DockingId = NewType("DockingId", str)
RecordingId = NewType("RecordingId", str)
EntryId = NewType("EntryId", str)
UploadId = NewType("UploadId", str)
ReceiptId = NewType("ReceiptId", str)
DeviceId = NewType("DeviceId", str)
"""Names a row of the registry; a device is spoken of by its :data:`DeviceKey`."""
AlarmId = NewType("AlarmId", str)
SheetId = NewType("SheetId", str)
"""Names a sheet of case work: a person, a case, an incident, a hold…"""
KeyId = NewType("KeyId", str)
"""SHA-256 of the DER SubjectPublicKeyInfo, lowercase hex."""
DeviceKey = NewType("DeviceKey", str)
Digest = NewType("Digest", str)
"""SHA-256, lowercase hex."""

UNIDENTIFIED = DeviceKey("unidentified")
"""The device of a source that nothing names: a plain folder without a serial number or volume id."""

_STATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_EPOCH = re.compile(r"[1-9][0-9]{0,5}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class InvalidStationId(EvidenceError):
    """The station id cannot stand in a log origin. Fields: ``value``."""

    code = "invalid-station-id"
    status = Exit.USAGE


def parse_station_id(untrusted_value: str) -> StationId:
    """A station id: 1 to 64 ASCII letters, digits, ``.``, ``_`` or ``-``, letter or digit at both ends.

    It stands in the log's origin (C2SP tlog-checkpoint), which may hold neither spaces nor a plus sign.
    """
    if not _STATION.fullmatch(untrusted_value):
        raise InvalidStationId(value=untrusted_value)
    return StationId(untrusted_value)


def uuid7(unix_ns: int, randomness: bytes, counter: int = 0) -> str:
    """A UUIDv7 from a wall-clock time in nanoseconds and 8 random bytes.

    ``counter`` keeps ids that are made in one millisecond in order (RFC 9562, section 6.2, method 1); from 4096 on it carries
    over into the milliseconds.
    """
    if len(randomness) != 8:
        raise ValueError("uuid7 takes 8 random bytes")
    milliseconds = (unix_ns // 1_000_000 + counter // 4096) & 0xFFFFFFFFFFFF
    value = milliseconds << 80 | 0x7 << 76 | counter % 4096 << 64 | 0b10 << 62 | int.from_bytes(randomness) >> 2
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid7(text: str) -> bool:
    """Whether a text is a UUIDv7 in the form that :func:`uuid7` makes."""
    return _UUID7.fullmatch(text) is not None


def origin(station: StationId, epoch: int) -> str:
    """The log's origin line: one log a station, a new one after each recovery."""
    return f"evidence-station/{station}/{epoch}"


def epoch_of(station: StationId, untrusted_origin: str) -> int:
    """The number of a log of this station by its origin; 0 for another's."""
    found = _EPOCH.fullmatch(untrusted_origin.removeprefix(f"evidence-station/{station}/"))
    return int(found[0]) if found and untrusted_origin == origin(station, int(found[0])) else 0
