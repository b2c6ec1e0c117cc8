"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
