"""The card inventory: what lay on a card before its first byte was copied.

Rules it keeps:

* every entry of the card stands in it once, in one deterministic order; a position names an entry for the whole docking;
* a path is the exact bytes of the card, relative, "/"-separated; what is not UTF-8 is carried in ``path_b64`` as well;
* an inventory has one encoding (RFC 8785, ``FORMATS.md`` "Inventory"), so its digest proves the absence of a file as
  well as its presence; ``decode`` refuses anything that ``encode`` would not have written.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from evidence.canonical import Json, canonical, digest
from evidence.errors import EvidenceError, Exit
from evidence.ids import Digest, DockingId

VERSION: Final = 1
SALT_BYTES: Final = 16
_EXACT: Final = 2**53
"""From here on a JSON number may be read differently by two programs (RFC 8785, section 3.2.2.3): written as text."""


class InventoryMalformed(EvidenceError):
    """Bytes that are no inventory of this version. Fields: ``detail``."""

    code = "inventory-malformed"
    status = Exit.TAMPERED


class Kind(StrEnum):
    """What an entry of the card is."""

    FILE = "file"
    DIRECTORY = "directory"
    UNREADABLE_DIRECTORY = "unreadable-directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHAR_DEVICE = "char-device"
    BLOCK_DEVICE = "block-device"
    UNKNOWN = "unknown"
    """The name is listed, and asking what it is failed: see ``error``."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the card.

    ``size`` in bytes; times in nanoseconds since 1970, as the file system gives them; ``reason`` the written rule by
    which it is not taken, None when it is; ``error`` the name of the errno (``EIO``) that kept it from being read.
    """

    position: int
    path: bytes
    kind: Kind
    size: int
    mtime_ns: int
    ctime_ns: int | None = None
    reason: str | None = None
    error: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether this is a file to be copied."""
        return self.kind is Kind.FILE and self.reason is None


@dataclass(frozen=True, slots=True)
class Space:
    """The file system of the source: bytes in all, bytes free."""

    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """The listing of a whole card. ``taken_at`` is RFC 3339 UTC; ``space`` is None where the file system does not say."""

    items: tuple[Item, ...]
    space: Space | None
    taken_at: str

    @property
    def wanted(self) -> tuple[Item, ...]:
        """The files to be copied, in position order."""
        return tuple(item for item in self.items if item.wanted)

    @property
    def wanted_bytes(self) -> int:
        """Bytes of all files to be copied."""
        return sum(item.size for item in self.items if item.wanted)

    @property
    def skipped(self) -> tuple[Item, ...]:
        """What is left out by a written rule."""
        return tuple(item for item in self.items if item.reason is not None)

    @property
    def unreadable(self) -> tuple[Item, ...]:
        """Entries that could not even be listed."""
        return tuple(item for item in self.items if item.reason is None and item.error is not None)


def encode(inventory: Inventory, docking: DockingId, salt: bytes) -> bytes:
    """The canonical bytes of an inventory. ``salt`` is 16 random bytes, so that the digest gives no listing away."""
    if len(salt) != SALT_BYTES:
        raise ValueError("an inventory takes 16 bytes of salt")
    if any(item.position != index for index, item in enumerate(inventory.items)):
        raise ValueError("positions count from 0 in the order of the items")
    space = inventory.space
    return canonical(
        {
            "v": VERSION,
            "docking": docking,
            "salt": salt.hex(),
            "taken_at": inventory.taken_at,
            "space": None if space is None else {"total": _exact(space.total), "free": _exact(space.free)},
            "items": [_item_document(item) for item in inventory.items],
        }
    )


def decode(untrusted_bytes: bytes) -> tuple[Inventory, DockingId, bytes]:
    """Inventory, docking and salt from their encoding. Raises :class:`InventoryMalformed`."""
    try:
        document = _decoder.decode(untrusted_bytes)
        items = tuple(_item(position, item) for position, item in enumerate(document.items))
        space = None if document.space is None else Space(int(document.space.total), int(document.space.free))
        inventory = Inventory(items, space, document.taken_at)
        salt = bytes.fromhex(document.salt)
        written_by_us = encode(inventory, DockingId(document.docking), salt) == untrusted_bytes
    except (msgspec.MsgspecError, ValueError) as error:
        raise InventoryMalformed(detail=str(error)) from error
    if document.v != VERSION or not written_by_us:
        raise InventoryMalformed(detail="not in canonical form")
    return inventory, DockingId(document.docking), salt


def listing_digest(encoded: bytes) -> Digest:
    """The digest that stands in the log."""
    return digest(encoded)


def same_card(one: Inventory, other: Inventory) -> bool:
    """Whether two listings show the same content, so that an interrupted docking may go on.

    Path, kind, size and modification time of every entry agree. Free space and ``ctime`` do not count: a read-only card
    has neither changed, yet two kernels report them differently.
    """

    def content(inventory: Inventory) -> list[tuple[bytes, Kind, int, int]]:
        return [(item.path, item.kind, item.size, item.mtime_ns) for item in inventory.items]

    return content(one) == content(other)


def path_members(path: bytes) -> dict[str, str]:
    """``path``, and ``path_b64`` when the bytes are not UTF-8: the two members that carry a path in any of our documents."""
    try:
        return {"path": path.decode("utf-8")}
    except UnicodeDecodeError:
        return {"path": path.decode("utf-8", errors="replace"), "path_b64": base64.b64encode(path).decode("ascii")}


def path_from(members: Mapping[str, str | None]) -> bytes:
    """The exact bytes from ``path`` and ``path_b64``. Raises ``ValueError``."""
    encoded = members.get("path_b64")
    if encoded is None:
        return (members["path"] or "").encode("utf-8")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"path_b64: {error}") from error


class _SpaceDocument(msgspec.Struct, forbid_unknown_fields=True):
    total: int | str
    free: int | str


class _ItemDocument(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    kind: Kind
    size: int | str
    mtime_ns: str
    path_b64: str | None = None
    ctime_ns: str | None = None
    reason: str | None = None
    error: str | None = None


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    docking: str
    salt: str
    taken_at: str
    space: _SpaceDocument | None
    items: list[_ItemDocument]


_decoder = msgspec.json.Decoder(_Document)


def _exact(number: int) -> int | str:
    return number if abs(number) < _EXACT else str(number)


def _item_document(item: Item) -> dict[str, Json]:
    document: dict[str, Json] = {**path_members(item.path)}
    document["kind"] = item.kind.value
    document["size"] = _exact(item.size)
    document["mtime_ns"] = str(item.mtime_ns)
    if item.ctime_ns is not None:
        document["ctime_ns"] = str(item.ctime_ns)
    if item.reason is not None:
        document["reason"] = item.reason
    if item.error is not None:
        document["error"] = item.error
    return document


def _item(position: int, document: _ItemDocument) -> Item:
    return Item(
        position=position,
        path=path_from({"path": document.path, "path_b64": document.path_b64}),
        kind=document.kind,
        size=int(document.size),
        mtime_ns=int(document.mtime_ns),
        ctime_ns=None if document.ctime_ns is None else int(document.ctime_ns),
        reason=document.reason,
        error=document.error,
    )
