"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
