"""Bytes by range (RFC 9110, sections 13 and 14): one range, a suffix, or all; the entity tag is the digest of the evidence.

Several ranges in one request are answered with all of the bytes, as the standard allows, and so is a range that is not written as it
should be. A range holds for GET alone; ``If-Range`` with anything but the very tag asks for all.
"""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from station.api.faults import RangeUnsatisfiable

BLOCK = 256 << 10
_RANGE = re.compile(
    r"bytes[ \t]*=[ \t]*(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})?|-(?P<suffix>[0-9]{1,18}))[ \t]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """What is answered: status, and the bytes from ``first`` on, ``length`` of them."""

    status: int
    first: int
    length: int


def etag(sha256: str) -> str:
    """The strong entity tag of bytes with this digest."""
    return f'"{sha256}"'


def part(method: str, headers: Mapping[str, str], sha256: str, size: int) -> Part:
    """What of the bytes is asked for. Raises :class:`~station.api.faults.RangeUnsatisfiable`."""
    tag = etag(sha256)
    if "if-match" in headers and not _named(headers["if-match"], tag, weak=False):
        return Part(412, 0, 0)
    if _named(headers.get("if-none-match", ""), tag, weak=True):
        return Part(304, 0, 0)
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if method != "GET" or asked is None or headers.get("if-range", tag).strip() != tag:
        return Part(200, 0, size)
    if asked["suffix"] is not None:
        length = min(int(asked["suffix"]), size)
        first, last = size - length, size - 1
    else:
        first, last = int(asked["first"]), size - 1 if asked["last"] is None else int(asked["last"])
        if last < first and asked["last"] is not None:
            return Part(200, 0, size)  # not a range at all: section 14.1.1
        last = min(last, size - 1)
    if first > last:
        raise RangeUnsatisfiable(size=size)
    return Part(206, first, last - first + 1)


def headers_of(part: Part, sha256: str, size: int, media_type: str) -> dict[str, str]:
    """The headers of that answer."""
    told = {"ETag": etag(sha256), "Accept-Ranges": "bytes", "Cache-Control": "private, no-store"}
    if part.status in {200, 206}:
        told["Content-Type"] = media_type
        told["Content-Length"] = str(part.length)
        told["Content-Disposition"] = "inline"
        told["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"  # RFC 9530
    if part.status == 206:
        told["Content-Range"] = f"bytes {part.first}-{part.first + part.length - 1}/{size}"
    return told


async def read(file: BinaryIO, part: Part) -> AsyncIterator[bytes]:
    """The bytes, a block at a time and never more than one ahead of the reader. Closes the file."""
    try:
        place, left = part.first, part.length
        while left:
            block = await asyncio.to_thread(os.pread, file.fileno(), min(BLOCK, left), place)
            if not block:
                return  # shorter than the catalogue says: the length that was announced tells the reader that something is missing
            yield block
            place, left = place + len(block), left - len(block)
    finally:
        file.close()


def _named(header: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags names ours, or any."""
    given = [one.strip() for one in header.split(",")]
    return "*" in given or tag in given or (weak and f"W/{tag}" in given)
