"""Strips, peaks, and marks in pictures: the small formats, as bytes.

A waveform is JSON as BBC audiowaveform writes it (version 2, 8 bits, minimum and maximum by turns), which players of the web draw. A mark
stands in a PNG's iTXt chunk (PNG 1.2, section 4.2.3.3) and a JPEG's comment (ITU-T T.81, section B.2.4.5).
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array

from evidence.canonical import Json, JsonObject
from station.derived.media import Frames

FEW = 8
"""With fewer key frames than this a strip takes others too."""


def picked(frames: Frames, pictures: int) -> tuple[list[int], bool]:
    """The frames of a strip, evenly spread over time, by time stamp; whether they are all key frames."""
    keys = sorted(frames.keys)
    keys_only = len(keys) >= min(FEW, pictures)
    among = keys if keys_only else list(frames.pts)
    first, length = among[0], among[-1] - among[0]
    chosen: list[int] = []
    place = 0
    for number in range(pictures):
        wanted = first + length * number // pictures
        while among[place] < wanted:
            place += 1
        if not chosen or among[place] != chosen[-1]:
            chosen.append(among[place])
    return chosen, keys_only


def strip_index(frames: Frames, recipe: JsonObject, size: tuple[int, int]) -> JsonObject:
    """Which picture of a strip, in rows from the left, is which frame."""
    picks, _ = picked(frames, int(str(recipe["pictures"])))
    shown: list[Json] = [{"pts": one, "at_ms": frames.milliseconds(one)} for one in picks]
    columns = min(int(str(recipe["columns"])), len(picks))
    return {"width": size[0], "height": size[1], "columns": columns, "time_base": str(frames.time_base), "pictures": shown}


class Peaks:
    """Minimum and maximum of every so many samples of 16 bits, as they come."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._rest = b""
        self._data: list[Json] = []

    def take(self, block: bytes) -> None:
        """The next samples, little-endian; a block may end in the middle of one."""
        whole = self._rest + block
        each = 2 * self._samples
        end = len(whole) - len(whole) % each
        self._add(whole[:end])
        self._rest = whole[end:]

    def document(self, rate: int) -> JsonObject:
        """All peaks, when everything has come."""
        self._add(self._rest[: len(self._rest) - len(self._rest) % 2])
        self._rest = b""
        return {
            "version": 2,
            "channels": 1,
            "sample_rate": rate,
            "samples_per_pixel": self._samples,
            "bits": 8,
            "length": len(self._data) // 2,
            "data": self._data,
        }

    def _add(self, data: bytes) -> None:
        samples = array("h")
        samples.frombytes(data)
        if sys.byteorder == "big":
            samples.byteswap()
        for at in range(0, len(samples), self._samples):
            part = samples[at : at + self._samples]
            self._data += [min(part) >> 8, max(part) >> 8]


def png_marked(png: bytes, said: str) -> bytes:
    """A PNG with a comment after its header."""
    text = b"iTXtComment\0\0\0\0\0" + said.encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:33] + chunk + png[33:]


def jpeg_marked(jpeg: bytes, said: str) -> bytes:
    """A JPEG with a comment after its beginning."""
    text = said.encode()
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + jpeg[2:]
