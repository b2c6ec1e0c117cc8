"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from station.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
