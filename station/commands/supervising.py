"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
