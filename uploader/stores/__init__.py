"""What a store is to the courier: a place that takes whole objects and confirms what it holds.

Rules every store keeps (``tests/contract/test_store.py`` holds each of them to these):

* an object appears whole or not at all, and is never overwritten; equal bytes that are already there are fine;
* nothing is confirmed before the store's own reading of what it holds agrees with what was to be sent;
* what was received of an unfinished upload survives a restart of either side, and is listed with size and MD5;
* a store of kind ``trial`` is for trying things out: its receipts never allow anything to be erased.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from evidence.ids import Digest
from evidence.uploads import Part

MIB = 1 << 20
MAX_PARTS = 10_000
"""S3's limit on the parts of one upload."""

Told = Callable[[int], None]
"""Told, from the sending thread, how many more bytes of a part were handed to the link."""


class StoreKind(StrEnum):
    """Whether a store's word may ever allow the station to let go of something."""

    TRIAL = "trial"
    STORE = "store"


class Proof(StrEnum):
    """How the far end agreed: by checksums it computed over what it received, by being read back whole, or in samples."""

    COMPOSITE = "composite"
    FULL = "full"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Content:
    """What an object must be: its size and digest, and the digests of its parts when it goes in parts."""

    size: int
    sha256: Digest
    parts: tuple[Part, ...] = ()

    @property
    def checksum(self) -> str:
        """The S3 checksum of the object: SHA-256 in base64, of the concatenated part digests and with ``-N`` if it has N parts."""
        if not self.parts:
            return b64encode(bytes.fromhex(self.sha256)).decode()
        joined = sha256(b"".join(bytes.fromhex(part.sha256) for part in self.parts)).digest()
        return f"{b64encode(joined).decode()}-{len(self.parts)}"


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A part of an unfinished upload as the store lists it."""

    number: int
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Found:
    """An object that stands under a key. ``part_size`` is what its writer noted; it is a hint, no proof."""

    version: str | None
    size: int
    part_size: int | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The store's agreement: what it holds, how that was proven, and until when it is locked (RFC 3339, UTC)."""

    version: str | None
    size: int
    checksum: str
    etag: str | None
    proof: Proof
    stored_at: str | None
    retain_until: str | None


@dataclass(frozen=True, slots=True)
class Lock:
    """What keeps an object from being removed: until when (UTC), and whether a legal hold lies on it, which has no end."""

    until: datetime | None = None
    hold: bool = False

    def keeps(self, now: datetime) -> bool:
        """Whether it may not be removed at a moment."""
        return self.hold or (self.until is not None and self.until > now)


@dataclass(frozen=True, slots=True)
class Listed:
    """One version of an object in a listing."""

    key: str
    version: str | None
    size: int


class Store(Protocol):
    """A place for whole objects. Every method may raise a :class:`~uploader.errors.StoreFault`."""

    @property
    def name(self) -> str:
        """What receipts call this store; no secrets in it."""
        ...

    @property
    def kind(self) -> StoreKind: ...

    @property
    def part_size(self) -> int:
        """Bytes of a part, and the largest object that goes in one piece."""
        ...

    @property
    def streams(self) -> int:
        """How many parts may be in flight."""
        ...

    def put(self, key: str, data: bytes, content: Content, retain_until: datetime | None) -> Confirmed:
        """Store a small object in one piece. Raises ``StoreConflict``, ``StoreDisagrees`` or ``PartRejected``."""
        ...

    def find(self, key: str) -> Found | None:
        """The object that stands under a key."""
        ...

    def confirm(self, key: str, version: str | None, content: Content, retain_until: datetime | None) -> Confirmed:
        """Hold what the store has against what it must be. Raises ``StoreDisagrees`` or ``ObjectMissing``.

        Where the store locks, an object whose lock would end before ``retain_until`` is locked until then.
        """
        ...

    def locked(self, key: str, version: str | None) -> Lock:
        """What keeps an object from being removed. Raises ``ObjectMissing``."""
        ...

    def lock(self, key: str, version: str | None, wanted: Lock) -> Lock:
        """Keep an object for longer, and put a legal hold on it or take it off; the answer is what the store says then.

        A lock is never made shorter; a store that locks nothing answers what it has. Raises ``ObjectMissing``, ``StoreDisagrees``.
        """
        ...

    def remove(self, key: str) -> int:
        """Remove every version of an object whose lock has ended: how many there were. Raises ``ObjectLocked``."""
        ...

    def open_upload(self, key: str, size: int, part_size: int, retain_until: datetime | None) -> str:
        """Begin an upload in parts; the answer names it."""
        ...

    def send_part(self, key: str, token: str, part: Part, data: memoryview, told: Told) -> str:
        """Send one part; the answer is its ETag. Raises ``PartRejected`` or ``UploadGone``."""
        ...

    def list_parts(self, key: str, token: str) -> tuple[HeldPart, ...]:
        """What the store holds of an unfinished upload. Raises ``UploadGone``."""
        ...

    def finish(self, key: str, token: str, content: Content, retain_until: datetime | None) -> Confirmed:
        """Make the object of its parts and confirm it. Raises ``UploadGone``, ``PartLost``, ``StoreConflict``, ``StoreDisagrees``."""
        ...

    def abort(self, key: str, token: str) -> None:
        """Give up an unfinished upload; nothing of it stays. One that is not there is fine."""
        ...

    def unfinished(self, prefix: str) -> Sequence[tuple[str, str]]:
        """Key and name of every unfinished upload under a prefix."""
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """Every version of every object under a prefix, those behind a delete marker too."""
        ...

    def fetch(self, key: str, version: str | None, limit: int) -> bytes:
        """An object's bytes, at most ``limit`` of them. Raises ``ObjectMissing``; ``StoreDisagrees`` when it is larger."""
        ...

    def stream(self, key: str, version: str | None) -> Iterator[bytes]:
        """An object's bytes, block by block: untrusted until whoever asked has hashed them. Raises ``ObjectMissing``."""
        ...


def part_size_for(size: int, preferred: int) -> int:
    """Bytes of a part for an object of ``size`` bytes: what is preferred, or as much more as the limit of parts asks for."""
    least = -(-size // MAX_PARTS)
    return preferred if least <= preferred else -(-least // MIB) * MIB
