"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
