"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
