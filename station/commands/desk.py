"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
