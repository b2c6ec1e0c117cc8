"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
