"""A pair of bulk endpoints: bytes out, bytes in. What a driver stands on, so that it knows no USB library.

``usbpipe`` is the real one; tests have one that plays a recorder. Failures are ``OSError``: ``TimeoutError`` when nothing came in time,
``BrokenPipeError`` for a stalled endpoint (which is cleared, so that the next transfer may go through), ``ENODEV`` when the device left
the bus, ``EIO`` for the rest.
"""

from __future__ import annotations

from typing import Protocol


class Pipe(Protocol):
    """Bulk endpoints of one interface, claimed."""

    def write(self, data: bytes, seconds: float) -> None:
        """Send all bytes. Raises ``OSError``."""

    def read(self, limit: int, seconds: float) -> bytes:
        """The next transfer, at most ``limit`` bytes. Raises ``OSError``."""

    def close(self) -> None:
        """Let the interface go."""
