"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
