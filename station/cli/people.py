"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
