"""SM3 (GB/T 32905-2016), the second digest of a station whose ``suite`` is ``gm``.

By the OpenSSL inside ``cryptography``: it is there whatever the interpreter's own was built with, lets go of the interpreter's
lock while it works, and was a little faster than ``hashlib``'s (365 against 330 MB/s a thread; SHA-256 does 1790 on that machine).
"""

from __future__ import annotations

from typing import Self

from cryptography.hazmat.primitives import hashes


class Sm3:
    """A running SM3, used as those of ``hashlib`` are."""

    def __init__(self, running: hashes.Hash | None = None) -> None:
        self._running = hashes.Hash(hashes.SM3()) if running is None else running

    def update(self, data: bytes | memoryview, /) -> None:
        """Take more bytes."""
        self._running.update(data)

    def copy(self) -> Self:
        """Another that goes on from here."""
        return type(self)(self._running.copy())

    def digest(self) -> bytes:
        """The digest of what was taken so far; more may follow."""
        return self._running.copy().finalize()

    def hexdigest(self) -> str:
        """The same in lowercase hex."""
        return self.digest().hex()
