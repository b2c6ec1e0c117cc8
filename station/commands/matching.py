"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
