"""What systemd is told (sd_notify(3)): a datagram with lines ``NAME=value`` to the socket that ``NOTIFY_SOCKET`` names."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Tells the manager, where there is one; silent elsewhere."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        given = environment.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(given) / 1e6 if mine and given.isdigit() and int(given) else None
        """Seconds within which the manager wants to hear ``WATCHDOG``; None: it does not watch."""

    def tell(self, **values: str) -> None:
        """Send lines. A manager that does not listen is no reason to stop working."""
        if not self._address:
            return
        lines = "\n".join(f"{name}={' '.join(value.split())}" for name, value in values.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            try:
                out.sendto(lines.encode(), self._address)
            except OSError:
                return
