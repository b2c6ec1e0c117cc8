"""The partition table of a medium and the file systems in it, read from its first sectors. Pure: bytes in, values out.

For the record of a seized medium only: nothing is decided by it. Formats: MBR (as in the UEFI Specification, section 5.2.1), GPT
(sections 5.3.2 and 5.3.3), FAT (Microsoft FAT specification 1.03, section 3), exFAT (revision 1.00, section 3.1), NTFS boot sector, ext
superblock (the kernel's ``Documentation/filesystems/ext4``). What is damaged or hostile yields less, never an error.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evidence.canonical import JsonObject

SECTOR: Final = 512
HEAD_BYTES: Final = 2048
"""What is looked at where a file system may begin: the ext superblock lies at 1024."""
_GPT_ENTRIES: Final = 128
_EXTENDED: Final = frozenset((0x05, 0x0F, 0x85))

ReadAt = Callable[[int, int], bytes]
"""Offset and length to the bytes there; fewer where they cannot be had."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """What begins at some place. ``volume_id`` as udev writes it."""

    fs_type: str
    label: str | None
    volume_id: str | None


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry of the table: ``offset`` and ``size`` in bytes, ``type`` as the table gives it (two hex digits, or a GUID)."""

    number: int
    offset: int
    size: int
    type: str
    file_system: FileSystem | None

    def document(self) -> JsonObject:
        """As it stands in the manifest."""
        return {
            "number": self.number,
            "offset": str(self.offset),
            "size": str(self.size),
            "type": self.type,
            "file_system": _document(self.file_system),
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """How a medium is divided. ``table``: ``mbr``, ``gpt``, or None; then ``file_system`` is what fills it, if that is known."""

    table: str | None
    table_id: str | None
    partitions: tuple[Partition, ...]
    file_system: FileSystem | None

    def document(self) -> JsonObject:
        """As it stands in the manifest."""
        return {
            "table": self.table,
            "table_id": self.table_id,
            "partitions": [one.document() for one in self.partitions],
            "file_system": _document(self.file_system),
        }


def layout(read_at: ReadAt, size: int) -> Layout:
    """The layout of a medium of ``size`` bytes."""
    untrusted_sector = read_at(0, SECTOR)
    whole = file_system(read_at(0, HEAD_BYTES))
    if len(untrusted_sector) < SECTOR or untrusted_sector[510:] != b"\x55\xaa" or whole is not None:
        return Layout(None, None, (), whole)
    entries = [struct.unpack_from("<B3xB3xII", untrusted_sector, 446 + 16 * number) for number in range(4)]
    if any(kind == 0xEE for _, kind, _, _ in entries):
        return _gpt(read_at, size) or Layout(None, None, (), None)
    if any(active not in {0, 0x80} for active, _, _, _ in entries):
        return Layout(None, None, (), None)  # boot code of something else
    found = [
        _partition(read_at, size, number, first * SECTOR, count * SECTOR, f"{kind:02x}")
        for number, (_, kind, first, count) in enumerate(entries, 1)
        if kind and count
    ]
    return Layout("mbr", untrusted_sector[440:444][::-1].hex(), tuple(found), None)


def _gpt(read_at: ReadAt, size: int) -> Layout | None:
    untrusted_header = read_at(SECTOR, SECTOR)
    if len(untrusted_header) < 92 or untrusted_header[:8] != b"EFI PART":
        return None
    guid, first, count, each = struct.unpack_from("<16sQII", untrusted_header, 56)
    if not 128 <= each <= 4096:
        return None
    count = min(count, _GPT_ENTRIES)
    untrusted_entries = read_at(min(first, size // SECTOR) * SECTOR, count * each)
    found = []
    for number in range(len(untrusted_entries) // each):
        kind, _, begin, end = struct.unpack_from("<16s16sQQ", untrusted_entries, number * each)
        if kind != bytes(16) and end >= begin:
            kind_text = str(uuid.UUID(bytes_le=kind))
            found.append(_partition(read_at, size, number + 1, begin * SECTOR, (end - begin + 1) * SECTOR, kind_text))
    return Layout("gpt", str(uuid.UUID(bytes_le=guid)), tuple(found), None)


def _partition(read_at: ReadAt, size: int, number: int, offset: int, length: int, kind: str) -> Partition:
    inside = offset < size and kind not in {f"{one:02x}" for one in _EXTENDED}
    return Partition(number, offset, length, kind, file_system(read_at(offset, HEAD_BYTES)) if inside else None)


def file_system(untrusted_head: bytes) -> FileSystem | None:
    """The file system whose first bytes (:data:`HEAD_BYTES`) these are, if it is a known one."""
    head = untrusted_head
    if len(head) < HEAD_BYTES:
        return None
    if head[3:11] == b"EXFAT   ":
        return FileSystem("exfat", None, _fat_id(head[100:104]))
    if head[3:11] == b"NTFS    ":
        return FileSystem("ntfs", None, head[72:80][::-1].hex().upper())
    if head[510:512] == b"\x55\xaa" and head[82:90] == b"FAT32   ":
        return FileSystem("vfat", _text(head[71:82]), _fat_id(head[67:71]))
    if head[510:512] == b"\x55\xaa" and head[54:59] in {b"FAT12", b"FAT16"}:
        return FileSystem("vfat", _text(head[43:54]), _fat_id(head[39:43]))
    if head[1024 + 56 : 1024 + 58] == b"\x53\xef":
        identity = str(uuid.UUID(bytes=bytes(head[1024 + 104 : 1024 + 120])))
        return FileSystem("ext", _text(head[1024 + 120 : 1024 + 136]), identity)
    return None


def _fat_id(serial: bytes) -> str:
    number = int.from_bytes(serial, "little")
    return f"{number >> 16:04X}-{number & 0xFFFF:04X}"


def _text(untrusted_label: bytes) -> str | None:
    text = untrusted_label.split(b"\0")[0].decode("utf-8", "replace").strip()
    kept = "".join(character for character in text if character.isprintable())
    return None if kept in {"", "NO NAME"} else kept


def _document(found: FileSystem | None) -> JsonObject | None:
    return None if found is None else {"type": found.fs_type, "label": found.label, "volume_id": found.volume_id}
