"""What a JPEG picture says about itself: its size, when it was taken and by what, read from its segments without a child process.

A card of ten thousand photos would otherwise cost ten thousand starts of ffprobe, which does not know EXIF either. Every offset and
count comes from the card and is bounded: nothing is read twice, nothing beyond a segment, and no loop follows the file's word.

Formats: ITU-T T.81 annex B (markers), CIPA DC-008 (EXIF 2.32) sections 4.5 and 4.6, TIFF 6.0 section 2.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from ingest.times import TimeReading, TimeSource, ZoneRule

START = b"\xff\xd8\xff"
_SEGMENTS = 256
_ENTRIES = 512
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_MAKE, _MODEL, _SOFTWARE, _CHANGED, _EXIF = 0x010F, 0x0110, 0x0131, 0x0132, 0x8769
_TAKEN, _DIGITISED, _OFFSET, _OFFSET_TAKEN = 0x9003, 0x9004, 0x9010, 0x9011
_ASCII, _LONG = 2, 4


@dataclass(frozen=True, slots=True)
class Still:
    """A picture: pixels, and what EXIF tells (uncleaned text). ``created`` is empty where the camera wrote no time."""

    width: int
    height: int
    created: tuple[TimeReading, ...]
    untrusted_make: str | None
    untrusted_model: str | None
    untrusted_software: str | None


def read_jpeg(stream: BinaryIO) -> Still | None:
    """The picture in a file that begins with :data:`START`; None where its segments cannot be followed to a frame."""
    exif: dict[int, str] = {}
    stream.seek(2)
    for _ in range(_SEGMENTS):
        marker = stream.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        kind, length = marker[1], int.from_bytes(marker[2:]) - 2
        if kind == 0xFF:  # fill bytes may stand before a marker
            stream.seek(-3, 1)
            continue
        if length < 0 or kind in (_SCAN, _END):
            return None
        if kind in _FRAMES:
            frame = stream.read(5)
            if len(frame) < 5:
                return None
            height, width = struct.unpack(">xHH", frame)
            return Still(width, height, _created(exif), exif.get(_MAKE), exif.get(_MODEL), exif.get(_SOFTWARE)) if width else None
        if kind == _APP1 and not exif:
            exif = _texts(stream.read(length))
        else:
            stream.seek(length, 1)
    return None


def _texts(segment: bytes) -> dict[int, str]:
    """The texts of the first directory and of the EXIF directory it points to."""
    if not segment.startswith(b"Exif\0\0"):
        return {}
    tiff = segment[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return {}
    found, pointer = _directory(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
    return found | (_directory(tiff, order, pointer)[0] if pointer else {})


def _directory(tiff: bytes, order: str, at: int) -> tuple[dict[int, str], int]:
    """``(texts by tag, offset of the EXIF directory or 0)`` of one directory."""
    texts, pointer = dict[int, str](), 0
    if not 0 < at <= len(tiff) - 2:
        return texts, pointer
    count = min(struct.unpack_from(f"{order}H", tiff, at)[0], _ENTRIES, (len(tiff) - at - 2) // 12)
    for number in range(count):
        place = at + 2 + 12 * number
        tag, kind, length, value = struct.unpack_from(f"{order}HHII", tiff, place)
        if tag == _EXIF and kind == _LONG and length == 1:
            pointer = value
        elif kind == _ASCII:
            start = value if length > 4 else place + 8
            texts[tag] = tiff[start : start + length].split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    return texts, pointer


def _created(untrusted_exif: dict[int, str]) -> tuple[TimeReading, ...]:
    """When it was taken, with its offset where the camera wrote one. Blanks and zeros say that its clock was not set."""
    for tag, offset in ((_TAKEN, _OFFSET_TAKEN), (_DIGITISED, _OFFSET), (_CHANGED, _OFFSET)):
        found = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", untrusted_exif.get(tag, ""), re.ASCII)
        zone = untrusted_exif.get(offset, "")
        zone = zone if re.fullmatch(r"[+-]\d\d:\d\d", zone, re.ASCII) else ""
        if found is None:
            continue
        try:
            value = datetime.fromisoformat(f"{found[1]}-{found[2]}-{found[3]}T{found[4]}{zone}")
        except ValueError:
            continue
        rule = ZoneRule.OFFSET if zone else ZoneRule.STATION
        return (TimeReading(TimeSource.CONTAINER, value.isoformat(), rule, 1000),)
    return ()
